//! Snapshots of an embedding program's namespaces: made and loaded when it asks for it, and at intervals.
//!
//! Files lie in the directory the manager was built with, under plain names (see
//! [`FileName`](crate::snapshot::file::FileName)). What takes long runs on a thread of its own and is awaited, so no runtime is
//! needed and none is blocked. A future that is dropped stops nothing: what was begun is done.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use super::config::{ManagerAutosaveConfig, NamespaceAutosaveConfig, StorageConfig};
use super::error::{IoError, Result, RkvsError};
use super::manager::{Inner, StorageManager};
use crate::engine::Engine;
use crate::namespace::Namespace;
use crate::persistence::autosave::{Due, Ending, INTERVAL_MS_MIN, SaveFiles};
use crate::persistence::{
    Autosave, AutosaveError, AutosaveSettings, Format, LoadProgress, Loaded, SaveError, SaveOptions, SaveProgress,
    Saved, Scope, load_all, load_namespace, save,
};
use crate::snapshot::file::error::Action;
use crate::snapshot::file::{Compression, Directory, FileError, FileName, NamePattern};

/// What is told of the program in a file.
const WRITER: &str = concat!("rkvs-engine ", env!("CARGO_PKG_VERSION"));

/// Most threads that save or load: beyond that a program that has other things to do would notice.
const THREADS_MAX: usize = 4;

/// Where snapshots lie, and the tasks that make them.
#[derive(Debug)]
pub(super) struct Persistence {
    directory: Directory,
    pub(super) autosave: Autosave,
}

impl Persistence {
    /// Opens the directory, which is made if it is not there.
    pub(super) fn open(engine: &Arc<Engine>, path: &Path) -> Result<Self> {
        let made = std::fs::create_dir_all(path).map_err(|source| FileError {
            name: path.display().to_string(),
            action: Action::OpenDirectory,
            source,
        });
        let directory = made.and_then(|()| Directory::open(path)).map_err(IoError::from)?;
        let files = Files { engine: Arc::clone(engine), directory: directory.clone() };
        Ok(Self { directory, autosave: Autosave::new(Arc::clone(engine), files) })
    }

    fn save(&self, engine: &Engine, file: FileName, scope: Scope<'_>) -> std::result::Result<Saved, SaveError> {
        let settings_of = |namespace: &Namespace| self.autosave.settings_of(namespace);
        save(engine, &self.directory, file, scope, &options(&settings_of), &SaveProgress::default())
    }

    fn set(&self, namespace: &Arc<Namespace>, settings: &AutosaveSettings) -> Result<Ending> {
        self.autosave.set(namespace, settings).map_err(|error| RkvsError::no_autosave(namespace.name(), error))
    }

    fn set_everything(&self, config: &ManagerAutosaveConfig, saved_changes: Option<u64>) -> Result<Ending> {
        let file = FileName::from_operator(config.filename.as_bytes())?;
        let set = self.autosave.set_everything(millis(config.interval), file, saved_changes);
        set.map_err(|error| RkvsError::no_autosave(&config.filename, error))
    }

    /// Whether there is a task for a namespace; for everything with `None`.
    fn has_task(&self, name: Option<&str>) -> bool {
        self.autosave.list().iter().any(|task| task.target.namespace() == name)
    }
}

/// Saves for the tasks.
struct Files {
    engine: Arc<Engine>,
    directory: Directory,
}

impl SaveFiles for Files {
    fn save(&self, due: Due<'_>) -> std::result::Result<Saved, SaveError> {
        let options = options(due.settings_of);
        save(&self.engine, &self.directory, due.file, due.target.scope(), &options, due.progress)
    }

    fn remove_expired(
        &self,
        pattern: &NamePattern,
        namespace: &str,
        keep: usize,
    ) -> std::result::Result<(), FileError> {
        self.directory.remove_expired(pattern, namespace, keep).map(drop)
    }
}

fn options<'o>(settings_of: &'o (dyn Fn(&Namespace) -> Option<AutosaveSettings> + Sync)) -> SaveOptions<'o> {
    SaveOptions {
        format: Format::Native(Compression::Lz4),
        threads: threads(),
        writer: WRITER,
        begun: &|| {},
        autosave: settings_of,
    }
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX)
}

