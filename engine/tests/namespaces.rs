//! What namespaces are to each other, and what they may hold.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fixture;

use fixture::{Fixture, set, text};
use rkvs_engine::engine::{Engine, EngineOptions, NamespaceOptions};
use rkvs_engine::error::Error;
use rkvs_engine::keyspace::{DeadlineChange, Keyspace};
use rkvs_engine::namespace::{Handle, Limits};
use rkvs_engine::shard::multi_key::{LockError, Locks, Patience, Reach};
use rkvs_engine::table::{KEY_LEN_MAX, Key};
use std::sync::Arc;

#[test]
fn two_namespaces_never_lock_one_shard() {
    let fixture = Fixture::new();
    let [mut first, mut second] = [0, 1].map(|index| Handle::new(fixture.engine.database(index).unwrap()));
    first.refresh().unwrap();
    second.refresh().unwrap();
    let key = fixture.engine.key(b"k");
    let before_swap = first.clone();
    {
        let mut locks = Locks::many(&[(&first, Reach::All), (&second, Reach::All)], Patience::Wait).unwrap();
        locks.swap(&first, &second).unwrap();
    }
    second.refresh().unwrap();
    for order in [[&before_swap, &second], [&second, &before_swap]] {
        let wanted = order.map(|handle| (handle, Reach::Key(key.hash)));
        assert_eq!(Locks::many(&wanted, Patience::Wait).err(), Some(LockError::Stale));
    }
    first.refresh().unwrap();
    assert!(Locks::many(&[(&first, Reach::All), (&second, Reach::All)], Patience::Wait).is_ok());
}

#[test]
fn an_insert_at_the_limit_takes_the_place_of_an_expired_key() {
    let fixture = Fixture::new();
    let limits = Limits { max_keys: 2, ..Limits::default() };
    let options = NamespaceOptions { shards: Some(1), limits, ..NamespaceOptions::default() };
    let mut handle = Handle::new(fixture.engine.create_namespace("two", options).unwrap());
    let set = |handle: &mut Handle, name: &[u8], deadline| {
        let key = fixture.engine.key(name);
        handle.with_key(key, fixture.clock.now_ms(), |keyspace| keyspace.set_string(key, b"v", deadline)).unwrap()
    };
    assert_eq!(set(&mut handle, b"a", DeadlineChange::At(1_500)), Ok(()));
    assert_eq!(set(&mut handle, b"b", DeadlineChange::Clear), Ok(()));
    assert_eq!(set(&mut handle, b"c", DeadlineChange::Clear), Err(Error::MaxKeys));
    fixture.clock.set_ms(1_500);
    assert_eq!(set(&mut handle, b"c", DeadlineChange::Clear), Ok(()));
    assert_eq!(set(&mut handle, b"d", DeadlineChange::Clear), Err(Error::MaxKeys));
}

#[test]
fn the_active_cycle_goes_over_all_namespaces_in_slices_and_can_be_switched_off() {
    let mut fixture = Fixture::new();
    let mut other = Handle::new(fixture.engine.database(9).unwrap());
    for handle in [&mut fixture.handle, &mut other] {
        handle
            .with(Reach::All, 1_000, |keyspace| {
                for number in 0..5_000u32 {
                    let key = keyspace.key(&number.to_le_bytes()[..]).hash;
                    let bytes = number.to_le_bytes();
                    let key = Key { bytes: &bytes, hash: key };
                    let deadline_ms = if number % 2 == 0 { 1_500 } else { 9_000 };
                    keyspace.set_string(key, b"v", DeadlineChange::At(deadline_ms)).unwrap();
                }
            })
            .unwrap();
    }
    fixture.clock.set_ms(1_600);
    fixture.engine.set_active_expiry(false);
    assert_eq!(fixture.engine.expire_step(1_000_000).expired, 0);
    fixture.engine.set_active_expiry(true);
    let (mut expired, mut steps) = (0, 0);
    loop {
        let step = fixture.engine.expire_step(1);
        assert!(step.expired < 5_000, "a slice is a slice");
        (expired, steps) = (expired + step.expired, steps + 1);
        if step.round_done {
            break;
        }
    }
    assert_eq!(expired, 5_000);
    assert!(steps > 14);
    assert_eq!(fixture.engine.usage().keys, 5_000);
}

