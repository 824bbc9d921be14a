//! An isolated keyspace: its name and index, its limits, its shards.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use arc_swap::ArcSwap;
use parking_lot::Mutex;

use crate::engine::Shared;
use crate::error::{Error, Result};
use crate::keyspace::{Keyspace, scan_range};
use crate::memory::{Budget, Padded};
use crate::shard::multi_key::{LockError, Locks, Patience, Reach, lock_all, lock_sets, spin};
use crate::shard::resize::{EndedResize, Resize, ResizeCounts, ResizeEnd, ResizeState, Resizes, Resizing};
use crate::shard::route::RouteTable;
use crate::shard::{RETIRED, Shard, Shards};
use crate::stats::Usage;
use crate::table::{EntryView, Key, Shape};
use crate::value::Object;

/// How often [`Namespace::recent_usage`] lets other threads run before it takes what it has seen last.
const YIELDS_MAX: usize = 32;

/// Longest name of a namespace, in bytes.
pub const NAME_BYTES_MAX: usize = 128;

/// Checks a name: 1 to [`NAME_BYTES_MAX`] bytes of letters and digits of any script, `.`, `_`, `-` and `:`, and no dot at
/// the start. So a name can stand in a file name, a URL, a label or a log line as it is.
///
/// # Errors
///
/// [`Error::NameInvalid`].
pub fn check_name(name: &str) -> Result<()> {
    let legal = (1..=NAME_BYTES_MAX).contains(&name.len())
        && !name.starts_with('.')
        && name.chars().all(|letter| letter.is_alphanumeric() || "._-:".contains(letter));
    if legal { Ok(()) } else { Err(Error::NameInvalid) }
}

/// What a namespace may hold; 0 is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Most keys.
    pub max_keys: u64,
    /// Longest string or field value, in bytes.
    pub max_value_bytes: u64,
    /// Most memory, in bytes.
    pub max_memory_bytes: u64,
}

/// An isolated keyspace. Reached through a [`Handle`].
pub struct Namespace {
    id: u64,
    name: Box<str>,
    /// Set once more when a namespace that was loaded gets its place.
    database: AtomicU32,
    /// Number of shards there will be; once there are some, they know better.
    shard_count: AtomicUsize,
    shared: Arc<Shared>,
    /// The shared vacant set until the first use, then a set of its own.
    shards: ArcSwap<Shards>,
    /// The resize that goes on, and those before. Locks of shards may be held when this one is taken, not the other way round.
    resizes: Mutex<Resizes>,
    /// Held while the shards come into being or go for good, or a resize begins.
    lifecycle: Mutex<()>,
    deleted: AtomicBool,
    max_keys: AtomicU64,
    max_value_bytes: AtomicU64,
    /// Whether leases are kept, because a limit of memory is set here or for the engine. Changes only under all locks, or while there
    /// are no shards.
    leasing: AtomicBool,
    budget: Budget,
    /// Number of keys, kept only while `max_keys` is set. Changes between kept and not kept only under all locks.
    key_count: Padded<AtomicU64>,
}

impl Namespace {
    pub(crate) fn new(shared: Arc<Shared>, id: u64, name: &str, database: u32, shard_count: usize) -> Self {
        let vacant = Arc::clone(shared.vacant());
        let leasing = AtomicBool::new(shared.budget.limit_bytes() != 0);
        Self {
            id,
            name: name.into(),
            database: AtomicU32::new(database),
            shard_count: AtomicUsize::new(shard_count),
            shared,
            shards: ArcSwap::new(vacant),
            resizes: Mutex::default(),
            lifecycle: Mutex::new(()),
            deleted: AtomicBool::new(false),
            max_keys: AtomicU64::new(0),
            max_value_bytes: AtomicU64::new(0),
            leasing,
            budget: Budget::default(),
            key_count: Padded::default(),
        }
    }

