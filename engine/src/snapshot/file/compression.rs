//! Blocks made smaller: LZ4, or as they are.

use lz4_flex::block::{compress_into, decompress_into, get_maximum_output_size};

/// How the payloads of blocks are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compression {
    /// As they are.
    #[default]
    None,
    /// LZ4's block format, where it makes a block smaller.
    Lz4,
}

impl Compression {
    /// The byte that stands for it in the file.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Lz4 => 1,
        }
    }

    pub(super) fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::None),
            1 => Some(Self::Lz4),
            _ => None,
        }
    }
}

/// Compresses a payload into `packed`, whose content is replaced. Returns what to store: `packed`, or the payload if that is
/// no longer.
pub(super) fn compress<'a>(
    compression: Compression,
    payload: &'a [u8],
    packed: &'a mut Vec<u8>,
) -> (Compression, &'a [u8]) {
    if compression == Compression::Lz4 {
        packed.resize(get_maximum_output_size(payload.len()), 0);
        // It has room for the longest result, so it does not fail.
        if let Ok(len_bytes) = compress_into(payload, packed)
            && len_bytes < payload.len()
        {
            return (Compression::Lz4, &packed[..len_bytes]);
        }
    }
    (Compression::None, payload)
}

/// Whether so few bytes can become so many: the memory a block takes is bounded by the bytes that are there. LZ4 makes
/// at most 255 bytes of one.
pub(super) fn is_possible(compression: Compression, stored_bytes: u32, raw_bytes: u32) -> bool {
    match compression {
        Compression::None => stored_bytes == raw_bytes,
        Compression::Lz4 => stored_bytes < raw_bytes && u64::from(raw_bytes) <= u64::from(stored_bytes) * 255,
    }
}

/// Decompresses into `raw`, which must come out just full. Returns whether it did.
#[must_use]
pub(super) fn decompress(stored: &[u8], raw: &mut [u8]) -> bool {
    decompress_into(stored, raw).is_ok_and(|len_bytes| len_bytes == raw.len())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_does_not_shrink_stays() {
        let mut packed = Vec::new();
        for payload in [&b""[..], b"a", b"abcdefgh"] {
            assert_eq!(compress(Compression::Lz4, payload, &mut packed), (Compression::None, payload));
        }
        let even = [7; 100_000];
        let (how, stored) = compress(Compression::Lz4, &even, &mut packed);
        assert_eq!(how, Compression::Lz4);
        assert!(is_possible(how, stored.len() as u32, even.len() as u32), "{}", stored.len());
    }

    proptest! {
        #[test]
        fn compressed_payloads_come_back(words in vec(prop_oneof![vec(any::<u8>(), 0..30), Just(vec![1; 20])], 0..200)) {
            let payload = words.concat();
            let mut packed = Vec::new();
            let (how, stored) = compress(Compression::Lz4, &payload, &mut packed);
            prop_assert!(is_possible(how, stored.len() as u32, payload.len() as u32));
            if how == Compression::Lz4 {
                let mut raw = vec![0; payload.len()];
                prop_assert!(decompress(stored, &mut raw));
                prop_assert_eq!(raw, payload);
            }
        }

        #[test]
        fn any_bytes_are_decompressed_without_panic(stored in vec(any::<u8>(), 0..200), len_bytes in 0usize..10_000) {
            let _ = decompress(&stored, &mut vec![0; len_bytes]);
        }
    }
}
