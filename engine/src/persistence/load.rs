//! Loading what a file holds.
//!
//! Entries go into namespaces that nobody finds yet, or that nobody uses yet, from several threads; only when all of the file
//! was read and found sound do the namespaces get their limits and their places. So a file that is refused changes nothing.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use super::rdb_sink::NAMESPACES_FIELD;
use super::{AutosaveSettings, limits_of};
use crate::engine::Engine;
use crate::error::Error;
use crate::namespace::{Handle, Limits, Namespace};
use crate::rdb;
use crate::shard::multi_key::Reach;
use crate::snapshot::file::directory::File;
use crate::snapshot::file::read::ReadProgress;
use crate::snapshot::file::{self, Directory, FileName, Section};
use crate::snapshot::record::{Head, Kind, write_bytes, write_varint};
use crate::snapshot::{BlockKind, Loader};

/// Bytes of entries from an RDB file that are handed to a thread together.
const BATCH_BYTES: usize = 128 << 10;

/// Batches that wait for each thread.
const BATCHES_WAITING: usize = 4;

/// Longest list of namespaces in an RDB file, in bytes.
const NAMESPACES_BYTES_MAX: usize = 16 << 20;

/// How far loading has come; readable from any thread.
#[derive(Debug, Default)]
pub struct LoadProgress {
    file_bytes: AtomicU64,
    file_bytes_total: AtomicU64,
    reading: OnceLock<Arc<ReadProgress>>,
}

impl LoadProgress {
    /// Bytes of the file that were read.
    pub fn file_bytes(&self) -> u64 {
        self.reading.get().map_or_else(|| self.file_bytes.load(Ordering::Relaxed), |progress| progress.file_bytes())
    }

    /// Bytes of the file.
    pub fn file_bytes_total(&self) -> u64 {
        self.file_bytes_total.load(Ordering::Relaxed)
    }
}

/// What was loaded.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Keys that are there now.
    pub keys: u64,
    /// Keys that were left out because their time was over.
    pub expired: u64,
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Whether it was an RDB file.
    pub is_rdb: bool,
    /// When it was written, in Unix milliseconds; 0 where it does not say.
    pub created_ms: u64,
    /// The namespaces that were loaded, and the regular saving that each had.
    pub namespaces: Vec<(Arc<Namespace>, Option<AutosaveSettings>)>,
}

/// Why a file was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file is not there, or is no whole snapshot.
    #[error(transparent)]
    File(#[from] file::LoadError),
    /// The file is no RDB file that can be read.
    #[error("{name} {cause}")]
    Rdb {
        /// The file.
        name: FileName,
        /// What is wrong, and where.
        cause: rdb::Error,
    },
    /// The file is sound, but what it holds does not go with what there is.
    #[error("{name}: {what}")]
    Conflict {
        /// The file.
        name: FileName,
        /// What does not go with what.
        what: String,
    },
    /// The engine refused the namespace.
    #[error("{name}: the namespace '{namespace}' cannot be loaded: {cause}")]
    Engine {
        /// The file.
        name: FileName,
        /// The namespace.
        namespace: String,
        /// Why.
        cause: Error,
    },
}

impl LoadError {
    /// Whether there is no such file.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::File(file::LoadError::File(error)) if error.is_not_found())
    }
}

/// Loads everything that a file holds, our own or an RDB file, into an engine that nobody uses yet. Namespaces become what they
/// were, with their limits and numbers of shards. Those that are there already are matched by name, numbered databases by index; where
/// `keeps` says so, they keep the limits and the number of shards they have.
///
/// Blocks until it is done; `threads` work on it. The engine's limit of memory does not hold meanwhile.
///
/// # Errors
///
/// [`LoadError`]; the namespaces that were there are as they were and empty then, and no others have come.
pub fn load_all(
    engine: &Engine,
    directory: &Directory,
    name: &FileName,
    keeps: &dyn Fn(&Namespace) -> bool,
    threads: usize,
    progress: &LoadProgress,
) -> Result<Loaded, LoadError> {
    Loading { engine, directory, name, threads, progress, checked: true, only: None }.into_present(keeps)
}

