//! Two checksums of different kinds: one says that a record is what was written, the other that all of the file is.
//!
//! They must be different polynomials. A record followed by its own checksum is a multiple of that checksum's polynomial, so
//! a second checksum with the same one could not tell two records apart that are whole each: exchanging a block for one
//! of the same length from another snapshot would go unseen.

use std::fmt;

use crc_fast::{CrcAlgorithm, Digest};

/// Computes the CRC-32 (ISO-HDLC, that of zip and Ethernet) of a record, begun with what binds it to its file.
pub(super) fn crc32(binding: u64, parts: &[&[u8]]) -> u32 {
    // Twice as fast as the crate that computes the other.
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&binding.to_le_bytes());
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize()
}

/// The CRC-64 (XZ, that of the archiver) of a file, as it grows.
#[derive(Clone)]
pub(super) struct Crc64(Digest);

impl Crc64 {
    pub(super) fn new() -> Self {
        Self(Digest::new(CrcAlgorithm::Crc64Xz))
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn finish(&self) -> u64 {
        self.0.finalize()
    }
}

impl fmt::Debug for Crc64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#018x}", self.finish())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    /// The check values of the catalogue of parametrised CRC algorithms: of the digits 1 to 9.
    #[test]
    fn checksums_are_those_of_the_catalogue() {
        let digits = b"123456789";
        assert_eq!(crc32fast::hash(digits), 0xcbf4_3926);
        let mut crc = Crc64::new();
        digits.chunks(2).for_each(|part| crc.update(part));
        assert_eq!(crc.finish(), 0x995d_c9bb_df19_39fa);
    }

    #[test]
    fn every_record_is_bound_to_its_file() {
        assert_ne!(crc32(1, &[b"block"]), crc32(2, &[b"block"]));
        assert_eq!(crc32(1, &[b"blo", b"ck"]), crc32(1, &[b"block"]));
    }

    /// Both have a fast way and a slow one; which is taken depends on the processor and the length.
    #[test]
    fn checksums_are_the_same_in_pieces_of_any_length() {
        let bytes: Vec<u8> = (0u32..5_000).map(|number| ((number * number) >> 3) as u8).collect();
        let mut whole = Crc64::new();
        whole.update(&bytes);
        for len_bytes in [1, 3, 16, 127, 128, 129, 1_000] {
            let mut pieces = Crc64::new();
            bytes.chunks(len_bytes).for_each(|piece| pieces.update(piece));
            assert_eq!(pieces.finish(), whole.finish(), "{len_bytes}");
            let pieces: Vec<&[u8]> = bytes.chunks(len_bytes).collect();
            assert_eq!(crc32(0, &pieces), crc32(0, &[&bytes]), "{len_bytes}");
        }
    }
}
