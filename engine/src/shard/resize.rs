//! Another number of shards for a namespace, while everybody goes on.
//!
//! A resize makes a whole new set of shards, the successor, and moves the keys there shard by shard, each shard's in the order of
//! their hashes, some hundred under a lock at a time. The set there was stays the gate (see [`super`]): `Shard::unmoved_from` of
//! a gate says which of its keys are in the successor.
//!
//! ```text
//! gates       0: all moved          1: moved below x │ here from x on      2, 3: all here
//! successor   keys of gate 0, and of gate 1 below x, each in the shard that its own route names
//! ```
//!
//! A gate that has been emptied gives its memory back at once, so a resize costs about the memory of one shard more. A cancelled
//! resize moves everything back the other way round, the highest hashes first, from all successors into all gates.
//! In the end one of the two sets is empty. The content of the other moves into a fresh set, which is the namespace's from
//! then on, and both retire: so handles that nobody refreshes keep no more than these two alive, and no set is ever gate and
//! successor both, which the order of locks rests on.
//!
//! What is moved stays what it is: entries are copied as they lie, with deadline and frequency; watches go with the keys they
//! are for, those that are absent included, and see no change. Limits have nothing to say, since nothing becomes more.
//!
//! While a snapshot takes a gate down, the keys stand still: moving them would have all of them taken down on the spot and wait in
//! memory. It would not be wrong otherwise: a table takes down what leaves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::lock::ShardGuard;
use super::multi_key::{lock_all, lock_sets};
use super::route::RouteTable;
use super::watch::Watch;
use super::{RESIZING, RETIRED, Shard, Shards};
use crate::error::{Error, Result};
use crate::namespace::Namespace;
use crate::stats::Counters;
use crate::table::{Slot, Table, ValueView};
use crate::value::{Object, ValueRef};

/// Keys moved under one lock at most: some dozens of microseconds.
const SLICE_KEYS: usize = 128;
/// And fewer where they and their values are long, down to a few: what is copied is some dozens of KiB then.
const SLICE_BYTES: usize = 64 << 10;
const SLICE_KEYS_MIN: usize = 16;

/// How much longer than a slice others have their turn after it, if they use the namespace.
const PAUSE_FACTOR: u32 = 2;
/// How long to wait for a snapshot before another look.
const SNAPSHOT_WAIT: Duration = Duration::from_millis(1);

/// How far a resize has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ResizeState {
    /// Number of shards before.
    pub from: usize,
    /// Number of shards asked for.
    pub to: usize,
    /// Keys that were moved to the new shards and not back.
    pub keys_moved: u64,
    /// Keys there were at the beginning.
    pub keys_total: u64,
    /// The part of all keys, by their hashes, that is in the new shards: 0 to 1.
    pub progress: f64,
    /// Whether it was cancelled, and moves the keys back.
    pub is_cancelled: bool,
    /// When it began, in Unix milliseconds.
    pub since_ms: u64,
}

/// How a resize ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResizeEnd {
    /// With the number of shards asked for.
    Done,
    /// With the number there was, since it was cancelled.
    Cancelled,
    /// With the number there was, since the table of a new shard was full: so few shards cannot hold so much.
    NoRoom,
}

/// A resize that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedResize {
    /// Number of shards before.
    pub from: usize,
    /// Number of shards asked for.
    pub to: usize,
    /// Keys there were at the beginning.
    pub keys_total: u64,
    /// When it began, in Unix milliseconds.
    pub since_ms: u64,
    /// When it ended, in Unix milliseconds.
    pub ended_ms: u64,
    /// How.
    pub end: ResizeEnd,
}

/// The resizes of a namespace.
#[derive(Debug, Default)]
pub(crate) struct Resizes {
    pub(crate) current: Option<Arc<Resize>>,
    pub(crate) last: Option<EndedResize>,
    pub(crate) counts: ResizeCounts,
}

/// How many resizes have ended, by how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResizeCounts {
    /// [`ResizeEnd::Done`].
    pub done: u64,
    /// [`ResizeEnd::Cancelled`].
    pub cancelled: u64,
    /// [`ResizeEnd::NoRoom`].
    pub no_room: u64,
}

impl Resizes {
    /// Notes that there is none any more, and how it ended, if by itself.
    pub(crate) fn end(&mut self, ended: Option<EndedResize>) {
        self.current = None;
        let Some(ended) = ended else { return };
        self.last = Some(ended);
        *match ended.end {
            ResizeEnd::Done => &mut self.counts.done,
            ResizeEnd::Cancelled => &mut self.counts.cancelled,
            ResizeEnd::NoRoom => &mut self.counts.no_room,
        } += 1;
    }
}