/// [`load_all`] with checksums left unchecked, so that fuzzing reaches what is behind them.
pub(crate) fn load_all_unchecked(
    engine: &Engine,
    directory: &Directory,
    name: &FileName,
    threads: usize,
    progress: &LoadProgress,
) -> Result<Loaded, LoadError> {
    Loading { engine, directory, name, threads, progress, checked: false, only: None }.into_present(&|_| false)
}

/// Loads the one namespace that a file holds, our own or an RDB file, as it is called there or under another name, into an engine
/// that is in use.
///
/// # Errors
///
/// [`LoadError`]; nothing has changed then. [`Error::NamespaceExists`] and [`Error::MaxNamespaces`] as [`LoadError::Engine`].
pub fn load_namespace(
    engine: &Engine,
    directory: &Directory,
    name: &FileName,
    as_name: Option<&str>,
    threads: usize,
    progress: &LoadProgress,
) -> Result<Loaded, LoadError> {
    Loading { engine, directory, name, threads, progress, checked: true, only: Some(as_name) }.one()
}

struct Loading<'l> {
    engine: &'l Engine,
    directory: &'l Directory,
    name: &'l FileName,
    threads: usize,
    progress: &'l LoadProgress,
    /// Whether the file is to hold one namespace, and what that is to be called if not as it is.
    only: Option<Option<&'l str>>,
    /// Whether checksums are compared.
    checked: bool,
}

/// A namespace that was there before, which has no limits while it is loaded.
struct Present {
    namespace: Arc<Namespace>,
    /// The limits it gets afterwards.
    limits: Cell<Limits>,
    limits_before: Limits,
    shard_count_before: usize,
    /// Whether its limits and number of shards stay.
    keeps: bool,
}

impl Present {
    fn new(namespace: Arc<Namespace>, keeps: bool) -> Self {
        let limits = namespace.limits();
        let shard_count_before = namespace.shard_count();
        Self { limits: Cell::new(limits), limits_before: limits, shard_count_before, keeps, namespace }
    }

    /// Becomes what a section describes. One that says nothing of shards comes from elsewhere, and says nothing of limits either.
    fn take_from(&self, section: &Section) -> Result<(), Error> {
        if self.keeps || section.shard_count == 0 {
            return Ok(());
        }
        self.limits.set(limits_of(section));
        self.set_shard_count(section.shard_count as usize)
    }

    fn set_shard_count(&self, shards: usize) -> Result<(), Error> {
        if self.namespace.shard_count() != shards {
            self.namespace.begin_resize(shards)?.run(&AtomicBool::new(false))?;
        }
        Ok(())
    }

    /// Is empty again and as it was. One that is gone meanwhile is empty.
    fn restore(&self) {
        if !self.namespace.is_vacant() {
            let _ = Handle::new(Arc::clone(&self.namespace)).with(Reach::All, 0, |keyspace| keyspace.clear());
        }
        let _ = self.set_shard_count(self.shard_count_before);
        self.limits.set(self.limits_before);
    }
}

/// A namespace that is being loaded. One that was made for it goes again, unless it is kept.
struct Target<'e> {
    engine: &'e Engine,
    namespace: Arc<Namespace>,
    /// The limits and the index it gets, if it was made for this.
    made: Option<(Limits, u32)>,
    is_attached: bool,
    autosave: Option<AutosaveSettings>,
}

impl Target<'_> {
    /// Gives a namespace that was made for this its limits and its place.
    fn attach(&mut self, database: Option<u32>) -> Result<(), Error> {
        if let Some((limits, _)) = self.made {
            self.namespace.set_limits(limits)?;
            self.engine.attach_namespace(&self.namespace, database)?;
            self.is_attached = true;
        }
        Ok(())
    }

    fn keep(mut self) -> (Arc<Namespace>, Option<AutosaveSettings>) {
        self.made = None;
        (Arc::clone(&self.namespace), self.autosave.take())
    }
}

impl Drop for Target<'_> {
    fn drop(&mut self) {
        match self.made {
            // Whoever deleted it meanwhile did what is wanted.
            Some(_) if self.is_attached => drop(self.engine.delete_namespace(self.namespace.name())),
            Some(_) => self.namespace.delete(),
            None => {}
        }
    }
}

