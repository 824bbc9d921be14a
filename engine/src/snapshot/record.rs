//! Entries as bytes: what the blocks of a snapshot hold.
//!
//! ```text
//! entries block   entry | entry | …
//! entry           flags u8 | key length varint | key | deadline u64 if any | body
//! flags           bit 0..4 kind, bit 4 has a deadline, bit 5..7 access frequency
//! body  string    length varint | bytes          integer  8 bytes, little endian
//!       hash      fields varint | (length varint | field | length varint | value)…
//!
//! piece block     number varint | bytes of the whole varint | offset varint | bytes
//! ```
//!
//! A large hash is several entries of a kind of their own with some of its fields each; they may come in any order, among
//! other entries. An entry that is too long for a block is cut into pieces with the same number. A varint has seven bits a byte, lowest first, the eighth bit says that more follow.

use crate::value::string::Digits;
use crate::value::{HashRef, StringRef};

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// Whole entries.
    Entries,
    /// A piece of an entry that is too long for a block.
    Piece,
}

impl BlockKind {
    /// Its number in the file.
    pub fn number(self) -> u8 {
        match self {
            Self::Entries => 1,
            Self::Piece => 2,
        }
    }

    /// Turns [`BlockKind::number`] back.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Entries, Self::Piece].into_iter().find(|kind| kind.number() == number)
    }
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bytes,
    Integer,
    /// Bytes that were changed in place.
    Raw,
    /// A hash.
    Hash,
    /// Some of the fields of a hash.
    Fields,
}

const KINDS: [Kind; 5] = [Kind::Bytes, Kind::Integer, Kind::Raw, Kind::Hash, Kind::Fields];
const KIND_MASK: u8 = 0x0F;
const HAS_DEADLINE: u8 = 0x10;
const FREQUENCY_SHIFT: u32 = 5;

/// An entry without its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    pub(crate) kind: Kind,
    pub(crate) key: &'a [u8],
    pub(crate) deadline_ms: Option<u64>,
    pub(crate) frequency: u8,
}

impl Head<'_> {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let kind = KINDS.iter().position(|kind| *kind == self.kind).expect("all kinds are listed") as u8;
        let deadline = if self.deadline_ms.is_some() { HAS_DEADLINE } else { 0 };
        out.push(kind | deadline | (self.frequency & 3) << FREQUENCY_SHIFT);
        write_bytes(out, self.key);
        if let Some(deadline_ms) = self.deadline_ms {
            out.extend_from_slice(&deadline_ms.to_le_bytes());
        }
    }
}

pub(crate) fn write_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[inline]
pub(crate) fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends a field and its value.
pub(crate) fn write_field(out: &mut Vec<u8>, field: StringRef<'_>, value: StringRef<'_>) {
    let mut digits = Digits::new();
    write_bytes(out, field.bytes(&mut digits));
    write_bytes(out, value.bytes(&mut digits));
}

/// Appends the body of a whole hash.
pub(crate) fn write_hash(out: &mut Vec<u8>, hash: HashRef<'_>) {
    write_varint(out, hash.len() as u64);
    hash.for_each(&mut |field, value| write_field(out, field, value));
}

/// What is wrong with a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at} of the block")]
pub struct RecordError {
    /// What is wrong.
    pub what: &'static str,
    /// Where.
    pub at: usize,
}

/// An entry read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    pub(crate) head: Head<'a>,
    pub(crate) body: Body<'a>,
}

/// A value read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body<'a> {
    Bytes(&'a [u8]),
    Integer(i64),
    /// Pairs of field and value; checked already.
    Fields(Fields<'a>),
}

/// A piece of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    pub(crate) number: u64,
    pub(crate) whole_bytes: u64,
    pub(crate) offset: u64,
    pub(crate) bytes: &'a [u8],
}

/// Reads a block from front to back.
pub(crate) struct Reader<'a> {
    block: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(block: &'a [u8]) -> Self {
        Self { block, at: 0 }
    }

    /// The next entry; `None` at the end.
    pub(crate) fn entry(&mut self) -> Result<Option<Entry<'a>>, RecordError> {
        if self.at == self.block.len() {
            return Ok(None);
        }
        let head = self.head()?;
        let body = match head.kind {
            Kind::Bytes | Kind::Raw => Body::Bytes(self.bytes()?),
            Kind::Integer => Body::Integer(i64::from_le_bytes(self.array()?)),
            Kind::Hash | Kind::Fields => {
                let (count, start) = (self.varint()?, self.at);
                if count == 0 {
                    return Err(self.error("a hash without fields"));
                }
                for _ in 0..count {
                    self.bytes()?;
                    self.bytes()?;
                }
                Body::Fields(Fields { count, reader: &self.block[start..self.at] })
            }
        };
        Ok(Some(Entry { head, body }))
    }

    /// The piece that a block is.
    pub(crate) fn piece(mut self) -> Result<Piece<'a>, RecordError> {
        let (number, whole_bytes, offset) = (self.varint()?, self.varint()?, self.varint()?);
        let bytes = &self.block[self.at..];
        if bytes.is_empty() || offset.checked_add(bytes.len() as u64).is_none_or(|end| end > whole_bytes) {
            return Err(self.error("a piece beyond the end of its entry"));
        }
        Ok(Piece { number, whole_bytes, offset, bytes })
    }

    fn head(&mut self) -> Result<Head<'a>, RecordError> {
        let [flags] = self.array()?;
        let kind = KINDS.get(usize::from(flags & KIND_MASK)).copied();
        let kind = kind.filter(|_| flags & 0x80 == 0).ok_or_else(|| self.error("an entry of unknown kind"))?;
        let key = self.bytes()?;
        let deadline_ms = if flags & HAS_DEADLINE != 0 { Some(u64::from_le_bytes(self.array()?)) } else { None };
        Ok(Head { kind, key, deadline_ms, frequency: flags >> FREQUENCY_SHIFT & 3 })
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RecordError> {
        let bytes = self.block[self.at..].first_chunk().ok_or_else(|| self.error("the block ends too early"))?;
        self.at += N;
        Ok(*bytes)
    }

    fn bytes(&mut self) -> Result<&'a [u8], RecordError> {
        let len = self.varint()?;
        let left = &self.block[self.at..];
        let bytes = usize::try_from(len).ok().and_then(|len| left.get(..len));
        let bytes = bytes.ok_or_else(|| self.error("a length beyond the end of the block"))?;
        self.at += bytes.len();
        Ok(bytes)
    }

    fn varint(&mut self) -> Result<u64, RecordError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            let bits = u64::from(byte & 0x7F);
            if bits << shift >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.error("a number that is too large"))
    }

    fn error(&self, what: &'static str) -> RecordError {
        RecordError { what, at: self.at }
    }
}

