//! Snapshot files from outside: an error that leaves nothing behind, or namespaces that are sound.

use std::sync::Arc;

use crate::clock::Clock;
use crate::engine::{Engine, EngineOptions};
use crate::namespace::Handle;
use crate::persistence::{LoadProgress, load_all_unchecked};
use crate::shard::multi_key::Reach;
use crate::snapshot::file::disk::Disk;
use crate::snapshot::file::testing::MemoryDisk;
use crate::snapshot::file::{Directory, FileName};

const NOW_MS: u64 = 1_700_000_000_000;

/// Loads a file whose checksums are left unchecked. Whether it could be loaded.
///
/// # Panics
///
/// If what was loaded is not sound, or something is left of a file that was refused.
pub fn file(data: &[u8]) -> bool {
    let (disk, name) = (MemoryDisk::new(), FileName::from_operator(b"file").expect("it is plain"));
    disk.put(&name, data);
    let directory = Directory::on(Arc::new(disk) as Arc<dyn Disk>, "memory");
    let options =
        EngineOptions { databases: 2, default_shards: 2, clock: Clock::manual(NOW_MS), ..EngineOptions::default() };
    let engine = Engine::new(options).expect("it can be set up like that");
    let loaded = load_all_unchecked(&engine, &directory, &name, 1, &LoadProgress::default());
    match &loaded {
        Ok(loaded) => assert_eq!(loaded.keys, engine.usage().keys as u64),
        Err(_) => assert_eq!((engine.namespace_count(), engine.usage().keys), (2, 0)),
    }
    for namespace in engine.namespaces() {
        let mut handle = Handle::new(namespace);
        handle.with(Reach::All, NOW_MS, |keyspace| keyspace.check_invariants()).expect("nobody deletes it");
    }
    loaded.is_ok()
}
