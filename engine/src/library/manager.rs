//! The namespaces of an embedding program.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use super::config::{NamespaceAutosaveConfig, NamespaceConfig, StorageConfig};
use super::error::{Result, RkvsError};
use super::namespace::{Namespace, NamespaceStats};
use crate::engine::{Engine, EngineOptions, NamespaceOptions};
use crate::error::Error;
use crate::namespace::Handle;

/// Sets up a [`StorageManager`].
#[derive(Debug, Default)]
pub struct StorageManagerBuilder {
    config: StorageConfig,
    persistence: Option<PathBuf>,
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

    /// Asks for snapshots in a directory. Not available in this release: building then fails.
    #[must_use]
    pub fn with_persistence(self, directory: PathBuf) -> Self {
        Self { persistence: Some(directory), ..self }
    }

    /// Makes the manager.
    ///
    /// # Errors
    ///
    /// [`RkvsError::PersistenceUnavailable`] when snapshots, regular or not, are asked for.
    pub async fn build(self) -> Result<Arc<StorageManager>> {
        let config = self.config;
        if self.persistence.is_some() || config.manager_autosave.is_some() || !config.namespace_autosave.is_empty() {
            return Err(RkvsError::PersistenceUnavailable);
        }
        let options = EngineOptions { databases: 0, max_namespaces: config.max_namespaces, ..EngineOptions::default() };
        let engine = Engine::new(options).map_err(RkvsError::Engine)?;
        Ok(Arc::new(StorageManager {
            engine: Arc::new(engine),
            initialized: AtomicBool::new(false),
            config: Mutex::new(config),
        }))
    }
}

/// The namespaces of an embedding program. Nothing but the calls that say so works before [`StorageManager::initialize`].
#[derive(Debug)]
pub struct StorageManager {
    engine: Arc<Engine>,
    initialized: AtomicBool,
    config: Mutex<StorageConfig>,
}

impl StorageManager {
    /// A builder with the defaults.
    pub fn builder() -> StorageManagerBuilder {
        StorageManagerBuilder::new()
    }

    /// Makes the manager usable, empty. Does nothing the second time.
    ///
    /// # Errors
    ///
    /// [`RkvsError::PersistenceUnavailable`] when a file to load is named.
    pub async fn initialize(&self, file: Option<&str>) -> Result<()> {
        if file.is_some() {
            return Err(RkvsError::PersistenceUnavailable);
        }
        self.initialized.store(true, Ordering::Release);
        Ok(())
    }

    /// Whether [`StorageManager::initialize`] has succeeded. Works at any time.
    pub fn is_initialized(&self) -> bool {
        self.initialized.load(Ordering::Acquire)
    }

    /// Whether snapshots can be made. Works at any time.
    pub fn has_persistence(&self) -> bool {
        false
    }

    fn engine(&self) -> Result<&Engine> {
        if self.is_initialized() { Ok(&self.engine) } else { Err(RkvsError::NotInitialized) }
    }

    /// Creates a namespace; without a configuration it has the defaults.
    ///
    /// # Errors
    ///
    /// [`RkvsError::NamespaceAlreadyExists`], [`RkvsError::MaxNamespacesReached`]; [`Error::NameInvalid`] and
    /// [`Error::ShardCountOutOfRange`] as [`RkvsError::Engine`].
    pub async fn create_namespace(&self, name: &str, config: Option<NamespaceConfig>) -> Result<()> {
        let engine = self.engine()?;
        let config = config.unwrap_or_default();
        let options = NamespaceOptions { database: None, shards: Some(config.shard_count()), limits: config.limits() };
        engine.create_namespace(name, options).map(drop).map_err(|error| match error {
            Error::MaxNamespaces => RkvsError::MaxNamespacesReached(engine.max_namespaces()),
            error => RkvsError::about(name, error),
        })
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
        let namespace = self.engine()?.namespace(name);
        let namespace = namespace.ok_or_else(|| RkvsError::NamespaceNotFound(name.into()))?;
        Namespace::open(Arc::clone(&self.engine), Handle::new(namespace)).map(Arc::new)
    }

    /// Deletes a namespace and everything in it. Handles to it answer [`RkvsError::NamespaceDeleted`] from then on.
    ///
    /// # Errors
    ///
    /// [`RkvsError::NamespaceNotFound`].
    pub async fn delete_namespace(&self, name: &str) -> Result<()> {
        self.engine()?.delete_namespace(name).map_err(|error| RkvsError::about(name, error))
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
        self.config.lock().clone()
    }

    /// Changes the configuration. Fewer namespaces than there are only keeps new ones from being created. Works at any time.
    ///
    /// # Errors
    ///
    /// [`RkvsError::PersistenceUnavailable`] when regular snapshots are asked for; nothing is changed then.
    pub async fn update_config(&self, config: StorageConfig) -> Result<()> {
        if config.manager_autosave.is_some() || !config.namespace_autosave.is_empty() {
            return Err(RkvsError::PersistenceUnavailable);
        }
        let mut current = self.config.lock();
        self.engine.set_max_namespaces(config.max_namespaces);
        *current = config;
        Ok(())
    }
}

/// Snapshots: not available in this release. Each call says so.
impl StorageManager {
    /// Saves everything.
    ///
    /// # Errors
    ///
    /// [`RkvsError::PersistenceUnavailable`], as all calls here.
    pub async fn save_all(&self, _file: &str) -> Result<()> {
        Err(RkvsError::PersistenceUnavailable)
    }

    /// Saves a namespace.
    ///
    /// # Errors
    ///
    /// [`RkvsError::PersistenceUnavailable`].
    pub async fn save_namespace(&self, _name: &str, _file: &str) -> Result<()> {
        Err(RkvsError::PersistenceUnavailable)
    }

    /// Loads a namespace under the name in the file, which is returned.
    ///
    /// # Errors
    ///
    /// [`RkvsError::PersistenceUnavailable`].
    pub async fn load_namespace(&self, _file: &str) -> Result<String> {
        Err(RkvsError::PersistenceUnavailable)
    }

    /// Loads a namespace under another name.
    ///
    /// # Errors
    ///
    /// [`RkvsError::PersistenceUnavailable`].
    pub async fn load_namespace_with_name(&self, _file: &str, _name: &str) -> Result<String> {
        Err(RkvsError::PersistenceUnavailable)
    }

    /// Begins regular snapshots of a namespace.
    ///
    /// # Errors
    ///
    /// [`RkvsError::PersistenceUnavailable`].
    pub async fn add_namespace_autosave_task(&self, _config: NamespaceAutosaveConfig) -> Result<()> {
        Err(RkvsError::PersistenceUnavailable)
    }

    /// Ends regular snapshots of a namespace.
    ///
    /// # Errors
    ///
    /// [`RkvsError::PersistenceUnavailable`].
    pub async fn stop_namespace_autosave(&self, _name: &str) -> Result<()> {
        Err(RkvsError::PersistenceUnavailable)
    }

    /// Ends regular snapshots of everything.
    ///
    /// # Errors
    ///
    /// [`RkvsError::PersistenceUnavailable`].
    pub async fn stop_manager_autosave(&self) -> Result<()> {
        Err(RkvsError::PersistenceUnavailable)
    }
}
