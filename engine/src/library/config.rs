//! How managers and namespaces are set up.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::namespace::Limits;

/// How a manager is set up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StorageConfig {
    /// Most namespaces; `None` for as many as the engine can have.
    pub max_namespaces: Option<usize>,
    /// Regular snapshots of everything, from [`initialize`](super::StorageManager::initialize) on.
    pub manager_autosave: Option<ManagerAutosaveConfig>,
    /// Regular snapshots of single namespaces, each from when both the manager is initialized and the namespace is there.
    pub namespace_autosave: Vec<NamespaceAutosaveConfig>,
}

/// Regular snapshots of everything. The first is made one interval after the start, the next when something has changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManagerAutosaveConfig {
    /// Time from one to the next, at least a second.
    pub interval: Duration,
    /// The file, inside the manager's directory.
    pub filename: String,
}

/// Regular snapshots of one namespace. The first is made one interval after the start, the next when something has changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NamespaceAutosaveConfig {
    /// The namespace.
    pub namespace_name: String,
    /// Time from one to the next, at least a second.
    pub interval: Duration,
    /// The file, with `{ns}` for the namespace and `{ts}` for the time; `.rkvs` is added where it is missing. See
    /// [`NamePattern`](crate::snapshot::file::NamePattern).
    pub filename_pattern: String,
}

/// How a namespace is set up. Can be changed through a shared reference, as a copy: the namespace is changed by
/// [`Namespace::update_config`](super::Namespace::update_config).
#[derive(Debug)]
pub struct NamespaceConfig {
    max_keys: AtomicUsize,
    max_value_size: AtomicUsize,
    shard_count: AtomicUsize,
}

impl NamespaceConfig {
    pub(super) fn new(max_keys: usize, max_value_size: usize, shard_count: usize) -> Self {
        Self {
            max_keys: AtomicUsize::new(max_keys),
            max_value_size: AtomicUsize::new(max_value_size),
            shard_count: AtomicUsize::new(shard_count),
        }
    }

    /// Most keys; 0 is no limit.
    pub fn max_keys(&self) -> usize {
        self.max_keys.load(Ordering::Relaxed)
    }

    /// Longest value in bytes; 0 is no limit.
    pub fn max_value_size(&self) -> usize {
        self.max_value_size.load(Ordering::Relaxed)
    }

    /// Number of shards.
    pub fn shard_count(&self) -> usize {
        self.shard_count.load(Ordering::Relaxed)
    }

    /// Sets the most keys; 0 is no limit.
    pub fn set_max_keys(&self, max_keys: usize) {
        self.max_keys.store(max_keys, Ordering::Relaxed);
    }

    /// Sets the longest value in bytes; 0 is no limit.
    pub fn set_max_value_size(&self, max_bytes: usize) {
        self.max_value_size.store(max_bytes, Ordering::Relaxed);
    }

    /// Sets the number of shards, 1 to [`SHARDS_MAX`](crate::shard::SHARDS_MAX).
    pub fn set_shard_count(&self, shards: usize) {
        self.shard_count.store(shards, Ordering::Relaxed);
    }

    pub(super) fn limits(&self) -> Limits {
        Limits { max_keys: self.max_keys() as u64, max_value_bytes: self.max_value_size() as u64, max_memory_bytes: 0 }
    }
}

impl Default for NamespaceConfig {
    /// No limits, four shards.
    fn default() -> Self {
        Self::new(0, 0, 4)
    }
}

impl Clone for NamespaceConfig {
    fn clone(&self) -> Self {
        Self::new(self.max_keys(), self.max_value_size(), self.shard_count())
    }
}

impl PartialEq for NamespaceConfig {
    fn eq(&self, other: &Self) -> bool {
        self.limits() == other.limits() && self.shard_count() == other.shard_count()
    }
}

impl Eq for NamespaceConfig {}
