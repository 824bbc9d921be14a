//! Listpacks: the packed form of small collections since Redis 7.0.
//!
//! ```text
//! bytes in all (4, low byte first) | elements (2, low byte first; 65535: not known) | element … | 0xff
//!
//! element:   0nnnnnnn                         0 to 127
//!            10llllll bytes                   up to 63 bytes
//!            110nnnnn nnnnnnnn                -4,096 to 4,095, high bits first
//!            1110llll llllllll bytes          up to 4,095 bytes, high bits first
//!            0xf0 and 4 bytes, bytes          length with the low byte first
//!            0xf1, 0xf2, 0xf3, 0xf4           an integer in 2, 3, 4, 8 bytes, low byte first
//! followed by its own length in groups of seven bits, the high ones first, all but the first marked by 0x80
//! ```

use super::Damage;
use crate::value::StringRef;
use crate::value::string::parse_integer;

const HEADER_LEN: usize = 6;
const END: u8 = 0xff;
const COUNT_UNKNOWN: u16 = u16::MAX;

/// The elements of a listpack, each checked when it is reached, and the whole at its end.
#[derive(Clone, Debug)]
pub(crate) struct Elements<'a> {
    /// The listpack without the byte that ends it.
    bytes: &'a [u8],
    at: usize,
    count: u16,
    passed: usize,
    is_over: bool,
}

impl<'a> Elements<'a> {
    /// The elements of a listpack whose header and end are in order.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, Damage> {
        let damaged = |at, what| Err(Damage { at, what });
        let ([a, b, c, d, low, high, ..], Some((&END, body))) = (bytes, bytes.split_last()) else {
            return damaged(0, "no header, or no end");
        };
        if body.len() < HEADER_LEN {
            return damaged(0, "no room for an end");
        }
        if u32::from_le_bytes([*a, *b, *c, *d]) as usize != bytes.len() {
            return damaged(0, "another length than it has");
        }
        let count = u16::from_le_bytes([*low, *high]);
        Ok(Self { bytes: body, at: HEADER_LEN, count, passed: 0, is_over: false })
    }

    fn element(&mut self) -> Result<StringRef<'a>, Damage> {
        let begin = self.at;
        let Some(rest) = self.bytes.get(begin..) else { return Err(Damage { at: begin, what: "no element" }) };
        let (element, len) = parse(rest).map_err(|what| Damage { at: begin, what })?;
        let (length, length_len) = length_behind(len);
        let end = begin + len;
        if self.bytes.get(end..end + length_len) != Some(&length[..length_len]) {
            return Err(Damage { at: end, what: "another length behind an element than it has" });
        }
        self.at = end + length_len;
        self.passed += 1;
        Ok(element)
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
            let is_counted = self.count == COUNT_UNKNOWN || self.passed == usize::from(self.count);
            return (!is_counted).then_some(Err(Damage { at: 4, what: "another number of elements than it has" }));
        }
        let element = self.element();
        self.is_over = element.is_err();
        Some(element)
    }
}

