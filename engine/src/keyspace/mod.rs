//! What a command works on: the keys of one namespace, through locks that are held, at one moment.
//!
//! `string.rs`, `hash.rs` and `key.rs` hold the operations on one key by what they are about, `exchange.rs` those that give
//! a value for a value, `restore.rs` the one that takes a value as a whole, `scan.rs` those over a whole namespace, `batch.rs`
//! those over many keys with a result for each. `entry.rs` is where all of them change the table, so that limits, counters and
//! watches are kept in one place.

pub mod batch;
mod entry;
mod exchange;
mod hash;
mod key;
mod load;
mod restore;
mod scan;
mod string;

use crate::error::Result;
use crate::namespace::{Handle, Namespace, Recount};
use crate::shard::{Shard, Shards};
use crate::table::{EntryView, Key, Slot};
use crate::value::{HashRef, Object, StringRef, ValueRef};

pub(crate) use entry::{ENTRY_OVERHEAD_BYTES, Entries};
pub use hash::HashMut;
pub use scan::Scanned;
pub(crate) use scan::scan_range;

/// What a write does to the key's deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadlineChange {
    /// Leaves it.
    Keep,
    /// Removes it.
    Clear,
    /// Sets it, in Unix milliseconds.
    At(u64),
}

/// Keys from which on prefetching is worth a second pass over them.
const PREFETCH_MIN: usize = 4;

/// Keys whose buckets are on their way at once: about as many as a processor waits for at a time.
const PREFETCH_WINDOW: usize = 32;

/// Keys that are prefetched at most: what a second-level cache holds with ease.
const PREFETCH_MAX: usize = 1_024;

/// Shards that are locked, found by (set of shards, index).
pub(crate) trait ShardSet {
    fn shard(&mut self, serial: u64, index: usize) -> Option<&mut Shard>;
}

/// The keys of one namespace at one moment.
///
/// Made from [`Locks`](crate::shard::multi_key::Locks), it reaches the keys whose shards are locked; asking for another key
/// is a mistake of the caller and panics. Made by [`Handle::unlocked`], it holds no locks and takes one shard's after
/// another for `len`, `scan`, `collect`, `random_key`, `clear` and the counts; only these can be called then.
///
/// An expired key is absent to every method. Those that take `&mut self` and a key remove it when they meet it.
pub struct Keyspace<'a> {
    namespace: &'a Namespace,
    shards: &'a Shards,
    now_ms: u64,
    touches: bool,
    /// Whether what is written now was reserved before.
    prepaid: bool,
    held: Held<'a>,
}

enum Held<'a> {
    One(&'a mut Shard),
    Several(&'a mut (dyn ShardSet + 'a)),
    Nothing,
}

impl<'a> Keyspace<'a> {
    #[inline]
    pub(crate) fn one(namespace: &'a Namespace, shards: &'a Shards, now_ms: u64, shard: &'a mut Shard) -> Self {
        Self { namespace, shards, now_ms, touches: true, prepaid: false, held: Held::One(shard) }
    }

