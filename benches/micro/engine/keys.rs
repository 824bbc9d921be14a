//! Keys, and an engine to keep them.

use rkvs_benches::random::Random;
use rkvs_engine::clock::Clock;
use rkvs_engine::engine::{Engine, EngineOptions};
use rkvs_engine::keyspace::{DeadlineChange, Keyspace};
use rkvs_engine::namespace::Handle;
use rkvs_engine::shard::multi_key::{Patience, Reach};

/// Time of the engines made here, in Unix milliseconds.
pub(crate) const NOW_MS: u64 = 1_000;

/// Keys of 16 bytes, numbered from `first`, in the order of their numbers.
pub(crate) fn keys(first: usize, count: usize) -> Vec<[u8; 16]> {
    (first..first + count).map(key).collect()
}

/// The key of a number.
pub(crate) fn key(number: usize) -> [u8; 16] {
    let text = format!("key:{number:012}");
    text.as_bytes().try_into().expect("four bytes and twelve digits")
}

/// Some of so many numbers, in random order.
pub(crate) fn picks(below: usize, count: usize) -> Vec<usize> {
    let mut random = Random::new(1);
    (0..count).map(|_| random.below(below as u64) as usize).collect()
}

/// An engine with a namespace of so many shards.
pub(crate) fn engine(shards: usize) -> (Engine, Handle) {
    let options = EngineOptions {
        databases: 1,
        default_shards: shards,
        clock: Clock::manual(NOW_MS),
        hash_keys: Some((1, 2)),
        ..EngineOptions::default()
    };
    let engine = Engine::new(options).expect("the options are in range");
    let mut handle = Handle::new(engine.database(0).expect("there is one"));
    handle.refresh().expect("it is not deleted");
    (engine, handle)
}

/// Runs `work` with all shards locked.
pub(crate) fn locked<T>(handle: &Handle, work: impl FnOnce(&mut Keyspace<'_>) -> T) -> T {
    let mut locks = handle.lock(Reach::All, Patience::Wait).expect("nobody else is here");
    work(&mut locks.keyspace(handle, NOW_MS))
}

/// Sets keys to strings of so many bytes.
pub(crate) fn fill(handle: &Handle, keys: &[[u8; 16]], value_bytes: usize, deadline: DeadlineChange) {
    let value = vec![b'x'; value_bytes];
    locked(handle, |keyspace| {
        for bytes in keys {
            let key = keyspace.key(bytes);
            keyspace.set_string(key, &value, deadline).expect("there are no limits");
        }
    });
}
