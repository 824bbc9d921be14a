//! Taking the state of several namespaces at one moment, while they go on changing.
//!
//! `Taking::begin` locks everything for as long as it takes to give every shard's table a recorder: that is the moment. From
//! then on [`Taking::run`] walks the shards with some threads, a few hundred entries under a lock at a time, and a writer that is
//! about to change a group nobody has come to yet takes it down first (`table/record.rs`). What is taken down goes to a
//! [`BlockSink`] in blocks, outside of all locks.
//!
//! What writers take down waits in memory until a thread collects it. Above a bound ([`Bound`]) writers are asked to wait: that
//! is all the memory a snapshot costs, however large the data.
//!
//! | What happens meanwhile | What the snapshot does |
//! |---|---|
//! | a shard is cleared, its namespace deleted | takes the old table over and frees it when it is done with it |
//! | namespaces are swapped | nothing: recorders stay with the shards |
//! | a namespace is resized | the keys stand still until their shard is done; those that were moved before are taken down where they are |
//! | a large hash is changed | it is taken down group by group as a table of its own |
//! | a large hash is removed or replaced | takes it over |
//! | a large hash is renamed or moved | the rest of it is taken down on the spot |
//! | a long string is changed | holds on to the old one |

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use parking_lot::{ArcMutexGuard, Mutex, RawMutex};
use tokio::sync::Notify;

use super::record::{BlockKind, Head, Kind, write_bytes, write_field, write_hash, write_varint};
use crate::namespace::{Handle, Namespace};
use crate::shard::multi_key::{Locks, Patience, Reach};
use crate::shard::{Shard, Shards};
use crate::stats::Usage;
use crate::table::{Recorded, RecordedValue, Recorder, Stored, Table, Tag};
use crate::value::compact::packed_map::PackedMap;
use crate::value::hash::{FieldTable, HashRef, LongValue};
use crate::value::string::decode_integer;
use crate::value::{Object, StringRef, tag};

/// Entries taken down under one lock: some dozens of microseconds.
const SLICE_ENTRIES: usize = 256;
/// From so many bytes on collected entries are made a block.
const BLOCK_BYTES: usize = 64 << 10;
/// Longest payload of a block in bytes; an entry that is longer is cut into pieces.
pub const BLOCK_BYTES_MAX: usize = 1 << 20;
/// What a piece's own numbers take at most.
const PIECE_HEAD_BYTES: usize = 32;
/// Strings from this length on are not copied under the lock.
const LONG_STRING_BYTES: usize = 16 << 10;
/// Hashes with more fields are taken down piece by piece.
const LARGE_HASH_FIELDS: usize = 256;
/// Bytes taken down under one lock, and a group more.
const SLICE_BYTES: usize = 64 << 10;

/// Where blocks go.
pub trait BlockSink: Sync {
    /// Why it could not take a block.
    type Error: Send;

    /// Takes a block of a section (the place of its namespace among those taken), at most [`BLOCK_BYTES_MAX`] long. Called by several
    /// threads at a time.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from taking the block; the snapshot ends then.
    fn block(&self, section: u32, kind: BlockKind, payload: &[u8]) -> Result<(), Self::Error>;
}

/// The bound of what waits to be collected, and whether it is reached.
#[derive(Debug)]
pub struct Bound {
    waiting_bytes: AtomicUsize,
    peak_bytes: AtomicUsize,
    max_bytes: AtomicUsize,
    pressed: AtomicBool,
    /// Told when it is no longer reached.
    relieved: Notify,
}

