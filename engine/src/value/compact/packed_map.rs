//! A packed map: a small hash (or any set of pairs) as one run of bytes, in order of insertion.
//!
//! ```text
//! ┌────────────────────┬─────────┬─────────┬─────────┬─────────┬─────
//! │ header, 2 bytes    │ field 0 │ value 0 │ field 1 │ value 1 │ …
//! └────────────────────┴─────────┴─────────┴─────────┴─────────┴─────
//!   low 15 bits: number of pairs      each an element (see `element`)
//!   high bit: reserved, 0
//! ```
//!
//! The header counts with its low byte first. A pair of short texts costs its bytes and two more;
//! integers cost 1 to 9 bytes, whatever their digits.
//!
//! The high bit is how pairs will carry deadlines: where it is set, each pair begins with one
//! more element, its deadline in milliseconds, 0 for none. Maps without deadlines stay as they
//! are, byte for byte, and [`check`] refuses the bit until then.

use std::collections::HashSet;
use std::iter;

use smallvec::SmallVec;

use super::element::{self, Encoded, Packed};

/// Most pairs a packed map holds.
pub const PAIRS_MAX: usize = 0x7fff;

const HEADER_LEN: usize = 2;

/// A view of the bytes of a packed map.
///
/// Searching costs `O(pairs)`, some three nanoseconds a pair. No method panics on any bytes; but only
/// for bytes that [`check`] accepts, or that began as [`PackedMap::EMPTY`] and were changed by
/// [`Edits`] alone, do the answers mean anything.
#[derive(Clone, Copy, Debug)]
pub struct PackedMap<'a> {
    bytes: &'a [u8],
}

/// Where one pair lies. Valid until the map is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Its place in the order of insertion, from 0.
    pub index: usize,
    start: usize,
    value_start: usize,
    end: usize,
}

impl<'a> PackedMap<'a> {
    /// The bytes of a map without pairs.
    pub const EMPTY: &'static [u8] = &[0; HEADER_LEN];

    /// Views the bytes of a map.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Returns the number of pairs.
    pub fn len(&self) -> usize {
        self.header() & PAIRS_MAX
    }

    /// Tells whether there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns a field's value.
    pub fn get(&self, field: &[u8]) -> Option<Packed<'a>> {
        self.find(field).and_then(|pair| self.value(&pair))
    }

    /// Tells whether there is such a field.
    pub fn contains(&self, field: &[u8]) -> bool {
        self.find(field).is_some()
    }

    /// Finds a field's pair.
    pub fn find(&self, field: &[u8]) -> Option<Pair> {
        let field = Encoded::new(field)?;
        self.pairs().find(|pair| self.bytes.get(pair.start..pair.value_start).is_some_and(|found| field.is(found)))
    }

    /// Returns the pair at an index in the order of insertion. Costs `O(index)`.
    pub fn nth(&self, index: usize) -> Option<Pair> {
        self.pairs().nth(index)
    }

    /// Returns a pair's field; `None` if the pair is not of this map.
    pub fn field(&self, pair: &Pair) -> Option<Packed<'a>> {
        element::decode(self.bytes, pair.start).map(|(field, _)| field)
    }

    /// Returns a pair's value; `None` if the pair is not of this map.
    pub fn value(&self, pair: &Pair) -> Option<Packed<'a>> {
        element::decode(self.bytes, pair.value_start).map(|(value, _)| value)
    }

    /// Returns all fields and values, in order of insertion.
    pub fn iter(&self) -> impl Iterator<Item = (Packed<'a>, Packed<'a>)> + use<'a> {
        let (bytes, mut at) = (self.bytes, HEADER_LEN);
        iter::from_fn(move || {
            let (field, value_start) = element::decode(bytes, at)?;
            let (value, end) = element::decode(bytes, value_start)?;
            at = end;
            Some((field, value))
        })
    }

    /// Returns the places of all pairs, in order of insertion.
    pub fn pairs(&self) -> impl Iterator<Item = Pair> + use<'a> {
        let (bytes, mut start, mut index) = (self.bytes, HEADER_LEN, 0);
        iter::from_fn(move || {
            let value_start = element::end_of(bytes, start)?;
            let end = element::end_of(bytes, value_start)?;
            let pair = Pair { index, start, value_start, end };
            (start, index) = (end, index + 1);
            Some(pair)
        })
    }

    /// Describes how to give a field a value, whether it has one or not; a new pair comes last.
    ///
    /// # Errors
    ///
    /// [`Full`] if the map cannot hold the pair.
    pub fn edit_set(&self, field: &[u8], value: &[u8]) -> Result<Edits, Full> {
        match self.find(field) {
            Some(pair) => self.edit_replace(&pair, value),
            None => self.edit_append(field, value),
        }
    }

    /// Describes how to give a pair another value.
    ///
    /// # Errors
    ///
    /// [`Full`] if the value is longer than an element can be.
    pub fn edit_replace(&self, pair: &Pair, value: &[u8]) -> Result<Edits, Full> {
        let value = Encoded::new(value).ok_or(Full)?;
        Ok(Edits { header: None, at: pair.value_start, remove: pair.end - pair.value_start, insert: together([value]) })
    }

    /// Describes how to add a pair whose field the map does not have.
    ///
    /// # Errors
    ///
    /// [`Full`] if there are [`PAIRS_MAX`] pairs, or a text is longer than an element can be.
    pub fn edit_append(&self, field: &[u8], value: &[u8]) -> Result<Edits, Full> {
        debug_assert!(!self.contains(field), "a field is added once");
        if self.len() == PAIRS_MAX {
            return Err(Full);
        }
        let field = Encoded::new(field).ok_or(Full)?;
        let value = Encoded::new(value).ok_or(Full)?;
        Ok(Edits {
            header: Some(self.header_with(self.len() + 1)),
            at: self.bytes.len(),
            remove: 0,
            insert: together([field, value]),
        })
    }

    /// Describes how to remove a field's pair; `None` if there is no such field.
    pub fn edit_remove(&self, field: &[u8]) -> Option<Edits> {
        self.find(field).map(|pair| self.edit_remove_pair(&pair))
    }

    /// Describes how to remove a pair.
    pub fn edit_remove_pair(&self, pair: &Pair) -> Edits {
        Edits {
            header: Some(self.header_with(self.len().saturating_sub(1))),
            at: pair.start,
            remove: pair.end - pair.start,
            insert: SmallVec::new(),
        }
    }

    fn header(&self) -> usize {
        self.bytes.first_chunk().map_or(0, |header| usize::from(u16::from_le_bytes(*header)))
    }

    fn header_with(&self, len: usize) -> [u8; HEADER_LEN] {
        ((self.header() & !PAIRS_MAX | len) as u16).to_le_bytes()
    }
}

