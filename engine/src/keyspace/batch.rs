//! Operations on many keys at once, with a result for each.
//!
//! A batch means what its items mean one after another, at one moment. So a key that is named twice is, for set and
//! update, written twice, the second time over the first value; for get, answered twice; for delete and consume, gone the second
//! time, which is a missing key like any other.

use std::ops::Index;

use super::Keyspace;
use crate::error::Error;
use crate::table::Key;
use crate::value::StringValue;

/// What happens to a batch when an item cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BatchMode {
    /// All items are done or none; the failure names every item that cannot be.
    AllOrNothing,
    /// Each item stands alone.
    BestEffort,
}

/// An item that could not be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchFailure {
    /// The item's place in the batch.
    pub index: usize,
    /// Why.
    pub error: Error,
}

/// What came of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchReport {
    /// For each item in its place: the value read, taken or replaced; `None` where there was none or the item failed. Empty after a
    /// failed `AllOrNothing` batch and after delete.
    pub values: Vec<Option<StringValue>>,
    /// The items that failed, by place.
    pub failures: Vec<BatchFailure>,
    /// Number of items that were done: 0 for a failed `AllOrNothing` batch.
    pub succeeded: usize,
}

impl BatchReport {
    /// Whether every item was done.
    pub fn is_success(&self) -> bool {
        self.failures.is_empty()
    }
}

impl Keyspace<'_> {
    /// Sets keys to strings; the values replaced are returned. Deadlines are removed.
    ///
    /// Items fail by [`Error::ValueTooLarge`], [`Error::WrongType`] (what is there is no string to return), [`Error::MaxKeys`], [`Error::OutOfMemory`].
    ///
    /// # Panics
    ///
    /// Here and below, when `keys` and `values` differ in length.
    pub fn batch_set(&mut self, mode: BatchMode, keys: &[Key<'_>], values: &[&[u8]]) -> BatchReport {
        let _ = (mode, keys, values.index(0));
        todo!()
    }

    /// Sets keys that are there to other strings; the values replaced are returned. Deadlines are removed.
    ///
    /// Items fail by [`Error::KeyNotFound`] and as for [`Keyspace::batch_set`].
    pub fn batch_update(&mut self, mode: BatchMode, keys: &[Key<'_>], values: &[&[u8]]) -> BatchReport {
        let _ = (mode, keys, values);
        todo!()
    }

    /// Reads strings.
    ///
    /// Items fail by [`Error::KeyNotFound`], [`Error::WrongType`].
    pub fn batch_get(&mut self, mode: BatchMode, keys: &[Key<'_>]) -> BatchReport {
        let _ = (mode, keys);
        todo!()
    }

    /// Removes keys, whatever they hold.
    ///
    /// Items fail by [`Error::KeyNotFound`].
    pub fn batch_delete(&mut self, mode: BatchMode, keys: &[Key<'_>]) -> BatchReport {
        let _ = (mode, keys);
        todo!()
    }

    /// Removes strings and returns them.
    ///
    /// Items fail by [`Error::KeyNotFound`], [`Error::WrongType`].
    pub fn batch_consume(&mut self, mode: BatchMode, keys: &[Key<'_>]) -> BatchReport {
        let _ = (mode, keys);
        todo!()
    }
}
