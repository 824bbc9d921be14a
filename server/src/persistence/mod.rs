//! Snapshots of the server: loading one at start, saving by command, by save points and at the end.
//!
//! Saving and loading run on threads of their own (`job.rs`); workers go on serving. A client that waits for such a job is
//! parked as during a pause, and its request runs again when the job has ended. `shutdown.rs` saves before the server stops,
//! `status.rs` is what INFO and the metrics tell.
//!
//! What a worker must know before it runs a request lies in one word, `Persistence::gate`: whether the data is still being loaded,
//! whether the last save has failed, whether the server saves for the last time.

mod autosave;
mod job;
mod save;
mod shutdown;
mod startup;
mod status;

use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::thread::available_parallelism;

use parking_lot::{Condvar, Mutex, RwLock};
use rkvs_engine::persistence::{Autosave, Format};
use rkvs_engine::rdb;
use rkvs_engine::snapshot::file::{Compression, Directory, FileError, FileName};

use crate::config::{Settings, SnapshotFormat};
use crate::server::Server;

pub use job::{Job, Refused};
pub use shutdown::saves_by_itself;
pub use startup::Source;
pub(crate) use status::DURATION_BUCKETS_S;
pub use status::{Counts, Status};

/// Most threads that take or load a snapshot unless the settings say a number.
const THREADS_MAX: usize = 4;

/// The data is being loaded.
pub(crate) const LOADING: u8 = 1;
/// The last save of everything has failed.
pub(crate) const SAVE_FAILED: u8 = 2;
/// The server saves and then stops: writes wait.
pub(crate) const STOPPING: u8 = 4;

/// How the server saves and loads.
pub struct Persistence {
    server: OnceLock<Weak<Server>>,
    gate: AtomicU8,
    directory: RwLock<Directory>,
    state: Mutex<status::State>,
    /// Namespaces that are saved at intervals.
    tasks: OnceLock<Autosave>,
    /// Told when a job, or a save of everything, has ended.
    ended: Condvar,
}

impl Persistence {
    /// Opens the data directory.
    ///
    /// # Errors
    /// When there is no such directory, or it cannot be opened.
    pub(crate) fn open(path: &Path, started_at_ms: u64) -> Result<Self, FileError> {
        Ok(Self {
            server: OnceLock::new(),
            gate: AtomicU8::new(0),
            directory: RwLock::new(open(path)?),
            state: Mutex::new(status::State::new(started_at_ms / 1000)),
            tasks: OnceLock::new(),
            ended: Condvar::new(),
        })
    }

    /// Says whose data it is.
    pub(crate) fn serve(&self, server: &Arc<Server>) {
        // Said once.
        let _ = self.server.set(Arc::downgrade(server));
        let _ = self.tasks.set(autosave::tasks(server));
    }

    fn autosave(&self) -> &Autosave {
        self.tasks.get().expect("the server was told whose data it is")
    }

    /// Goes over to another data directory.
    ///
    /// # Errors
    /// When it cannot be opened; nothing changes then.
    pub fn change_directory(&self, path: &Path) -> Result<(), FileError> {
        *self.directory.write() = open(path)?;
        Ok(())
    }

    /// The data directory.
    pub(crate) fn directory(&self) -> Directory {
        self.directory.read().clone()
    }

    /// Which of [`LOADING`], [`SAVE_FAILED`] and [`STOPPING`] hold: one load.
    #[inline]
    pub(crate) fn gate(&self) -> u8 {
        self.gate.load(Ordering::Relaxed)
    }

    /// Has requests that need the data refused until [`Persistence::load_at_start`] has ended. To be called before the first client is
    /// served.
    pub fn expect_data(&self) {
        self.set_gate(LOADING, true);
    }

    /// Whether the data is still being loaded.
    pub fn is_loading(&self) -> bool {
        self.gate() & LOADING != 0
    }

    /// Whether the server saves for the last time.
    pub fn is_stopping(&self) -> bool {
        self.gate() & STOPPING != 0
    }

    fn set_gate(&self, bit: u8, on: bool) {
        match on {
            true => self.gate.fetch_or(bit, Ordering::Relaxed),
            false => self.gate.fetch_and(!bit, Ordering::Relaxed),
        };
    }

    /// The server, which outlives every job.
    fn server(&self) -> Option<Arc<Server>> {
        self.server.get()?.upgrade()
    }
}

fn open(path: &Path) -> Result<Directory, FileError> {
    let directory = Directory::open(path)?;
    for name in &directory.cleared().removed {
        tracing::info!("Removed the unfinished snapshot {name}");
    }
    for error in &directory.cleared().failed {
        tracing::warn!("An unfinished snapshot could not be removed: {error}");
    }
    Ok(directory)
}

/// The form that a file of this name is written in.
pub(crate) fn format(settings: &Settings, name: &FileName) -> Format {
    let is_rdb = match settings.snapshot_format {
        SnapshotFormat::Auto => name.as_str().ends_with(RDB_SUFFIX),
        SnapshotFormat::Native => false,
        SnapshotFormat::Rdb => true,
    };
    if is_rdb {
        return Format::Rdb(rdb::Settings {
            compress: settings.rdbcompression,
            checksum: settings.rdbchecksum,
            ..rdb::Settings::default()
        });
    }
    native(settings)
}

/// Our own form.
fn native(settings: &Settings) -> Format {
    Format::Native(if settings.rdbcompression { Compression::Lz4 } else { Compression::None })
}

/// How the names of RDB files end.
pub(crate) const RDB_SUFFIX: &str = ".rdb";

/// Threads for a snapshot.
pub(crate) fn threads(settings: &Settings) -> usize {
    match settings.snapshot_threads {
        0 => available_parallelism().map_or(1, usize::from).min(THREADS_MAX),
        threads => threads as usize,
    }
}