impl<'l> Loading<'l> {
    fn conflict(&self, what: String) -> LoadError {
        LoadError::Conflict { name: self.name.clone(), what }
    }

    fn refused(&self, namespace: &str, cause: Error) -> LoadError {
        LoadError::Engine { name: self.name.clone(), namespace: namespace.to_owned(), cause }
    }

    fn damaged(&self, error: rdb::Error) -> LoadError {
        LoadError::Rdb { name: self.name.clone(), cause: error }
    }

    /// Loads everything into the namespaces there are, which have no limits meanwhile, and others.
    fn into_present(self, keeps: &dyn Fn(&Namespace) -> bool) -> Result<Loaded, LoadError> {
        let engine = self.engine;
        let namespaces = engine.namespaces().into_iter();
        let present: Vec<Present> = namespaces
            .map(|namespace| {
                let keeps = keeps(&namespace);
                Present::new(namespace, keeps)
            })
            .collect();
        let limit_bytes = engine.max_memory_bytes();
        // Keys that are found and removed meanwhile would be missed when they are counted.
        let still = engine.pause_expiry();
        engine.set_max_memory_bytes(0);
        for Present { namespace, .. } in &present {
            // A namespace that is gone is not in anybody's way.
            let _ = namespace.set_limits(Limits::default());
        }
        let loaded = self.everything(&present);
        if loaded.is_err() {
            present.iter().for_each(Present::restore);
        }
        drop(still);
        // What was set meanwhile is newer.
        if engine.max_memory_bytes() == 0 {
            engine.set_max_memory_bytes(limit_bytes);
        }
        for Present { namespace, limits, .. } in &present {
            // One that is gone has no limits; that there are no more keys than it may have was looked at.
            let _ = namespace.change_limits(|now| if now == Limits::default() { limits.get() } else { now });
        }
        loaded
    }

    /// Reads the file into namespaces that have no place yet.
    fn read(&self, present: &[Present]) -> Result<(Vec<Target<'l>>, Loaded), LoadError> {
        let opened = self.directory.file(self.name).map_err(file::LoadError::File)?;
        self.progress.file_bytes_total.store(opened.len_bytes(), Ordering::Relaxed);
        let mut start = [0; 6];
        let count = opened.read_at(&mut start, 0).map_err(file::LoadError::File)?;
        let is_rdb = [&b"REDIS"[..], b"VALKEY"].iter().any(|magic| start[..count].starts_with(magic));
        if is_rdb {
            return self.rdb(opened, present);
        }
        let reader = match self.checked {
            true => file::Reader::open(self.directory, self.name)?,
            false => file::Reader::open_unchecked(self.directory, self.name)?,
        };
        let count = reader.header().sections.len();
        if self.only.is_some() && count != 1 {
            return Err(self.conflict(format!("it holds {count} namespaces, not one")));
        }
        let mut targets = Vec::new();
        for section in &reader.header().sections {
            self.add(section, present, &mut targets)?;
        }
        let loaded = self.native(&reader, &targets)?;
        Ok((targets, loaded))
    }

    fn everything(&self, present: &[Present]) -> Result<Loaded, LoadError> {
        let (mut targets, mut loaded) = self.read(present)?;
        for target in &targets {
            let found = present.iter().find(|present| Arc::ptr_eq(&present.namespace, &target.namespace));
            let max_keys = found.map_or(0, |present| present.limits.get().max_keys);
            if max_keys != 0 && target.namespace.usage().keys as u64 > max_keys {
                return Err(self.refused(target.namespace.name(), Error::MaxKeysBelowCount));
            }
        }
        for target in &mut targets {
            let database = target.made.map(|(_, database)| database);
            target.attach(database).map_err(|cause| self.refused(target.namespace.name(), cause))?;
        }
        loaded.namespaces = targets.into_iter().map(Target::keep).collect();
        loaded.file_bytes = self.progress.file_bytes_total();
        Ok(loaded)
    }

    fn one(&self) -> Result<Loaded, LoadError> {
        let (mut targets, mut loaded) = self.read(&[])?;
        let Some(mut target) = targets.pop() else {
            return Err(self.conflict("it holds no namespace".to_owned()));
        };
        let database = target.made.map(|(_, database)| database);
        let database = database.filter(|database| self.engine.database(*database).is_none());
        target.attach(database).map_err(|cause| self.refused(target.namespace.name(), cause))?;
        loaded.namespaces.push(target.keep());
        loaded.file_bytes = self.progress.file_bytes_total();
        Ok(loaded)
    }

