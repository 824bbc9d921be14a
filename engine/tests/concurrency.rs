//! Many threads at once: no history that one after the other could not explain, no torn batch, no limit exceeded.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use rkvs_engine::engine::{Engine, EngineOptions, NamespaceOptions};
use rkvs_engine::error::Error;
use rkvs_engine::keyspace::DeadlineChange;
use rkvs_engine::keyspace::batch::BatchMode;
use rkvs_engine::namespace::{Handle, Limits, Namespace};
use rkvs_engine::random::Random;
use rkvs_engine::shard::multi_key::{LockError, Locks, Patience, Reach};
use rkvs_engine::value::StringRef;

const THREADS: usize = 8;

fn engine() -> Engine {
    Engine::new(EngineOptions { default_shards: 16, ..EngineOptions::default() }).unwrap()
}

/// Runs `work` on all threads at once, each with its number, its handle and its own source of chance.
fn together(namespace: &Arc<Namespace>, work: impl Fn(usize, &mut Handle, &mut Random) + Sync) {
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (barrier, work) = (&barrier, &work);
            scope.spawn(move || {
                let mut handle = Handle::new(Arc::clone(namespace));
                let mut random = Random::from_seed(number as u64);
                barrier.wait();
                work(number, &mut handle, &mut random);
            });
        }
    });
}

#[derive(Clone, Copy, Debug)]
enum Done {
    Set(i64),
    Got(Option<i64>),
    Took(Option<i64>),
}

/// One operation with the moments before and after it.
#[derive(Clone, Copy, Debug)]
struct Event {
    from: u64,
    to: u64,
    done: Done,
}

/// Whether there is an order of the events, agreeing with their moments, in which each answer is right (Wing and Gong,
/// "Testing and verifying concurrent objects", 1993).
fn is_linearizable(events: &[Event]) -> bool {
    fn search(events: &[Event], left: u128, value: Option<i64>, seen: &mut HashSet<(u128, Option<i64>)>) -> bool {
        if left == 0 {
            return true;
        }
        if !seen.insert((left, value)) {
            return false;
        }
        let open = || (0..events.len()).filter(|index| left & (1 << index) != 0);
        let first_end = open().map(|index| events[index].to).min().unwrap_or(u64::MAX);
        open().filter(|&index| events[index].from <= first_end).any(|index| {
            let after = match events[index].done {
                Done::Set(new) => Some(Some(new)),
                Done::Got(got) => (got == value).then_some(value),
                Done::Took(taken) => (taken == value).then_some(None),
            };
            after.is_some_and(|after| search(events, left & !(1 << index), after, seen))
        })
    }
    assert!(events.len() < 128);
    search(events, (1 << events.len()) - 1, None, &mut HashSet::new())
}

#[test]
fn the_checker_tells_right_from_wrong() {
    let event = |from, to, done| Event { from, to, done };
    assert!(is_linearizable(&[
        event(0, 3, Done::Set(1)),
        event(1, 2, Done::Got(None)),
        event(4, 5, Done::Got(Some(1)))
    ]));
    assert!(!is_linearizable(&[event(0, 1, Done::Set(1)), event(2, 3, Done::Got(None))]));
    assert!(!is_linearizable(&[
        event(0, 1, Done::Set(1)),
        event(2, 5, Done::Took(Some(1))),
        event(3, 6, Done::Took(Some(1)))
    ]));
}

