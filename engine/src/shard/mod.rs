//! One independent slice of a keyspace; the only place that knows about concurrency.
//!
//! A shard is a lock (`lock.rs`) around a table. `route.rs` says which shard a key belongs to, `multi_key.rs` takes the locks of one or
//! many in an order that cannot deadlock, `resize.rs` moves the keys to another number of shards, `prefetch.rs` fetches the
//! entries of a window of requests before they run, `watch.rs` notices changes of watched keys.
//!
//! **The rule of ownership.** A shard's lock can be reached through a set of shards that a namespace has meanwhile given
//! away (SWAPDB) or lost (deletion). Whoever takes a lock therefore compares the shard's owner with the namespace it
//! came from, and on a mismatch lets go, loads the namespace's present shards, and tries again. While a lock is held and its owner is right, the
//! namespace's shards cannot change, because whoever changes them holds all their locks.
//!
//! **The rule of the gate.** While a namespace is resized it has two sets of shards. The one it had before is the *gate*: who wants
//! a key locks its shard there first, and learns from `Shard::has_moved` whether to lock the one in the *successor* too. So where
//! a key is never changes while its gate is locked. The owner of gates has `RESIZING` set, so that whoever compares owners
//! finds out, and nobody else has to ask.

mod lock;
pub mod multi_key;
pub mod prefetch;
pub mod resize;
pub mod route;
pub(crate) mod watch;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use crate::keyspace::Entries;
use crate::memory::{Padded, Reclaim};
use crate::namespace::Namespace;
use crate::random::Random;
use crate::snapshot::take::EntryRecorder;
use crate::stats::{Counters, Usage};
use crate::table::{EntryView, Key, KeyHasher, Table, ValueView};
use crate::value::{Object, ValueRef};
use lock::{ShardGuard, ShardMutex};
use route::RouteTable;
pub use route::SHARDS_MAX;
use watch::Watches;

/// The owner of shards that no namespace has, or has any more.
pub(crate) const RETIRED: u64 = 0;

/// Set in the owner of the shards of a namespace that is being resized.
pub(crate) const RESIZING: u64 = 1 << 63;

/// Set in the serial of successors, so that their locks come after those of all gates.
const SUCCESSOR: u64 = 1 << 63;

/// A slice of a namespace's keys and what is known about them.
pub(crate) struct Shard {
    /// The namespace this shard belongs to, [`RETIRED`] for none; with [`RESIZING`] where it is a gate.
    pub(crate) owner: u64,
    /// Of a gate, the first hash whose keys are still here: those below are in the successor; `None` when all are.
    pub(crate) unmoved_from: Option<u64>,
    pub(crate) table: Table<Object>,
    /// Heap bytes owned by the objects in the table.
    pub(crate) object_bytes: usize,
    pub(crate) key_bytes: usize,
    pub(crate) value_bytes: usize,
    /// Bytes leased from the budgets; 0 while there is no limit.
    pub(crate) leased_bytes: u64,
    pub(crate) counters: Counters,
    /// Watched keys, if any.
    pub(crate) watches: Option<Box<Watches>>,
}

impl Shard {
    fn new(owner: u64, hasher: KeyHasher) -> Self {
        Self {
            owner,
            unmoved_from: Some(0),
            table: Table::new(hasher),
            object_bytes: 0,
            key_bytes: 0,
            value_bytes: 0,
            leased_bytes: 0,
            counters: Counters::default(),
            watches: None,
        }
    }

    /// Whether the shard belongs to a namespace, resized or not.
    #[inline]
    pub(crate) fn belongs_to(&self, namespace: u64) -> bool {
        self.owner & !RESIZING == namespace
    }

    /// Whether keys with this hash, of which this is the gate, are in the successor.
    pub(crate) fn has_moved(&self, hash: u64) -> bool {
        self.unmoved_from.is_none_or(|from| hash < from)
    }

    /// Bytes of memory in use. Blocks that wait to be used again are not: a removal makes room for the next write, whether or not
    /// the system has got its pages back.
    #[inline]
    pub(crate) fn used_bytes(&self) -> usize {
        self.table.used_bytes() - self.table.free_bytes() + self.object_bytes
    }

