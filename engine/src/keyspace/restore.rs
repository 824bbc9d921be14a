//! Values that come as a whole, from a file or a payload.

use std::borrow::Cow;
use std::sync::Arc;

use super::entry::Content;
use super::{DeadlineChange, Keyspace};
use crate::error::{Error, Result};
use crate::rdb::{Metadata, Pairs, Value};
use crate::table::{INLINE_VALUE_MAX, Key, KeyHasher};
use crate::value::compact::packed_map::{self, PackedMap};
use crate::value::hash::{FieldTable, HashLimits};
use crate::value::{Object, tag};

impl Keyspace<'_> {
    /// Gives a key a value that was read, with its deadline and access frequency, whatever it held before. A deadline that has
    /// passed is set like any other, and the key is then absent.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::set_string`], for the fields and values of a hash too; the key is then what it was.
    pub fn restore(&mut self, key: Key<'_>, value: Value<'_>, metadata: &Metadata) -> Result<()> {
        let deadline = metadata.deadline_ms.map_or(DeadlineChange::Clear, DeadlineChange::At);
        match value {
            Value::String(Cow::Borrowed(bytes)) => self.set_string(key, bytes, deadline)?,
            Value::String(Cow::Owned(bytes)) => self.set_shared(key, Arc::new(bytes), deadline)?,
            Value::Hash(pairs) => self.restore_hash(key, &pairs, deadline)?,
        }
        let table = &mut self.shard(key.hash).table;
        if let Some((slot, _)) = table.lookup(key) {
            table.set_frequency(slot, metadata.access_frequency());
        }
        Ok(())
    }

    fn restore_hash(&mut self, key: Key<'_>, pairs: &Pairs, deadline: DeadlineChange) -> Result<()> {
        debug_assert!(!pairs.is_empty(), "no stored hash is empty");
        let mut entries = self.entries(key.hash);
        let mut length = 0;
        for (field, value) in pairs {
            entries.check_room(field.len())?;
            entries.check_length(value.len())?;
            length += field.len() + value.len();
        }
        let packed;
        let (tag, content) = match pack(pairs, entries.namespace.shared().hash_limits()) {
            Some(bytes) if bytes.len() <= INLINE_VALUE_MAX => {
                packed = bytes;
                (tag::PACKED_HASH, Content::Inline(&packed))
            }
            Some(bytes) => (tag::PACKED_HASH, Content::Object(Box::new(Object::PackedHash(bytes)))),
            None => {
                let fields = tabulate(pairs, entries.shard.table.hasher())?;
                (tag::TABLE_HASH, Content::Object(Box::new(Object::TableHash(Box::new(fields)))))
            }
        };
        entries.write(key, tag, content, length, deadline)
    }
}

/// The packed form of a hash; `None` when it is too large for it. One that was packed where it came from is not too large by its
/// values.
fn pack(pairs: &Pairs, limits: HashLimits) -> Option<Vec<u8>> {
    let packed_value_max = if pairs.were_packed() { usize::MAX } else { limits.packed_value_max };
    if pairs.len() > limits.packed_entries_max {
        return None;
    }
    let mut packed = PackedMap::EMPTY.to_vec();
    for (field, value) in pairs {
        if field.len().max(value.len()) > packed_value_max {
            return None;
        }
        let edits = PackedMap::new(&packed).edit_append(field, value).ok()?;
        packed_map::apply(&mut packed, &edits);
    }
    packed.shrink_to_fit();
    Some(packed)
}

/// The large form of a hash.
fn tabulate(pairs: &Pairs, hasher: KeyHasher) -> Result<FieldTable> {
    let mut fields = FieldTable::new(hasher);
    for (field, value) in pairs {
        if fields.is_full() {
            return Err(Error::OutOfMemory);
        }
        fields.set(field, value);
    }
    Ok(fields)
}
