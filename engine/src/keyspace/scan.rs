//! Operations over a whole namespace. They work with all its shards locked, or with none: then they lock one after another.

use super::Keyspace;
use crate::random::Random;
use crate::value::ValueRef;

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

impl Keyspace<'_> {
    /// Number of keys; expired ones that nobody has met yet count.
    pub fn len(&self) -> usize {
        todo!()
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of keys with a deadline.
    pub fn expires_count(&self) -> usize {
        todo!()
    }

    /// Removes all keys and returns how many there were. Their memory is freed in the background.
    pub fn clear(&mut self) -> usize {
        todo!()
    }

    /// One step of an iteration over all keys, begun with cursor 0. Calls `visit` for about `count` keys and returns the
    /// cursor to go on with, 0 at the end, and what `visit` collected.
    ///
    /// Every key that is there from the first step to the last is met exactly once, whatever is inserted and removed meanwhile.
    /// The cursor is a position among all hashes, below 2^48; nothing is remembered here, so an iteration may be abandoned
    /// at any time and any number may run at once. A cursor that was never returned is as good as another.
    ///
    /// When the namespace is swapped during a step that holds no locks, the step begins anew with a fresh `T`.
    pub fn scan<T: Default>(&mut self, cursor: u64, count: usize, visit: impl FnMut(&mut T, Scanned<'_>)) -> (u64, T) {
        let _ = (cursor, count, visit);
        todo!()
    }

    /// Meets every key once, in no order. See [`Keyspace::scan`] for `T`.
    pub fn collect<T: Default>(&mut self, visit: impl FnMut(&mut T, Scanned<'_>)) -> T {
        let _ = visit;
        todo!()
    }

    /// A key picked at random, all equally likely, handed to `visit`; `None` when there are none.
    pub fn random_key<T>(&mut self, random: &mut Random, visit: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let _ = (random, visit);
        todo!()
    }
}
