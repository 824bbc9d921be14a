//! Removal of expired keys: when they are met, and by an active cycle.
//!
//! Lazy removal is part of every look-up (`keyspace/`). The active cycle goes over all shards of all namespaces in slices; a
//! table opens only groups whose earliest deadline has passed, so a shard without expired keys costs a lock and a
//! comparison.

/// Where the active cycle goes on.
#[derive(Debug, Default)]
pub(crate) struct Cycle {
    namespace_id: u64,
    shard: usize,
    cursor: u64,
}
