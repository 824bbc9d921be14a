//! One connection of the generator: what it sent, what it waits for.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

use super::LoadError;
use crate::endpoint::PolledSocket;
use crate::scanner::Scanner;

/// A socket with the batches under way.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) number: usize,
    pub(super) socket: PolledSocket,
    pub(super) scanner: Scanner,
    pub(super) flights: VecDeque<Flight>,
    /// When the next batch is due in an open loop, in nanoseconds since the start.
    pub(super) due_ns: f64,
    /// What the socket did not take yet; bounded by the batches in flight.
    unsent: Vec<u8>,
    unsent_at: usize,
    /// Start of a header line whose end has not come; bounded by the scanner's longest line.
    unread: Vec<u8>,
}

/// A batch under way.
#[derive(Debug)]
pub(super) struct Flight {
    /// When it was sent or due.
    pub(super) start_ns: u64,
    pub(super) replies_left: u64,
}

impl Connection {
    pub(super) fn new(number: usize, socket: PolledSocket) -> Self {
        let (flights, unsent, unread) = (VecDeque::new(), Vec::new(), Vec::new());
        Self { number, socket, scanner: Scanner::default(), flights, due_ns: 0.0, unsent, unsent_at: 0, unread }
    }

    /// Sends what the socket takes and keeps the rest. Returns whether anything is kept.
    #[inline]
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<bool, LoadError> {
        if self.has_unsent() {
            self.unsent.extend_from_slice(bytes);
            return Ok(true);
        }
        let written = write_once(&mut self.socket, bytes).map_err(|error| self.failed(error))?;
        if written < bytes.len() {
            self.unsent.extend_from_slice(&bytes[written..]);
        }
        Ok(self.has_unsent())
    }

    /// Sends on what was kept. Returns whether anything still is.
    pub(super) fn flush(&mut self) -> Result<bool, LoadError> {
        while self.has_unsent() {
            let unsent = &self.unsent[self.unsent_at..];
            let written = write_once(&mut self.socket, unsent).map_err(|error| self.failed(error))?;
            if written == 0 {
                return Ok(true);
            }
            self.unsent_at += written;
        }
        self.unsent.clear();
        self.unsent_at = 0;
        Ok(false)
    }

    pub(super) fn has_unsent(&self) -> bool {
        self.unsent_at < self.unsent.len()
    }

    /// Reads what has come and returns how many replies and bytes that was. `buffer` is scratch, larger than any line.
    #[inline]
    pub(super) fn receive(&mut self, buffer: &mut [u8]) -> Result<(u64, u64), LoadError> {
        let (mut replies, mut received_bytes) = (0, 0);
        loop {
            let kept = self.unread.len();
            buffer[..kept].copy_from_slice(&self.unread);
            let length = match self.socket.read(&mut buffer[kept..]) {
                Ok(0) => return Err(self.closed()),
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.failed(error)),
            };
            received_bytes += length as u64;
            let scanned = &buffer[..kept + length];
            let progress =
                self.scanner.scan(scanned).map_err(|source| LoadError::Reply { connection: self.number, source })?;
            replies += progress.replies;
            self.unread.clear();
            self.unread.extend_from_slice(&scanned[progress.consumed_bytes..]);
            // A short read emptied the socket; asking again would cost a call to hear so.
            if kept + length < buffer.len() {
                break;
            }
        }
        Ok((replies, received_bytes))
    }

    fn closed(&self) -> LoadError {
        let awaited = self.flights.iter().map(|flight| flight.replies_left).sum();
        LoadError::Closed { connection: self.number, awaited }
    }

    fn failed(&self, source: io::Error) -> LoadError {
        match source.kind() {
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => self.closed(),
            _ => LoadError::Socket { connection: self.number, source },
        }
    }
}

/// Writes what the socket takes now, possibly nothing.
#[inline]
fn write_once(socket: &mut PolledSocket, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match socket.write(bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(0),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