impl Bound {
    /// A bound of so many bytes.
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self {
            waiting_bytes: AtomicUsize::new(0),
            peak_bytes: AtomicUsize::new(0),
            max_bytes: AtomicUsize::new(max_bytes),
            pressed: AtomicBool::new(false),
            relieved: Notify::new(),
        }
    }

    /// Whether writers should wait. One load.
    #[inline]
    pub fn is_reached(&self) -> bool {
        self.pressed.load(Ordering::Relaxed)
    }

    /// Waits, with any runtime, while it is reached.
    pub async fn relieved(&self) {
        loop {
            let mut relieved = pin!(self.relieved.notified());
            // From here on no notice is missed.
            relieved.as_mut().enable();
            if !self.is_reached() {
                return;
            }
            relieved.await;
        }
    }

    /// Changes the bound.
    pub fn set_max_bytes(&self, max_bytes: usize) {
        self.max_bytes.store(max_bytes, Ordering::Relaxed);
    }

    /// The bound in bytes.
    pub fn max_bytes(&self) -> usize {
        self.max_bytes.load(Ordering::Relaxed)
    }

    /// Bytes that wait at this moment.
    pub fn waiting_bytes(&self) -> usize {
        self.waiting_bytes.load(Ordering::Relaxed)
    }

    /// Most bytes that have waited since the last snapshot began.
    pub fn peak_bytes(&self) -> usize {
        self.peak_bytes.load(Ordering::Relaxed)
    }

    fn add(&self, bytes: usize) {
        let waiting = self.waiting_bytes.fetch_add(bytes, Ordering::AcqRel) + bytes;
        self.peak_bytes.fetch_max(waiting, Ordering::Relaxed);
        if waiting > self.max_bytes() {
            self.pressed.store(true, Ordering::Relaxed);
        }
    }

    fn remove(&self, bytes: usize) {
        // Acquires what those before released: the last to remove sees that the bound was reached.
        let waiting = self.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel) - bytes;
        if waiting <= self.max_bytes() / 2 && self.pressed.swap(false, Ordering::Relaxed) {
            self.relieved.notify_waiters();
        }
    }

    fn is_half_reached(&self) -> bool {
        self.waiting_bytes() > self.max_bytes() / 2
    }
}

/// What the recorders of one snapshot share.
pub(crate) struct Control {
    bound: Arc<Bound>,
    /// Tables that were cleared meanwhile, each with its recorder.
    cleared: Mutex<Vec<Table<Object>>>,
}

/// What was taken down and not collected yet.
#[derive(Default)]
struct Taken {
    bytes: Vec<u8>,
    keys: u64,
    long: Vec<LongString>,
    /// Hashes that were removed while they were taken down piece by piece.
    #[expect(clippy::vec_box, reason = "they are boxed in the table")]
    orphans: Vec<Box<Object>>,
}

/// A string that is written from where it lies.
struct LongString {
    head: Vec<u8>,
    value: Arc<Vec<u8>>,
}

/// Takes the entries of a shard down.
pub struct EntryRecorder {
    section: u32,
    control: Arc<Control>,
    taken: Taken,
    /// Keys of hashes that are being taken down piece by piece; some may have left their keys.
    open: Vec<Box<[u8]>>,
    /// Bytes of `taken.long`.
    long_bytes: usize,
    /// Bytes of `taken` that the bound knows of.
    noted_bytes: usize,
}

impl EntryRecorder {
    fn new(section: u32, control: &Arc<Control>) -> Self {
        Self {
            section,
            control: Arc::clone(control),
            taken: Taken::default(),
            open: Vec::new(),
            long_bytes: 0,
            noted_bytes: 0,
        }
    }

    /// Hands out what was taken down.
    fn collect(&mut self) -> Taken {
        self.control.bound.remove(std::mem::take(&mut self.noted_bytes));
        self.long_bytes = 0;
        std::mem::take(&mut self.taken)
    }

    /// Takes over a hash that was removed before it was taken down.
    pub(crate) fn adopt(&mut self, object: Box<Object>) {
        self.taken.orphans.push(object);
    }

    /// Takes down what is left of a hash that is about to be moved elsewhere.
    pub(crate) fn finish(&mut self, fields: &mut FieldTable) {
        fields.record_rest(&mut self.taken.bytes);
        self.note();
    }

    /// Takes over a table that is about to be cleared. Its recorder goes with it.
    pub(crate) fn adopt_table(mut table: Table<Object>) {
        if let Some(recorder) = table.recorder() {
            let control = Arc::clone(&recorder.control);
            control.cleared.lock().push(table);
        }
    }

