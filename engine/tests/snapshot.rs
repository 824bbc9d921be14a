//! Snapshots show one moment, whatever happens while they are taken, and come back as they were.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod sample;

use std::convert::Infallible;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rkvs_engine::clock::Clock;
use rkvs_engine::engine::{Engine, EngineOptions, NamespaceOptions};
use rkvs_engine::error::Error;
use rkvs_engine::keyspace::DeadlineChange;
use rkvs_engine::namespace::Handle;
use rkvs_engine::random::Random;
use rkvs_engine::shard::multi_key::{LockError, Locks, Patience, Reach};
use rkvs_engine::snapshot::take::{BLOCK_BYTES_MAX, BlockSink};
use rkvs_engine::snapshot::{BlockKind, Loader};

use sample::{Contents, NOW_MS, contents, fill, on, transfer};

fn engine() -> Engine {
    let clock = Clock::manual(NOW_MS);
    Engine::new(EngineOptions { clock, databases: 4, default_shards: 8, ..EngineOptions::default() }).unwrap()
}

/// Keeps blocks, and does something between them.
struct Blocks<'b> {
    kept: Mutex<Vec<(u32, BlockKind, Vec<u8>)>>,
    between: Box<dyn Fn(usize) + Sync + 'b>,
}

impl<'b> Blocks<'b> {
    fn new(between: impl Fn(usize) + Sync + 'b) -> Self {
        Self { kept: Mutex::default(), between: Box::new(between) }
    }
}

impl BlockSink for Blocks<'_> {
    type Error = Infallible;

    fn block(&self, section: u32, kind: BlockKind, payload: &[u8]) -> Result<(), Infallible> {
        assert!(!payload.is_empty() && payload.len() <= BLOCK_BYTES_MAX);
        let number = {
            let mut kept = self.kept.lock().unwrap();
            kept.push((section, kind, payload.to_vec()));
            kept.len()
        };
        (self.between)(number);
        Ok(())
    }
}

/// What a snapshot loads as, in an engine of its own, with its blocks in another order.
fn loaded(names: &[String], mut blocks: Vec<(u32, BlockKind, Vec<u8>)>, random: &mut Random) -> Contents {
    let engine = engine();
    for name in names {
        if engine.namespace(name).is_none() {
            engine.create_namespace(name, NamespaceOptions::default()).unwrap();
        }
    }
    for index in (1..blocks.len()).rev() {
        blocks.swap(index, random.index(index + 1).unwrap());
    }
    let sections = names.iter().map(|name| engine.namespace(name).unwrap()).collect();
    let loader = Loader::new(sections, NOW_MS);
    std::thread::scope(|scope| {
        for part in blocks.chunks(blocks.len().div_ceil(3).max(1)) {
            let loader = &loader;
            scope.spawn(move || {
                part.iter().for_each(|(section, kind, bytes)| loader.block(*section, *kind, bytes).unwrap())
            });
        }
    });
    loader.finish().unwrap();
    for namespace in engine.namespaces() {
        let mut handle = Handle::new(namespace);
        handle.with(Reach::All, NOW_MS, |keyspace| keyspace.check_invariants()).unwrap();
    }
    contents(&engine)
}

