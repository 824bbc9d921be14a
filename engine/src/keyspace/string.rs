//! Operations on strings.

use std::sync::Arc;

use super::entry::{Content, Entries};
use super::{DeadlineChange, Keyspace};
use crate::error::{Error, Result};
use crate::table::{INLINE_VALUE_MAX, Key, NewValue, Slot, Tag, ValueView};
use crate::value::string::{Digits, IntegerBytes, decimal_len, decode_integer, parse_integer};
use crate::value::{Object, StringRef, StringValue, tag};

impl Keyspace<'_> {
    /// Sets a key to a string, whatever it held before.
    ///
    /// The string is kept as an integer when it is one in canonical form. Copies the bytes; for long ones, which are
    /// better copied before the lock is taken, see [`Keyspace::set_shared`].
    ///
    /// # Errors
    ///
    /// [`Error::ValueTooLarge`], [`Error::MaxKeys`],
    /// [`Error::OutOfMemory`].
    #[inline]
    pub fn set_string(&mut self, key: Key<'_>, value: &[u8], deadline: DeadlineChange) -> Result<()> {
        let mut entries = self.entries(key.hash);
        entries.check_length(value.len())?;
        let found = entries.find(key);
        entries.set_string_at(key, found, value, deadline)
    }

    /// [`Keyspace::set_string`] for bytes that are shared already: nothing is copied.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::set_string`].
    pub fn set_shared(&mut self, key: Key<'_>, value: Arc<Vec<u8>>, deadline: DeadlineChange) -> Result<()> {
        if value.len() <= INLINE_VALUE_MAX {
            return self.set_string(key, &value, deadline);
        }
        let length = value.len();
        self.write_string(key, tag::STRING, Content::Long(value), length, deadline)
    }

    /// [`Keyspace::set_string`] without keeping integers as such: what INCRBYFLOAT leaves.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::set_string`].
    pub fn set_text(&mut self, key: Key<'_>, value: &[u8], deadline: DeadlineChange) -> Result<()> {
        self.write_string(key, tag::STRING, content_of(value), value.len(), deadline)
    }

    /// Sets a key to an integer.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::set_string`].
    pub fn set_integer(&mut self, key: Key<'_>, value: i64, deadline: DeadlineChange) -> Result<()> {
        let length = decimal_len(value);
        self.write_string(key, tag::INTEGER, Content::Inline(&IntegerBytes::new(value)), length, deadline)
    }

    #[inline]
    fn write_string(
        &mut self,
        key: Key<'_>,
        tag: Tag,
        content: Content<'_>,
        length: usize,
        deadline: DeadlineChange,
    ) -> Result<()> {
        let mut entries = self.entries(key.hash);
        entries.check_length(length)?;
        entries.write(key, tag, content, length, deadline)
    }

    /// Sets several keys or none: the pairs in order, so that the last of a key that is named twice stays. Removes deadlines.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::set_string`]; nothing is changed then.
    pub fn set_many(&mut self, keys: &[Key<'_>], values: &[&[u8]]) -> Result<()> {
        self.prefetch(keys);
        let checked = self.check_writes(keys, values, |_| Ok(()));
        let prepaid = checked.map_err(|failures| failures[0].error)?;
        self.write_prepaid(prepaid, |keyspace| {
            for (key, value) in keys.iter().zip(values) {
                keyspace.set_prepaid(*key, value);
            }
        });
        Ok(())
    }

    /// Appends to a string, which is made when it is absent, and returns its new length in bytes. Keeps the deadline.
    ///
    /// Costs the bytes appended, on average; when a reply still holds the string, all of it.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::set_string`], and [`Error::WrongType`].
    pub fn append(&mut self, key: Key<'_>, bytes: &[u8]) -> Result<usize> {
        let mut entries = self.entries(key.hash);
        let Some(slot) = entries.find(key) else {
            self.set_string(key, bytes, DeadlineChange::Clear)?;
            return Ok(bytes.len());
        };
        let length = entries.value(slot).string()?.len();
        entries.overwrite(key, slot, length, bytes)
    }

    /// Overwrites a string from `offset` on, filling a gap with zero bytes, and returns its new length. Keeps the deadline.
    /// With no bytes to write nothing changes, and an absent key stays so.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::append`].
    pub fn set_range(&mut self, key: Key<'_>, offset: usize, bytes: &[u8]) -> Result<usize> {
        let mut entries = self.entries(key.hash);
        let found = entries.find(key);
        let length = found.map_or(Ok(0), |slot| entries.value(slot).string().map(StringRef::len))?;
        if bytes.is_empty() {
            return Ok(length);
        }
        let Some(slot) = found else {
            let length = offset.checked_add(bytes.len()).ok_or(Error::ValueTooLarge)?;
            entries.check_length(length)?;
            // Asked before the bytes are taken, which may be many.
            entries.reserve_bytes(Entries::bytes_to_set(key, length))?;
            let mut value = vec![0; length];
            value[offset..].copy_from_slice(bytes);
            let content =
                if length <= INLINE_VALUE_MAX { Content::Inline(&value) } else { Content::Long(Arc::new(value)) };
            entries.insert(key, tag::RAW_STRING, content, length, None)?;
            return Ok(length);
        };
        entries.overwrite(key, slot, offset, bytes)
    }

    /// Adds to an integer, 0 when the key is absent, and returns the sum. Keeps the deadline.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::append`], and [`Error::NotAnInteger`],
    /// [`Error::Overflow`].
    pub fn increment(&mut self, key: Key<'_>, delta: i64) -> Result<i64> {
        let mut entries = self.entries(key.hash);
        let Some(slot) = entries.find(key) else {
            self.set_integer(key, delta, DeadlineChange::Clear)?;
            return Ok(delta);
        };
        let integer = entries.value(slot).string()?.integer().ok_or(Error::NotAnInteger)?;
        let sum = integer.checked_add(delta).ok_or(Error::Overflow)?;
        let (content, length) = (IntegerBytes::new(sum), decimal_len(sum));
        entries.replace(key, slot, tag::INTEGER, Content::Inline(&content), length, DeadlineChange::Keep)?;
        Ok(sum)
    }

    /// Removes a string and returns it; counts a hit or a miss.
    ///
    /// # Errors
    ///
    /// [`Error::WrongType`].
    pub fn take(&mut self, key: Key<'_>) -> Result<Option<StringValue>> {
        let mut entries = self.entries(key.hash);
        let found = entries.find(key);
        entries.shard.counters.count_read(found.is_some());
        let Some(slot) = found else { return Ok(None) };
        let value = entries.value(slot).string()?.to_value();
        entries.remove(key, slot);
        Ok(Some(value))
    }
}