#[test]
fn histories_of_single_keys_are_linearizable() {
    let engine = engine();
    let other = Handle::new(engine.database(1).unwrap());
    for round in 0..150 {
        let name = format!("round{round}");
        let options = NamespaceOptions { shards: Some(1 + round % 4), ..NamespaceOptions::default() };
        let namespace = engine.create_namespace(&name, options).unwrap();
        let clock = AtomicU64::new(0);
        let events: [Mutex<Vec<Event>>; 3] = Default::default();
        together(&namespace, |number, handle, random| {
            for step in 0..12 {
                let which = random.below(3) as usize;
                let key = engine.key(&b"abc"[which..=which]);
                let value = (number * 1_000 + step) as i64;
                let choice = random.below(3);
                if number == 0 && step == 6 {
                    // The shards themselves change under the others' hands.
                    namespace.resize(1 + (round + 1) % 5).unwrap();
                }
                let from = clock.fetch_add(1, Ordering::SeqCst);
                let done = handle
                    .with_key(key, 1, |keyspace| match choice {
                        0 => {
                            keyspace.set_integer(key, value, DeadlineChange::Clear).unwrap();
                            Done::Set(value)
                        }
                        1 => Done::Got(keyspace.string(key).unwrap().and_then(StringRef::integer)),
                        _ => {
                            let value = keyspace.string(key).unwrap().and_then(StringRef::integer);
                            assert_eq!(keyspace.remove(key), value.is_some());
                            Done::Took(value)
                        }
                    })
                    .unwrap();
                let to = clock.fetch_add(1, Ordering::SeqCst);
                events[which].lock().unwrap().push(Event { from, to, done });
            }
        });
        for events in events {
            let events = events.into_inner().unwrap();
            assert!(is_linearizable(&events), "{events:?}");
        }
        engine.delete_namespace(&name).unwrap();
    }
    assert_eq!(other.namespace().usage().keys, 0);
}

#[test]
fn every_value_is_consumed_exactly_once() {
    let engine = engine();
    let namespace = engine.database(0).unwrap();
    let name = |number: u32| number.to_le_bytes();
    let mut handle = Handle::new(Arc::clone(&namespace));
    for number in 0..10_000u32 {
        let bytes = name(number);
        let key = engine.key(&bytes);
        handle
            .with_key(key, 1, |keyspace| keyspace.set_integer(key, i64::from(number), DeadlineChange::Clear))
            .unwrap()
            .unwrap();
    }
    let consumed = Mutex::new(HashMap::new());
    together(&namespace, |_, handle, _| {
        for number in 0..10_000u32 {
            let bytes = name(number);
            let key = engine.key(&bytes);
            if let Some(value) = handle.with_key(key, 1, |keyspace| keyspace.take(key)).unwrap().unwrap() {
                assert_eq!(*value, *number.to_string().into_bytes());
                *consumed.lock().unwrap().entry(number).or_insert(0) += 1;
            }
        }
    });
    let consumed = consumed.into_inner().unwrap();
    assert_eq!(consumed.len(), 10_000);
    assert!(consumed.values().all(|times| *times == 1));
}

#[test]
fn no_batch_is_ever_seen_half_done() {
    let engine = engine();
    let namespace = engine.database(0).unwrap();
    let names: Vec<Vec<u8>> = (0..32u32).map(|number| format!("k{number}").into_bytes()).collect();
    let keys: Vec<_> = names.iter().map(|name| engine.key(name)).collect();
    let hashes: Vec<u64> = keys.iter().map(|key| key.hash).collect();
    let shards: HashSet<usize> = hashes
        .iter()
        .map(|hash| {
            let mut handle = Handle::new(Arc::clone(&namespace));
            handle.refresh().unwrap();
            handle.shard_of(*hash)
        })
        .collect();
    assert!(shards.len() >= 10, "the keys lie in {} shards", shards.len());
    let reads = AtomicUsize::new(0);
    together(&namespace, |number, handle, random| {
        for step in 0..2_000 {
            let value = format!("{number}-{step}").into_bytes();
            let values: Vec<&[u8]> = keys.iter().map(|_| &value[..]).collect();
            let choice = if number < 2 { random.below(4) } else { 9 };
            handle
                .with(Reach::Keys(&hashes), 1, |keyspace| match choice {
                    0 => keyspace.set_many(&keys, &values).unwrap(),
                    1 => assert!(keyspace.batch_set(BatchMode::AllOrNothing, &keys, &values).is_success()),
                    2 => drop(keyspace.batch_consume(BatchMode::AllOrNothing, &keys)),
                    3 => drop(keyspace.batch_delete(BatchMode::BestEffort, &keys)),
                    _ => {
                        let report = keyspace.batch_get(BatchMode::BestEffort, &keys);
                        let distinct: HashSet<_> =
                            report.values.iter().map(|value| value.as_ref().map(|value| value.to_vec())).collect();
                        assert_eq!(distinct.len(), 1, "{distinct:?}");
                        reads.fetch_add(report.succeeded, Ordering::Relaxed);
                    }
                })
                .unwrap();
        }
    });
    assert!(reads.into_inner() > 10_000);
}