    /// Tells the bound how much has come since it was last told.
    fn note(&mut self) {
        let bytes = self.taken.bytes.len() + self.long_bytes;
        if let Some(grown) = bytes.checked_sub(self.noted_bytes) {
            self.control.bound.add(grown);
            self.noted_bytes = bytes;
        }
    }
}

impl Drop for EntryRecorder {
    fn drop(&mut self) {
        self.control.bound.remove(self.noted_bytes);
    }
}

impl Stored for Object {
    type Recorder = EntryRecorder;
}

impl Recorder<Object> for EntryRecorder {
    fn record(&mut self, entry: Recorded<'_, Object>) {
        let Recorded { key, tag, deadline_ms, frequency, value } = entry;
        let head = |kind| Head { kind, key, deadline_ms, frequency };
        let out = &mut self.taken.bytes;
        match value {
            RecordedValue::Inline(bytes) => record_inline(out, &head, tag, bytes),
            RecordedValue::Boxed(Object::Bytes(value)) => {
                let head = head(if tag == tag::RAW_STRING { Kind::Raw } else { Kind::Bytes });
                if value.len() < LONG_STRING_BYTES {
                    head.write(out);
                    write_bytes(out, value);
                } else {
                    let mut written = Vec::new();
                    head.write(&mut written);
                    write_varint(&mut written, value.len() as u64);
                    self.long_bytes += value.len();
                    self.taken.long.push(LongString { head: written, value: Arc::clone(value) });
                }
            }
            RecordedValue::Boxed(Object::PackedHash(packed)) => {
                head(Kind::Hash).write(out);
                write_hash(out, HashRef::Packed(PackedMap::new(packed)));
            }
            RecordedValue::Boxed(Object::TableHash(fields)) if fields.len() <= LARGE_HASH_FIELDS => {
                head(Kind::Hash).write(out);
                write_hash(out, HashRef::Table(fields));
            }
            RecordedValue::Boxed(Object::TableHash(fields)) => {
                let mut written = Vec::new();
                head(Kind::Fields).write(&mut written);
                fields.begin_recording(FieldRecorder::new(written, &self.control));
                self.open.push(key.into());
            }
        }
        self.taken.keys += 1;
    }

    fn group_recorded(&mut self) {
        self.note();
    }

    fn is_full(&self) -> bool {
        self.noted_bytes >= SLICE_BYTES
    }
}

fn record_inline<'k>(out: &mut Vec<u8>, head: &dyn Fn(Kind) -> Head<'k>, tag: Tag, bytes: &[u8]) {
    match tag {
        tag::INTEGER => {
            head(Kind::Integer).write(out);
            out.extend_from_slice(&decode_integer(bytes).to_le_bytes());
        }
        tag::PACKED_HASH => {
            head(Kind::Hash).write(out);
            write_hash(out, HashRef::Packed(PackedMap::new(bytes)));
        }
        tag => {
            head(if tag == tag::RAW_STRING { Kind::Raw } else { Kind::Bytes }).write(out);
            write_bytes(out, bytes);
        }
    }
}

/// Takes the fields of one large hash down.
pub struct FieldRecorder {
    control: Arc<Control>,
    /// The hash's own entry, without a body.
    head: Vec<u8>,
    /// Entries with some of its fields each.
    entries: Vec<u8>,
    /// The fields of the group at hand.
    fields: Vec<u8>,
    count: u64,
    /// Bytes of `entries` that the bound knows of.
    noted_bytes: usize,
}

impl FieldRecorder {
    fn new(head: Vec<u8>, control: &Arc<Control>) -> Self {
        let (entries, fields) = (Vec::new(), Vec::new());
        Self { control: Arc::clone(control), head, entries, fields, count: 0, noted_bytes: 0 }
    }

    /// Hands out what was taken down.
    pub(crate) fn collect(&mut self, out: &mut Vec<u8>) {
        self.control.bound.remove(std::mem::take(&mut self.noted_bytes));
        out.append(&mut self.entries);
    }
}

impl Drop for FieldRecorder {
    fn drop(&mut self) {
        self.control.bound.remove(self.noted_bytes);
    }
}

