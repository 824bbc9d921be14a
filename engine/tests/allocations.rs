//! What the engine takes from the allocator: nothing per hit, an entry's own per write, little when empty.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "an allocator that counts cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use rkvs_engine::engine::{Engine, EngineOptions, NamespaceOptions};
use rkvs_engine::keyspace::{DeadlineChange, Keyspace};
use rkvs_engine::namespace::Handle;
use rkvs_engine::shard::multi_key::{Locks, Patience, Reach};
use rkvs_engine::value::string::Digits;

/// Counts what the calling thread allocates.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    static LIVE_BYTES: Cell<isize> = const { Cell::new(0) };
}

// SAFETY: everything is left to the system's allocator; the counters are plain cells without destructors.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        LIVE_BYTES.set(LIVE_BYTES.get() + layout.size() as isize);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE_BYTES.set(LIVE_BYTES.get() - layout.size() as isize);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations<T>(work: impl FnOnce() -> T) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

fn live_bytes<T>(work: impl FnOnce() -> T) -> (isize, T) {
    let before = LIVE_BYTES.get();
    let made = work();
    (LIVE_BYTES.get() - before, made)
}

fn filled() -> (Engine, Handle) {
    // The same hashes every time: with others the key at hand may be the one that has a group made larger.
    let options = EngineOptions { default_shards: 32, hash_keys: Some((1, 2)), ..EngineOptions::default() };
    let engine = Engine::new(options).unwrap();
    let mut handle = Handle::new(engine.database(0).unwrap());
    handle.refresh().unwrap();
    let mut locks = handle.lock(Reach::All, Patience::Wait).unwrap();
    let mut keyspace = locks.keyspace(&handle, 1);
    for number in 0..10_000u32 {
        let bytes = number.to_le_bytes();
        let key = keyspace.key(&bytes);
        keyspace.set_string(key, &[b'x'; 64][..number as usize % 65], DeadlineChange::At(1_000_000)).unwrap();
    }
    drop(locks);
    (engine, handle)
}

/// Runs one operation on a key as a request does: lock, operation, unlock.
fn request<T>(
    engine: &Engine,
    handle: &Handle,
    bytes: &[u8],
    operation: impl FnOnce(&mut Keyspace<'_>, rkvs_engine::table::Key<'_>) -> T,
) -> T {
    let key = engine.key(bytes);
    let mut locks = Locks::one(handle, key.hash, Patience::Brief).unwrap();
    operation(&mut locks.keyspace(handle, 2), key)
}

#[test]
fn reading_allocates_nothing() {
    let (engine, handle) = filled();
    let mut digits = Digits::new();
    let mut total = 0;
    let count = allocations(|| {
        for number in 0..20_000u32 {
            let bytes = number.to_le_bytes();
            total += request(&engine, &handle, &bytes, |keyspace, key| {
                keyspace.string(key).unwrap().map_or(0, |string| string.bytes(&mut digits).len())
            });
        }
    });
    assert!(total > 300_000);
    assert_eq!(count, 0);
}

#[test]
fn overwriting_and_counting_allocate_nothing() {
    let (engine, handle) = filled();
    let count = allocations(|| {
        for number in 0..10_000u32 {
            request(&engine, &handle, &number.to_le_bytes(), |keyspace, key| {
                keyspace.set_string(key, b"12345", DeadlineChange::Keep).unwrap();
                assert_eq!(keyspace.increment(key, 1), Ok(12_346));
            });
        }
    });
    // The arenas may take a chunk now and then while the small forms find their places.
    assert!(count < 100, "{count} allocations for 20,000 writes");
}

#[test]
fn exchanging_strings_of_one_length_allocates_nothing() {
    let (engine, handle) = filled();
    let mut values: Vec<_> = (0..10_000usize).map(|number| vec![b'y'; number % 65]).collect();
    for key in 0..10_000u32 {
        request(&engine, &handle, &key.to_le_bytes(), |keyspace, key| keyspace.set_deadline_ms(key, None));
    }
    let count = allocations(|| {
        for (number, value) in values.iter_mut().enumerate() {
            let value = std::mem::take(value);
            request(&engine, &handle, &(number as u32).to_le_bytes(), |keyspace, key| {
                let old = keyspace.exchange(key, value, |_| Ok(())).unwrap();
                assert!(old.is_some_and(|old| old.len() == number % 65));
            });
        }
    });
    assert_eq!(count, 0);
}

#[test]
fn inserting_allocates_less_than_once_per_key() {
    let (engine, handle) = filled();
    let count = allocations(|| {
        for number in 10_000..20_000u32 {
            request(&engine, &handle, &number.to_le_bytes(), |keyspace, key| {
                keyspace.set_string(key, b"some value of an ordinary length", DeadlineChange::Clear).unwrap();
            });
        }
    });
    assert!(count < 5_000, "{count} allocations for 10,000 keys");
}

#[test]
fn a_large_value_costs_its_box_and_sharing_it_nothing() {
    let (engine, handle) = filled();
    let value = Arc::new(vec![b'x'; 100_000]);
    let count = allocations(|| {
        request(&engine, &handle, b"large", |keyspace, key| {
            keyspace.set_shared(key, Arc::clone(&value), DeadlineChange::Clear).unwrap();
        });
    });
    // The object's box; the entry may need a chunk or a larger group.
    assert!(count <= 4, "{count}");
    let count = allocations(|| {
        request(&engine, &handle, b"large", |keyspace, key| {
            let value = keyspace.string(key).unwrap().unwrap().to_value();
            assert_eq!(value.len(), 100_000);
        });
    });
    assert_eq!(count, 0);
}

#[test]
fn reading_hashes_and_locking_a_few_keys_allocates_nothing() {
    let (engine, handle) = filled();
    request(&engine, &handle, b"hash", |keyspace, key| {
        keyspace.hash_mut(key).unwrap().set(b"field", b"value").unwrap();
    });
    let count = allocations(|| {
        request(&engine, &handle, b"hash", |keyspace, key| {
            assert_eq!(keyspace.hash(key).unwrap().unwrap().value_len(b"field"), 5);
        });
        let hashes = [engine.key(b"hash").hash, engine.key(b"large").hash];
        let mut locks = handle.lock(Reach::Keys(&hashes), Patience::Wait).unwrap();
        let mut keyspace = locks.keyspace(&handle, 2);
        let key = keyspace.key(b"hash");
        assert!(keyspace.contains(key));
    });
    assert_eq!(count, 0);
}

#[test]
fn empty_namespaces_cost_little() {
    let (bytes, engine) = live_bytes(|| Engine::new(EngineOptions::default()).unwrap());
    assert!(bytes < 16 * 8_192 + 65_536, "{bytes} bytes for sixteen databases and the engine itself");
    let (bytes, ()) = live_bytes(|| {
        for number in 0..1_000 {
            engine.create_namespace(&format!("n{number}"), NamespaceOptions::default()).unwrap();
        }
    });
    assert!(bytes < 1_000 * 1_024, "{bytes} bytes for a thousand namespaces");
    let options = NamespaceOptions { shards: Some(16), ..NamespaceOptions::default() };
    engine.create_namespace("warm", options).unwrap();
    Handle::new(engine.namespace("warm").unwrap()).refresh().unwrap();
    let used = Handle::new(engine.create_namespace("used", options).unwrap());
    let (bytes, _) = live_bytes(|| {
        let mut used = used;
        used.refresh().unwrap();
        used
    });
    assert!(bytes < 16 * 640, "{bytes} bytes for sixteen empty shards");
}
