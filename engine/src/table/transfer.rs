//! Moving entries into another table as they lie: their bytes are copied once, their objects stay where they are.

use super::{Slot, Stored, Table, prefetch};

impl<O: Stored> Table<O> {
    /// Adds to `found` the entries whose hash lies in `start..=end`, each with that hash. Costs as [`Table::scan`], and the hash of
    /// each.
    pub fn find_range(&self, start: u64, end: u64, found: &mut Vec<(u64, Slot)>) {
        let first = found.len();
        self.walk(start, end, |slot, block| {
            prefetch(self.arena.pointer(block));
            // The place of the hash keeps the block until all are on their way to the cache.
            found.push((block.into(), slot));
        });
        for (hash, _) in &mut found[first..] {
            // SAFETY: the table has not changed since it named this block, which fits 32 bits.
            *hash = unsafe { self.hash_of(*hash as u32) };
        }
    }

    /// Moves an entry to a table where its key is absent; `hash` is its key's. Returns where it is there. Slots of other entries
    /// here stay good: groups keep their size, and the memory of a table that is emptied so stays with it.
    pub fn transfer(&mut self, slot: Slot, hash: u64, target: &mut Self) -> Slot {
        self.before_change(slot.group as usize);
        let (entry, parts) = self.entry(slot);
        let frequency = self.frequency(slot);
        let block = target.arena.allocate(parts.units());
        // SAFETY: a live entry fills no more than its block, and the new one has its size. Its box, if any, belongs to `target` from
        // here on: the old block is released without being read again.
        let deadline_ms = unsafe {
            target.arena.pointer(block).copy_from_nonoverlapping(entry, parts.value_at() + parts.value_len());
            parts.deadline_ms(entry)
        };
        self.vacate(slot, parts);
        target.place(hash, block, frequency, deadline_ms)
    }

    /// Says that the table's entries are moved elsewhere for now, or no longer: meanwhile removals do not lay it out anew, which costs
    /// time, for the little that is left.
    pub fn set_draining(&mut self, draining: bool) {
        self.draining = draining;
    }
}