/// What a step of a resize has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResizeStep {
    /// Moved so many keys.
    Moved {
        /// How many.
        keys: usize,
        /// Whether others have used the shards since the last step.
        busy: bool,
    },
    /// Nothing, since a snapshot is being taken.
    Waiting,
    /// The resize has ended.
    Ended(ResizeEnd),
}

/// A resize as the namespace knows it.
pub(crate) struct Resize {
    from: usize,
    to: usize,
    since_ms: u64,
    keys_total: u64,
    keys_moved: AtomicU64,
    /// The part of all hashes whose keys were moved, in billionths.
    progress: AtomicU64,
    cancelled: AtomicBool,
    no_room: AtomicBool,
    mover: Mutex<Mover>,
}

/// The one that moves the keys.
struct Mover {
    gates: Arc<Shards>,
    successor: Arc<Shards>,
    /// The gate whose keys are moved at present; all before it are empty.
    gate: usize,
    /// After a cancellation, the highest hash whose keys may be in the successor; `None` when none is.
    back_to: Option<u64>,
    /// Keys in the successor when that was last counted.
    left: Option<usize>,
    ended: Option<ResizeEnd>,
    found: Vec<(u64, Slot)>,
    /// Entries on their way, with the index of the shard they go to.
    parcels: Vec<(usize, u64, Slot)>,
    /// Operations of each successor when it was last seen.
    operations: Vec<u64>,
    /// Operations of the gate.
    gate_operations: u64,
}

impl Resize {
    /// Begins a resize. All locks of `present`, which become gates, are held.
    pub(crate) fn begin(
        namespace: &Namespace,
        present: &Arc<Shards>,
        gates: &mut [ShardGuard<'_, Shard>],
        route: Arc<RouteTable>,
    ) -> Self {
        let shared = namespace.shared();
        let to = route.shards();
        let successor = Arc::new(Shards::new_successor(namespace.id(), route, shared.hasher));
        let set = present.successor.set(Arc::clone(&successor));
        debug_assert!(set.is_ok(), "a set has one successor");
        gates.iter_mut().for_each(|gate| gate.owner |= RESIZING);
        let keys_total = gates.iter().map(|gate| gate.table.len() as u64).sum();
        Self {
            from: present.len(),
            to,
            since_ms: shared.clock.now_ms(),
            keys_total,
            keys_moved: AtomicU64::new(0),
            progress: AtomicU64::new(0),
            cancelled: AtomicBool::new(false),
            no_room: AtomicBool::new(false),
            mover: Mutex::new(Mover {
                gates: Arc::clone(present),
                successor,
                gate: 0,
                back_to: Some(u64::MAX),
                left: None,
                ended: None,
                found: Vec::new(),
                parcels: Vec::new(),
                operations: vec![0; to],
                gate_operations: 0,
            }),
        }
    }

    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    pub(crate) fn state(&self) -> ResizeState {
        ResizeState {
            from: self.from,
            to: self.to,
            keys_moved: self.keys_moved.load(Ordering::Relaxed),
            keys_total: self.keys_total,
            progress: self.progress.load(Ordering::Relaxed) as f64 / 1e9,
            is_cancelled: self.is_cancelled(),
            since_ms: self.since_ms,
        }
    }

    /// Notes how many gates are moved, in parts too.
    fn note_progress(&self, gates: f64) {
        self.progress.store((gates / self.from as f64 * 1e9) as u64, Ordering::Relaxed);
    }

    fn step(&self, namespace: &Namespace, keys_max: usize) -> Result<ResizeStep> {
        let mut mover = self.mover.lock();
        if let Some(end) = mover.ended {
            return Ok(ResizeStep::Ended(end));
        }
        let keys_max = keys_max.clamp(1, SLICE_KEYS);
        if self.is_cancelled() {
            mover.backward(self, namespace, keys_max)
        } else {
            mover.forward(self, namespace, keys_max)
        }
    }
}

impl Mover {
    /// Moves the next keys of a gate to the successor.
    fn forward(&mut self, resize: &Resize, namespace: &Namespace, keys_max: usize) -> Result<ResizeStep> {
        if self.gate == self.gates.len() {
            return self.end(resize, namespace);
        }
        let Self { gates, successor, found, parcels, operations, gate_operations, .. } = self;
        let mut gate = gates.cell(self.gate).lock();
        if !gate.belongs_to(namespace.id()) {
            return Err(Error::NamespaceDeleted);
        }
        if is_taken_down(&gate, namespace) {
            return Ok(ResizeStep::Waiting);
        }
        gate.table.set_draining(true);
        let start = gate.unmoved_from.unwrap_or(u64::MAX);
        let end = start + slice_width(u64::MAX - start, gate.table.len(), keys_max.min(slice_keys(&gate)));
        // The watches first: who finds a moved entry expired, under the lock of the successor alone, finds them there.
        take_watches(&mut gate, start, end, |hash, watch| {
            successor.cell_of(hash).1.lock().watches.get_or_insert_default().insert(hash, watch);
        });
        gate.table.find_range(start, end, found);
        parcels.extend(found.drain(..).map(|(hash, slot)| (successor.route.shard_of(hash), hash, slot)));
        parcels.sort_unstable_by_key(|(index, ..)| *index);
        let done = gate.operations();
        let mut busy = std::mem::replace(gate_operations, done) != done;
        for parcels in parcels.chunk_by(|one, other| one.0 == other.0) {
            let index = parcels[0].0;
            let mut target = successor.cell(index).lock();
            for &(_, hash, slot) in parcels {
                gate.hand_over(hash, slot, &mut target);
            }
            if target.table.is_full() {
                resize.no_room.store(true, Ordering::Relaxed);
                resize.cancel();
            }
            let done = target.operations();
            busy |= std::mem::replace(&mut operations[index], done) != done;
        }
        // What was moved is known to be there before anything else happens.
        gate.unmoved_from = end.checked_add(1);
        for parcels in parcels.chunk_by(|one, other| one.0 == other.0) {
            settle(&mut successor.cell(parcels[0].0).lock(), namespace);
        }
        let keys = parcels.len();
        parcels.clear();
        if gate.unmoved_from.is_none() {
            discard_table(&mut gate, namespace);
            self.gate += 1;
        }
        settle(&mut gate, namespace);
        drop(gate);
        resize.keys_moved.fetch_add(keys as u64, Ordering::Relaxed);
        resize.note_progress(self.gate as f64 + part(end.wrapping_add(1)));
        Ok(ResizeStep::Moved { keys, busy })
    }

