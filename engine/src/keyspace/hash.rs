//! Operations on hashes.

use super::Keyspace;
use super::entry::Entries;
use crate::error::Result;
use crate::table::Key;
use crate::value::{HashRef, StringRef};

impl Keyspace<'_> {
    /// A hash to be changed, or the place for a new one: it comes into being with its first field.
    ///
    /// # Errors
    ///
    /// [`Error::WrongType`](crate::error::Error::WrongType).
    pub fn hash_mut<'k>(&'k mut self, key: Key<'k>) -> Result<HashMut<'k>> {
        let _ = key;
        todo!()
    }
}

/// A hash that can be changed. It is gone with its last field.
pub struct HashMut<'k> {
    entries: Entries<'k>,
    key: Key<'k>,
}

impl HashMut<'_> {
    /// The hash to be read; `None` while it has no fields.
    pub fn read(&self) -> Option<HashRef<'_>> {
        let _ = (&self.entries.shard, self.key);
        todo!()
    }

    /// A field's value.
    pub fn get(&self, field: &[u8]) -> Option<StringRef<'_>> {
        self.read()?.get(field)
    }

    /// Sets a field; whether it is new. The hash leaves its packed form when the field or its value, or the number of
    /// fields, is too large for it.
    ///
    /// # Errors
    ///
    /// [`Error::ValueTooLarge`](crate::error::Error::ValueTooLarge), [`Error::OutOfMemory`](crate::error::Error::OutOfMemory),
    /// and for a hash that would be new [`Error::MaxKeys`](crate::error::Error::MaxKeys).
    pub fn set(&mut self, field: &[u8], value: &[u8]) -> Result<bool> {
        let _ = (field, value);
        todo!()
    }

    /// Removes a field; whether it was there.
    pub fn remove(&mut self, field: &[u8]) -> bool {
        let _ = field;
        todo!()
    }

    /// Adds to a field that is an integer, 0 when it is absent, and returns the sum.
    ///
    /// # Errors
    ///
    /// As [`HashMut::set`], and [`Error::NotAnInteger`](crate::error::Error::NotAnInteger),
    /// [`Error::Overflow`](crate::error::Error::Overflow).
    pub fn increment(&mut self, field: &[u8], delta: i64) -> Result<i64> {
        let _ = (field, delta);
        todo!()
    }
}
