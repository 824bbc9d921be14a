//! Ziplists: the packed form of small collections before Redis 7.0.
//!
//! ```text
//! bytes in all (4) | offset of the last element (4) | elements (2; 65535: not known) | element … | 0xff   all low byte first
//!
//! element:   bytes of the element before it: 1 byte up to 253, or 0xfe and 4 bytes, low byte first
//!            00llllll bytes                   up to 63 bytes
//!            01llllll llllllll bytes          up to 16,383 bytes, high bits first
//!            10------ and 4 bytes, bytes      length with the high byte first
//!            0xc0, 0xd0, 0xe0, 0xf0, 0xfe     an integer in 2, 4, 8, 3, 1 bytes, low byte first
//!            1111nnnn                         n - 1, where n is 1 to 13
//! ```

use super::Damage;
use crate::value::StringRef;

const HEADER_LEN: usize = 10;
const END: u8 = 0xff;
const COUNT_UNKNOWN: u16 = u16::MAX;
const LONG_BEFORE: u8 = 0xfe;

/// The elements of a ziplist, each checked when it is reached, and the whole at its end.
#[derive(Clone, Debug)]
pub(crate) struct Elements<'a> {
    /// The ziplist without the byte that ends it.
    bytes: &'a [u8],
    at: usize,
    /// Bytes of the element before `at`.
    before: usize,
    last: u32,
    count: u16,
    passed: usize,
    is_over: bool,
}

impl<'a> Elements<'a> {
    /// The elements of a ziplist whose header and end are in order.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, Damage> {
        let damaged = |at, what| Err(Damage { at, what });
        let ([a, b, c, d, e, f, g, h, low, high, ..], Some((&END, body))) = (bytes, bytes.split_last()) else {
            return damaged(0, "no header, or no end");
        };
        if body.len() < HEADER_LEN {
            return damaged(0, "no room for an end");
        }
        if u32::from_le_bytes([*a, *b, *c, *d]) as usize != bytes.len() {
            return damaged(0, "another length than it has");
        }
        let last = u32::from_le_bytes([*e, *f, *g, *h]);
        let count = u16::from_le_bytes([*low, *high]);
        Ok(Self { bytes: body, at: HEADER_LEN, before: 0, last, count, passed: 0, is_over: false })
    }

    fn element(&mut self) -> Result<StringRef<'a>, Damage> {
        let begin = self.at;
        let damaged = |what| Damage { at: begin, what };
        let rest = self.bytes.get(begin..).unwrap_or_default();
        let (before, before_len) = match *rest {
            [LONG_BEFORE, a, b, c, d, ..] => (u32::from_le_bytes([a, b, c, d]) as usize, 5),
            [before @ ..LONG_BEFORE, ..] => (usize::from(before), 1),
            _ => return Err(damaged(CUT_OFF)),
        };
        if before != self.before {
            return Err(damaged("another length of the element before than it has"));
        }
        let (element, len) = parse(&rest[before_len..]).map_err(damaged)?;
        self.before = before_len + len;
        self.at = begin + self.before;
        self.passed += 1;
        Ok(element)
    }

    fn check_end(&self) -> Result<(), Damage> {
        if self.passed > 0 && self.last as usize != self.at - self.before {
            return Err(Damage { at: 4, what: "another last element than it has" });
        }
        if self.count != COUNT_UNKNOWN && self.passed != usize::from(self.count) {
            return Err(Damage { at: 8, what: "another number of elements than it has" });
        }
        Ok(())
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<StringRef<'a>, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        if self.at == self.bytes.len() {
            self.is_over = true;
            return self.check_end().err().map(Err);
        }
        let element = self.element();
        self.is_over = element.is_err();
        Some(element)
    }
}

const CUT_OFF: &str = "an element that is cut off";

