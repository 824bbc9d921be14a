//! What a table is made of, for those who look after it; and giving back what it does not need.

use std::ops::AddAssign;

use super::bucket::SLOTS;
use super::{Stored, Table};

/// What a table, or the sum of several, is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Entries.
    pub entries: usize,
    /// Places of the directory.
    pub directory_places: usize,
    /// Groups of buckets.
    pub groups: usize,
    /// Buckets.
    pub buckets: usize,
    /// Entries that the buckets can hold.
    pub slots: usize,
    /// Bytes that the table keeps resident.
    pub resident_bytes: usize,
    /// Those of them in blocks that wait to be used again.
    pub free_bytes: usize,
}

impl AddAssign for Shape {
    fn add_assign(&mut self, other: Self) {
        self.entries += other.entries;
        self.directory_places += other.directory_places;
        self.groups += other.groups;
        self.buckets += other.buckets;
        self.slots += other.slots;
        self.resident_bytes += other.resident_bytes;
        self.free_bytes += other.free_bytes;
    }
}

/// Tables whose free blocks are a smaller part of them than one in so many are left as they are by [`Table::trim`].
const TRIM_PART: usize = 8;

impl<O: Stored> Table<O> {
    /// What the table is made of. Costs a look at every group.
    pub fn shape(&self) -> Shape {
        let buckets = self.groups().map(|(_, group)| group.buckets()).sum();
        Shape {
            entries: self.len(),
            directory_places: self.directory.len(),
            groups: self.group_count,
            buckets,
            slots: buckets * SLOTS,
            resident_bytes: self.used_bytes(),
            free_bytes: self.free_bytes(),
        }
    }

    /// Lays the table out anew if an eighth of it are free blocks, so that their memory goes back to the system; whether it did.
    /// Costs a look at every entry, and meanwhile the memory of those there are once more. Slots from before lead nowhere then.
    pub fn trim(&mut self) -> bool {
        let is_worth_it = !self.keeps_layout() && self.free_bytes() * TRIM_PART > self.used_bytes();
        if is_worth_it {
            self.rebuild();
        }
        is_worth_it
    }
}
