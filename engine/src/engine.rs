//! The cache: owns the namespaces and what they share.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::available_parallelism;

use dashmap::DashMap;
use parking_lot::{Mutex, RwLock};

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::expiry::Cycle;
use crate::memory::{Budget, Reclaim};
use crate::namespace::{Limits, Namespace, check_name};
use crate::random::Random;
use crate::shard::route::RouteTable;
use crate::shard::{RETIRED, SHARDS_MAX, Shards};
use crate::snapshot::take::{Bound, Taking};
use crate::stats::Usage;
use crate::table::{Key, KeyHasher};
use crate::value::hash::HashLimits;

/// Most namespaces there can be; also the bound of database indexes.
pub const NAMESPACES_MAX: usize = 16_384;

/// Bytes that snapshots may keep waiting in memory unless another bound is set.
const SNAPSHOT_WAITING_BYTES: usize = 64 << 20;

/// How an engine is set up. The defaults are those of a server; every number may be changed.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Numbered namespaces there are from the start, named "0", "1"…; they cannot be deleted.
    pub databases: u32,
    /// Those of them that are called otherwise or set up otherwise, by index: their names, and options of which `database` is
    /// not looked at.
    pub special_databases: BTreeMap<u32, (String, NamespaceOptions)>,
    /// Shards of a namespace that does not ask for a number of its own.
    pub default_shards: usize,
    /// Most namespaces that may exist beside the numbered ones; `None` for [`NAMESPACES_MAX`].
    pub max_namespaces: Option<usize>,
    /// Most memory of all namespaces together in bytes, 0 for no limit.
    pub max_memory_bytes: u64,
    /// When hashes leave their packed form.
    pub hash_limits: HashLimits,
    /// Where time comes from.
    pub clock: Clock,
    /// The keys of the hash that places keys; `None` for random ones, which is the safe choice.
    pub hash_keys: Option<(u64, u64)>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Self {
            databases: 16,
            special_databases: BTreeMap::new(),
            default_shards: (16 * cores).next_power_of_two().min(SHARDS_MAX),
            max_namespaces: None,
            max_memory_bytes: 0,
            hash_limits: HashLimits::default(),
            clock: Clock::system(),
            hash_keys: None,
        }
    }
}

/// How a namespace is set up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NamespaceOptions {
    /// The index SELECT shall know it by; `None` for the lowest free one above the numbered databases.
    pub database: Option<u32>,
    /// Number of shards; `None` for the engine's default.
    pub shards: Option<usize>,
    /// The limits.
    pub limits: Limits,
}

/// The cache. Shared as an `Arc`; everything takes `&self`.
pub struct Engine {
    shared: Arc<Shared>,
    databases: u32,
    default_shards: usize,
    by_name: DashMap<Box<str>, Arc<Namespace>>,
    registry: RwLock<Registry>,
    next_id: AtomicU64,
    cycle: Mutex<Cycle>,
    /// Held while the limit of memory changes, so that two changes do not mix.
    limit_change: Mutex<()>,
}

impl Registry {
    fn at(&self, database: usize) -> Option<&Arc<Namespace>> {
        self.by_database.get(database)?.as_ref()
    }
}

fn check_shards(shards: usize) -> Result<()> {
    if (1..=SHARDS_MAX).contains(&shards) { Ok(()) } else { Err(Error::ShardCountOutOfRange) }
}

/// What must change together when a namespace comes or goes.
struct Registry {
    by_database: Vec<Option<Arc<Namespace>>>,
    count: usize,
    max_namespaces: usize,
}

/// What all namespaces of an engine share.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) hasher: KeyHasher,
    pub(crate) reclaim: Reclaim,
    pub(crate) budget: Budget,
    pub(crate) hash_packed_entries_max: AtomicUsize,
    pub(crate) hash_packed_value_max: AtomicUsize,
    pub(crate) active_expiry: AtomicBool,
    /// What snapshots may keep waiting in memory.
    pub(crate) snapshot_bound: Arc<Bound>,
    /// Held while a snapshot is taken: a table has one recorder.
    pub(crate) taking: Arc<Mutex<()>>,
    /// Namespaces that came, went or were set up otherwise, and the changes in those that went.
    other_changes: AtomicU64,
    /// The one shard of namespaces that were never used. Nobody owns it, so a lock on it is always stale.
    vacant: Arc<Shards>,
}

impl Shared {
    pub(crate) fn vacant(&self) -> &Arc<Shards> {
        &self.vacant
    }

    /// Notes changes that no shard counts.
    pub(crate) fn note_changes(&self, changes: u64) {
        self.other_changes.fetch_add(changes, Ordering::Relaxed);
    }