/// The element whose encoding stands at the beginning of `bytes`, and how many of them it takes.
fn parse(bytes: &[u8]) -> Result<(StringRef<'_>, usize), &'static str> {
    let text = |header: usize, len: usize| {
        let end = header.checked_add(len).ok_or(CUT_OFF)?;
        bytes.get(header..end).map(|text| (StringRef::Bytes(text), end)).ok_or(CUT_OFF)
    };
    let integer = |integer: i64, len: usize| Ok((StringRef::Integer(integer), len));
    match *bytes {
        [first @ ..0x40, ..] => text(1, usize::from(first)),
        [first @ 0x40..0x80, low, ..] => text(2, usize::from(first & 0x3f) << 8 | usize::from(low)),
        [0x80..0xc0, a, b, c, d, ..] => text(5, u32::from_be_bytes([a, b, c, d]) as usize),
        [0xc0, a, b, ..] => integer(i64::from(i16::from_le_bytes([a, b])), 3),
        [0xd0, a, b, c, d, ..] => integer(i64::from(i32::from_le_bytes([a, b, c, d])), 5),
        [0xe0, a, b, c, d, e, f, g, h, ..] => integer(i64::from_le_bytes([a, b, c, d, e, f, g, h]), 9),
        [0xf0, a, b, c, ..] => integer(i64::from(i32::from_le_bytes([0, a, b, c]) >> 8), 4),
        [0xfe, byte, ..] => integer(i64::from(byte.cast_signed()), 2),
        [first @ 0xf1..=0xfd, ..] => integer(i64::from(first & 0x0f) - 1, 1),
        [0x40..0xc1 | 0xd0 | 0xe0 | 0xf0 | 0xfe, ..] | [] => Err(CUT_OFF),
        _ => Err("an element in no known encoding"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::value::string::{Digits, parse_integer};

    /// Packs texts as Redis did before 7.0.
    pub(crate) fn pack(texts: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = vec![0; HEADER_LEN];
        let (mut last, mut before) = (HEADER_LEN, 0);
        for text in texts {
            last = bytes.len();
            if before < usize::from(LONG_BEFORE) {
                bytes.push(before as u8);
            } else {
                bytes.push(LONG_BEFORE);
                bytes.extend((before as u32).to_le_bytes());
            }
            let le = parse_integer(text).unwrap_or(0).to_le_bytes();
            match (parse_integer(text), text.len()) {
                (Some(integer @ 0..=12), _) => bytes.push(0xf1 + integer as u8),
                (Some(-0x80..0x80), _) => bytes.extend([0xfe, le[0]]),
                (Some(-0x8000..0x8000), _) => bytes.extend([0xc0, le[0], le[1]]),
                (Some(-0x80_0000..0x80_0000), _) => bytes.extend([0xf0, le[0], le[1], le[2]]),
                (Some(-0x8000_0000..0x8000_0000), _) => bytes.extend([0xd0, le[0], le[1], le[2], le[3]]),
                (Some(_), _) => {
                    bytes.push(0xe0);
                    bytes.extend(le);
                }
                (None, len @ ..0x40) => bytes.push(len as u8),
                (None, len @ ..0x4000) => bytes.extend([0x40 | (len >> 8) as u8, len as u8]),
                (None, len) => {
                    bytes.push(0x80);
                    bytes.extend((len as u32).to_be_bytes());
                }
            }
            if parse_integer(text).is_none() {
                bytes.extend(text);
            }
            before = bytes.len() - last;
        }
        bytes.push(END);
        let len = bytes.len() as u32;
        bytes[..4].copy_from_slice(&len.to_le_bytes());
        bytes[4..8].copy_from_slice(&(last as u32).to_le_bytes());
        bytes[8..10].copy_from_slice(&u16::try_from(texts.len()).unwrap_or(COUNT_UNKNOWN).to_le_bytes());
        bytes
    }

    fn texts(bytes: &[u8]) -> Result<Vec<Vec<u8>>, Damage> {
        Elements::new(bytes)?.map(|element| element.map(|element| element.bytes(&mut Digits::new()).to_vec())).collect()
    }

    #[test]
    fn elements_survive_every_encoding() {
        let bits = [0, 3, 4, 7, 8, 15, 16, 23, 24, 31, 32, 62];
        let integers = bits.iter().flat_map(|bit| [1i64 << bit, (1 << bit) - 1, -(1 << bit), -(1 << bit) - 1]);
        let integers = integers.chain([12, 13, i64::MIN, i64::MAX]).map(|integer| integer.to_string().into_bytes());
        let lengths = [0, 1, 63, 64, 250, 251, 252, 253, 254, 16_383, 16_384, 70_000];
        let all: Vec<_> = integers.chain(lengths.map(|len| vec![b'x'; len])).chain([b"last".to_vec()]).collect();
        assert_eq!(texts(&pack(&all)), Ok(all));
        let many = vec![b"1".to_vec(); 65_536];
        assert_eq!(texts(&pack(&many)).map(|texts| texts.len()), Ok(65_536));
        assert_eq!(texts(&pack(&[])), Ok(vec![]));
    }

    #[test]
    fn a_short_length_before_may_take_five_bytes() {
        let packed = b"\x13\0\0\0\x0c\0\0\0\x02\0\x00\xf2\xfe\x02\0\0\0\xf3\xff";
        assert_eq!(texts(packed), Ok(vec![b"1".to_vec(), b"2".to_vec()]));
    }

    #[test]
    fn every_damage_is_found() {
        let whole = pack(&[b"field".to_vec(), b"-7000".to_vec(), vec![b'x'; 300], b"7".to_vec()]);
        for len in 0..whole.len() {
            assert!(texts(&whole[..len]).is_err(), "{len} bytes");
        }
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let _ = texts(&flipped);
        }
        let cases: &[(&[u8], usize, &str)] = &[
            (b"\x0b\0\0\0\x0a\0\0\0\0\0", 0, "no header, or no end"),
            (b"\x0b\0\0\0\x0a\0\0\0\0\xff", 0, "no room for an end"),
            (b"\x0c\0\0\0\x0a\0\0\0\0\0\xff", 0, "another length than it has"),
            (b"\x0b\0\0\0\x0a\0\0\0\x01\0\xff", 8, "another number of elements than it has"),
            (b"\x0d\0\0\0\x0b\0\0\0\x01\0\x00\xf2\xff", 4, "another last element than it has"),
            (b"\x0d\0\0\0\x0a\0\0\0\x01\0\x01\xf2\xff", 10, "another length of the element before than it has"),
            (b"\x0d\0\0\0\x0a\0\0\0\x01\0\xff\xf2\xff", 10, "an element that is cut off"),
            (b"\x0c\0\0\0\x0a\0\0\0\x01\0\x00\xff", 10, "an element that is cut off"),
            (b"\x0d\0\0\0\x0a\0\0\0\x01\0\x00\x01\xff", 10, "an element that is cut off"),
            (b"\x0d\0\0\0\x0a\0\0\0\x01\0\x00\xc0\xff", 10, "an element that is cut off"),
            (b"\x0d\0\0\0\x0a\0\0\0\x01\0\x00\xc1\xff", 10, "an element in no known encoding"),
            (b"\x0d\0\0\0\x0a\0\0\0\x01\0\x00\xff\xff", 10, "an element in no known encoding"),
            (b"\x11\0\0\0\x0a\0\0\0\x01\0\x00\x80\xff\xff\xff\xff\xff", 10, "an element that is cut off"),
        ];
        for (bytes, at, what) in cases {
            assert_eq!(texts(bytes), Err(Damage { at: *at, what }), "{}", bytes.escape_ascii());
        }
    }
}
