//! Another number of shards for a namespace.
//!
//! All shards are locked while the keys move: nothing is lost, missed or refused, but everything waits, about a second for
//! a million keys. For programs that embed the engine and resize when they start.

use std::sync::Arc;

use super::multi_key::Locks;
use super::{RETIRED, Shards};
use crate::keyspace::Entries;
use crate::namespace::{Handle, Recount};
use crate::stats::Counters;

impl Locks<'_> {
    /// Moves everything from the shards of a namespace, all of which are locked, into new ones, which nobody else reaches yet.
    pub(crate) fn move_keys(&mut self, handle: &Handle, new: &Arc<Shards>) {
        let namespace = &**handle.namespace();
        let mut counters = Counters::default();
        let mut watches = Vec::new();
        for old in self.all_shards_of(handle) {
            namespace.forget_leases(std::iter::once(&mut *old));
            counters += old.counters;
            watches.extend(old.watches.take());
            let mut keys = Vec::with_capacity(old.table.len());
            old.table.scan(0, u64::MAX, &mut |entry| keys.push(entry.key.to_vec()));
            for key in keys {
                let key = old.table.hasher().key(&key);
                let Some(slot) = old.table.find(key) else { continue };
                let frequency = old.table.frequency(slot);
                // Nothing expires at time 0: who was there before is there after.
                let mut source = Entries::new(old, namespace, 0);
                source.prepaid = true;
                let detached = source.detach(key, slot);
                let mut shard = new.cell_of(key.hash).1.lock();
                let mut target = Entries::new(&mut shard, namespace, 0);
                target.prepaid = true;
                let attached = target.attach(key, detached);
                debug_assert!(attached.is_ok(), "what is moved was counted before");
                if let Some(slot) = shard.table.find(key) {
                    shard.table.set_frequency(slot, frequency);
                }
            }
            old.owner = RETIRED;
        }
        let mut recount = Recount::new(namespace);
        for index in 0..new.len() {
            let mut shard = new.cell(index).lock();
            shard.counters = if index == 0 { counters } else { Counters::default() };
            recount.shard(&mut shard);
        }
        recount.finish();
        for (key, watch) in watches.into_iter().flat_map(|watches| watches.into_keys()) {
            let hash = namespace.shared().hasher.hash(&key);
            new.cell_of(hash).1.lock().watches.get_or_insert_default().insert(key, watch);
        }
    }
}
