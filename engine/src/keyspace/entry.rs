//! The one way in which entries of a shard are found, made, changed and removed.
//!
//! Everything that must stay in step with the table is kept here: lengths, memory, the limits of the namespace, watches.

use std::sync::Arc;

use smallvec::SmallVec;

use super::DeadlineChange;
use crate::error::{Error, Result};
use crate::namespace::Namespace;
use crate::shard::{Shard, dispose};
use crate::table::{Displaced, EntryView, KEY_LEN_MAX, Key, NewValue, Slot, Tag, ValueView};
use crate::value::{Object, ValueRef, ValueType};

/// What an entry takes beside key and value at most, in bytes: its head, its share of a bucket, a box.
pub(crate) const ENTRY_OVERHEAD_BYTES: usize = 64;

/// Groups of a table that are searched for expired keys when an insert finds no place: some 25,000 entries, below a
/// millisecond.
pub(super) const EXPIRE_GROUPS_MAX: usize = 512;

/// The entries of one locked shard, with everything that must be kept in step with them.
pub(crate) struct Entries<'s> {
    pub(super) shard: &'s mut Shard,
    pub(super) namespace: &'s Namespace,
    pub(super) now_ms: u64,
    /// Whether the caller has reserved the keys and bytes of what is written, so that writing cannot fail.
    pub(crate) prepaid: bool,
}

/// A value on its way into an entry.
pub(super) enum Content<'v> {
    Inline(&'v [u8]),
    Long(Arc<Vec<u8>>),
    Object(Box<Object>),
}

impl Content<'_> {
    /// Heap and entry bytes it takes.
    fn bytes(&self) -> usize {
        match self {
            Self::Inline(bytes) => bytes.len(),
            Self::Long(bytes) => bytes.capacity(),
            Self::Object(object) => object.owned_bytes(),
        }
    }
}

/// An entry taken out of its shard.
pub(crate) struct Detached {
    tag: Tag,
    value: DetachedValue,
    length: usize,
    pub(super) deadline_ms: Option<u64>,
}

enum DetachedValue {
    Inline(SmallVec<[u8; 128]>),
    Boxed(Box<Object>),
}

impl Detached {
    /// Checks the length of a string against the limit of the namespace it comes to.
    pub(super) fn check_length(&self, entries: &Entries<'_>) -> Result<()> {
        match ValueType::of(self.tag) {
            ValueType::String => entries.check_length(self.length),
            ValueType::Hash => Ok(()),
        }
    }

    fn content(value: &mut DetachedValue) -> Content<'_> {
        match value {
            DetachedValue::Inline(bytes) => Content::Inline(bytes),
            DetachedValue::Boxed(object) => {
                // The placeholder owns nothing and takes no memory.
                let object = std::mem::replace(&mut **object, Object::PackedHash(Vec::new()));
                Content::Object(Box::new(object))
            }
        }
    }
}

impl<'s> Entries<'s> {
    #[inline]
    pub(crate) fn new(shard: &'s mut Shard, namespace: &'s Namespace, now_ms: u64) -> Self {
        Self { shard, namespace, now_ms, prepaid: false }
    }

    /// Finds an entry that has not expired; one that has is removed.
    #[inline]
    pub(crate) fn find(&mut self, key: Key<'_>) -> Option<Slot> {
        let (slot, view) = self.shard.table.lookup(key)?;
        if view.deadline_ms.is_some_and(|deadline_ms| deadline_ms <= self.now_ms) {
            self.expire(key, slot);
            return None;
        }
        Some(slot)
    }

    #[cold]
    fn expire(&mut self, key: Key<'_>, slot: Slot) {
        self.shard.counters.expired += 1;
        self.shard.touch_watch(key);
        self.discard(key, slot);
        self.settle();
    }