    /// Unique in the process, never 0, never used again.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The index SELECT knows the namespace by.
    pub fn database(&self) -> u32 {
        self.database.load(Ordering::Relaxed)
    }

    /// Gives the namespace its index. Nobody else has it yet.
    pub(crate) fn set_database(&self, database: u32) {
        self.database.store(database, Ordering::Relaxed);
    }

    /// Number of shards; while they are resized, the one they had before.
    pub fn shard_count(&self) -> usize {
        let shards = self.shards.load();
        if shards.is_vacant() { self.shard_count.load(Ordering::Relaxed) } else { shards.len() }
    }

    /// Whether the namespace was never used: it has no shards, so there is nothing in it.
    pub fn is_vacant(&self) -> bool {
        self.shards.load().is_vacant()
    }

    /// Whether the namespace was deleted.
    pub fn is_deleted(&self) -> bool {
        self.deleted.load(Ordering::Acquire)
    }

    /// The limits in force.
    pub fn limits(&self) -> Limits {
        Limits {
            max_keys: self.max_keys.load(Ordering::Relaxed),
            max_value_bytes: self.max_value_bytes.load(Ordering::Relaxed),
            max_memory_bytes: self.budget.limit_bytes(),
        }
    }

    /// Changes all limits at once, between two operations. Values that are longer, and memory in use beyond the new
    /// limit, stay.
    ///
    /// # Errors
    ///
    /// [`Error::MaxKeysBelowCount`] when there are more keys than `max_keys`, [`Error::NamespaceDeleted`]; nothing is
    /// changed then.
    pub fn set_limits(self: &Arc<Self>, limits: Limits) -> Result<()> {
        self.change_limits(|_| limits)
    }

    /// [`Namespace::set_limits`] to what `change` makes of the present limits, which nobody else changes meanwhile. It may be
    /// called more than once.
    ///
    /// # Errors
    ///
    /// As [`Namespace::set_limits`].
    pub fn change_limits(self: &Arc<Self>, change: impl Fn(Limits) -> Limits) -> Result<()> {
        self.shared.note_changes(1);
        let change_vacant = || {
            self.store_limits(change(self.limits()));
            self.leasing.store(self.wants_leases(), Ordering::Relaxed);
        };
        if self.while_vacant(change_vacant)? {
            return Ok(());
        }
        let mut handle = Handle::new(Arc::clone(self));
        handle.with(Reach::All, 0, |keyspace| {
            let (limits, keys) = (change(self.limits()), keyspace.len() as u64);
            if limits.max_keys != 0 && keys > limits.max_keys {
                return Err(Error::MaxKeysBelowCount);
            }
            self.store_limits(limits);
            keyspace.recount();
            Ok(())
        })?
    }

    /// Changes the number of shards, up or down, while everybody goes on: [`Namespace::begin_resize`], and the whole of its work
    /// in this thread.
    ///
    /// # Errors
    ///
    /// As [`Namespace::begin_resize`]; [`Error::ResizeCancelled`] by [`Namespace::cancel_resize`]; [`Error::OutOfMemory`] when so few
    /// shards cannot hold so much. The number of shards is what it was then.
    pub fn resize(self: &Arc<Self>, shards: usize) -> Result<()> {
        match self.begin_resize(shards)?.run(&AtomicBool::new(false))? {
            Some(ResizeEnd::Done) => Ok(()),
            Some(ResizeEnd::NoRoom) => Err(Error::OutOfMemory),
            Some(ResizeEnd::Cancelled) | None => Err(Error::ResizeCancelled),
        }
    }