#[test]
fn the_limit_of_keys_holds_under_any_interleaving() {
    let engine = engine();
    let options =
        NamespaceOptions { limits: Limits { max_keys: 3, ..Limits::default() }, ..NamespaceOptions::default() };
    let namespace = engine.create_namespace("small", options).unwrap();
    let (stored, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    together(&namespace, |number, handle, random| {
        for step in 0..10_000 / THREADS {
            let name = format!("{number}-{step}").into_bytes();
            let key = engine.key(&name);
            let set =
                handle.with_key(key, 1, |keyspace| keyspace.set_string(key, b"v", DeadlineChange::Clear)).unwrap();
            match set {
                Ok(()) => {
                    stored.fetch_add(1, Ordering::Relaxed);
                    if random.below(2) == 0 {
                        assert!(handle.with_key(key, 1, |keyspace| keyspace.remove(key)).unwrap());
                    } else {
                        let other = engine.key(b"target");
                        let hashes = [key.hash, other.hash];
                        handle
                            .with(Reach::Keys(&hashes), 1, |keyspace| assert!(keyspace.rename(key, other).unwrap()))
                            .unwrap();
                    }
                }
                Err(error) => {
                    assert_eq!(error, Error::MaxKeys);
                    refused.fetch_add(1, Ordering::Relaxed);
                }
            }
            if step % 16 == 0 {
                let keys = handle.with(Reach::All, 1, |keyspace| keyspace.len()).unwrap();
                assert!(keys <= 3, "{keys} keys");
            }
        }
    });
    let keys = namespace.usage().keys;
    assert!(keys <= 3 && stored.into_inner() > 100);
    let mut handle = Handle::new(Arc::clone(&namespace));
    for number in keys..4 {
        let name = [b'x', number as u8];
        let key = engine.key(&name);
        let set = handle.with_key(key, 1, |keyspace| keyspace.set_string(key, b"v", DeadlineChange::Clear)).unwrap();
        assert_eq!(set, if number < 3 { Ok(()) } else { Err(Error::MaxKeys) }, "the count is still right");
    }
}

#[test]
fn the_limit_of_memory_holds_within_a_step_of_growth() {
    let limit = 4 << 20;
    let engine =
        Engine::new(EngineOptions { default_shards: 8, max_memory_bytes: limit, ..EngineOptions::default() }).unwrap();
    let namespace = engine.database(0).unwrap();
    let refused = AtomicUsize::new(0);
    together(&namespace, |number, handle, random| {
        for step in 0..4_000 {
            let name = format!("{number}-{step}").into_bytes();
            let key = engine.key(&name);
            let value = vec![b'x'; random.below(5_000) as usize];
            let set =
                handle.with_key(key, 1, |keyspace| keyspace.set_string(key, &value, DeadlineChange::Clear)).unwrap();
            if let Err(error) = set {
                assert_eq!(error, Error::OutOfMemory);
                refused.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    let used = engine.usage().used_bytes as u64;
    assert!(refused.into_inner() > 1_000);
    assert!(used > limit * 3 / 4 && used < limit * 9 / 8, "{used} of {limit} bytes");
    engine.set_max_memory_bytes(0);
    let mut handle = Handle::new(namespace);
    let removed = handle.with(Reach::All, 1, |keyspace| keyspace.clear()).unwrap();
    assert!(removed > 0);
    engine.set_max_memory_bytes(limit);
    let key = engine.key(b"k");
    handle.with_key(key, 1, |keyspace| keyspace.set_string(key, &[0; 9_000], DeadlineChange::Clear)).unwrap().unwrap();
}

#[test]
fn swaps_deletions_and_creations_never_show_another_namespace() {
    let engine = engine();
    let (zero, one) = (engine.database(0).unwrap(), engine.database(1).unwrap());
    let key = engine.key(b"k");
    let mut handles = [&zero, &one].map(|namespace| Handle::new(Arc::clone(namespace)));
    for (number, handle) in handles.iter_mut().enumerate() {
        handle
            .with_key(key, 1, |keyspace| keyspace.set_integer(key, number as i64, DeadlineChange::Clear))
            .unwrap()
            .unwrap();
    }
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let [mut first, mut second] = handles;
            for _ in 0..2_000 {
                loop {
                    match Locks::many(&[(&second, Reach::All), (&first, Reach::All)], Patience::Wait) {
                        Ok(mut locks) => break locks.swap(&first, &second).unwrap(),
                        Err(LockError::Stale) => {}
                        Err(error) => unreachable!("{error:?}: waiting does not give up"),
                    }
                    first.refresh().unwrap();
                    second.refresh().unwrap();
                }
            }
            stop.store(true, Ordering::Relaxed);
        });
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let namespace = engine.create_namespace("brief", NamespaceOptions::default()).unwrap();
                let mut handle = Handle::new(namespace);
                handle.with_key(key, 1, |keyspace| assert!(!keyspace.contains(key))).unwrap();
                handle
                    .with_key(key, 1, |keyspace| keyspace.set_integer(key, 7, DeadlineChange::Clear))
                    .unwrap()
                    .unwrap();
                engine.delete_namespace("brief").unwrap();
                assert_eq!(handle.with_key(key, 1, |_| ()), Err(Error::NamespaceDeleted));
            }
        });
        for _ in 0..4 {
            scope.spawn(|| {
                let (mut first, mut second) = (Handle::new(Arc::clone(&zero)), Handle::new(Arc::clone(&one)));
                while !stop.load(Ordering::Relaxed) {
                    let wanted = [(&first, Reach::Key(key.hash)), (&second, Reach::Key(key.hash))];
                    if let Ok(mut locks) = Locks::many(&wanted, Patience::Wait) {
                        let values = [&first, &second].map(|handle| {
                            let mut keyspace = locks.keyspace(handle, 1);
                            keyspace.string(key).unwrap().and_then(StringRef::integer).unwrap()
                        });
                        assert_eq!(values[0] + values[1], 1, "one of each");
                        continue;
                    }
                    first.refresh().unwrap();
                    second.refresh().unwrap();
                }
            });
        }
    });
}

