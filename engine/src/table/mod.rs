//! The keyspace table: hash → entry.
//!
//! Extendible hashing over small groups of 64-byte buckets; entries are blobs in a per-table arena with
//! 4-byte steps. The same table serves a shard's keyspace and the large form of hashes and sets.
//!
//! ```text
//! directory ──> group ──> bucket (one line) ──> entry
//! by the hash's  1-8       fingerprints and       flags, lengths, deadline, key, value
//! first bits     buckets   32-bit references      in the arena
//! ```
//!
//! A find costs the directory word (cached), the bucket line and the entry. No operation touches more than one group,
//! so the longest pause is that of laying out 80 slots anew or of
//! doubling the directory, eight bytes for some 50 entries. Everything here is single-threaded; `shard/` owns the
//! lock.
//!
//! This folder holds the engine's only `unsafe` code: entries and buckets are laid out by hand, which is what
//! keeps an entry near 14 bytes beyond key and value.

#![allow(unsafe_code)]

mod arena;
mod bucket;
mod entry;
mod expire;
mod extents;
mod group;
mod growth;
mod pages;
mod record;
mod scan;
mod shape;
#[cfg(test)]
mod tests;
mod transfer;

pub use entry::{EntryView, INLINE_VALUE_MAX, KEY_LEN_MAX, NewValue, Tag, ValueView};
pub use record::{NoRecorder, Recorded, RecordedValue, Recorder, Stored};
pub use shape::Shape;

use arena::{Arena, BlockRef, Entries};
use bucket::{Bucket, SLOTS};
use entry::Parts;
use group::{BUCKETS_MAX, Buckets, Group};
use std::marker::PhantomData;

/// The keyed hash of one process: SipHash-1-3 under a random key, safe against flooding.
#[derive(Clone, Copy, Debug)]
pub struct KeyHasher {
    k0: u64,
    k1: u64,
}

impl KeyHasher {
    /// A hasher with the given 128-bit key.
    pub fn new(k0: u64, k1: u64) -> Self {
        Self { k0, k1 }
    }

    /// The 64-bit hash of a key. Its low 14 bits choose the virtual slot (shard), its high bits the place in
    /// the table and thereby the order of SCAN.
    #[inline]
    pub fn hash(&self, key: &[u8]) -> u64 {
        siphasher::sip::SipHasher13::new_with_keys(self.k0, self.k1).hash(key)
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

/// Where an entry is. Valid until the table is next changed, but for changes through this slot by methods that
/// do not return another one. A stale slot names another entry or makes the call panic; it never reads freed memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    group: u32,
    bucket: u8,
    index: u8,
}

/// What [`Table::replace`] and [`Table::remove`] hand back for the caller to drop outside the lock.
pub type Displaced<O> = Option<Box<O>>;

/// How many removals pass between two looks at whether a group has become too large for its entries.
const SHRINK_CHECK_INTERVAL: u32 = 8;
/// An emptied table up to this size keeps its memory for the next insert.
const KEEP_WHEN_EMPTY_BYTES: usize = 8 << 10;

/// An extendible hash table of entries whose values are inline bytes or boxed objects of type `O`.
pub struct Table<O: Stored> {
    hasher: KeyHasher,
    arena: Arena<Entries>,
    buckets: Arena<Buckets>,
    /// 2^`directory_depth` words; a group of depth `d` stands in 2^(`directory_depth` - `d`) neighbours.
    directory: Vec<Group>,
    /// Earliest deadline in Unix ms for the group whose first directory place this is; may be too early, never too late. Empty
    /// until the first deadline.
    earliest_ms: Vec<u64>,
    directory_depth: u32,
    removals_to_check: u32,
    len: usize,
    group_count: usize,
    expires_count: usize,
    /// Whether entries are being moved to other tables: see `transfer.rs`.
    draining: bool,
    /// What groups have that were taken down: see `record.rs`.
    parity: bool,
    recorder: Option<Box<O::Recorder>>,
    /// Entries taken down by the present recording.
    recorded: u64,
    owned: PhantomData<Box<O>>,
}

// SAFETY: the table owns all memory its pointers reach, and the objects in it are `O`s; recorders are `Send` and `Sync`.
unsafe impl<O: Stored + Send> Send for Table<O> {}
// SAFETY: `&Table` gives only shared references to the objects.
unsafe impl<O: Stored + Sync> Sync for Table<O> {}

/// What a search has found; good until the table is next changed.
struct Located {
    slot: Slot,
    bucket: *mut Bucket,
    entry: *mut u8,
    parts: Parts,
}

/// A slot's content on its way to another group.
#[derive(Clone, Copy)]
struct Placed {
    block: BlockRef,
    fingerprint: u16,
    frequency: u8,
}

impl<O: Stored> Table<O> {
    /// An empty table; allocates nothing.
    pub fn new(hasher: KeyHasher) -> Self {
        Self {
            hasher,
            arena: Arena::new(),
            buckets: Arena::new(),
            directory: Vec::new(),
            earliest_ms: Vec::new(),
            directory_depth: 0,
            removals_to_check: SHRINK_CHECK_INTERVAL,
            len: 0,
            group_count: 0,
            expires_count: 0,
            draining: false,
            parity: false,
            recorder: None,
            recorded: 0,
            owned: PhantomData,
        }
    }

