//! What is counted: plain numbers under each shard's lock, summed when someone asks.

use std::ops::AddAssign;

/// What one shard has done and holds. Sums of shards make a namespace's, sums of namespaces the engine's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Look-ups that found their key.
    pub hits: u64,
    /// Look-ups that did not.
    pub misses: u64,
    /// Look-ups, found or not, of any kind that counts hits.
    pub reads: u64,
    /// Operations that changed a key.
    pub writes: u64,
    /// Keys removed because their deadline had passed.
    pub expired: u64,
    /// Changes by clients since the start, for "changes since the last save": one per key or field changed. Removal of
    /// expired keys is not among them.
    pub changes: u64,
    /// Times a thread found the lock taken and had to wait or come back.
    pub lock_waits: u64,
}

impl Counters {
    /// Counts a look-up, as a hit or a miss.
    #[inline]
    pub(crate) fn count_read(&mut self, found: bool) {
        self.reads += 1;
        *(if found { &mut self.hits } else { &mut self.misses }) += 1;
    }
}

impl AddAssign for Counters {
    fn add_assign(&mut self, other: Self) {
        self.hits += other.hits;
        self.misses += other.misses;
        self.reads += other.reads;
        self.writes += other.writes;
        self.expired += other.expired;
        self.changes += other.changes;
        self.lock_waits += other.lock_waits;
    }
}

/// What a shard or a sum of shards holds and has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Number of keys, expired ones not yet removed included.
    pub keys: usize,
    /// Number of keys with a deadline.
    pub expires: usize,
    /// Bytes of memory in use: tables, entries and what large values own. Memory that was in use and waits to be used again is not
    /// among them.
    pub used_bytes: usize,
    /// Sum of the lengths of all keys.
    pub key_bytes: usize,
    /// Sum of the lengths of all values as a client sees them: of a string its length, of a hash its fields and their
    /// values.
    pub value_bytes: usize,
    /// What was done.
    pub counters: Counters,
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.keys += other.keys;
        self.expires += other.expires;
        self.used_bytes += other.used_bytes;
        self.key_bytes += other.key_bytes;
        self.value_bytes += other.value_bytes;
        self.counters += other.counters;
    }
}
