//! Taking the locks of one or many shards.
//!
//! This is the one place that locks more than one shard. Locks are taken in the order of (set of shards, index), which
//! never changes for a lock, whoever owns the shard: so no two threads can wait for each other. A lock whose shard turns out to
//! belong to another namespace is given back at once with all others: see the rule of ownership in [`super`].
//!
//! **While a namespace is resized** its gates are locked first, as ever; only then is it known which successors are wanted as well, and
//! their locks must come later in the order. They do: the serials of successors are above those of all other sets, those of all
//! namespaces whose gates are locked with them included. A set is made as the one or the other and stays it: when a resize ends,
//! both sets of it retire, and their content moves to a third (`resize.rs`).

use std::sync::Arc;

use smallvec::SmallVec;

use super::lock::{ShardGuard, ShardMutex};
use super::{RESIZING, SHARDS_MAX, Shard, Shards};
use crate::error::{Error, Result as EngineResult};
use crate::keyspace::{Keyspace, ShardSet};
use crate::namespace::{Handle, Namespace, Recount};
use crate::table::Key;

/// How often a lock that is taken is tried again before [`Patience::Brief`] gives up: some 2 µs.
const SPINS_MAX: usize = 64;

/// Which shards of a namespace an operation needs.
#[derive(Clone, Copy, Debug)]
pub enum Reach<'k> {
    /// The one of a key, by its hash.
    Key(u64),
    /// Those of several keys, by their hashes, in any order.
    Keys(&'k [u64]),
    /// All.
    All,
}

/// What to do when another thread has the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Wait for it.
    Wait,
    /// Try for about two microseconds, then give up with [`LockError::Busy`].
    Brief,
}

/// Why no lock was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockError {
    /// Another thread has one of the locks; try again later.
    Busy,
    /// A namespace was swapped or deleted since its handle was last refreshed: call [`Handle::refresh`] on all
    /// handles and try again.
    Stale,
    /// The namespace is being resized, and a key may take two locks: [`Locks::many`] takes them. Said by [`Locks::one`] alone.
    Resized,
}

/// A lock that is held.
struct Guard<'e> {
    serial: u64,
    index: usize,
    shard: ShardGuard<'e, Shard>,
}

/// Locks of the shards an operation needs, given back when this is dropped.
///
/// Never keep one across an `.await`, a system call, or another call that takes locks.
pub struct Locks<'e> {
    held: Held<'e>,
}

/// One lock is what nearly every request takes; it has a way of its own.
enum Held<'e> {
    One { serial: u64, shard: ShardGuard<'e, Shard> },
    Many(Many<'e>),
}

struct Many<'e> {
    guards: Guards<'e>,
    /// The shards of namespaces that were swapped under these locks, by the namespace's id.
    swapped: Option<Box<Swapped>>,
}

type Swapped = SmallVec<[(u64, Arc<Shards>); 2]>;

const _: () = assert!(size_of::<Locks<'_>>() <= 72);

/// Sorted by (set of shards, index).
struct Guards<'e>(SmallVec<[Guard<'e>; 2]>);

impl<'e> Locks<'e> {
    /// Locks the shard of one key: one lock, no allocation.
    ///
    /// # Errors
    ///
    /// [`LockError`]. Of [`LockError::Resized`] the caller has to think, since a way through here to [`Locks::many`] would cost those
    /// who do not need it some instructions each time.
    #[inline]
    pub fn one(handle: &'e Handle, hash: u64, patience: Patience) -> Result<Self, LockError> {
        let shards = handle.shards();
        let shard = lock_owned(handle, shards.cell_of(hash).1, patience)?;
        Ok(Self { held: Held::One { serial: shards.serial, shard } })
    }

