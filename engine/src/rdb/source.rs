//! The bytes of a stream, counted and summed as they are taken.

use std::io::{BufRead, ErrorKind as IoErrorKind};

use super::BUFFER_KEPT_MAX;
use super::checksum::Crc64;
use super::error::{Error, ErrorKind, Result};

/// A stream that is read once, from its beginning. What is taken stays in the stream's own buffer until that is used up, so
/// that the checksum is computed over large parts.
pub(super) struct Source<R> {
    input: R,
    /// Bytes that were taken from the buffer of `input`, but neither summed nor consumed.
    taken: usize,
    /// Bytes that were consumed.
    consumed: u64,
    checksum: Option<Crc64>,
}

impl<R: BufRead> Source<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, taken: 0, consumed: 0, checksum: Some(Crc64::new()) }
    }

    /// Computes no checksum from now on.
    pub(super) fn ignore_checksum(&mut self) {
        self.checksum = None;
    }

    /// Bytes taken so far.
    pub(super) fn offset(&self) -> u64 {
        self.consumed + self.taken as u64
    }

    /// The checksum of all bytes taken so far, where one is computed.
    pub(super) fn checksum(&mut self) -> Result<Option<u64>> {
        self.settle()?;
        Ok(self.checksum.as_ref().map(Crc64::value))
    }

    /// Consumes what was taken, so that the stream goes on right behind it.
    pub(super) fn settle(&mut self) -> Result<()> {
        if self.taken != 0 {
            let offset = self.offset();
            let buffer = self.input.fill_buf().map_err(|error| Error::new(offset, ErrorKind::Io(error)))?;
            let taken = self.taken.min(buffer.len());
            if let Some(checksum) = &mut self.checksum {
                checksum.update(&buffer[..taken]);
            }
            self.input.consume(taken);
            self.consumed += taken as u64;
            self.taken = 0;
        }
        Ok(())
    }

    /// The next bytes, as many as are at hand; none at the end.
    pub(super) fn ahead(&mut self) -> Result<&[u8]> {
        let offset = self.offset();
        let failed = |error| Error::new(offset, ErrorKind::Io(error));
        loop {
            let buffered = match self.input.fill_buf() {
                Ok([]) => return Ok(&[]),
                Ok(buffer) => buffer.len(),
                Err(error) if error.kind() == IoErrorKind::Interrupted => continue,
                Err(error) => return Err(failed(error)),
            };
            if self.taken < buffered {
                break;
            }
            self.settle()?;
        }
        let taken = self.taken;
        self.input.fill_buf().map(|buffer| buffer.get(taken..).unwrap_or_default()).map_err(failed)
    }

    /// Takes one byte of `what`.
    #[inline]
    pub(super) fn byte(&mut self, what: &'static str) -> Result<u8> {
        let [byte] = self.array(what)?;
        Ok(byte)
    }

    /// Takes `N` bytes of `what`.
    #[inline]
    pub(super) fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N]> {
        let offset = self.offset();
        let mut array = [0; N];
        let mut filled = 0;
        while filled < N {
            let ahead = self.ahead()?;
            let len = ahead.len().min(N - filled);
            if len == 0 {
                return Err(Error::new(offset, ErrorKind::Truncated(what)));
            }
            array[filled..filled + len].copy_from_slice(&ahead[..len]);
            self.taken += len;
            filled += len;
        }
        Ok(array)
    }

    /// Appends `len` bytes of `what`. Allocates no more than about twice the bytes that are present, and where `into` was empty
    /// exactly as much as is needed in the end.
    pub(super) fn append(&mut self, len: u64, into: &mut Vec<u8>, what: &'static str) -> Result<()> {
        let offset = self.offset();
        let truncated = || Error::new(offset, ErrorKind::Truncated(what));
        let mut rest = usize::try_from(len).map_err(|_| truncated())?;
        // What is appended to something else is followed by more, so that grows with room to spare.
        let is_alone = into.is_empty();
        while rest > 0 {
            if into.capacity() == into.len() {
                let step = rest.min(BUFFER_KEPT_MAX.max(into.len()));
                let reserved = if is_alone { into.try_reserve_exact(step) } else { into.try_reserve(step) };
                reserved.map_err(|_| Error::new(offset, ErrorKind::Io(IoErrorKind::OutOfMemory.into())))?;
            }
            let room = into.capacity() - into.len();
            let ahead = self.ahead()?;
            let len = ahead.len().min(rest).min(room);
            if len == 0 {
                return Err(truncated());
            }
            into.extend_from_slice(&ahead[..len]);
            self.taken += len;
            rest -= len;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, BufReader, Read};

    use super::*;

    /// A reader of few bytes at a time that is interrupted before each.
    struct Drip<'a>(&'a [u8], bool);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(IoErrorKind::Interrupted.into());
            }
            let len = buffer.len().min(3);
            self.0.read(&mut buffer[..len])
        }
    }

    #[test]
    fn bytes_are_counted_and_summed_whatever_the_buffer() {
        let bytes: Vec<u8> = (0..200).collect();
        for capacity in [1, 2, 5, 64, 1000] {
            let mut source = Source::new(BufReader::with_capacity(capacity, Drip(&bytes, false)));
            assert_eq!(source.byte("a byte").expect("there are bytes"), 0);
            assert_eq!(source.array("an array").expect("there are bytes"), [1, 2, 3, 4, 5, 6, 7, 8]);
            let mut into = vec![99];
            source.append(150, &mut into, "a string").expect("there are bytes");
            assert_eq!(into[1..], bytes[9..159]);
            assert_eq!(source.checksum().expect("no more is read"), Some(Crc64::of(&bytes[..159])));
            assert_eq!(source.offset(), 159);
            let error = source.append(42, &mut into, "a long string").expect_err("41 are left");
            assert_eq!(error.to_string(), "at byte 159: ends inside a long string");
        }
    }

    #[test]
    fn the_stream_goes_on_behind_what_was_taken() {
        let mut input: &[u8] = b"abcdef";
        let mut source = Source::new(&mut input);
        source.array::<4>("an array").expect("there are bytes");
        source.settle().expect("nothing is read");
        assert_eq!(input, b"ef");
    }

    #[test]
    fn announced_lengths_cost_nothing() {
        for len in [u64::MAX, 1 << 40, 1 << 21] {
            let mut into = Vec::new();
            assert!(Source::new(&[0u8; 5000][..]).append(len, &mut into, "a string").is_err());
            assert!(into.capacity() <= BUFFER_KEPT_MAX);
        }
    }

    #[test]
    fn large_strings_are_as_large_as_they_need_to_be() {
        let bytes = vec![7; 5_000_000];
        let mut into = Vec::new();
        Source::new(&bytes[..]).append(5_000_000, &mut into, "a string").expect("there are bytes");
        assert_eq!((into.len(), into.capacity()), (5_000_000, 5_000_000));
    }
}