    /// Begins to change the number of shards. Nothing moves yet: that is the work of [`Resizing::step`]. A namespace that was never
    /// used, or has that many shards, has them when this returns.
    ///
    /// # Errors
    ///
    /// [`Error::ShardCountOutOfRange`], [`Error::ResizeInProgress`], [`Error::NamespaceDeleted`]; nothing is changed then.
    pub fn begin_resize(self: &Arc<Self>, shards: usize) -> Result<Resizing> {
        let route = RouteTable::for_shards(shards).map_err(|_| Error::ShardCountOutOfRange)?;
        self.shared.note_changes(1);
        if self.while_vacant(|| self.shard_count.store(shards, Ordering::Relaxed))? {
            return Ok(Resizing::finished(Arc::clone(self)));
        }
        let _alone = self.lifecycle.lock();
        loop {
            if self.is_deleted() {
                return Err(Error::NamespaceDeleted);
            }
            let present = self.shards.load_full();
            // Swapped while we waited for a lock: once more.
            let Some(mut gates) = lock_all(&present, self.id) else { continue };
            if present.successor().is_some() {
                return Err(Error::ResizeInProgress);
            }
            if present.len() == shards {
                return Ok(Resizing::finished(Arc::clone(self)));
            }
            let resize = Arc::new(Resize::begin(self, &present, &mut gates, route));
            self.resizes.lock().current = Some(Arc::clone(&resize));
            return Ok(Resizing::new(Arc::clone(self), resize));
        }
    }

    /// The resize that goes on, for who wants to work at it; `None` when there is none.
    pub fn resizing(self: &Arc<Self>) -> Option<Resizing> {
        let resize = self.resizes.lock().current.clone()?;
        Some(Resizing::new(Arc::clone(self), resize))
    }

    /// How far the resize that goes on has come; `None` when there is none.
    pub fn resize_state(&self) -> Option<ResizeState> {
        self.resizes.lock().current.as_ref().map(|resize| resize.state())
    }

    /// The resize that has ended last; `None` when none has.
    pub fn last_resize(&self) -> Option<EndedResize> {
        self.resizes.lock().last
    }

    /// How many resizes have ended.
    pub fn resize_counts(&self) -> ResizeCounts {
        self.resizes.lock().counts
    }

    /// Has the resize that goes on move everything back; whether there is one.
    pub fn cancel_resize(&self) -> bool {
        let resizes = self.resizes.lock();
        resizes.current.iter().for_each(|resize| resize.cancel());
        resizes.current.is_some()
    }

    /// Notes the shards that a resize leaves, and how it ended, if by itself. The caller holds all locks.
    pub(crate) fn end_resize(&self, shards: Arc<Shards>, ended: Option<EndedResize>) {
        self.shards.store(shards);
        self.resizes.lock().end(ended);
    }

    /// What the namespace holds and has done, summed over its shards. Locks one shard after another, so numbers that change
    /// meanwhile may be from slightly different moments; while it is resized, all at one moment.
    pub fn usage(&self) -> Usage {
        let mut sum = Usage::default();
        for usage in self.shard_usage() {
            sum += usage;
        }
        sum
    }

    /// The same by shard, while it is resized the new ones last; empty while the namespace was never used.
    pub fn shard_usage(&self) -> Vec<Usage> {
        self.read_shards(|usages: &mut Vec<Usage>, shard| usages.push(shard.usage()))
    }

    /// What the tables of the shards are made of; empty while the namespace was never used. Costs a look at every group, under one
    /// shard's lock after another.
    pub fn table_shapes(&self) -> Vec<Shape> {
        self.read_each(|shapes: &mut Vec<Shape>, shard| shapes.push(shard.table.shape()))
    }

    /// Gives memory back to the system that removed entries have left: tables with many free blocks are laid out anew, one
    /// shard after another, each under its lock for as long as that takes (some milliseconds where 10,000 entries are left of 100,000).
    pub fn trim(&self) {
        self.read_each(|(): &mut (), shard| {
            shard.table.trim();
            if self.is_leasing() {
                shard.settle(self);
            }
        });
    }

    /// [`Namespace::usage`] for those who must not wait: of a shard whose lock is not to be had within some microseconds the
    /// numbers are those of the last time somebody asked this way.
    pub fn recent_usage(&self) -> Usage {
        self.recently(|sum: &mut Usage, shards| shards.iter().for_each(|shard| *sum += *shard))
    }

