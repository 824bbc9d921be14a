//! Strings given for the ones they replace.

use std::sync::Arc;

use super::entry::{Content, Entries};
use super::{DeadlineChange, Keyspace};
use crate::error::Result;
use crate::table::{INLINE_VALUE_MAX, Key, Slot, ValueView};
use crate::value::string::parse_integer;
use crate::value::{StringRef, StringValue, tag};

impl Keyspace<'_> {
    /// Sets a key to a string and returns the one it had, if `may_write`, which is told whether there is one, agrees. Counts a
    /// hit or a miss and removes the deadline.
    ///
    /// Costs no allocation where both strings are as long as each other: the bytes then change places.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::set_string`]; [`Error::WrongType`](crate::error::Error::WrongType); what `may_write` says.
    #[inline]
    pub fn exchange(
        &mut self,
        key: Key<'_>,
        value: Vec<u8>,
        may_write: impl FnOnce(bool) -> Result<()>,
    ) -> Result<Option<StringValue>> {
        let mut entries = self.entries(key.hash);
        entries.check_length(value.len())?;
        let found = entries.find(key);
        entries.shard.counters.count_read(found.is_some());
        may_write(found.is_some())?;
        match found {
            Some(slot) => entries.exchange(key, slot, value).map(Some),
            None => entries.set_owned(key, None, value).map(|()| None),
        }
    }
}

impl Entries<'_> {
    #[inline]
    fn exchange(&mut self, key: Key<'_>, slot: Slot, mut value: Vec<u8>) -> Result<StringValue> {
        if self.can_swap(slot, &value)
            && let Some(bytes) = self.shard.table.inline_mut(slot)
        {
            bytes.swap_with_slice(&mut value);
            self.changed(key);
            return Ok(StringValue::Owned(value));
        }
        let old = self.value(slot).string().map(StringRef::to_value)?;
        self.set_owned(key, Some(slot), value)?;
        Ok(old)
    }

    /// Whether a string would lie in an entry exactly as the one that is there does.
    #[inline]
    fn can_swap(&self, slot: Slot, value: &[u8]) -> bool {
        let view = self.shard.table.view(slot);
        let ValueView::Inline(bytes) = view.value else { return false };
        view.tag == tag::STRING
            && view.deadline_ms.is_none()
            && bytes.len() == value.len()
            && parse_integer(value).is_none()
    }

    /// Gives a key, which was found at a slot or not, a string. Its length was checked.
    fn set_owned(&mut self, key: Key<'_>, found: Option<Slot>, value: Vec<u8>) -> Result<()> {
        let length = value.len();
        if length <= INLINE_VALUE_MAX {
            return self.set_string_at(key, found, &value, DeadlineChange::Clear);
        }
        self.write_at(key, found, tag::STRING, Content::Long(Arc::new(value)), length, DeadlineChange::Clear)
    }
}
