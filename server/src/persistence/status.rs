//! What INFO and the metrics tell of saving and loading.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rkvs_engine::namespace::Namespace;
use rkvs_engine::persistence::{LoadProgress, SaveError, Saved};

use super::{Job, Persistence, SAVE_FAILED};
use crate::server::Server;

/// Upper bounds in seconds of the buckets that durations of snapshots are counted in.
pub(crate) const DURATION_BUCKETS_S: [f64; 10] = [0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0];

/// A save of everything under way.
pub(super) struct Running {
    pub(super) job: Arc<Job>,
    pub(super) started: Instant,
}

/// The last save that succeeded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    pub(super) at_s: u64,
    pub(super) changes: u64,
    pub(super) file_bytes: u64,
}

impl Last {
    pub(super) fn of(saved: &Saved, now_ms: u64) -> Self {
        Self { at_s: now_ms / 1000, changes: saved.changes, file_bytes: saved.file_bytes }
    }
}

/// How saving went so far, of everything or of namespaces.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Saves that succeeded.
    pub succeeded: u64,
    /// Saves that failed.
    pub failed: u64,
    /// Those that succeeded by duration, each up to the bound in `DURATION_BUCKETS_S`, not those of the buckets before.
    pub buckets: [u64; DURATION_BUCKETS_S.len()],
    /// Their durations together, in seconds.
    pub sum_s: f64,
}

impl Counts {
    fn finished(&mut self, saved: &Result<Saved, SaveError>, took: Duration) {
        if saved.is_err() {
            self.failed += 1;
            return;
        }
        self.succeeded += 1;
        let took_s = took.as_secs_f64();
        self.sum_s += took_s;
        if let Some(bucket) = DURATION_BUCKETS_S.iter().position(|bound| took_s <= *bound) {
            self.buckets[bucket] += 1;
        }
    }
}

/// How far loading at start has come.
pub(super) struct Loading {
    pub(super) progress: Arc<LoadProgress>,
    pub(super) started: Instant,
    pub(super) started_ms: u64,
    /// When the log was last told.
    pub(super) told: Instant,
}

/// What changes.
pub(super) struct State {
    pub(super) running: Option<Running>,
    /// The save that stops the server, while it can be called off.
    pub(super) stopping: Option<Arc<Job>>,
    pub(super) last: Option<Last>,
    /// When the last save succeeded or the server had its data.
    pub(super) saved_or_started: Instant,
    /// When a save last failed, until one succeeds.
    pub(super) tried: Option<Instant>,
    pub(super) took: Option<Duration>,
    /// Most bytes that waited during the last save.
    pub(super) peak_bytes: u64,
    started_at_s: u64,
    /// Changes when the data had been loaded: what was loaded counts as saved.
    pub(super) changes_at_start: u64,
    pub(super) everything: Counts,
    pub(super) namespaces: Counts,
    /// When each namespace was last saved by itself, in Unix milliseconds, by id.
    namespace_saves: HashMap<u64, u64>,
    pub(super) loading: Option<Loading>,
    pub(super) keys_loaded: u64,
    pub(super) keys_expired: u64,
    /// Jobs under way.
    pub(super) jobs: Vec<Arc<Job>>,
}

impl State {
    pub(super) fn new(started_at_s: u64) -> Self {
        Self {
            running: None,
            stopping: None,
            last: None,
            saved_or_started: Instant::now(),
            tried: None,
            took: None,
            peak_bytes: 0,
            started_at_s,
            changes_at_start: 0,
            everything: Counts::default(),
            namespaces: Counts::default(),
            namespace_saves: HashMap::new(),
            loading: None,
            keys_loaded: 0,
            keys_expired: 0,
            jobs: Vec::new(),
        }
    }

    fn saved_at_s(&self) -> u64 {
        self.last.map_or(self.started_at_s, |last| last.at_s)
    }

    fn changes_saved(&self) -> u64 {
        self.last.map_or(self.changes_at_start, |last| last.changes)
    }

    pub(super) fn finished(&mut self, saved: &Result<Saved, SaveError>, took: Duration) {
        self.everything.finished(saved, took);
        self.took = Some(took);
        if saved.is_ok() {
            (self.saved_or_started, self.tried) = (Instant::now(), None);
        }
    }