impl Stored for LongValue {
    type Recorder = FieldRecorder;
}

impl Recorder<LongValue> for FieldRecorder {
    fn record(&mut self, entry: Recorded<'_, LongValue>) {
        let value = match entry.value {
            RecordedValue::Inline(bytes) if entry.tag == tag::INTEGER => StringRef::Integer(decode_integer(bytes)),
            RecordedValue::Inline(bytes) => StringRef::Bytes(bytes),
            RecordedValue::Boxed(bytes) => StringRef::Bytes(bytes),
        };
        write_field(&mut self.fields, StringRef::Bytes(entry.key), value);
        self.count += 1;
    }

    fn group_recorded(&mut self) {
        if self.count > 0 {
            self.entries.extend_from_slice(&self.head);
            write_varint(&mut self.entries, std::mem::take(&mut self.count));
            self.entries.append(&mut self.fields);
            self.control.bound.add(self.entries.len() - self.noted_bytes);
            self.noted_bytes = self.entries.len();
        }
    }

    fn is_full(&self) -> bool {
        self.entries.len() >= SLICE_BYTES
    }
}

/// A namespace as it was.
#[derive(Clone, Debug)]
pub struct Section {
    /// The namespace.
    pub namespace: Arc<Namespace>,
    /// What it held and had done.
    pub usage: Usage,
}

/// How far a snapshot has come.
#[derive(Debug, Default)]
pub struct Progress {
    /// Keys there are to take down.
    pub keys_total: u64,
    /// Keys that were handed to the sink, by section.
    keys: Vec<AtomicU64>,
    /// Bytes of keys' entries that were, by section.
    bytes: Vec<AtomicU64>,
}

impl Progress {
    /// Keys handed to the sink.
    pub fn keys(&self) -> u64 {
        self.keys.iter().map(|keys| keys.load(Ordering::Relaxed)).sum()
    }

    /// Keys and bytes of a section handed to the sink.
    pub fn section(&self, section: usize) -> (u64, u64) {
        (self.keys[section].load(Ordering::Relaxed), self.bytes[section].load(Ordering::Relaxed))
    }
}

/// One shard to be walked.
struct Unit {
    section: u32,
    shards: Arc<Shards>,
    index: usize,
    done: AtomicBool,
}

/// A snapshot that has begun.
pub struct Taking {
    sections: Vec<Section>,
    units: Vec<Unit>,
    next_unit: AtomicUsize,
    next_piece: AtomicU64,
    control: Arc<Control>,
    progress: Arc<Progress>,
    stopped: AtomicBool,
    /// A table has one recorder. Given back last.
    _alone: ArcMutexGuard<RawMutex, ()>,
}

impl Taking {
    /// Begins: this moment is the one the snapshot shows. Namespaces that were deleted meanwhile are left out.
    ///
    /// Locks all shards of all namespaces for some hundred nanoseconds a shard: O(shards).
    pub(crate) fn begin(namespaces: &[Arc<Namespace>], bound: Arc<Bound>, alone: ArcMutexGuard<RawMutex, ()>) -> Self {
        bound.peak_bytes.store(0, Ordering::Relaxed);
        let control = Arc::new(Control { bound, cleared: Mutex::default() });
        let mut handles: Vec<Handle> = namespaces.iter().map(|namespace| Handle::new(Arc::clone(namespace))).collect();
        // One that was never used has nothing to take, and need not be given shards for it.
        let is_vacant = |handle: &Handle| handle.namespace().is_vacant();
        let (sections, units) = loop {
            handles.retain(|handle| !handle.namespace().is_deleted());
            let wanted: Vec<_> =
                handles.iter().filter(|handle| !is_vacant(handle)).map(|handle| (handle, Reach::All)).collect();
            if let Ok(mut locks) = Locks::many(&wanted, Patience::Wait)
                // One that came into use before the locks were had belongs to the moment.
                && wanted.len() == handles.iter().filter(|handle| !is_vacant(handle)).count()
            {
                let used: Vec<&Handle> = wanted.iter().map(|(handle, _)| *handle).collect();
                break Self::begin_locked(&mut locks, &handles, &used, &control);
            }
            drop(wanted);
            for handle in &mut handles {
                // A namespace that is gone is left out in the next round.
                let _ = if is_vacant(handle) { Ok(()) } else { handle.refresh() };
            }
        };
        let progress = Progress {
            keys_total: sections.iter().map(|section| section.usage.keys as u64).sum(),
            keys: sections.iter().map(|_| AtomicU64::new(0)).collect(),
            bytes: sections.iter().map(|_| AtomicU64::new(0)).collect(),
        };
        Self {
            sections,
            units,
            next_unit: AtomicUsize::new(0),
            next_piece: AtomicU64::new(0),
            control,
            progress: Arc::new(progress),
            stopped: AtomicBool::new(false),
            _alone: alone,
        }
    }