    /// Locks what an operation needs in one or several namespaces.
    ///
    /// # Errors
    ///
    /// [`LockError`]; nothing stays locked then.
    pub fn many(wanted: &[(&'e Handle, Reach<'_>)], patience: Patience) -> Result<Self, LockError> {
        let mut order: SmallVec<[(u64, usize, &'e Handle); 16]> = SmallVec::new();
        for &(handle, reach) in wanted {
            let shards = handle.shards();
            let mut want = |index| order.push((shards.serial, index, handle));
            match reach {
                Reach::Key(hash) => want(shards.cell_of(hash).0),
                Reach::Keys(hashes) => {
                    // A bit for each shard, so that a batch of many keys sorts few shards.
                    let mut wanted = [0u64; SHARDS_MAX / 64];
                    for &hash in hashes {
                        let index = shards.cell_of(hash).0;
                        let (word, bit) = (&mut wanted[index / 64], 1 << (index % 64));
                        if *word & bit == 0 {
                            *word |= bit;
                            want(index);
                        }
                    }
                }
                Reach::All => (0..shards.len()).for_each(want),
            }
        }
        order.sort_unstable_by_key(|&(serial, index, _)| (serial, index));
        // Two namespaces never own the same shard: one of the handles was refreshed before a swap, the other after.
        let mixed = |pair: &[(u64, usize, &Handle)]| {
            pair[0].0 == pair[1].0 && pair[0].2.namespace().id() != pair[1].2.namespace().id()
        };
        if order.windows(2).any(mixed) {
            return Err(LockError::Stale);
        }
        order.dedup_by_key(|&mut (serial, index, _)| (serial, index));
        let mut guards = Guards(SmallVec::with_capacity(order.len()));
        let mut owners = 0;
        for (_, index, handle) in order {
            let shards = handle.shards();
            let shard = lock(shards.cell(index), handle.namespace().id(), patience)?;
            owners |= shard.owner;
            guards.0.push(Guard { serial: shards.serial, index, shard });
        }
        if owners & RESIZING != 0 {
            guards.lock_successors(wanted, patience)?;
        }
        Ok(Self { held: Held::Many(Many { guards, swapped: None }) })
    }

    /// What a command works on: a namespace through these locks, at one moment.
    #[inline]
    pub fn keyspace<'a>(&'a mut self, handle: &'a Handle, now_ms: u64) -> Keyspace<'a>
    where
        'e: 'a,
    {
        match &mut self.held {
            Held::One { serial, shard } => {
                debug_assert_eq!(*serial, handle.shards().serial, "a key's lock is used through its own handle");
                Keyspace::one(handle.namespace(), handle.shards(), now_ms, shard)
            }
            Held::Many(many) => many.keyspace(handle, now_ms),
        }
    }

    fn many_mut(&mut self) -> &mut Many<'e> {
        match &mut self.held {
            Held::Many(many) => many,
            Held::One { .. } => panic!("an operation on whole namespaces needs all their locks"),
        }
    }
}

impl<'e> Locks<'e> {
    /// Two namespaces at once, for operations from one to the other. `operation` is given them in the order named.
    ///
    /// # Panics
    ///
    /// When both handles are of one namespace.
    pub fn pair<T>(
        &mut self,
        (first, second): (&Handle, &Handle),
        now_ms: u64,
        operation: impl FnOnce(&mut Keyspace<'_>, &mut Keyspace<'_>) -> T,
    ) -> T {
        let Many { guards, swapped } = self.many_mut();
        let (own, their) = (present(swapped, first), present(swapped, second));
        assert!(own.serial != their.serial, "a pair of namespaces are two");
        let (mut own_held, mut their_held) = (Part(SmallVec::new()), Part(SmallVec::new()));
        for guard in &mut guards.0 {
            if own.sets().any(|set| set.serial == guard.serial) {
                own_held.0.push(guard);
            } else if their.sets().any(|set| set.serial == guard.serial) {
                their_held.0.push(guard);
            }
        }
        operation(
            &mut Keyspace::several(first.namespace(), own, now_ms, &mut own_held),
            &mut Keyspace::several(second.namespace(), their, now_ms, &mut their_held),
        )
    }

    /// Swaps all keys of two namespaces; names and limits stay. Needs all locks of both. These locks know of it from then on; the handles
    /// are out of date for others to come.
    ///
    /// Watchers of keys that are in either namespace see a change, and go on watching in the namespace they watched.
    ///
    /// # Errors
    ///
    /// [`Error::ResizeInProgress`] when one of them is being resized.
    ///
    /// # Panics
    ///
    /// When a lock is missing.
    pub fn swap(&mut self, first: &Handle, second: &Handle) -> EngineResult<()> {
        let (first, second) = (Side::new(first), Side::new(second));
        if first.namespace.id() == second.namespace.id() {
            return Ok(());
        }
        if [&first, &second].iter().any(|side| side.shards.successor().is_some()) {
            return Err(Error::ResizeInProgress);
        }
        for (side, other) in [(&first, &second), (&second, &first)] {
            let watched: Vec<(u64, Box<[u8]>)> = self
                .shards_of(side)
                .filter_map(|shard| shard.watches.as_ref())
                .flat_map(|watches| watches.keys().map(|key| (key.hash, key.bytes.into())).collect::<Vec<_>>())
                .collect();
            for (hash, bytes) in watched {
                let key = Key { hash, bytes: &bytes };
                if [side, other].into_iter().any(|side| self.shard_at(side, hash).table.find(key).is_some()) {
                    self.shard_at(side, hash).touch_watch(key);
                }
            }
        }
        let [first_watches, second_watches] = [&first, &second].map(|side| {
            side.namespace.forget_leases(self.shards_of(side));
            self.shards_of(side).filter_map(|shard| shard.watches.take()).collect::<Vec<_>>()
        });
        first.namespace.exchange_shards(second.namespace);
        for (side, owner, watches) in [(&first, &second, second_watches), (&second, &first, first_watches)] {
            self.shards_of(side).for_each(|shard| shard.owner = owner.namespace.id());
            let mut recount = Recount::new(owner.namespace);
            self.shards_of(side).for_each(|shard| recount.shard(shard));
            recount.finish();
            for (hash, watch) in watches.into_iter().flat_map(|watches| watches.into_watches()) {
                self.shard_at(side, hash).watches.get_or_insert_default().insert(hash, watch);
            }
        }
        let swapped = self.many_mut().swapped.get_or_insert_default();
        swapped.retain(|(id, _)| ![first.namespace.id(), second.namespace.id()].contains(id));
        swapped.extend([(first.namespace.id(), second.shards), (second.namespace.id(), first.shards)]);
        Ok(())
    }

