//! Hashes: fields and their values, packed while small, a table of their own when large.

use crate::random::Random;
use crate::table::{KeyHasher, Table, Tag, ValueView};

use super::{Object, StringRef, tag};

/// When a hash outgrows its packed form, by the reference server's settings of these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashLimits {
    /// Most fields of a packed hash (`hash-max-listpack-entries`).
    pub packed_entries_max: usize,
    /// Longest field or value in a packed hash, in bytes (`hash-max-listpack-value`).
    pub packed_value_max: usize,
}

impl Default for HashLimits {
    fn default() -> Self {
        Self { packed_entries_max: 128, packed_value_max: 64 }
    }
}

/// A hash to be read.
#[derive(Clone, Copy, Debug)]
pub enum HashRef<'a> {
    /// A small hash, in the order its fields were added.
    Packed(PackedRef<'a>),
    /// A large hash, in no order.
    Table(&'a FieldTable),
}

/// A packed hash to be read.
#[derive(Clone, Copy, Debug)]
pub struct PackedRef<'a>(&'a [u8]);

impl<'a> HashRef<'a> {
    pub(crate) fn new(tag: Tag, view: ValueView<'a, Object>) -> Option<Self> {
        match (tag, view) {
            (tag::PACKED_HASH, ValueView::Inline(packed)) => Some(Self::Packed(PackedRef(packed))),
            (_, ValueView::Boxed(Object::PackedHash(packed))) => Some(Self::Packed(PackedRef(packed))),
            (_, ValueView::Boxed(Object::TableHash(fields))) => Some(Self::Table(fields)),
            _ => None,
        }
    }

    /// Number of fields. `O(1)`.
    pub fn len(self) -> usize {
        todo!()
    }

    /// Whether there are no fields; no stored hash is empty.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// A field's value. `O(1)`; in a packed hash `O(fields)`, which are few.
    pub fn get(self, field: &[u8]) -> Option<StringRef<'a>> {
        let _ = field;
        todo!()
    }

    /// Whether there is such a field.
    pub fn contains(self, field: &[u8]) -> bool {
        self.get(field).is_some()
    }

    /// Length of a field's value in bytes, 0 when there is no such field.
    pub fn value_len(self, field: &[u8]) -> usize {
        self.get(field).map_or(0, StringRef::len)
    }

    /// Calls `visit` with every field and its value.
    pub fn for_each(self, visit: &mut dyn FnMut(StringRef<'a>, StringRef<'a>)) {
        let _ = visit;
        todo!()
    }

    /// A field and its value, every field equally likely; `None` only for an empty hash.
    pub fn random_field(self, random: &mut Random) -> Option<(StringRef<'a>, StringRef<'a>)> {
        let _ = random;
        todo!()
    }

    /// Calls `visit` with at most `count` different fields picked at random, all when there are no more, in no order.
    pub fn random_distinct(
        self,
        count: usize,
        random: &mut Random,
        visit: &mut dyn FnMut(StringRef<'a>, StringRef<'a>),
    ) {
        let _ = (count, random, visit);
        todo!()
    }

    /// One step of an iteration that returns every field that is there throughout exactly once: calls `visit` with
    /// about `count` fields and returns the cursor to go on with, 0 at the end. A packed hash is returned whole.
    pub fn scan(self, cursor: u64, count: usize, visit: &mut dyn FnMut(StringRef<'a>, StringRef<'a>)) -> u64 {
        let _ = (cursor, count, visit);
        todo!()
    }

    /// Sum of the lengths of all fields and values.
    pub(crate) fn content_bytes(self) -> usize {
        todo!()
    }
}

/// A field's value in the large form when it is too long to lie beside the field.
pub type LongValue = Box<[u8]>;

/// The large form of a hash: field → value.
pub struct FieldTable {
    fields: Table<LongValue>,
    content_bytes: usize,
    long_bytes: usize,
}

impl FieldTable {
    pub(crate) fn new(hasher: KeyHasher) -> Self {
        Self { fields: Table::new(hasher), content_bytes: 0, long_bytes: 0 }
    }

    pub(crate) fn used_bytes(&self) -> usize {
        size_of::<Self>() + self.fields.used_bytes() + self.long_bytes
    }

    pub(crate) fn duplicate(&self) -> Self {
        todo!()
    }
}

impl std::fmt::Debug for FieldTable {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("FieldTable").field("content_bytes", &self.content_bytes).finish_non_exhaustive()
    }
}
