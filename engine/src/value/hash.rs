//! Hashes: fields and their values, packed while small, a table of their own when large.

use std::collections::HashSet;
use std::fmt;
use std::ops::RangeInclusive;

use super::compact::element::Packed;
use super::compact::packed_map::PackedMap;
use super::string::{Digits, IntegerBytes, decode_integer, parse_integer};
use super::{Object, StringRef, tag};
use crate::keyspace::scan_range;
use crate::random::Random;
use crate::snapshot::take::FieldRecorder;
use crate::table::{Displaced, EntryView, INLINE_VALUE_MAX, KeyHasher, NewValue, Shape, Table, Tag, ValueView};

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
    Packed(PackedMap<'a>),
    /// A large hash, in no order.
    Table(&'a FieldTable),
}

impl<'a> HashRef<'a> {
    pub(crate) fn new(tag: Tag, view: ValueView<'a, Object>) -> Option<Self> {
        match (tag, view) {
            (tag::PACKED_HASH, ValueView::Inline(packed)) => Some(Self::Packed(PackedMap::new(packed))),
            (_, ValueView::Boxed(Object::PackedHash(packed))) => Some(Self::Packed(PackedMap::new(packed))),
            (_, ValueView::Boxed(Object::TableHash(fields))) => Some(Self::Table(fields)),
            _ => None,
        }
    }

    /// Number of fields. `O(1)`.
    pub fn len(self) -> usize {
        match self {
            Self::Packed(map) => map.len(),
            Self::Table(fields) => fields.table.len(),
        }
    }

    /// Whether there are no fields; no stored hash is empty.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// A field's value. `O(1)`; in a packed hash `O(fields)`, which are few.
    pub fn get(self, field: &[u8]) -> Option<StringRef<'a>> {
        match self {
            Self::Packed(map) => map.get(field).map(StringRef::from),
            Self::Table(fields) => fields.get(field),
        }
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
    pub fn for_each(self, visit: &mut dyn FnMut(StringRef<'_>, StringRef<'_>)) {
        match self {
            Self::Packed(map) => map.iter().for_each(|(field, value)| visit(field.into(), value.into())),
            Self::Table(fields) => fields.visit(0..=u64::MAX, visit),
        }
    }

    /// A field and its value, every field equally likely; `None` only for an empty hash. `O(1)`; in a packed hash
    /// `O(fields)`.
    pub fn random_field(self, random: &mut Random) -> Option<(StringRef<'a>, StringRef<'a>)> {
        match self {
            Self::Packed(map) => {
                let pair = map.nth(random.index(map.len())?)?;
                Some((map.field(&pair)?.into(), map.value(&pair)?.into()))
            }
            Self::Table(fields) => fields.sample(random).map(|(field, value)| (StringRef::Bytes(field), value)),
        }
    }

    /// Calls `visit` with `count` fields, each picked from all, until it returns false; whether it never did. Costs
    /// `O(count)`, and for a packed hash once `O(fields)`.
    pub fn random_repeated(
        self,
        count: u64,
        random: &mut Random,
        visit: &mut dyn FnMut(StringRef<'_>, StringRef<'_>) -> bool,
    ) -> bool {
        match self {
            Self::Packed(map) => {
                let pairs: Vec<_> = map.iter().collect();
                (0..count).all(|_| {
                    let picked = random.index(pairs.len()).map(|index| pairs[index]);
                    picked.is_some_and(|(field, value)| visit(field.into(), value.into()))
                })
            }
            Self::Table(fields) => (0..count).all(|_| {
                let picked = fields.sample(random);
                picked.is_some_and(|(field, value)| visit(StringRef::Bytes(field), value))
            }),
        }
    }

    /// Calls `visit` with at most `count` different fields picked at random, all when there are no more; their order is
    /// not random. Costs `O(count)`, or `O(fields)` where that is less or the hash is packed.
    pub fn random_distinct(
        self,
        count: usize,
        random: &mut Random,
        visit: &mut dyn FnMut(StringRef<'_>, StringRef<'_>),
    ) {
        if let Self::Table(fields) = self
            && count.saturating_mul(3) < self.len()
        {
            let mut picked = HashSet::with_capacity(count);
            while picked.len() < count {
                let Some((field, value)) = fields.sample(random) else { return };
                if picked.insert(field) {
                    visit(StringRef::Bytes(field), value);
                }
            }
            return;
        }
        // Each field is taken with the chance that makes the number come out.
        let (mut wanted, mut left) = (count.min(self.len()) as u64, self.len() as u64);
        self.for_each(&mut |field, value| {
            if wanted > 0 && random.below(left) < wanted {
                visit(field, value);
                wanted -= 1;
            }
            left -= 1;
        });
    }

    /// One step of an iteration that returns every field that is there throughout exactly once: calls `visit` with
    /// about `count` fields and returns the cursor to go on with, 0 at the end. A packed hash is returned whole.
    pub fn scan(self, cursor: u64, count: usize, visit: &mut dyn FnMut(StringRef<'_>, StringRef<'_>)) -> u64 {
        match self {
            Self::Packed(_) => {
                self.for_each(visit);
                0
            }
            Self::Table(fields) => {
                let (hashes, next) = scan_range(cursor, count, fields.table.len());
                fields.visit(hashes, visit);
                next
            }
        }
    }

    /// Sum of the lengths of all fields and values.
    pub(crate) fn content_bytes(self) -> usize {
        match self {
            Self::Packed(map) => map.iter().map(|(field, value)| field.len() + value.len()).sum(),
            Self::Table(fields) => fields.content_bytes,
        }
    }
}

impl<'a> From<Packed<'a>> for StringRef<'a> {
    fn from(packed: Packed<'a>) -> Self {
        match packed {
            Packed::Int(integer) => Self::Integer(integer),
            Packed::Bytes(bytes) => Self::Bytes(bytes),
        }
    }
}