    /// The same by shard; empty while the namespace was never used.
    pub fn recent_shard_usage(&self) -> Vec<Usage> {
        self.recently(|all: &mut Vec<Usage>, shards| all.extend_from_slice(shards))
    }

    /// Gathers what the shards hold, set by set.
    fn recently<T: Default>(&self, gather: impl Fn(&mut T, &[Usage])) -> T {
        'anew: loop {
            let mut gathered = T::default();
            let shards = self.shards.load_full();
            if shards.is_vacant() {
                return gathered;
            }
            // All shards together are waited for no longer than one: this is for event loops and probes.
            let mut yields = 0..YIELDS_MAX;
            for set in shards.sets() {
                let mut seen = set.seen().lock();
                seen.resize(set.len(), Usage::default());
                for (index, usage) in seen.iter_mut().enumerate() {
                    let cell = set.cell(index);
                    let shard = cell.try_lock().or_else(|| spin(|| cell.try_lock())).or_else(|| {
                        yields.by_ref().find_map(|_| {
                            std::thread::yield_now();
                            cell.try_lock()
                        })
                    });
                    match shard {
                        Some(shard) if shard.belongs_to(self.id) => *usage = shard.usage(),
                        Some(_) => continue 'anew,
                        None => {}
                    }
                }
                gather(&mut gathered, &seen);
            }
            return gathered;
        }
    }

    /// Look-ups and changes since the start, summed over the shards; `None` when a shard is locked for longer than
    /// some microseconds or changes hands right now. For those who must not wait, and can ask again later.
    pub fn try_operations(&self) -> Option<u64> {
        let shards = self.shards.load_full();
        if shards.is_vacant() {
            return Some(0);
        }
        shards
            .all_cells()
            .map(|cell| {
                let shard = cell.try_lock().or_else(|| spin(|| cell.try_lock()))?;
                if !shard.belongs_to(self.id) {
                    return None;
                }
                Some(shard.counters.reads + shard.counters.writes)
            })
            .sum()
    }

    /// The shards as they are now; made on the first call.
    fn present_shards(&self) -> Result<Arc<Shards>> {
        let shards = self.shards.load_full();
        if !shards.is_vacant() {
            return Ok(shards);
        }
        let _alone = self.lifecycle.lock();
        if self.is_deleted() {
            return Err(Error::NamespaceDeleted);
        }
        let shards = self.shards.load_full();
        if !shards.is_vacant() {
            return Ok(shards);
        }
        let route = RouteTable::for_shards(self.shard_count.load(Ordering::Relaxed))
            .map_err(|_| Error::ShardCountOutOfRange)?;
        let shards = Arc::new(Shards::new(self.id, route, self.shared.hasher));
        // Whoever changes a limit holds `lifecycle` too, or finds these shards and counts anew.
        self.leasing.store(self.wants_leases(), Ordering::Relaxed);
        self.key_count.0.store(0, Ordering::Relaxed);
        self.shards.store(Arc::clone(&shards));
        Ok(shards)
    }

    /// Collects from one shard after another, anew when the shards change hands meanwhile; from none while the
    /// namespace was never used. While the namespace is resized all are locked, so that what moves is met once.
    pub(crate) fn read_shards<T: Default>(&self, mut visit: impl FnMut(&mut T, &mut Shard)) -> T {
        self.read_range(0..=u64::MAX, 0, 1, |sum, shard, _, _| visit(sum, shard))
    }

    /// [`Namespace::read_shards`] for a range of hashes in which there are about so many `keys`, cut into ranges with about
    /// `slice_keys` in a shard. `visit` is told the range; between two of them every lock is free.
    ///
    /// Ranges of hashes mean the same in every shard, and whatever a table does between two. While the namespace is resized a slice
    /// has so many keys in all shards together, as all of them are locked for it.
    pub(crate) fn read_range<T: Default>(
        &self,
        hashes: RangeInclusive<u64>,
        keys: usize,
        slice_keys: usize,
        mut visit: impl FnMut(&mut T, &mut Shard, u64, u64),
    ) -> T {
        'anew: loop {
            let shards = self.shards.load_full();
            let mut sum = T::default();
            if shards.is_vacant() {
                return sum;
            }
            let is_resized = shards.successor().is_some();
            let slices = (keys / if is_resized { 1 } else { shards.len() } / slice_keys) as u64 + 1;
            let step = (hashes.end() - hashes.start()) / slices;
            for slice in 0..slices {
                let start = hashes.start() + slice * step + u64::from(slice > 0);
                let end = if slice + 1 == slices { *hashes.end() } else { hashes.start() + (slice + 1) * step };
                if is_resized {
                    let Some(mut guards) = lock_sets(&shards, self.id) else { continue 'anew };
                    guards.iter_mut().for_each(|shard| visit(&mut sum, shard, start, end));
                    drop(guards);
                    std::thread::yield_now();
                    continue;
                }
                for index in 0..shards.len() {
                    let mut shard = shards.cell(index).lock();
                    if shard.owner != self.id {
                        continue 'anew;
                    }
                    visit(&mut sum, &mut shard, start, end);
                }
            }
            return sum;
        }
    }

    /// Collects from one shard after another, whether the namespace is resized or not, and anew when they change hands meanwhile.
    fn read_each<T: Default>(&self, mut visit: impl FnMut(&mut T, &mut Shard)) -> T {
        'anew: loop {
            let shards = self.shards.load_full();
            let mut sum = T::default();
            if shards.is_vacant() {
                return sum;
            }
            for cell in shards.all_cells() {
                let mut shard = cell.lock();
                if !shard.belongs_to(self.id) {
                    continue 'anew;
                }
                visit(&mut sum, &mut shard);
            }
            return sum;
        }
    }

    /// Deadlines of some `count` of `keys` keys, for an estimate: the first keys in the order of their hashes, which are as random
    /// as any. As [`Namespace::recent_usage`] it waits for nobody: keys of a shard that is locked are passed over.
    pub fn sample_deadlines(&self, count: usize, keys: usize, mut visit: impl FnMut(u64)) {
        let shards = self.shards.load_full();
        let (hashes, _) = scan_range(0, count, keys);
        for cell in shards.all_cells() {
            if let Some(shard) = cell.try_lock().or_else(|| spin(|| cell.try_lock()))
                && shard.belongs_to(self.id)
            {
                let visit = &mut |entry: EntryView<'_, Object>| entry.deadline_ms.into_iter().for_each(&mut visit);
                shard.table.scan(*hashes.start(), *hashes.end(), visit);
            }
        }
    }

    /// Whether some shard is locked for longer than some microseconds, so that an operation over all of them would wait.
    /// Costs a look at every lock.
    pub fn is_busy(&self) -> bool {
        let shards = self.shards.load_full();
        !shards.all_cells().all(|cell| cell.try_lock().or_else(|| spin(|| cell.try_lock())).is_some())
    }

    /// Removes expired entries of one shard: see [`Shard::expire`]. `None` when there is no such shard. A shard that is locked is
    /// passed over: the cycle comes round again, and nobody waits for it meanwhile.
    pub(crate) fn expire_slice(
        &self,
        shard: usize,
        now_ms: u64,
        cursor: u64,
        groups_max: usize,
    ) -> Option<(usize, Option<u64>)> {
        let shards = self.shards.load_full();
        if shards.is_vacant() {
            return None;
        }
        let cell = shards.any_cell(shard)?;
        let Some(mut shard) = cell.try_lock().or_else(|| spin(|| cell.try_lock())) else { return Some((0, None)) };
        // Shards that change hands right now are left for the next round.
        if shard.belongs_to(self.id) { Some(shard.expire(self, now_ms, cursor, groups_max)) } else { Some((0, None)) }
    }

    #[inline]
    pub(crate) fn max_value_bytes(&self) -> u64 {
        self.max_value_bytes.load(Ordering::Relaxed)
    }

    /// Reserves places for keys, if the limit leaves them. The caller holds the lock of a shard of this namespace.
    #[inline]
    pub(crate) fn reserve_keys(&self, keys: u64) -> bool {
        match self.max_keys.load(Ordering::Relaxed) {
            0 => true,
            max => self.reserve_keys_below(keys, max),
        }
    }

    #[cold]
    fn reserve_keys_below(&self, keys: u64, max: u64) -> bool {
        let more = |count: u64| count.checked_add(keys).filter(|sum| *sum <= max);
        self.key_count.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    /// Gives places of keys back. The caller holds the lock of a shard of this namespace.
    #[inline]
    pub(crate) fn release_keys(&self, keys: u64) {
        if self.max_keys.load(Ordering::Relaxed) != 0 {
            let before = self.key_count.0.fetch_sub(keys, Ordering::Relaxed);
            debug_assert!(before >= keys, "{keys} of {before} keys given back");
        }
    }

    /// Keys that the limit leaves at this moment.
    pub(crate) fn free_keys(&self) -> u64 {
        match self.max_keys.load(Ordering::Relaxed) {
            0 => u64::MAX,
            max => max.saturating_sub(self.key_count.0.load(Ordering::Relaxed)),
        }
    }

    /// Bytes that the limits leave at this moment.
    pub(crate) fn free_bytes(&self) -> u64 {
        self.budget.free_bytes().min(self.shared.budget.free_bytes())
    }

    /// Whether a limit of memory is set, here or for the engine: one load. Without one, [`Namespace::is_memory_exhausted`] need not be
    /// asked.
    #[inline]
    pub fn is_memory_limited(&self) -> bool {
        self.leasing.load(Ordering::Relaxed)
    }

    /// Whether a limit of memory, here or of the engine, leaves nothing to store even the smallest entry in. Looks at the
    /// shared counters alone: what shards have leased and do not use yet counts as used.
    pub fn is_memory_exhausted(&self) -> bool {
        self.budget.is_exhausted() || self.shared.budget.is_exhausted()
    }

    /// Whether a limit of memory asks for leases.
    fn wants_leases(&self) -> bool {
        self.budget.limit_bytes() != 0 || self.shared.budget.limit_bytes() != 0
    }

    /// Whether shards keep leases. The caller holds the lock of a shard of this namespace.
    #[inline]
    pub(crate) fn is_leasing(&self) -> bool {
        self.leasing.load(Ordering::Relaxed)
    }

    /// Leases bytes here and of the engine, if both limits leave them.
    pub(crate) fn lease(&self, bytes: u64) -> bool {
        if !self.budget.lease(bytes) {
            return false;
        }
        let leased = self.shared.budget.lease(bytes);
        if !leased {
            self.budget.release(bytes);
        }
        leased
    }

    /// Leases bytes that are in use already.
    pub(crate) fn lease_used(&self, bytes: u64) {
        self.budget.lease_used(bytes);
        self.shared.budget.lease_used(bytes);
    }

    pub(crate) fn release_lease(&self, bytes: u64) {
        self.budget.release(bytes);
        self.shared.budget.release(bytes);
    }

    pub(crate) fn lease_granule_bytes(&self) -> u64 {
        self.budget.granule_bytes().min(self.shared.budget.granule_bytes())
    }

    fn store_limits(&self, limits: Limits) {
        self.max_keys.store(limits.max_keys, Ordering::Relaxed);
        self.max_value_bytes.store(limits.max_value_bytes, Ordering::Relaxed);
        self.budget.set_limit_bytes(limits.max_memory_bytes);
    }

    /// Runs `change` if the namespace has no shards yet, and keeps them from coming into being meanwhile. Whether it did.
    fn while_vacant(&self, change: impl FnOnce()) -> Result<bool> {
        let _alone = self.lifecycle.lock();
        if self.is_deleted() {
            return Err(Error::NamespaceDeleted);
        }
        let vacant = self.shards.load().is_vacant();
        if vacant {
            change();
        }
        Ok(vacant)
    }

    /// Takes note that the engine's limit of memory has changed.
    pub(crate) fn engine_limit_changed(self: &Arc<Self>) -> Result<()> {
        if !self.while_vacant(|| self.leasing.store(self.wants_leases(), Ordering::Relaxed))? {
            Handle::new(Arc::clone(self)).with(Reach::All, 0, |keyspace| keyspace.recount())?;
        }
        Ok(())
    }

    /// Ends the namespace: its shards are nobody's from now on, and their keys go to be freed.
    pub(crate) fn delete(&self) {
        let _alone = self.lifecycle.lock();
        self.deleted.store(true, Ordering::Release);
        loop {
            let shards = self.shards.load_full();
            if shards.is_vacant() {
                return;
            }
            // Swapped, or resized to the end, while we waited for the first lock: once more.
            let Some(mut guards) = lock_sets(&shards, self.id) else { continue };
            self.forget_leases(guards.iter_mut().map(|shard| &mut **shard));
            for shard in &mut guards {
                shard.owner = RETIRED;
                shard.watches = None;
                shard.clear(&self.shared.reclaim);
            }
            self.end_resize(Arc::clone(self.shared.vacant()), None);
            return;
        }
    }

    pub(crate) fn shards_now(&self) -> Arc<Shards> {
        self.shards.load_full()
    }

    /// Gives the shards of two namespaces to each other. The caller holds all locks of both.
    pub(crate) fn exchange_shards(&self, other: &Self) {
        let own = self.shards.load_full();
        self.shards.store(other.shards.load_full());
        other.shards.store(own);
    }

    /// Gives all leases of the shards back. The caller holds all their locks.
    pub(crate) fn forget_leases<'s>(&self, shards: impl Iterator<Item = &'s mut Shard>) {
        let leased = shards.map(|shard| std::mem::take(&mut shard.leased_bytes)).sum();
        self.release_lease(leased);
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Namespace")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("database", &self.database())
            .finish_non_exhaustive()
    }
}

