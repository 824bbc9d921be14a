//! Saving single namespaces at intervals, always in our own format: what the engine's tasks need of the server.

use std::sync::{Arc, Weak};

use rkvs_engine::namespace::Namespace;
use rkvs_engine::persistence::{
    Autosave, AutosaveError, AutosaveSettings, AutosaveTask, Due, Ending, SaveError, SaveFiles, Saved, Target,
};
use rkvs_engine::snapshot::file::{FileError, FileName, NamePattern};

use super::{Job, Persistence, Refused, native};
use crate::config::NamespaceSettings;
use crate::server::Server;

/// Saves for the tasks, as everybody else saves.
struct Files(Weak<Server>);

impl SaveFiles for Files {
    fn save(&self, due: Due<'_>) -> Result<Saved, SaveError> {
        let (Some(server), Target::Namespace(namespace)) = (self.0.upgrade(), due.target) else {
            return Err(SaveError::Cancelled);
        };
        let settings = server.config.current();
        if due.file == *settings.dbfilename.file_name() {
            return Err(SaveError::Taken(due.file));
        }
        let format = native(&settings);
        server.persistence.save_one(&server, namespace, due.file, format, due.progress)
    }

    fn remove_expired(&self, pattern: &NamePattern, namespace: &str, keep: usize) -> Result<(), FileError> {
        let Some(server) = self.0.upgrade() else { return Ok(()) };
        for name in server.persistence.directory().remove_expired(pattern, namespace, keep)? {
            tracing::info!("Removed {name}: {keep} newer files of the namespace {namespace} stay");
        }
        Ok(())
    }
}

pub(super) fn tasks(server: &Arc<Server>) -> Autosave {
    Autosave::new(Arc::clone(&server.engine), Files(Arc::downgrade(server)))
}

impl Persistence {
    /// Saves a namespace at intervals from now on, instead of what was set for it before. The job ends when no file of the task that
    /// was replaced can appear any more.
    ///
    /// # Errors
    /// [`AutosaveError`], and [`Refused`] as text.
    pub fn set_autosave(
        &self,
        namespace: &Arc<Namespace>,
        settings: &AutosaveSettings,
    ) -> Result<Arc<Job>, AutosaveRefused> {
        let pattern = NamePattern::parse(&settings.pattern).map_err(AutosaveError::from)?;
        if !pattern.has_namespace() {
            return Err(AutosaveRefused::Shared);
        }
        let server = self.server().ok_or(Refused::Stopping)?;
        let own = server.config.current();
        if pattern.name(namespace.name(), 0) == *own.dbfilename.file_name() {
            return Err(AutosaveRefused::Taken(own.dbfilename.file_name().clone()));
        }
        let ending = self.autosave().set(namespace, settings)?;
        Ok(self.wait_for_ending(ending)?)
    }

    /// Ends the saving of a namespace at intervals. The job ends when no file of it can appear any more.
    ///
    /// # Errors
    /// As [`Persistence::set_autosave`].
    pub fn stop_autosave(&self, namespace: &str) -> Result<Arc<Job>, AutosaveRefused> {
        let ending = self.autosave().begin_stop(Some(namespace))?;
        Ok(self.wait_for_ending(ending)?)
    }

    fn wait_for_ending(&self, ending: Ending) -> Result<Arc<Job>, Refused> {
        let job = Arc::new(Job::default());
        if ending.is_over() {
            job.end(Ok(()));
        } else {
            self.begin(&job, |_, _| {
                ending.wait();
                Ok(())
            })?;
        }
        Ok(job)
    }

    /// The namespaces that are saved at intervals.
    pub fn autosaves(&self) -> Vec<AutosaveTask> {
        self.autosave().list()
    }

    /// How a namespace is saved at intervals, if it is.
    pub fn autosave_of(&self, namespace: &Namespace) -> Option<AutosaveSettings> {
        self.autosave().settings_of(namespace)
    }

    /// Begins what the configuration asks for, and for namespaces it does not name what the snapshot says.
    pub(super) fn begin_autosaves(&self, server: &Server, loaded: Vec<(Arc<Namespace>, Option<AutosaveSettings>)>) {
        let settings = server.config.current();
        let configured = settings
            .namespaces
            .iter()
            .filter_map(|(name, settings)| Some((server.engine.namespace(name)?, autosave_settings(settings)?)));
        let is_named = |namespace: &Namespace| settings.namespaces.contains_key(namespace.name());
        let found = loaded
            .into_iter()
            .filter(|(namespace, _)| !is_named(namespace))
            .filter_map(|(namespace, settings)| Some((namespace, settings?)));
        for (namespace, settings) in configured.chain(found) {
            if let Err(error) = self.autosave().set(&namespace, &settings) {
                tracing::warn!("Namespace {} is not saved at intervals: {error}", namespace.name());
            }
        }
    }
}

/// Why the saving at intervals was not changed.
#[derive(Debug, thiserror::Error)]
pub enum AutosaveRefused {
    /// What was asked for cannot be.
    #[error(transparent)]
    Task(#[from] AutosaveError),
    /// The pattern makes the same names for all namespaces.
    #[error("a pattern needs {{ns}}: else several namespaces are saved to one file")]
    Shared,
    /// The pattern makes the name of the file that everything is saved to.
    #[error("{0} holds everything: see SAVE")]
    Taken(FileName),
    /// Nobody can wait for it.
    #[error(transparent)]
    Job(#[from] Refused),
}

/// What the settings of a namespace ask for.
fn autosave_settings(settings: &NamespaceSettings) -> Option<AutosaveSettings> {
    (settings.autosave_s > 0).then(|| AutosaveSettings {
        interval_ms: settings.autosave_s.saturating_mul(1_000),
        pattern: settings.autosave_pattern.pattern().to_string(),
        keep: settings.autosave_keep,
    })
}
