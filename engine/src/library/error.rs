//! What can go wrong for a program that embeds the cache.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::persistence::autosave::INTERVAL_MS_MIN;
use crate::persistence::{AutosaveError, LoadError, SaveError};
use crate::snapshot::file::error::Action;
use crate::snapshot::file::{self, FileError, NameError};

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
    /// The manager was built without [`with_persistence`](super::StorageManagerBuilder::with_persistence).
    #[error("persistence is not enabled")]
    PersistenceNotEnabled,
    /// A file cannot be called that.
    #[error(transparent)]
    FileNameInvalid(#[from] NameError),
    /// There is no such file.
    #[error("there is no snapshot called '{0}'")]
    SnapshotNotFound(String),
    /// The file is not a whole snapshot, or holds what there are no types for: which, what and where.
    #[error("{0}")]
    SnapshotInvalid(String),
    /// The file is sound, but does not go with what there is, or with what was asked.
    #[error("{0}")]
    SnapshotConflict(String),
    /// The system did not do its part.
    #[error(transparent)]
    Io(#[from] IoError),
    /// There is no autosave task for that namespace.
    #[error("there is no autosave task for '{0}'")]
    AutosaveTaskNotFound(String),
    /// There is one already.
    #[error("there is an autosave task for '{0}' already")]
    AutosaveTaskAlreadyExists(String),
    /// The configuration names no autosave for that namespace.
    #[error("the configuration has no autosave for '{0}'")]
    AutosaveConfigNotFound(String),
    /// An autosave interval is too short.
    #[error("an autosave interval has at least {INTERVAL_MS_MIN} ms, not {0:?}")]
    AutosaveIntervalInvalid(Duration),
    /// A part of this program did not do what it should.
    #[error("{0}")]
    Internal(String),
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
            other => Self::Engine(other),
        }
    }

    /// Why a file was not loaded; `max_namespaces` is for when there are that many.
    pub(super) fn not_loaded(error: LoadError, max_namespaces: usize) -> Self {
        match error {
            LoadError::File(file::LoadError::File(error)) if error.is_not_found() => Self::SnapshotNotFound(error.name),
            LoadError::File(file::LoadError::File(error)) => Self::Io(error.into()),
            LoadError::File(error) => Self::SnapshotInvalid(error.to_string()),
            LoadError::Rdb { .. } => Self::SnapshotInvalid(error.to_string()),
            LoadError::Conflict { .. } => Self::SnapshotConflict(error.to_string()),
            LoadError::Engine { cause: Error::MaxNamespaces, .. } => Self::MaxNamespacesReached(max_namespaces),
            LoadError::Engine { namespace, cause, .. } => Self::about(&namespace, cause),
        }
    }

    /// Why a file was not saved; `name` is that of the namespace.
    pub(super) fn not_saved(name: &str, error: SaveError) -> Self {
        match error {
            SaveError::File(file::SaveError::File(error)) => Self::Io(IoError(error)),
            SaveError::NamespaceDeleted => Self::NamespaceDeleted(name.into()),
            error => Self::Internal(error.to_string()),
        }
    }

    /// Why an autosave task of a namespace was not set or stopped.
    pub(super) fn no_autosave(name: &str, error: AutosaveError) -> Self {
        match error {
            AutosaveError::Unknown => Self::AutosaveTaskNotFound(name.into()),
            AutosaveError::Interval(ms) => Self::AutosaveIntervalInvalid(Duration::from_millis(ms)),
            AutosaveError::Pattern(error) => Self::FileNameInvalid(error),
            AutosaveError::NamespaceDeleted => Self::NamespaceDeleted(name.into()),
            AutosaveError::Thread(error) => Self::Io(IoError::no_thread(error)),
        }
    }
}

/// A call to the system that failed: with which file, doing what, and why.
#[derive(Debug, Clone)]
pub struct IoError(Arc<FileError>);

impl IoError {
    pub(super) fn no_thread(error: io::Error) -> Self {
        FileError { name: "a thread".into(), action: Action::Create, source: error }.into()
    }

    /// What the system answered.
    pub fn kind(&self) -> io::ErrorKind {
        self.0.source.kind()
    }
}

impl From<FileError> for IoError {
    fn from(error: FileError) -> Self {
        Self(Arc::new(error))
    }
}

impl fmt::Display for IoError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl std::error::Error for IoError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0.source)
    }
}

impl PartialEq for IoError {
    /// Whether both say the same.
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for IoError {}
