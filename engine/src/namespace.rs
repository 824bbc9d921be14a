//! An isolated keyspace: its name and index, its limits, its shards.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwap;
use parking_lot::Mutex;

use crate::engine::Shared;
use crate::error::{Error, Result};
use crate::keyspace::Keyspace;
use crate::memory::{Budget, Garbage, Padded};
use crate::shard::multi_key::{LockError, Locks, Patience, Reach};
use crate::shard::route::RouteTable;
use crate::shard::{RETIRED, Shard, Shards};
use crate::stats::Usage;
use crate::table::Key;

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
    database: u32,
    shard_count: usize,
    shared: Arc<Shared>,
    /// The shared vacant set until the first use, then a set of its own.
    shards: ArcSwap<Shards>,
    /// Held while the shards come into being or go for good.
    lifecycle: Mutex<()>,
    deleted: AtomicBool,
    max_keys: AtomicU64,
    max_value_bytes: AtomicU64,
    /// Whether leases are kept. Changes only under all locks.
    leasing: AtomicBool,
    budget: Budget,
    /// Number of keys, kept only while `max_keys` is set. Changes between kept and not kept only under all locks.
    key_count: Padded<AtomicU64>,
}

impl Namespace {
    pub(crate) fn new(shared: Arc<Shared>, id: u64, name: &str, database: u32, shard_count: usize) -> Self {
        let vacant = Arc::clone(shared.vacant());
        Self {
            id,
            name: name.into(),
            database,
            shard_count,
            shared,
            shards: ArcSwap::new(vacant),
            lifecycle: Mutex::new(()),
            deleted: AtomicBool::new(false),
            max_keys: AtomicU64::new(0),
            max_value_bytes: AtomicU64::new(0),
            leasing: AtomicBool::new(false),
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
        self.database
    }

    /// Number of shards.
    pub fn shard_count(&self) -> usize {
        let shards = self.shards.load();
        if shards.is_vacant() { self.shard_count } else { shards.len() }
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
        let _ = limits;
        todo!()
    }

    /// What the namespace holds and has done, summed over its shards. Locks one shard after another, so numbers that change
    /// meanwhile may be from slightly different moments.
    pub fn usage(&self) -> Usage {
        let mut sum = Usage::default();
        for usage in self.shard_usage() {
            sum += usage;
        }
        sum
    }

    /// The same by shard; empty while the namespace was never used.
    pub fn shard_usage(&self) -> Vec<Usage> {
        self.read_shards(|usages: &mut Vec<Usage>, shard| usages.push(shard.usage()))
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
        let route = RouteTable::for_shards(self.shard_count).map_err(|_| Error::ShardCountOutOfRange)?;
        let shards = Arc::new(Shards::new(self.id, route, self.shared.hasher));
        self.shards.store(Arc::clone(&shards));
        Ok(shards)
    }

    /// Collects from one shard after another, anew when the shards change hands meanwhile; from none while the
    /// namespace was never used.
    pub(crate) fn read_shards<T: Default>(&self, mut visit: impl FnMut(&mut T, &mut Shard)) -> T {
        loop {
            let shards = self.shards.load_full();
            let mut sum = T::default();
            if shards.is_vacant() {
                return sum;
            }
            let complete = (0..shards.len()).all(|index| {
                let mut shard = shards.cell(index).lock();
                let owned = shard.owner == self.id;
                if owned {
                    visit(&mut sum, &mut shard);
                }
                owned
            });
            if complete {
                return sum;
            }
        }
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
            .field("database", &self.database)
            .finish_non_exhaustive()
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

    /// Brings the bucket line of a key's hash towards the cache, if its shard's lock is free. Call for a window of
    /// requests, then [`Handle::prefetch_entry`] for the same, then run them.
    #[inline]
    pub fn prefetch_bucket(&self, hash: u64) {
        if let Some(shard) = self.shards.cell_of(hash).1.try_lock() {
            shard.table.prefetch_bucket(hash);
        }
    }

    /// Brings the entry of a key's hash towards the cache, if its shard's lock is free.
    #[inline]
    pub fn prefetch_entry(&self, hash: u64) {
        if let Some(shard) = self.shards.cell_of(hash).1.try_lock() {
            shard.table.prefetch_entry(hash);
        }
    }

    /// The namespace with no locks held: for commands over a whole namespace outside a transaction, which lock one shard
    /// after another. See [`Keyspace`].
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
            Reach::Key(hash) => Locks::one(self, hash, patience),
            reach => Locks::many(&[(self, reach)], patience),
        }
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