/// One change of whatever kind.
fn disturb(engine: &Engine, random: &mut Random) {
    let database = random.below(3) as u32;
    match random.below(28) {
        0 => drop(on(engine, database, |keyspace| keyspace.clear())),
        1 => swap(engine, database, (database + 1) % 3),
        2 => {
            let _ = engine.delete_namespace("extra");
        }
        3..=5 => on(engine, database, |keyspace| {
            let (from, to) = (format!("large:{}", random.below(6)), format!("large:{}", random.below(9)));
            let _ = keyspace.rename(keyspace.key(from.as_bytes()), keyspace.key(to.as_bytes()));
        }),
        6..=7 => on(engine, database, |keyspace| {
            keyspace.remove(keyspace.key(format!("large:{}", random.below(6)).as_bytes()));
        }),
        8..=11 => on(engine, database, |keyspace| {
            let name = format!("large:{}", random.below(6));
            let key = keyspace.key(name.as_bytes());
            if let Ok(mut hash) = keyspace.hash_mut(key) {
                for _ in 0..200 {
                    let field = (random.below(2_000) as u32).to_le_bytes();
                    if random.below(2) == 0 {
                        let _ = hash.set(&field, b"changed");
                    } else {
                        hash.remove(&field);
                    }
                }
            }
        }),
        13..=16 => {
            let namespace = engine.database(database).unwrap();
            let _ = namespace.begin_resize(1 + random.below(6) as usize);
            if random.below(8) == 0 {
                namespace.cancel_resize();
            }
            if let Some(resizing) = namespace.resizing() {
                for _ in 0..random.below(20) {
                    let _ = resizing.step(1 + random.below(100) as usize);
                }
            }
        }
        12 => on(engine, database, |keyspace| {
            let _ = keyspace.set_range(keyspace.key(b"long:0"), 5, b"changed");
            let _ = keyspace.append(keyspace.key(b"long:1"), b"changed");
        }),
        _ => on(engine, database, |keyspace| {
            for _ in 0..50 {
                let name = format!("key:{}", random.below(1_500));
                let key = keyspace.key(name.as_bytes());
                match random.below(4) {
                    0 => drop(keyspace.remove(key)),
                    1 => drop(keyspace.set_deadline_ms(key, Some(NOW_MS + 5))),
                    2 => drop(keyspace.append(key, b"+")),
                    _ => drop(keyspace.set_string(key, b"new", DeadlineChange::Clear)),
                }
            }
        }),
    }
}

fn swap(engine: &Engine, first: u32, second: u32) {
    let mut handles = [first, second].map(|database| Handle::new(engine.database(database).unwrap()));
    loop {
        handles.iter_mut().for_each(|handle| handle.refresh().unwrap());
        let [first, second] = &handles;
        match Locks::many(&[(first, Reach::All), (second, Reach::All)], Patience::Wait) {
            Ok(mut locks) => {
                let swapped = locks.swap(first, second);
                assert!(matches!(swapped, Ok(()) | Err(Error::ResizeInProgress)));
                return;
            }
            Err(error) => assert_eq!(error, LockError::Stale),
        }
    }
}

#[test]
fn a_snapshot_shows_the_moment_it_was_begun_whatever_happens_meanwhile() {
    for seed in 0..8 {
        let mut random = Random::from_seed(seed);
        let engine = engine();
        engine.create_namespace("extra", NamespaceOptions::default()).unwrap();
        let extra = engine.namespace("extra").unwrap().database();
        for database in [0, 1, extra] {
            fill(&engine, database, &mut random);
        }
        for threads in [1, 2] {
            let moment = contents(&engine);
            let taking = engine.take_snapshot();
            let names: Vec<String> =
                taking.sections().iter().map(|section| section.namespace.name().to_owned()).collect();
            let disturber = Mutex::new(Random::from_seed(seed + 1_000));
            (0..seed % 4).for_each(|_| disturb(&engine, &mut disturber.lock().unwrap()));
            let blocks = Blocks::new(|_| disturb(&engine, &mut disturber.lock().unwrap()));
            assert_eq!(taking.run(threads, &blocks, &AtomicBool::new(false)), Ok(true));
            let keys: u64 = (0..names.len()).map(|section| taking.progress().section(section).0).sum();
            assert_eq!(keys, moment.len() as u64, "keys counted");
            drop(taking);
            let loaded = loaded(&names, blocks.kept.into_inner().unwrap(), &mut random);
            let differing: Vec<_> = moment
                .keys()
                .chain(loaded.keys())
                .filter(|key| moment.get(*key) != loaded.get(*key))
                .map(|(name, key)| (name, String::from_utf8_lossy(key)))
                .collect();
            assert!(differing.is_empty(), "seed {seed}, {threads} threads: {differing:?}");
        }
        assert_eq!(engine.snapshot_bound().waiting_bytes(), 0, "nothing is left waiting");
        for database in 0..3 {
            on(&engine, database, |keyspace| keyspace.check_invariants());
        }
    }
}