/// The fields of a hash entry and their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fields<'a> {
    count: u64,
    reader: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Number of fields that are left.
    pub(crate) fn count(self) -> u64 {
        self.count
    }

    /// The fields as bytes, which may be put together with those of other entries.
    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.reader
    }

    /// So many fields as bytes.
    pub(crate) fn new(count: u64, bytes: &'a [u8]) -> Self {
        Self { count, reader: bytes }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let mut reader = Reader::new(self.reader);
        let pair = (reader.bytes().ok()?, reader.bytes().ok()?);
        self.reader = &self.reader[reader.at..];
        self.count -= 1;
        Some(pair)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Value {
        Text(Vec<u8>, bool),
        Integer(i64),
        Hash(Vec<(Vec<u8>, Vec<u8>)>),
    }

    fn some_bytes() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(any::<u8>(), 0..200)
    }

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            (some_bytes(), any::<bool>()).prop_map(|(bytes, raw)| Value::Text(bytes, raw)),
            any::<i64>().prop_map(Value::Integer),
            prop::collection::vec((some_bytes(), some_bytes()), 1..10).prop_map(Value::Hash),
        ]
    }

    fn write(out: &mut Vec<u8>, key: &[u8], deadline_ms: Option<u64>, frequency: u8, value: &Value) {
        let kind = match value {
            Value::Text(_, raw) => {
                if *raw {
                    Kind::Raw
                } else {
                    Kind::Bytes
                }
            }
            Value::Integer(_) => Kind::Integer,
            Value::Hash(_) => Kind::Hash,
        };
        Head { kind, key, deadline_ms, frequency }.write(out);
        match value {
            Value::Text(bytes, _) => write_bytes(out, bytes),
            Value::Integer(integer) => out.extend_from_slice(&integer.to_le_bytes()),
            Value::Hash(pairs) => {
                write_varint(out, pairs.len() as u64);
                for (field, value) in pairs {
                    write_field(out, StringRef::Bytes(field), StringRef::Bytes(value));
                }
            }
        }
    }

    proptest! {
        #[test]
        fn entries_come_back_as_they_were(
            entries in prop::collection::vec((some_bytes(), any::<Option<u64>>(), 0u8..4, any_value()), 0..10),
        ) {
            let mut block = Vec::new();
            for (key, deadline_ms, frequency, value) in &entries {
                write(&mut block, key, *deadline_ms, *frequency, value);
            }
            let mut reader = Reader::new(&block);
            for (key, deadline_ms, frequency, value) in &entries {
                let entry = reader.entry().expect("is sound").expect("there is one");
                let Head { key: read_key, deadline_ms: read_deadline_ms, frequency: read_frequency, .. } = entry.head;
                prop_assert_eq!((read_key, read_deadline_ms, read_frequency), (&key[..], *deadline_ms, *frequency));
                match (value, entry.body) {
                    (Value::Text(bytes, _), Body::Bytes(read)) => prop_assert_eq!(&bytes[..], read),
                    (Value::Integer(integer), Body::Integer(read)) => prop_assert_eq!(*integer, read),
                    (Value::Hash(pairs), Body::Fields(fields)) => {
                        prop_assert!(pairs.iter().map(|(f, v)| (&f[..], &v[..])).eq(fields));
                    }
                    other => prop_assert!(false, "{other:?}"),
                }
            }
            prop_assert_eq!(reader.entry(), Ok(None));
        }

        #[test]
        fn no_bytes_are_too_strange(block in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut reader = Reader::new(&block);
            while let Ok(Some(entry)) = reader.entry() {
                if let Body::Fields(fields) = entry.body {
                    prop_assert_eq!(fields.count(), Iterator::count(fields) as u64);
                }
            }
            let _ = Reader::new(&block).piece();
        }

        #[test]
        fn every_truncation_is_noticed(key in some_bytes(), value in any_value(), cut in any::<prop::sample::Index>()) {
            let mut block = Vec::new();
            write(&mut block, &key, Some(7), 1, &value);
            let cut = &block[..cut.index(block.len())];
            let read = Reader::new(cut).entry();
            let noticed = if cut.is_empty() { read == Ok(None) } else { read.is_err() };
            prop_assert!(noticed);
        }
    }
}
