//! Zipmaps: the packed form of small hashes before Redis 2.6.
//!
//! ```text
//! pairs (1; 254 and more: not known) | pair … | 0xff
//!
//! pair:      length | field | length | unused (1) | value | as many unused bytes
//! length:    1 byte up to 253, or 0xfe and 4 bytes, low byte first
//! ```

use super::Damage;

const END: u8 = 0xff;
const LONG: u8 = 0xfe;
const COUNT_UNKNOWN: u8 = 0xfe;

/// The pairs of a zipmap, each checked when it is reached, and the whole at its end.
#[derive(Clone, Debug)]
pub(crate) struct Entries<'a> {
    /// The zipmap without the byte that ends it.
    bytes: &'a [u8],
    at: usize,
    count: u8,
    passed: usize,
    is_over: bool,
}

impl<'a> Entries<'a> {
    /// The pairs of a zipmap that has a beginning and an end.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, Damage> {
        match bytes {
            [count, .., END] => {
                Ok(Self { bytes: &bytes[..bytes.len() - 1], at: 1, count: *count, passed: 0, is_over: false })
            }
            _ => Err(Damage { at: 0, what: "no number of pairs, or no end" }),
        }
    }

    fn entry(&mut self) -> Result<(&'a [u8], &'a [u8]), Damage> {
        let field_len = self.length()?;
        let field = self.take(field_len)?;
        let value_len = self.length()?;
        let unused = self.take(1)?[0];
        let value = self.take(value_len)?;
        self.take(usize::from(unused))?;
        self.passed += 1;
        Ok((field, value))
    }

    fn length(&mut self) -> Result<usize, Damage> {
        let at = self.at;
        match self.take(1)?[0] {
            LONG => {
                let bytes = self.take(4)?;
                Ok(bytes.iter().rev().fold(0, |length, byte| length << 8 | usize::from(*byte)))
            }
            END => Err(Damage { at, what: "an end before the end" }),
            short => Ok(usize::from(short)),
        }
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], Damage> {
        let at = self.at;
        let end = at.saturating_add(len);
        let taken = self.bytes.get(at..end).ok_or(Damage { at, what: "a pair that is cut off" })?;
        self.at = end;
        Ok(taken)
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<(&'a [u8], &'a [u8]), Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        if self.at == self.bytes.len() {
            self.is_over = true;
            let is_counted = self.count >= COUNT_UNKNOWN || self.passed == usize::from(self.count);
            return (!is_counted).then_some(Err(Damage { at: 0, what: "another number of pairs than it has" }));
        }
        let entry = self.entry();
        self.is_over = entry.is_err();
        Some(entry)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

    /// Packs pairs as Redis did before 2.6, with some unused bytes.
    pub(crate) fn pack(pairs: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
        fn push_length(bytes: &mut Vec<u8>, len: usize) {
            if len < usize::from(LONG) {
                bytes.push(len as u8);
            } else {
                bytes.push(LONG);
                bytes.extend((len as u32).to_le_bytes());
            }
        }
        let mut bytes = vec![u8::try_from(pairs.len()).map_or(COUNT_UNKNOWN, |count| count.min(COUNT_UNKNOWN))];
        for (index, (field, value)) in pairs.iter().enumerate() {
            push_length(&mut bytes, field.len());
            bytes.extend(field);
            push_length(&mut bytes, value.len());
            let unused = index % 5;
            bytes.push(unused as u8);
            bytes.extend(value);
            bytes.extend(vec![b'?'; unused]);
        }
        bytes.push(END);
        bytes
    }

    fn pairs(bytes: &[u8]) -> Result<Pairs, Damage> {
        Entries::new(bytes)?.map(|entry| entry.map(|(field, value)| (field.to_vec(), value.to_vec()))).collect()
    }

    #[test]
    fn pairs_survive() {
        for count in [0, 1, 7, 253, 254, 255, 300] {
            let all: Pairs = (0..count).map(|n: usize| (n.to_string().into_bytes(), vec![b'v'; n * 3])).collect();
            assert_eq!(pairs(&pack(&all)), Ok(all));
        }
    }

    #[test]
    fn every_damage_is_found() {
        let whole = pack(&[(b"a".to_vec(), b"b".to_vec()), (vec![b'f'; 260], vec![b'v'; 300])]);
        for len in 0..whole.len() {
            assert!(pairs(&whole[..len]).is_err(), "{len} bytes");
        }
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let _ = pairs(&flipped);
        }
        let cases: &[(&[u8], usize, &str)] = &[
            (b"\xff", 0, "no number of pairs, or no end"),
            (b"\x00\x00", 0, "no number of pairs, or no end"),
            (b"\x01\xff", 0, "another number of pairs than it has"),
            (b"\x01\xff\xff", 1, "an end before the end"),
            (b"\x01\x02f\xff", 2, "a pair that is cut off"),
            (b"\x01\x01f\xff", 3, "a pair that is cut off"),
            (b"\x01\x01f\x01\x00\xff", 5, "a pair that is cut off"),
            (b"\x01\x01f\x01\x01v\xff", 6, "a pair that is cut off"),
            (b"\x01\xfe\xff\xff\xff\xfff\xff", 6, "a pair that is cut off"),
        ];
        for (bytes, at, what) in cases {
            assert_eq!(pairs(bytes), Err(Damage { at: *at, what }), "{}", bytes.escape_ascii());
        }
    }
}