    /// Moves the keys with the highest hashes from all successors back to their gates.
    fn backward(&mut self, resize: &Resize, namespace: &Namespace, keys_max: usize) -> Result<ResizeStep> {
        let Some(end) = self.back_to else { return self.end(resize, namespace) };
        let Self { gates, successor, found, left, .. } = self;
        let Some(mut gate_guards) = lock_all(gates, namespace.id()) else { return Err(Error::NamespaceDeleted) };
        if gate_guards.iter().any(|gate| is_taken_down(gate, namespace)) {
            return Ok(ResizeStep::Waiting);
        }
        let count = || (0..successor.len()).map(|index| successor.cell(index).lock().table.len()).sum();
        // Each step looks into every successor, so where these are many it is worth more keys, if they are short.
        let is_short = slice_keys(&successor.cell(0).lock()) == SLICE_KEYS;
        let keys_max = if is_short { keys_max.max(successor.len() / 2) } else { keys_max };
        let start = end - slice_width(end, left.unwrap_or_else(count), keys_max);
        let (mut keys, mut keys_left) = (0, 0);
        for index in 0..successor.len() {
            // Watches and entries go under one lock: see `forward`.
            let mut source = successor.cell(index).lock();
            source.table.set_draining(true);
            take_watches(&mut source, start, end, |hash, watch| {
                let gate = &mut gate_guards[gates.route.shard_of(hash)];
                gate.watches.get_or_insert_default().insert(hash, watch);
            });
            source.table.find_range(start, end, found);
            keys += found.len();
            for (hash, slot) in found.drain(..) {
                source.hand_over(hash, slot, &mut gate_guards[gates.route.shard_of(hash)]);
            }
            keys_left += source.table.len();
        }
        // What was moved is known to be there before anything else happens.
        let mut opened = 0;
        for gate in &mut gate_guards {
            gate.table.set_draining(false);
            opened += u32::from(gate.unmoved_from != Some(0));
            if gate.has_moved(start) {
                gate.unmoved_from = Some(start);
            }
        }
        (self.left, self.back_to) = (Some(keys_left), start.checked_sub(1));
        if namespace.is_leasing() {
            (0..successor.len()).for_each(|index| successor.cell(index).lock().settle(namespace));
            gate_guards.iter_mut().for_each(|gate| gate.settle(namespace));
        }
        drop(gate_guards);
        // Also those that were written there: no more can come back than went.
        let less = |moved: u64| Some(moved.saturating_sub(keys as u64));
        let _ = resize.keys_moved.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        resize.note_progress(f64::from(opened) * part(start));
        Ok(ResizeStep::Moved { keys, busy: true })
    }

