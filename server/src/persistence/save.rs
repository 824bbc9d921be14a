//! Saving everything or one namespace, by command and by save points.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rkvs_engine::namespace::Namespace;
use rkvs_engine::persistence::{
    Format, LoadProgress, SaveError, SaveOptions, SaveProgress, Saved, Scope, load_namespace, save,
};
use rkvs_engine::snapshot::file::FileName;

use super::status::{Last, Running};
use super::{Job, LOADING, Persistence, Refused, SAVE_FAILED, STOPPING, format, threads};
use crate::server::Server;

/// What the files say they were written by.
const WRITER: &str = concat!("rkvs-server ", env!("CARGO_PKG_VERSION"));

/// How long save points wait after a save that failed, as in the reference.
const RETRY_DELAY: Duration = Duration::from_secs(5);

impl Persistence {
    /// Begins to save everything in the background (SAVE, BGSAVE, save points).
    ///
    /// # Errors
    /// [`Refused`].
    pub fn save_everything(&self) -> Result<Arc<Job>, Refused> {
        if self.gate() & (LOADING | STOPPING) != 0 {
            return Err(if self.is_loading() { Refused::Loading } else { Refused::Stopping });
        }
        let job = Arc::new(Job::default());
        self.reserve(&job)?;
        let begun = self.begin(&job, |server, job| {
            tracing::info!("Background saving started");
            server.persistence.run_save(server, job)
        });
        match begun {
            Ok(()) => Ok(job),
            Err(refused) => {
                self.forget_job(&job);
                Err(refused)
            }
        }
    }

    /// Takes the place of the one that saves everything.
    fn reserve(&self, job: &Arc<Job>) -> Result<(), Refused> {
        let mut state = self.state.lock();
        if state.running.is_some() {
            return Err(Refused::SaveInProgress);
        }
        state.running = Some(Running { job: Arc::clone(job), started: Instant::now() });
        Ok(())
    }

    /// The same, whoever has it: a save under way is called off and waited for.
    pub(super) fn reserve_from_others(&self, job: &Arc<Job>) {
        let mut state = self.state.lock();
        while let Some(running) = &state.running {
            running.job.progress.cancel();
            self.ended.wait(&mut state);
        }
        state.running = Some(Running { job: Arc::clone(job), started: Instant::now() });
    }

    /// Saves everything under `dbfilename` and notes how that went. The place for it is taken, and given back.
    pub(super) fn run_save(&self, server: &Server, job: &Job) -> Result<(), String> {
        let settings = server.config.current();
        let name = settings.dbfilename.file_name().clone();
        let form = format(&settings, &name);
        let saved = self.save_as(server, name.clone(), Scope::Everything, form, &job.progress);
        let mut state = self.state.lock();
        let took = state.running.take().map_or(Duration::ZERO, |running| running.started.elapsed());
        state.finished(&saved, took);
        state.peak_bytes = server.engine.snapshot_bound().peak_bytes() as u64;
        match &saved {
            Ok(saved) => state.last = Some(Last::of(saved, server.engine.now_ms())),
            Err(_) => state.tried = Some(Instant::now()),
        }
        drop(state);
        self.ended.notify_all();
        // One that was called off has not failed.
        let failed = saved.as_ref().is_err_and(|error| !matches!(error, SaveError::Cancelled));
        if saved.is_ok() || failed {
            self.set_gate(SAVE_FAILED, failed);
        }
        match saved {
            Ok(Saved { keys, file_bytes, .. }) => {
                tracing::info!(
                    keys,
                    bytes = file_bytes,
                    "DB saved on disk: {name} in {:.3} seconds",
                    took.as_secs_f64()
                );
                Ok(())
            }
            Err(error) => {
                tracing::error!("Background saving error: {error}");
                Err(error.to_string())
            }
        }
    }