    /// `used` are those of `handles`, in their order, that have shards.
    fn begin_locked(
        locks: &mut Locks<'_>,
        handles: &[Handle],
        used: &[&Handle],
        control: &Arc<Control>,
    ) -> (Vec<Section>, Vec<Unit>) {
        let (mut sections, mut units) = (Vec::new(), Vec::new());
        let mut used = used.iter().peekable();
        for (section, handle) in handles.iter().enumerate() {
            let mut usage = Usage::default();
            if used.next_if(|used| std::ptr::eq(**used, handle)).is_some() {
                for (shards, index, shard) in locks.all_shards_of(handle) {
                    usage += shard.usage();
                    shard.table.begin_recording(EntryRecorder::new(section as u32, control));
                    units.push(Unit { section: section as u32, shards, index, done: AtomicBool::new(false) });
                }
            }
            sections.push(Section { namespace: Arc::clone(handle.namespace()), usage });
        }
        (sections, units)
    }

    /// The namespaces taken, in the order of their sections.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// How far it has come; readable from elsewhere.
    pub fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }

    /// Takes everything down with so many threads, this one among them.
    ///
    /// # Errors
    ///
    /// The first error of the sink; `Ok(false)` when `cancel` became true.
    pub fn run<S: BlockSink>(&self, threads: usize, sink: &S, cancel: &AtomicBool) -> Result<bool, S::Error> {
        let failure = Mutex::new(None);
        let work = || {
            if let Err(error) = self.work(sink, cancel) {
                self.stopped.store(true, Ordering::Relaxed);
                failure.lock().get_or_insert(error);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads.max(1) {
                // Without another thread this one does more.
                let _ = std::thread::Builder::new().name("rkvs-snapshot".into()).spawn_scoped(scope, work);
            }
            work();
        });
        if !self.is_stopped(cancel)
            && let Err(error) = self.take_cleared(sink)
        {
            failure.lock().get_or_insert(error);
        }
        let stopped = self.is_stopped(cancel);
        self.end();
        match failure.into_inner() {
            Some(error) => Err(error),
            None => Ok(!stopped),
        }
    }

    fn is_stopped(&self, cancel: &AtomicBool) -> bool {
        self.stopped.load(Ordering::Relaxed) || cancel.load(Ordering::Relaxed)
    }

    fn work<S: BlockSink>(&self, sink: &S, cancel: &AtomicBool) -> Result<(), S::Error> {
        while let Some(unit) = self.units.get(self.next_unit.fetch_add(1, Ordering::Relaxed)) {
            if self.is_stopped(cancel) {
                return Ok(());
            }
            self.walk(unit, sink, cancel)?;
        }
        Ok(())
    }

    /// Takes one shard down.
    fn walk<S: BlockSink>(&self, unit: &Unit, sink: &S, cancel: &AtomicBool) -> Result<(), S::Error> {
        let mut batch = Batch::new(self, unit.section, sink);
        let mut cursor = Some(0);
        while !self.is_stopped(cancel) {
            self.relieve(sink)?;
            let mut shard = unit.shards.cell(unit.index).lock();
            let Some(table) = self.recorded(&mut shard) else { break };
            cursor = cursor.and_then(|cursor| table.record_step(cursor, SLICE_ENTRIES));
            let Some(recorder) = table.recorder() else { break };
            let taken = recorder.collect();
            let open = if cursor.is_none() { recorder.open.last().cloned() } else { None };
            let is_done = cursor.is_none() && open.is_none();
            if is_done {
                // Writers need take nothing down any more.
                table.end_recording();
            }
            drop(shard);
            batch.add(taken)?;
            // Who waits for this processor, to serve a client as a rule, waits for a slice, not for its time share to be over.
            std::thread::yield_now();
            if is_done {
                break;
            }
            if let Some(key) = open {
                self.walk_hash(unit, &key, &mut batch, cancel)?;
            }
        }
        unit.done.store(true, Ordering::Relaxed);
        batch.flush()
    }

    /// The table of a shard, if this snapshot still takes it down.
    fn recorded<'s>(&self, shard: &'s mut Shard) -> Option<&'s mut Table<Object>> {
        let is_ours = |recorder: &mut EntryRecorder| Arc::ptr_eq(&recorder.control, &self.control);
        if shard.table.recorder().is_some_and(is_ours) { Some(&mut shard.table) } else { None }
    }

    /// Takes one large hash down, unless it has left its key: then somebody else has seen to it.
    fn walk_hash<S: BlockSink>(
        &self,
        unit: &Unit,
        key: &[u8],
        batch: &mut Batch<'_, S>,
        cancel: &AtomicBool,
    ) -> Result<(), S::Error> {
        let mut cursor = Some(0);
        while let Some(at) = cursor
            && !self.is_stopped(cancel)
        {
            let mut bytes = Vec::new();
            {
                let mut shard = unit.shards.cell(unit.index).lock();
                let Some(table) = self.recorded(&mut shard) else { return Ok(()) };
                cursor = large_hash(table, key).and_then(|fields| {
                    let next = fields.record_step(at, SLICE_ENTRIES, &mut bytes);
                    if next.is_none() {
                        fields.record_rest(&mut bytes);
                    }
                    next
                });
                if cursor.is_none()
                    && let Some(recorder) = table.recorder()
                {
                    recorder.open.retain(|open| **open != *key);
                }
            }
            batch.bytes(&mut bytes)?;
            std::thread::yield_now();
        }
        Ok(())
    }

    /// Collects what writers have taken down in shards that nobody has come to yet, when much of it waits.
    fn relieve<S: BlockSink>(&self, sink: &S) -> Result<(), S::Error> {
        if !self.control.bound.is_half_reached() {
            return Ok(());
        }
        for unit in self.units.iter().filter(|unit| !unit.done.load(Ordering::Relaxed)) {
            let taken = {
                let Some(mut shard) = unit.shards.cell(unit.index).try_lock() else { continue };
                let Some(table) = self.recorded(&mut shard) else { continue };
                let Some(recorder) = table.recorder() else { continue };
                recorder.collect()
            };
            let mut batch = Batch::new(self, unit.section, sink);
            batch.add(taken)?;
            batch.flush()?;
        }
        Ok(())
    }

    /// Takes the tables down that were cleared meanwhile; they belong to this snapshot alone.
    fn take_cleared<S: BlockSink>(&self, sink: &S) -> Result<(), S::Error> {
        loop {
            let Some(mut table) = self.control.cleared.lock().pop() else { return Ok(()) };
            let Some(recorder) = table.recorder() else { continue };
            let mut batch = Batch::new(self, recorder.section, sink);
            let mut cursor = Some(0);
            while let Some(at) = cursor {
                cursor = table.record_step(at, SLICE_ENTRIES);
                if let Some(recorder) = table.recorder() {
                    batch.add(recorder.collect())?;
                }
            }
            let open = table.recorder().map(|recorder| std::mem::take(&mut recorder.open));
            for key in open.into_iter().flatten() {
                if let Some(fields) = large_hash(&mut table, &key) {
                    let mut bytes = Vec::new();
                    fields.record_rest(&mut bytes);
                    batch.bytes(&mut bytes)?;
                }
            }
            table.end_recording();
            batch.flush()?;
        }
    }

    /// Ends the recordings that are left.
    fn end(&self) {
        for unit in &self.units {
            let mut shard = unit.shards.cell(unit.index).lock();
            let Some(table) = self.recorded(&mut shard) else { continue };
            let Some(recorder) = table.end_recording() else { continue };
            for key in &recorder.open {
                if let Some(fields) = large_hash(table, key) {
                    fields.end_recording();
                }
            }
        }
        self.control.cleared.lock().clear();
    }
}

