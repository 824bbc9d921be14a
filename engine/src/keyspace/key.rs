//! Operations on keys, whatever they hold.

use super::Keyspace;
use crate::error::Result;
use crate::table::{Key, ValueView};
use crate::value::{Encoding, ValueType};

impl Keyspace<'_> {
    /// Removes a key; whether it was there.
    pub fn remove(&mut self, key: Key<'_>) -> bool {
        let mut entries = self.entries(key.hash);
        let found = entries.find(key);
        if let Some(slot) = found {
            entries.remove(key, slot);
        }
        found.is_some()
    }

    /// The type of a key's value, `None` when it is absent. Counts nothing.
    pub fn value_type(&mut self, key: Key<'_>) -> Option<ValueType> {
        self.peek(key).map(|value| value.value_type())
    }

    /// How a key's value lies in memory. Counts nothing.
    pub fn encoding(&mut self, key: Key<'_>) -> Option<Encoding> {
        self.peek(key).map(|value| value.encoding())
    }

    /// When a key expires: `None` when it is absent, `Some(None)` when it never does. Counts nothing.
    pub fn deadline_ms(&mut self, key: Key<'_>) -> Option<Option<u64>> {
        self.peek_entry(key).map(|(_, view)| view.deadline_ms)
    }

    /// [`Keyspace::deadline_ms`] as a look-up of the client's: counts a hit or a miss, raises the key's access frequency.
    pub fn read_deadline_ms(&mut self, key: Key<'_>) -> Option<Option<u64>> {
        self.read_entry(key).map(|view| view.deadline_ms)
    }

    /// Sets or removes a key's deadline; whether the key is there. A deadline that has passed is set like any other, and
    /// the key is then absent: who wants it removed as by a client calls [`Keyspace::remove`].
    pub fn set_deadline_ms(&mut self, key: Key<'_>, deadline_ms: Option<u64>) -> bool {
        let mut entries = self.entries(key.hash);
        let found = entries.find(key);
        if let Some(slot) = found {
            entries.shard.table.set_deadline(slot, deadline_ms);
            entries.changed(key);
        }
        found.is_some()
    }

    /// Raises a key's access frequency, also under [`Keyspace::without_touching`]; whether it is there. Counts a hit or a miss.
    pub fn touch(&mut self, key: Key<'_>) -> bool {
        let touches = std::mem::replace(&mut self.touches, true);
        let found = self.contains(key);
        self.touches = touches;
        found
    }

    /// How often a key was used of late, 0 (not) to 3 (often); `None` when it is absent.
    pub fn frequency(&mut self, key: Key<'_>) -> Option<u8> {
        let (slot, _) = self.peek_entry(key)?;
        Some(self.shard(key.hash).table.frequency(slot))
    }

    /// Bytes of memory a key, its value and their metadata take; `None` when it is absent.
    pub fn memory_usage(&mut self, key: Key<'_>) -> Option<usize> {
        let (slot, view) = self.peek_entry(key)?;
        let owned_bytes = match view.value {
            ValueView::Inline(_) => 0,
            ValueView::Boxed(object) => object.owned_bytes(),
        };
        Some(self.shard(key.hash).table.entry_bytes(slot) + owned_bytes)
    }

    /// Gives a key another name, replacing what was there; its deadline goes with it. Whether it was there. Renaming a key to
    /// itself changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::KeyTooLong`](crate::error::Error::KeyTooLong) for the new name;
    /// [`Error::OutOfMemory`](crate::error::Error::OutOfMemory) when the table it comes to can take no more entries.
    pub fn rename(&mut self, from: Key<'_>, to: Key<'_>) -> Result<bool> {
        if self.entries(from.hash).find(from).is_none() {
            return Ok(false);
        }
        if from.bytes == to.bytes {
            return Ok(true);
        }
        self.entries(to.hash).check_room(to.bytes.len())?;
        let mut entries = self.entries(from.hash);
        let slot = entries.find(from).expect("it was there a moment ago, and a moment has one time");
        // What is moved is paid for already.
        entries.prepaid = true;
        let detached = entries.detach(from, slot);
        let mut entries = self.entries(to.hash);
        let replaces = entries.find(to).is_some();
        entries.prepaid = true;
        let attached = entries.attach(to, detached);
        debug_assert!(attached.is_ok(), "what is moved is paid for already");
        if replaces {
            entries.namespace.release_keys(1);
        }
        // One command, one change, though two keys were touched.
        entries.shard.counters.changes -= 1;
        Ok(true)
    }

    /// Copies a key and its deadline within this namespace, replacing what was there; whether there was a key to copy.
    ///
    /// # Errors
    ///
    /// [`Error::MaxKeys`](crate::error::Error::MaxKeys), [`Error::OutOfMemory`](crate::error::Error::OutOfMemory).
    pub fn copy(&mut self, from: Key<'_>, to: Key<'_>) -> Result<bool> {
        let entries = &mut self.entries(from.hash);
        let Some(slot) = entries.find(from) else { return Ok(false) };
        let duplicate = entries.duplicate(slot);
        self.entries(to.hash).attach(to, duplicate)?;
        Ok(true)
    }

    /// [`Keyspace::copy`] into another namespace.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::copy`], and [`Error::ValueTooLarge`](crate::error::Error::ValueTooLarge) by the other namespace's limit.
    pub fn copy_to(&mut self, from: Key<'_>, target: &mut Keyspace<'_>, to: Key<'_>) -> Result<bool> {
        let entries = &mut self.entries(from.hash);
        let Some(slot) = entries.find(from) else { return Ok(false) };
        let duplicate = entries.duplicate(slot);
        let mut entries = target.entries(to.hash);
        duplicate.check_length(&entries)?;
        entries.attach(to, duplicate)?;
        Ok(true)
    }

    /// Moves a key and its deadline into another namespace where it is absent. Whether it was moved: it is not when it is absent
    /// here or present there.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::copy_to`].
    pub fn move_to(&mut self, key: Key<'_>, target: &mut Keyspace<'_>) -> Result<bool> {
        let mut source = self.entries(key.hash);
        let Some(slot) = source.find(key) else { return Ok(false) };
        let mut there = target.entries(key.hash);
        if there.find(key).is_some() {
            return Ok(false);
        }
        there.reserve_for(key, &source, slot)?;
        let detached = source.detach(key, slot);
        there.prepaid = true;
        let attached = there.attach(key, detached);
        debug_assert!(attached.is_ok(), "everything was reserved");
        there.prepaid = false;
        there.settle();
        Ok(true)
    }

    /// Begins to watch a key and returns its version. Every watch must be ended by [`Keyspace::unwatch`].
    ///
    /// A key that has expired by now is removed first, so that its removal is not taken for a change.
    pub fn watch(&mut self, key: Key<'_>) -> u64 {
        let mut entries = self.entries(key.hash);
        entries.find(key);
        entries.shard.watches.get_or_insert_default().watch(key)
    }

    /// The version of a watched key: another one than [`Keyspace::watch`] returned if the key was changed, removed or replaced
    /// since, or has expired. `None` when nobody watches it.
    pub fn watch_version(&mut self, key: Key<'_>) -> Option<u64> {
        let mut entries = self.entries(key.hash);
        entries.find(key);
        entries.shard.watches.as_mut()?.version(key)
    }

    /// Ends a watch.
    pub fn unwatch(&mut self, key: Key<'_>) {
        let shard = self.shard(key.hash);
        if let Some(watches) = &mut shard.watches {
            watches.unwatch(key);
            if watches.is_empty() {
                shard.watches = None;
            }
        }
    }
}
