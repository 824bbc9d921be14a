//! One client's socket and buffers, and the session that speaks through them.

use std::io::{self, IoSlice, Read, Write};
use std::sync::atomic::Ordering::Relaxed;

use mio::event::Source;
use mio::net::{TcpStream, UnixStream};
use rkvs_engine::namespace::Handle;

use super::buffer::ReadBuffer;
use crate::resp::{Decoder, Output, ProtocolError};
use crate::session::Session;

/// Pieces handed to the system in one write.
const SLICES_MAX: usize = 64;

/// A connected socket.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    pub(super) fn source(&mut self) -> &mut dyn Source {
        match self {
            Stream::Tcp(stream) => stream,
            Stream::Unix(stream) => stream,
        }
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            // One piece is the rule, and costs the system less than a list of one.
            Stream::Tcp(stream) if slices.len() == 1 => stream.write(&slices[0]),
            Stream::Tcp(stream) => stream.write_vectored(slices),
            Stream::Unix(stream) => stream.write_vectored(slices),
        }
    }

    /// Writes what fits, for a farewell that nobody waits for.
    pub(super) fn try_write(&mut self, bytes: &[u8]) {
        let _ = match self {
            Stream::Tcp(stream) => stream.write(bytes),
            Stream::Unix(stream) => stream.write(bytes),
        };
    }
}

impl Read for Stream {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.read(buffer),
            Stream::Unix(stream) => stream.read(buffer),
        }
    }
}

/// One client. Idle, it owns no heap memory but itself, its [`ClientInfo`](crate::session::ClientInfo) and its names.
pub(super) struct Connection {
    pub(super) stream: Stream,
    pub(super) session: Session,
    /// The namespace its requests work on.
    pub(super) namespace: Handle,
    pub(super) decoder: Decoder,
    pub(super) input: ReadBuffer,
    pub(super) output: Output,
    /// Bytes the request reader waits for at least.
    pub(super) missing: usize,
    /// The stream broke the protocol behind the requests read so far.
    pub(super) broken: Option<ProtocolError>,
    /// Unix time in seconds since when the output exceeds its soft limit; 0 if it does not.
    pub(super) above_soft_limit_since_s: u64,
    /// Whether the socket may hold unread bytes.
    pub(super) readable: bool,
    /// Whether the peer has closed its side or the socket failed: then a short read proves nothing.
    pub(super) hung_up: bool,
    /// Whether the socket took less than it was given; it will report when it has room again.
    pub(super) write_blocked: bool,
    /// Whether it is in the worker's list of connections to serve.
    pub(super) queued: bool,
    /// Whether a request waits for a lock or the end of a pause.
    pub(super) deferred: bool,
}

impl Connection {
    pub(super) fn new(stream: Stream, session: Session, namespace: Handle) -> Self {
        Self {
            stream,
            session,
            namespace,
            decoder: Decoder::default(),
            input: ReadBuffer::default(),
            output: Output::new(),
            missing: 1,
            broken: None,
            above_soft_limit_since_s: 0,
            readable: true,
            hung_up: false,
            write_blocked: false,
            queued: false,
            deferred: false,
        }
    }

    /// Writes as much output as the socket takes; returns the number of bytes.
    ///
    /// # Errors
    /// When the peer is gone.
    pub(super) fn flush(&mut self) -> io::Result<usize> {
        let mut total = 0;
        while !self.output.is_empty() && !self.write_blocked {
            let mut slices = [IoSlice::new(&[]); SLICES_MAX];
            let count = self.output.io_slices(&mut slices);
            match self.stream.write_vectored(&slices[..count]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    self.output.advance(written);
                    total += written;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.write_blocked = true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(total)
    }

    /// Memory held for this client.
    pub(super) fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + size_of::<crate::session::ClientInfo>()
            + self.input.capacity()
            + self.output.heap_bytes()
            + self.decoder.heap_bytes()
            + self.session.transaction.heap_bytes()
    }

    /// Tells the registry how things stand.
    pub(super) fn publish(&self, now_ms: u64, requests: u64) {
        let info = &self.session.info;
        info.active_at_ms.store(now_ms, Relaxed);
        info.input_bytes.store(self.input.len(), Relaxed);
        info.input_free_bytes.store(self.input.capacity() - self.input.len(), Relaxed);
        info.output_bytes.store(self.output.len_bytes(), Relaxed);
        info.output_memory_bytes.store(self.output.heap_bytes(), Relaxed);
        info.memory_bytes.store(self.memory_bytes(), Relaxed);
        info.commands_total.store(info.commands_total.load(Relaxed) + requests, Relaxed);
    }
}