    /// Gives the namespace a fresh set with what all keys are in now, and retires gates and successor.
    fn end(&mut self, resize: &Resize, namespace: &Namespace) -> Result<ResizeStep> {
        let Some(mut guards) = lock_sets(&self.gates, namespace.id()) else { return Err(Error::NamespaceDeleted) };
        let (gates, successors) = guards.split_at_mut(self.gates.len());
        // A cancellation that nothing has come of yet comes too late.
        let (set, staying, leaving, end) = if self.back_to.is_some() {
            (&self.successor, successors, gates, ResizeEnd::Done)
        } else if resize.no_room.load(Ordering::Relaxed) {
            (&self.gates, gates, successors, ResizeEnd::NoRoom)
        } else {
            (&self.gates, gates, successors, ResizeEnd::Cancelled)
        };
        if staying.iter().any(|shard| shard.table.is_recorded()) {
            // The snapshot looks for them where they are.
            return Ok(ResizeStep::Waiting);
        }
        debug_assert!(leaving.iter().all(|shard| shard.table.is_empty() && shard.watches.is_none()));
        let hasher = namespace.shared().hasher;
        let fresh = Shards::new(namespace.id(), Arc::clone(&set.route), hasher);
        let mut seen = Vec::with_capacity(fresh.len());
        for (index, shard) in staying.iter_mut().enumerate() {
            let mut content = std::mem::replace(&mut **shard, Shard::new(RETIRED, hasher));
            (content.owner, content.unmoved_from) = (namespace.id(), Some(0));
            content.table.set_draining(false);
            seen.push(content.usage());
            *fresh.cell(index).lock() = content;
        }
        // What the others have counted goes on being counted.
        let mut counters = Counters::default();
        for shard in leaving.iter_mut() {
            counters += shard.counters;
            shard.owner = RETIRED;
            discard_table(shard, namespace);
        }
        namespace.forget_leases(leaving.iter_mut().map(|shard| &mut **shard));
        fresh.cell(0).lock().counters += counters;
        seen[0].counters += counters;
        *fresh.seen.lock() = seen;
        let ended_ms = namespace.shared().clock.now_ms();
        let ResizeState { from, to, keys_total, since_ms, .. } = resize.state();
        namespace.end_resize(Arc::new(fresh), Some(EndedResize { from, to, keys_total, since_ms, ended_ms, end }));
        // A snapshot from before has the other number of shards.
        namespace.shared().note_changes(1);
        self.ended = Some(end);
        Ok(ResizeStep::Ended(end))
    }
}

impl Shard {
    /// Look-ups and changes since the start.
    fn operations(&self) -> u64 {
        self.counters.reads + self.counters.writes
    }

