//! Operations on hashes.

use smallvec::SmallVec;

use super::Keyspace;
use super::entry::{Content, Entries};
use crate::error::{Error, Result};
use crate::table::{INLINE_VALUE_MAX, Key, NewValue, Slot, ValueView};
use crate::value::compact::packed_map::{self, Edits, PackedMap};
use crate::value::hash::{FieldTable, HashLimits};
use crate::value::{HashRef, Object, StringRef, tag};

/// What a field takes beside its bytes at most, and what its hash takes to hold one more.
const FIELD_OVERHEAD_BYTES: usize = 64;

impl Keyspace<'_> {
    /// A hash to be changed, or the place for a new one: it comes into being with its first field.
    ///
    /// # Errors
    ///
    /// [`Error::WrongType`].
    pub fn hash_mut<'k>(&'k mut self, key: Key<'k>) -> Result<HashMut<'k>> {
        let mut entries = self.entries(key.hash);
        let slot = entries.find(key);
        if let Some(slot) = slot {
            entries.value(slot).hash()?;
        }
        Ok(HashMut { entries, key, slot })
    }
}

/// A hash that can be changed. It is gone with its last field.
pub struct HashMut<'k> {
    entries: Entries<'k>,
    key: Key<'k>,
    slot: Option<Slot>,
}