    /// The hasher whose hashes this table is given.
    pub fn hasher(&self) -> KeyHasher {
        self.hasher
    }

    /// Number of entries.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no entries.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes in use by directory, groups and arena; what boxed objects own is the owner's to add.
    pub fn used_bytes(&self) -> usize {
        self.directory.capacity() * size_of::<Group>()
            + self.earliest_ms.capacity() * size_of::<u64>()
            + self.buckets.used_bytes()
            + self.arena.used_bytes()
    }

    /// Bytes of released blocks that wait to be used again, a part of [`Self::used_bytes`].
    pub fn free_bytes(&self) -> usize {
        self.arena.free_bytes() + self.buckets.free_bytes()
    }

    /// Whether the table has reached the 16 GiB its references can address; inserting is refused before that.
    pub fn is_full(&self) -> bool {
        self.arena.is_full()
    }

    /// Number of entries that have a deadline.
    #[inline]
    pub fn expires_count(&self) -> usize {
        self.expires_count
    }

    #[inline]
    fn directory_index(&self, hash: u64) -> usize {
        (hash >> 1 >> (63 - self.directory_depth)) as usize
    }

    /// Finds an entry. O(1); one or two cache misses.
    #[inline]
    pub fn find(&self, key: Key<'_>) -> Option<Slot> {
        self.locate(key).map(|located| located.slot)
    }

    /// Finds an entry and reads it.
    #[inline]
    pub fn lookup(&self, key: Key<'_>) -> Option<(Slot, EntryView<'_, O>)> {
        let located = self.locate(key)?;
        // SAFETY: `locate` returns a live entry of this table and its parts.
        Some((located.slot, unsafe { view(located.entry, located.parts) }))
    }

    /// Finds an entry that has not expired at `now_ms` and reads it; raises its access frequency if it is to be
    /// `touch`ed. One that has expired is handed to `expire`, which is to remove it.
    ///
    /// The whole way of a GET in one pass: finding, touching and viewing one after the other would walk it thrice.
    #[inline(always)]
    pub fn read(
        &mut self,
        key: Key<'_>,
        now_ms: u64,
        touch: bool,
        expire: impl FnOnce(&mut Self, Slot),
    ) -> Option<EntryView<'_, O>> {
        let Located { slot, bucket, entry, parts } = self.locate(key)?;
        // SAFETY: `locate` returns a live entry of this table and its parts.
        if parts.has_deadline() && unsafe { parts.deadline_ms(entry) }.is_some_and(|deadline_ms| deadline_ms <= now_ms)
        {
            expire(self, slot);
            return None;
        }
        if touch {
            // SAFETY: the bucket is alive; `&mut self` makes this the only reference.
            unsafe { &mut *bucket }.raise_frequency(slot.index as usize);
        }
        // SAFETY: the entry is as it was found.
        Some(unsafe { view(entry, parts) })
    }

    #[inline(always)]
    fn locate(&self, key: Key<'_>) -> Option<Located> {
        let directory_index = self.directory_index(key.hash);
        let group = *self.directory.get(directory_index)?;
        let fingerprint = group.fingerprint_of(key.hash);
        let home = group.home(group.position_of(key.hash));
        let mut index = home;
        // SAFETY: groups in the directory are alive and `&self` keeps them unchanged.
        let mut bucket = unsafe { group.bucket(home) };
        let last = (home + bucket.spill()).min(group.buckets() - 1);
        loop {
            let mut matches = bucket.matching(fingerprint);
            while matches != 0 {
                let slot = matches.trailing_zeros() as usize;
                matches &= matches - 1;
                let entry = self.arena.pointer(bucket.reference(slot));
                // SAFETY: a present slot's reference leads to a live entry; key bytes lie inside it.
                let (parts, found) = unsafe {
                    let parts = Parts::read(entry);
                    (parts, std::slice::from_raw_parts(entry.add(parts.key_at()), parts.key_len()))
                };
                if same_bytes(found, key.bytes) {
                    let slot = Slot { group: directory_index as u32, bucket: index as u8, index: slot as u8 };
                    return Some(Located { slot, bucket: group.address(index).cast_mut(), entry, parts });
                }
            }
            if index == last {
                return None;
            }
            index += 1;
            // SAFETY: as above.
            bucket = unsafe { group.bucket(index) };
        }
    }

