//! Visiting a range of hashes, for SCAN.
//!
//! A cursor is a position in the order of hashes. It stays meaningful whatever the table does meanwhile: a group that
//! grows, splits or moves keeps each entry's hash.

use super::arena::BlockRef;
use super::bucket::{SLOTS, SPILL_MAX};
use super::entry::{EntryView, Parts};
use super::group::{Group, POSITION_BITS};
use super::{Slot, Stored, Table, view};

impl<O: Stored> Table<O> {
    /// Calls `visit` once for each entry whose hash lies in `start..=end`, in no particular order. Cost: the groups'
    /// buckets in the range and the entries visited.
    pub fn scan(&self, start: u64, end: u64, visit: &mut dyn FnMut(EntryView<'_, O>)) {
        self.walk(start, end, |_, block| {
            let entry = self.arena.pointer(block);
            // SAFETY: `walk` names live entries; these are the entry's own parts.
            visit(unsafe { view(entry, Parts::read(entry)) });
        });
    }

    /// [`Table::scan`] over the places of entries.
    pub(super) fn walk(&self, start: u64, end: u64, mut visit: impl FnMut(Slot, BlockRef)) {
        if self.directory.is_empty() || start > end {
            return;
        }
        let last = self.directory_index(end);
        let mut index = self.first_place(self.directory_index(start));
        while index <= last {
            let group = self.directory[index];
            self.walk_group(group, index, start, end, &mut visit);
            index += 1 << (self.directory_depth - group.depth());
        }
    }

    #[inline]
    fn walk_group(&self, group: Group, index: usize, start: u64, end: u64, visit: &mut impl FnMut(Slot, BlockRef)) {
        // The group's own range of hashes, and the part of it that is asked for as positions.
        let span = u64::MAX >> group.depth();
        let group_start = (index as u64) << 1 << (63 - self.directory_depth);
        let group_end = group_start + span;
        let low = if start > group_start { group.position_of(start) } else { 0 };
        let high = if end < group_end { group.position_of(end) } else { (1 << POSITION_BITS) - 1 };
        let last_bucket = (group.home(high) + SPILL_MAX).min(group.buckets() - 1);
        for bucket_index in group.home(low)..=last_bucket {
            // SAFETY: groups in the directory are alive; `&self` keeps them unchanged.
            let bucket = unsafe { group.bucket(bucket_index) };
            if bucket.present() == 0 {
                continue;
            }
            for slot in (0..SLOTS).filter(|slot| bucket.is_present(*slot)) {
                let position = group.position_from(bucket.fingerprint(slot));
                if position < low || position > high {
                    continue;
                }
                let block = bucket.reference(slot);
                // At the two ends a position is too coarse to tell: ask the key itself.
                if position == low && start > group_start || position == high && end < group_end {
                    // SAFETY: a present slot leads to a live entry.
                    let hash = unsafe { self.hash_of(block) };
                    if hash < start || hash > end {
                        continue;
                    }
                }
                visit(Slot { group: index as u32, bucket: bucket_index as u8, index: slot as u8 }, block);
            }
        }
    }
}
