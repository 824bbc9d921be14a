//! Which groups have something to expire.
//!
//! Beside the directory stands the earliest deadline of each group, which may be too early (the entry it came from was
//! removed or given more time) but never too late. The active cycle walks these times and opens only groups that are due.

use super::bucket::SLOTS;
use super::entry::{EntryView, Parts};
use super::{Displaced, Slot, Stored, Table};

/// Groups whose times are looked at in one call at most: some ten microseconds.
const LOOKS_MAX: usize = 16 << 10;

impl<O: Stored> Table<O> {
    /// Lowers the earliest deadline of a slot's group.
    pub(super) fn note_deadline(&mut self, slot: Slot, deadline_ms: u64) {
        if self.earliest_ms.is_empty() {
            self.earliest_ms = vec![u64::MAX; self.directory.len()];
        }
        let first = self.first_place(slot.group as usize);
        if deadline_ms < self.earliest_ms[first] {
            self.earliest_ms[first] = deadline_ms;
        }
    }

    /// Removes expired entries from at most `groups_max` groups whose earliest deadline has come, starting at hash
    /// position `cursor`. Stops early when very many groups turn out not to be due. Returns where to go on, `None` at the end. Each entry is shown to `expired` before it goes, and its
    /// boxed object handed to `displaced`.
    ///
    /// Cost: a sequential read of the times, and for each due group its entries.
    pub fn expire(
        &mut self,
        now_ms: u64,
        cursor: u64,
        groups_max: usize,
        expired: &mut dyn FnMut(EntryView<'_, O>),
        displaced: &mut dyn FnMut(Displaced<O>),
    ) -> Option<u64> {
        if self.expires_count == 0 || self.earliest_ms.is_empty() {
            return None;
        }
        let (mut opened, mut looked_at) = (0, 0);
        let mut index = self.first_place(self.directory_index(cursor));
        while index < self.directory.len() {
            if opened == groups_max || looked_at == LOOKS_MAX {
                return Some((index as u64) << 1 << (63 - self.directory_depth));
            }
            let step = 1 << (self.directory_depth - self.directory[index].depth());
            if self.earliest_ms[index] <= now_ms {
                opened += 1;
                self.before_change(index);
                self.expire_group(index, now_ms, expired, displaced);
                self.shrink(index);
            }
            index += step;
            looked_at += 1;
        }
        if self.keeps_layout() {
            // Somebody needs the table as it is laid out.
        } else if self.len == 0 {
            self.clear();
        } else if self.is_sparse() {
            self.rebuild();
        }
        None
    }

    fn expire_group(
        &mut self,
        index: usize,
        now_ms: u64,
        expired: &mut dyn FnMut(EntryView<'_, O>),
        displaced: &mut dyn FnMut(Displaced<O>),
    ) {
        let group = self.directory[index];
        let mut earliest_ms = u64::MAX;
        for bucket_index in 0..group.buckets() {
            for slot_index in 0..SLOTS {
                // SAFETY: groups in the directory are alive; no other reference lives.
                let bucket = unsafe { group.bucket(bucket_index) };
                if !bucket.is_present(slot_index) {
                    continue;
                }
                let entry = self.arena.pointer(bucket.reference(slot_index));
                // SAFETY: a present slot leads to a live entry.
                let Some(deadline_ms) = (unsafe { Parts::read(entry).deadline_ms(entry) }) else { continue };
                if deadline_ms > now_ms {
                    earliest_ms = earliest_ms.min(deadline_ms);
                    continue;
                }
                let slot = Slot { group: index as u32, bucket: bucket_index as u8, index: slot_index as u8 };
                expired(self.view(slot));
                displaced(self.remove_in_place(slot));
            }
        }
        self.earliest_ms[index] = earliest_ms;
    }
}
