//! Writing a snapshot to a file.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::rdb_sink::RdbSink;
use super::{AutosaveSettings, describe};
use crate::engine::Engine;
use crate::namespace::Namespace;
use crate::rdb;
use crate::snapshot::BlockKind;
use crate::snapshot::file::write::WriteProgress;
use crate::snapshot::file::{self, Compression, Directory, FileName, Header, SectionTotals, WriteOptions, Writer};
use crate::snapshot::take::{BlockSink, Progress, Taking};

/// What is saved.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'n> {
    /// All namespaces, at one moment.
    Everything,
    /// One.
    Namespace(&'n Arc<Namespace>),
}

/// The form of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Our own. Keeps everything.
    Native(Compression),
    /// Redis's. Keeps keys, values, deadlines and access frequencies; what namespaces are called and may hold is written beside
    /// them, where other programs pass over it.
    Rdb(rdb::Settings),
}

/// How a snapshot is saved.
pub struct SaveOptions<'o> {
    /// The form of the file.
    pub format: Format,
    /// Threads that take the entries down, this one included.
    pub threads: usize,
    /// The program that writes, for people.
    pub writer: &'o str,
    /// Called when the moment that the snapshot shows has come.
    pub begun: &'o (dyn Fn() + Sync),
    /// The regular saving of a namespace, to be kept with it.
    pub autosave: &'o (dyn Fn(&Namespace) -> Option<AutosaveSettings> + Sync),
}

/// How far a snapshot has come, and the way to end it early; readable from any thread.
#[derive(Debug, Default)]
pub struct SaveProgress {
    cancelled: AtomicBool,
    taking: OnceLock<Arc<Progress>>,
    writing: OnceLock<Arc<WriteProgress>>,
}

impl SaveProgress {
    /// Ends the saving: the file that had the name stays as it was, unless the new one was whole already.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether it was ended.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Whether the moment that the snapshot shows has come.
    pub fn has_begun(&self) -> bool {
        self.taking.get().is_some()
    }

    /// Keys saved so far.
    pub fn keys(&self) -> u64 {
        self.taking.get().map_or(0, |progress| progress.keys())
    }

    /// Keys there are to save.
    pub fn keys_total(&self) -> u64 {
        self.taking.get().map_or(0, |progress| progress.keys_total)
    }

    /// Bytes written so far.
    pub fn file_bytes(&self) -> u64 {
        self.writing.get().map_or(0, |progress| progress.file_bytes())
    }
}

/// A snapshot that was saved: it survives a loss of power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The moment it shows, in Unix milliseconds.
    pub moment_ms: u64,
    /// Keys in it.
    pub keys: u64,
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Changes that had been made by then in what was saved: as [`Engine::changes`] counts for everything, as the namespace
    /// does for one.
    pub changes: u64,
    /// How long it took.
    pub duration: Duration,
}

/// Why nothing was saved.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SaveError {
    /// The file could not be written.
    #[error(transparent)]
    File(#[from] file::SaveError),
    /// [`SaveProgress::cancel`] was called.
    #[error("saving was cancelled")]
    Cancelled,
    /// The namespace was deleted.
    #[error("the namespace was deleted")]
    NamespaceDeleted,
    /// The file is kept for something else.
    #[error("{0} is the file that everything is saved to")]
    Taken(FileName),
}

/// Saves the state of this moment under a name. Blocks until it is on the disk; waits for another snapshot to end first.
/// Everything else goes on meanwhile.
///
/// # Errors
///
/// [`SaveError`]; the file that had the name is as it was.
pub fn save(
    engine: &Engine,
    directory: &Directory,
    name: FileName,
    scope: Scope<'_>,
    options: &SaveOptions<'_>,
    progress: &SaveProgress,
) -> Result<Saved, SaveError> {
    let started_ms = engine.clock().elapsed_ms();
    let changes_elsewhere = match scope {
        Scope::Everything => engine.other_changes(),
        Scope::Namespace(_) => 0,
    };
    let taking = match scope {
        Scope::Everything => engine.take_snapshot(),
        Scope::Namespace(namespace) => engine.take_snapshot_of(namespace),
    };
    let moment_ms = engine.now_ms();
    if matches!(scope, Scope::Namespace(_)) && taking.sections().is_empty() {
        return Err(SaveError::NamespaceDeleted);
    }
    let taken = Arc::clone(taking.progress());
    let _ = progress.taking.set(Arc::clone(&taken));
    (options.begun)();
    let changes = taking.sections().iter().map(|section| section.usage.counters.changes).sum::<u64>();
    let saving = Saving { directory, name, options, progress, moment_ms, taking };
    let file_bytes = match options.format {
        Format::Native(compression) => saving.native(engine, compression)?,
        Format::Rdb(settings) => saving.rdb(settings)?,
    };
    let keys = taken.keys();
    let duration = Duration::from_millis(engine.clock().elapsed_ms().saturating_sub(started_ms));
    Ok(Saved { moment_ms, keys, file_bytes, changes: changes + changes_elsewhere, duration })
}

struct Saving<'s> {
    directory: &'s Directory,
    name: FileName,
    options: &'s SaveOptions<'s>,
    progress: &'s SaveProgress,
    moment_ms: u64,
    taking: Taking,
}

impl Saving<'_> {
    fn native(self, engine: &Engine, compression: Compression) -> Result<u64, SaveError> {
        let sections = self.taking.sections();
        let header = Header {
            created_ms: self.moment_ms,
            writer: self.options.writer.to_owned(),
            features: 0,
            autosave: None,
            sections: sections
                .iter()
                .map(|section| describe(&section.namespace, (self.options.autosave)(&section.namespace).as_ref()))
                .collect(),
        };
        let write_options = WriteOptions { compression, ..WriteOptions::default() };
        let writer = Writer::begin(self.directory, self.name, &header, write_options)?;
        let _ = self.progress.writing.set(writer.progress());
        let sink = NativeSink(&writer);
        if !self.taking.run(self.options.threads, &sink, &self.progress.cancelled)? || self.progress.is_cancelled() {
            return Err(SaveError::Cancelled);
        }
        let totals: Vec<SectionTotals> = (0..header.sections.len())
            .map(|section| {
                let (keys, bytes) = self.taking.progress().section(section);
                SectionTotals { keys, bytes }
            })
            .collect();
        // From here on nothing has to be taken down: let go of the tables before the disk is waited for.
        drop(self.taking);
        Ok(writer.finish(&totals, engine.now_ms())?.file_bytes)
    }

    fn rdb(self, settings: rdb::Settings) -> Result<u64, SaveError> {
        let sink = RdbSink::begin(self.directory, self.name, settings, &self.taking, self.moment_ms, self.options)?;
        if !self.taking.run(self.options.threads, &sink, &self.progress.cancelled)? || self.progress.is_cancelled() {
            return Err(SaveError::Cancelled);
        }
        drop(self.taking);
        Ok(sink.finish()?)
    }
}

/// Blocks on their way into a file of our own format.
struct NativeSink<'w>(&'w Writer);

impl BlockSink for NativeSink<'_> {
    type Error = file::SaveError;

    fn block(&self, section: u32, kind: BlockKind, payload: &[u8]) -> Result<(), file::SaveError> {
        self.0.block(section, kind.number(), payload)
    }
}