#[test]
fn moves_between_namespaces_take_the_key_along_or_do_nothing() {
    let mut fixture = Fixture::new();
    let mut other = Handle::new(fixture.engine.database(3).unwrap());
    other.refresh().unwrap();
    fixture.handle.refresh().unwrap();
    let key = fixture.engine.key(b"k");
    for patience in 0..2 {
        let wanted = [(&fixture.handle, Reach::Key(key.hash)), (&other, Reach::Key(key.hash))];
        let mut locks = Locks::many(&wanted, Patience::Wait).unwrap();
        locks.pair((&fixture.handle, &other), 1_000, |from, to| {
            from.set_string(key, b"v", DeadlineChange::At(7_000)).unwrap();
            assert_eq!(from.move_to(key, to), Ok(patience == 0));
            assert_eq!(from.contains(key), patience == 1);
            assert_eq!(to.deadline_ms(key), Some(Some(7_000)));
            assert_eq!(from.copy_to(key, to, key), Ok(patience == 1));
        });
    }
}

#[test]
fn swapping_exchanges_keys_and_leaves_names_limits_and_watchers() {
    let mut fixture = Fixture::new();
    let engine = &fixture.engine;
    let options = NamespaceOptions {
        shards: Some(3),
        limits: Limits { max_keys: 5, ..Limits::default() },
        ..NamespaceOptions::default()
    };
    let mut small = Handle::new(engine.create_namespace("small", options).unwrap());
    let key = engine.key(b"k");
    let untouched = engine.key(b"untouched");
    let mut stale = small.clone();
    let (version, untouched_version) = small
        .with(Reach::All, 1_000, |keyspace| {
            keyspace.set_string(key, b"small", DeadlineChange::Clear).unwrap();
            (keyspace.watch(key), keyspace.watch(untouched))
        })
        .unwrap();
    fixture
        .handle
        .with_key(key, 1_000, |keyspace| keyspace.set_string(key, b"zero", DeadlineChange::Clear))
        .unwrap()
        .unwrap();
    {
        let (zero, small) = (&fixture.handle, &small);
        let mut locks = Locks::many(&[(zero, Reach::All), (small, Reach::All)], Patience::Wait).unwrap();
        locks.swap(zero, small).unwrap();
        for (handle, expected) in [(zero, &b"small"[..]), (small, b"zero")] {
            assert_eq!(text(&mut locks.keyspace(handle, 1_000), b"k").unwrap(), expected, "under the same locks");
        }
        locks.swap(zero, small).unwrap();
        locks.swap(small, zero).unwrap();
    }
    for (handle, expected) in [(&mut fixture.handle, &b"small"[..]), (&mut small, b"zero"), (&mut stale, b"zero")] {
        handle
            .with(Reach::Key(key.hash), 1_000, |keyspace| assert_eq!(text(keyspace, b"k").unwrap(), expected))
            .unwrap();
    }
    assert_eq!((small.namespace().shard_count(), fixture.handle.namespace().shard_count()), (7, 3));
    small
        .with(Reach::All, 1_000, |keyspace| {
            assert_ne!(keyspace.watch_version(key), Some(version));
            assert_eq!(keyspace.watch_version(untouched), Some(untouched_version));
            for number in 0..4u8 {
                set(keyspace, &[number], b"v");
            }
            let sixth = keyspace.key(b"sixth");
            assert_eq!(keyspace.set_string(sixth, b"v", DeadlineChange::Clear), Err(Error::MaxKeys));
        })
        .unwrap();
    fixture.with(|keyspace| (0..9u8).for_each(|number| set(keyspace, &[number], b"v")));
}

#[test]
fn memory_is_asked_for_before_it_is_taken() {
    let fixture = Fixture::new();
    let limits = Limits { max_memory_bytes: 1 << 20, ..Limits::default() };
    let options = NamespaceOptions { limits, ..NamespaceOptions::default() };
    let mut handle = Handle::new(fixture.engine.create_namespace("tight", options).unwrap());
    let usage = handle
        .with(Reach::All, 1_000, |keyspace| {
            let key = keyspace.key(b"k");
            let large = vec![b'x'; 2 << 20];
            assert_eq!(keyspace.set_range(key, 400 << 20, b"x"), Err(Error::OutOfMemory));
            assert_eq!(keyspace.set_string(key, &large, DeadlineChange::Clear), Err(Error::OutOfMemory));
            assert_eq!(keyspace.append(key, &large), Err(Error::OutOfMemory));
            assert_eq!(keyspace.hash_mut(key).unwrap().set(b"f", &large), Err(Error::OutOfMemory));
            let two = [key, keyspace.key(b"l")];
            assert_eq!(keyspace.set_many(&two, &[b"v", &large]), Err(Error::OutOfMemory));
            assert_eq!(keyspace.len(), 0, "nothing was written");
            set(keyspace, b"k", b"v");
            assert_eq!(keyspace.append(key, &large), Err(Error::OutOfMemory));
            assert_eq!(keyspace.set_range(key, 2 << 20, b"x"), Err(Error::OutOfMemory));
            keyspace.remove(key);
            keyspace.hash_mut(key).unwrap().set(b"f", b"v").unwrap();
            assert_eq!(keyspace.hash_mut(key).unwrap().set(b"g", &large), Err(Error::OutOfMemory));
            assert_eq!(keyspace.hash(key).unwrap().unwrap().len(), 1);
        })
        .map(|()| handle.namespace().usage());
    assert!(usage.unwrap().used_bytes < 1 << 20);
}

