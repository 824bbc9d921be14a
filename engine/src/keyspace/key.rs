//! Operations on keys, whatever they hold.

use super::Keyspace;
use crate::error::Result;
use crate::table::Key;
use crate::value::{Encoding, ValueType};

impl Keyspace<'_> {
    /// Removes a key; whether it was there.
    pub fn remove(&mut self, key: Key<'_>) -> bool {
        let _ = key;
        todo!()
    }

    /// The type of a key's value, `None` when it is absent. Counts nothing.
    pub fn value_type(&mut self, key: Key<'_>) -> Option<ValueType> {
        self.peek(key).map(|value| value.value_type())
    }

    /// How a key's value lies in memory. Counts nothing.
    pub fn encoding(&mut self, key: Key<'_>) -> Option<Encoding> {
        self.peek(key).map(|value| value.encoding())
    }

    /// When a key expires: `None` when it is absent, `Some(None)` when it never does. Counts nothing.
    pub fn deadline_ms(&mut self, key: Key<'_>) -> Option<Option<u64>> {
        let _ = key;
        todo!()
    }

    /// Sets or removes a key's deadline; whether the key is there. A deadline that has passed is set like any other, and
    /// the key is then absent: who wants it removed as by a client calls [`Keyspace::remove`].
    pub fn set_deadline_ms(&mut self, key: Key<'_>, deadline_ms: Option<u64>) -> bool {
        let _ = (key, deadline_ms);
        todo!()
    }

    /// Raises a key's access frequency; whether it is there. Counts a hit or a miss.
    pub fn touch(&mut self, key: Key<'_>) -> bool {
        self.contains(key)
    }

    /// How often a key was used of late, 0 (not) to 3 (often); `None` when it is absent.
    pub fn frequency(&mut self, key: Key<'_>) -> Option<u8> {
        let _ = key;
        todo!()
    }

    /// Bytes of memory a key, its value and their metadata take; `None` when it is absent.
    pub fn memory_usage(&mut self, key: Key<'_>) -> Option<usize> {
        let _ = key;
        todo!()
    }

    /// Gives a key another name, replacing what was there; its deadline goes with it. Whether it was there. Renaming a key
    /// to itself counts as a change and does nothing.
    pub fn rename(&mut self, from: Key<'_>, to: Key<'_>) -> bool {
        let _ = (from, to);
        todo!()
    }

    /// Copies a key and its deadline within this namespace, replacing what was there; whether there was a key to copy.
    ///
    /// # Errors
    ///
    /// [`Error::MaxKeys`](crate::error::Error::MaxKeys), [`Error::OutOfMemory`](crate::error::Error::OutOfMemory).
    pub fn copy(&mut self, from: Key<'_>, to: Key<'_>) -> Result<bool> {
        let _ = (from, to);
        todo!()
    }

    /// [`Keyspace::copy`] into another namespace.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::copy`], and [`Error::ValueTooLarge`](crate::error::Error::ValueTooLarge) by the other namespace's limit.
    pub fn copy_to(&mut self, from: Key<'_>, target: &mut Keyspace<'_>, to: Key<'_>) -> Result<bool> {
        let _ = (from, target, to);
        todo!()
    }

    /// Moves a key and its deadline into another namespace where it is absent. Whether it was moved: it is not when it is absent
    /// here or present there.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::copy_to`].
    pub fn move_to(&mut self, key: Key<'_>, target: &mut Keyspace<'_>) -> Result<bool> {
        let _ = (key, target);
        todo!()
    }

    /// Begins to watch a key and returns its version. Every watch must be ended by [`Keyspace::unwatch`].
    ///
    /// A key that has expired by now is removed first, so that its removal is not taken for a change.
    pub fn watch(&mut self, key: Key<'_>) -> u64 {
        let _ = key;
        todo!()
    }

    /// The version of a watched key: another one than [`Keyspace::watch`] returned if the key was changed, removed or replaced
    /// since, or has expired. `None` when nobody watches it.
    pub fn watch_version(&mut self, key: Key<'_>) -> Option<u64> {
        let _ = key;
        todo!()
    }

    /// Ends a watch.
    pub fn unwatch(&mut self, key: Key<'_>) {
        let _ = key;
        todo!()
    }
}
