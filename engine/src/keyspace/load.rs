//! Putting an entry of a snapshot back.

use super::entry::Content;
use super::string::content_of;
use super::{DeadlineChange, Keyspace};
use crate::error::Result;
use crate::snapshot::record::{Body, Entry, Kind};
use crate::table::Key;
use crate::value::string::{IntegerBytes, decimal_len};
use crate::value::tag;

impl Keyspace<'_> {
    /// Gives a key what a snapshot says it had; fields add to those of a hash that is there. It is no operation of a client's and counts as
    /// none.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::set_string`], and [`Error::WrongType`](crate::error::Error::WrongType) for fields of what is no hash.
    pub(crate) fn load(&mut self, key: Key<'_>, entry: &Entry<'_>) -> Result<()> {
        let counters = self.shard(key.hash).counters;
        let loaded = self.load_entry(key, entry);
        let shard = self.shard(key.hash);
        shard.counters = counters;
        if entry.head.frequency > 0
            && let Some(slot) = shard.table.find(key)
        {
            shard.table.set_frequency(slot, entry.head.frequency);
        }
        loaded
    }

    fn load_entry(&mut self, key: Key<'_>, entry: &Entry<'_>) -> Result<()> {
        let deadline = entry.head.deadline_ms.map_or(DeadlineChange::Clear, DeadlineChange::At);
        let (tag, content, length) = match entry.body {
            Body::Fields(fields) => {
                self.hash_mut(key)?.set_all(fields)?;
                if entry.head.deadline_ms.is_some() {
                    self.set_deadline_ms(key, entry.head.deadline_ms);
                }
                return Ok(());
            }
            Body::Integer(integer) => {
                let content = IntegerBytes::new(integer);
                let mut entries = self.entries(key.hash);
                return entries.write(key, tag::INTEGER, Content::Inline(&content), decimal_len(integer), deadline);
            }
            Body::Bytes(bytes) if entry.head.kind == Kind::Raw => (tag::RAW_STRING, content_of(bytes), bytes.len()),
            Body::Bytes(bytes) => (tag::STRING, content_of(bytes), bytes.len()),
        };
        self.entries(key.hash).write(key, tag, content, length, deadline)
    }
}
