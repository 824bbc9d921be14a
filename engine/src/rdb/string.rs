//! Strings: bytes behind their length, integers of 8 to 32 bits, or bytes compressed by LZF.
//!
//! ```text
//! length bytes
//! 0xc0 i8        0xc1 i16        0xc2 i32               low byte first; the string is the decimal form
//! 0xc3 length (compressed) length (original) bytes
//! ```

use std::io::{self, BufRead, Write};

use super::error::{Error, ErrorKind, Result};
use super::length::{self, ENCODED, Length};
use super::source::Source;
use super::{lzf, recycle};
use crate::value::string::{Digits, parse_integer};

const INT8: u8 = 0;
const INT16: u8 = 1;
const INT32: u8 = 2;
const LZF: u8 = 3;

/// Longest string that may be a 32-bit integer.
const INTEGER_LEN_MAX: usize = 11;

/// Strings of at most this many bytes are not worth compressing.
const UNCOMPRESSED_LEN_MAX: usize = 20;

/// Reads strings from a stream.
pub(super) struct Strings<R> {
    pub(super) source: Source<R>,
    /// Most bytes of one string.
    pub(super) len_max: u64,
    compressed: Vec<u8>,
}

impl<R: BufRead> Strings<R> {
    pub(super) fn new(source: Source<R>) -> Self {
        Self { source, len_max: u64::MAX, compressed: Vec::new() }
    }

    /// Reads a string, called `what` in errors, and appends it.
    pub(super) fn append(&mut self, into: &mut Vec<u8>, what: &'static str) -> Result<()> {
        let offset = self.source.offset();
        let integer = match self.source.length_or_encoding(what)? {
            Length::Plain(len) => {
                self.check_len(offset, len)?;
                return self.source.append(len, into, what);
            }
            Length::Encoding(INT8) => i32::from(i8::from_le_bytes(self.source.array(what)?)),
            Length::Encoding(INT16) => i32::from(i16::from_le_bytes(self.source.array(what)?)),
            Length::Encoding(INT32) => i32::from_le_bytes(self.source.array(what)?),
            Length::Encoding(LZF) => return self.append_compressed(offset, into, what),
            Length::Encoding(_) => return Err(Error::corrupt(offset, "a string in no known encoding")),
        };
        into.extend_from_slice(Digits::new().format(integer).as_bytes());
        Ok(())
    }

    fn check_len(&self, offset: u64, len: u64) -> Result<()> {
        let most = self.len_max;
        if len <= most { Ok(()) } else { Err(Error::new(offset, ErrorKind::TooLong { len, most })) }
    }

    fn append_compressed(&mut self, offset: u64, into: &mut Vec<u8>, what: &'static str) -> Result<()> {
        let compressed_len = self.source.length(what)?;
        let len = self.source.length(what)?;
        self.check_len(offset, len)?;
        recycle(&mut self.compressed);
        self.source.append(compressed_len, &mut self.compressed, what)?;
        let damaged = |damage| Error::packed(offset, "LZF string", damage);
        lzf::decompress(&self.compressed, len, into).map_err(damaged)
    }
}

/// Writes a string in the shortest way.
pub(super) fn write(out: &mut impl Write, text: &[u8], compressor: Option<&mut lzf::Compressor>) -> io::Result<()> {
    if text.len() <= INTEGER_LEN_MAX
        && let Some(integer) = parse_integer(text).and_then(|integer| i32::try_from(integer).ok())
    {
        return write_integer(out, integer);
    }
    if text.len() > UNCOMPRESSED_LEN_MAX
        && let Some(compressed) = compressor.and_then(|compressor| compressor.compress(text))
    {
        out.write_all(&[ENCODED | LZF])?;
        length::write(out, compressed.len() as u64)?;
        length::write(out, text.len() as u64)?;
        return out.write_all(compressed);
    }
    length::write(out, text.len() as u64)?;
    out.write_all(text)
}

fn write_integer(out: &mut impl Write, integer: i32) -> io::Result<()> {
    if let Ok(integer) = i8::try_from(integer) {
        out.write_all(&[ENCODED | INT8, integer.cast_unsigned()])
    } else if let Ok(integer) = i16::try_from(integer) {
        let [low, high] = integer.to_le_bytes();
        out.write_all(&[ENCODED | INT16, low, high])
    } else {
        out.write_all(&[ENCODED | INT32])?;
        out.write_all(&integer.to_le_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<u8>> {
        let mut into = Vec::new();
        Strings::new(Source::new(bytes)).append(&mut into, "a string").map(|()| into)
    }

    #[test]
    fn strings_are_written_in_the_shortest_way_and_read_again() {
        let long_text = "x".repeat(100);
        let cases: &[(&str, &[u8])] = &[
            ("", &[0]),
            ("0", &[0xc0, 0]),
            ("-128", &[0xc0, 0x80]),
            ("128", &[0xc1, 0x80, 0]),
            ("-32768", &[0xc1, 0, 0x80]),
            ("32768", &[0xc2, 0, 0x80, 0, 0]),
            ("-2147483648", &[0xc2, 0, 0, 0, 0x80]),
            ("2147483648", b"\x0a2147483648"),
            ("01", b"\x0201"),
            ("-0", b"\x02-0"),
            ("+1", b"\x02+1"),
            ("aaaaaaaaaaaaaaaaaaaa", b"\x14aaaaaaaaaaaaaaaaaaaa"),
            (&long_text, &[0xc3, 0x09, 0x40, 100, 1, b'x', b'x', 0xe0, 87, 0, 1, b'x', b'x']),
        ];
        let mut compressor = lzf::Compressor::default();
        for (text, bytes) in cases {
            let mut out = Vec::new();
            write(&mut out, text.as_bytes(), Some(&mut compressor)).expect("a vector takes all");
            assert_eq!(out, *bytes, "{text}");
            assert_eq!(read(bytes).expect("it is one"), text.as_bytes());
            for len in 0..bytes.len() {
                assert!(read(&bytes[..len]).is_err(), "{len} bytes of {text}");
            }
        }
    }

    #[test]
    fn strings_that_are_too_long_are_refused_before_they_are_read() {
        for bytes in [&b"\x0bhello"[..], &[0xc3, 0x09, 0x40, 100, 1, b'x']] {
            let mut strings = Strings::new(Source::new(bytes));
            strings.len_max = 10;
            let error = strings.append(&mut Vec::new(), "a string").expect_err("it is too long").to_string();
            assert!(error.ends_with("bytes is longer than the 10 that are allowed"), "{error}");
        }
    }

    #[test]
    fn strings_that_are_none_are_refused_with_their_offset() {
        let cases: &[(&[u8], &str)] = &[
            (b"", "at byte 0: ends inside a string"),
            (b"\x05abc", "at byte 1: ends inside a string"),
            (b"\xc4a", "at byte 0: a string in no known encoding"),
            (b"\xc3\x01\x01", "at byte 3: ends inside a string"),
            (b"\xc3\xc0\x01", "at byte 1: a string's encoding where a number belongs"),
            (b"\xc3\x02\x02\x00a", "at byte 0: damaged LZF string: fewer bytes than announced at its byte 2"),
            (
                b"\xc3\x02\x81\xff\xff\xff\xff\xff\xff\xff\xff\x00a",
                "at byte 0: damaged LZF string: a length that cannot be",
            ),
        ];
        for (bytes, text) in cases {
            let error = read(bytes).expect_err("it is none").to_string();
            assert!(error.starts_with(text), "{error}");
        }
    }
}