    /// The reference at a slot.
    #[inline]
    fn reference(&self, slot: Slot) -> BlockRef {
        let group = self.directory[slot.group as usize];
        // SAFETY: groups in the directory are alive; `&self` keeps them unchanged.
        let bucket = unsafe { group.bucket(slot.bucket as usize) };
        assert!(bucket.is_present(slot.index as usize), "a slot is used only until the table changes");
        bucket.reference(slot.index as usize)
    }

    #[inline]
    fn entry(&self, slot: Slot) -> (*mut u8, Parts) {
        let entry = self.arena.pointer(self.reference(slot));
        // SAFETY: a present slot's reference leads to a live entry.
        (entry, unsafe { Parts::read(entry) })
    }

    fn set_reference(&mut self, slot: Slot, block: BlockRef) {
        let group = self.directory[slot.group as usize];
        // SAFETY: groups in the directory are alive; `&mut self` makes this the only reference.
        unsafe { group.bucket_mut(slot.bucket as usize) }.set_reference(slot.index as usize, block);
    }

    /// The entry at a slot.
    #[inline]
    pub fn view(&self, slot: Slot) -> EntryView<'_, O> {
        let (entry, parts) = self.entry(slot);
        // SAFETY: a live entry and its parts.
        unsafe { view(entry, parts) }
    }

    /// Raises the entry's 2-bit access frequency; writes to the bucket only when it changes.
    #[inline]
    pub fn touch(&mut self, slot: Slot) {
        let group = self.directory[slot.group as usize];
        // SAFETY: groups in the directory are alive; `&mut self` makes this the only reference.
        unsafe { group.bucket_mut(slot.bucket as usize) }.raise_frequency(slot.index as usize);
    }

    /// The entry's 2-bit access frequency (0-3).
    pub fn frequency(&self, slot: Slot) -> u8 {
        let group = self.directory[slot.group as usize];
        // SAFETY: groups in the directory are alive; `&self` keeps them unchanged.
        unsafe { group.bucket(slot.bucket as usize) }.frequency(slot.index as usize)
    }

    /// Sets the entry's 2-bit access frequency, for ageing.
    pub fn set_frequency(&mut self, slot: Slot, frequency: u8) {
        let group = self.directory[slot.group as usize];
        // SAFETY: groups in the directory are alive; `&mut self` makes this the only reference.
        unsafe { group.bucket_mut(slot.bucket as usize) }.set_frequency(slot.index as usize, frequency);
    }

    /// Inserts an entry whose key is absent. O(1); at worst lays out one group anew.
    pub fn insert(&mut self, key: Key<'_>, tag: Tag, value: NewValue<'_, O>, deadline_ms: Option<u64>) -> Slot {
        debug_assert!(self.find(key).is_none(), "insert is for absent keys");
        let block = self.write_entry(key.bytes, tag, value, deadline_ms);
        self.place(key.hash, block, 0, deadline_ms)
    }

    /// Makes a new entry's block known under its hash.
    fn place(&mut self, hash: u64, block: BlockRef, frequency: u8, deadline_ms: Option<u64>) -> Slot {
        if self.directory.is_empty() {
            self.directory.push(Group::allocate(&mut self.buckets, 1, 0, 0, self.parity));
            self.group_count = 1;
        }
        self.len += 1;
        loop {
            let directory_index = self.directory_index(hash);
            self.before_change(directory_index);
            let group = self.directory[directory_index];
            // SAFETY: the group is alive and `&mut self` makes this the only access.
            if let Some((bucket, index)) = unsafe { group.place(group.fingerprint_of(hash), block, frequency) } {
                let slot = Slot { group: directory_index as u32, bucket: bucket as u8, index: index as u8 };
                if let Some(deadline_ms) = deadline_ms {
                    self.expires_count += 1;
                    self.note_deadline(slot, deadline_ms);
                }
                return slot;
            }
            self.make_room(directory_index, hash);
        }
    }

    /// Writes a new entry into a block of its own.
    fn write_entry(&mut self, key: &[u8], tag: Tag, value: NewValue<'_, O>, deadline_ms: Option<u64>) -> BlockRef {
        let (boxed, value_len) = match &value {
            NewValue::Inline(bytes) => (false, bytes.len()),
            NewValue::Boxed(_) => (true, 0),
        };
        assert!(value_len <= INLINE_VALUE_MAX && key.len() <= KEY_LEN_MAX, "the layers above bound keys and values");
        let parts = Parts::of_new(tag, boxed, key.len(), value_len, deadline_ms);
        let block = self.arena.allocate(parts.units());
        let entry = self.arena.pointer(block);
        // SAFETY: the block has room for all parts; they do not overlap.
        unsafe {
            parts.write_head(entry, deadline_ms);
            entry.add(parts.key_at()).copy_from_nonoverlapping(key.as_ptr(), key.len());
            write_value(entry.add(parts.value_at()), value);
        }
        block
    }

    /// Replaces an entry's value and deadline; the old boxed object, if any, is handed back. Writes in place when
    /// the new value has the old one's shape.
    pub fn replace(
        &mut self,
        slot: Slot,
        tag: Tag,
        value: NewValue<'_, O>,
        deadline_ms: Option<u64>,
    ) -> (Slot, Displaced<O>) {
        self.before_change(slot.group as usize);
        let block = self.reference(slot);
        let entry = self.arena.pointer(block);
        // SAFETY: a present slot's reference leads to a live entry.
        let old = unsafe { Parts::read(entry) };
        // SAFETY: the pointer read out is dropped from the table below.
        let displaced = old.is_boxed().then(|| unsafe { read_boxed(entry.add(old.value_at())) });
        let (boxed, value_len) = match &value {
            NewValue::Inline(bytes) => (false, bytes.len()),
            NewValue::Boxed(_) => (true, 0),
        };
        assert!(value_len <= INLINE_VALUE_MAX, "the layers above box larger values");
        let new = Parts::of_new(tag, boxed, old.key_len(), value_len, deadline_ms);
        if new.units() == old.units() && new.key_at() == old.key_at() {
            // SAFETY: the block is live, large enough and not aliased; the key stays where it is.
            unsafe {
                new.write_head(entry, deadline_ms);
                write_value(entry.add(new.value_at()), value);
            }
        } else {
            let target = self.arena.allocate(new.units());
            // Chunks do not move, but the pointer is taken anew for clarity.
            let (entry, to) = (self.arena.pointer(block), self.arena.pointer(target));
            // SAFETY: two live blocks; each copy stays inside them; the old block is released once, with its own size.
            unsafe {
                new.write_head(to, deadline_ms);
                to.add(new.key_at()).copy_from_nonoverlapping(entry.add(old.key_at()), old.key_len());
                write_value(to.add(new.value_at()), value);
                self.arena.release(block, old.units());
            }
            self.set_reference(slot, target);
        }
        self.count_deadline(slot, old.has_deadline(), deadline_ms);
        (slot, displaced)
    }

    /// Keeps `expires_count` and the group's earliest deadline after an entry's deadline changed.
    fn count_deadline(&mut self, slot: Slot, had_deadline: bool, deadline_ms: Option<u64>) {
        self.expires_count = self.expires_count + usize::from(deadline_ms.is_some()) - usize::from(had_deadline);
        if let Some(deadline_ms) = deadline_ms {
            self.note_deadline(slot, deadline_ms);
        }
    }

    /// Takes the boxed object out of an entry, leaving an empty inline value for the caller to replace.
    pub fn take_boxed(&mut self, slot: Slot) -> Displaced<O> {
        let view = self.view(slot);
        let (tag, deadline_ms) = (view.tag, view.deadline_ms);
        self.replace(slot, tag, NewValue::Inline(&[]), deadline_ms).1
    }

    /// Changes an entry's deadline, keeping its value.
    pub fn set_deadline(&mut self, slot: Slot, deadline_ms: Option<u64>) -> Slot {
        self.before_change(slot.group as usize);
        let block = self.reference(slot);
        let (entry, old) = self.entry(slot);
        let value_len = if old.is_boxed() { 0 } else { old.value_len() };
        let new = Parts::of_new(old.tag(), old.is_boxed(), old.key_len(), value_len, deadline_ms);
        if new.flags() == old.flags() {
            // SAFETY: a live entry that `&mut self` alone refers to; the deadline keeps its width.
            unsafe { new.write_deadline(entry, deadline_ms) };
        } else {
            let target = self.arena.allocate(new.units());
            let (entry, to) = (self.arena.pointer(block), self.arena.pointer(target));
            // SAFETY: two live blocks; key and value lie end to end in both; the old block is released once.
            unsafe {
                new.write_head(to, deadline_ms);
                to.add(new.key_at()).copy_from_nonoverlapping(entry.add(old.key_at()), old.key_len() + old.value_len());
                self.arena.release(block, old.units());
            }
            self.set_reference(slot, target);
        }
        self.count_deadline(slot, old.has_deadline(), deadline_ms);
        slot
    }

    /// Changes an entry's tag, keeping its value.
    pub fn set_tag(&mut self, slot: Slot, tag: Tag) {
        assert!(tag.0 < 15, "tag 15 is reserved");
        self.before_change(slot.group as usize);
        let (entry, parts) = self.entry(slot);
        // SAFETY: the first byte of a live entry that `&mut self` alone refers to.
        unsafe { entry.write(Parts::with_tag(parts.flags(), tag)) };
    }

    /// The boxed object of an entry, if its value is boxed.
    pub fn boxed_mut(&mut self, slot: Slot) -> Option<&mut O> {
        self.before_change(slot.group as usize);
        let (entry, parts) = self.entry(slot);
        // SAFETY: a boxed value is the pointer of a live `Box<O>`; `&mut self` makes this the only reference.
        parts.is_boxed().then(|| unsafe { &mut *read_pointer::<O>(entry.add(parts.value_at())) })
    }

    /// The inline bytes of an entry for changing in place; `None` if its value is boxed.
    pub fn inline_mut(&mut self, slot: Slot) -> Option<&mut [u8]> {
        self.before_change(slot.group as usize);
        let (entry, parts) = self.entry(slot);
        // SAFETY: the value's bytes lie in a live block that `&mut self` alone refers to.
        (!parts.is_boxed())
            .then(|| unsafe { std::slice::from_raw_parts_mut(entry.add(parts.value_at()), parts.value_len()) })
    }

    /// Replaces `remove` bytes at `at` of an inline value by `insert`. Cost: the bytes after `at`, or the whole entry
    /// when it must move to another block.
    ///
    /// # Panics
    /// If the value is boxed, the range lies outside it, or the result is above [`INLINE_VALUE_MAX`].
    pub fn splice(&mut self, slot: Slot, at: usize, remove: usize, insert: &[u8]) -> Slot {
        self.before_change(slot.group as usize);
        let block = self.reference(slot);
        let (entry, old) = self.entry(slot);
        assert!(
            !old.is_boxed() && at <= old.value_len() && remove <= old.value_len() - at,
            "a splice lies inside the value"
        );
        let value_len = old.value_len() - remove + insert.len();
        assert!(value_len <= INLINE_VALUE_MAX, "the layers above box larger values");
        // SAFETY: `entry` is live.
        let deadline_ms = unsafe { old.deadline_ms(entry) };
        let new = Parts::of_new(old.tag(), false, old.key_len(), value_len, deadline_ms);
        let tail_from = old.value_at() + at + remove;
        let tail_len = old.value_len() - at - remove;
        if new.units() == old.units() && new.same_shape(&old) {
            // SAFETY: all moves stay inside the block, which `&mut self` alone refers to.
            unsafe {
                entry.add(tail_from).copy_to(entry.add(new.value_at() + at + insert.len()), tail_len);
                entry.add(new.value_at() + at).copy_from_nonoverlapping(insert.as_ptr(), insert.len());
                new.write_head(entry, deadline_ms);
            }
            return slot;
        }
        let target = self.arena.allocate(new.units());
        let (entry, to) = (self.arena.pointer(block), self.arena.pointer(target));
        // SAFETY: two live blocks; every copy stays inside both; the old block is released once, with its own size.
        unsafe {
            new.write_head(to, deadline_ms);
            to.add(new.key_at()).copy_from_nonoverlapping(entry.add(old.key_at()), old.key_len() + at);
            to.add(new.value_at() + at).copy_from_nonoverlapping(insert.as_ptr(), insert.len());
            to.add(new.value_at() + at + insert.len()).copy_from_nonoverlapping(entry.add(tail_from), tail_len);
            self.arena.release(block, old.units());
        }
        self.set_reference(slot, target);
        slot
    }

    /// Removes an entry. Now and then makes its group smaller; lays a table out anew that has fewer than one entry for two
    /// groups; gives all memory back with the last entry.
    pub fn remove(&mut self, slot: Slot) -> Displaced<O> {
        self.before_change(slot.group as usize);
        let displaced = self.remove_in_place(slot);
        if self.len == 0 && !self.keeps_layout() && self.used_bytes() > KEEP_WHEN_EMPTY_BYTES {
            *self = Self::new(self.hasher);
            return displaced;
        }
        self.removals_to_check -= 1;
        if self.removals_to_check == 0 {
            self.removals_to_check = SHRINK_CHECK_INTERVAL;
            if self.is_sparse() {
                self.rebuild();
            } else {
                self.shrink(slot.group as usize);
            }
        }
        displaced
    }

    /// Removes an entry and leaves its group as it is.
    fn remove_in_place(&mut self, slot: Slot) -> Displaced<O> {
        let (entry, parts) = self.entry(slot);
        // SAFETY: the entry is live; its box is taken over here and the block released below.
        let displaced = parts.is_boxed().then(|| unsafe { read_boxed(entry.add(parts.value_at())) });
        self.vacate(slot, parts);
        displaced
    }

    /// Releases an entry's block, whose box is somebody else's by now, and forgets it.
    fn vacate(&mut self, slot: Slot, parts: Parts) {
        let block = self.reference(slot);
        // SAFETY: the reference leaves the bucket in the next line.
        unsafe { self.arena.release(block, parts.units()) };
        let group = self.directory[slot.group as usize];
        // SAFETY: the group is alive; `&mut self` makes this the only reference.
        unsafe { group.bucket_mut(slot.bucket as usize) }.clear(slot.index as usize);
        self.len -= 1;
        self.expires_count -= usize::from(parts.has_deadline());
    }

    /// Whether the table must be left as it is laid out.
    #[inline]
    fn keeps_layout(&self) -> bool {
        self.is_recorded() || self.draining
    }

    /// Removes everything and gives back all memory but that of `self`. The boxed objects are dropped here: use
    /// [`std::mem::replace`] with a new table to drop the old one elsewhere.
    pub fn clear(&mut self) {
        debug_assert!(!self.is_recorded(), "who records the table takes it over instead");
        *self = Self::new(self.hasher);
    }

    /// A uniformly random entry, `None` when the table is empty. `random` gives uniformly random words.
    ///
    /// A random slot of a random directory place is taken if something is there; deeper groups stand in fewer places
    /// and are accepted more often to make up for it. Expected cost: a few bucket lines.
    pub fn sample(&self, random: &mut dyn FnMut() -> u64) -> Option<Slot> {
        if self.len == 0 {
            return None;
        }
        loop {
            let word = random();
            let directory_index = self.directory_index(word);
            let group = self.directory[directory_index];
            let choice = random();
            // A group in 2^k places is met 2^k times as often as one in a single place.
            let excess = self.directory_depth - group.depth();
            let most = self.buckets_most_hint();
            if excess > 0 && (choice >> 32) & ((1 << excess.min(31)) - 1) != 0 {
                continue;
            }
            let pick = (((choice & 0xFFFF_FFFF) * (most * SLOTS) as u64) >> 32) as usize;
            let (bucket, index) = (pick / SLOTS, pick % SLOTS);
            if bucket >= group.buckets() {
                continue;
            }
            // SAFETY: groups in the directory are alive; `&self` keeps them unchanged.
            if unsafe { group.bucket(bucket) }.is_present(index) {
                return Some(Slot { group: directory_index as u32, bucket: bucket as u8, index: index as u8 });
            }
        }
    }

    /// An upper bound of the buckets of any group, so that sampling a small table does not try in vain.
    fn buckets_most_hint(&self) -> usize {
        if self.directory.len() == 1 { self.directory[0].buckets() } else { BUCKETS_MAX }
    }

    /// Where the directory lies and how many bits of a hash choose its word: what [`prefetch_directory`] wants to know.
    #[inline]
    pub fn directory_place(&self) -> (usize, u32) {
        (self.directory.as_ptr().addr(), self.directory_depth)
    }

    /// Brings the bucket line that `hash` maps to towards the cache; wants the directory word to be there.
    #[inline]
    pub fn prefetch_bucket(&self, hash: u64) {
        if let Some(group) = self.directory.get(self.directory_index(hash)) {
            prefetch(group.address(group.home(group.position_of(hash))));
        }
    }

    /// Brings the entry that `hash` probably maps to towards the cache; wants the bucket line to be there.
    #[inline]
    pub fn prefetch_entry(&self, hash: u64) {
        let Some(group) = self.directory.get(self.directory_index(hash)) else { return };
        // SAFETY: groups in the directory are alive; `&self` keeps them unchanged.
        let bucket = unsafe { group.bucket(group.home(group.position_of(hash))) };
        let matches = bucket.matching(group.fingerprint_of(hash));
        if matches != 0 {
            let entry = self.arena.pointer(bucket.reference(matches.trailing_zeros() as usize));
            prefetch(entry);
            // The value begins behind the key, and most entries reach into a second line.
            prefetch(entry.wrapping_add(64));
        }
    }

    /// Bytes of the entry's own block and its share of the bucket, for MEMORY USAGE.
    pub fn entry_bytes(&self, slot: Slot) -> usize {
        let group = self.directory[slot.group as usize];
        // SAFETY: groups in the directory are alive; `&self` keeps them unchanged.
        let count = unsafe { group.count() }.max(1);
        self.entry(slot).1.units() as usize * 4 + group.bytes() / count
    }

    /// First directory place of the group at any of its places.
    fn first_place(&self, directory_index: usize) -> usize {
        let excess = self.directory_depth - self.directory[directory_index].depth();
        directory_index >> excess << excess
    }

    /// # Safety
    /// `block` holds a live entry.
    unsafe fn hash_of(&self, block: BlockRef) -> u64 {
        let entry = self.arena.pointer(block);
        // SAFETY: as the caller promises; the key lies inside the entry.
        unsafe {
            let parts = Parts::read(entry);
            self.hasher.hash(std::slice::from_raw_parts(entry.add(parts.key_at()), parts.key_len()))
        }
    }

    /// Distinct groups with their first directory place.
    fn groups(&self) -> impl Iterator<Item = (usize, Group)> + '_ {
        let mut index = 0;
        std::iter::from_fn(move || {
            let group = *self.directory.get(index)?;
            let first = index;
            index += 1 << (self.directory_depth - group.depth());
            Some((first, group))
        })
    }

    /// Checks every invariant; for tests.
    pub fn check_invariants(&self) {
        assert!(self.directory.is_empty() || self.directory.len() == 1 << self.directory_depth);
        let (mut len, mut expires_count, mut buckets) = (0, 0, std::collections::HashMap::new());
        for (first, group) in self.groups() {
            assert_eq!(self.first_place(first), first);
            let excess = self.directory_depth - group.depth();
            assert!(self.directory[first..first + (1 << excess)].iter().all(|place| *place == group));
            buckets.insert(group.address(0).cast::<u8>(), group.buckets() as u32 * 16);
            let prefix = (first >> excess) as u64;
            for index in 0..group.buckets() {
                // SAFETY: groups in the directory are alive; `&self` keeps them unchanged.
                let bucket = unsafe { group.bucket(index) };
                for slot in (0..SLOTS).filter(|slot| bucket.is_present(*slot)) {
                    len += 1;
                    // SAFETY: a present slot leads to a live entry.
                    let (hash, parts, deadline_ms) = unsafe {
                        let entry = self.arena.pointer(bucket.reference(slot));
                        let parts = Parts::read(entry);
                        (self.hash_of(bucket.reference(slot)), parts, parts.deadline_ms(entry))
                    };
                    assert_eq!(prefix_of(hash, group.depth()), prefix);
                    assert_eq!(group.fingerprint_of(hash), bucket.fingerprint(slot));
                    assert_eq!(group.position_of(hash), group.position_from(bucket.fingerprint(slot)));
                    let home = group.home(group.position_of(hash));
                    // SAFETY: as above.
                    let spill = unsafe { group.bucket(home) }.spill();
                    assert!((home..=home + spill).contains(&index));
                    if let Some(deadline_ms) = deadline_ms {
                        assert!(self.earliest_ms[first] <= deadline_ms);
                    }
                    expires_count += usize::from(parts.has_deadline());
                }
            }
        }
        assert_eq!((len, expires_count), (self.len, self.expires_count));
        assert_eq!(buckets.len(), self.group_count);
        assert_eq!(self.buckets.check(|start| buckets[&start]).0, buckets.len());
        // SAFETY: `check` hands over live blocks only.
        let (live_blocks, _) = self.arena.check(|entry| unsafe { Parts::read(entry) }.units());
        assert_eq!(live_blocks, self.len);
    }
}