    /// A namespace as a section describes it, without its limits.
    fn make(&self, name: &str, section: &Section) -> Result<Target<'l>, LoadError> {
        let shards = Some(section.shard_count as usize).filter(|shards| *shards > 0);
        let namespace = self.engine.detached_namespace(name, shards).map_err(|cause| self.refused(name, cause))?;
        Ok(self.target(namespace, section, Some((limits_of(section), section.database))))
    }

    fn target(&self, namespace: Arc<Namespace>, section: &Section, made: Option<(Limits, u32)>) -> Target<'l> {
        let autosave = section.autosave.as_ref().and_then(AutosaveSettings::from_opaque);
        Target { engine: self.engine, namespace, made, is_attached: false, autosave }
    }

    /// Adds where a section goes.
    fn add(
        &self,
        section: &Section,
        present: &[Present],
        targets: &mut Vec<Target<'l>>,
    ) -> Result<Arc<Namespace>, LoadError> {
        if let Some(as_name) = self.only {
            if !targets.is_empty() {
                return Err(self.conflict("it holds several namespaces, not one".to_owned()));
            }
            let name = as_name.unwrap_or(&section.name);
            self.engine.check_attachable(name, None).map_err(|cause| self.refused(name, cause))?;
            let target = self.make(name, section)?;
            let namespace = Arc::clone(&target.namespace);
            targets.push(target);
            return Ok(namespace);
        }
        let target = self.find(section, present)?;
        let (name, database) = (target.namespace.name(), target.made.map(|(_, database)| database));
        let is_taken = |other: &Target<'_>| {
            let of_other = other.made.map(|(_, database)| database);
            other.namespace.name() == name || (database.is_some() && of_other == database)
        };
        if targets.iter().any(is_taken) {
            return Err(self.conflict(format!("two of its namespaces would be '{name}' here")));
        }
        if database.is_some() {
            self.engine.check_attachable(name, database).map_err(|cause| self.refused(name, cause))?;
        }
        let namespace = Arc::clone(&target.namespace);
        targets.push(target);
        Ok(namespace)
    }

    /// Where a section goes: to the namespace of its name, or of its index if that is a numbered database whose name alone
    /// differs; else to a new one.
    fn find(&self, section: &Section, present: &[Present]) -> Result<Target<'l>, LoadError> {
        let same_index = || present.iter().find(|present| present.namespace.database() == section.database);
        let same_name = present.iter().find(|present| present.namespace.name() == section.name);
        let Some(found) = same_name.or_else(same_index) else { return self.make(&section.name, section) };
        let (name, database, other) = (&section.name, section.database, found.namespace.name());
        // A numbered database may have been given a name, or lost it.
        if other != name && ![other, name].contains(&&*database.to_string()) {
            let what = format!("the namespace '{name}' has the DB index {database}, which is '{other}' here");
            return Err(self.conflict(what));
        }
        found.take_from(section).map_err(|cause| self.refused(name, cause))?;
        Ok(self.target(Arc::clone(&found.namespace), section, None))
    }

    /// Reads a file of our own.
    fn native(&self, reader: &file::Reader, targets: &[Target<'_>]) -> Result<Loaded, LoadError> {
        let _ = self.progress.reading.set(reader.progress());
        self.progress.file_bytes_total.store(reader.progress().file_bytes_total(), Ordering::Relaxed);
        let loader = self.loader(targets);
        reader.blocks(self.threads, |block| {
            let kind = BlockKind::from_number(block.kind)
                .ok_or_else(|| format!("a block of the kind {}, which is not known", block.kind))?;
            Ok(loader.block(block.section, kind, block.payload)?)
        })?;
        loader.finish().map_err(|error| self.conflict(error.to_string()))?;
        let keys: Vec<u64> = targets.iter().map(|target| target.namespace.usage().keys as u64).collect();
        for (section, (keys, footer)) in keys.iter().zip(&reader.footer().sections).enumerate() {
            if loader.expired() == 0 && *keys != footer.totals.keys {
                let (name, told) = (&reader.header().sections[section].name, footer.totals.keys);
                return Err(self.conflict(format!("{keys} keys were found in '{name}', which has {told}")));
            }
        }
        let told: u64 = reader.footer().sections.iter().map(|section| section.totals.keys).sum();
        let keys = keys.iter().sum();
        Ok(Loaded {
            keys,
            expired: told.saturating_sub(keys),
            created_ms: reader.header().created_ms,
            ..Loaded::default()
        })
    }

    fn loader(&self, targets: &[Target<'_>]) -> Loader {
        Loader::new(targets.iter().map(|target| Arc::clone(&target.namespace)).collect(), self.engine.now_ms())
    }

    /// Reads an RDB file: this thread reads, the others put entries into namespaces.
    fn rdb(&self, opened: File, present: &[Present]) -> Result<(Vec<Target<'l>>, Loaded), LoadError> {
        let stream = BufReader::with_capacity(256 << 10, Stream { opened, at: 0, progress: self.progress });
        let mut reader = rdb::Reader::new(stream).map_err(|error| self.damaged(error))?;
        let mut described = BTreeMap::new();
        let mut sections = Sections::default();
        let mut created_ms = 0;
        let mut found: Result<(), LoadError> = Ok(());
        // Made as databases come up, so that one that is empty takes nothing.
        let mut targets: Vec<Target<'l>> = Vec::new();
        let now_ms = self.engine.now_ms();
        let failure: Mutex<Option<String>> = Mutex::default();
        let stop = AtomicBool::new(false);
        let counts = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            let (sender, receiver) = mpsc::sync_channel::<Batch>(self.threads * BATCHES_WAITING);
            let receiver = Arc::new(Mutex::new(receiver));
            for _ in 0..self.threads.max(1) {
                let receiver = Arc::clone(&receiver);
                scope.spawn(|| insert(receiver, now_ms, &counts, &failure, &stop));
            }
            drop(receiver);
            let mut batch: Option<Batch> = None;
            loop {
                let event = match reader.read_event() {
                    Ok(Some(event)) if !stop.load(Ordering::Relaxed) => event,
                    Ok(Some(_)) => break,
                    Ok(None) => {
                        // An append-only file begins with RDB: what it says behind that must not be lost in silence.
                        found = reader.check_nothing_follows().map_err(|error| self.damaged(error));
                        break;
                    }
                    Err(error) => {
                        found = Err(self.damaged(error));
                        return;
                    }
                };
                match event {
                    rdb::Event::Aux { name: b"ctime", value } => {
                        let seconds = std::str::from_utf8(value).ok().and_then(|text| text.parse::<u64>().ok());
                        created_ms = seconds.unwrap_or(0).saturating_mul(1000);
                    }
                    rdb::Event::Aux { name: NAMESPACES_FIELD, value } if value.len() <= NAMESPACES_BYTES_MAX => {
                        // A list that cannot be read is somebody else's.
                        let list: Vec<Section> = serde_json::from_slice(value).unwrap_or_default();
                        described = list.into_iter().map(|section| (section.database, section)).collect();
                    }
                    rdb::Event::Aux { .. } | rdb::Event::SizeHint { .. } => {}
                    rdb::Event::Database(index) => {
                        found = self.select(index, &mut sections, &mut described, present, &mut targets);
                        if found.is_err() {
                            return;
                        }
                        send(&sender, batch.take());
                    }
                    rdb::Event::Entry(entry) => {
                        if sections.current.is_none() {
                            found = self.select(0, &mut sections, &mut described, present, &mut targets);
                            if found.is_err() {
                                return;
                            }
                        }
                        let Some(namespace) = &sections.current else { return };
                        let filled = batch.get_or_insert_with(|| Batch::new(namespace));
                        filled.add(&entry);
                        if filled.bytes.len() >= BATCH_BYTES {
                            send(&sender, batch.take());
                        }
                    }
                }
            }
            send(&sender, batch.take());
        });
        found?;
        if let Some(what) = failure.into_inner() {
            return Err(self.conflict(what));
        }
        for section in described.into_values() {
            self.add(&section, present, &mut targets)?;
        }
        let keys: u64 = targets.iter().map(|target| target.namespace.usage().keys as u64).sum();
        let (loaded, expired) = (counts.0.into_inner(), counts.1.into_inner());
        if keys != loaded {
            return Err(self.conflict(format!("{} of its keys stand there twice", loaded.saturating_sub(keys))));
        }
        Ok((targets, Loaded { keys, expired, created_ms, is_rdb: true, ..Loaded::default() }))
    }

    /// Goes on with a database.
    fn select(
        &self,
        index: u64,
        sections: &mut Sections,
        described: &mut BTreeMap<u32, Section>,
        present: &[Present],
        targets: &mut Vec<Target<'l>>,
    ) -> Result<(), LoadError> {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let namespace = match sections.known.get(&index) {
            Some(namespace) => Arc::clone(namespace),
            None => {
                let plain = || Section { name: index.to_string(), database: index, ..Section::default() };
                let section = described.remove(&index).unwrap_or_else(plain);
                let namespace = self.add(&section, present, targets)?;
                sections.known.insert(index, Arc::clone(&namespace));
                namespace
            }
        };
        sections.current = Some(namespace);
        Ok(())
    }
}