    pub(crate) fn usage(&self) -> Usage {
        Usage {
            keys: self.table.len(),
            expires: self.table.expires_count(),
            used_bytes: self.used_bytes(),
            key_bytes: self.key_bytes,
            value_bytes: self.value_bytes,
            counters: self.counters,
        }
    }

    /// Notes that a client changed a key.
    #[inline]
    pub(crate) fn changed(&mut self, key: Key<'_>) {
        self.counters.changes += 1;
        self.touch_watch(key);
    }

    /// Tells the watchers of a key, if there are any, that it is no longer what it was.
    #[inline]
    pub(crate) fn touch_watch(&mut self, key: Key<'_>) {
        if let Some(watches) = &mut self.watches {
            watches.touch(key);
        }
    }

    /// Makes sure that the lease covers `bytes` more than is used.
    #[cold]
    pub(crate) fn lease(&mut self, namespace: &Namespace, bytes: usize) -> bool {
        let wanted = (self.used_bytes() + bytes) as u64;
        let Some(missing) = wanted.checked_sub(self.leased_bytes).filter(|missing| *missing > 0) else { return true };
        let granule = namespace.lease_granule_bytes();
        let leased = [missing.max(granule), missing].into_iter().find(|bytes| namespace.lease(*bytes));
        self.leased_bytes += leased.unwrap_or(0);
        leased.is_some()
    }

    /// Brings the lease in line with what is used: what a growing table took is leased whatever the limit says, and what is no
    /// longer needed goes back; some of it stays for the next write unless nobody has any room.
    #[cold]
    pub(crate) fn settle(&mut self, namespace: &Namespace) {
        let (used, granule) = (self.used_bytes() as u64, namespace.lease_granule_bytes());
        if used > self.leased_bytes {
            namespace.lease_used(used - self.leased_bytes);
            self.leased_bytes = used;
            return;
        }
        let spare = self.leased_bytes - used;
        let kept = if spare > 0 && namespace.is_memory_exhausted() {
            0
        } else if spare > 2 * granule {
            granule
        } else {
            spare
        };
        if kept < spare {
            namespace.release_lease(spare - kept);
            self.leased_bytes = used + kept;
        }
    }

    /// Removes expired entries from at most `groups_max` groups of the table. Returns how many, and where to go on.
    pub(crate) fn expire(
        &mut self,
        namespace: &Namespace,
        now_ms: u64,
        cursor: u64,
        groups_max: usize,
    ) -> (usize, Option<u64>) {
        let Self { table, watches, key_bytes, value_bytes, object_bytes, .. } = self;
        let (mut expired, mut gone) = (0, Vec::new());
        let hasher = table.hasher();
        let next = table.expire(
            now_ms,
            cursor,
            groups_max,
            &mut |entry| {
                expired += 1;
                *key_bytes -= entry.key.len();
                *value_bytes -= ValueRef::new(entry.tag, entry.value).length();
                if let Some(watches) = watches {
                    watches.touch(hasher.key(entry.key));
                }
            },
            &mut |displaced| {
                if let Some(object) = displaced {
                    *object_bytes -= object.owned_bytes();
                    gone.push(object);
                }
            },
        );
        for object in gone {
            dispose(table, namespace, object);
        }
        if expired > 0 {
            self.counters.expired += expired as u64;
            namespace.release_keys(expired as u64);
            if namespace.is_leasing() {
                self.settle(namespace);
            }
        }
        (expired, next)
    }

