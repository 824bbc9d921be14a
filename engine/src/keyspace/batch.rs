//! Operations on many keys at once, with a result for each.
//!
//! A batch means what its items mean one after another, at one moment. So a key that is named twice is, for set and
//! update, written twice, the second time over the first value; for get, answered twice; for delete and consume, gone the second
//! time, which is a missing key like any other.

use std::collections::HashSet;

use smallvec::SmallVec;

use super::entry::Entries;
use super::{DeadlineChange, Keyspace};
use crate::error::Error;
use crate::table::Key;
use crate::value::{StringRef, StringValue, ValueRef};

/// The result of one item, or of the check of all.
type Result<T, E = Error> = std::result::Result<T, E>;

/// What happens to a batch when an item cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BatchMode {
    /// All items are done or none; the failure names every item that cannot be.
    AllOrNothing,
    /// Each item stands alone.
    BestEffort,
}

/// An item that could not be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchFailure {
    /// The item's place in the batch.
    pub index: usize,
    /// Why.
    pub error: Error,
}

/// What came of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchReport {
    /// For each item in its place: the value read, taken or replaced; `None` where there was none or the item failed. Empty after a
    /// failed `AllOrNothing` batch and after delete.
    pub values: Vec<Option<StringValue>>,
    /// The items that failed, by place.
    pub failures: Vec<BatchFailure>,
    /// Number of items that were done: 0 for a failed `AllOrNothing` batch.
    pub succeeded: usize,
}

impl BatchReport {
    /// Whether every item was done.
    pub fn is_success(&self) -> bool {
        self.failures.is_empty()
    }
}

/// What came of a batch whose items came owned and go back to their owner.
pub(crate) struct Owned<K, T> {
    /// The items that were done, in order; none after a failed `AllOrNothing` batch.
    pub(crate) done: Vec<(K, T)>,
    /// The items that failed, in order.
    pub(crate) failed: Vec<(K, BatchFailure)>,
}

/// What a batch that is about to be written has reserved.
pub(super) struct Prepaid {
    leased_bytes: u64,
}

