//! What can go wrong for a program that embeds the cache.

use crate::error::Error;

/// The result of a call.
pub type Result<T> = std::result::Result<T, RkvsError>;

/// Why a call failed. Nothing was changed, except for the items of a best-effort batch that were done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RkvsError {
    /// [`StorageManager::initialize`](super::StorageManager::initialize) was not called yet.
    #[error("the storage is not initialized")]
    NotInitialized,
    /// A namespace of that name exists.
    #[error("a namespace called '{0}' exists")]
    NamespaceAlreadyExists(String),
    /// There is no such namespace.
    #[error("there is no namespace called '{0}'")]
    NamespaceNotFound(String),
    /// The namespace was deleted after this handle to it was opened.
    #[error("the namespace '{0}' was deleted")]
    NamespaceDeleted(String),
    /// There are as many namespaces as there may be: so many.
    #[error("there are {0} namespaces, as many as there may be")]
    MaxNamespacesReached(usize),
    /// There is no such key.
    #[error("there is no such key")]
    KeyNotFound,
    /// The namespace has as many keys as it may: so many.
    #[error("the namespace has {0} keys, as many as it may")]
    MaxKeysReached(usize),
    /// The value is larger than the namespace allows.
    #[error("the value has {size} bytes, more than the {max} allowed")]
    ValueTooLarge {
        /// Bytes of the value.
        size: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// Some items of a batch failed.
    #[error("{failed} of {total} items failed, first item {first}: {error}")]
    BatchFailed {
        /// Number of items that failed.
        failed: usize,
        /// Number of items.
        total: usize,
        /// Index of the first that failed.
        first: usize,
        /// Why it did.
        error: Error,
    },
    /// Snapshots are not built into this release.
    #[error("persistence is not available in this release")]
    PersistenceUnavailable,
    /// Anything else the engine refused.
    #[error(transparent)]
    Engine(Error),
}

impl RkvsError {
    /// The engine's reason, told with the name of the namespace it is about.
    pub(super) fn about(name: &str, error: Error) -> Self {
        match error {
            Error::NamespaceExists => Self::NamespaceAlreadyExists(name.into()),
            Error::NamespaceNotFound => Self::NamespaceNotFound(name.into()),
            Error::NamespaceDeleted => Self::NamespaceDeleted(name.into()),
            Error::KeyNotFound => Self::KeyNotFound,
            Error::PersistenceUnavailable => Self::PersistenceUnavailable,
            other => Self::Engine(other),
        }
    }
}
