//! One element of a compact encoding: bytes behind their length, or an integer.
//!
//! ```text
//! 0lllllll  bytes                 0 to 127 bytes
//! 10nnnnnn                        an integer from 0 to 63
//! 110lllll llllllll  bytes        128 to 8,191 bytes, length with the high bits first
//! 11100www  integer               w + 1 bytes, signed, low byte first
//! 11101000  length  bytes         8,192 bytes and more, length in 4 bytes, low byte first
//! ```
//!
//! Text that is an integer just as we would write it (`-7`, but not `+7`, `07` or `-0`) is stored
//! as one, in the fewest bytes; everything else as bytes, behind the shortest length. So every
//! text has exactly one encoding, and two are equal when their encodings are.

use smallvec::{Array, SmallVec};

/// An element as it is stored. Holds an integer exactly when its text is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packed<'a> {
    /// Text that is the decimal form of this number.
    Int(i64),
    /// Any other text.
    Bytes(&'a [u8]),
}

impl<'a> Packed<'a> {
    /// Returns the length of the text in bytes.
    pub fn len(self) -> usize {
        match self {
            Packed::Int(number) => {
                let digits = number.unsigned_abs().checked_ilog10().map_or(1, |log| log as usize + 1);
                digits + usize::from(number < 0)
            }
            Packed::Bytes(bytes) => bytes.len(),
        }
    }

    /// Tells whether the text is empty.
    pub fn is_empty(self) -> bool {
        self == Packed::Bytes(b"")
    }

    /// Returns the text; an integer's is written to `digits`.
    pub fn text<'t>(self, digits: &'t mut itoa::Buffer) -> &'t [u8]
    where
        'a: 't,
    {
        match self {
            Packed::Int(number) => digits.format(number).as_bytes(),
            Packed::Bytes(bytes) => bytes,
        }
    }

    /// Copies the text.
    pub fn to_vec(self) -> Vec<u8> {
        self.text(&mut itoa::Buffer::new()).to_vec()
    }
}

impl<'a> From<&'a [u8]> for Packed<'a> {
    fn from(text: &'a [u8]) -> Self {
        integer(text).map_or(Packed::Bytes(text), Packed::Int)
    }
}

/// The longest text an element holds.
pub const ELEMENT_LEN_MAX: usize = u32::MAX as usize;

const SMALL_INT: u8 = 0x80;
const MEDIUM: u8 = 0xc0;
const INT: u8 = 0xe0;
const LONG: u8 = 0xe8;

const SHORT_LEN_MAX: usize = 0x7f;
const MEDIUM_LEN_MAX: usize = 0x1fff;

/// An element to be looked for or stored: what it holds, and how that is encoded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Encoded<'a> {
    element: Packed<'a>,
    /// First byte of the encoding.
    tag: u8,
    /// Number of bytes of the whole encoding.
    len: usize,
}

impl<'a> Encoded<'a> {
    /// Encodes a text; `None` if it is longer than [`ELEMENT_LEN_MAX`].
    #[inline]
    pub(super) fn new(text: &'a [u8]) -> Option<Self> {
        Self::of(Packed::from(text))
    }

    #[inline]
    fn of(element: Packed<'a>) -> Option<Self> {
        let (tag, len) = match element {
            Packed::Int(number @ 0..=63) => (SMALL_INT | number as u8, 1),
            Packed::Int(number) => {
                // All bits but the copies of the sign.
                let bits = u64::BITS - (number ^ (number >> 63)).leading_zeros();
                let wider = bits / 8;
                (INT | wider as u8, 2 + wider as usize)
            }
            Packed::Bytes(bytes) => match bytes.len() {
                len if len <= SHORT_LEN_MAX => (len as u8, 1 + len),
                len if len <= MEDIUM_LEN_MAX => (MEDIUM | (len >> 8) as u8, 2 + len),
                len if len <= ELEMENT_LEN_MAX => (LONG, 5 + len),
                _ => return None,
            },
        };
        Some(Self { element, tag, len })
    }

