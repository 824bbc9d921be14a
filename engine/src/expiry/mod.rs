//! Removal of expired keys: when they are met, and by an active cycle.
//!
//! Lazy removal is part of every look-up (`keyspace/entry.rs`). The active cycle goes over all shards of all namespaces in
//! slices; a table opens only groups whose earliest deadline has passed, so a shard without expired keys costs a lock and a
//! look at its times. A shard that somebody works in is passed over until the next round.

use std::sync::Arc;

use crate::engine::ExpireStep;
use crate::namespace::Namespace;

/// Groups of a table that one slice opens at most: some 2,000 entries, tens of microseconds under the lock.
const GROUPS_MAX: usize = 4;

/// Removals after which a step ends whatever slices are left, so that its caller looks at the clock: some 100 µs.
const REMOVED_ENOUGH: usize = 256;

/// Where the active cycle goes on.
#[derive(Debug, Default)]
pub(crate) struct Cycle {
    database: u32,
    shard: usize,
    cursor: u64,
}

impl Cycle {
    /// Does at most `slices_max` slices, fewer when they remove many keys. `next_namespace` finds the first namespace from a database index on.
    pub(crate) fn step(
        &mut self,
        next_namespace: &dyn Fn(u32) -> Option<Arc<Namespace>>,
        now_ms: u64,
        slices_max: usize,
    ) -> ExpireStep {
        let mut done = ExpireStep::default();
        let mut slices = 0;
        let goes_on = |slices: usize, done: &ExpireStep| slices < slices_max && done.expired < REMOVED_ENOUGH;
        while goes_on(slices, &done) {
            let Some(namespace) = next_namespace(self.database) else {
                *self = Self::default();
                done.round_done = true;
                break;
            };
            if namespace.database() != self.database {
                *self = Self { database: namespace.database(), ..Self::default() };
            }
            while goes_on(slices, &done) {
                slices += 1;
                let Some((expired, next)) = namespace.expire_slice(self.shard, now_ms, self.cursor, GROUPS_MAX) else {
                    *self = Self { database: self.database + 1, ..Self::default() };
                    break;
                };
                done.expired += expired;
                match next {
                    Some(cursor) => self.cursor = cursor,
                    None => (self.shard, self.cursor) = (self.shard + 1, 0),
                }
            }
        }
        done
    }
}