/// The namespaces of databases that have come up.
#[derive(Default)]
struct Sections {
    known: BTreeMap<u32, Arc<Namespace>>,
    current: Option<Arc<Namespace>>,
}

/// Entries of one namespace on their way to a thread that loads them, in the form of a snapshot's block.
struct Batch {
    namespace: Arc<Namespace>,
    bytes: Vec<u8>,
    keys: u64,
}

impl Batch {
    fn new(namespace: &Arc<Namespace>) -> Self {
        Self { namespace: Arc::clone(namespace), bytes: Vec::with_capacity(BATCH_BYTES + (BATCH_BYTES >> 2)), keys: 0 }
    }

    fn add(&mut self, entry: &rdb::Entry<'_>) {
        let rdb::Entry { key, metadata, value } = entry;
        let head = |kind| Head { kind, key, deadline_ms: metadata.deadline_ms, frequency: metadata.access_frequency() };
        let out = &mut self.bytes;
        match value {
            rdb::Value::String(bytes) => match crate::value::string::parse_integer(bytes) {
                Some(integer) => {
                    head(Kind::Integer).write(out);
                    out.extend_from_slice(&integer.to_le_bytes());
                }
                None => {
                    head(Kind::Bytes).write(out);
                    write_bytes(out, bytes);
                }
            },
            rdb::Value::Hash(pairs) => {
                head(Kind::Hash).write(out);
                write_varint(out, pairs.len() as u64);
                for (field, value) in pairs.iter() {
                    write_bytes(out, field);
                    write_bytes(out, value);
                }
            }
        }
        self.keys += 1;
    }
}