#[test]
fn special_databases_keep_their_index() {
    let special = NamespaceOptions {
        shards: Some(3),
        limits: Limits { max_keys: 5, ..Limits::default() },
        ..NamespaceOptions::default()
    };
    let options = |index| EngineOptions {
        databases: 4,
        special_databases: [(index, ("users".to_owned(), special))].into(),
        ..EngineOptions::default()
    };
    let engine = Engine::new(options(2)).unwrap();
    let names: Vec<String> = engine.namespaces().iter().map(|namespace| namespace.name().to_owned()).collect();
    assert_eq!(names, ["0", "1", "users", "3"]);
    let users = engine.database(2).unwrap();
    assert_eq!((users.shard_count(), users.limits().max_keys), (3, 5));
    assert_eq!(engine.delete_namespace("users"), Err(Error::NamespaceFixed));
    assert_eq!(Engine::new(options(4)).err(), Some(Error::DatabaseOutOfRange));
}

#[test]
fn limits_change_from_what_they_are() {
    let fixture = Fixture::new();
    let namespace = fixture.handle.namespace();
    namespace.change_limits(|limits| Limits { max_keys: 7, ..limits }).unwrap();
    namespace.change_limits(|limits| Limits { max_value_bytes: 9, ..limits }).unwrap();
    assert_eq!(namespace.limits(), Limits { max_keys: 7, max_value_bytes: 9, max_memory_bytes: 0 });
}

#[test]
fn a_name_that_is_too_long_is_refused() {
    let mut fixture = Fixture::new();
    fixture.with(|keyspace| set(keyspace, b"key", b"value"));
    // Never read and never written, so it takes no memory; its hash may be any.
    let long = vec![0; KEY_LEN_MAX + 1];
    fixture.with(|keyspace| {
        let (key, long) = (keyspace.key(b"key"), Key { bytes: &long, hash: 1 });
        assert_eq!(keyspace.rename(key, long), Err(Error::KeyTooLong));
        assert_eq!(keyspace.copy(key, long), Err(Error::KeyTooLong));
        assert_eq!(keyspace.set_string(long, b"", DeadlineChange::Clear).err(), Some(Error::KeyTooLong));
        assert_eq!(text(keyspace, b"key").as_deref(), Some(&b"value"[..]));
        keyspace.check_invariants();
    });
}

#[test]
fn a_namespace_knows_whether_memory_is_limited_and_used_up() {
    let mut fixture = Fixture::new();
    let unused = fixture.engine.database(1).unwrap();
    let used = Arc::clone(fixture.handle.namespace());
    fixture.with(|keyspace| set(keyspace, b"key", &[b'x'; 500]));
    assert!(!unused.is_memory_limited() && !used.is_memory_limited());
    fixture.engine.set_max_memory_bytes(1);
    for namespace in [&used, &unused, &fixture.engine.create_namespace("new", NamespaceOptions::default()).unwrap()] {
        assert!(namespace.is_memory_limited() && namespace.is_memory_exhausted(), "{namespace:?}");
    }
    fixture.engine.set_max_memory_bytes(0);
    assert!(!unused.is_memory_limited() && !used.is_memory_limited());
    unused.set_limits(Limits { max_memory_bytes: 1, ..Limits::default() }).unwrap();
    assert!(unused.is_memory_limited() && unused.is_memory_exhausted());
    assert!(!used.is_memory_limited() && !used.is_memory_exhausted());
}

#[test]
fn a_removal_makes_room_where_there_was_none_for_anybody() {
    let mut fixture = Fixture::new();
    let namespace = Arc::clone(fixture.handle.namespace());
    fixture.with(|keyspace| (0..100).for_each(|key: u32| set(keyspace, key.to_string().as_bytes(), &[b'x'; 80])));
    let used_bytes = namespace.usage().used_bytes as u64;
    fixture.engine.set_max_memory_bytes(used_bytes + 2_000);
    // Every shard leases more than it needs, until what is left is too little for anybody.
    let refused = (0..10_000).find(|key: &u32| {
        let written = fixture.with(|keyspace| {
            let key = key.to_string();
            keyspace.set_string(keyspace.key(key.as_bytes()), &[b'x'; 90], DeadlineChange::Clear)
        });
        written.is_err() || namespace.is_memory_exhausted()
    });
    assert!(refused.is_some(), "the limit is met");
    let limit_bytes = used_bytes + 2_000;
    // The keys hash at random: how many removals it takes until their shards give back what they do not need differs.
    let mut removed = 0_u32;
    loop {
        assert!(namespace.usage().used_bytes as u64 + 1_500 > limit_bytes, "{removed} removals make no room");
        assert!(fixture.with(|keyspace| keyspace.remove(keyspace.key(removed.to_string().as_bytes()))));
        removed += 1;
        let write = |keyspace: &mut Keyspace<'_>| keyspace.set_string(keyspace.key(b"0"), b"v", DeadlineChange::Clear);
        if !namespace.is_memory_exhausted() && fixture.with(write).is_ok() {
            break;
        }
    }
}