/// The element at the beginning of `bytes`, and how many of them it takes.
fn parse(bytes: &[u8]) -> Result<(StringRef<'_>, usize), &'static str> {
    let text = |header: usize, len: usize| {
        let end = header.checked_add(len).ok_or(CUT_OFF)?;
        bytes.get(header..end).map(|text| (StringRef::Bytes(text), end)).ok_or(CUT_OFF)
    };
    let integer = |integer: i64, len: usize| Ok((StringRef::Integer(integer), len));
    match *bytes {
        [first @ ..0x80, ..] => integer(i64::from(first), 1),
        [first @ 0x80..0xc0, ..] => text(1, usize::from(first & 0x3f)),
        [first @ 0xc0..=0xdf, low, ..] => {
            let bits = i64::from(first & 0x1f) << 8 | i64::from(low);
            integer(if bits < 0x1000 { bits } else { bits - 0x2000 }, 2)
        }
        [first @ 0xe0..=0xef, low, ..] => text(2, usize::from(first & 0x0f) << 8 | usize::from(low)),
        [0xf0, a, b, c, d, ..] => text(5, u32::from_le_bytes([a, b, c, d]) as usize),
        [0xf1, a, b, ..] => integer(i64::from(i16::from_le_bytes([a, b])), 3),
        [0xf2, a, b, c, ..] => integer(i64::from(i32::from_le_bytes([0, a, b, c]) >> 8), 4),
        [0xf3, a, b, c, d, ..] => integer(i64::from(i32::from_le_bytes([a, b, c, d])), 5),
        [0xf4, a, b, c, d, e, f, g, h, ..] => integer(i64::from_le_bytes([a, b, c, d, e, f, g, h]), 9),
        [0xf5..=0xff, ..] => Err("an element in no known encoding"),
        _ => Err(CUT_OFF),
    }
}

const CUT_OFF: &str = "an element that is cut off";

/// The length of an element as it stands behind it, and how many bytes that takes.
fn length_behind(len: usize) -> ([u8; 5], usize) {
    let groups = match len {
        0..0x80 => 1,
        0x80..0x4000 => 2,
        0x4000..0x20_0000 => 3,
        0x20_0000..0x1000_0000 => 4,
        _ => 5,
    };
    let mut bytes = [0; 5];
    for (index, byte) in bytes.iter_mut().enumerate().take(groups) {
        let mark = if index == 0 { 0 } else { 0x80 };
        *byte = (len >> (7 * (groups - 1 - index))) as u8 & 0x7f | mark;
    }
    (bytes, groups)
}

/// Most bytes that an element takes beside its text.
pub(crate) const OVERHEAD_MAX: usize = 10;

/// A listpack to be written.
#[derive(Clone, Debug)]
pub(crate) struct Builder {
    bytes: Vec<u8>,
    count: usize,
}

impl Builder {
    /// Begins a listpack in `bytes`, whose content is lost.
    pub(crate) fn new(mut bytes: Vec<u8>) -> Self {
        bytes.clear();
        bytes.resize(HEADER_LEN, 0);
        Self { bytes, count: 0 }
    }

    /// Appends an element: an integer where the text is one just as we would write it, in the fewest bytes.
    pub(crate) fn push(&mut self, text: &[u8]) {
        let begin = self.bytes.len();
        match parse_integer(text) {
            Some(integer) => self.push_integer(integer),
            None => self.push_text(text),
        }
        let (length, len) = length_behind(self.bytes.len() - begin);
        self.bytes.extend_from_slice(&length[..len]);
        self.count += 1;
    }

    fn push_integer(&mut self, integer: i64) {
        let bytes = &mut self.bytes;
        let le = integer.to_le_bytes();
        match integer {
            0..=127 => bytes.push(le[0]),
            -0x1000..0x1000 => bytes.extend_from_slice(&[0xc0 | le[1] & 0x1f, le[0]]),
            -0x8000..0x8000 => bytes.extend_from_slice(&[0xf1, le[0], le[1]]),
            -0x80_0000..0x80_0000 => bytes.extend_from_slice(&[0xf2, le[0], le[1], le[2]]),
            -0x8000_0000..0x8000_0000 => bytes.extend_from_slice(&[0xf3, le[0], le[1], le[2], le[3]]),
            _ => {
                bytes.push(0xf4);
                bytes.extend_from_slice(&le);
            }
        }
    }

    fn push_text(&mut self, text: &[u8]) {
        let len = u32::try_from(text.len()).expect("who writes listpacks keeps them below 4 GiB");
        let [a, b, c, d] = len.to_le_bytes();
        match len {
            0..0x40 => self.bytes.push(0x80 | a),
            0x40..0x1000 => self.bytes.extend_from_slice(&[0xe0 | b, a]),
            _ => self.bytes.extend_from_slice(&[0xf0, a, b, c, d]),
        }
        self.bytes.extend_from_slice(text);
    }

    /// The whole listpack.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.bytes.push(END);
        let len = u32::try_from(self.bytes.len()).expect("who writes listpacks keeps them below 4 GiB");
        self.bytes[..4].copy_from_slice(&len.to_le_bytes());
        let count = u16::try_from(self.count).unwrap_or(COUNT_UNKNOWN);
        self.bytes[4..6].copy_from_slice(&count.to_le_bytes());
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::string::Digits;

    pub(super) fn texts(bytes: &[u8]) -> Result<Vec<Vec<u8>>, Damage> {
        Elements::new(bytes)?.map(|element| element.map(|element| element.bytes(&mut Digits::new()).to_vec())).collect()
    }

    fn pack(texts: &[Vec<u8>]) -> Vec<u8> {
        let mut builder = Builder::new(b"old".to_vec());
        texts.iter().for_each(|text| builder.push(text));
        builder.finish()
    }

    /// Texts at the edges of every encoding.
    fn edges() -> Vec<Vec<u8>> {
        let bits = [0, 7, 12, 13, 15, 16, 23, 24, 31, 32, 62];
        let integers = bits.iter().flat_map(|bit| [1i64 << bit, (1 << bit) - 1, -(1 << bit), -(1 << bit) - 1]);
        let integers = integers.chain([i64::MIN, i64::MAX]).map(|integer| integer.to_string().into_bytes());
        let lengths = [0, 1, 63, 64, 125, 126, 127, 4095, 4096, 16_379, 16_380, 70_000];
        integers.chain(lengths.map(|len| vec![b'x'; len])).collect()
    }

    #[test]
    fn elements_survive_every_encoding() {
        let all = edges();
        assert_eq!(texts(&pack(&all)), Ok(all.clone()));
        for text in all {
            let packed = pack(std::slice::from_ref(&text));
            assert!(packed.len() <= HEADER_LEN + 1 + OVERHEAD_MAX + text.len());
            assert_eq!(texts(&packed), Ok(vec![text]));
        }
        assert_eq!(pack(&[]), [7, 0, 0, 0, 0, 0, 0xff]);
    }

    #[test]
    fn more_elements_than_can_be_counted_are_not_counted() {
        for count in [65_534, 65_535, 65_536] {
            let packed = pack(&vec![b"1".to_vec(); count]);
            assert_eq!(packed[4..6], u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes());
            assert_eq!(texts(&packed).map(|texts| texts.len()), Ok(count));
        }
    }

    #[test]
    fn integers_in_more_bytes_than_they_need_are_read() {
        let packed = [16, 0, 0, 0, 1, 0, 0xf4, 5, 0, 0, 0, 0, 0, 0, 0, 9, 0xff];
        let mut packed = packed.to_vec();
        packed[0] = packed.len() as u8;
        assert_eq!(texts(&packed), Ok(vec![b"5".to_vec()]));
    }

    #[test]
    fn every_damage_is_found() {
        let whole = pack(&[b"field".to_vec(), b"-7000".to_vec(), vec![b'x'; 200]]);
        for len in 0..whole.len() {
            assert!(texts(&whole[..len]).is_err(), "{len} bytes");
        }
        // Whatever a bit turns into, it is an error or another list, never something beyond the end.
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let _ = texts(&flipped);
        }
        let cases: &[(&[u8], usize, &str)] = &[
            (b"\x07\0\0\0\0\0", 0, "no header, or no end"),
            (b"\x07\0\0\0\0\xff", 0, "no room for an end"),
            (b"\x08\0\0\0\0\0\xff", 0, "another length than it has"),
            (b"\x07\0\0\0\x01\0\xff", 4, "another number of elements than it has"),
            (b"\x09\0\0\0\x01\0\x05\x02\xff", 7, "another length behind an element than it has"),
            (b"\x08\0\0\0\x01\0\x05\xff", 7, "another length behind an element than it has"),
            (b"\x09\0\0\0\x01\0\xff\x01\xff", 6, "an element in no known encoding"),
            (b"\x09\0\0\0\x01\0\xf5\x01\xff", 6, "an element in no known encoding"),
            (b"\x09\0\0\0\x01\0\x82\x61\xff", 6, "an element that is cut off"),
            (b"\x0d\0\0\0\x01\0\xf0\xff\xff\xff\xff\x61\xff", 6, "an element that is cut off"),
            (b"\x08\0\0\0\x01\0\xf4\xff", 6, "an element that is cut off"),
        ];
        for (bytes, at, what) in cases {
            assert_eq!(texts(bytes), Err(Damage { at: *at, what }), "{}", bytes.escape_ascii());
        }
    }
}
