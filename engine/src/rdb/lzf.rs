//! LZF: a compression that is fast rather than tight. The compressor makes the same choices as liblzf as the reference builds it,
//! so that equal values have equal payloads.
//!
//! ```text
//! 000lllll bytes                     l + 1 bytes as they are: 1 to 32
//! lllooooo oooooooo                  l + 2 bytes from o + 1 bytes back: 3 to 8
//! 111ooooo llllllll oooooooo         l + 9 bytes from o + 1 bytes back: 9 to 264
//! ```

use super::{BUFFER_KEPT_MAX, Damage, recycle};

/// Longest run of bytes as they are.
const RUN_MAX: usize = 32;
/// Longest way back.
const DISTANCE_MAX: usize = 1 << 13;
/// Longest copy.
const COPY_MAX: usize = 264;
/// Shortest copy that takes three bytes.
const LONG_COPY: usize = 9;
/// Most bytes that one byte stands for: three of them copy 264.
const EXPANSION_MAX: u64 = 88;
/// Bytes that compressing must save to be worth it.
const SAVED_MIN: usize = 4;
/// Room that a copy must find: its three bytes and the first byte of a run.
const COPY_ROOM: usize = 4;
/// Number of the compressor's places.
const PLACES: usize = 1 << 16;

/// Appends what `compressed` stands for, which must be `len` bytes. Memory is bounded by what is there, since no byte stands for
/// more than 88.
pub(crate) fn decompress(compressed: &[u8], len: u64, out: &mut Vec<u8>) -> Result<(), Damage> {
    let damaged = |at, what| Err(Damage { at, what });
    let most = (compressed.len() as u64).saturating_mul(EXPANSION_MAX);
    let Some(len) = usize::try_from(len).ok().filter(|len| *len as u64 <= most) else {
        return damaged(0, "a length that cannot be");
    };
    let begin = out.len();
    let likely = len.min(BUFFER_KEPT_MAX.max(compressed.len()));
    if begin == 0 {
        out.reserve_exact(likely)
    } else {
        out.reserve(likely)
    }
    let mut rest = compressed;
    while let [token, tail @ ..] = rest {
        let at = compressed.len() - rest.len();
        let written = out.len() - begin;
        let (high, low) = (usize::from(token >> 5), usize::from(token & 0x1f));
        let (count, distance, tail) = match (high, tail) {
            (0, _) => (low + 1, None, tail),
            (7, [more, near, tail @ ..]) => (LONG_COPY + usize::from(*more), Some((low, near)), tail),
            (1..7, [near, tail @ ..]) => (high + 2, Some((low, near)), tail),
            _ => return damaged(at, "a copy that is cut off"),
        };
        if count > len - written {
            return damaged(at, "more bytes than announced");
        }
        rest = tail;
        if let Some((far, near)) = distance {
            let distance = (far << 8 | usize::from(*near)) + 1;
            if distance > written {
                return damaged(at, "a copy from before the beginning");
            }
            copy(out, distance, count);
        } else {
            let Some((run, tail)) = tail.split_at_checked(count) else {
                return damaged(at, "a run that is cut off");
            };
            out.extend_from_slice(run);
            rest = tail;
        }
    }
    if out.len() - begin < len {
        return damaged(compressed.len(), "fewer bytes than announced");
    }
    Ok(())
}

/// Appends `count` bytes from `distance` bytes back, which may be among those appended: then they repeat.
fn copy(out: &mut Vec<u8>, distance: usize, count: usize) {
    let start = out.len() - distance;
    let end = out.len() + count;
    while out.len() < end {
        let part = (end - out.len()).min(out.len() - start);
        out.extend_from_within(start..start + part);
    }
}

/// Compresses, one text after another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Compressor {
    /// Where three bytes were seen last, by a hash of them: a position beyond `base`. What is not beyond is of an earlier text.
    places: Vec<u32>,
    base: u32,
    out: Vec<u8>,
}