#[test]
fn what_is_removed_can_be_written_again_at_the_limit() {
    let mut fixture = Fixture::new();
    fixture.engine.set_max_memory_bytes(256 << 10);
    let value = [b'x'; 100];
    let write = |fixture: &mut Fixture, key: u32| {
        fixture.with(|keyspace| keyspace.set_string(keyspace.key(&key.to_le_bytes()), &value, DeadlineChange::Clear))
    };
    let mut keys = 0;
    while write(&mut fixture, keys).is_ok() {
        keys += 1;
    }
    assert!(keys > 1_000, "{keys} keys");
    // As many again, each after one went: the limit is one of what there is, not of what there ever was.
    let mut failures = 0;
    for key in 0..keys {
        fixture.with(|keyspace| keyspace.remove(keyspace.key(&key.to_le_bytes())));
        failures += u32::from(write(&mut fixture, keys + key).is_err());
    }
    assert!(failures < keys / 20, "{failures} of {keys} writes were refused");
    assert!(fixture.engine.usage().used_bytes <= 256 << 10);
}

#[test]
fn who_must_not_wait_passes_over_a_locked_shard() {
    let fixture = Fixture::new();
    let options = NamespaceOptions { shards: Some(2), ..NamespaceOptions::default() };
    let namespace = fixture.engine.create_namespace("two", options).unwrap();
    let mut handle = Handle::new(Arc::clone(&namespace));
    for number in 0..100u32 {
        let bytes = number.to_le_bytes();
        let key = fixture.engine.key(&bytes);
        handle
            .with_key(key, 1_000, |keyspace| keyspace.set_string(key, b"v", DeadlineChange::At(5_000)))
            .unwrap()
            .unwrap();
    }
    let before = namespace.recent_shard_usage();
    assert_eq!(before, namespace.shard_usage());
    assert!(!namespace.is_busy());
    let locked_key = fixture.engine.key(b"some key");
    let locked = handle.shard_of(locked_key.hash);
    let locks = handle.lock(Reach::Key(locked_key.hash), Patience::Wait).unwrap();
    assert!(namespace.is_busy());

    let mut sampled = 0;
    namespace.sample_deadlines(100, 100, |deadline_ms| sampled += usize::from(deadline_ms == 5_000));
    assert_eq!(sampled, before[1 - locked].keys, "those of the other shard");

    fixture.clock.set_ms(6_000);
    while !fixture.engine.expire_step(100).round_done {}
    let during = namespace.recent_shard_usage();
    assert_eq!(during[locked], before[locked], "as it was seen last");
    assert_eq!(during[1 - locked].keys, 0, "the other one has been cleared of what expired");
    assert_eq!(namespace.recent_usage().keys, before[locked].keys);

    drop(locks);
    while !fixture.engine.expire_step(100).round_done {}
    assert_eq!(namespace.recent_usage().keys, 0);
}

#[test]
fn deleting_a_namespace_and_changing_the_limit_of_memory_hold_nobody_up_elsewhere() {
    let fixture = Fixture::new();
    let namespace = fixture.engine.create_namespace("long", NamespaceOptions::default()).unwrap();
    let mut handle = Handle::new(Arc::clone(&namespace));
    handle.refresh().unwrap();
    let locks = handle.lock(Reach::All, Patience::Wait).unwrap();
    let engine = &fixture.engine;
    std::thread::scope(|scope| {
        // Both wait for the locks.
        scope.spawn(|| engine.set_max_memory_bytes(1 << 30));
        while engine.max_memory_bytes() == 0 {
            std::thread::yield_now();
        }
        scope.spawn(|| engine.delete_namespace("long").unwrap());
        while engine.namespace("long").is_some() {
            std::thread::yield_now();
        }
        let (sender, receiver) = std::sync::mpsc::channel();
        scope.spawn(move || {
            engine.create_namespace("other", NamespaceOptions::default()).unwrap();
            sender.send(engine.namespaces().len()).unwrap();
        });
        let seen = receiver.recv_timeout(std::time::Duration::from_secs(20));
        drop(locks);
        assert_eq!(seen, Ok(engine.databases() as usize + 1));
    });
    assert!(namespace.is_deleted());
}