    pub(super) fn finished_namespace(
        &mut self,
        namespace: &Arc<Namespace>,
        saved: &Result<Saved, SaveError>,
        took: Duration,
        now_ms: u64,
    ) {
        self.namespaces.finished(saved, took);
        // One that was deleted meanwhile is forgotten already.
        if saved.is_ok() && !namespace.is_deleted() {
            self.namespace_saves.insert(namespace.id(), now_ms);
        }
    }
}

/// Saving and loading as of now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Status {
    /// Whether the data is being loaded; then when that began, in Unix seconds, for how long it has gone on, and the bytes of the
    /// file that are read and that there are.
    pub loading: Option<(u64, Duration, u64, u64)>,
    /// Keys that were loaded at start.
    pub keys_loaded: u64,
    /// Keys that were left out then because their time was over.
    pub keys_expired: u64,
    /// Changes since the last save.
    pub changes: u64,
    /// Whether everything is being saved; then for how long, and keys that are saved and that there are.
    pub saving: Option<(Duration, u64, u64)>,
    /// When a save last succeeded, or the start, in Unix seconds.
    pub saved_at_s: u64,
    /// Whether the last save succeeded, or there was none.
    pub is_ok: bool,
    /// How long the last save took.
    pub took: Option<Duration>,
    /// Bytes of the last file.
    pub file_bytes: u64,
    /// Saves of everything.
    pub everything: Counts,
    /// Saves of single namespaces.
    pub namespaces: Counts,
    /// Bytes that wait to be saved because they were changed meanwhile.
    pub waiting_bytes: u64,
    /// Most bytes that did during the last save.
    pub peak_bytes: u64,
}

impl Persistence {
    /// Saving and loading as of now, with so many changes by clients since the start. Waits for nothing.
    pub fn status(&self, server: &Server, changes: u64) -> Status {
        let state = self.state.lock();
        let begun = state.loading.as_ref().map(|loading| {
            let (read, total) = (loading.progress.file_bytes(), loading.progress.file_bytes_total());
            (loading.started_ms / 1000, loading.started.elapsed(), read, total)
        });
        // What clients are answered decides, also just before it begins and just before it is over.
        let loading = self.is_loading().then(|| begun.unwrap_or((state.started_at_s, Duration::ZERO, 0, 0)));
        let saving = state.running.as_ref().map(|running| {
            let progress = &running.job.progress;
            (running.started.elapsed(), progress.keys(), progress.keys_total())
        });
        Status {
            keys_loaded: state.keys_loaded,
            keys_expired: state.keys_expired,
            // What is loaded is in the file already.
            changes: if loading.is_some() { 0 } else { changes.saturating_sub(state.changes_saved()) },
            loading,
            saving,
            saved_at_s: state.saved_at_s(),
            is_ok: self.gate() & SAVE_FAILED == 0,
            took: state.took,
            file_bytes: state.last.map_or(0, |last| last.file_bytes),
            everything: state.everything,
            namespaces: state.namespaces,
            peak_bytes: state.peak_bytes,
            waiting_bytes: server.engine.snapshot_bound().waiting_bytes() as u64,
        }
    }

    /// When a save last succeeded, or the start, in Unix seconds.
    pub fn saved_at_s(&self) -> u64 {
        self.state.lock().saved_at_s()
    }

    /// When a namespace was last saved, by itself or with all others, in Unix seconds.
    pub fn namespace_saved_at_s(&self, namespace: &Namespace) -> Option<u64> {
        let state = self.state.lock();
        let by_itself = state.namespace_saves.get(&namespace.id()).map(|ms| ms / 1000);
        by_itself.max(state.last.map(|last| last.at_s))
    }

    /// Changes since the last save of everything.
    pub(super) fn unsaved_changes(&self, server: &Server) -> u64 {
        self.unsaved(server.engine.changes())
    }

    /// The part of so many changes since the start that came after the last save of everything.
    pub(super) fn unsaved(&self, changes: u64) -> u64 {
        changes.saturating_sub(self.state.lock().changes_saved())
    }

    /// Forgets a namespace that was deleted, and ends its saving at intervals.
    pub(crate) fn forget(&self, namespace: &Namespace) {
        self.state.lock().namespace_saves.remove(&namespace.id());
        self.autosave().forget(namespace);
    }
}
