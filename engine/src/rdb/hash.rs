//! Hashes in all their encodings.
//!
//! ```text
//! type 4                             fields (length) { field value } …
//! types 9, 13, 16                    a string that is a zipmap, a ziplist or a listpack of fields and values in turn
//! type 24 (22 without the first)     earliest deadline (8) | fields (length) { deadline (length; 0: none) field value } …
//! type 25 (23 without the first)     earliest deadline (8) | a string that is a listpack of fields, values and deadlines
//! type 22 of Valkey                  fields (length) { field value deadline (8; -1: none) } …
//! ```

use std::io::{self, BufRead, Write};

use super::error::{Error, ErrorKind, Quoted, Result};
use super::kind::{self, Dialect};
use super::string::{self, Strings};
use super::write::Fields;
use super::{Checked, Damage, Pairs, length, listpack, lzf, recycle, ziplist, zipmap};
use crate::value::StringRef;
use crate::value::hash::HashLimits;
use crate::value::string::Digits;

const FIELD: &str = "a field of a hash";
const VALUE: &str = "the value of a field";
const DEADLINE: &str = "the deadline of a field";
const FIELDS: &str = "the number of fields of a hash";

/// A deadline of Valkey that says that there is none.
const NO_DEADLINE: i64 = -1;

/// Bytes of a listpack at most; the reference makes a table of what would take more.
const LISTPACK_BYTES_MAX: usize = 1 << 30;

/// Whether a type is a hash.
pub(super) fn is_hash(kind: u8, dialect: Dialect) -> bool {
    match kind {
        kind::HASH | kind::HASH_ZIPMAP | kind::HASH_ZIPLIST | kind::HASH_LISTPACK => true,
        kind::HASH_DEADLINES_OLD..=kind::HASH_DEADLINES_LISTPACK => {
            dialect == Dialect::Redis || kind == kind::VALKEY_HASH_DEADLINES
        }
        _ => false,
    }
}

/// Reads a hash of a type that [`is_hash`] into `pairs`, which are empty before. `packed` is a buffer.
pub(super) fn read<R: BufRead>(
    strings: &mut Strings<R>,
    (kind, dialect): (u8, Dialect),
    packed: &mut Vec<u8>,
    pairs: &mut Pairs,
) -> Result<()> {
    let begin = strings.source.offset();
    if [kind::HASH_DEADLINES, kind::HASH_DEADLINES_LISTPACK].contains(&kind) {
        // The earliest deadline says nothing that the fields do not say.
        strings.source.array::<8>(DEADLINE)?;
    }
    let form = match kind {
        kind::HASH_ZIPMAP => "zipmap",
        kind::HASH_ZIPLIST => "ziplist",
        kind::HASH_LISTPACK | kind::HASH_DEADLINES_LISTPACK | kind::HASH_DEADLINES_OLD_LISTPACK => "listpack",
        _ => {
            read_fields(strings, (kind, dialect), pairs)?;
            return check(begin, pairs);
        }
    };
    recycle(packed);
    let at = strings.source.offset();
    strings.append(packed, "a packed hash")?;
    let (len, mut has_deadline) = (packed.len(), false);
    let unpacked = match kind {
        kind::HASH_ZIPMAP => zipmap::Entries::new(packed)
            .and_then(|mut entries| entries.try_for_each(|entry| entry.map(|(field, value)| pairs.push(field, value)))),
        kind::HASH_ZIPLIST => ziplist::Elements::new(packed).and_then(|elements| unpack(elements, len, pairs)),
        kind::HASH_LISTPACK => listpack::Elements::new(packed).and_then(|elements| unpack(elements, len, pairs)),
        _ => listpack::Elements::new(packed)
            .and_then(|elements| unpack_with_deadlines(elements, len, pairs))
            .map(|found| has_deadline = found),
    };
    unpacked.map_err(|damage| Error::packed(at, form, damage))?;
    if kind != kind::HASH_ZIPMAP {
        pairs.set_were_packed();
    }
    if has_deadline { Err(field_deadline(begin)) } else { check(begin, pairs) }
}

fn field_deadline(offset: u64) -> Error {
    Error::new(offset, ErrorKind::Unsupported("a hash whose fields have deadlines".to_owned()))
}

