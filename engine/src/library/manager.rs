//! The namespaces of an embedding program.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use super::config::{NamespaceConfig, StorageConfig};
use super::error::{Result, RkvsError};
use super::namespace::{Namespace, NamespaceStats};
use super::persistence::{self, Persistence, ended, on_thread};
use crate::clock::Clock;
use crate::engine::{Engine, EngineOptions, NamespaceOptions};
use crate::error::Error;
use crate::namespace::{self, Handle};
use crate::snapshot::file::FileName;

/// Sets up a [`StorageManager`].
#[derive(Debug, Default)]
pub struct StorageManagerBuilder {
    config: StorageConfig,
    persistence: Option<PathBuf>,
    clock: Clock,
}

impl StorageManagerBuilder {
    /// A builder with the defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the configuration; the last one set counts.
    #[must_use]
    pub fn with_config(self, config: StorageConfig) -> Self {
        Self { config, ..self }
    }

    /// Makes snapshots possible, in a directory that is made if it is not there.
    #[must_use]
    pub fn with_persistence(self, directory: PathBuf) -> Self {
        Self { persistence: Some(directory), ..self }
    }

    /// Sets where time comes from, for tests that drive it by hand.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Makes the manager. Nothing is loaded or saved before [`StorageManager::initialize`].
    ///
    /// # Errors
    ///
    /// [`RkvsError::Io`] when the directory cannot be made or opened; [`RkvsError::PersistenceNotEnabled`] when the configuration has
    /// autosave and there is no directory; [`RkvsError::AutosaveIntervalInvalid`], [`RkvsError::FileNameInvalid`].
    pub async fn build(self) -> Result<Arc<StorageManager>> {
        let Self { config, persistence, clock } = self;
        persistence::check(&config, persistence.is_some())?;
        let max_namespaces = config.max_namespaces;
        let options = EngineOptions { databases: 0, max_namespaces, clock, ..EngineOptions::default() };
        let engine = Arc::new(Engine::new(options).map_err(RkvsError::Engine)?);
        let persistence = match persistence {
            Some(path) => {
                let engine = Arc::clone(&engine);
                Some(on_thread(move || Persistence::open(&engine, &path)).await?)
            }
            None => None,
        };
        let inner = Inner {
            engine,
            initialized: AtomicBool::new(false),
            initializing: Mutex::new(()),
            config: Mutex::new(config),
            persistence,
        };
        Ok(Arc::new(StorageManager { inner: Arc::new(inner) }))
    }
}

/// The namespaces of an embedding program. Nothing but the calls that say so works before [`StorageManager::initialize`].
///
/// Dropped, it ends its autosave tasks, and waits for a save that is being written; nothing is saved for the last time.
#[derive(Debug)]
pub struct StorageManager {
    pub(super) inner: Arc<Inner>,
}

/// What threads that work for a manager share with it.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) engine: Arc<Engine>,
    initialized: AtomicBool,
    /// Held while it is being initialized.
    pub(super) initializing: Mutex<()>,
    pub(super) config: Mutex<StorageConfig>,
    pub(super) persistence: Option<Persistence>,
}

impl Inner {
    pub(super) fn is_initialized(&self) -> bool {
        self.initialized.load(Ordering::Acquire)
    }

    pub(super) fn set_initialized(&self) {
        self.initialized.store(true, Ordering::Release);
    }

    pub(super) fn engine(&self) -> Result<&Engine> {
        if self.is_initialized() { Ok(&self.engine) } else { Err(RkvsError::NotInitialized) }
    }

    /// The namespace of a name.
    pub(super) fn found(&self, name: &str) -> Result<Arc<namespace::Namespace>> {
        self.engine()?.namespace(name).ok_or_else(|| RkvsError::NamespaceNotFound(name.into()))
    }
}

impl StorageManager {
    /// A builder with the defaults.
    pub fn builder() -> StorageManagerBuilder {
        StorageManagerBuilder::new()
    }

    /// Makes the manager usable: with what a file holds, our own or a Redis one, or empty when there is no file of that
    /// name, or none is named. Starts the autosave that the configuration has, and of other namespaces what the file has kept.
    /// Does nothing the second time.
    ///
    /// # Errors
    ///
    /// [`RkvsError::PersistenceNotEnabled`] when a file is named; [`RkvsError::FileNameInvalid`], [`RkvsError::SnapshotInvalid`],
    /// [`RkvsError::SnapshotConflict`], [`RkvsError::MaxNamespacesReached`], [`RkvsError::Io`]: the manager stays as it was, and
    /// the call can be made again.
    pub async fn initialize(&self, file: Option<&str>) -> Result<()> {
        if self.is_initialized() {
            return Ok(());
        }
        if !self.has_persistence() {
            return match file {
                Some(_) => Err(RkvsError::PersistenceNotEnabled),
                None => {
                    self.inner.set_initialized();
                    Ok(())
                }
            };
        }
        let file = file.map(|file| FileName::from_operator(file.as_bytes())).transpose()?;
        let inner = Arc::clone(&self.inner);
        on_thread(move || inner.initialize(file)).await
    }