impl Drop for Taking {
    fn drop(&mut self) {
        self.end();
    }
}

/// The hash of a key, if it is being taken down piece by piece.
fn large_hash<'t>(table: &'t mut Table<Object>, key: &[u8]) -> Option<&'t mut FieldTable> {
    let slot = table.find(table.hasher().key(key))?;
    table.boxed_mut(slot)?.recorded_fields()
}

/// Entries on their way into blocks.
struct Batch<'t, S> {
    taking: &'t Taking,
    section: u32,
    sink: &'t S,
    waiting: Vec<u8>,
}

impl<'t, S: BlockSink> Batch<'t, S> {
    fn new(taking: &'t Taking, section: u32, sink: &'t S) -> Self {
        Self { taking, section, sink, waiting: Vec::new() }
    }

    /// Adds what was taken down.
    fn add(&mut self, mut taken: Taken) -> Result<(), S::Error> {
        self.taking.progress.keys[self.section as usize].fetch_add(taken.keys, Ordering::Relaxed);
        self.bytes(&mut taken.bytes)?;
        for long in taken.long {
            self.pieces(&[&long.head, &long.value])?;
        }
        for mut orphan in taken.orphans {
            if let Object::TableHash(fields) = &mut *orphan {
                let mut bytes = Vec::new();
                fields.record_rest(&mut bytes);
                self.bytes(&mut bytes)?;
            }
        }
        Ok(())
    }