impl<O: Stored> Drop for Table<O> {
    fn drop(&mut self) {
        for (_, group) in self.groups() {
            for placed in slots_of(group) {
                let entry = self.arena.pointer(placed.block);
                // SAFETY: each live entry is met once; its box is dropped here and its block with the arena.
                unsafe {
                    let parts = Parts::read(entry);
                    if parts.is_boxed() {
                        drop(read_boxed::<O>(entry.add(parts.value_at())));
                    }
                }
            }
        }
    }
}

impl<O: Stored> std::fmt::Debug for Table<O> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Table")
            .field("len", &self.len)
            .field("used_bytes", &self.used_bytes())
            .finish_non_exhaustive()
    }
}

/// The present slots of a group.
fn slots_of(group: Group) -> impl Iterator<Item = Placed> {
    (0..group.buckets()).flat_map(move |index| {
        // SAFETY: callers hold the table's only access and keep the group alive while they iterate; the copy ends the borrow.
        let bucket = *unsafe { group.bucket(index) };
        (0..SLOTS).filter(move |slot| bucket.is_present(*slot)).map(move |slot| Placed {
            block: bucket.reference(slot),
            fingerprint: bucket.fingerprint(slot),
            frequency: bucket.frequency(slot),
        })
    })
}

fn prefix_of(hash: u64, depth: u32) -> u64 {
    hash >> 1 >> (63 - depth)
}

