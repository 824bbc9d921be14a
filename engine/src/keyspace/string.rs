//! Operations on strings.

use std::sync::Arc;

use super::{DeadlineChange, Keyspace};
use crate::error::Result;
use crate::table::Key;
use crate::value::StringValue;

impl Keyspace<'_> {
    /// Sets a key to a string, whatever it held before.
    ///
    /// The string is kept as an integer when it is one in canonical form. Copies the bytes; for long ones, which are
    /// better copied before the lock is taken, see [`Keyspace::set_shared`].
    ///
    /// # Errors
    ///
    /// [`Error::ValueTooLarge`](crate::error::Error::ValueTooLarge), [`Error::MaxKeys`](crate::error::Error::MaxKeys),
    /// [`Error::OutOfMemory`](crate::error::Error::OutOfMemory).
    #[inline]
    pub fn set_string(&mut self, key: Key<'_>, value: &[u8], deadline: DeadlineChange) -> Result<()> {
        let _ = (key, value, deadline);
        todo!()
    }

    /// [`Keyspace::set_string`] for bytes that are shared already: nothing is copied.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::set_string`].
    pub fn set_shared(&mut self, key: Key<'_>, value: Arc<Vec<u8>>, deadline: DeadlineChange) -> Result<()> {
        let _ = (key, value, deadline);
        todo!()
    }

    /// [`Keyspace::set_string`] without keeping integers as such: what INCRBYFLOAT leaves.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::set_string`].
    pub fn set_text(&mut self, key: Key<'_>, value: &[u8], deadline: DeadlineChange) -> Result<()> {
        let _ = (key, value, deadline);
        todo!()
    }

    /// Sets a key to an integer.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::set_string`].
    pub fn set_integer(&mut self, key: Key<'_>, value: i64, deadline: DeadlineChange) -> Result<()> {
        let _ = (key, value, deadline);
        todo!()
    }

    /// Sets several keys or none: the pairs in order, so that the last of a key that is named twice stays. Removes deadlines.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::set_string`]; nothing is changed then.
    pub fn set_many(&mut self, keys: &[Key<'_>], values: &[&[u8]]) -> Result<()> {
        let _ = (keys, values);
        todo!()
    }

    /// Appends to a string, which is made when it is absent, and returns its new length in bytes. Keeps the deadline.
    ///
    /// Costs the bytes appended, on average; when a reply still holds the string, all of it.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::set_string`], and [`Error::WrongType`](crate::error::Error::WrongType).
    pub fn append(&mut self, key: Key<'_>, bytes: &[u8]) -> Result<usize> {
        let _ = (key, bytes);
        todo!()
    }

    /// Overwrites a string from `offset` on, filling a gap with zero bytes, and returns its new length. Keeps the deadline.
    /// With no bytes to write nothing changes, and an absent key stays so.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::append`].
    pub fn set_range(&mut self, key: Key<'_>, offset: usize, bytes: &[u8]) -> Result<usize> {
        let _ = (key, offset, bytes);
        todo!()
    }

    /// Adds to an integer, 0 when the key is absent, and returns the sum. Keeps the deadline.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::append`], and [`Error::NotAnInteger`](crate::error::Error::NotAnInteger),
    /// [`Error::Overflow`](crate::error::Error::Overflow).
    pub fn increment(&mut self, key: Key<'_>, delta: i64) -> Result<i64> {
        let _ = (key, delta);
        todo!()
    }

    /// Removes a string and returns it; counts a hit or a miss.
    ///
    /// # Errors
    ///
    /// [`Error::WrongType`](crate::error::Error::WrongType).
    pub fn take(&mut self, key: Key<'_>) -> Result<Option<StringValue>> {
        let _ = key;
        todo!()
    }
}