    /// Returns the number of bytes of the whole encoding.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Tells whether `encoding`, one whole element, is this one.
    #[inline]
    pub(super) fn is(&self, encoding: &[u8]) -> bool {
        if encoding.len() != self.len || encoding.first() != Some(&self.tag) {
            return false;
        }
        match self.element {
            Packed::Int(number) => number == decode_int(encoding),
            // Both are as long as each other. What they share is rather their beginning than
            // their end, so the last byte tells most of them apart.
            Packed::Bytes(bytes) => {
                bytes.last().is_none_or(|last| encoding.last() == Some(last)) && encoding.ends_with(bytes)
            }
        }
    }

    /// Appends the encoding.
    pub(super) fn append_to<A: Array<Item = u8>>(&self, out: &mut SmallVec<A>) {
        out.push(self.tag);
        match self.element {
            Packed::Int(number) => out.extend_from_slice(&number.to_le_bytes()[..self.len - 1]),
            Packed::Bytes(bytes) => {
                if self.tag == LONG {
                    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
                } else if self.tag >= MEDIUM {
                    out.push(bytes.len() as u8);
                }
                out.extend_from_slice(bytes);
            }
        }
    }
}

/// Returns where the element at `at` ends; `None` if no whole element is there.
#[inline]
pub(super) fn end_of(bytes: &[u8], at: usize) -> Option<usize> {
    let tag = *bytes.get(at)?;
    let len = if tag < SMALL_INT {
        1 + usize::from(tag)
    } else if tag < MEDIUM {
        1
    } else if tag < INT {
        2 + (usize::from(tag & 0x1f) << 8 | usize::from(*bytes.get(at + 1)?))
    } else if tag < LONG {
        2 + usize::from(tag & 7)
    } else if tag == LONG {
        let len = bytes.get(at + 1..)?.first_chunk()?;
        (u32::from_le_bytes(*len) as usize).saturating_add(5)
    } else {
        return None;
    };
    at.checked_add(len).filter(|end| *end <= bytes.len())
}

/// Decodes the element at `at` and returns it with its end; `None` if no whole element is there.
#[inline]
pub(super) fn decode(bytes: &[u8], at: usize) -> Option<(Packed<'_>, usize)> {
    let end = end_of(bytes, at)?;
    let tag = *bytes.get(at)?;
    let element = if tag < SMALL_INT {
        Packed::Bytes(bytes.get(at + 1..end)?)
    } else if tag < MEDIUM {
        Packed::Int(decode_int(&[tag]))
    } else if tag < INT {
        Packed::Bytes(bytes.get(at + 2..end)?)
    } else if tag < LONG {
        Packed::Int(decode_int(bytes.get(at..end)?))
    } else {
        Packed::Bytes(bytes.get(at + 5..end)?)
    };
    Some((element, end))
}

/// Decodes a whole element that is an integer.
#[inline]
fn decode_int(encoding: &[u8]) -> i64 {
    match encoding {
        [tag] => i64::from(tag & !MEDIUM),
        [_, low @ .., high] => {
            let sign_and_high = i64::from(high.cast_signed());
            low.iter().rev().fold(sign_and_high, |number, byte| number << 8 | i64::from(*byte))
        }
        [] => 0,
    }
}

/// Tells whether the encoding of one whole element is the one that its text has.
pub(super) fn is_canonical(encoding: &[u8]) -> bool {
    let Some((element, _)) = decode(encoding, 0) else {
        return false;
    };
    let element = match element {
        Packed::Bytes(text) => Packed::from(text),
        int => int,
    };
    Encoded::of(element).is_some_and(|canonical| canonical.is(encoding))
}