fn millis(interval: Duration) -> u64 {
    u64::try_from(interval.as_millis()).unwrap_or(u64::MAX)
}

impl NamespaceAutosaveConfig {
    fn settings(&self, keep: u32) -> AutosaveSettings {
        AutosaveSettings { interval_ms: millis(self.interval), pattern: self.filename_pattern.clone(), keep }
    }
}

/// Refuses a configuration whose autosave could not be started.
pub(super) fn check(config: &StorageConfig, has_persistence: bool) -> Result<()> {
    if !has_persistence && (config.manager_autosave.is_some() || !config.namespace_autosave.is_empty()) {
        return Err(RkvsError::PersistenceNotEnabled);
    }
    let of_namespaces = config.namespace_autosave.iter().map(|of_namespace| of_namespace.interval);
    for interval in config.manager_autosave.iter().map(|manager| manager.interval).chain(of_namespaces) {
        if millis(interval) < INTERVAL_MS_MIN {
            return Err(RkvsError::AutosaveIntervalInvalid(interval));
        }
    }
    if let Some(manager) = &config.manager_autosave {
        FileName::from_operator(manager.filename.as_bytes())?;
    }
    for of_namespace in &config.namespace_autosave {
        NamePattern::parse(&of_namespace.filename_pattern)?;
    }
    Ok(())
}

/// Does on a thread of its own what takes long.
pub(super) async fn on_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let (sender, receiver) = oneshot::channel();
    let run = move || {
        // Whoever asked may have left.
        let _ = sender.send(work());
    };
    thread::Builder::new().name("rkvs-storage".into()).spawn(run).map_err(IoError::no_thread)?;
    receiver.await.unwrap_or_else(|_| Err(RkvsError::Internal("a part of the program panicked".into())))
}

/// Waits until no file of a task that is gone appears any more.
pub(super) async fn ended(ending: Ending) -> Result<()> {
    if ending.is_over() {
        return Ok(());
    }
    on_thread(move || {
        ending.wait();
        Ok(())
    })
    .await
}

impl Inner {
    pub(super) fn persistence(&self) -> Result<&Persistence> {
        self.persistence.as_ref().ok_or(RkvsError::PersistenceNotEnabled)
    }

    /// Loads a file, if there is one, and starts what the configuration says. Does nothing the second time.
    pub(super) fn initialize(&self, file: Option<FileName>) -> Result<()> {
        let _alone = self.initializing.lock();
        if self.is_initialized() {
            return Ok(());
        }
        let persistence = self.persistence()?;
        let mut loaded = Loaded::default();
        if let Some(file) = &file {
            match load_all(&self.engine, &persistence.directory, file, &|_| false, threads(), &LoadProgress::default())
            {
                Ok(found) => loaded = found,
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(RkvsError::not_loaded(error, self.engine.max_namespaces())),
            }
        }
        let config = self.config.lock().clone();
        let is_loaded = |manager: &ManagerAutosaveConfig| {
            loaded.file_bytes > 0 && file.as_ref().is_some_and(|file| file.as_str() == manager.filename)
        };
        // Taken before anybody can change anything.
        let changes = self.engine.changes();
        self.set_initialized();
        if let Some(manager) = &config.manager_autosave {
            persistence.set_everything(manager, is_loaded(manager).then_some(changes))?;
        }
        loaded.namespaces.iter().try_for_each(|(namespace, kept)| self.start_autosave(namespace, kept.as_ref()))
    }

    /// Starts the autosave of a namespace that has come: as configured, else as the file it was loaded from has kept it.
    pub(super) fn start_autosave(&self, namespace: &Arc<Namespace>, kept: Option<&AutosaveSettings>) -> Result<()> {
        let Some(persistence) = &self.persistence else { return Ok(()) };
        let configured = self.configured(namespace.name());
        match configured.as_ref().or(kept) {
            Some(settings) => match persistence.autosave.set(namespace, settings) {
                // Somebody was quicker.
                Err(AutosaveError::NamespaceDeleted) => Ok(()),
                set => set.map(drop).map_err(|error| RkvsError::no_autosave(namespace.name(), error)),
            },
            None => Ok(()),
        }
    }

    /// What the configuration says of the autosave of a namespace.
    fn configured(&self, name: &str) -> Option<AutosaveSettings> {
        let config = self.config.lock();
        config.namespace_autosave.iter().find(|config| config.namespace_name == name).map(|config| config.settings(0))
    }

