//! Loading at start.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rkvs_engine::error::Error;
use rkvs_engine::namespace::Namespace;
use rkvs_engine::persistence::{LoadError, LoadProgress, Loaded, load_all};
use rkvs_engine::snapshot::file::{Directory, FileName};

use super::status::Loading;
use super::{LOADING, Persistence, RDB_SUFFIX, threads};
use crate::config::SnapshotFormat;
use crate::server::Server;

/// Time between two lines of the log while data is loaded.
const TOLD_PERIOD: Duration = Duration::from_secs(2);

/// Where the data comes from.
#[derive(Clone, Debug, Default)]
pub enum Source {
    /// `dbfilename`, if there is such a file.
    #[default]
    Snapshot,
    /// A file from elsewhere (`--import`).
    Import(PathBuf),
}

impl Persistence {
    /// Loads the data the server begins with: see [`Persistence::expect_data`].
    ///
    /// # Errors
    /// What is wrong with the file, and where: the server must not go on, or it would replace the file by what it has.
    pub fn load_at_start(&self, server: &Server, source: &Source) -> Result<(), String> {
        let settings = server.config.current();
        let own = settings.dbfilename.file_name();
        let (directory, name) = match source {
            Source::Snapshot => (self.directory(), own.clone()),
            Source::Import(path) => {
                if self.directory().len_bytes(own).map_err(|error| error.to_string())?.is_some() {
                    return Err(format!(
                        "Can't import {}: there is a snapshot, {own} in {}, which would be lost. Start without --import, or \
                         move that file away.",
                        path.display(),
                        settings.dir.path().display()
                    ));
                }
                foreign(path).map_err(|cause| format!("Can't import {}: {cause}", path.display()))?
            }
        };
        let (started, progress) = (Instant::now(), Arc::new(LoadProgress::default()));
        self.state.lock().loading = Some(Loading {
            progress: Arc::clone(&progress),
            started,
            started_ms: server.engine.now_ms(),
            told: started,
        });
        // What the configuration says of a namespace outranks the file.
        let is_configured = |namespace: &Namespace| settings.namespaces.contains_key(namespace.name());
        let loaded = load_all(&server.engine, &directory, &name, &is_configured, threads(&settings), &progress);
        let mut namespaces = Vec::new();
        let is_import = matches!(source, Source::Import(_));
        match loaded {
            Ok(loaded) => {
                self.tell_loaded(&loaded, &name, settings.snapshot_format, started.elapsed());
                namespaces = loaded.namespaces;
            }
            Err(error) if error.is_not_found() && !is_import => {
                tracing::info!("There is no {name} in {}: starting empty", directory.path());
            }
            Err(error) => {
                let left = if error.is_not_found() { "" } else { " The file was left as it is." };
                return Err(format!("Can't load {name} in {}: {error}.{left}", directory.path()));
            }
        }
        // What may have been set meanwhile.
        server.engine.set_max_memory_bytes(server.config.current().maxmemory_bytes);
        // What was imported is not saved here yet: all that there is counts as a change.
        let changes_at_start = if is_import { 0 } else { server.engine.changes() };
        {
            let mut state = self.state.lock();
            (state.loading, state.saved_or_started) = (None, Instant::now());
            state.changes_at_start = changes_at_start;
        }
        self.begin_configured_autosaves(server);
        self.begin_loaded_autosaves(server, &namespaces);
        self.set_gate(LOADING, false);
        server.wake_workers();
        Ok(())
    }

    fn tell_loaded(&self, loaded: &Loaded, name: &FileName, format: SnapshotFormat, took: Duration) {
        let Loaded { keys, expired, file_bytes, is_rdb, .. } = loaded;
        {
            let mut state = self.state.lock();
            (state.keys_loaded, state.keys_expired) = (*keys, *expired);
        }
        tracing::info!(
            bytes = file_bytes,
            "DB loaded from {name}: {:.3} seconds, keys loaded: {keys}, keys expired: {expired}",
            took.as_secs_f64()
        );
        if *is_rdb && !name.as_str().ends_with(RDB_SUFFIX) && format == SnapshotFormat::Auto {
            tracing::warn!(
                "{name} is an RDB file; the next save replaces it by one of our own format (snapshot-format)"
            );
        }
    }

    /// Tells the log how far loading has come, now and then.
    pub(crate) fn tell_loading(&self) {
        let mut state = self.state.lock();
        let Some(loading) = &mut state.loading else { return };
        if loading.told.elapsed() >= TOLD_PERIOD {
            loading.told = Instant::now();
            let (read, total) = (loading.progress.file_bytes(), loading.progress.file_bytes_total());
            tracing::info!(
                "Loading: {read} of {total} bytes ({} %)",
                read.saturating_mul(100).checked_div(total).unwrap_or(0)
            );
        }
    }
}

/// The directory and the name of a file from elsewhere.
fn foreign(path: &std::path::Path) -> Result<(Directory, FileName), String> {
    let absolute = std::path::absolute(path).map_err(|error| error.to_string())?;
    let (Some(parent), Some(name)) = (absolute.parent(), absolute.file_name()) else {
        return Err("it names no file".into());
    };
    let name = FileName::from_operator(name.as_encoded_bytes()).map_err(|error| error.to_string())?;
    let directory = Directory::open(parent).map_err(|error| error.to_string())?;
    Ok((directory, name))
}

/// The text of an error reply, with its prefix.
pub(super) fn error_text(error: &LoadError) -> String {
    match error {
        LoadError::Engine { cause: Error::NamespaceExists, .. } => {
            "NAMESPACEEXISTS a namespace of that name exists".to_owned()
        }
        LoadError::Engine { .. } => format!("ERR {error}"),
        error if error.is_not_found() => format!("ERR {error}"),
        error => format!("BADFILE {error}"),
    }
}