    /// The shards of a namespace, all of which are locked, each with its place. O(log n) of all locks held to find them, for
    /// who does it namespace by namespace.
    pub(crate) fn all_shards_of<'s>(
        &'s mut self,
        handle: &Handle,
    ) -> impl Iterator<Item = (Arc<Shards>, usize, &'s mut Shard)> + use<'s, 'e> {
        let shards = handle.namespace().shards_now();
        let successor = shards.successor().map(Arc::clone);
        let mut rest = &mut self.many_mut().guards.0[..];
        let mut found: SmallVec<[(Arc<Shards>, &'s mut [Guard<'e>]); 2]> = SmallVec::new();
        // Successors come after all gates.
        for set in std::iter::once(shards).chain(successor) {
            let start = rest.partition_point(|guard| guard.serial < set.serial);
            let end = start + rest[start..].partition_point(|guard| guard.serial == set.serial);
            assert_eq!(end - start, set.len(), "all locks are held");
            let (to_end, after) = rest.split_at_mut(end);
            found.push((set, &mut to_end[start..]));
            rest = after;
        }
        found.into_iter().flat_map(|(set, guards)| {
            guards.iter_mut().map(move |guard| (Arc::clone(&set), guard.index, &mut *guard.shard))
        })
    }

    /// The shards of a namespace that is not being resized, all of which are locked.
    fn shards_of<'s>(&'s mut self, side: &Side<'_>) -> impl Iterator<Item = &'s mut Shard> + use<'s, 'e> {
        let serial = side.shards.serial;
        let guards = &mut self.many_mut().guards.0;
        let held = guards.iter().filter(|guard| guard.serial == serial).count();
        assert_eq!(held, side.shards.len(), "all locks are held");
        guards.iter_mut().filter(move |guard| guard.serial == serial).map(|guard| &mut *guard.shard)
    }

    fn shard_at(&mut self, side: &Side<'_>, hash: u64) -> &mut Shard {
        let index = side.shards.route().shard_of(hash);
        self.many_mut().guards.shard(side.shards.serial, index).expect("all locks are held")
    }
}

impl Many<'_> {
    fn keyspace<'a>(&'a mut self, handle: &'a Handle, now_ms: u64) -> Keyspace<'a> {
        Keyspace::several(handle.namespace(), present(&self.swapped, handle), now_ms, &mut self.guards)
    }
}

/// The shards that a namespace has now: those of its handle, unless it was swapped under the locks held.
#[inline]
fn present<'a>(swapped: &'a Option<Box<Swapped>>, handle: &'a Handle) -> &'a Shards {
    let found = swapped.iter().flat_map(|swapped| swapped.iter()).find(|(id, _)| *id == handle.namespace().id());
    found.map_or(handle.shards(), |(_, shards)| shards)
}

/// A namespace with the shards it has before a swap.
struct Side<'h> {
    namespace: &'h Namespace,
    shards: Arc<Shards>,
}

impl<'h> Side<'h> {
    fn new(handle: &'h Handle) -> Self {
        Self { namespace: handle.namespace(), shards: handle.namespace().shards_now() }
    }
}

/// The locks of one namespace among others, in the same order.
struct Part<'g, 'e>(SmallVec<[&'g mut Guard<'e>; 4]>);

impl ShardSet for Part<'_, '_> {
    fn shard(&mut self, serial: u64, index: usize) -> Option<&mut Shard> {
        let at = self.0.binary_search_by_key(&(serial, index), |guard| (guard.serial, guard.index)).ok()?;
        Some(&mut self.0[at].shard)
    }
}

impl ShardSet for Guards<'_> {
    fn shard(&mut self, serial: u64, index: usize) -> Option<&mut Shard> {
        let guards = &mut *self.0;
        let at = place(guards, serial, index)?;
        Some(&mut guards[at].shard)
    }
}

