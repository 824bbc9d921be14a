//! Saving single namespaces at intervals, always in our own format: what the engine's tasks need of the server.

use std::sync::{Arc, Weak};

use rkvs_engine::namespace::Namespace;
use rkvs_engine::persistence::{
    Autosave, AutosaveSettings, AutosaveTask, Due, Ending, SaveError, SaveFiles, Saved, Target,
};
use rkvs_engine::snapshot::file::{FileError, NamePattern};

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
    /// Begins to save a namespace at intervals, instead of what was set for it before. The job ends with why that cannot be, or when no
    /// file of the task that was replaced can appear any more.
    ///
    /// # Errors
    /// [`Refused`]; nothing has changed then.
    pub fn set_autosave(&self, namespace: Arc<Namespace>, settings: AutosaveSettings) -> Result<Arc<Job>, Refused> {
        self.begin_new(move |server, _| {
            server.persistence.replace_autosave(server, &namespace, &settings).map(Ending::wait)
        })
    }

    /// Ends the saving of a namespace at intervals. The job ends with why that cannot be, or when no file of the task can appear
    /// any more.
    ///
    /// # Errors
    /// [`Refused`]; nothing has changed then.
    pub fn stop_autosave(&self, namespace: String) -> Result<Arc<Job>, Refused> {
        self.begin_new(move |server, _| {
            let ending = server.persistence.autosave().begin_stop(Some(&namespace));
            ending.map(Ending::wait).map_err(|error| error.to_string())
        })
    }

    /// Sets the task of a namespace, unless its files would be somebody else's too.
    fn replace_autosave(
        &self,
        server: &Server,
        namespace: &Arc<Namespace>,
        settings: &AutosaveSettings,
    ) -> Result<Ending, String> {
        let pattern = NamePattern::parse(&settings.pattern).map_err(|error| error.to_string())?;
        if !pattern.has_namespace() {
            return Err("a pattern needs {ns}: else several namespaces are saved to one file".into());
        }
        let own = server.config.current().dbfilename.file_name().clone();
        if pattern.name(namespace.name(), 0) == own {
            return Err(format!("{own} holds everything: see SAVE"));
        }
        self.autosave().set(namespace, settings).map_err(|error| error.to_string())
    }

    /// The namespaces that are saved at intervals.
    pub fn autosaves(&self) -> Vec<AutosaveTask> {
        self.autosave().list()
    }

    /// How a namespace is saved at intervals, if it is.
    pub fn autosave_of(&self, namespace: &Namespace) -> Option<AutosaveSettings> {
        self.autosave().settings_of(namespace)
    }

    /// Begins what the configuration asks for.
    pub(super) fn begin_configured_autosaves(&self, server: &Server) {
        for (name, settings) in &server.config.current().namespaces {
            if let (Some(namespace), Some(settings)) = (server.engine.namespace(name), autosave_settings(settings)) {
                self.begin_autosave(server, &namespace, &settings);
            }
        }
    }

    /// Begins what a file says of the namespaces in it, but for those that the configuration names.
    pub(super) fn begin_loaded_autosaves(
        &self,
        server: &Server,
        loaded: &[(Arc<Namespace>, Option<AutosaveSettings>)],
    ) {
        let configured = &server.config.current().namespaces;
        for (namespace, settings) in loaded.iter().filter(|(namespace, _)| !configured.contains_key(namespace.name())) {
            if let Some(settings) = settings {
                self.begin_autosave(server, namespace, settings);
            }
        }
    }

    fn begin_autosave(&self, server: &Server, namespace: &Arc<Namespace>, settings: &AutosaveSettings) {
        if let Err(reason) = self.replace_autosave(server, namespace, settings) {
            tracing::warn!("Namespace {} is not saved at intervals: {reason}", namespace.name());
        }
    }
}

/// What the settings of a namespace ask for.
fn autosave_settings(settings: &NamespaceSettings) -> Option<AutosaveSettings> {
    (settings.autosave_s > 0).then(|| AutosaveSettings {
        interval_ms: settings.autosave_s.saturating_mul(1_000),
        pattern: settings.autosave_pattern.pattern().to_string(),
        keep: settings.autosave_keep,
    })
}