/// Hands a batch on. Nobody takes it any more only when loading has failed.
fn send(sender: &SyncSender<Batch>, batch: Option<Batch>) {
    if let Some(batch) = batch {
        let _ = sender.send(batch);
    }
}

/// Puts batches into their namespaces until there are no more.
fn insert(
    receiver: Arc<Mutex<Receiver<Batch>>>,
    now_ms: u64,
    (loaded, expired): &(AtomicU64, AtomicU64),
    failure: &Mutex<Option<String>>,
    stop: &AtomicBool,
) {
    loop {
        let batch = receiver.lock().recv();
        let Ok(batch) = batch else { return };
        let loader = Loader::new(vec![batch.namespace], now_ms);
        if let Err(error) = loader.block(0, BlockKind::Entries, &batch.bytes) {
            failure.lock().get_or_insert(error.to_string());
            stop.store(true, Ordering::Relaxed);
        }
        loaded.fetch_add(loader.loaded(), Ordering::Relaxed);
        expired.fetch_add(loader.expired(), Ordering::Relaxed);
    }
}

/// A file as a stream.
struct Stream<'p> {
    opened: File,
    at: u64,
    progress: &'p LoadProgress,
}

impl Read for Stream<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.opened.read_at(bytes, self.at).map_err(|error| error.source)?;
        self.at += count as u64;
        self.progress.file_bytes.store(self.at, Ordering::Relaxed);
        Ok(count)
    }
}