    /// Looks a key up for its value: counts a hit or a miss; an expired entry is removed.
    #[inline(always)]
    pub(crate) fn read(
        &mut self,
        namespace: &Namespace,
        key: Key<'_>,
        now_ms: u64,
        touch: bool,
    ) -> Option<EntryView<'_, Object>> {
        let Self { table, counters, watches, key_bytes, value_bytes, object_bytes, .. } = self;
        let found = table.read(key, now_ms, touch, |table, slot| {
            let view = table.view(slot);
            *key_bytes -= view.key.len();
            *value_bytes -= ValueRef::new(view.tag, view.value).length();
            if let Some(object) = table.remove(slot) {
                *object_bytes -= object.owned_bytes();
                dispose(table, namespace, object);
            }
            if let Some(watches) = watches {
                // Hashed again, so that looking up need not keep the hash for this.
                watches.touch(table.hasher().key(key.bytes));
            }
            counters.expired += 1;
            // The lease is brought in line by the next write or the active cycle.
            namespace.release_keys(1);
        });
        counters.reads += 1;
        match found {
            Some(_) => counters.hits += 1,
            None => counters.misses += 1,
        }
        found
    }

    /// A key picked at random, `None` when there are none or the one picked has expired, which is then removed.
    pub(crate) fn sample_live(&mut self, namespace: &Namespace, now_ms: u64, random: &mut Random) -> Option<Vec<u8>> {
        let slot = self.table.sample(&mut || random.next_u64())?;
        let key = self.table.view(slot).key.to_vec();
        let key_with_hash = self.table.hasher().key(&key);
        Entries::new(self, namespace, now_ms).find(key_with_hash)?;
        Some(key)
    }

    /// Checks that what is kept beside the table agrees with it. Costs a look at every entry.
    pub(crate) fn check_invariants(&self) {
        self.table.check_invariants();
        let (mut keys, mut key_bytes, mut value_bytes, mut object_bytes) = (0, 0, 0, 0);
        self.table.scan(0, u64::MAX, &mut |entry| {
            keys += 1;
            key_bytes += entry.key.len();
            value_bytes += ValueRef::new(entry.tag, entry.value).length();
            if let ValueView::Boxed(object) = entry.value {
                object_bytes += object.owned_bytes();
            }
        });
        assert_eq!(
            (keys, key_bytes, value_bytes, object_bytes),
            (self.table.len(), self.key_bytes, self.value_bytes, self.object_bytes)
        );
    }

    /// Takes all entries out, to be freed in the background, and leaves the shard empty; watchers of keys that were there are
    /// told. Costs a look at the watched keys.
    pub(crate) fn clear(&mut self, reclaim: &Reclaim) {
        if let Some(watches) = &mut self.watches {
            let table = &self.table;
            watches.touch_where(|key| table.find(key).is_some());
        }
        let object_bytes = std::mem::take(&mut self.object_bytes);
        (self.key_bytes, self.value_bytes) = (0, 0);
        let empty = Table::new(self.table.hasher());
        let table = std::mem::replace(&mut self.table, empty);
        if table.is_recorded() {
            EntryRecorder::adopt_table(table);
        } else {
            reclaim.free_table(table, object_bytes);
        }
    }
}

/// Frees an object that is no longer in the table, or leaves it to the snapshot that has not taken it down yet.
pub(crate) fn dispose(table: &mut Table<Object>, namespace: &Namespace, mut object: Box<Object>) {
    if object.recorded_fields().is_some()
        && let Some(recorder) = table.recorder()
    {
        return recorder.adopt(object);
    }
    namespace.shared().reclaim.free(Some(object));
}

/// All shards of a namespace and the way to each.
pub(crate) struct Shards {
    /// Unique in the process and never changed: the first half of the order in which locks are taken. Those of successors come last.
    serial: u64,
    vacant: bool,
    route: Arc<RouteTable>,
    cells: Box<[Padded<Cell>]>,
    /// Where the keys go while the namespace is resized; set under all locks of this set, which is then the gate.
    successor: OnceLock<Arc<Shards>>,
    /// What each shard held when it was last asked, for those who do not wait for its lock. Locks of shards are at most tried
    /// while this one is held.
    seen: parking_lot::Mutex<Vec<Usage>>,
}

fn next_serial() -> u64 {
    static SERIAL: AtomicU64 = AtomicU64::new(0);
    SERIAL.fetch_add(1, Ordering::Relaxed)
}