impl Compressor {
    /// Compresses a text; `None` when that does not save four bytes.
    pub(crate) fn compress(&mut self, text: &[u8]) -> Option<&[u8]> {
        let out_max = text.len().checked_sub(SAVED_MIN).filter(|len| *len > 0)?;
        let base = self.prepare(u32::try_from(text.len()).ok()?);
        let Self { places, out, .. } = self;
        recycle(out);
        out.reserve(out_max.min(BUFFER_KEPT_MAX));
        let byte = |at: usize| u32::from(text[at]);
        let mut at = 0;
        let mut run = Run::begin(out);
        let mut recent = byte(0) << 8 | byte(1);
        while at + 2 < text.len() {
            recent = recent << 8 | byte(at + 2);
            let seen = std::mem::replace(&mut places[place(recent)], base + at as u32);
            // The very first position counts as none, as with liblzf.
            let from = seen.checked_sub(base).filter(|from| *from > 0).map(|from| from as usize);
            let Some(from) = from.filter(|from| at - from <= DISTANCE_MAX && text[*from..from + 3] == text[at..at + 3])
            else {
                if out.len() >= out_max {
                    return None;
                }
                run.add(out, text[at]);
                at += 1;
                continue;
            };
            if out.len() + COPY_ROOM - usize::from(run.is_empty()) >= out_max {
                return None;
            }
            run.end(out);
            let count = common_len(text, from, at);
            let distance = at - from - 1;
            if count < LONG_COPY {
                out.push((distance >> 8) as u8 | ((count - 2) << 5) as u8);
            } else {
                out.extend_from_slice(&[(distance >> 8) as u8 | 7 << 5, (count - LONG_COPY) as u8]);
            }
            out.push(distance as u8);
            run = Run::begin(out);
            at += count;
            if at + 2 >= text.len() {
                break;
            }
            // Of the positions that were copied only the last two are noted.
            recent = byte(at - 2) << 16 | byte(at - 1) << 8 | byte(at);
            places[place(recent)] = base + (at - 2) as u32;
            recent = recent << 8 | byte(at + 1);
            places[place(recent)] = base + (at - 1) as u32;
        }
        if out.len() + 3 > out_max {
            return None;
        }
        text[at..].iter().for_each(|byte| run.add(out, *byte));
        run.end(out);
        Some(out)
    }

    /// Makes room for the positions of a text of `len` bytes, and returns their base. The places are cleared once in 4 GiB.
    fn prepare(&mut self, len: u32) -> u32 {
        if self.places.is_empty() || self.base.checked_add(len).is_none() {
            self.places.clear();
            self.places.resize(PLACES, 0);
            self.base = 0;
        }
        let base = self.base;
        self.base += len;
        base
    }
}

/// The place of three bytes, of which `recent` holds more than it should: the fourth has no influence.
fn place(recent: u32) -> usize {
    (recent >> 8).wrapping_sub(recent.wrapping_mul(5)) as usize % PLACES
}

/// How many bytes at `at`, where three are known to be, are those at `from`. Counts as liblzf does, which looks at the first 18
/// without regard to the end and leaves the last two bytes of a text out beyond that.
fn common_len(text: &[u8], from: usize, at: usize) -> usize {
    let is_common = |offset: usize| text[from + offset] == text[at + offset];
    let most = (text.len() - at - 2).min(COPY_MAX);
    let mut len = 2;
    if most > 16 {
        while len < 18 {
            len += 1;
            if !is_common(len) {
                return len;
            }
        }
    }
    loop {
        len += 1;
        if len >= most || !is_common(len) {
            return len;
        }
    }
}

/// A run of bytes as they are, whose first byte says how many.
struct Run {
    header: usize,
    len: usize,
}

impl Run {
    fn begin(out: &mut Vec<u8>) -> Self {
        out.push(0);
        Self { header: out.len() - 1, len: 0 }
    }

    fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn add(&mut self, out: &mut Vec<u8>, byte: u8) {
        out.push(byte);
        self.len += 1;
        if self.len == RUN_MAX {
            out[self.header] = (RUN_MAX - 1) as u8;
            *self = Self::begin(out);
        }
    }