    fn save_all(&self, file: FileName) -> Result<()> {
        let saved = self.persistence()?.save(&self.engine, file, Scope::Everything);
        saved.map(drop).map_err(|error| RkvsError::not_saved("", error))
    }

    fn save_namespace(&self, namespace: &Arc<Namespace>, file: FileName) -> Result<()> {
        let saved = self.persistence()?.save(&self.engine, file, Scope::Namespace(namespace));
        saved.map(drop).map_err(|error| RkvsError::not_saved(namespace.name(), error))
    }

    fn load_namespace(&self, file: &FileName, as_name: Option<&str>) -> Result<String> {
        let directory = &self.persistence()?.directory;
        let loaded = load_namespace(&self.engine, directory, file, as_name, threads(), &LoadProgress::default());
        let loaded = loaded.map_err(|error| RkvsError::not_loaded(error, self.engine.max_namespaces()))?;
        let Some((namespace, kept)) = loaded.namespaces.first() else {
            return Err(RkvsError::Internal("a file without a namespace was loaded".into()));
        };
        // A copy does not write over the files of the one it was made of.
        self.start_autosave(namespace, kept.as_ref().filter(|_| as_name.is_none()))?;
        Ok(namespace.name().to_owned())
    }
}

/// Snapshots. Without [`with_persistence`](super::StorageManagerBuilder::with_persistence) each of these calls is refused with
/// [`RkvsError::PersistenceNotEnabled`], before `initialize` with [`RkvsError::NotInitialized`].
impl StorageManager {
    fn ready(&self) -> Result<Arc<Inner>> {
        self.inner.engine()?;
        self.inner.persistence()?;
        Ok(Arc::clone(&self.inner))
    }

    /// Saves all namespaces as they are at this moment into one file, which replaces one of that name when it is whole. When
    /// this returns the file survives a loss of power. Everything else goes on meanwhile.
    ///
    /// # Errors
    ///
    /// [`RkvsError::FileNameInvalid`]; [`RkvsError::Io`]: the file that had the name is as it was.
    pub async fn save_all(&self, file: &str) -> Result<()> {
        let (inner, file) = (self.ready()?, FileName::from_operator(file.as_bytes())?);
        on_thread(move || inner.save_all(file)).await
    }

    /// Saves one namespace, as [`StorageManager::save_all`] does all.
    ///
    /// # Errors
    ///
    /// As there, and [`RkvsError::NamespaceNotFound`].
    pub async fn save_namespace(&self, name: &str, file: &str) -> Result<()> {
        let (inner, file) = (self.ready()?, FileName::from_operator(file.as_bytes())?);
        let namespace = inner.found(name)?;
        on_thread(move || inner.save_namespace(&namespace, file)).await
    }

    /// Loads a namespace that [`StorageManager::save_namespace`] saved, with its limits and its shards, under the name it has in
    /// the file, which is returned. Its autosave goes on.
    ///
    /// # Errors
    ///
    /// [`RkvsError::FileNameInvalid`], [`RkvsError::SnapshotNotFound`], [`RkvsError::SnapshotInvalid`],
    /// [`RkvsError::SnapshotConflict`] (it holds other than one namespace), [`RkvsError::NamespaceAlreadyExists`],
    /// [`RkvsError::MaxNamespacesReached`], [`RkvsError::Io`]; nothing has changed then.
    pub async fn load_namespace(&self, file: &str) -> Result<String> {
        self.load(file, None).await
    }

    /// [`StorageManager::load_namespace`] under another name, and without the autosave it had.
    ///
    /// # Errors
    ///
    /// As there, and [`Error::NameInvalid`](crate::error::Error::NameInvalid) as [`RkvsError::Engine`].
    pub async fn load_namespace_with_name(&self, file: &str, name: &str) -> Result<String> {
        self.load(file, Some(name)).await
    }

    async fn load(&self, file: &str, name: Option<&str>) -> Result<String> {
        let (inner, file) = (self.ready()?, FileName::from_operator(file.as_bytes())?);
        let name = name.map(str::to_owned);
        on_thread(move || inner.load_namespace(&file, name.as_deref())).await
    }