    /// Moves an entry to another shard of the namespace, with all that is known about it but its watches. Slots of other entries
    /// here stay good.
    fn hand_over(&mut self, hash: u64, slot: Slot, target: &mut Self) {
        let view = self.table.view(slot);
        let (key_bytes, value_bytes) = (view.key.len(), ValueRef::new(view.tag, view.value).length());
        let object_bytes = match view.value {
            ValueView::Inline(_) => None,
            ValueView::Boxed(object) => Some(object.owned_bytes()),
        };
        let slot = self.table.transfer(slot, hash, &mut target.table);
        self.key_bytes -= key_bytes;
        target.key_bytes += key_bytes;
        self.value_bytes -= value_bytes;
        target.value_bytes += value_bytes;
        let Some(object_bytes) = object_bytes else { return };
        self.object_bytes -= object_bytes;
        target.object_bytes += object_bytes;
        // A snapshot that takes it down piece by piece knows it by the shard it was in.
        if let Some(recorder) = self.table.recorder()
            && let Some(fields) = target.table.boxed_mut(slot).and_then(Object::recorded_fields)
        {
            recorder.finish(fields);
        }
    }
}

/// Whether a snapshot takes a shard down, or writers are asked to wait for one.
fn is_taken_down(shard: &Shard, namespace: &Namespace) -> bool {
    shard.table.is_recorded() || namespace.shared().snapshot_bound.is_reached()
}

/// Takes the watches out of a shard whose keys' hashes lie in `start..=end`.
fn take_watches(shard: &mut Shard, start: u64, end: u64, mut put: impl FnMut(u64, Watch)) {
    let Some(watches) = &mut shard.watches else { return };
    let taken = watches.take_range(start, end);
    if watches.is_empty() {
        shard.watches = None;
    }
    taken.into_watches().for_each(|(hash, watch)| put(hash, watch));
}

/// Gives the memory of a table back that was emptied, unless a snapshot still has to find it empty.
fn discard_table(shard: &mut Shard, namespace: &Namespace) {
    if !shard.table.is_recorded() {
        let empty = Table::new(shard.table.hasher());
        namespace.shared().reclaim.free_table(std::mem::replace(&mut shard.table, empty), 0);
    }
}

fn settle(shard: &mut Shard, namespace: &Namespace) {
    if namespace.is_leasing() {
        shard.settle(namespace);
    }
}

/// How many keys of a shard a slice should have.
fn slice_keys(shard: &Shard) -> usize {
    let bytes_per_key = (shard.key_bytes + shard.value_bytes) / shard.table.len().max(1);
    (SLICE_BYTES / bytes_per_key.max(1)).clamp(SLICE_KEYS_MIN, SLICE_KEYS)
}

/// The part of all hashes that is below one.
fn part(hash: u64) -> f64 {
    hash as f64 / u64::MAX as f64
}

/// How wide a part of a range of hashes, in which there are so many keys, should be to have `slice_keys` of them.
fn slice_width(range: u64, keys: usize, slice_keys: usize) -> u64 {
    range / (keys / slice_keys + 1) as u64
}

/// The work at a resize. It stands still where nobody calls [`Resizing::step`], and the namespace works all the same, at the cost of
/// another lock for keys that were moved; [`Namespace::resizing`] gives whoever wants to go on another one of these.
#[derive(Debug)]
pub struct Resizing {
    namespace: Arc<Namespace>,
    /// `None` when there is nothing to move.
    resize: Option<Arc<Resize>>,
}

impl Resizing {
    pub(crate) fn new(namespace: Arc<Namespace>, resize: Arc<Resize>) -> Self {
        Self { namespace, resize: Some(resize) }
    }

    pub(crate) fn finished(namespace: Arc<Namespace>) -> Self {
        Self { namespace, resize: None }
    }

    /// The namespace.
    pub fn namespace(&self) -> &Arc<Namespace> {
        &self.namespace
    }

    /// How far it has come; `None` when there was nothing to do.
    pub fn state(&self) -> Option<ResizeState> {
        self.resize.as_ref().map(|resize| resize.state())
    }

    /// Has it move everything back.
    pub fn cancel(&self) {
        self.resize.iter().for_each(|resize| resize.cancel());
    }

    /// Moves about `keys_max` keys under one lock, some hundred at most, or ends the resize when all are moved.
    ///
    /// # Errors
    ///
    /// [`Error::NamespaceDeleted`].
    pub fn step(&self, keys_max: usize) -> Result<ResizeStep> {
        match &self.resize {
            Some(resize) => resize.step(&self.namespace, keys_max),
            None => Ok(ResizeStep::Ended(ResizeEnd::Done)),
        }
    }

    /// Does all steps there are, with pauses in which others have their turn, and waits for snapshots. Leaves it where it is, and
    /// returns `None`, when `stop` becomes true.
    ///
    /// # Errors
    ///
    /// As [`Resizing::step`].
    #[expect(clippy::disallowed_methods, reason = "durations are measured; what time it is does not matter")]
    pub fn run(&self, stop: &AtomicBool) -> Result<Option<ResizeEnd>> {
        while !stop.load(Ordering::Relaxed) {
            let started = Instant::now();
            match self.step(SLICE_KEYS)? {
                ResizeStep::Ended(end) => return Ok(Some(end)),
                ResizeStep::Waiting => std::thread::sleep(SNAPSHOT_WAIT),
                ResizeStep::Moved { busy: true, .. } => std::thread::sleep(started.elapsed() * PAUSE_FACTOR),
                ResizeStep::Moved { busy: false, .. } => std::thread::yield_now(),
            }
        }
        Ok(None)
    }
}

impl std::fmt::Debug for Resize {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.state().fmt(out)
    }
}
