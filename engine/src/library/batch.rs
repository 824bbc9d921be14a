//! What came of a batch.

use std::time::Duration;

use super::error::{Result, RkvsError};
use crate::error::Error;
use crate::keyspace::batch::{BatchFailure, BatchMode, Owned};

/// What came of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchResult<T> {
    /// What was asked for, in the order of the items; without those that failed. `None` when nothing was done because the
    /// mode is all-or-nothing and some item failed.
    pub data: Option<T>,
    /// Number of items that were done.
    pub total_processed: usize,
    /// Number of items in the batch.
    pub total: usize,
    /// How long it took; never zero.
    pub duration: Duration,
    /// The items that failed, by index; `None` if there are none.
    pub errors: Option<Vec<BatchError>>,
}

/// An item that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchError {
    /// The item's key; bytes that are no text are replaced.
    pub key: String,
    /// What was to be done: `set`, `get`, `delete` or `consume`.
    pub operation: &'static str,
    /// Why it failed.
    pub error: Error,
    /// The same in words.
    pub error_message: String,
    /// The item's place in the batch.
    pub index: usize,
}

impl<K: AsRef<[u8]>, T> BatchResult<Vec<(K, T)>> {
    pub(super) fn new(
        operation: &'static str,
        mode: BatchMode,
        total: usize,
        Owned { done, failed }: Owned<K, T>,
        duration: Duration,
    ) -> Self {
        let errors: Vec<_> = failed
            .into_iter()
            .map(|(key, BatchFailure { index, error })| BatchError {
                key: String::from_utf8_lossy(key.as_ref()).into_owned(),
                operation,
                error,
                error_message: error.to_string(),
                index,
            })
            .collect();
        let refused = mode == BatchMode::AllOrNothing && !errors.is_empty();
        Self {
            total_processed: done.len(),
            total,
            duration: duration.max(Duration::from_nanos(1)),
            errors: (!errors.is_empty()).then_some(errors),
            data: (!refused).then_some(done),
        }
    }
}

impl<T> BatchResult<T> {
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> BatchResult<U> {
        let Self { data, total_processed, total, duration, errors } = self;
        BatchResult { data: data.map(change), total_processed, total, duration, errors }
    }

    /// Whether every item was done.
    pub fn is_success(&self) -> bool {
        self.errors.is_none()
    }

    /// Number of items that failed: the ones named in `errors`.
    pub fn failed(&self) -> usize {
        self.errors.as_ref().map_or(0, Vec::len)
    }

    /// The result as an error if any item failed.
    ///
    /// # Errors
    ///
    /// [`RkvsError::BatchFailed`].
    pub fn into_result(self) -> Result<Self> {
        match self.errors.as_deref() {
            Some([first, ..]) => Err(RkvsError::BatchFailed {
                failed: self.failed(),
                total: self.total,
                first: first.index,
                error: first.error,
            }),
            _ => Ok(self),
        }
    }
}
