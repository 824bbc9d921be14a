//! Operations over a whole namespace. They work with all its shards locked, or with none: then they lock one after another.

use std::ops::RangeInclusive;

use super::{Held, Keyspace};
use crate::random::Random;
use crate::table::EntryView;
use crate::value::{Object, ValueRef};

/// A key met by [`Keyspace::scan`] or [`Keyspace::collect`].
#[derive(Clone, Copy, Debug)]
pub struct Scanned<'s> {
    /// The key.
    pub key: &'s [u8],
    /// Its value.
    pub value: ValueRef<'s>,
    /// When it expires, in Unix milliseconds.
    pub deadline_ms: Option<u64>,
}

/// Bits of a cursor. Clients that keep cursors as floating-point or signed numbers get them back unharmed.
const CURSOR_BITS: u32 = 48;

/// About how many keys are visited under one lock while no more than one is held at a time: some 100 µs.
const SLICE_KEYS: usize = 1_024;

/// How often a random pick that turns out to be expired is tried again before all keys are looked at.
const PICKS_MAX: usize = 100;

impl Keyspace<'_> {
    /// Number of keys; expired ones that nobody has met yet count.
    #[expect(clippy::len_without_is_empty, reason = "it takes `&mut self`")]
    pub fn len(&mut self) -> usize {
        self.gather(|sum: &mut usize, shard| *sum += shard.table.len())
    }

    /// Number of keys with a deadline.
    pub fn expires_count(&mut self) -> usize {
        self.gather(|sum: &mut usize, shard| *sum += shard.table.expires_count())
    }

    /// Removes all keys and returns how many there were. Their memory is freed in the background.
    ///
    /// Without locks held this is not one moment: of two keys written meanwhile, one after the other, the first may stay and the
    /// second go.
    pub fn clear(&mut self) -> usize {
        let namespace = self.namespace();
        self.gather(|removed: &mut usize, shard| {
            let keys = shard.table.len();
            if keys == 0 {
                return;
            }
            *removed += keys;
            shard.counters.changes += keys as u64;
            shard.counters.writes += 1;
            shard.clear(&namespace.shared().reclaim);
            namespace.release_keys(keys as u64);
            if namespace.is_leasing() {
                shard.settle(namespace);
            }
        })
    }

    /// One step of an iteration over all keys, begun with cursor 0. Calls `visit` for about `count` keys and returns the
    /// cursor to go on with, 0 at the end, and what `visit` collected.
    ///
    /// Every key that is there from the first step to the last is met exactly once, whatever is inserted and removed meanwhile.
    /// The cursor is a position among all hashes, below 2^48; nothing is remembered here, so an iteration may be abandoned
    /// at any time and any number may run at once. A cursor that was never returned is as good as another.
    ///
    /// When the namespace is swapped, or a resize of it begins or ends, during a step that holds no locks, the step begins anew with
    /// a fresh `T`.
    ///
    /// Costs the keys visited and a look at every shard. Without locks held, none is taken for longer than some 1,000 keys.
    pub fn scan<T: Default>(&mut self, cursor: u64, count: usize, visit: impl FnMut(&mut T, Scanned<'_>)) -> (u64, T) {
        let keys = self.len();
        let (range, next) = scan_range(cursor, count, keys);
        (next, self.collect_range(range, count.min(keys), visit))
    }

    /// Meets every key once, in no order. See [`Keyspace::scan`] for `T`.
    pub fn collect<T: Default>(&mut self, visit: impl FnMut(&mut T, Scanned<'_>)) -> T {
        let keys = self.len();
        self.collect_range(0..=u64::MAX, keys, visit)
    }

    /// Meets every key of a range of hashes once; `keys` is about how many there are.
    fn collect_range<T: Default>(
        &mut self,
        hashes: RangeInclusive<u64>,
        keys: usize,
        mut visit: impl FnMut(&mut T, Scanned<'_>),
    ) -> T {
        let now_ms = self.now_ms;
        let mut visit = |found: &mut T, entry: EntryView<'_, Object>| {
            if entry.deadline_ms.is_none_or(|deadline_ms| deadline_ms > now_ms) {
                let value = ValueRef::new(entry.tag, entry.value);
                visit(found, Scanned { key: entry.key, value, deadline_ms: entry.deadline_ms });
            }
        };
        if !matches!(self.held, Held::Nothing) {
            return self.gather(|found: &mut T, shard| {
                shard.table.scan(*hashes.start(), *hashes.end(), &mut |entry| visit(found, entry));
            });
        }
        self.namespace().read_range(hashes, keys, SLICE_KEYS, |found: &mut T, shard, start, end| {
            shard.table.scan(start, end, &mut |entry| visit(found, entry));
        })
    }

    /// A key picked at random, all equally likely, handed to `visit`; `None` when there are none. Expired keys that are
    /// picked are removed, and another is tried.
    pub fn random_key<T>(&mut self, random: &mut Random, visit: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let namespace = self.namespace();
        let now_ms = self.now_ms;
        for _ in 0..PICKS_MAX {
            let keys = self.len();
            let mut ahead = random.index(keys)?;
            let picked = self.gather(|picked: &mut Option<Vec<u8>>, shard| {
                let keys = shard.table.len();
                if ahead >= keys {
                    ahead -= keys;
                } else if picked.is_none() {
                    *picked = shard.sample_live(namespace, now_ms, random);
                    ahead = usize::MAX;
                }
            });
            if let Some(key) = picked {
                return Some(visit(&key));
            }
        }
        // Nearly all have expired: take an even choice of those that have not, at the cost of a look at every key.
        let mut live = 0;
        let picked = self.collect(|picked: &mut Option<Vec<u8>>, found| {
            live += 1;
            if random.below(live) == 0 {
                *picked = Some(found.key.to_vec());
            }
        });
        picked.map(|key| visit(&key))
    }
}

/// The hashes that one step visits, and the cursor of the next step.
pub(crate) fn scan_range(cursor: u64, count: usize, keys: usize) -> (RangeInclusive<u64>, u64) {
    let shift = 64 - CURSOR_BITS;
    let start = cursor & ((1 << CURSOR_BITS) - 1);
    let positions = (count.max(1) as u128) << CURSOR_BITS;
    let next = u128::from(start) + positions.div_ceil(keys.max(1) as u128);
    if next >= 1 << CURSOR_BITS {
        (start << shift..=u64::MAX, 0)
    } else {
        let next = next as u64;
        (start << shift..=(next << shift) - 1, next)
    }
}