/// # Safety
/// `entry` is a live entry of a table that `'a` borrows, `parts` what [`Parts::read`] gives for it.
#[inline]
unsafe fn view<'a, O>(entry: *const u8, parts: Parts) -> EntryView<'a, O> {
    // SAFETY: key and value lie inside the entry; a boxed value is the pointer of a live box.
    unsafe {
        EntryView {
            key: std::slice::from_raw_parts(entry.add(parts.key_at()), parts.key_len()),
            tag: parts.tag(),
            deadline_ms: parts.deadline_ms(entry),
            value: if parts.is_boxed() {
                ValueView::Boxed(&*read_pointer::<O>(entry.add(parts.value_at())))
            } else {
                ValueView::Inline(std::slice::from_raw_parts(entry.add(parts.value_at()), parts.value_len()))
            },
        }
    }
}

/// # Safety
/// `to` has room for the value: its bytes or a pointer.
unsafe fn write_value<O>(to: *mut u8, value: NewValue<'_, O>) {
    // SAFETY: as the caller promises.
    unsafe {
        match value {
            NewValue::Inline(bytes) => to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()),
            NewValue::Boxed(object) => to.cast::<*mut O>().write_unaligned(Box::into_raw(object)),
        }
    }
}

/// # Safety
/// `at` holds a pointer written by [`write_value`].
#[inline]
unsafe fn read_pointer<O>(at: *const u8) -> *mut O {
    // SAFETY: as the caller promises.
    unsafe { at.cast::<*mut O>().read_unaligned() }
}