/// A change to the bytes of a packed map, to be carried out whole: see [`Edits::splices`].
#[derive(Clone, Debug)]
#[must_use = "describes a change, which the owner of the bytes carries out"]
pub struct Edits {
    header: Option<[u8; HEADER_LEN]>,
    at: usize,
    remove: usize,
    /// Room for the pairs that hashes keep packed by default: two texts of up to 64 bytes.
    insert: SmallVec<[u8; 132]>,
}

/// Replaces `remove` bytes at `at` by others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Splice<'a> {
    /// First byte that is replaced, or the byte before which others are inserted.
    pub at: usize,
    /// Number of bytes replaced.
    pub remove: usize,
    /// What stands there afterwards.
    pub insert: &'a [u8],
}

impl Edits {
    /// Returns the splices that make the change, one or two, to be carried out in this order.
    ///
    /// The second, if any, puts a new header over the old one: it moves no bytes.
    pub fn splices(&self) -> impl Iterator<Item = Splice<'_>> {
        let body = Splice { at: self.at, remove: self.remove, insert: &self.insert };
        let header = self.header.as_ref().map(|header| Splice { at: 0, remove: HEADER_LEN, insert: header });
        iter::once(body).chain(header)
    }

    /// Returns how many bytes the map grows by; negative if it shrinks.
    pub fn growth(&self) -> isize {
        self.insert.len().wrapping_sub(self.remove) as isize
    }
}

/// Carries out a change on bytes that lie in a vector.
///
/// # Panics
///
/// When the change was described for other bytes and reaches beyond these.
pub fn apply(bytes: &mut Vec<u8>, edits: &Edits) {
    for Splice { at, remove, insert } in edits.splices() {
        bytes.splice(at..at + remove, insert.iter().copied());
    }
}

/// The packed map cannot hold the pair, so the collection needs its large encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a packed map cannot hold this pair")]
pub struct Full;

/// Tells whether bytes from outside are a packed map: each element whole and encoded as it should
/// be, the count right, no field twice, nothing left over.
///
/// Costs `O(bytes)` time, and memory for a set of the fields while it runs (2 MB at most).
///
/// # Errors
///
/// What is wrong first, and where.
pub fn check(bytes: &[u8]) -> Result<(), Corrupt> {
    let map = PackedMap::new(bytes);
    if bytes.len() < HEADER_LEN || map.header() & !PAIRS_MAX != 0 {
        return Err(Corrupt { at: 0, what: Fault::Header });
    }
    let (mut at, mut found, mut fields) = (HEADER_LEN, 0, HashSet::new());
    while at < bytes.len() {
        if found == map.len() {
            return Err(Corrupt { at: 0, what: Fault::Count });
        }
        let value_start = check_element(bytes, at)?;
        let end = check_element(bytes, value_start)?;
        if !fields.insert(&bytes[at..value_start]) {
            return Err(Corrupt { at, what: Fault::FieldTwice });
        }
        (at, found) = (end, found + 1);
    }
    if found == map.len() { Ok(()) } else { Err(Corrupt { at: 0, what: Fault::Count }) }
}

fn check_element(bytes: &[u8], at: usize) -> Result<usize, Corrupt> {
    let end = element::end_of(bytes, at).ok_or(Corrupt { at, what: Fault::Element })?;
    if element::is_canonical(&bytes[at..end]) { Ok(end) } else { Err(Corrupt { at, what: Fault::Encoding }) }
}

/// Bytes that are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at} of a packed map")]
pub struct Corrupt {
    /// Offset of the header, pair or element at fault.
    pub at: usize,
    /// What is wrong with it.
    pub what: Fault,
}

/// What can be wrong with the bytes of a packed map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is cut short or has unknown flags.
    #[error("bad header")]
    Header,
    /// It is cut short or of an unknown kind.
    #[error("bad element")]
    Element,
    /// Its text has another, shorter encoding.
    #[error("element encoded the wrong way")]
    Encoding,
    /// An earlier pair has the same field.
    #[error("field met twice")]
    FieldTwice,
    /// It names another number of pairs than there are.
    #[error("wrong count")]
    Count,
}

fn together<const COUNT: usize>(elements: [Encoded<'_>; COUNT]) -> SmallVec<[u8; 132]> {
    let mut bytes = SmallVec::with_capacity(elements.iter().map(Encoded::len).sum());
    elements.iter().for_each(|element| element.append_to(&mut bytes));
    bytes
}

#[cfg(test)]
mod tests;