    /// Begins to save a namespace under a name.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn save_namespace(&self, namespace: Arc<Namespace>, name: FileName) -> Result<Arc<Job>, Refused> {
        self.begin_new(move |server, job| {
            let form = format(&server.config.current(), &name);
            let saved = server.persistence.save_one(server, &namespace, name, form, &job.progress);
            saved.map(drop).map_err(|error| error.to_string())
        })
    }

    /// Saves a namespace and notes how that went.
    pub(crate) fn save_one(
        &self,
        server: &Server,
        namespace: &Arc<Namespace>,
        name: FileName,
        format: Format,
        progress: &SaveProgress,
    ) -> Result<Saved, SaveError> {
        let started = Instant::now();
        let shown = name.clone();
        let saved = self.save_as(server, name, Scope::Namespace(namespace), format, progress);
        let took = started.elapsed();
        self.state.lock().finished_namespace(namespace, &saved, took, server.engine.now_ms());
        match &saved {
            Ok(Saved { keys, file_bytes, .. }) => {
                let (namespace, took_s) = (namespace.name(), took.as_secs_f64());
                tracing::info!(keys, bytes = file_bytes, "Namespace {namespace} saved: {shown} in {took_s:.3} seconds");
            }
            Err(error) => tracing::error!("Namespace {} could not be saved: {error}", namespace.name()),
        }
        saved
    }

    fn save_as(
        &self,
        server: &Server,
        name: FileName,
        scope: Scope<'_>,
        format: Format,
        progress: &SaveProgress,
    ) -> Result<Saved, SaveError> {
        let settings = server.config.current();
        let options = SaveOptions {
            format,
            threads: threads(&settings),
            writer: WRITER,
            // Who waits for the moment goes on.
            begun: &|| server.wake_workers(),
            autosave: &|namespace| self.autosave_of(namespace),
        };
        save(&server.engine, &self.directory(), name, scope, &options, progress)
    }

    /// Begins to load a namespace from a file, as it is called there or under another name.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn load_namespace(&self, file: FileName, as_name: Option<String>) -> Result<Arc<Job>, Refused> {
        self.begin_new(move |server, _| {
            let (directory, settings) = (server.persistence.directory(), server.config.current());
            let progress = LoadProgress::default();
            let loaded =
                load_namespace(&server.engine, &directory, &file, as_name.as_deref(), threads(&settings), &progress);
            match loaded {
                Ok(loaded) => {
                    if as_name.is_none() {
                        server.persistence.begin_loaded_autosaves(server, &loaded.namespaces);
                    }
                    let name = loaded.namespaces.first().map_or("", |(namespace, _)| namespace.name());
                    tracing::info!(keys = loaded.keys, expired = loaded.expired, "Namespace {name} loaded from {file}");
                    Ok(())
                }
                Err(error) => {
                    tracing::warn!("No namespace was loaded: {error}");
                    Err(super::startup::error_text(&error))
                }
            }
        })
    }

    /// Looks whether a save point is reached with so many changes by clients. To be called several times a second.
    pub(crate) fn save_if_due(&self, server: &Server, changes: u64) {
        let settings = server.config.current();
        if settings.save.is_empty() || self.gate() & (LOADING | STOPPING) != 0 {
            return;
        }
        let elapsed_s = {
            let state = self.state.lock();
            if state.running.is_some() || state.tried.is_some_and(|tried| tried.elapsed() < RETRY_DELAY) {
                return;
            }
            state.saved_or_started.elapsed().as_secs()
        };
        let mut points = settings.save.iter().filter(|point| elapsed_s > point.seconds);
        let changes = self.unsaved(changes);
        if let Some(point) = points.find(|point| changes > 0 && changes >= point.changes) {
            tracing::info!("{changes} changes in {} seconds. Saving...", point.seconds);
            if let Err(refused) = self.save_everything() {
                self.state.lock().tried = Some(Instant::now());
                tracing::warn!("Saving could not begin: {refused}");
            }
        }
    }
}