/// A string on its way into an entry: inline if it may be, else a copy.
pub(super) fn content_of(value: &[u8]) -> Content<'_> {
    if value.len() <= INLINE_VALUE_MAX { Content::Inline(value) } else { Content::Long(Arc::new(value.to_vec())) }
}

impl Entries<'_> {
    /// Gives a key, which was found at a slot or not, a string, as an integer if it is one. Its length was checked.
    #[inline]
    pub(super) fn set_string_at(
        &mut self,
        key: Key<'_>,
        found: Option<Slot>,
        value: &[u8],
        deadline: DeadlineChange,
    ) -> Result<()> {
        match parse_integer(value) {
            Some(integer) => {
                let content = IntegerBytes::new(integer);
                self.write_at(key, found, tag::INTEGER, Content::Inline(&content), value.len(), deadline)
            }
            None => self.write_at(key, found, tag::STRING, content_of(value), value.len(), deadline),
        }
    }

    /// Overwrites a string from `offset` on, with zero bytes between its end and there, and returns its new length. The
    /// string is raw from then on.
    fn overwrite(&mut self, key: Key<'_>, slot: Slot, offset: usize, bytes: &[u8]) -> Result<usize> {
        let old_length = self.value(slot).string()?.len();
        let end = offset.checked_add(bytes.len()).ok_or(Error::ValueTooLarge)?;
        let length = old_length.max(end);
        if length > old_length {
            self.check_length(length)?;
        }
        // A growing vector may take twice the bytes.
        let growth = if length > INLINE_VALUE_MAX { length.saturating_mul(2) } else { length };
        self.reserve_bytes(growth.saturating_sub(old_length))?;
        if length <= INLINE_VALUE_MAX {
            self.overwrite_inline(slot, old_length, offset, bytes);
        } else {
            self.overwrite_long(slot, length, offset, bytes);
        }
        self.shard.value_bytes += length - old_length;
        self.changed(key);
        Ok(length)
    }

    fn overwrite_inline(&mut self, slot: Slot, old_length: usize, offset: usize, bytes: &[u8]) {
        let table = &mut self.shard.table;
        let mut slot = slot;
        if let (tag::INTEGER, ValueView::Inline(packed)) = (table.view(slot).tag, table.view(slot).value) {
            let (packed_len, integer) = (packed.len(), decode_integer(packed));
            slot = table.splice(slot, 0, packed_len, Digits::new().format(integer).as_bytes());
        }
        table.set_tag(slot, tag::RAW_STRING);
        if let Some(gap) = offset.checked_sub(old_length).filter(|gap| *gap > 0) {
            slot = table.splice(slot, old_length, 0, &[0; INLINE_VALUE_MAX][..gap]);
        }
        let replaced = old_length.saturating_sub(offset).min(bytes.len());
        table.splice(slot, offset, replaced, bytes);
    }

    fn overwrite_long(&mut self, slot: Slot, length: usize, offset: usize, bytes: &[u8]) {
        let table = &mut self.shard.table;
        let mut slot = slot;
        if table.boxed_mut(slot).is_none() {
            let view = table.view(slot);
            let (deadline_ms, string) = (view.deadline_ms, StringRef::new(view.tag, view.value));
            let mut long = Vec::with_capacity(roomy(length));
            if let Some(string) = string {
                long.extend_from_slice(string.bytes(&mut Digits::new()));
            }
            let object = Object::Bytes(Arc::new(long));
            self.shard.object_bytes += object.owned_bytes();
            (slot, _) = table.replace(slot, tag::RAW_STRING, NewValue::Boxed(Box::new(object)), deadline_ms);
        }
        table.set_tag(slot, tag::RAW_STRING);
        let Some(object) = table.boxed_mut(slot) else { unreachable!("the value was boxed above") };
        self.shard.object_bytes -= object.owned_bytes();
        if let Object::Bytes(shared) = object {
            if Arc::get_mut(shared).is_none() {
                // A reply still holds the bytes: leave them to it.
                let mut copy = Vec::with_capacity(roomy(length));
                copy.extend_from_slice(shared);
                *shared = Arc::new(copy);
            }
            let long = Arc::get_mut(shared).expect("nobody else has it");
            if length > long.len() {
                if length > long.capacity() {
                    long.reserve_exact(roomy(length) - long.len());
                }
                long.resize(length, 0);
            }
            long[offset..offset + bytes.len()].copy_from_slice(bytes);
        }
        self.shard.object_bytes += object.owned_bytes();
    }
}

/// How much room a string that grew to `length` bytes gets: as much again up to a mebibyte, then a quarter.
fn roomy(length: usize) -> usize {
    length.saturating_add(if length < 1 << 20 { length } else { length / 4 })
}