/// Counts a namespace's keys and leases anew, by the limits that are set now. Done with all locks held.
pub(crate) struct Recount<'n> {
    namespace: &'n Namespace,
    leasing: bool,
    keys: u64,
    leased_before: u64,
    leased: u64,
}

impl<'n> Recount<'n> {
    pub(crate) fn new(namespace: &'n Namespace) -> Self {
        Self { namespace, leasing: namespace.wants_leases(), keys: 0, leased_before: 0, leased: 0 }
    }

    pub(crate) fn shard(&mut self, shard: &mut Shard) {
        self.keys += shard.table.len() as u64;
        self.leased_before += shard.leased_bytes;
        shard.leased_bytes = if self.leasing { shard.used_bytes() as u64 } else { 0 };
        self.leased += shard.leased_bytes;
    }

    pub(crate) fn finish(self) {
        self.namespace.leasing.store(self.leasing, Ordering::Relaxed);
        self.namespace.key_count.0.store(self.keys, Ordering::Relaxed);
        self.namespace.release_lease(self.leased_before);
        self.namespace.lease_used(self.leased);
    }
}

/// A namespace together with its shards, so that reaching a key costs no shared counter: what a session or a
/// worker keeps. Cloning costs two counters.
///
/// The shards may be out of date (swapped, deleted, or not made yet); locking finds out and says
/// [`LockError::Stale`], and [`Handle::refresh`] mends it. The methods named `with…` do this by themselves.
#[derive(Clone)]
pub struct Handle {
    namespace: Arc<Namespace>,
    shards: Arc<Shards>,
}