impl HashMut<'_> {
    /// The hash to be read; `None` while it has no fields.
    pub fn read(&self) -> Option<HashRef<'_>> {
        self.entries.value(self.slot?).hash().ok()
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        self.read().map_or(0, HashRef::len)
    }

    /// Whether there are no fields.
    pub fn is_empty(&self) -> bool {
        self.slot.is_none()
    }

    /// A field's value.
    pub fn get(&self, field: &[u8]) -> Option<StringRef<'_>> {
        self.read()?.get(field)
    }

    /// Sets a field; whether it is new. The hash leaves its packed form when the field or its value, or the number of
    /// fields, is too large for it.
    ///
    /// # Errors
    ///
    /// [`Error::ValueTooLarge`], [`Error::OutOfMemory`], and for a hash that would be new [`Error::MaxKeys`].
    pub fn set(&mut self, field: &[u8], value: &[u8]) -> Result<bool> {
        self.entries.check_room(field.len())?;
        self.entries.check_length(value.len())?;
        let limits = self.entries.namespace.shared().hash_limits();
        let Some(slot) = self.slot else {
            self.slot = Some(self.create(field, value, limits)?);
            return Ok(true);
        };
        self.entries.reserve_bytes(field.len() + value.len() + FIELD_OVERHEAD_BYTES)?;
        let edits = match self.entries.value(slot).hash()? {
            HashRef::Packed(map) => edits_to_set(map, field, value, limits),
            HashRef::Table(fields) if fields.is_full() => return Err(Error::OutOfMemory),
            HashRef::Table(_) => None,
        };
        let is_new = match edits {
            Some((edits, old_len)) => {
                self.slot = Some(self.edit(slot, &edits));
                let grown = value.len() + if old_len.is_none() { field.len() } else { 0 };
                self.entries.shard.value_bytes = self.entries.shard.value_bytes + grown - old_len.unwrap_or(0);
                old_len.is_none()
            }
            None => self.with_table(slot, |fields| fields.set(field, value)),
        };
        self.entries.changed(self.key);
        Ok(is_new)
    }

    /// Sets fields one after another, and returns how many are new: all of them are set or, on an error, none.
    ///
    /// # Errors
    ///
    /// As [`HashMut::set`].
    pub fn set_all<'f>(&mut self, pairs: impl Iterator<Item = (&'f [u8], &'f [u8])> + Clone) -> Result<usize> {
        let mut rest = pairs.clone();
        match (rest.next(), rest.next()) {
            (None, _) => return Ok(0),
            (Some((field, value)), None) => return self.set(field, value).map(usize::from),
            _ => {}
        }
        let leased_bytes = self.reserve_all(pairs.clone())?;
        self.entries.prepaid = true;
        let new = pairs.map(|(field, value)| self.set(field, value).map(usize::from)).sum();
        self.entries.prepaid = false;
        // By now the shard has leased what it uses.
        self.entries.namespace.release_lease(leased_bytes);
        new
    }

    /// Checks that several fields can be set, and reserves a key and bytes for them; returns what was leased for it.
    fn reserve_all<'f>(&mut self, pairs: impl Iterator<Item = (&'f [u8], &'f [u8])>) -> Result<u64> {
        let mut bytes = Entries::bytes_to_set(self.key, 0);
        for (field, value) in pairs {
            self.entries.check_room(field.len())?;
            self.entries.check_length(value.len())?;
            bytes += field.len() + value.len() + FIELD_OVERHEAD_BYTES;
        }
        if let Some(HashRef::Table(fields)) = self.read()
            && fields.is_full()
        {
            return Err(Error::OutOfMemory);
        }
        if self.slot.is_none() {
            self.entries.check_room(self.key.bytes.len())?;
        }
        let leased_bytes = if self.entries.namespace.is_leasing() { bytes as u64 } else { 0 };
        if leased_bytes != 0 && !self.entries.namespace.lease(leased_bytes) {
            return Err(Error::OutOfMemory);
        }
        if self.slot.is_none() {
            let reserved = self.entries.reserve_key();
            reserved.inspect_err(|_| self.entries.namespace.release_lease(leased_bytes))?;
        }
        Ok(leased_bytes)
    }

    /// Removes a field; whether it was there.
    pub fn remove(&mut self, field: &[u8]) -> bool {
        let Some((slot, hash)) = self.slot.zip(self.read()) else { return false };
        if !hash.contains(field) {
            return false;
        }
        if hash.len() == 1 {
            self.entries.remove(self.key, slot);
            self.slot = None;
            return true;
        }
        match hash {
            HashRef::Packed(map) => {
                let removed = field.len() + map.get(field).map_or(0, |value| value.len());
                if let Some(edits) = map.edit_remove(field) {
                    self.slot = Some(self.edit(slot, &edits));
                    self.entries.shard.value_bytes -= removed;
                }
            }
            HashRef::Table(_) => {
                self.with_table(slot, |fields| fields.remove(field));
            }
        }
        self.entries.changed(self.key);
        true
    }

    /// Adds to a field that is an integer, 0 when it is absent, and returns the sum.
    ///
    /// # Errors
    ///
    /// As [`HashMut::set`], and [`Error::NotAnInteger`], [`Error::Overflow`].
    pub fn increment(&mut self, field: &[u8], delta: i64) -> Result<i64> {
        let integer = self.get(field).map_or(Some(0), StringRef::integer).ok_or(Error::NotAnInteger)?;
        let sum = integer.checked_add(delta).ok_or(Error::Overflow)?;
        self.set(field, itoa::Buffer::new().format(sum).as_bytes())?;
        Ok(sum)
    }

    /// Makes the hash with its first field.
    #[cold]
    fn create(&mut self, field: &[u8], value: &[u8], limits: HashLimits) -> Result<Slot> {
        let length = field.len() + value.len();
        let Some((edits, _)) = edits_to_set(PackedMap::new(PackedMap::EMPTY), field, value, limits) else {
            let mut fields = FieldTable::new(self.entries.shard.table.hasher());
            fields.set(field, value);
            let object = Box::new(Object::TableHash(Box::new(fields)));
            return self.entries.insert(self.key, tag::TABLE_HASH, Content::Object(object), length, None);
        };
        let mut packed: SmallVec<[u8; 160]> = SmallVec::from_slice(PackedMap::EMPTY);
        for splice in edits.splices() {
            packed.drain(splice.at..splice.at + splice.remove);
            packed.insert_from_slice(splice.at, splice.insert);
        }
        let content = if packed.len() <= INLINE_VALUE_MAX {
            Content::Inline(&packed)
        } else {
            Content::Object(Box::new(Object::PackedHash(packed.to_vec())))
        };
        self.entries.insert(self.key, tag::PACKED_HASH, content, length, None)
    }

    /// Carries out a change of a packed hash, which becomes boxed when it no longer fits beside its key.
    fn edit(&mut self, slot: Slot, edits: &Edits) -> Slot {
        let shard = &mut *self.entries.shard;
        let view = shard.table.view(slot);
        let mut slot = slot;
        if let ValueView::Inline(packed) = view.value {
            if packed.len().saturating_add_signed(edits.growth()) <= INLINE_VALUE_MAX {
                for splice in edits.splices() {
                    slot = shard.table.splice(slot, splice.at, splice.remove, splice.insert);
                }
                return slot;
            }
            let (deadline_ms, object) = (view.deadline_ms, Object::PackedHash(packed.to_vec()));
            shard.object_bytes += object.owned_bytes();
            (slot, _) = shard.table.replace(slot, tag::PACKED_HASH, NewValue::Boxed(Box::new(object)), deadline_ms);
        }
        if let Some(object) = shard.table.boxed_mut(slot) {
            shard.object_bytes -= object.owned_bytes();
            if let Object::PackedHash(packed) = object {
                packed_map::apply(packed, edits);
            }
            shard.object_bytes += object.owned_bytes();
        }
        slot
    }

    /// Changes the large form of the hash, into which a packed one is turned first.
    fn with_table<T>(&mut self, slot: Slot, change: impl FnOnce(&mut FieldTable) -> T) -> T {
        let mut slot = slot;
        if let Ok(HashRef::Packed(packed)) = self.entries.value(slot).hash() {
            let fields = FieldTable::unpack(self.entries.shard.table.hasher(), packed);
            let object = Object::TableHash(Box::new(fields));
            let shard = &mut *self.entries.shard;
            shard.object_bytes += object.owned_bytes();
            let deadline_ms = shard.table.view(slot).deadline_ms;
            let boxed = NewValue::Boxed(Box::new(object));
            let displaced;
            (slot, displaced) = shard.table.replace(slot, tag::TABLE_HASH, boxed, deadline_ms);
            self.slot = Some(slot);
            self.entries.free(displaced);
        }
        let shard = &mut *self.entries.shard;
        let Some(object) = shard.table.boxed_mut(slot) else { unreachable!("a large hash is boxed") };
        shard.object_bytes -= object.owned_bytes();
        let Object::TableHash(fields) = &mut *object else { unreachable!("the hash was unpacked") };
        let before = fields.content_bytes();
        let changed = change(fields);
        shard.value_bytes = shard.value_bytes + fields.content_bytes() - before;
        shard.object_bytes += object.owned_bytes();
        changed
    }
}

/// How to set a field of a packed hash, and the length of the value it replaces; `None` when the hash must be unpacked.
fn edits_to_set(map: PackedMap<'_>, field: &[u8], value: &[u8], limits: HashLimits) -> Option<(Edits, Option<usize>)> {
    if field.len().max(value.len()) > limits.packed_value_max {
        return None;
    }
    let found = map.find(field);
    if map.len() + usize::from(found.is_none()) > limits.packed_entries_max {
        return None;
    }
    match found {
        Some(pair) => {
            let old_len = map.value(&pair).map(|value| value.len());
            map.edit_replace(&pair, value).ok().map(|edits| (edits, old_len))
        }
        None => map.edit_append(field, value).ok().map(|edits| (edits, None)),
    }
}