    pub(crate) fn several(
        namespace: &'a Namespace,
        shards: &'a Shards,
        now_ms: u64,
        held: &'a mut (dyn ShardSet + 'a),
    ) -> Self {
        Self { namespace, shards, now_ms, touches: true, prepaid: false, held: Held::Several(held) }
    }

    pub(crate) fn unlocked(handle: &'a Handle, now_ms: u64) -> Self {
        let (namespace, shards) = (handle.namespace(), handle.shards());
        Self { namespace, shards, now_ms, touches: true, prepaid: false, held: Held::Nothing }
    }

    /// Makes look-ups leave access frequencies as they are (CLIENT NO-TOUCH).
    #[must_use]
    pub fn without_touching(self) -> Self {
        Self { touches: false, ..self }
    }

    /// The moment at which everything here happens, in Unix milliseconds.
    #[inline]
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// The namespace.
    #[inline]
    pub fn namespace(&self) -> &'a Namespace {
        self.namespace
    }

    /// A key with its hash.
    #[inline]
    pub fn key<'k>(&self, bytes: &'k [u8]) -> Key<'k> {
        self.namespace().shared().hasher.key(bytes)
    }

    /// Looks a key up for its value: counts a hit or a miss, raises the key's access frequency.
    #[inline(always)]
    pub fn read(&mut self, key: Key<'_>) -> Option<ValueRef<'_>> {
        self.read_entry(key).map(|view| ValueRef::new(view.tag, view.value))
    }

    /// [`Keyspace::read`] for the whole entry.
    #[inline(always)]
    fn read_entry(&mut self, key: Key<'_>) -> Option<EntryView<'_, Object>> {
        let (namespace, now_ms, touches) = (self.namespace, self.now_ms, self.touches);
        self.shard(key.hash).read(namespace, key, now_ms, touches)
    }

    /// Looks a key up without leaving a trace: counts nothing, raises no frequency, removes nothing.
    pub fn peek(&mut self, key: Key<'_>) -> Option<ValueRef<'_>> {
        self.peek_entry(key).map(|(_, view)| ValueRef::new(view.tag, view.value))
    }

    /// An entry that has not expired, found without leaving a trace.
    fn peek_entry(&mut self, key: Key<'_>) -> Option<(Slot, EntryView<'_, Object>)> {
        let now_ms = self.now_ms;
        let found = self.shard(key.hash).table.lookup(key);
        found.filter(|(_, view)| view.deadline_ms.is_none_or(|deadline_ms| deadline_ms > now_ms))
    }

    /// [`Keyspace::read`] for a string.
    ///
    /// # Errors
    ///
    /// [`Error::WrongType`](crate::error::Error::WrongType).
    #[inline(always)]
    pub fn string(&mut self, key: Key<'_>) -> Result<Option<StringRef<'_>>> {
        self.read(key).map(ValueRef::string).transpose()
    }

    /// [`Keyspace::read`] for a hash.
    ///
    /// # Errors
    ///
    /// [`Error::WrongType`](crate::error::Error::WrongType).
    #[inline]
    pub fn hash(&mut self, key: Key<'_>) -> Result<Option<HashRef<'_>>> {
        self.read(key).map(ValueRef::hash).transpose()
    }

    /// Whether a key is there; counts a hit or a miss.
    #[inline]
    pub fn contains(&mut self, key: Key<'_>) -> bool {
        self.read(key).is_some()
    }

    /// Collects from every shard: from the locked ones, or locking one after another, and then anew when they change hands.
    fn gather<T: Default>(&mut self, mut visit: impl FnMut(&mut T, &mut Shard)) -> T {
        let (namespace, shards) = (self.namespace, self.shards);
        let mut sum = T::default();
        match &mut self.held {
            Held::Nothing => return namespace.read_shards(visit),
            Held::One(shard) if shards.len() == 1 => visit(&mut sum, shard),
            Held::One(_) => panic!("an operation on a namespace needs all its shards locked, or none"),
            Held::Several(set) => {
                for shards in shards.sets() {
                    for index in 0..shards.len() {
                        let shard = set.shard(shards.serial(), index);
                        visit(&mut sum, shard.expect("all shards are locked before an operation on a namespace"));
                    }
                }
            }
        }
        sum
    }

    /// Begins to keep count of keys and memory, or stops, by the limits that are set now. All shards are locked.
    pub(crate) fn recount(&mut self) {
        let mut recount = Recount::new(self.namespace());
        self.gather(|(): &mut (), shard| recount.shard(shard));
        recount.finish();
    }

    /// Brings the entries of several keys towards the cache, so that the operations that follow on them do not wait for memory
    /// one after another. Does nothing for fewer keys than are worth it.
    pub fn prefetch(&mut self, keys: &[Key<'_>]) {
        self.prefetch_by(keys, |key| key.hash);
    }

    /// [`Keyspace::prefetch`] for whatever knows the hashes of keys.
    pub fn prefetch_by<T>(&mut self, items: &[T], hash_of: impl Fn(&T) -> u64) {
        if items.len() < PREFETCH_MIN {
            return;
        }
        for window in items.chunks(PREFETCH_WINDOW).take(PREFETCH_MAX / PREFETCH_WINDOW) {
            for hash in window.iter().map(&hash_of) {
                self.shard(hash).table.prefetch_bucket(hash);
            }
            for hash in window.iter().map(&hash_of) {
                self.shard(hash).table.prefetch_entry(hash);
            }
        }
    }

    /// Checks that what is kept beside the tables agrees with them; for tests. Costs a look at every entry.
    pub fn check_invariants(&mut self) {
        self.gather(|(): &mut (), shard| shard.check_invariants());
        // Every key is where it is looked for, and its watches with it.
        let hasher = self.namespace.shared().hasher;
        let hashes = self.gather(|hashes: &mut Vec<Vec<u64>>, shard| {
            let mut of_shard = Vec::new();
            shard.table.scan(0, u64::MAX, &mut |entry| of_shard.push(hasher.hash(entry.key)));
            of_shard.extend(shard.watches.iter().flat_map(|watches| watches.keys()).map(|key| key.hash));
            hashes.push(of_shard);
        });
        let places = self.shards.sets().flat_map(|set| (0..set.len()).map(|index| (set.serial(), index)));
        for (place, hashes) in places.zip(hashes) {
            assert!(hashes.into_iter().all(|hash| self.place_of(hash) == place));
        }
    }

    /// Set and index of the shard of a key, all shards being locked.
    fn place_of(&mut self, hash: u64) -> (u64, usize) {
        let shards = self.shards;
        let in_set = |set: &Shards| (set.serial(), set.route().shard_of(hash));
        match (&mut self.held, shards.successor()) {
            (Held::Several(set), Some(successor)) => {
                let (serial, index) = in_set(shards);
                let gate = set.shard(serial, index).expect("all shards are locked");
                in_set(if gate.has_moved(hash) { successor } else { shards })
            }
            _ => in_set(shards),
        }
    }

    /// The locked shard of a key.
    #[inline]
    fn shard(&mut self, hash: u64) -> &mut Shard {
        let shards = self.shards;
        match &mut self.held {
            Held::One(shard) => shard,
            Held::Several(set) => one_of_several(&mut **set, shards, hash),
            Held::Nothing => panic!("an operation on a key needs its shard locked"),
        }
    }

    /// The entries of a key's shard.
    #[inline]
    fn entries(&mut self, hash: u64) -> Entries<'_> {
        let (namespace, now_ms, prepaid) = (self.namespace(), self.now_ms, self.prepaid);
        Entries { prepaid, ..Entries::new(self.shard(hash), namespace, now_ms) }
    }
}

/// The shard of a key among those that are locked.
#[inline]
fn one_of_several<'s>(set: &'s mut dyn ShardSet, shards: &Shards, hash: u64) -> &'s mut Shard {
    let shard = match shards.successor() {
        None => set.shard(shards.serial(), shards.route().shard_of(hash)),
        Some(successor) => through_gate(set, shards, successor, hash),
    };
    shard.expect("the shards of all keys of an operation are locked before it")
}

/// The locked shard of a key of a namespace that is being resized.
#[cold]
fn through_gate<'s>(set: &'s mut dyn ShardSet, gates: &Shards, successor: &Shards, hash: u64) -> Option<&'s mut Shard> {
    let index = gates.route().shard_of(hash);
    if set.shard(gates.serial(), index)?.has_moved(hash) {
        set.shard(successor.serial(), successor.route().shard_of(hash))
    } else {
        set.shard(gates.serial(), index)
    }
}