    pub(crate) fn hash_limits(&self) -> HashLimits {
        HashLimits {
            packed_entries_max: self.hash_packed_entries_max.load(Ordering::Relaxed),
            packed_value_max: self.hash_packed_value_max.load(Ordering::Relaxed),
        }
    }
}

impl Engine {
    /// An engine with its numbered databases.
    ///
    /// # Errors
    ///
    /// [`Error::ShardCountOutOfRange`], [`Error::DatabaseOutOfRange`] (also for a special database beyond the numbered ones),
    /// [`Error::NameInvalid`], [`Error::NamespaceExists`].
    pub fn new(options: EngineOptions) -> Result<Self> {
        let databases = options.databases as usize;
        let mut special_databases = options.special_databases;
        let is_beyond = special_databases.last_key_value().is_some_and(|(index, _)| *index >= options.databases);
        if databases > NAMESPACES_MAX || is_beyond {
            return Err(Error::DatabaseOutOfRange);
        }
        check_shards(options.default_shards)?;
        let mut random = Random::from_entropy();
        let (k0, k1) = options.hash_keys.unwrap_or_else(|| (random.next_u64(), random.next_u64()));
        let hasher = KeyHasher::new(k0, k1);
        let route = RouteTable::for_shards(1).map_err(|_| Error::ShardCountOutOfRange)?;
        let shared = Arc::new(Shared {
            clock: options.clock,
            hasher,
            reclaim: Reclaim::default(),
            budget: Budget::default(),
            hash_packed_entries_max: AtomicUsize::new(options.hash_limits.packed_entries_max),
            hash_packed_value_max: AtomicUsize::new(options.hash_limits.packed_value_max),
            active_expiry: AtomicBool::new(true),
            snapshot_bound: Arc::new(Bound::new(SNAPSHOT_WAITING_BYTES)),
            taking: Arc::default(),
            other_changes: AtomicU64::new(0),
            vacant: Arc::new(Shards::new(RETIRED, route, hasher)),
        });
        shared.budget.set_limit_bytes(options.max_memory_bytes);
        let engine = Self {
            shared,
            databases: options.databases,
            default_shards: options.default_shards,
            by_name: DashMap::new(),
            registry: RwLock::new(Registry { by_database: Vec::new(), count: 0, max_namespaces: NAMESPACES_MAX }),
            next_id: AtomicU64::new(RETIRED + 1),
            cycle: Mutex::default(),
            limit_change: Mutex::default(),
        };
        for database in 0..options.databases {
            let plain = || (database.to_string(), NamespaceOptions::default());
            let (name, options) = special_databases.remove(&database).unwrap_or_else(plain);
            engine.create_namespace(&name, NamespaceOptions { database: Some(database), ..options })?;
        }
        engine.set_max_namespaces(options.max_namespaces);
        Ok(engine)
    }

    /// Where time comes from.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// The present time in Unix milliseconds.
    #[inline]
    pub fn now_ms(&self) -> u64 {
        self.shared.clock.now_ms()
    }

    /// The hash all keys of this engine are placed by.
    #[inline]
    pub fn hasher(&self) -> KeyHasher {
        self.shared.hasher
    }