/// A shard behind its lock, and what may be known of it without.
pub(crate) struct Cell {
    directory: prefetch::DirectoryPlace,
    shard: ShardMutex<Shard>,
}

impl Shards {
    /// Makes `route.shards()` empty shards.
    pub(crate) fn new(owner: u64, route: Arc<RouteTable>, hasher: KeyHasher) -> Self {
        Self::with_serial(next_serial(), owner, route, hasher)
    }

    /// Makes empty shards that are reached through gates only.
    fn new_successor(owner: u64, route: Arc<RouteTable>, hasher: KeyHasher) -> Self {
        Self::with_serial(next_serial() | SUCCESSOR, owner, route, hasher)
    }

    fn with_serial(serial: u64, owner: u64, route: Arc<RouteTable>, hasher: KeyHasher) -> Self {
        let cells = (0..route.shards())
            .map(|_| {
                let shard = ShardMutex::new(Shard::new(owner, hasher));
                Padded(Cell { directory: prefetch::DirectoryPlace::default(), shard })
            })
            .collect();
        Self {
            serial,
            vacant: owner == RETIRED,
            route,
            cells,
            successor: OnceLock::new(),
            seen: parking_lot::Mutex::default(),
        }
    }

    #[inline]
    pub(crate) fn serial(&self) -> u64 {
        self.serial
    }

    #[inline]
    pub(crate) fn route(&self) -> &RouteTable {
        &self.route
    }

    /// The other set of a namespace that is being resized. As long as a lock of this one is held, with the right owner, there is
    /// one if and only if the owner says [`RESIZING`].
    #[inline]
    pub(crate) fn successor(&self) -> Option<&Arc<Self>> {
        self.successor.get()
    }

    /// This set, and the successor if there is one.
    pub(crate) fn sets(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(self.successor().map(|successor| &**successor))
    }

    /// The cell with an index among those of [`Shards::all_cells`].
    pub(crate) fn any_cell(&self, index: usize) -> Option<&ShardMutex<Shard>> {
        match index.checked_sub(self.len()) {
            None => Some(self.cell(index)),
            Some(index) => {
                self.successor().filter(|successor| index < successor.len()).map(|successor| successor.cell(index))
            }
        }
    }

    /// The cells of [`Shards::sets`].
    pub(crate) fn all_cells(&self) -> impl Iterator<Item = &ShardMutex<Shard>> {
        self.sets().flat_map(|set| (0..set.len()).map(|index| set.cell(index)))
    }

    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    pub(crate) fn seen(&self) -> &parking_lot::Mutex<Vec<Usage>> {
        &self.seen
    }

    /// Whether these are the shards of nobody, which namespaces have until they are used.
    pub(crate) fn is_vacant(&self) -> bool {
        self.vacant
    }

    #[inline]
    pub(crate) fn cell(&self, index: usize) -> &ShardMutex<Shard> {
        &self.cells[index].0.shard
    }

    #[inline]
    pub(super) fn cell_with_hints(&self, hash: u64) -> (usize, &Cell) {
        let index = self.route.shard_of(hash);
        (index, &self.cells[index].0)
    }

    #[inline]
    pub(crate) fn cell_of(&self, hash: u64) -> (usize, &ShardMutex<Shard>) {
        // The table of routes would take the place of 32 KiB in the cache for an answer that is known.
        let index = if self.cells.len() == 1 { 0 } else { self.route.shard_of(hash) };
        (index, self.cell(index))
    }

    /// Locks the shard of a hash, waiting for it; `None` when it does not belong to `owner`. One lock by itself needs none
    /// of the order that [`multi_key`] keeps.
    #[inline]
    pub(crate) fn lock_of(&self, owner: u64, hash: u64) -> Option<ShardGuard<'_, Shard>> {
        let cell = self.cell_of(hash).1;
        let shard = match cell.try_lock() {
            Some(shard) => shard,
            None => {
                let mut shard = cell.lock();
                shard.counters.lock_waits += 1;
                shard
            }
        };
        (shard.owner == owner).then_some(shard)
    }
}
