//! How a table follows the number of its entries: groups grow a bucket at a time, split in two, become smaller; a table
//! of empty groups is laid out anew.

use super::bucket::SLOTS;
use super::entry::Parts;
use super::group::{self, Group, PHASES};
use super::{Placed, Stored, Table, prefetch, prefix_of, slots_of};

/// Tables of up to this many groups are not rebuilt when they become sparse.
const REBUILD_GROUPS_MIN: usize = 16;

impl<O: Stored> Table<O> {
    /// Makes a place for one more entry with this hash: a larger group, or two.
    #[cold]
    pub(super) fn make_room(&mut self, directory_index: usize, hash: u64) {
        let group = self.directory[directory_index];
        let mut size = group::next_size(group.buckets());
        while let Some(buckets) = size {
            if self.relayout(group, buckets, hash) {
                return;
            }
            size = group::next_size(buckets);
        }
        let depth = group.depth();
        let prefix = prefix_of(hash, depth);
        let placed = self.take_apart(group);
        self.install_halves(placed, prefix, depth, group.phase());
    }

    /// Lays a group out anew with another number of buckets; `false` (and nothing changed) when that does not fit.
    fn relayout(&mut self, group: Group, buckets: usize, hash: u64) -> bool {
        let target = Group::allocate(&mut self.buckets, buckets, group.depth(), group.phase(), self.parity);
        for placed in slots_of(group) {
            // SAFETY: `target` is ours alone.
            if unsafe { target.place(placed.fingerprint, placed.block, placed.frequency) }.is_none() {
                // SAFETY: nobody else knows `target`.
                unsafe { target.free(&mut self.buckets) };
                return false;
            }
        }
        self.fill_directory(prefix_of(hash, group.depth()), target);
        // SAFETY: the directory no longer names `group`.
        unsafe { group.free(&mut self.buckets) };
        true
    }

    /// Copies out a group's slots and frees it; the directory is the caller's to mend.
    fn take_apart(&mut self, group: Group) -> Vec<Placed> {
        let placed = slots_of(group).collect();
        self.group_count -= 1;
        // SAFETY: the caller overwrites the directory places that name it before anyone reads them.
        unsafe { group.free(&mut self.buckets) };
        placed
    }

    /// Installs two groups, one bit deeper than `depth`, in the place of the group with this prefix.
    fn install_halves(&mut self, placed: Vec<Placed>, prefix: u64, depth: u32, phase: u32) {
        if self.directory_depth == depth {
            self.double_directory();
        }
        let (zeros, ones): (Vec<Placed>, Vec<Placed>) =
            placed.into_iter().partition(|placed| (placed.fingerprint << phase) >> 15 == 0);
        self.install(zeros, prefix << 1, depth + 1, phase + 1);
        self.install(ones, prefix << 1 | 1, depth + 1, phase + 1);
    }

    /// Builds the group of these entries; splits it again in the rare case that they do not fit.
    fn install(&mut self, mut placed: Vec<Placed>, prefix: u64, depth: u32, mut phase: u32) {
        if phase == PHASES {
            self.shift_fingerprints(&mut placed, depth);
            phase = 0;
        }
        let mut size = Some(group::size_for(placed.len()));
        while let Some(buckets) = size {
            let group = Group::allocate(&mut self.buckets, buckets, depth, phase, self.parity);
            // SAFETY: the new group is ours alone.
            if placed.iter().all(|p| unsafe { group.place(p.fingerprint, p.block, p.frequency) }.is_some()) {
                self.fill_directory(prefix, group);
                self.group_count += 1;
                return;
            }
            // SAFETY: nobody else knows it.
            unsafe { group.free(&mut self.buckets) };
            size = group::next_size(buckets);
        }
        self.install_halves(placed, prefix, depth, phase);
    }