    /// A key with its hash.
    #[inline]
    pub fn key<'k>(&self, bytes: &'k [u8]) -> Key<'k> {
        self.shared.hasher.key(bytes)
    }

    /// Number of numbered databases.
    pub fn databases(&self) -> u32 {
        self.databases
    }

    /// Shards of a namespace that does not ask for a number of its own.
    pub fn default_shards(&self) -> usize {
        self.default_shards
    }

    /// Creates a namespace.
    ///
    /// # Errors
    ///
    /// [`Error::NameInvalid`], [`Error::ShardCountOutOfRange`], [`Error::DatabaseOutOfRange`], [`Error::NamespaceExists`],
    /// [`Error::DatabaseInUse`], [`Error::MaxNamespaces`], looked for in this order.
    pub fn create_namespace(&self, name: &str, options: NamespaceOptions) -> Result<Arc<Namespace>> {
        let namespace = self.detached_namespace(name, options.shards)?;
        if options.database.is_some_and(|database| database as usize >= NAMESPACES_MAX) {
            return Err(Error::DatabaseOutOfRange);
        }
        namespace.set_limits(options.limits)?;
        self.attach_namespace(&namespace, options.database)?;
        Ok(namespace)
    }

    /// A namespace that nobody finds yet.
    ///
    /// # Errors
    ///
    /// [`Error::NameInvalid`], [`Error::ShardCountOutOfRange`].
    pub(crate) fn detached_namespace(&self, name: &str, shards: Option<usize>) -> Result<Arc<Namespace>> {
        check_name(name)?;
        let shard_count = shards.unwrap_or(self.default_shards);
        check_shards(shard_count)?;
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        Ok(Arc::new(Namespace::new(Arc::clone(&self.shared), id, name, u32::MAX, shard_count)))
    }

    /// Gives a detached namespace its place, at a database index or the lowest free one above the numbered databases.
    ///
    /// # Errors
    ///
    /// [`Error::NamespaceExists`], [`Error::DatabaseInUse`], [`Error::MaxNamespaces`].
    pub(crate) fn attach_namespace(&self, namespace: &Arc<Namespace>, database: Option<u32>) -> Result<()> {
        let mut registry = self.registry.write();
        let database = self.free_database(&registry, namespace.name(), database)?;
        if registry.by_database.len() <= database {
            registry.by_database.resize(database + 1, None);
        }
        namespace.set_database(database as u32);
        registry.by_database[database] = Some(Arc::clone(namespace));
        registry.count += 1;
        self.shared.note_changes(1);
        self.by_name.insert(namespace.name().into(), Arc::clone(namespace));
        drop(registry);
        // A limit of the engine's that changed while nobody could find the namespace holds for it as well.
        namespace.engine_limit_changed()
    }

    /// Whether a namespace of this name could be given a place now.
    ///
    /// # Errors
    ///
    /// As for [`Engine::attach_namespace`].
    pub(crate) fn check_attachable(&self, name: &str, database: Option<u32>) -> Result<()> {
        self.free_database(&self.registry.read(), name, database).map(drop)
    }

    fn free_database(&self, registry: &Registry, name: &str, database: Option<u32>) -> Result<usize> {
        if self.by_name.contains_key(name) {
            return Err(Error::NamespaceExists);
        }
        let fixed = self.databases as usize;
        let database = match database {
            Some(database) if registry.at(database as usize).is_some() => return Err(Error::DatabaseInUse),
            Some(database) => database as usize,
            None => (fixed..).find(|database| registry.at(*database).is_none()).expect("numbers do not end"),
        };
        if registry.count.saturating_sub(fixed) >= registry.max_namespaces || database >= NAMESPACES_MAX {
            return Err(Error::MaxNamespaces);
        }
        Ok(database)
    }

    /// Deletes a namespace and everything in it. Handles opened before answer [`Error::NamespaceDeleted`] from then on.
    ///
    /// # Errors
    ///
    /// [`Error::NamespaceNotFound`], [`Error::NamespaceFixed`] for a numbered database.
    pub fn delete_namespace(&self, name: &str) -> Result<()> {
        let mut registry = self.registry.write();
        let namespace = self.namespace(name).ok_or(Error::NamespaceNotFound)?;
        if namespace.database() < self.databases {
            return Err(Error::NamespaceFixed);
        }
        self.by_name.remove(name);
        registry.by_database[namespace.database() as usize] = None;
        registry.count -= 1;
        // Those made from here on are gone with the namespace anyway.
        self.shared.note_changes(1 + namespace.recent_usage().counters.changes);
        // What follows waits for whoever works in the namespace; others have no part in that.
        drop(registry);
        namespace.delete();
        Ok(())
    }

    /// The namespace of a name.
    pub fn namespace(&self, name: &str) -> Option<Arc<Namespace>> {
        self.by_name.get(name).map(|namespace| Arc::clone(&namespace))
    }

    /// The namespace of a database index.
    pub fn database(&self, index: u32) -> Option<Arc<Namespace>> {
        self.registry.read().by_database.get(index as usize)?.clone()
    }

    /// All namespaces, by database index.
    pub fn namespaces(&self) -> Vec<Arc<Namespace>> {
        self.registry.read().by_database.iter().flatten().cloned().collect()
    }

    /// Number of namespaces, the numbered ones included.
    pub fn namespace_count(&self) -> usize {
        self.registry.read().count
    }

    /// Most namespaces beside the numbered ones.
    pub fn max_namespaces(&self) -> usize {
        self.registry.read().max_namespaces
    }

    /// Changes the most namespaces there may be beside the numbered ones; those there are stay. `None` is
    /// [`NAMESPACES_MAX`].
    pub fn set_max_namespaces(&self, max: Option<usize>) {
        self.registry.write().max_namespaces = max.unwrap_or(NAMESPACES_MAX).min(NAMESPACES_MAX);
    }

    /// What all namespaces hold and have done. See [`Namespace::usage`].
    pub fn usage(&self) -> Usage {
        let mut sum = Usage::default();
        for namespace in self.namespaces() {
            sum += namespace.usage();
        }
        sum
    }

    /// [`Engine::usage`] for those who must not wait. See [`Namespace::recent_usage`].
    pub fn recent_usage(&self) -> Usage {
        let mut sum = Usage::default();
        for namespace in self.namespaces() {
            sum += namespace.recent_usage();
        }
        sum
    }

    /// Changes by clients since the start, those of the namespaces themselves included. For those who must not wait: see
    /// [`Namespace::recent_usage`].
    pub fn changes(&self) -> u64 {
        self.changes_of(&self.recent_usage())
    }

    /// [`Engine::changes`], for those who have asked for the usage already.
    pub fn changes_of(&self, usage: &Usage) -> u64 {
        usage.counters.changes + self.other_changes()
    }

    /// The part of [`Engine::changes`] that is not counted by the shards there are.
    pub(crate) fn other_changes(&self) -> u64 {
        self.shared.other_changes.load(Ordering::Relaxed)
    }

    /// The limit of memory over all namespaces in bytes, 0 for none.
    pub fn max_memory_bytes(&self) -> u64 {
        self.shared.budget.limit_bytes()
    }

    /// Changes the limit of memory. What is in use beyond it stays; writes that need more are refused.
    pub fn set_max_memory_bytes(&self, max_bytes: u64) {
        let _alone = self.limit_change.lock();
        let namespaces: Vec<_> = {
            // Namespaces are made under this lock: those that are not among these begin with the new limit.
            let registry = self.registry.write();
            self.shared.budget.set_limit_bytes(max_bytes);
            registry.by_database.iter().flatten().cloned().collect()
        };
        for namespace in namespaces {
            // One that was deleted meanwhile has no leases left to be counted anew.
            let _ = namespace.engine_limit_changed();
        }
    }

    /// When hashes leave their packed form.
    pub fn hash_limits(&self) -> HashLimits {
        self.shared.hash_limits()
    }

    /// Changes when hashes leave their packed form. Applies to hashes as they are next written to.
    pub fn set_hash_limits(&self, limits: HashLimits) {
        self.shared.hash_packed_entries_max.store(limits.packed_entries_max, Ordering::Relaxed);
        self.shared.hash_packed_value_max.store(limits.packed_value_max, Ordering::Relaxed);
    }

    /// Whether expired keys are looked for, beside those that are met.
    pub fn active_expiry(&self) -> bool {
        self.shared.active_expiry.load(Ordering::Relaxed)
    }

    /// Switches the search for expired keys on or off.
    pub fn set_active_expiry(&self, on: bool) {
        self.shared.active_expiry.store(on, Ordering::Relaxed);
    }

    /// Takes the state of all namespaces at this moment; waits for the end of another snapshot first.
    pub fn take_snapshot(&self) -> Taking {
        let alone = self.shared.taking.lock_arc();
        Taking::begin(&self.namespaces(), Arc::clone(&self.shared.snapshot_bound), alone)
    }

    /// Takes the state of one namespace at this moment; waits for the end of another snapshot first.
    pub fn take_snapshot_of(&self, namespace: &Arc<Namespace>) -> Taking {
        let alone = self.shared.taking.lock_arc();
        Taking::begin(std::slice::from_ref(namespace), Arc::clone(&self.shared.snapshot_bound), alone)
    }

    /// The bound of memory for what writers take down while a snapshot is taken. Who writes asks it first and waits while it
    /// is reached.
    #[inline]
    pub fn snapshot_bound(&self) -> &Bound {
        &self.shared.snapshot_bound
    }

    /// The first namespace from a database index on.
    fn next_namespace(&self, database: u32) -> Option<Arc<Namespace>> {
        self.registry.read().by_database.get(database as usize..)?.iter().flatten().next().cloned()
    }

    /// Keeps [`Engine::expire_step`] from doing anything until what is returned is dropped.
    pub(crate) fn pause_expiry(&self) -> impl Drop + '_ {
        self.cycle.lock()
    }

    /// Removes expired keys for at most `slices_max` slices, each under one shard's lock for some microseconds, or until some
    /// hundreds are removed, and goes on where the last call stopped. Never waits for a lock. Call it from a timer, several times in a row while its time budget lasts and
    /// `round_done` is false. Does nothing while another thread is at it, or when switched off.
    pub fn expire_step(&self, slices_max: usize) -> ExpireStep {
        if !self.active_expiry() {
            return ExpireStep { expired: 0, round_done: true };
        }
        let Some(mut cycle) = self.cycle.try_lock() else { return ExpireStep { expired: 0, round_done: true } };
        cycle.step(&|database| self.next_namespace(database), self.now_ms(), slices_max)
    }
}

/// What [`Engine::expire_step`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpireStep {
    /// Keys removed.
    pub expired: usize,
    /// Whether all shards have been gone through once since the last round ended.
    pub round_done: bool,
}

impl fmt::Debug for Engine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Engine").field("namespaces", &self.namespace_count()).finish_non_exhaustive()
    }
}