/// A field's value in the large form when it is too long to lie beside the field.
pub(crate) type LongValue = Box<[u8]>;

/// The large form of a hash: field → value.
pub struct FieldTable {
    table: Table<LongValue>,
    content_bytes: usize,
    long_bytes: usize,
}

impl FieldTable {
    pub(crate) fn new(hasher: KeyHasher) -> Self {
        Self { table: Table::new(hasher), content_bytes: 0, long_bytes: 0 }
    }

    /// The large form of a packed hash.
    pub(crate) fn unpack(hasher: KeyHasher, packed: PackedMap<'_>) -> Self {
        let mut fields = Self::new(hasher);
        let (mut field_digits, mut value_digits) = (Digits::new(), Digits::new());
        for (field, value) in packed.iter() {
            let (field, value) = (StringRef::from(field), StringRef::from(value));
            fields.set(field.bytes(&mut field_digits), value.bytes(&mut value_digits));
        }
        fields
    }

    /// Begins to take the fields down as they are: see [`Table::begin_recording`].
    pub(crate) fn begin_recording(&mut self, recorder: FieldRecorder) {
        // What a recording that was given up has left is not wanted any more.
        self.table.end_recording();
        self.table.begin_recording(recorder);
    }

    /// Takes some fields down, and hands out what was: see [`Table::record_step`].
    pub(crate) fn record_step(&mut self, cursor: u64, fields_max: usize, out: &mut Vec<u8>) -> Option<u64> {
        let next = self.table.record_step(cursor, fields_max);
        if let Some(recorder) = self.table.recorder() {
            recorder.collect(out);
        }
        next
    }

    /// Takes down what is left, hands it out and ends.
    pub(crate) fn record_rest(&mut self, out: &mut Vec<u8>) {
        let mut cursor = Some(0);
        while let Some(at) = cursor {
            cursor = self.record_step(at, usize::MAX, out);
        }
        self.end_recording();
    }

    pub(crate) fn is_recorded(&self) -> bool {
        self.table.is_recorded()
    }