    /// Adds whole entries.
    fn bytes(&mut self, entries: &mut Vec<u8>) -> Result<(), S::Error> {
        if self.waiting.len() + entries.len() > BLOCK_BYTES_MAX {
            self.flush()?;
        }
        if entries.len() > BLOCK_BYTES_MAX {
            return self.pieces(&[&std::mem::take(entries)]);
        }
        self.waiting.append(entries);
        if self.waiting.len() >= BLOCK_BYTES { self.flush() } else { Ok(()) }
    }

    /// Hands on what is too long for a block, cut into pieces.
    fn pieces(&self, parts: &[&[u8]]) -> Result<(), S::Error> {
        let number = self.taking.next_piece.fetch_add(1, Ordering::Relaxed);
        let whole_bytes: u64 = parts.iter().map(|part| part.len() as u64).sum();
        let mut payload = Vec::with_capacity(BLOCK_BYTES_MAX);
        let begin = |payload: &mut Vec<u8>, offset: u64| {
            payload.clear();
            [number, whole_bytes, offset].into_iter().for_each(|value| write_varint(payload, value));
        };
        let mut offset = 0;
        begin(&mut payload, offset);
        for part in parts {
            let mut rest = *part;
            while !rest.is_empty() {
                let room = BLOCK_BYTES_MAX - payload.len();
                let (now, later) = rest.split_at(rest.len().min(room));
                payload.extend_from_slice(now);
                offset += now.len() as u64;
                rest = later;
                if payload.len() == BLOCK_BYTES_MAX || offset == whole_bytes {
                    self.block(BlockKind::Piece, &payload)?;
                    begin(&mut payload, offset);
                }
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), S::Error> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.block(BlockKind::Entries, &self.waiting)?;
        self.waiting.clear();
        Ok(())
    }

    fn block(&self, kind: BlockKind, payload: &[u8]) -> Result<(), S::Error> {
        self.taking.progress.bytes[self.section as usize].fetch_add(payload.len() as u64, Ordering::Relaxed);
        self.sink.block(self.section, kind, payload)
    }
}

const _: () = assert!(BLOCK_BYTES < BLOCK_BYTES_MAX && PIECE_HEAD_BYTES < BLOCK_BYTES);