#[test]
fn handles_of_both_sides_of_a_swap_are_stale_together() {
    let engine = engine();
    let mut handles = [0, 1].map(|index| Handle::new(engine.database(index).unwrap()));
    handles.iter_mut().for_each(|handle| handle.refresh().unwrap());
    let [mut first, mut second] = handles;
    for _ in 0..2 {
        let old = first.clone();
        Locks::many(&[(&first, Reach::All), (&second, Reach::All)], Patience::Wait)
            .unwrap()
            .swap(&first, &second)
            .unwrap();
        second.refresh().unwrap();
        // `old` and `second` name the same shards now, as if refreshed on both sides of the swap.
        for wanted in [[(&old, Reach::Key(1)), (&second, Reach::Key(1))], [(&second, Reach::All), (&old, Reach::All)]] {
            assert_eq!(Locks::many(&wanted, Patience::Wait).err(), Some(LockError::Stale));
        }
        first.refresh().unwrap();
    }
}

#[test]
fn brief_patience_gives_up() {
    let engine = engine();
    let mut handle = Handle::new(engine.database(0).unwrap());
    handle.refresh().unwrap();
    let key = engine.key(b"k");
    let held = Locks::one(&handle, key.hash, Patience::Wait).unwrap();
    for reach in [Reach::Key(key.hash), Reach::Keys(&[key.hash]), Reach::All] {
        assert_eq!(handle.lock(reach, Patience::Brief).err(), Some(LockError::Busy));
    }
    drop(held);
    assert!(handle.lock(Reach::Key(key.hash), Patience::Brief).is_ok());
}