#[test]
fn a_snapshot_that_was_given_up_leaves_nothing_behind() {
    let mut random = Random::from_seed(7);
    let engine = engine();
    fill(&engine, 0, &mut random);
    for after in 1..30 {
        let cancel = AtomicBool::new(false);
        let taking = engine.take_snapshot();
        let blocks = Blocks::new(|number| {
            disturb(&engine, &mut Random::from_seed(number as u64));
            cancel.store(number >= after, Ordering::Relaxed);
        });
        let complete = taking.run(1, &blocks, &cancel).unwrap();
        drop(taking);
        assert_eq!(engine.snapshot_bound().waiting_bytes(), 0);
        if complete {
            break;
        }
    }
    // Never run at all.
    drop(engine.take_snapshot());
    let moment = contents(&engine);
    let taking = engine.take_snapshot();
    let names: Vec<String> = taking.sections().iter().map(|section| section.namespace.name().to_owned()).collect();
    let blocks = Blocks::new(|_| {});
    assert_eq!(taking.run(2, &blocks, &AtomicBool::new(false)), Ok(true));
    assert_eq!(loaded(&names, blocks.kept.into_inner().unwrap(), &mut random), moment);
}

#[test]
fn transfers_between_shards_and_namespaces_never_show_halfway() {
    const ACCOUNTS: u64 = 64;
    let engine = engine();
    for database in 0..2 {
        on(&engine, database, |keyspace| {
            for account in 0..ACCOUNTS {
                keyspace.set_integer(keyspace.key(&account.to_le_bytes()), 1_000, DeadlineChange::Clear).unwrap();
            }
            // Something to be busy with.
            for number in 0..6_000u32 {
                keyspace
                    .set_string(keyspace.key(format!("filler:{number}").as_bytes()), b"x", DeadlineChange::Clear)
                    .unwrap();
            }
        });
    }
    let (stop, transfers) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let (engine, stop, transfers) = (&engine, &stop, &transfers);
            scope.spawn(move || transfers.fetch_add(transfer(engine, thread, ACCOUNTS, stop), Ordering::Relaxed));
        }
        for _ in 0..20 {
            let taking = engine.take_snapshot();
            let sections = taking.sections().len();
            let blocks = Blocks::new(|_| {});
            taking.run(2, &blocks, &AtomicBool::new(false)).unwrap();
            let target = self::engine();
            let loader =
                Loader::new((0..sections).map(|index| target.database(index as u32).unwrap()).collect(), NOW_MS);
            for (section, kind, bytes) in blocks.kept.into_inner().unwrap() {
                loader.block(section, kind, &bytes).unwrap();
            }
            loader.finish().unwrap();
            let mut sum = 0;
            for database in 0..2 {
                sum += on(&target, database, |keyspace| {
                    (0..ACCOUNTS)
                        .map(|account| {
                            let bytes = account.to_le_bytes();
                            let key = keyspace.key(&bytes);
                            keyspace.string(key).unwrap().unwrap().integer().unwrap()
                        })
                        .sum::<i64>()
                });
            }
            assert_eq!(sum, 2 * 1_000 * ACCOUNTS as i64);
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(transfers.into_inner() > 0);
}

#[test]
fn writers_are_asked_to_wait_when_much_waits_to_be_collected() {
    let engine = engine();
    on(&engine, 0, |keyspace| {
        for number in 0..6_000u32 {
            let name = format!("key:{number}");
            keyspace.set_string(keyspace.key(name.as_bytes()), &[b'x'; 1_000], DeadlineChange::Clear).unwrap();
        }
    });
    engine.snapshot_bound().set_max_bytes(1 << 20);
    let taking = engine.take_snapshot();
    let mut written = 0;
    while !engine.snapshot_bound().is_reached() {
        on(&engine, 0, |keyspace| {
            let name = format!("key:{written}");
            keyspace.set_string(keyspace.key(name.as_bytes()), b"y", DeadlineChange::Clear).unwrap();
        });
        written += 1;
        assert!(written < 6_000, "the bound is reached before everything was written");
    }
    let waiting = engine.snapshot_bound().waiting_bytes();
    assert!((1 << 20..2 << 20).contains(&waiting), "{waiting} bytes wait");
    assert_eq!(taking.run(1, &Blocks::new(|_| {}), &AtomicBool::new(false)), Ok(true));
    assert!(!engine.snapshot_bound().is_reached());
    assert_eq!(engine.snapshot_bound().waiting_bytes(), 0);
}