    /// Writes the length, or takes an empty run back.
    fn end(self, out: &mut Vec<u8>) {
        match self.len.checked_sub(1) {
            Some(len) => out[self.header] = len as u8,
            None => out.truncate(self.header),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decompressed(compressed: &[u8], len: usize) -> Result<Vec<u8>, Damage> {
        let mut out = b"before".to_vec();
        decompress(compressed, len as u64, &mut out).map(|()| out.split_off(6))
    }

    fn check_round_trip(compressor: &mut Compressor, text: &[u8]) {
        let fresh = Compressor::default().compress(text).map(<[u8]>::to_vec);
        let compressed = compressor.compress(text);
        assert_eq!(compressed, fresh.as_deref(), "what came before has no influence");
        if let Some(compressed) = compressed {
            assert!(compressed.len() + SAVED_MIN <= text.len(), "{} of {}", compressed.len(), text.len());
            assert_eq!(decompressed(compressed, text.len()).as_deref(), Ok(text));
            for len in [0, text.len() - 1, text.len() + 1] {
                assert!(decompressed(compressed, len).is_err());
            }
        }
    }

    #[test]
    fn texts_survive_compression_at_every_length() {
        let mut compressor = Compressor::default();
        for period in [1, 2, 3, 5, 7, 33, 300, 9000] {
            let text: Vec<u8> = (0..20_000usize).map(|at| (((at % period) * 131) >> 3) as u8).collect();
            for len in (0..600).chain([8191, 8192, 8193, 8194, 8200, 20_000]) {
                check_round_trip(&mut compressor, &text[..len]);
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_survives_compression(
            texts in prop::collection::vec(prop::collection::vec(prop::sample::select(&b"ab\x00\xffcde"[..]), 0..3000), 1..4)
        ) {
            let mut compressor = Compressor::default();
            texts.iter().for_each(|text| check_round_trip(&mut compressor, text));
        }

        #[test]
        fn any_bytes_are_decompressed_to_the_announced_length_or_refused(
            bytes in prop::collection::vec(any::<u8>(), 0..100),
            len in 0usize..10_000,
        ) {
            if let Ok(text) = decompressed(&bytes, len) {
                prop_assert_eq!(text.len(), len);
            }
        }
    }

    #[test]
    fn damage_is_told_with_its_place() {
        let cases: &[(&[u8], usize, usize, &str)] = &[
            (b"", 1, 0, "a length that cannot be"),
            (b"\x00a", 177, 0, "a length that cannot be"),
            (b"\x01a", 2, 0, "a run that is cut off"),
            (b"\x01ab", 1, 0, "more bytes than announced"),
            (b"\x01ab", 3, 3, "fewer bytes than announced"),
            (b"\x00a\x20", 4, 2, "a copy that is cut off"),
            (b"\x00a\xe0\x00", 4, 2, "a copy that is cut off"),
            (b"\x00a\x20\x01", 4, 2, "a copy from before the beginning"),
            (b"\x00a\x20\x00", 3, 2, "more bytes than announced"),
        ];
        for (bytes, len, at, what) in cases {
            assert_eq!(decompressed(bytes, *len), Err(Damage { at: *at, what }), "{}", bytes.escape_ascii());
        }
        assert_eq!(decompressed(b"\x01ab\xe0\x00\x01", 11).as_deref(), Ok(&b"abababababa"[..]));
        assert_eq!(decompressed(b"", 0).as_deref(), Ok(&b""[..]));
    }

    #[test]
    fn the_places_are_cleared_before_their_positions_would_wrap() {
        let text = b"abcdefabcdefabcdefabcdefabcdefabcdef";
        let expected = Compressor::default().compress(text).map(<[u8]>::to_vec);
        assert!(expected.is_some());
        let mut compressor = Compressor::default();
        compressor.compress(text);
        compressor.base = u32::MAX - 40;
        for _ in 0..3 {
            assert_eq!(compressor.compress(text), expected.as_deref());
        }
    }
}