impl Handle {
    /// A handle to a namespace. Does not make its shards: that is left to the first use.
    pub fn new(namespace: Arc<Namespace>) -> Self {
        let shards = namespace.shards.load_full();
        Self { namespace, shards }
    }

    /// The namespace.
    #[inline]
    pub fn namespace(&self) -> &Arc<Namespace> {
        &self.namespace
    }

    #[inline]
    pub(crate) fn shards(&self) -> &Shards {
        &self.shards
    }

    /// Catches up with the namespace after [`LockError::Stale`].
    ///
    /// # Errors
    ///
    /// [`Error::NamespaceDeleted`].
    #[cold]
    pub fn refresh(&mut self) -> Result<()> {
        self.shards = self.namespace.present_shards()?;
        Ok(())
    }

    /// Index of the shard that a key's hash belongs to.
    #[inline]
    pub fn shard_of(&self, hash: u64) -> usize {
        self.shards.route().shard_of(hash)
    }

    /// The namespace with no locks held: for commands over a whole namespace outside a transaction, which lock one shard
    /// after another. See [`Keyspace`].
    ///
    /// A deleted namespace is empty then: ask [`Namespace::is_deleted`] first where that must be an error.
    pub fn unlocked(&self, now_ms: u64) -> Keyspace<'_> {
        Keyspace::unlocked(self, now_ms)
    }

    /// Locks what an operation on this namespace alone needs.
    ///
    /// # Errors
    ///
    /// [`LockError`].
    #[inline]
    pub fn lock(&self, reach: Reach<'_>, patience: Patience) -> std::result::Result<Locks<'_>, LockError> {
        match reach {
            Reach::Key(hash) => match Locks::one(self, hash, patience) {
                Err(LockError::Resized) => Locks::many(&[(self, reach)], patience),
                locks => locks,
            },
            reach => Locks::many(&[(self, reach)], patience),
        }
    }

    /// Runs `operation` with one key's shard locked, waiting for the lock, or gives it back when this handle is out of date.
    ///
    /// The shortest way to a key. The time is asked only when the shard has deadlines to compare with it, and stands at 0
    /// otherwise: reading the clock takes a third of what a look-up does.
    #[inline]
    pub(crate) fn at_key<T, F>(&self, key: Key<'_>, operation: F) -> std::result::Result<T, F>
    where
        F: FnOnce(&mut Keyspace<'_>) -> T,
    {
        let Some(mut shard) = self.shards.lock_of(self.namespace.id, key.hash) else { return Err(operation) };
        let now_ms = if shard.table.expires_count() == 0 { 0 } else { self.namespace.shared.clock.now_ms() };
        Ok(operation(&mut Keyspace::one(&self.namespace, &self.shards, now_ms, &mut shard)))
    }

    /// Runs `operation` with one key's shard locked, waiting for the lock.
    ///
    /// # Errors
    ///
    /// [`Error::NamespaceDeleted`].
    pub fn with_key<T>(
        &mut self,
        key: Key<'_>,
        now_ms: u64,
        operation: impl FnOnce(&mut Keyspace<'_>) -> T,
    ) -> Result<T> {
        self.with(Reach::Key(key.hash), now_ms, operation)
    }

    /// Runs `operation` with the shards of `reach` locked, waiting for the locks.
    ///
    /// # Errors
    ///
    /// [`Error::NamespaceDeleted`].
    pub fn with<T>(
        &mut self,
        reach: Reach<'_>,
        now_ms: u64,
        operation: impl FnOnce(&mut Keyspace<'_>) -> T,
    ) -> Result<T> {
        loop {
            if let Ok(mut locks) = self.lock(reach, Patience::Wait) {
                return Ok(operation(&mut locks.keyspace(self, now_ms)));
            }
            self.refresh()?;
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.namespace.fmt(out)
    }
}
