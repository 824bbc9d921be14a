//! Read buffers, lent to connections while bytes wait in them.

use std::io::{self, Read};

/// Size of a pooled read buffer in bytes.
pub(super) const POOLED_LEN: usize = 16 * 1024;
/// Most buffers a worker keeps for later.
const POOLED_COUNT_MAX: usize = 256;

/// Reads of bytes that nobody wants any more, before a connection is closed all the same.
const DISCARDED_READS_MAX: usize = 64;

/// A worker's stock of read buffers. Idle connections hold none.
#[derive(Default)]
pub(super) struct BufferPool {
    free: Vec<Box<[u8]>>,
}

impl BufferPool {
    fn take(&mut self) -> Box<[u8]> {
        self.free.pop().unwrap_or_else(|| vec![0; POOLED_LEN].into_boxed_slice())
    }

    /// Reads and drops what a socket has received, up to a bound.
    ///
    /// A socket closed with bytes unread resets the connection, and the peer may never see the reply that says why.
    pub(super) fn discard_received(&mut self, socket: &mut impl Read) {
        let mut buffer = self.take();
        for _ in 0..DISCARDED_READS_MAX {
            match socket.read(&mut buffer) {
                Ok(count) if count > 0 => {}
                _ => break,
            }
        }
        self.give(buffer);
    }

    fn give(&mut self, bytes: Box<[u8]>) {
        if bytes.len() == POOLED_LEN && self.free.len() < POOLED_COUNT_MAX {
            self.free.push(bytes);
        }
    }
}

/// Bytes received and not yet consumed. Owns memory only while there are any.
#[derive(Default)]
pub(super) struct ReadBuffer {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
}

/// What one read from a socket brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ReadOutcome {
    /// So many bytes, and there may be more.
    More(usize),
    /// So many bytes, and the socket is empty now.
    Drained(usize),
    /// The peer has closed its side.
    Closed,
}

impl ReadBuffer {
    /// The bytes not consumed.
    #[inline]
    pub(super) fn filled(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Number of bytes not consumed.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.end - self.start
    }

    /// Bytes of memory held.
    pub(super) fn capacity(&self) -> usize {
        self.bytes.len()
    }

    /// Drops bytes from the front.
    #[inline]
    pub(super) fn consume(&mut self, count: usize) {
        debug_assert!(count <= self.len());
        self.start += count;
    }

    /// Gives the memory back when nothing waits in it.
    #[inline]
    pub(super) fn release_if_empty(&mut self, pool: &mut BufferPool) {
        if self.start == self.end && !self.bytes.is_empty() {
            pool.give(std::mem::take(&mut self.bytes));
            self.start = 0;
            self.end = 0;
        }
    }

    /// Makes room behind the bytes present: for `missing` more, but for no more than are already there (or one
    /// pooled buffer), so that memory follows what was received rather than what was announced.
    fn make_room(&mut self, missing: usize, pool: &mut BufferPool) {
        if self.bytes.is_empty() {
            self.bytes = pool.take();
            return;
        }
        let len = self.len();
        let wanted = len.saturating_add(missing.clamp(POOLED_LEN / 4, len.max(POOLED_LEN)));
        if wanted <= self.bytes.len() {
            if self.bytes.len() - self.end < wanted - len {
                self.bytes.copy_within(self.start..self.end, 0);
                self.start = 0;
                self.end = len;
            }
            return;
        }
        let mut larger = vec![0; wanted].into_boxed_slice();
        larger[..len].copy_from_slice(self.filled());
        pool.give(std::mem::replace(&mut self.bytes, larger));
        self.start = 0;
        self.end = len;
    }

    /// Reads once from a socket that does not block; `missing` is what the request reader waits for.
    ///
    /// # Errors
    /// What the socket reports, "would block" aside.
    pub(super) fn read(
        &mut self,
        socket: &mut impl Read,
        missing: usize,
        pool: &mut BufferPool,
    ) -> io::Result<ReadOutcome> {
        self.make_room(missing, pool);
        let room = &mut self.bytes[self.end..];
        loop {
            return match socket.read(room) {
                Ok(0) => Ok(ReadOutcome::Closed),
                Ok(count) => {
                    let drained = count < room.len();
                    self.end += count;
                    Ok(if drained { ReadOutcome::Drained(count) } else { ReadOutcome::More(count) })
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(ReadOutcome::Drained(0)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_follows_received_bytes_not_announced_ones() {
        let mut pool = BufferPool::default();
        let mut buffer = ReadBuffer::default();
        let announced = 512 << 20;
        let data = vec![7; 1000];
        for _ in 0..200 {
            buffer.read(&mut &data[..], announced, &mut pool).expect("reads from memory");
            assert!(buffer.capacity() <= 2 * buffer.len().max(POOLED_LEN) + POOLED_LEN);
        }
        assert_eq!(buffer.len(), 200_000);
    }

    #[test]
    fn tail_survives_consumption_and_growth() {
        let mut pool = BufferPool::default();
        let mut buffer = ReadBuffer::default();
        let data: Vec<u8> = (0..40_000_u32).map(|n| n as u8).collect();
        let mut source = &data[..];
        let mut seen = Vec::new();
        while !source.is_empty() {
            buffer.read(&mut source, 1, &mut pool).expect("reads from memory");
            let take = buffer.len() - buffer.len().min(3);
            seen.extend_from_slice(&buffer.filled()[..take]);
            buffer.consume(take);
        }
        seen.extend_from_slice(buffer.filled());
        assert_eq!(seen, data);
    }

    #[test]
    fn empty_buffer_goes_back_to_the_pool() {
        let mut pool = BufferPool::default();
        let mut buffer = ReadBuffer::default();
        buffer.read(&mut &b"abc"[..], 1, &mut pool).expect("reads from memory");
        buffer.consume(3);
        buffer.release_if_empty(&mut pool);
        assert_eq!((buffer.capacity(), pool.free.len()), (0, 1));
    }
}