/// # Safety
/// `at` holds a pointer written by [`write_value`], and the entry gives up the object.
unsafe fn read_boxed<O>(at: *const u8) -> Box<O> {
    // SAFETY: the pointer came from `Box::into_raw`, and the caller hands over ownership.
    unsafe { Box::from_raw(read_pointer(at)) }
}

/// Whether two runs of bytes are equal; for keys, most of which have eight to some dozens of bytes, less than the call of
/// the general comparison.
#[inline]
fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    let len = a.len();
    if len != b.len() {
        return false;
    }
    if !(8..=64).contains(&len) {
        return a == b;
    }
    let word = |bytes: &[u8], at: usize| {
        // SAFETY: all places asked for leave eight bytes before `len`, the length of both.
        unsafe { bytes.as_ptr().add(at).cast::<u64>().read_unaligned() }
    };
    let last = len - 8;
    let mut at = 0;
    while at < last {
        if word(a, at) != word(b, at) {
            return false;
        }
        at += 8;
    }
    word(a, last) == word(b, last)
}

/// Brings the word that `hash` maps to in a directory at `place` ([`Table::directory_place`]) towards the cache. The
/// directory may have moved since: no memory is read.
#[inline]
pub fn prefetch_directory((address, depth): (usize, u32), hash: u64) {
    let index = (hash >> 1 >> (63 - (depth & 63))) as usize;
    prefetch(std::ptr::without_provenance::<Group>(address).wrapping_add(index));
}

#[inline]
fn prefetch<T>(address: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: a prefetch of any address is harmless; SSE is part of x86_64.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(address.cast());
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = address;
}
