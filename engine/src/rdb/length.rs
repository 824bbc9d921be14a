//! Lengths: 1 to 9 bytes, the first of which says how many and may say something else instead.
//!
//! ```text
//! 00nnnnnn                   0 to 63
//! 01nnnnnn nnnnnnnn          up to 16,383
//! 0x80 and 4 bytes           high byte first
//! 0x81 and 8 bytes           high byte first
//! 11eeeeee                   no length: a string in the special encoding e
//! ```

use std::io::{self, BufRead, Write};

use super::error::{Error, Result};
use super::source::Source;

/// A length, or what stands in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Plain(u64),
    Encoding(u8),
}

/// The first byte of a string in a special encoding, to which the encoding is added.
pub(super) const ENCODED: u8 = 0xc0;
const LONG: u8 = 0x80;
const VERY_LONG: u8 = 0x81;

impl<R: BufRead> Source<R> {
    /// Takes a length, or the special encoding in its place.
    pub(super) fn length_or_encoding(&mut self, what: &'static str) -> Result<Length> {
        let offset = self.offset();
        let first = self.byte(what)?;
        let low = first & 0x3f;
        Ok(match (first >> 6, first) {
            (0, _) => Length::Plain(u64::from(low)),
            (1, _) => Length::Plain(u64::from(low) << 8 | u64::from(self.byte(what)?)),
            (_, LONG) => Length::Plain(u64::from(u32::from_be_bytes(self.array(what)?))),
            (_, VERY_LONG) => Length::Plain(u64::from_be_bytes(self.array(what)?)),
            (3, _) => Length::Encoding(low),
            _ => return Err(Error::corrupt(offset, "a length in no known form")),
        })
    }

    /// Takes a length.
    pub(super) fn length(&mut self, what: &'static str) -> Result<u64> {
        let offset = self.offset();
        match self.length_or_encoding(what)? {
            Length::Plain(length) => Ok(length),
            Length::Encoding(_) => Err(Error::corrupt(offset, "a string's encoding where a number belongs")),
        }
    }
}

/// Writes a length in the fewest bytes.
pub(super) fn write(out: &mut impl Write, length: u64) -> io::Result<()> {
    if length < 1 << 6 {
        out.write_all(&[length as u8])
    } else if length < 1 << 14 {
        out.write_all(&[0x40 | (length >> 8) as u8, length as u8])
    } else if let Ok(length) = u32::try_from(length) {
        out.write_all(&[LONG])?;
        out.write_all(&length.to_be_bytes())
    } else {
        out.write_all(&[VERY_LONG])?;
        out.write_all(&length.to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_as_few_bytes_as_they_need() {
        let cases: &[(u64, &[u8])] = &[
            (0, &[0]),
            (63, &[0x3f]),
            (64, &[0x40, 64]),
            (16_383, &[0x7f, 0xff]),
            (16_384, &[0x80, 0, 0, 0x40, 0]),
            (u64::from(u32::MAX), &[0x80, 0xff, 0xff, 0xff, 0xff]),
            (1 << 32, &[0x81, 0, 0, 0, 1, 0, 0, 0, 0]),
            (u64::MAX, &[0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ];
        for (length, bytes) in cases {
            let mut out = Vec::new();
            write(&mut out, *length).expect("a vector takes all");
            assert_eq!(out, *bytes);
            assert_eq!(Source::new(*bytes).length("a length").expect("it is one"), *length);
            for len in 0..bytes.len() {
                assert!(Source::new(&bytes[..len]).length("a length").is_err());
            }
        }
    }

    #[test]
    fn other_first_bytes_are_encodings_or_refused() {
        assert_eq!(Source::new(&[0xc3][..]).length_or_encoding("a length").ok(), Some(Length::Encoding(3)));
        for byte in [0x82, 0xbf, 0xc0] {
            assert!(Source::new(&[byte, 0, 0, 0, 0, 0, 0, 0, 0][..]).length("a length").is_err(), "{byte:#x}");
        }
    }
}