    /// Computes fingerprints anew from the keys, to begin at bit `depth`.
    fn shift_fingerprints(&self, placed: &mut [Placed], depth: u32) {
        for placed in &*placed {
            prefetch(self.arena.pointer(placed.block));
        }
        for placed in placed {
            // SAFETY: the block holds a live entry.
            let hash = unsafe { self.hash_of(placed.block) };
            placed.fingerprint = (hash << depth >> 48) as u16;
        }
    }

    fn double_directory(&mut self) {
        assert!(self.directory_depth < 32, "a keyed hash does not put this many keys under one prefix");
        self.directory = double(&self.directory, |group| group);
        if !self.earliest_ms.is_empty() {
            // Each group's time stands at its first place.
            let mut doubled = vec![u64::MAX; self.earliest_ms.len() * 2];
            for (index, earliest_ms) in self.earliest_ms.iter().enumerate() {
                doubled[index * 2] = *earliest_ms;
            }
            self.earliest_ms = doubled;
        }
        self.directory_depth += 1;
    }

    /// Directory places of the group with this prefix.
    fn places(&self, prefix: u64, depth: u32) -> std::ops::Range<usize> {
        let excess = self.directory_depth - depth;
        ((prefix << excess) as usize)..(((prefix + 1) << excess) as usize)
    }

    fn fill_directory(&mut self, prefix: u64, group: Group) {
        let places = self.places(prefix, group.depth());
        if !self.earliest_ms.is_empty() && self.earliest_ms[places.start] == u64::MAX && places.start > 0 {
            // The second half of a split: what was known of the whole holds for it too.
            let parent = self.first_place(places.start);
            self.earliest_ms[places.start] = self.earliest_ms[parent];
        }
        self.directory[places].fill(group);
    }

    /// Gives a group that has become sparse fewer buckets.
    pub(super) fn shrink(&mut self, directory_index: usize) {
        let group = self.directory[directory_index];
        // SAFETY: groups in the directory are alive; nothing else refers to them now.
        let count = unsafe { group.count() };
        if group.buckets() > 1 && count * 10 < group.buckets() * SLOTS * 3 {
            let hash = (directory_index as u64) << 1 << (63 - self.directory_depth);
            let mut size = Some(group::size_for(count));
            while let Some(buckets) = size.filter(|buckets| *buckets < group.buckets()) {
                if self.relayout(group, buckets, hash) {
                    return;
                }
                size = group::next_size(buckets);
            }
        }
    }

    /// Whether most groups are empty, and nobody needs them as they are.
    pub(super) fn is_sparse(&self) -> bool {
        !self.keeps_layout() && self.len * 2 < self.group_count && self.group_count > REBUILD_GROUPS_MIN
    }

    /// Moves the few entries left to a table of their own size: groups never join again, and sampling and scanning should not
    /// walk through what is gone. Costs the groups there were, which took some fifty insertions each.
    #[cold]
    pub(super) fn rebuild(&mut self) {
        debug_assert!(!self.keeps_layout(), "a recording needs the table as it is laid out");
        let mut fresh = Self::new(self.hasher);
        for (_, group) in self.groups() {
            for placed in slots_of(group) {
                let entry = self.arena.pointer(placed.block);
                // SAFETY: a present slot leads to a live entry, whose bytes fill no more than its block; the new block has the same
                // size. The entry's box, if any, belongs to `fresh` from then on.
                let (block, hash, deadline_ms) = unsafe {
                    let parts = Parts::read(entry);
                    let block = fresh.arena.allocate(parts.units());
                    fresh.arena.pointer(block).copy_from_nonoverlapping(entry, parts.value_at() + parts.value_len());
                    (block, self.hash_of(placed.block), parts.deadline_ms(entry))
                };
                fresh.place(hash, block, placed.frequency, deadline_ms);
            }
        }
        // What the directory does not name is not dropped with the old table.
        self.directory.clear();
        *self = fresh;
    }
}

fn double<T: Copy>(from: &[T], with: impl Fn(T) -> T) -> Vec<T> {
    let mut doubled = Vec::with_capacity(from.len() * 2);
    for item in from {
        doubled.extend([with(*item), with(*item)]);
    }
    doubled
}