/// Returns the number whose decimal form is exactly `text`.
fn integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    match digits {
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', ..] if digits.len() <= 19 => {}
        _ => return None,
    }
    // Counted downwards, for there is one number more on that side.
    let mut number: i64 = 0;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number.checked_mul(10)?.checked_sub(i64::from(digit))?;
    }
    if negative { Some(number) } else { number.checked_neg() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encode(text: &[u8]) -> Vec<u8> {
        let encoded = Encoded::new(text).expect("short enough");
        let mut bytes = SmallVec::<[u8; 16]>::new();
        encoded.append_to(&mut bytes);
        assert_eq!(bytes.len(), encoded.len());
        bytes.into_vec()
    }

    #[test]
    fn encodings_are_as_drawn() {
        assert_eq!(encode(b""), [0x00]);
        assert_eq!(encode(b"ab"), [0x02, b'a', b'b']);
        assert_eq!(encode(b"0"), [0x80]);
        assert_eq!(encode(b"63"), [0xbf]);
        assert_eq!(encode(b"64"), [0xe0, 64]);
        assert_eq!(encode(b"-1"), [0xe0, 0xff]);
        assert_eq!(encode(b"127"), [0xe0, 0x7f]);
        assert_eq!(encode(b"128"), [0xe1, 0x80, 0x00]);
        assert_eq!(encode(b"-129"), [0xe1, 0x7f, 0xff]);
        assert_eq!(encode(b"9223372036854775807"), [0xe7, 255, 255, 255, 255, 255, 255, 255, 0x7f]);
        assert_eq!(encode(b"-9223372036854775808"), [0xe7, 0, 0, 0, 0, 0, 0, 0, 0x80]);
        assert_eq!(encode(&[b'x'; 127])[..2], [0x7f, b'x']);
        assert_eq!(encode(&[b'x'; 128])[..3], [0xc0, 0x80, b'x']);
        assert_eq!(encode(&[b'x'; 8_191])[..3], [0xdf, 0xff, b'x']);
        assert_eq!(encode(&[b'x'; 8_192])[..6], [0xe8, 0x00, 0x20, 0, 0, b'x']);
    }

    #[test]
    fn only_text_we_would_write_is_an_integer() {
        for number in [0, 1, -1, 63, 64, 99, -99, i64::from(i32::MAX), i64::MAX, i64::MIN, i64::MIN + 1] {
            assert_eq!(Packed::from(number.to_string().as_bytes()), Packed::Int(number));
        }
        for text in [
            "",
            "-",
            "+1",
            "-0",
            "00",
            "01",
            "-01",
            " 1",
            "1 ",
            "1.0",
            "1e3",
            "0x1",
            "1a",
            "9223372036854775808",
            "-9223372036854775809",
            "99999999999999999999",
            "18446744073709551615",
        ] {
            assert_eq!(Packed::from(text.as_bytes()), Packed::Bytes(text.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn other_encodings_of_a_text_are_not_canonical() {
        let encodings: [&[u8]; 8] = [
            &[0x01, b'7'],
            &[0xe0, 63],
            &[0xe1, 64, 0],
            &[0xc0, 0x01, b'x'],
            &[0xe8, 1, 0, 0, 0, b'x'],
            &[0xe9],
            &[0x02, b'x'],
            &[],
        ];
        for encoding in encodings {
            assert!(!is_canonical(encoding), "{encoding:?}");
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..300),
            any::<i64>().prop_map(|number| number.to_string().into_bytes()),
            (any::<i64>(), 0u32..64).prop_map(|(number, shift)| (number >> shift).to_string().into_bytes()),
            proptest::collection::vec(any::<u8>(), 8_000..8_400),
        ]) {
            let mut bytes = encode(&text);
            let overhead = if text.len() < 128 { 1 } else { 5 };
            prop_assert!(bytes.len() <= text.len() + overhead);
            prop_assert!(is_canonical(&bytes));
            let len = bytes.len();
            bytes.push(0x55);
            prop_assert_eq!(end_of(&bytes, 0), Some(len));
            let (element, end) = decode(&bytes, 0).expect("just encoded");
            prop_assert_eq!((element.to_vec(), element.len(), end), (text.clone(), text.len(), len));
            prop_assert_eq!(element, Packed::from(&text[..]));
            for cut in (0..len).rev().take(20) {
                prop_assert_eq!(end_of(&bytes[..cut], 0), None);
            }
        }

        #[test]
        fn any_bytes_are_answered(bytes: Vec<u8>, at in 0usize..40) {
            let end = end_of(&bytes, at);
            prop_assert_eq!(decode(&bytes, at).map(|(_, end)| end), end);
            if let Some(end) = end {
                prop_assert!(at < end && end <= bytes.len());
                let text = decode(&bytes, at).expect("it has an end").0.to_vec();
                prop_assert_eq!(is_canonical(&bytes[at..end]), encode(&text) == bytes[at..end]);
            }
        }
    }
}
