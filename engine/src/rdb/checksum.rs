//! CRC-64 with the polynomial of Jones, as the reference server computes it: reflected, begun with 0, not inverted.

use crc_fast::{CrcAlgorithm, Digest};

/// The checksum of a stream, as it grows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crc64(Digest);

impl Crc64 {
    pub(super) fn new() -> Self {
        Self(Digest::new(CrcAlgorithm::Crc64Redis))
    }

    /// The checksum of bytes that are all there.
    pub(super) fn of(bytes: &[u8]) -> u64 {
        let mut crc = Self::new();
        crc.update(bytes);
        crc.value()
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn value(&self) -> u64 {
        self.0.finalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value stands in the reference's `crc64.c`.
    #[test]
    fn checksum_is_that_of_the_reference() {
        assert_eq!(Crc64::of(b"123456789"), 0xe9c6_d914_c4b8_d9ca);
        assert_eq!(Crc64::of(b""), 0);
    }

    #[test]
    fn checksum_does_not_depend_on_the_parts() {
        let bytes: Vec<u8> = (0..5000u32).map(|n| ((n * n) >> 3) as u8).collect();
        for part in [1, 7, 15, 16, 17, 127, 128, 1000] {
            let mut crc = Crc64::new();
            bytes.chunks(part).for_each(|part| crc.update(part));
            assert_eq!(crc.value(), Crc64::of(&bytes), "parts of {part}");
        }
    }
}
