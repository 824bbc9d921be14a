//! Other numbers of shards while threads go on: nothing missed, nothing lost, nothing seen twice or halfway.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use rkvs_engine::clock::Clock;
use rkvs_engine::engine::{Engine, EngineOptions, NamespaceOptions};
use rkvs_engine::error::Error;
use rkvs_engine::keyspace::batch::BatchMode;
use rkvs_engine::keyspace::{DeadlineChange, Keyspace};
use rkvs_engine::namespace::{Handle, Limits, Namespace};
use rkvs_engine::random::Random;
use rkvs_engine::shard::multi_key::{Locks, Patience, Reach};
use rkvs_engine::shard::resize::{ResizeEnd, ResizeStep, Resizing};
use rkvs_engine::snapshot::BlockKind;
use rkvs_engine::snapshot::take::BlockSink;
use rkvs_engine::table::Key;
use rkvs_engine::value::StringRef;

const KEEP: DeadlineChange = DeadlineChange::Keep;

fn engine(shards: usize) -> (Engine, Arc<Namespace>) {
    let options = EngineOptions { databases: 2, default_shards: shards, ..EngineOptions::default() };
    let engine = Engine::new(options).unwrap();
    let namespace = engine.database(0).unwrap();
    (engine, namespace)
}

fn set(handle: &mut Handle, engine: &Engine, name: &str, value: i64) {
    let key = engine.key(name.as_bytes());
    handle.with_key(key, 1, |keyspace| keyspace.set_integer(key, value, KEEP)).unwrap().unwrap();
}

fn get(handle: &mut Handle, engine: &Engine, name: &str) -> Option<i64> {
    let key = engine.key(name.as_bytes());
    handle.with_key(key, 1, |keyspace| keyspace.string(key).unwrap().and_then(StringRef::integer)).unwrap()
}

/// A namespace with keys `key:0`, `key:1` … that have their number as value.
fn filled(shards: usize, keys: i64) -> (Engine, Arc<Namespace>, Handle) {
    let (engine, namespace) = engine(shards);
    let mut handle = Handle::new(Arc::clone(&namespace));
    for number in 0..keys {
        set(&mut handle, &engine, &format!("key:{number}"), number);
    }
    (engine, namespace, handle)
}

