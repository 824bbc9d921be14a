//! Fetching the entries of a window of requests before they run.
//!
//! A key costs three loads that depend on each other: the directory word, the bucket's line, the entry. Done for one request
//! after another the processor waits for each; done stage by stage for a window it waits once or twice in all. The first
//! stage needs no lock, since a prefetch of a wrong address does no harm. The second and third read the table, under the
//! shard's lock: requests are grouped by shard, so that a lock, which keeps the loads behind it waiting, is taken once a shard
//! and stage rather than once a request.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

use smallvec::SmallVec;

use super::Cell;
use crate::namespace::Handle;
use crate::table::{Stored, Table, prefetch_directory};

/// Most keys of a window.
pub const WINDOW_MAX: usize = 64;

/// No key.
const NONE: u8 = u8::MAX;

/// Where a shard's directory lay when somebody last looked.
#[derive(Debug, Default)]
pub(super) struct DirectoryPlace {
    address: AtomicUsize,
    depth: AtomicU32,
}

impl DirectoryPlace {
    #[inline]
    fn of(&self) -> (usize, u32) {
        (self.address.load(Relaxed), self.depth.load(Relaxed))
    }

    /// Notes where it lies now; writes only after it has moved.
    #[inline]
    fn note<O: Stored>(&self, table: &Table<O>) {
        let (address, depth) = table.directory_place();
        if self.of() != (address, depth) {
            self.address.store(address, Relaxed);
            self.depth.store(depth, Relaxed);
        }
    }
}

/// The keys of a window, grouped by shard.
///
/// ```text
/// heads, by shard index modulo 64 ──> latest key of the group ──next──> the one before … ──> NONE
/// ```
pub struct Window<'h> {
    keys: SmallVec<[(&'h Cell, u64); WINDOW_MAX]>,
    next: [u8; WINDOW_MAX],
    heads: [u8; WINDOW_MAX],
    /// A bit for each head that is set.
    groups: u64,
}

const _: () = assert!(WINDOW_MAX == u64::BITS as usize && WINDOW_MAX < NONE as usize);

impl<'h> Window<'h> {
    /// An empty window; it lies on the stack.
    #[inline]
    pub fn new() -> Self {
        Self { keys: SmallVec::new(), next: [NONE; WINDOW_MAX], heads: [NONE; WINDOW_MAX], groups: 0 }
    }

    /// Adds a key by its hash and asks for its directory word. A key too many is left out.
    #[inline]
    pub fn add(&mut self, handle: &'h Handle, hash: u64) {
        let number = self.keys.len();
        if number == WINDOW_MAX {
            return;
        }
        let (index, cell) = handle.shards().cell_with_hints(hash);
        prefetch_directory(cell.directory.of(), hash);
        let group = index % WINDOW_MAX;
        self.next[number] = std::mem::replace(&mut self.heads[group], number as u8);
        self.groups |= 1 << group;
        self.keys.push((cell, hash));
    }

    /// Asks for the bucket lines of all keys and then for their entries, as far as their shards are not locked by others.
    #[inline]
    pub fn fetch(&self) {
        self.stage(Table::prefetch_bucket);
        self.stage(Table::prefetch_entry);
    }

    #[inline]
    fn stage(&self, prefetch: impl Fn(&Table<crate::value::Object>, u64)) {
        let mut groups = self.groups;
        while groups != 0 {
            let mut number = self.heads[groups.trailing_zeros() as usize];
            groups &= groups - 1;
            while number != NONE {
                let (cell, hash) = self.keys[usize::from(number)];
                let guard = cell.shard.try_lock();
                if let Some(shard) = &guard {
                    cell.directory.note(&shard.table);
                    prefetch(&shard.table, hash);
                }
                number = self.next[usize::from(number)];
                // Those that follow are of the same shard, but for shards 64 apart and for windows over several namespaces.
                while number != NONE {
                    let (other, hash) = self.keys[usize::from(number)];
                    if !std::ptr::eq(other, cell) {
                        break;
                    }
                    if let Some(shard) = &guard {
                        prefetch(&shard.table, hash);
                    }
                    number = self.next[usize::from(number)];
                }
            }
        }
    }
}

impl Default for Window<'_> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Engine, EngineOptions};
    use crate::shard::multi_key::{Patience, Reach};

    /// The numbers of a window's keys by group.
    fn groups(window: &Window<'_>) -> Vec<Vec<u8>> {
        let some = |number: u8| (number != NONE).then_some(number);
        let of = |head| std::iter::successors(some(head), |number| some(window.next[usize::from(*number)])).collect();
        window.heads.iter().map(|head| of(*head)).filter(|group: &Vec<u8>| !group.is_empty()).collect()
    }

    #[test]
    fn every_key_is_in_the_group_of_its_shard() {
        let engine = Engine::new(EngineOptions { default_shards: 128, ..EngineOptions::default() }).expect("starts");
        let mut handles = [0, 1].map(|index| Handle::new(engine.database(index).expect("exists")));
        for handle in &mut handles {
            handle.refresh().expect("is not deleted");
        }
        let mut window = Window::new();
        let mut random = crate::random::Random::from_seed(1);
        let hashes: Vec<u64> = (0..WINDOW_MAX + 3).map(|_| random.next_u64()).collect();
        for (number, hash) in hashes.iter().enumerate() {
            window.add(&handles[number % 2], *hash);
        }
        let groups = groups(&window);
        let mut numbers = groups.concat();
        numbers.sort_unstable();
        assert!(numbers.iter().copied().eq(0..WINDOW_MAX as u8), "each key once");
        for group in groups {
            let shard = |number: &u8| handles[0].shard_of(hashes[usize::from(*number)]) % WINDOW_MAX;
            assert!(group.iter().all(|number| shard(number) == shard(&group[0])));
        }
        window.fetch();
        // Nor does it wait for shards that others have locked.
        let all = handles.each_ref().map(|handle| handle.lock(Reach::All, Patience::Wait).expect("is free"));
        window.fetch();
        drop(all);
    }
}