    /// The value at a slot.
    #[inline]
    pub(super) fn value(&self, slot: Slot) -> ValueRef<'_> {
        let view = self.shard.table.view(slot);
        ValueRef::new(view.tag, view.value)
    }

    /// Checks a string's or field value's length against the namespace's limit.
    #[inline]
    pub(super) fn check_length(&self, bytes: usize) -> Result<()> {
        match self.namespace.max_value_bytes() {
            0 => Ok(()),
            max if bytes as u64 <= max => Ok(()),
            _ => Err(Error::ValueTooLarge),
        }
    }

    /// Gives a key a value, whatever it had before. `length` is the value's length as a client sees it.
    #[inline]
    pub(super) fn write(
        &mut self,
        key: Key<'_>,
        tag: Tag,
        content: Content<'_>,
        length: usize,
        deadline: DeadlineChange,
    ) -> Result<()> {
        let found = self.find(key);
        self.write_at(key, found, tag, content, length, deadline)
    }

    /// [`Entries::write`] for a key that was found at a slot or not.
    #[inline]
    pub(super) fn write_at(
        &mut self,
        key: Key<'_>,
        found: Option<Slot>,
        tag: Tag,
        content: Content<'_>,
        length: usize,
        deadline: DeadlineChange,
    ) -> Result<()> {
        match found {
            Some(slot) => self.replace(key, slot, tag, content, length, deadline),
            None => {
                let deadline_ms = match deadline {
                    DeadlineChange::At(deadline_ms) => Some(deadline_ms),
                    DeadlineChange::Keep | DeadlineChange::Clear => None,
                };
                self.insert(key, tag, content, length, deadline_ms).map(drop)
            }
        }
    }

    /// Makes an entry for a key that is absent.
    pub(super) fn insert(
        &mut self,
        key: Key<'_>,
        tag: Tag,
        content: Content<'_>,
        length: usize,
        deadline_ms: Option<u64>,
    ) -> Result<Slot> {
        if !self.prepaid {
            self.check_room(key.bytes.len())?;
            self.reserve_bytes(key.bytes.len() + content.bytes() + ENTRY_OVERHEAD_BYTES)?;
            self.reserve_key()?;
        }
        let value = self.boxed(content);
        let slot = self.shard.table.insert(key, tag, value, deadline_ms);
        self.shard.key_bytes += key.bytes.len();
        self.shard.value_bytes += length;
        self.changed(key);
        Ok(slot)
    }

    /// Gives an entry another value.
    pub(super) fn replace(
        &mut self,
        key: Key<'_>,
        slot: Slot,
        tag: Tag,
        content: Content<'_>,
        length: usize,
        deadline: DeadlineChange,
    ) -> Result<()> {
        let view = self.shard.table.view(slot);
        let deadline_ms = match deadline {
            DeadlineChange::Keep => view.deadline_ms,
            DeadlineChange::Clear => None,
            DeadlineChange::At(deadline_ms) => Some(deadline_ms),
        };
        let old_length = ValueRef::new(view.tag, view.value).length();
        let old_bytes = match view.value {
            ValueView::Inline(bytes) => bytes.len(),
            ValueView::Boxed(object) => object.owned_bytes(),
        };
        self.reserve_bytes((content.bytes() + size_of::<Object>()).saturating_sub(old_bytes))?;
        let value = self.boxed(content);
        let (_, displaced) = self.shard.table.replace(slot, tag, value, deadline_ms);
        self.shard.value_bytes = self.shard.value_bytes + length - old_length;
        self.free(displaced);
        self.changed(key);
        Ok(())
    }

    /// Removes an entry, as a change.
    pub(super) fn remove(&mut self, key: Key<'_>, slot: Slot) {
        self.discard(key, slot);
        self.changed(key);
    }

    /// Removes an entry without calling it a change.
    fn discard(&mut self, key: Key<'_>, slot: Slot) {
        self.shard.key_bytes -= key.bytes.len();
        self.shard.value_bytes -= self.value(slot).length();
        let displaced = self.shard.table.remove(slot);
        self.free(displaced);
        if !self.prepaid {
            self.namespace.release_keys(1);
        }
    }

    /// Takes an entry out, to put it elsewhere.
    pub(crate) fn detach(&mut self, key: Key<'_>, slot: Slot) -> Detached {
        let detached = {
            let EntryView { tag, deadline_ms, value, .. } = self.shard.table.view(slot);
            let length = ValueRef::new(tag, value).length();
            let inline = match value {
                ValueView::Inline(bytes) => SmallVec::from_slice(bytes),
                ValueView::Boxed(_) => SmallVec::new(),
            };
            Detached { tag, value: DetachedValue::Inline(inline), length, deadline_ms }
        };
        self.shard.key_bytes -= key.bytes.len();
        self.shard.value_bytes -= detached.length;
        let object = self.shard.table.remove(slot);
        if !self.prepaid {
            self.namespace.release_keys(1);
        }
        self.changed(key);
        match object {
            None => detached,
            Some(mut object) => {
                self.shard.object_bytes -= object.owned_bytes();
                // A snapshot knows it by the key it has had until now.
                if let Some(fields) = object.recorded_fields() {
                    match self.shard.table.recorder() {
                        Some(recorder) => recorder.finish(fields),
                        None => fields.end_recording(),
                    }
                }
                self.settle();
                Detached { value: DetachedValue::Boxed(object), ..detached }
            }
        }
    }

    /// A copy of an entry's content, to put it elsewhere.
    pub(super) fn duplicate(&self, slot: Slot) -> Detached {
        let EntryView { tag, deadline_ms, value, .. } = self.shard.table.view(slot);
        let length = ValueRef::new(tag, value).length();
        let value = match value {
            ValueView::Inline(bytes) => DetachedValue::Inline(SmallVec::from_slice(bytes)),
            ValueView::Boxed(object) => DetachedValue::Boxed(Box::new(object.duplicate())),
        };
        Detached { tag, value, length, deadline_ms }
    }

    /// Puts an entry taken or copied from elsewhere under a key, replacing what is there.
    pub(crate) fn attach(&mut self, key: Key<'_>, mut detached: Detached) -> Result<()> {
        let (tag, length) = (detached.tag, detached.length);
        let deadline = detached.deadline_ms.map_or(DeadlineChange::Clear, DeadlineChange::At);
        self.write(key, tag, Detached::content(&mut detached.value), length, deadline)
    }

    /// Reserves a place and bytes for an entry of another namespace that is to be moved here.
    pub(super) fn reserve_for(&mut self, key: Key<'_>, source: &Entries<'_>, slot: Slot) -> Result<()> {
        let EntryView { tag, value, .. } = source.shard.table.view(slot);
        let bytes = match value {
            ValueView::Inline(bytes) => bytes.len(),
            ValueView::Boxed(object) => object.owned_bytes(),
        };
        if matches!(ValueType::of(tag), ValueType::String) {
            self.check_length(ValueRef::new(tag, value).length())?;
        }
        self.reserve_bytes(Self::bytes_to_set(key, bytes))?;
        self.check_room(key.bytes.len())?;
        self.reserve_key()
    }

    /// Checks that the shard's table can take another entry with a key of this length. It says no early enough for those that
    /// are reserved already.
    #[inline]
    pub(super) fn check_room(&self, key_len: usize) -> Result<()> {
        if key_len > KEY_LEN_MAX {
            Err(Error::KeyTooLong)
        } else if self.shard.table.is_full() {
            Err(Error::OutOfMemory)
        } else {
            Ok(())
        }
    }

    /// Notes that a client changed a key, after the change.
    #[inline]
    pub(super) fn changed(&mut self, key: Key<'_>) {
        self.shard.counters.writes += 1;
        self.shard.changed(key);
        self.settle();
    }

    /// Counts an object's memory and boxes it.
    #[inline]
    fn boxed<'v>(&mut self, content: Content<'v>) -> NewValue<'v, Object> {
        let object = match content {
            Content::Inline(bytes) => return NewValue::Inline(bytes),
            Content::Long(bytes) => Box::new(Object::Bytes(bytes)),
            Content::Object(object) => object,
        };
        self.shard.object_bytes += object.owned_bytes();
        NewValue::Boxed(object)
    }

    /// Frees an object that is no longer in the table.
    #[inline]
    pub(super) fn free(&mut self, displaced: Displaced<Object>) {
        if let Some(object) = displaced {
            self.shard.object_bytes -= object.owned_bytes();
            dispose(&mut self.shard.table, self.namespace, object);
        }
    }

    /// Reserves a place among the namespace's keys, removing some expired ones of this shard when there is none.
    #[inline]
    pub(super) fn reserve_key(&mut self) -> Result<()> {
        if self.namespace.reserve_keys(1) { Ok(()) } else { self.reserve_key_of_expired() }
    }

    #[cold]
    fn reserve_key_of_expired(&mut self) -> Result<()> {
        self.shard.expire(self.namespace, self.now_ms, 0, EXPIRE_GROUPS_MAX);
        if self.namespace.reserve_keys(1) { Ok(()) } else { Err(Error::MaxKeys) }
    }

    /// Makes sure that `bytes` more may be used.
    #[inline]
    pub(super) fn reserve_bytes(&mut self, bytes: usize) -> Result<()> {
        if self.prepaid || !self.namespace.is_leasing() || self.shard.lease(self.namespace, bytes) {
            Ok(())
        } else {
            Err(Error::OutOfMemory)
        }
    }

    /// Brings the lease in line with what is used.
    #[inline]
    pub(super) fn settle(&mut self) {
        if self.namespace.is_leasing() {
            self.shard.settle(self.namespace);
        }
    }

    /// Bytes that setting a key to a value of this length takes at most.
    pub(super) fn bytes_to_set(key: Key<'_>, length: usize) -> usize {
        key.bytes.len() + length + ENTRY_OVERHEAD_BYTES
    }
}