fn read_fields<R: BufRead>(strings: &mut Strings<R>, (kind, dialect): (u8, Dialect), pairs: &mut Pairs) -> Result<()> {
    let begin = strings.source.offset();
    let count = strings.source.length(FIELDS)?;
    for _ in 0..count {
        if dialect == Dialect::Redis && kind != kind::HASH && strings.source.length(DEADLINE)? != 0 {
            return Err(field_deadline(begin));
        }
        pairs.push_with(|bytes| {
            strings.append(bytes, FIELD)?;
            let field_end = bytes.len();
            strings.append(bytes, VALUE).map(|()| field_end)
        })?;
        if dialect == Dialect::Valkey
            && kind == kind::VALKEY_HASH_DEADLINES
            && i64::from_le_bytes(strings.source.array(DEADLINE)?) != NO_DEADLINE
        {
            return Err(field_deadline(begin));
        }
    }
    Ok(())
}

/// Adds elements as fields and values in turn. `len` is where they end.
fn unpack<'a>(
    mut elements: impl Iterator<Item = Checked<StringRef<'a>>>,
    len: usize,
    pairs: &mut Pairs,
) -> Checked<()> {
    let (mut field_digits, mut value_digits) = (Digits::new(), Digits::new());
    while let Some(field) = elements.next().transpose()? {
        let Some(value) = elements.next().transpose()? else {
            return Err(Damage { at: len, what: "a field without a value" });
        };
        pairs.push(field.bytes(&mut field_digits), value.bytes(&mut value_digits));
    }
    Ok(())
}

/// Adds elements as fields, values and deadlines in turn, until there is a deadline; whether there is.
fn unpack_with_deadlines(mut elements: listpack::Elements<'_>, len: usize, pairs: &mut Pairs) -> Checked<bool> {
    let (mut field_digits, mut value_digits) = (Digits::new(), Digits::new());
    while let Some(field) = elements.next().transpose()? {
        let (Some(value), Some(deadline)) = (elements.next().transpose()?, elements.next().transpose()?) else {
            return Err(Damage { at: len, what: "a field without a value and a deadline" });
        };
        pairs.push(field.bytes(&mut field_digits), value.bytes(&mut value_digits));
        if !matches!(deadline, StringRef::Integer(0)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn check(offset: u64, pairs: &Pairs) -> Result<()> {
    match pairs.duplicate() {
        Some(field) => Err(Error::new(offset, ErrorKind::DuplicateField(Quoted::new(field)))),
        None => Ok(()),
    }
}

/// The type that a hash is written as: a listpack if it lies packed in memory or, where that is not known, is within `limits`.
pub(super) fn kind_to_write(fields: &dyn Fields, limits: HashLimits) -> u8 {
    let (is_small, limits) = match fields.is_packed() {
        Some(is_packed) => (is_packed, HashLimits { packed_entries_max: usize::MAX, packed_value_max: usize::MAX }),
        None => (fields.len() <= limits.packed_entries_max, limits),
    };
    if !is_small {
        return kind::HASH;
    }
    let (mut longest, mut bytes) = (0, 0usize);
    fields.for_each(&mut |field, value| {
        longest = longest.max(field.len()).max(value.len());
        bytes = bytes.saturating_add(field.len() + value.len() + 2 * listpack::OVERHEAD_MAX);
    });
    if longest <= limits.packed_value_max && bytes <= LISTPACK_BYTES_MAX { kind::HASH_LISTPACK } else { kind::HASH }
}

/// Writes a hash as the type that [`kind_to_write`] chose. `packed` is a buffer.
pub(super) fn write(
    out: &mut impl Write,
    kind: u8,
    fields: &dyn Fields,
    packed: &mut Vec<u8>,
    mut compressor: Option<&mut lzf::Compressor>,
) -> io::Result<()> {
    if kind == kind::HASH_LISTPACK {
        let mut builder = listpack::Builder::new(std::mem::take(packed));
        fields.for_each(&mut |field, value| {
            builder.push(field);
            builder.push(value);
        });
        *packed = builder.finish();
        string::write(out, packed, compressor)?;
        recycle(packed);
        return Ok(());
    }
    length::write(out, fields.len() as u64)?;
    let mut written = Ok(());
    let mut count = 0;
    fields.for_each(&mut |field, value| {
        count += 1;
        if written.is_ok() {
            written = string::write(out, field, compressor.as_deref_mut())
                .and_then(|()| string::write(out, value, compressor.as_deref_mut()));
        }
    });
    assert_eq!(count, fields.len(), "a hash visits as many fields as it says it has");
    written
}