    /// Whether [`StorageManager::initialize`] has succeeded. Works at any time.
    pub fn is_initialized(&self) -> bool {
        self.inner.is_initialized()
    }

    /// Whether snapshots can be made. Works at any time.
    pub fn has_persistence(&self) -> bool {
        self.inner.persistence.is_some()
    }

    fn engine(&self) -> Result<&Engine> {
        self.inner.engine()
    }

    /// Creates a namespace; without a configuration it has the defaults. Starts the autosave that the manager's configuration
    /// has for it.
    ///
    /// # Errors
    ///
    /// [`RkvsError::NamespaceAlreadyExists`], [`RkvsError::MaxNamespacesReached`]; [`Error::NameInvalid`] and
    /// [`Error::ShardCountOutOfRange`] as [`RkvsError::Engine`].
    pub async fn create_namespace(&self, name: &str, config: Option<NamespaceConfig>) -> Result<()> {
        let engine = self.engine()?;
        let config = config.unwrap_or_default();
        let options = NamespaceOptions { database: None, shards: Some(config.shard_count()), limits: config.limits() };
        let created = engine.create_namespace(name, options).map_err(|error| match error {
            Error::MaxNamespaces => RkvsError::MaxNamespacesReached(engine.max_namespaces()),
            error => RkvsError::about(name, error),
        })?;
        self.inner.start_autosave(&created, None)
    }

    /// [`StorageManager::create_namespace`] with a configuration.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn create_namespace_with_config(&self, name: &str, config: NamespaceConfig) -> Result<()> {
        self.create_namespace(name, Some(config)).await
    }

    /// A handle to a namespace.
    ///
    /// # Errors
    ///
    /// [`RkvsError::NamespaceNotFound`].
    pub async fn namespace(&self, name: &str) -> Result<Arc<Namespace>> {
        let namespace = self.inner.found(name)?;
        Namespace::open(Arc::clone(&self.inner.engine), Handle::new(namespace)).map(Arc::new)
    }

    /// Deletes a namespace and everything in it. Handles to it answer [`RkvsError::NamespaceDeleted`] from then on,
    /// and no file of its autosave appears any more.
    ///
    /// # Errors
    ///
    /// [`RkvsError::NamespaceNotFound`].
    pub async fn delete_namespace(&self, name: &str) -> Result<()> {
        let namespace = self.inner.found(name)?;
        self.engine()?.delete_namespace(name).map_err(|error| RkvsError::about(name, error))?;
        match &self.inner.persistence {
            Some(persistence) => ended(persistence.autosave.forget(&namespace)).await,
            None => Ok(()),
        }
    }

    /// The names of all namespaces, in the order they were created, but that a gap left by a deleted one is filled first.
    ///
    /// # Errors
    ///
    /// [`RkvsError::NotInitialized`].
    pub async fn list_namespaces(&self) -> Result<Vec<String>> {
        let namespaces = self.engine()?.namespaces();
        Ok(namespaces.iter().map(|namespace| namespace.name().to_owned()).collect())
    }

    /// Changes a namespace's limits: see [`Namespace::update_config`].
    ///
    /// # Errors
    ///
    /// As there, and [`RkvsError::NamespaceNotFound`].
    pub async fn update_namespace_config(&self, name: &str, config: NamespaceConfig) -> Result<()> {
        self.namespace(name).await?.update_config(config).await
    }

    /// What a namespace holds.
    ///
    /// # Errors
    ///
    /// [`RkvsError::NamespaceNotFound`].
    pub async fn get_namespace_stats(&self, name: &str) -> Result<Option<NamespaceStats>> {
        Ok(Some(self.namespace(name).await?.stats()))
    }

    /// What each namespace holds, in the order of [`StorageManager::list_namespaces`].
    ///
    /// # Errors
    ///
    /// [`RkvsError::NotInitialized`].
    pub async fn get_all_namespace_stats(&self) -> Result<Vec<NamespaceStats>> {
        Ok(self.engine()?.namespaces().iter().map(|namespace| NamespaceStats::of(namespace)).collect())
    }

    /// Number of namespaces.
    ///
    /// # Errors
    ///
    /// [`RkvsError::NotInitialized`].
    pub async fn get_namespace_count(&self) -> Result<usize> {
        Ok(self.engine()?.namespace_count())
    }

    /// Number of keys in all namespaces.
    ///
    /// # Errors
    ///
    /// [`RkvsError::NotInitialized`].
    pub async fn get_total_key_count(&self) -> Result<usize> {
        Ok(self.engine()?.usage().keys)
    }

    /// The configuration. Works at any time.
    pub async fn get_config(&self) -> StorageConfig {
        self.inner.config.lock().clone()
    }

    /// Changes the configuration. Fewer namespaces than there are only keeps new ones from being created; autosave tasks that
    /// are running go on as they are. Works at any time.
    ///
    /// # Errors
    ///
    /// As [`StorageManagerBuilder::build`] for the configuration; nothing is changed then.
    pub async fn update_config(&self, config: StorageConfig) -> Result<()> {
        persistence::check(&config, self.has_persistence())?;
        let mut current = self.inner.config.lock();
        self.inner.engine.set_max_namespaces(config.max_namespaces);
        *current = config;
        Ok(())
    }
}