    /// Saves a namespace at intervals from now on, instead of what was set for it before. All files stay.
    ///
    /// The first file appears one interval from now, the next when something has changed; the configuration is left as it is.
    ///
    /// # Errors
    ///
    /// [`RkvsError::NamespaceNotFound`], [`RkvsError::AutosaveIntervalInvalid`], [`RkvsError::FileNameInvalid`]; what was
    /// set before goes on then.
    pub async fn add_namespace_autosave_task(&self, config: NamespaceAutosaveConfig) -> Result<()> {
        self.add_namespace_autosave_task_keeping(config, 0).await
    }

    /// [`StorageManager::add_namespace_autosave_task`], after each save removing files of the pattern beyond the newest `keep`; 0
    /// keeps all.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn add_namespace_autosave_task_keeping(&self, config: NamespaceAutosaveConfig, keep: u32) -> Result<()> {
        let inner = self.ready()?;
        let namespace = inner.found(&config.namespace_name)?;
        ended(inner.persistence()?.set(&namespace, &config.settings(keep))?).await
    }

    /// Ends the autosave of a namespace: when this returns no file of it appears any more.
    ///
    /// # Errors
    ///
    /// [`RkvsError::AutosaveTaskNotFound`].
    pub async fn stop_namespace_autosave(&self, name: &str) -> Result<()> {
        let inner = self.ready()?;
        let ending = inner.persistence()?.autosave.begin_stop(Some(name));
        ended(ending.map_err(|error| RkvsError::no_autosave(name, error))?).await
    }

    /// Ends the autosave of everything, if there is one: when this returns its file is not written any more.
    ///
    /// # Errors
    ///
    /// None of its own.
    pub async fn stop_manager_autosave(&self) -> Result<()> {
        match self.ready()?.persistence()?.autosave.begin_stop(None) {
            Ok(ending) => ended(ending).await,
            Err(_) => Ok(()),
        }
    }

    /// Whether everything is saved at intervals, and the namespaces that are, by name.
    ///
    /// # Errors
    ///
    /// None of its own.
    pub async fn list_running_autosave_tasks(&self) -> Result<(bool, Vec<String>)> {
        let tasks = self.ready()?.persistence()?.autosave.list();
        let names: Vec<_> = tasks.iter().map(|task| task.target.namespace().map(str::to_owned)).collect();
        Ok((names.contains(&None), names.into_iter().flatten().collect()))
    }

    /// Starts the autosave that the configuration has for a namespace.
    ///
    /// # Errors
    ///
    /// [`RkvsError::AutosaveTaskAlreadyExists`], [`RkvsError::AutosaveConfigNotFound`], [`RkvsError::NamespaceNotFound`].
    pub async fn start_namespace_autosave_task(&self, name: &str) -> Result<()> {
        let inner = self.ready()?;
        let persistence = inner.persistence()?;
        if persistence.has_task(Some(name)) {
            return Err(RkvsError::AutosaveTaskAlreadyExists(name.into()));
        }
        let settings = inner.configured(name).ok_or_else(|| RkvsError::AutosaveConfigNotFound(name.into()))?;
        persistence.set(&inner.found(name)?, &settings).map(drop)
    }

    /// Starts what the configuration names and is not running, of the namespaces that are there.
    ///
    /// # Errors
    ///
    /// None of its own.
    pub async fn start_missing_autosave_tasks(&self) -> Result<()> {
        let inner = self.ready()?;
        let persistence = inner.persistence()?;
        let config = inner.config.lock().clone();
        if let Some(manager) = config.manager_autosave.filter(|_| !persistence.has_task(None)) {
            persistence.set_everything(&manager, None)?;
        }
        for config in config.namespace_autosave {
            let namespace = inner.engine.namespace(&config.namespace_name);
            if let Some(namespace) = namespace.filter(|namespace| !persistence.has_task(Some(namespace.name()))) {
                inner.start_autosave(&namespace, None)?;
            }
        }
        Ok(())
    }

    /// Does what autosave is due for, where [the clock is driven by hand](super::StorageManagerBuilder::with_clock): nothing
    /// does it by itself then.
    ///
    /// # Errors
    ///
    /// None of its own.
    pub async fn run_due_autosave_tasks(&self) -> Result<()> {
        let inner = self.ready()?;
        on_thread(move || {
            inner.persistence()?.autosave.step();
            Ok(())
        })
        .await
    }
}