impl Keyspace<'_> {
    /// Sets keys to strings; the values replaced are returned. Deadlines are removed.
    ///
    /// Items fail by [`Error::ValueTooLarge`], [`Error::WrongType`] (what is there is no string to return),
    /// [`Error::MaxKeys`] and [`Error::OutOfMemory`] (those items that do not fit after the ones before them).
    ///
    /// # Panics
    ///
    /// Here and below, when `keys` and `values` differ in length.
    pub fn batch_set(&mut self, mode: BatchMode, keys: &[Key<'_>], values: &[&[u8]]) -> BatchReport {
        self.batch_write(mode, keys, values, |_| Ok(()))
    }

    /// Sets keys that are there to other strings; the values replaced are returned. Deadlines are removed.
    ///
    /// Items fail by [`Error::KeyNotFound`] and as for [`Keyspace::batch_set`].
    pub fn batch_update(&mut self, mode: BatchMode, keys: &[Key<'_>], values: &[&[u8]]) -> BatchReport {
        self.batch_write(mode, keys, values, |present| if present { Ok(()) } else { Err(Error::KeyNotFound) })
    }

    /// Reads strings.
    ///
    /// Items fail by [`Error::KeyNotFound`], [`Error::WrongType`].
    pub fn batch_get(&mut self, mode: BatchMode, keys: &[Key<'_>]) -> BatchReport {
        self.prefetch(keys);
        let report = BatchReport::of_each(keys.len(), |index| match self.string(keys[index]) {
            Ok(Some(string)) => Ok(Some(string.to_value())),
            Ok(None) => Err(Error::KeyNotFound),
            Err(error) => Err(error),
        });
        if mode == BatchMode::AllOrNothing && !report.is_success() {
            return BatchReport::refused(report.failures);
        }
        report
    }

    /// Removes keys, whatever they hold.
    ///
    /// Items fail by [`Error::KeyNotFound`].
    pub fn batch_delete(&mut self, mode: BatchMode, keys: &[Key<'_>]) -> BatchReport {
        self.prefetch(keys);
        if mode == BatchMode::AllOrNothing
            && let Err(failures) = self.check_removals(keys.len(), |index| keys[index], |_| Ok(()))
        {
            return BatchReport::refused(failures);
        }
        let report =
            BatchReport::of_each(
                keys.len(),
                |index| {
                    if self.remove(keys[index]) { Ok(None) } else { Err(Error::KeyNotFound) }
                },
            );
        BatchReport { values: Vec::new(), ..report }
    }

    /// Removes strings and returns them.
    ///
    /// Items fail by [`Error::KeyNotFound`], [`Error::WrongType`].
    pub fn batch_consume(&mut self, mode: BatchMode, keys: &[Key<'_>]) -> BatchReport {
        self.prefetch(keys);
        if mode == BatchMode::AllOrNothing
            && let Err(failures) =
                self.check_removals(keys.len(), |index| keys[index], |value| value.string().map(drop))
        {
            return BatchReport::refused(failures);
        }
        BatchReport::of_each(keys.len(), |index| match self.take(keys[index]) {
            Ok(None) => Err(Error::KeyNotFound),
            taken => taken,
        })
    }

    /// [`Keyspace::batch_get`] for keys that come owned, with their hashes.
    pub(crate) fn batch_fetch<K: AsRef<[u8]>>(
        &mut self,
        mode: BatchMode,
        keys: Vec<K>,
        hashes: &[u64],
    ) -> Owned<K, Vec<u8>> {
        self.prefetch_by(hashes, |hash| *hash);
        let mut fetched = Owned::of_each(keys, hashes, |key| match self.string(key) {
            Ok(Some(string)) => Ok(string.to_value().into_vec()),
            Ok(None) => Err(Error::KeyNotFound),
            Err(error) => Err(error),
        });
        if mode == BatchMode::AllOrNothing && !fetched.failed.is_empty() {
            fetched.done = Vec::new();
        }
        fetched
    }

    /// [`Keyspace::batch_delete`] for keys that come owned, with their hashes.
    pub(crate) fn batch_discard<K: AsRef<[u8]>>(
        &mut self,
        mode: BatchMode,
        keys: Vec<K>,
        hashes: &[u64],
    ) -> Owned<K, ()> {
        self.prefetch_by(hashes, |hash| *hash);
        let key_at = |index: usize| Key { hash: hashes[index], bytes: keys[index].as_ref() };
        if mode == BatchMode::AllOrNothing
            && let Err(failures) = self.check_removals(keys.len(), key_at, |_| Ok(()))
        {
            return Owned::refused(keys, failures);
        }
        Owned::of_each(keys, hashes, |key| if self.remove(key) { Ok(()) } else { Err(Error::KeyNotFound) })
    }

    /// [`Keyspace::batch_consume`] for keys that come owned, with their hashes.
    pub(crate) fn batch_withdraw<K: AsRef<[u8]>>(
        &mut self,
        mode: BatchMode,
        keys: Vec<K>,
        hashes: &[u64],
    ) -> Owned<K, Vec<u8>> {
        self.prefetch_by(hashes, |hash| *hash);
        let key_at = |index: usize| Key { hash: hashes[index], bytes: keys[index].as_ref() };
        if mode == BatchMode::AllOrNothing
            && let Err(failures) = self.check_removals(keys.len(), key_at, |value| value.string().map(drop))
        {
            return Owned::refused(keys, failures);
        }
        Owned::of_each(keys, hashes, |key| self.take(key)?.map(StringValue::into_vec).ok_or(Error::KeyNotFound))
    }

    /// [`Keyspace::batch_set`] for keys and values that come owned, with the hashes of the keys.
    pub(crate) fn batch_exchange<K: AsRef<[u8]>>(
        &mut self,
        mode: BatchMode,
        items: Vec<(K, Vec<u8>)>,
        hashes: &[u64],
    ) -> Owned<K, Option<StringValue>> {
        self.prefetch_by(hashes, |hash| *hash);
        if mode == BatchMode::BestEffort {
            return self.exchange_each(items, hashes);
        }
        let item = |index: usize| {
            let (key, value) = &items[index];
            (Key { hash: hashes[index], bytes: key.as_ref() }, value.len())
        };
        let checked = self.check_each_write(items.len(), item, |old| old.map_or(Ok(()), |old| old.string().map(drop)));
        match checked {
            Err(failures) => Owned::refused(items.into_iter().map(|(key, _)| key).collect(), failures),
            Ok(prepaid) => self.write_prepaid(prepaid, |keyspace| keyspace.exchange_each(items, hashes)),
        }
    }

    fn exchange_each<K: AsRef<[u8]>>(
        &mut self,
        items: Vec<(K, Vec<u8>)>,
        hashes: &[u64],
    ) -> Owned<K, Option<StringValue>> {
        let mut failed = Vec::new();
        let exchange = |(index, (name, value)): (usize, (K, Vec<u8>))| {
            let key = Key { hash: hashes[index], bytes: name.as_ref() };
            match self.exchange(key, value, |_| Ok(())) {
                Ok(old) => Some((name, old)),
                Err(error) => {
                    failed.push((name, BatchFailure { index, error }));
                    None
                }
            }
        };
        // Items and results are as large as each other, so the vector is used again.
        let done = items.into_iter().enumerate().filter_map(exchange).collect();
        Owned { done, failed }
    }

    fn batch_write(
        &mut self,
        mode: BatchMode,
        keys: &[Key<'_>],
        values: &[&[u8]],
        may_write: impl Fn(bool) -> Result<()>,
    ) -> BatchReport {
        assert_eq!(keys.len(), values.len(), "a value for each key");
        self.prefetch(keys);
        if mode == BatchMode::BestEffort {
            return BatchReport::of_each(keys.len(), |index| self.swap_string(keys[index], values[index], &may_write));
        }
        let checked = self.check_writes(keys, values, |old| {
            may_write(old.is_some())?;
            old.map_or(Ok(()), |old| old.string().map(drop))
        });
        match checked {
            Err(failures) => BatchReport::refused(failures),
            Ok(prepaid) => self.write_prepaid(prepaid, |keyspace| {
                BatchReport::of_each(keys.len(), |index| keyspace.swap_string(keys[index], values[index], &|_| Ok(())))
            }),
        }
    }

    /// Sets a string, if it may be written given whether there is one, and returns the one it replaces.
    fn swap_string(
        &mut self,
        key: Key<'_>,
        value: &[u8],
        may_write: &impl Fn(bool) -> Result<()>,
    ) -> Result<Option<StringValue>> {
        let mut entries = self.entries(key.hash);
        entries.check_length(value.len())?;
        let found = entries.find(key);
        entries.shard.counters.count_read(found.is_some());
        let old = found.map(|slot| entries.value(slot).string().map(StringRef::to_value)).transpose()?;
        may_write(found.is_some())?;
        entries.set_string_at(key, found, value, DeadlineChange::Clear)?;
        Ok(old)
    }

    /// Checks that all items can be written, and reserves what they need. `may_write` is given what each would replace.
    pub(super) fn check_writes(
        &mut self,
        keys: &[Key<'_>],
        values: &[&[u8]],
        may_write: impl Fn(Option<ValueRef<'_>>) -> Result<()>,
    ) -> Result<Prepaid, Vec<BatchFailure>> {
        self.check_each_write(keys.len(), |index| (keys[index], values[index].len()), may_write)
    }

    /// [`Keyspace::check_writes`] for so many items, of each of which `item` tells the key and the length of its value.
    fn check_each_write<'k>(
        &mut self,
        items: usize,
        item: impl Fn(usize) -> (Key<'k>, usize),
        may_write: impl Fn(Option<ValueRef<'_>>) -> Result<()>,
    ) -> Result<Prepaid, Vec<BatchFailure>> {
        let namespace = self.namespace();
        let limited = namespace.limits().max_keys != 0;
        let mut failures = Vec::new();
        let mut new: Vec<usize> = Vec::new();
        for index in 0..items {
            let (key, length) = item(index);
            let mut entries = self.entries(key.hash);
            let found = entries.find(key);
            let checked = entries
                .check_length(length)
                .and_then(|()| may_write(found.map(|slot| entries.value(slot))))
                .and_then(|()| if found.is_none() { entries.check_room(key.bytes.len()) } else { Ok(()) });
            match checked {
                Err(error) => failures.push(BatchFailure { index, error }),
                Ok(()) if limited && found.is_none() => new.push(index),
                Ok(()) => {}
            }
        }
        if limited && !new.is_empty() {
            let repeated = repeated(new.iter().copied(), |index| item(index).0);
            let mut first = new.clone();
            first.retain(|index| !repeated.contains(index));
            if !failures.is_empty() || !namespace.reserve_keys(first.len() as u64) {
                let mut refused = first.split_off(first.len().min(namespace.free_keys() as usize));
                if failures.is_empty() && refused.is_empty() {
                    // Others removed keys meanwhile; the answer still stands for the moment it was given.
                    refused.extend(first.last());
                }
                // Whoever names a key that finds no place is refused, not the first alone.
                let refused: HashSet<&[u8]> = refused.into_iter().map(|index| item(index).0.bytes).collect();
                new.retain(|&index| refused.contains(item(index).0.bytes));
                failures.extend(new.iter().map(|&index| BatchFailure { index, error: Error::MaxKeys }));
                first.clear();
            }
            new = first;
        }
        let leased_bytes = if failures.is_empty() && namespace.is_leasing() {
            let sizes = (0..items).map(|index| {
                let (key, length) = item(index);
                Entries::bytes_to_set(key, length) as u64
            });
            let wanted = sizes.clone().sum();
            if !namespace.lease(wanted) {
                let free = namespace.free_bytes();
                let sums = sizes.scan(0, |sum: &mut u64, size| {
                    *sum += size;
                    Some(*sum)
                });
                let beyond = sums.enumerate().filter(|(index, sum)| *sum > free || index + 1 == items);
                failures.extend(beyond.map(|(index, _)| BatchFailure { index, error: Error::OutOfMemory }));
            }
            wanted
        } else {
            0
        };
        if failures.is_empty() {
            return Ok(Prepaid { leased_bytes });
        }
        namespace.release_keys(new.len() as u64);
        failures.sort_by_key(|failure| failure.index);
        Err(failures)
    }

    /// Writes what [`Keyspace::check_writes`] has reserved.
    pub(super) fn write_prepaid<T>(&mut self, prepaid: Prepaid, write: impl FnOnce(&mut Self) -> T) -> T {
        self.prepaid = true;
        let written = write(self);
        self.prepaid = false;
        // By now every shard has leased what it uses.
        if prepaid.leased_bytes != 0 {
            self.namespace().release_lease(prepaid.leased_bytes);
        }
        written
    }

    /// Sets a key to a string that was checked and reserved.
    pub(super) fn set_prepaid(&mut self, key: Key<'_>, value: &[u8]) {
        let done = self.set_string(key, value, DeadlineChange::Clear);
        debug_assert!(done.is_ok(), "everything was reserved");
    }

    /// Checks that all keys can be removed, one after another. `key_at` tells each of so many.
    fn check_removals<'k>(
        &mut self,
        keys: usize,
        key_at: impl Fn(usize) -> Key<'k>,
        may_remove: impl Fn(ValueRef<'_>) -> Result<()>,
    ) -> Result<(), Vec<BatchFailure>> {
        let mut failures = Vec::new();
        let repeated = repeated(0..keys, &key_at);
        for index in 0..keys {
            let checked = match self.peek(key_at(index)) {
                Some(value) if !repeated.contains(&index) => may_remove(value),
                _ => Err(Error::KeyNotFound),
            };
            failures.extend(checked.err().map(|error| BatchFailure { index, error }));
        }
        if failures.is_empty() { Ok(()) } else { Err(failures) }
    }
}

impl<K, T> Owned<K, T> {
    fn of_each(keys: Vec<K>, hashes: &[u64], mut item: impl FnMut(Key<'_>) -> Result<T>) -> Self
    where
        K: AsRef<[u8]>,
    {
        let (mut done, mut failed) = (Vec::with_capacity(keys.len()), Vec::new());
        for (index, name) in keys.into_iter().enumerate() {
            match item(Key { hash: hashes[index], bytes: name.as_ref() }) {
                Ok(value) => done.push((name, value)),
                Err(error) => failed.push((name, BatchFailure { index, error })),
            }
        }
        Self { done, failed }
    }

    /// The failures, with their keys.
    fn refused(keys: Vec<K>, failures: Vec<BatchFailure>) -> Self {
        let mut failures = failures.into_iter().peekable();
        let failed = keys.into_iter().enumerate().filter_map(|(index, name)| {
            let failure = failures.next_if(|failure| failure.index == index)?;
            Some((name, failure))
        });
        Self { done: Vec::new(), failed: failed.collect() }
    }

    /// A batch of which no item could be done, all for one reason.
    pub(crate) fn refused_whole(keys: Vec<K>, error: Error) -> Self {
        let failures = (0..keys.len()).map(|index| BatchFailure { index, error }).collect();
        Self::refused(keys, failures)
    }
}

impl BatchReport {
    fn of_each(items: usize, mut item: impl FnMut(usize) -> Result<Option<StringValue>>) -> Self {
        let mut report = Self { values: Vec::with_capacity(items), ..Self::default() };
        for index in 0..items {
            match item(index) {
                Ok(value) => {
                    report.values.push(value);
                    report.succeeded += 1;
                }
                Err(error) => {
                    report.values.push(None);
                    report.failures.push(BatchFailure { index, error });
                }
            }
        }
        report
    }

    fn refused(failures: Vec<BatchFailure>) -> Self {
        Self { failures, ..Self::default() }
    }
}

/// Of some indexes in ascending order, those whose key an earlier one names already. Nothing is allocated for up to 256
/// while there are none.
fn repeated<'k>(indexes: impl ExactSizeIterator<Item = usize>, key_at: impl Fn(usize) -> Key<'k>) -> HashSet<usize> {
    let mut repeated = HashSet::new();
    // Open addressing over twice the places: each holds an index and one to tell it from an empty place.
    let places = (2 * indexes.len()).next_power_of_two();
    let mut taken: SmallVec<[u32; 512]> = SmallVec::from_elem(0, places);
    for index in indexes {
        let key = key_at(index);
        let mut place = (key.hash >> 32) as usize;
        loop {
            match &mut taken[place & (places - 1)] {
                0 => break taken[place & (places - 1)] = index as u32 + 1,
                other => {
                    let other = key_at(*other as usize - 1);
                    if other.hash == key.hash && other.bytes == key.bytes {
                        repeated.insert(index);
                        break;
                    }
                    place += 1;
                }
            }
        }
    }
    repeated
}
