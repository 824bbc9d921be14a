//! The keyspace table: hash → entry.
//!
//! Extendible hashing over small groups of 64-byte buckets; entries are blobs in a per-table arena with
//! 4-byte steps. The same table serves a shard's keyspace and the large form of hashes and sets.
//!
//! Everything here is synchronous and single-threaded; `shard/` owns the lock.

pub mod entry;

pub use entry::{EntryView, NewValue, Tag, ValueView};

use std::marker::PhantomData;

/// The keyed hash of one process: SipHash-1-3 under a random key, safe against flooding.
#[derive(Clone, Copy, Debug)]
pub struct KeyHasher {
    keys: (u64, u64),
}

impl KeyHasher {
    /// A hasher with the given 128-bit key.
    pub fn new(k0: u64, k1: u64) -> Self {
        Self { keys: (k0, k1) }
    }

    /// The 64-bit hash of a key. Its low 14 bits choose the virtual slot (shard), its high bits the place in
    /// the table and thereby the order of SCAN.
    #[inline]
    pub fn hash(&self, key: &[u8]) -> u64 {
        siphasher::sip::SipHasher13::new_with_keys(self.keys.0, self.keys.1).hash(key)
    }

    /// The key together with its hash.
    #[inline]
    pub fn key<'a>(&self, bytes: &'a [u8]) -> Key<'a> {
        Key { hash: self.hash(bytes), bytes }
    }
}

/// A key and its hash, computed once per request.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// The key's bytes.
    pub bytes: &'a [u8],
    /// [`KeyHasher::hash`] of the bytes.
    pub hash: u64,
}

/// Where an entry is. Valid until the table is next changed by anything but a method that takes and returns
/// this slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    bucket: u32,
    group: u32,
    index: u8,
}

/// What [`Table::replace`] and [`Table::remove`] hand back for the caller to drop outside the lock.
pub type Displaced<O> = Option<Box<O>>;

/// An extendible hash table of entries whose values are inline bytes or boxed objects of type `O`.
pub struct Table<O> {
    hasher: KeyHasher,
    marker: PhantomData<O>,
}

impl<O> Table<O> {
    /// An empty table; allocates nothing.
    pub fn new(hasher: KeyHasher) -> Self {
        Self { hasher, marker: PhantomData }
    }

    /// The hasher whose hashes this table is given.
    pub fn hasher(&self) -> KeyHasher {
        self.hasher
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        todo!()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes in use by directory, groups and arena; what boxed objects own beyond themselves is the owner's to add.
    pub fn used_bytes(&self) -> usize {
        todo!()
    }

    /// Number of entries that have a deadline.
    pub fn expires_count(&self) -> usize {
        todo!()
    }

    /// Finds an entry. O(1); one or two cache misses.
    pub fn find(&self, key: Key<'_>) -> Option<Slot> {
        let _ = key;
        todo!()
    }

    /// The entry at a slot.
    pub fn view(&self, slot: Slot) -> EntryView<'_, O> {
        let _ = slot;
        todo!()
    }

    /// Raises the entry's 2-bit access frequency.
    pub fn touch(&mut self, slot: Slot) {
        let _ = slot;
        todo!()
    }

    /// The entry's 2-bit access frequency (0-3).
    pub fn frequency(&self, slot: Slot) -> u8 {
        let _ = slot;
        todo!()
    }

    /// Inserts an entry whose key is absent.
    pub fn insert(&mut self, key: Key<'_>, tag: Tag, value: NewValue<'_, O>, deadline_ms: Option<u64>) -> Slot {
        let _ = (key, tag, value, deadline_ms);
        todo!()
    }

    /// Replaces an entry's value and deadline; the old boxed object, if any, is handed back.
    pub fn replace(
        &mut self,
        slot: Slot,
        tag: Tag,
        value: NewValue<'_, O>,
        deadline_ms: Option<u64>,
    ) -> (Slot, Displaced<O>) {
        let _ = (slot, tag, value, deadline_ms);
        todo!()
    }

    /// Takes the boxed object out of an entry, leaving an empty inline value for the caller to replace.
    pub fn take_boxed(&mut self, slot: Slot) -> Displaced<O> {
        let _ = slot;
        todo!()
    }

    /// Changes an entry's deadline, keeping its value.
    pub fn set_deadline(&mut self, slot: Slot, deadline_ms: Option<u64>) -> Slot {
        let _ = (slot, deadline_ms);
        todo!()
    }

    /// Changes an entry's tag, keeping its value.
    pub fn set_tag(&mut self, slot: Slot, tag: Tag) {
        let _ = (slot, tag);
        todo!()
    }

    /// The boxed object of an entry, if its value is boxed.
    pub fn boxed_mut(&mut self, slot: Slot) -> Option<&mut O> {
        let _ = slot;
        todo!()
    }

    /// The inline bytes of an entry for changing in place; `None` if its value is boxed.
    pub fn inline_mut(&mut self, slot: Slot) -> Option<&mut [u8]> {
        let _ = slot;
        todo!()
    }

    /// Replaces `remove` bytes at `at` of an inline value by `insert`. Panics if the value is boxed or the range is
    /// outside. Cost: the bytes after `at`, or the whole entry when it must move to a larger block.
    pub fn splice(&mut self, slot: Slot, at: usize, remove: usize, insert: &[u8]) -> Slot {
        let _ = (slot, at, remove, insert);
        todo!()
    }

    /// Removes an entry.
    pub fn remove(&mut self, slot: Slot) -> Displaced<O> {
        let _ = slot;
        todo!()
    }

    /// Removes everything and gives back all memory but that of `self`. The boxed objects are dropped here: use
    /// [`std::mem::replace`] with a new table to drop the old one elsewhere.
    pub fn clear(&mut self) {
        todo!()
    }

    /// Calls `visit` once for each entry whose hash lies in `start..=end`, in no particular order.
    pub fn scan(&self, start: u64, end: u64, visit: &mut dyn FnMut(EntryView<'_, O>)) {
        let _ = (start, end, visit);
        todo!()
    }

    /// A uniformly random entry, `None` when the table is empty. `random` gives uniformly random words.
    pub fn sample(&self, random: &mut dyn FnMut() -> u64) -> Option<Slot> {
        let _ = random;
        todo!()
    }

    /// Removes expired entries from at most `groups_max` groups whose earliest deadline has passed, starting at hash position
    /// `cursor`. Returns where to go on, `None` at the end. Each removed key and boxed object is handed to `expired`.
    pub fn expire(
        &mut self,
        now_ms: u64,
        cursor: u64,
        groups_max: usize,
        expired: &mut dyn FnMut(&[u8], Displaced<O>),
    ) -> Option<u64> {
        let _ = (now_ms, cursor, groups_max, expired);
        todo!()
    }

    /// Brings the bucket line that `hash` maps to towards the cache.
    #[inline]
    pub fn prefetch_bucket(&self, hash: u64) {
        let _ = hash;
    }

    /// Brings the entry that `hash` probably maps to towards the cache; wants the bucket line to be there.
    #[inline]
    pub fn prefetch_entry(&self, hash: u64) {
        let _ = hash;
    }

    /// Bytes of the entry's own block and its share of the bucket, for MEMORY USAGE.
    pub fn entry_bytes(&self, slot: Slot) -> usize {
        let _ = slot;
        todo!()
    }

    /// Checks every invariant; for tests and debug builds.
    pub fn check_invariants(&self) {}
}