impl<'e> Guards<'e> {
    /// Locks the successors that are wanted beside the gates, which are locked.
    #[cold]
    fn lock_successors(&mut self, wanted: &[(&'e Handle, Reach<'_>)], patience: Patience) -> Result<(), LockError> {
        let mut order: SmallVec<[(u64, usize, &'e Shards, u64); 16]> = SmallVec::new();
        for &(handle, reach) in wanted {
            let (gates, namespace) = (handle.shards(), handle.namespace().id());
            let Some(successor) = gates.successor() else { continue };
            let mut want = |index| order.push((successor.serial, index, successor, namespace));
            let has_moved = |hash: u64| {
                let gate = place(&self.0, gates.serial, gates.cell_of(hash).0);
                gate.is_some_and(|at| self.0[at].shard.has_moved(hash))
            };
            let mut want_moved = |hash: u64| {
                if has_moved(hash) {
                    want(successor.cell_of(hash).0);
                }
            };
            match reach {
                Reach::Key(hash) => want_moved(hash),
                Reach::Keys(hashes) => hashes.iter().for_each(|hash| want_moved(*hash)),
                Reach::All => (0..successor.len()).for_each(want),
            }
        }
        order.sort_unstable_by_key(|&(serial, index, ..)| (serial, index));
        order.dedup_by_key(|&mut (serial, index, ..)| (serial, index));
        for (_, index, successor, namespace) in order {
            let shard = lock(successor.cell(index), namespace, patience)?;
            self.0.push(Guard { serial: successor.serial, index, shard });
        }
        Ok(())
    }
}

/// Where the guard of a shard is.
#[inline]
fn place(guards: &[Guard<'_>], serial: u64, index: usize) -> Option<usize> {
    // Where every shard of the first namespace is locked, a shard's index is its guard's place.
    match guards.get(index) {
        Some(guard) if (guard.serial, guard.index) == (serial, index) => Some(index),
        _ => guards.binary_search_by_key(&(serial, index), |guard| (guard.serial, guard.index)).ok(),
    }
}

/// Locks all shards of a set, in order, if a namespace owns them.
pub(crate) fn lock_all(shards: &Shards, namespace: u64) -> Option<Vec<ShardGuard<'_, Shard>>> {
    let mut guards = Vec::with_capacity(shards.len());
    for index in 0..shards.len() {
        let shard = shards.cell(index).lock();
        if !shard.belongs_to(namespace) {
            return None;
        }
        guards.push(shard);
    }
    Some(guards)
}

/// [`lock_all`] for a set and, if there is one, its successor.
pub(crate) fn lock_sets(shards: &Shards, namespace: u64) -> Option<Vec<ShardGuard<'_, Shard>>> {
    let mut guards = lock_all(shards, namespace)?;
    if let Some(successor) = shards.successor() {
        guards.extend(lock_all(successor, namespace)?);
    }
    Some(guards)
}

/// Locks a shard, if the handle's namespace owns it and is not being resized.
#[inline]
fn lock_owned<'e>(
    handle: &Handle,
    cell: &'e ShardMutex<Shard>,
    patience: Patience,
) -> Result<ShardGuard<'e, Shard>, LockError> {
    let shard = match cell.try_lock() {
        Some(shard) => shard,
        None => lock_contended(cell, patience)?,
    };
    if shard.owner == handle.namespace().id() { Ok(shard) } else { Err(look_closer(handle, shard.owner)) }
}

/// What it means that a shard has an owner that a handle did not expect.
#[cold]
fn look_closer(handle: &Handle, owner: u64) -> LockError {
    if owner == handle.namespace().id() | RESIZING { LockError::Resized } else { LockError::Stale }
}

/// Locks a shard, if the namespace owns it, resized or not.
#[inline]
fn lock(cell: &ShardMutex<Shard>, namespace: u64, patience: Patience) -> Result<ShardGuard<'_, Shard>, LockError> {
    let shard = match cell.try_lock() {
        Some(shard) => shard,
        None => lock_contended(cell, patience)?,
    };
    if shard.belongs_to(namespace) { Ok(shard) } else { Err(LockError::Stale) }
}

#[cold]
fn lock_contended<'e>(cell: &'e ShardMutex<Shard>, patience: Patience) -> Result<ShardGuard<'e, Shard>, LockError> {
    let mut shard = match patience {
        Patience::Wait => cell.lock(),
        Patience::Brief => spin(|| cell.try_lock()).ok_or(LockError::Busy)?,
    };
    shard.counters.lock_waits += 1;
    Ok(shard)
}

/// Attempts again and again for some microseconds.
#[cold]
pub(crate) fn spin<T>(mut attempt: impl FnMut() -> Option<T>) -> Option<T> {
    (0..SPINS_MAX).find_map(|_| {
        (0..8).for_each(|_| std::hint::spin_loop());
        attempt()
    })
}