fn all<T>(namespace: &Arc<Namespace>, operation: impl FnOnce(&mut Keyspace<'_>) -> T) -> T {
    Handle::new(Arc::clone(namespace)).with(Reach::All, 1, operation).unwrap()
}

/// Steps until about this part is moved.
fn step_to(resizing: &Resizing, progress: f64) {
    while resizing.state().unwrap().progress < progress {
        assert!(matches!(resizing.step(20).unwrap(), ResizeStep::Moved { .. }));
    }
}

fn finish(resizing: &Resizing) -> ResizeEnd {
    resizing.run(&AtomicBool::new(false)).unwrap().unwrap()
}

/// Has the threads end, also when a check fails.
struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn threads_miss_and_lose_nothing_while_shards_come_and_go() {
    const ACCOUNTS: usize = 48;
    const STAYING: u64 = 3_000;
    const WRITERS: usize = 2;
    let (engine, namespace) = engine(4);
    let mut handle = Handle::new(Arc::clone(&namespace));
    let accounts: Vec<String> = (0..ACCOUNTS).map(|number| format!("account:{number}")).collect();
    let keys: Vec<Key<'_>> = accounts.iter().map(|name| engine.key(name.as_bytes())).collect();
    let hashes: Vec<u64> = keys.iter().map(|key| key.hash).collect();
    accounts.iter().for_each(|name| set(&mut handle, &engine, name, 100));
    (0..STAYING).for_each(|number| set(&mut handle, &engine, &format!("stays:{number}"), number as i64));
    let (stop, work) = (AtomicBool::new(false), AtomicU64::new(0));
    let run = |seed: u64, step: &dyn Fn(&mut Handle, &mut Random)| {
        let (mut handle, mut random) = (Handle::new(Arc::clone(&namespace)), Random::from_seed(seed));
        while !stop.load(Ordering::Relaxed) {
            step(&mut handle, &mut random);
            work.fetch_add(1, Ordering::Relaxed);
        }
    };
    let (engine, run) = (&engine, &run);
    let written: Vec<HashMap<String, i64>> = thread::scope(|scope| {
        for seed in 0..2 {
            scope.spawn(move || {
                run(seed, &|handle, random| {
                    let number = random.below(STAYING);
                    assert_eq!(get(handle, engine, &format!("stays:{number}")), Some(number as i64));
                });
            });
        }
        // Transfers two by two, and sums over all.
        scope.spawn(|| {
            run(2, &|handle, random| {
                let [from, to] = [0; 2].map(|_| random.index(ACCOUNTS).unwrap());
                let reach = Reach::Keys(&[hashes[from], hashes[to]]);
                let amount = random.below(50) as i64;
                let moved = handle.with(reach, 1, |keyspace| {
                    keyspace.increment(keys[from], -amount).unwrap();
                    keyspace.increment(keys[to], amount).unwrap();
                });
                moved.unwrap();
            });
        });
        scope.spawn(|| {
            run(3, &|handle, _| {
                let report =
                    handle.with(Reach::Keys(&hashes), 1, |keyspace| keyspace.batch_get(BatchMode::AllOrNothing, &keys));
                let sum: i64 = report
                    .unwrap()
                    .values
                    .iter()
                    .map(|value| std::str::from_utf8(value.as_ref().unwrap()).unwrap().parse::<i64>().unwrap())
                    .sum();
                assert_eq!(sum, 100 * ACCOUNTS as i64);
            });
        });
        // Renames there and back, in one thread: the key is at one of the two places.
        scope.spawn(|| {
            let mut is_first = true;
            let names = ["here", "there"].map(|name| engine.key(name.as_bytes()));
            let mut handle = Handle::new(Arc::clone(&namespace));
            set(&mut handle, engine, "here", 7);
            while !stop.load(Ordering::Relaxed) {
                let (from, to) = if is_first { (names[0], names[1]) } else { (names[1], names[0]) };
                let renamed = handle.with(Reach::Keys(&[from.hash, to.hash]), 1, |keyspace| keyspace.rename(from, to));
                assert_eq!(renamed, Ok(Ok(true)));
                is_first = !is_first;
            }
            assert!(all(&namespace, |keyspace| keyspace.remove(names[usize::from(!is_first)])));
        });
        // Scans meet what stays once each, and counts are right however the keys lie.
        scope.spawn(|| {
            run(4, &|handle, random| {
                let (mut met, mut cursor) = (HashMap::new(), 0);
                loop {
                    let count = 1 + random.below(700) as usize;
                    let (next, found) = handle.unlocked(1).scan(cursor, count, |found: &mut Vec<Vec<u8>>, entry| {
                        found.push(entry.key.to_vec());
                    });
                    found.into_iter().for_each(|key| *met.entry(key).or_insert(0) += 1);
                    cursor = next;
                    if cursor == 0 {
                        break;
                    }
                }
                let missed =
                    (0..STAYING).filter(|number| met.get(format!("stays:{number}").as_bytes()) != Some(&1)).count();
                assert_eq!(missed, 0);
                assert!(handle.unlocked(1).len() >= STAYING as usize + ACCOUNTS);
            });
        });
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (engine, namespace, stop) = (engine, Arc::clone(&namespace), &stop);
                scope.spawn(move || {
                    let mut handle = Handle::new(namespace);
                    let mut random = Random::from_seed(10 + writer as u64);
                    let mut written = HashMap::new();
                    while !stop.load(Ordering::Relaxed) {
                        let name = format!("written:{writer}:{}", random.below(2_000));
                        if random.below(4) == 0 {
                            let key = engine.key(name.as_bytes());
                            let removed = handle.with_key(key, 1, |keyspace| keyspace.remove(key)).unwrap();
                            assert_eq!(removed, written.remove(&name).is_some());
                        } else {
                            let value = random.next_u64() as i64;
                            assert_eq!(get(&mut handle, engine, &name), written.get(&name).copied());
                            set(&mut handle, engine, &name, value);
                            written.insert(name, value);
                        }
                    }
                    written
                })
            })
            .collect();
        let stopping = StopOnDrop(&stop);
        for round in 0..4 {
            let is_cancelled = round % 2 == 1;
            for shards in [16, 64, if is_cancelled { 3 } else { 8 }] {
                let resizing = namespace.begin_resize(shards).unwrap();
                assert_eq!(namespace.begin_resize(5).err(), Some(Error::ResizeInProgress));
                if is_cancelled {
                    step_to(&resizing, 0.1 * f64::from(round));
                    resizing.cancel();
                    assert_eq!(finish(&resizing), ResizeEnd::Cancelled);
                } else {
                    assert_eq!(finish(&resizing), ResizeEnd::Done);
                    assert_eq!(namespace.shard_count(), shards);
                }
                assert_eq!(namespace.resize_state(), None);
            }
        }
        drop(stopping);
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    assert!(work.into_inner() > 1_000);
    let kept: usize = written.iter().map(HashMap::len).sum();
    for (name, value) in written.into_iter().flatten() {
        assert_eq!(get(&mut handle, engine, &name), Some(value), "{name}");
    }
    assert_eq!(handle.unlocked(1).len(), STAYING as usize + ACCOUNTS + kept);
    all(&namespace, |keyspace| keyspace.check_invariants());
}

#[test]
fn every_key_is_there_at_every_step_and_after_a_cancellation_anywhere() {
    for (from, to) in [(1, 5), (5, 1), (3, 4), (4, 3)] {
        for cancel_at in [0, 1, 3, 7, 20, 60] {
            let (engine, namespace, mut handle) = filled(from, 400);
            let before = namespace.usage();
            let resizing = namespace.begin_resize(to).unwrap();
            let mut steps = 0;
            let end = loop {
                if steps == cancel_at {
                    assert!(namespace.cancel_resize());
                }
                let state = resizing.state().unwrap();
                assert_eq!((state.from, state.to, state.keys_total), (from, to, 400));
                assert!((0.0..=1.0).contains(&state.progress) && state.keys_moved <= 400, "{state:?}");
                match resizing.step(11).unwrap() {
                    ResizeStep::Ended(end) => break end,
                    step => assert!(matches!(step, ResizeStep::Moved { .. })),
                }
                steps += 1;
                all(&namespace, |keyspace| keyspace.check_invariants());
                assert_eq!(namespace.usage().keys, 400);
                assert_eq!(handle.unlocked(1).collect(|keys: &mut usize, _| *keys += 1), 400);
                let number = steps * 37 % 400;
                assert_eq!(get(&mut handle, &engine, &format!("key:{number}")), Some(number));
            };
            let is_done = steps < cancel_at;
            assert_eq!(end, if is_done { ResizeEnd::Done } else { ResizeEnd::Cancelled });
            assert_eq!(namespace.shard_count(), if is_done { to } else { from });
            assert!((0..400).all(|number| get(&mut handle, &engine, &format!("key:{number}")) == Some(number)));
            let after = namespace.usage();
            assert_eq!((after.key_bytes, after.value_bytes), (before.key_bytes, before.value_bytes));
            assert_eq!(after.counters.writes, before.counters.writes, "a move is no write");
            assert_eq!(resizing.step(1), Ok(ResizeStep::Ended(end)), "who asks later is told the same");
        }
    }
}

#[test]
fn watches_go_with_their_keys_and_see_changes_alone() {
    let (engine, namespace, mut handle) = filled(3, 100);
    let names: Vec<String> = (0..100).map(|number| format!("key:{}", number * 2)).collect();
    let versions: Vec<u64> = names
        .iter()
        .map(|name| {
            let key = engine.key(name.as_bytes());
            handle.with_key(key, 1, |keyspace| keyspace.watch(key)).unwrap()
        })
        .collect();
    let changed = |handle: &mut Handle| -> Vec<usize> {
        let version = |name: &String| {
            let key = engine.key(name.as_bytes());
            handle.clone().with_key(key, 1, |keyspace| keyspace.watch_version(key)).unwrap()
        };
        (0..100).filter(|number| version(&names[*number]) != Some(versions[*number])).collect()
    };
    let resizing = namespace.begin_resize(7).unwrap();
    step_to(&resizing, 0.5);
    assert!(changed(&mut handle).is_empty(), "a move is no change");
    // Some of these are absent, and about half are moved.
    (0..100).step_by(7).for_each(|number| set(&mut handle, &engine, &names[number], 1));
    let expected: Vec<usize> = (0..100).step_by(7).collect();
    assert_eq!(changed(&mut handle), expected);
    resizing.cancel();
    step_to_back(&resizing, 0.2);
    assert_eq!(changed(&mut handle), expected);
    assert_eq!(finish(&resizing), ResizeEnd::Cancelled);
    namespace.resize(2).unwrap();
    assert_eq!(changed(&mut handle), expected);
    for name in &names {
        let key = engine.key(name.as_bytes());
        handle.with_key(key, 1, |keyspace| keyspace.unwatch(key)).unwrap();
        assert_eq!(handle.with_key(key, 1, |keyspace| keyspace.watch_version(key)).unwrap(), None);
    }
}

fn step_to_back(resizing: &Resizing, progress: f64) {
    while resizing.state().unwrap().progress > progress {
        assert!(matches!(resizing.step(10).unwrap(), ResizeStep::Moved { .. }));
    }
}

#[test]
fn deadlines_and_frequencies_are_moved() {
    let clock = Clock::manual(1_000);
    let options = EngineOptions { databases: 1, default_shards: 2, clock: clock.clone(), ..EngineOptions::default() };
    let engine = Engine::new(options).unwrap();
    let namespace = engine.database(0).unwrap();
    let names: Vec<String> = (0..300).map(|number| format!("key:{number}")).collect();
    all(&namespace, |keyspace| {
        for (number, name) in names.iter().enumerate() {
            let key = engine.key(name.as_bytes());
            let deadline = if number % 2 == 0 { DeadlineChange::At(2_000) } else { DeadlineChange::Clear };
            keyspace.set_string(key, b"value", deadline).unwrap();
            (0..number % 4).for_each(|_| assert!(keyspace.touch(key)));
        }
    });
    let frequencies = |namespace: &Arc<Namespace>| -> Vec<Option<u8>> {
        all(namespace, |keyspace| names.iter().map(|name| keyspace.frequency(engine.key(name.as_bytes()))).collect())
    };
    let before = frequencies(&namespace);
    let resizing = namespace.begin_resize(5).unwrap();
    step_to(&resizing, 0.6);
    assert_eq!(frequencies(&namespace), before);
    assert_eq!(namespace.usage().expires, 150);
    clock.set_ms(2_000);
    // The active cycle finds them in both sets.
    while !engine.expire_step(16).round_done {}
    let usage = namespace.usage();
    assert_eq!((usage.keys, usage.expires, usage.counters.expired), (150, 0, 150));
    assert_eq!(finish(&resizing), ResizeEnd::Done);
    all(&namespace, |keyspace| keyspace.check_invariants());
}

#[test]
fn limits_refuse_no_move_and_are_kept_while_it_goes_on() {
    let limit = 1 << 20;
    let options = EngineOptions { databases: 0, max_memory_bytes: limit, ..EngineOptions::default() };
    let engine = Engine::new(options).unwrap();
    let limits = Limits { max_keys: 1_000, ..Limits::default() };
    let options = NamespaceOptions { shards: Some(2), limits, ..NamespaceOptions::default() };
    let namespace = engine.create_namespace("small", options).unwrap();
    let mut handle = Handle::new(Arc::clone(&namespace));
    let mut write = |name: &str, value: &[u8]| {
        let key = engine.key(name.as_bytes());
        handle.with_key(key, 1, |keyspace| keyspace.set_string(key, value, KEEP)).unwrap()
    };
    let stored = (0..).take_while(|number| write(&format!("key:{number}"), &[b'x'; 3_000]).is_ok()).count();
    assert!((200..400).contains(&stored), "{stored} of 3,000 bytes each");
    let resizing = namespace.begin_resize(6).unwrap();
    for progress in [0.3, 0.7] {
        step_to(&resizing, progress);
        assert_eq!(write("another", &[b'x'; 3_000]), Err(Error::OutOfMemory));
        assert_eq!(namespace.usage().keys, stored);
    }
    // The other limit, established and used in the middle.
    engine.set_max_memory_bytes(0);
    namespace.set_limits(Limits { max_keys: stored as u64 + 1, ..limits }).unwrap();
    assert_eq!(write("one", b"more"), Ok(()));
    assert_eq!(write("two", b"more"), Err(Error::MaxKeys));
    resizing.cancel();
    step_to_back(&resizing, 0.3);
    engine.set_max_memory_bytes(limit);
    assert_eq!(finish(&resizing), ResizeEnd::Cancelled);
    assert!(write("two", b"more").is_err());
    let removed = all(&namespace, |keyspace| keyspace.clear());
    assert_eq!(removed, stored + 1);
    namespace.set_limits(Limits::default()).unwrap();
    assert_eq!((0..).take_while(|number| write(&format!("key:{number}"), &[b'x'; 3_000]).is_ok()).count(), stored);
}

#[test]
fn a_limit_of_memory_comes_and_goes_while_shards_lease_and_keys_move() {
    const KEYS: i64 = 2_000;
    let (engine, namespace, mut handle) = filled(4, KEYS);
    let stop = AtomicBool::new(false);
    let rounds = || (0..).take_while(|_| !stop.load(Ordering::Relaxed));
    thread::scope(|scope| {
        let _stop = StopOnDrop(&stop);
        scope.spawn(|| {
            rounds()
                .for_each(|round: u64| engine.set_max_memory_bytes(if round.is_multiple_of(2) { 4 << 30 } else { 0 }))
        });
        for writer in 0..2 {
            let (engine, mut handle) = (&engine, Handle::new(Arc::clone(&namespace)));
            scope.spawn(move || {
                for round in rounds() {
                    let name = format!("{writer}:{}", round % 5_000);
                    let (key, value) = (engine.key(name.as_bytes()), vec![b'v'; 1 + round as usize % 900]);
                    handle.with_key(key, 1, |keyspace| keyspace.set_string(key, &value, KEEP)).unwrap().unwrap();
                }
            });
        }
        for shards in [16, 3, 32, 4] {
            let resizing = namespace.begin_resize(shards).unwrap();
            if shards == 3 {
                step_to(&resizing, 0.5);
                resizing.cancel();
            }
            finish(&resizing);
        }
    });
    for number in 0..KEYS {
        assert_eq!(get(&mut handle, &engine, &format!("key:{number}")), Some(number));
    }
}

#[test]
fn a_deletion_ends_it_and_a_clearing_does_not() {
    let (engine, _) = engine(2);
    let namespace = engine.create_namespace("brief", NamespaceOptions::default()).unwrap();
    let mut handle = Handle::new(Arc::clone(&namespace));
    (0..500).for_each(|number| set(&mut handle, &engine, &format!("key:{number}"), number));
    let resizing = namespace.begin_resize(9).unwrap();
    step_to(&resizing, 0.4);
    assert_eq!(handle.unlocked(1).clear(), 500);
    assert_eq!(namespace.usage().keys, 0);
    (0..100).for_each(|number| set(&mut handle, &engine, &format!("new:{number}"), number));
    step_to(&resizing, 0.8);
    assert_eq!(all(&namespace, |keyspace| keyspace.clear()), 100);
    set(&mut handle, &engine, "last", 1);
    engine.delete_namespace("brief").unwrap();
    assert_eq!(resizing.step(10), Err(Error::NamespaceDeleted));
    assert_eq!((namespace.resize_state(), namespace.cancel_resize()), (None, false));
    assert_eq!(namespace.begin_resize(3).err(), Some(Error::NamespaceDeleted));
    assert_eq!(handle.with(Reach::All, 1, |_| ()), Err(Error::NamespaceDeleted));
}

#[test]
fn what_needs_no_move_is_done_at_once() {
    let (engine, namespace) = engine(4);
    assert_eq!(finish(&namespace.begin_resize(6).unwrap()), ResizeEnd::Done);
    assert!(namespace.is_vacant() && namespace.shard_count() == 6);
    set(&mut Handle::new(Arc::clone(&namespace)), &engine, "key", 1);
    assert_eq!(finish(&namespace.begin_resize(6).unwrap()), ResizeEnd::Done);
    assert_eq!((namespace.resize_state(), namespace.shard_count()), (None, 6));
    assert_eq!(namespace.begin_resize(0).err(), Some(Error::ShardCountOutOfRange));
    assert_eq!(namespace.begin_resize(4_097).err(), Some(Error::ShardCountOutOfRange));
}

#[test]
fn a_swap_is_refused_and_keys_go_between_namespaces() {
    let (engine, namespace, mut handle) = filled(3, 200);
    let mut other = Handle::new(engine.database(1).unwrap());
    set(&mut other, &engine, "other", 1);
    handle.refresh().unwrap();
    let resizing = namespace.begin_resize(8).unwrap();
    step_to(&resizing, 0.5);
    handle.refresh().unwrap();
    {
        let mut locks = Locks::many(&[(&other, Reach::All), (&handle, Reach::All)], Patience::Wait).unwrap();
        assert_eq!(locks.swap(&handle, &other), Err(Error::ResizeInProgress));
        assert_eq!(locks.swap(&other, &handle), Err(Error::ResizeInProgress));
    }
    for number in 0..200 {
        let name = format!("key:{number}");
        let key = engine.key(name.as_bytes());
        let reach = Reach::Key(key.hash);
        let mut locks = Locks::many(&[(&handle, reach), (&other, reach)], Patience::Wait).unwrap();
        let moved = locks.pair((&handle, &other), 1, |from, to| from.move_to(key, to));
        assert_eq!(moved, Ok(true));
    }
    assert_eq!(finish(&resizing), ResizeEnd::Done);
    assert_eq!((handle.unlocked(1).len(), other.unlocked(1).len()), (0, 201));
}

struct Count(AtomicU64);

impl BlockSink for Count {
    type Error = std::convert::Infallible;

    fn block(&self, _: u32, _: BlockKind, _: &[u8]) -> Result<(), Self::Error> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[test]
fn keys_stand_still_while_a_snapshot_takes_them_down() {
    let (engine, namespace, _) = filled(3, 1_000);
    let resizing = namespace.begin_resize(7).unwrap();
    step_to(&resizing, 0.5);
    let state = resizing.state();
    let taking = engine.take_snapshot();
    assert_eq!(resizing.step(10), Ok(ResizeStep::Waiting));
    resizing.cancel();
    assert_eq!(resizing.step(10), Ok(ResizeStep::Waiting));
    assert_eq!(resizing.state().unwrap().progress, state.unwrap().progress);
    let sink = Count(AtomicU64::new(0));
    assert_eq!(taking.run(2, &sink, &AtomicBool::new(false)), Ok(true));
    assert_eq!(taking.progress().keys(), 1_000, "in whichever set they are");
    assert!(sink.0.into_inner() > 0);
    drop(taking);
    assert_eq!(finish(&resizing), ResizeEnd::Cancelled);
    // Nor does a set vanish that is being taken down.
    let resizing = namespace.begin_resize(2).unwrap();
    step_to(&resizing, 1.0);
    let taking = engine.take_snapshot();
    assert_eq!(resizing.step(10), Ok(ResizeStep::Waiting));
    drop(taking);
    assert_eq!(finish(&resizing), ResizeEnd::Done);
    assert_eq!(namespace.usage().keys, 1_000);
}
