//! Strings: bytes, or an integer in as few bytes as it needs.

use std::ops::Deref;
use std::sync::Arc;

use super::{Object, tag};
use crate::table::{Tag, ValueView};

/// Longest string that the reference server keeps in one block with its header, in bytes.
pub(super) const EMBEDDED_MAX: usize = 44;

/// Room for the decimal digits of an integer, for [`StringRef::bytes`].
pub type Digits = itoa::Buffer;

/// A string to be read.
#[derive(Clone, Copy, Debug)]
pub enum StringRef<'a> {
    /// Bytes.
    Bytes(&'a [u8]),
    /// An integer; the string is its decimal form.
    Integer(i64),
    /// Bytes that can be held on to without copying them.
    Shared(&'a Arc<Vec<u8>>),
}

impl<'a> StringRef<'a> {
    #[inline]
    pub(crate) fn new(tag: Tag, view: ValueView<'a, Object>) -> Option<Self> {
        match (tag, view) {
            (tag::STRING | tag::RAW_STRING, ValueView::Inline(bytes)) => Some(Self::Bytes(bytes)),
            (tag::INTEGER, ValueView::Inline(bytes)) => Some(Self::Integer(decode_integer(bytes))),
            (_, ValueView::Boxed(Object::Bytes(bytes))) => Some(Self::Shared(bytes)),
            _ => None,
        }
    }

    /// The string's bytes. `digits` is where an integer is spelled out.
    #[inline]
    pub fn bytes<'b>(self, digits: &'b mut Digits) -> &'b [u8]
    where
        'a: 'b,
    {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Integer(integer) => digits.format(integer).as_bytes(),
            Self::Shared(bytes) => bytes,
        }
    }

    /// The string's length in bytes.
    #[inline]
    pub fn len(self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Integer(integer) => decimal_len(integer),
            Self::Shared(bytes) => bytes.len(),
        }
    }

    /// Whether the string has no bytes.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The integer the string spells out, if it is one in canonical form.
    #[inline]
    pub fn integer(self) -> Option<i64> {
        match self {
            Self::Integer(integer) => Some(integer),
            Self::Bytes(bytes) => parse_integer(bytes),
            Self::Shared(_) => None,
        }
    }

    /// The bytes to hold on to: shared when they are large, else a copy.
    #[inline]
    pub fn to_value(self) -> StringValue {
        match self {
            Self::Shared(bytes) => StringValue::Shared(Arc::clone(bytes)),
            other => StringValue::Owned(other.bytes(&mut Digits::new()).to_vec()),
        }
    }
}

/// A string that has left the keyspace. It can be read like the `Vec<u8>` it is, and turns into one, or into an
/// `Arc<Vec<u8>>`, by `into()`. Cloning copies what is not shared, which is never more than
/// [`INLINE_VALUE_MAX`](crate::table::INLINE_VALUE_MAX) bytes when it came from a keyspace.
#[derive(Clone, Debug)]
pub enum StringValue {
    /// A copy.
    Owned(Vec<u8>),
    /// Large bytes, not copied; later changes of the key do not show here.
    Shared(Arc<Vec<u8>>),
}

impl StringValue {
    /// The bytes as a shared vector; never copies them.
    pub fn into_shared(self) -> Arc<Vec<u8>> {
        match self {
            Self::Owned(bytes) => Arc::new(bytes),
            Self::Shared(bytes) => bytes,
        }
    }

    /// The bytes as a vector; copies them only when they are shared.
    pub fn into_vec(self) -> Vec<u8> {
        match self {
            Self::Owned(bytes) => bytes,
            Self::Shared(bytes) => Arc::unwrap_or_clone(bytes),
        }
    }
}

impl Deref for StringValue {
    type Target = Vec<u8>;

    #[inline]
    fn deref(&self) -> &Vec<u8> {
        match self {
            Self::Owned(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for StringValue {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl<T: AsRef<[u8]> + ?Sized> PartialEq<T> for StringValue {
    fn eq(&self, other: &T) -> bool {
        self.as_slice() == other.as_ref()
    }
}

impl Eq for StringValue {}

impl From<StringValue> for Arc<Vec<u8>> {
    fn from(value: StringValue) -> Self {
        value.into_shared()
    }
}

impl From<StringValue> for Vec<u8> {
    fn from(value: StringValue) -> Self {
        value.into_vec()
    }
}

/// An integer as it lies in an entry: little-endian, without the high bytes that only repeat the sign.
#[derive(Clone, Copy)]
pub(crate) struct IntegerBytes {
    bytes: [u8; 8],
    len: u8,
}

impl IntegerBytes {
    #[inline]
    pub(crate) fn new(integer: i64) -> Self {
        // The sign takes a bit: 0 and -1 need one.
        let bits = 65 - (integer ^ (integer >> 63)).leading_zeros();
        Self { bytes: integer.to_le_bytes(), len: bits.div_ceil(8) as u8 }
    }
}

impl Deref for IntegerBytes {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

#[inline]
pub(crate) fn decode_integer(bytes: &[u8]) -> i64 {
    let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut word = [if negative { 0xff } else { 0 }; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    i64::from_le_bytes(word)
}

/// Reads an integer in canonical decimal form: no sign but a minus, no leading zeros, no `-0`, nothing around it.
#[inline]
pub fn parse_integer(bytes: &[u8]) -> Option<i64> {
    let (negative, digits) = match bytes {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    match digits {
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', ..] if digits.len() <= 19 => {}
        _ => return None,
    }
    let mut magnitude: u64 = 0;
    for &digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // Nineteen digits stay below 2^64.
        magnitude = magnitude * 10 + u64::from(digit);
    }
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// Number of characters of an integer's decimal form.
pub(crate) fn decimal_len(integer: i64) -> usize {
    let digits = integer.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1;
    digits + usize::from(integer < 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDGES: [i64; 13] = [0, 1, -1, 9, 10, 127, 128, -128, -129, 32_767, -32_769, i64::MAX, i64::MIN];

    #[test]
    fn integers_survive_their_shortest_form() {
        for integer in EDGES.into_iter().chain((0..63).flat_map(|bit| [1 << bit, (1 << bit) - 1, -(1 << bit)])) {
            let bytes = IntegerBytes::new(integer);
            assert_eq!(decode_integer(&bytes), integer);
            assert_eq!(decimal_len(integer), integer.to_string().len(), "{integer}");
            assert_eq!(parse_integer(integer.to_string().as_bytes()), Some(integer));
        }
        let lengths = [0, -128, 128, 32_767, 32_768, i64::MIN].map(|integer| IntegerBytes::new(integer).len());
        assert_eq!(lengths, [1, 1, 2, 2, 3, 8]);
    }

    #[test]
    fn only_canonical_decimals_are_integers() {
        let others = [
            "",
            "-",
            "+1",
            "01",
            "-0",
            "00",
            " 1",
            "1 ",
            "1.0",
            "1e3",
            "0x1",
            "9223372036854775808",
            "-9223372036854775809",
            "99999999999999999999",
            "12a",
        ];
        for text in others {
            assert_eq!(parse_integer(text.as_bytes()), None, "{text:?}");
        }
    }
}