    pub(crate) fn end_recording(&mut self) {
        self.table.end_recording();
    }

    /// What its table is made of.
    pub fn shape(&self) -> Shape {
        self.table.shape()
    }

    pub(crate) fn used_bytes(&self) -> usize {
        size_of::<Self>() + self.table.used_bytes() - self.table.free_bytes() + self.long_bytes
    }

    pub(crate) fn content_bytes(&self) -> usize {
        self.content_bytes
    }

    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    pub(crate) fn duplicate(&self) -> Self {
        let mut copy = Self::new(self.table.hasher());
        let mut digits = Digits::new();
        self.table.scan(0, u64::MAX, &mut |entry| {
            copy.set(entry.key, value_of(&entry).bytes(&mut digits));
        });
        copy
    }

    fn get(&self, field: &[u8]) -> Option<StringRef<'_>> {
        let (_, entry) = self.table.lookup(self.table.hasher().key(field))?;
        Some(value_of(&entry))
    }

    /// Sets a field; whether it is new.
    pub(crate) fn set(&mut self, field: &[u8], value: &[u8]) -> bool {
        let key = self.table.hasher().key(field);
        let integer = parse_integer(value).map(IntegerBytes::new);
        let (tag, new_value) = match &integer {
            Some(integer) => (tag::INTEGER, NewValue::Inline(integer)),
            None if value.len() <= INLINE_VALUE_MAX => (tag::STRING, NewValue::Inline(value)),
            None => {
                self.long_bytes += value.len();
                (tag::STRING, NewValue::Boxed(Box::new(LongValue::from(value))))
            }
        };
        self.content_bytes += value.len();
        let found = self.table.lookup(key).map(|(slot, entry)| (slot, value_of(&entry).len()));
        match found {
            Some((slot, old_len)) => {
                let (_, displaced) = self.table.replace(slot, tag, new_value, None);
                self.content_bytes -= old_len;
                self.forget(displaced);
            }
            None => {
                self.table.insert(key, tag, new_value, None);
                self.content_bytes += field.len();
            }
        }
        found.is_none()
    }

    /// Removes a field; whether it was there.
    pub(crate) fn remove(&mut self, field: &[u8]) -> bool {
        let found = self.table.lookup(self.table.hasher().key(field));
        let Some((slot, value_len)) = found.map(|(slot, entry)| (slot, value_of(&entry).len())) else { return false };
        self.content_bytes -= field.len() + value_len;
        let displaced = self.table.remove(slot);
        self.forget(displaced);
        true
    }

    /// Whether the table can take more fields.
    pub(crate) fn is_full(&self) -> bool {
        self.table.is_full()
    }

    fn forget(&mut self, displaced: Displaced<LongValue>) {
        self.long_bytes -= displaced.map_or(0, |value| value.len());
    }

    fn sample(&self, random: &mut Random) -> Option<(&[u8], StringRef<'_>)> {
        let entry = self.table.view(self.table.sample(&mut || random.next_u64())?);
        Some((entry.key, value_of(&entry)))
    }

    fn visit(&self, hashes: RangeInclusive<u64>, visit: &mut dyn FnMut(StringRef<'_>, StringRef<'_>)) {
        self.table.scan(*hashes.start(), *hashes.end(), &mut |entry| {
            visit(StringRef::Bytes(entry.key), value_of(&entry));
        });
    }
}

fn value_of<'a>(entry: &EntryView<'a, LongValue>) -> StringRef<'a> {
    match (entry.tag, entry.value) {
        (tag::INTEGER, ValueView::Inline(bytes)) => StringRef::Integer(decode_integer(bytes)),
        (_, ValueView::Inline(bytes)) => StringRef::Bytes(bytes),
        (_, ValueView::Boxed(bytes)) => StringRef::Bytes(bytes),
    }
}

impl fmt::Debug for FieldTable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("FieldTable").field("len", &self.len()).finish_non_exhaustive()
    }
}
