//! The reply writer: meaning to bytes, in the client's protocol version.
//!
//! A command writes one reply, from front to back: a scalar, or the header of an array, map or set followed by its
//! elements. Nothing here goes through the general formatter except [`Reply::bulk_display`].

use std::fmt::{self, Write as _};
use std::sync::Arc;

use super::Protocol;
use super::number::{write_f64, write_i64};
use super::output::{Output, SHARED_LEN_MIN};

/// Writes replies to one client.
#[derive(Debug)]
pub struct Reply<'a> {
    out: &'a mut Output,
    protocol: Protocol,
}

/// The place of a header whose number is written when it is known; see [`Reply::begin_array`].
#[derive(Debug)]
#[must_use = "the header stays wrong until the reply is ended"]
pub struct Deferred {
    at: usize,
}

/// A header with room for one digit, which most deferred numbers have.
const DEFERRED_HEADER: &[u8] = b"*0\r\n";

impl<'a> Reply<'a> {
    /// Writes to `out` in the given version.
    #[inline]
    pub fn new(out: &'a mut Output, protocol: Protocol) -> Self {
        Self { out, protocol }
    }

    /// The client's protocol version.
    #[inline]
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The output behind this writer, for marks and for bytes that are a reply already.
    pub fn output(&mut self) -> &mut Output {
        self.out
    }

    /// Writes `+OK`.
    #[inline]
    pub fn ok(&mut self) {
        self.out.buffer().extend_from_slice(b"+OK\r\n");
    }

    /// Writes a simple string. It must not hold a line end; one from elsewhere belongs into a bulk string.
    pub fn simple(&mut self, text: &str) {
        debug_assert!(!text.bytes().any(|byte| matches!(byte, b'\r' | b'\n')));
        self.line(b'+', text.as_bytes());
    }

    /// Writes an error line, code first (`ERR …`). Line ends at its end are cut, others become spaces, so that bytes of
    /// the client in it cannot pass for a reply of their own.
    pub fn error_line(&mut self, text: &str) {
        self.error_bytes(text.as_bytes());
    }

    /// [`error_line`](Self::error_line) for messages that quote bytes which need not be text.
    pub fn error_bytes(&mut self, text: &[u8]) {
        let is_line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let len = text.iter().rposition(|byte| !is_line_end(byte)).map_or(0, |last| last + 1);
        let text = &text[..len];
        let text = &text[text.iter().position(|byte| !is_line_end(byte)).unwrap_or(0)..];
        let out = self.out.buffer();
        out.reserve(text.len() + 3);
        out.push(b'-');
        out.extend(text.iter().map(|byte| if is_line_end(byte) { b' ' } else { *byte }));
        out.extend_from_slice(b"\r\n");
    }

    /// Writes an integer.
    #[inline]
    pub fn integer(&mut self, value: i64) {
        if let 0..=9 = value {
            self.out.buffer().extend_from_slice(&[b':', b'0' + value as u8, b'\r', b'\n']);
        } else {
            self.line(b':', itoa::Buffer::new().format(value).as_bytes());
        }
    }

    /// Writes a bulk string.
    #[inline]
    pub fn bulk(&mut self, bytes: &[u8]) {
        let out = self.out.buffer();
        // The longest header is 23 bytes; with the line end behind the bytes, one growth is enough.
        out.reserve(bytes.len() + 25);
        header(out, b'$', bytes.len());
        out.extend_from_slice(bytes);
        out.extend_from_slice(b"\r\n");
    }

    /// Writes a bulk string; from 16 KiB on by reference to `value`, without a copy.
    #[inline]
    pub fn bulk_shared(&mut self, value: &Arc<Vec<u8>>) {
        if value.len() < SHARED_LEN_MIN {
            return self.bulk(value);
        }
        header(self.out.buffer(), b'$', value.len());
        self.out.push_shared(Arc::clone(value));
        self.out.buffer().extend_from_slice(b"\r\n");
    }

    /// Writes the decimal digits of `value` as a bulk string.
    #[inline]
    pub fn bulk_integer(&mut self, value: i64) {
        self.bulk(itoa::Buffer::new().format(value).as_bytes());
    }

    /// Writes what `value` displays as a bulk string, without a buffer in between. Uses the general formatter: not for
    /// the hot path.
    pub fn bulk_display(&mut self, value: impl fmt::Display) {
        struct Appender<'b>(&'b mut Vec<u8>);
        impl fmt::Write for Appender<'_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                self.0.extend_from_slice(text.as_bytes());
                Ok(())
            }
        }
        let deferred = self.begin();
        let start = self.out.buffer().len();
        // A `Display` that fails leaves what it wrote until then: still a well-formed reply.
        let _ = write!(Appender(self.out.buffer()), "{value}");
        let len = self.out.buffer().len() - start;
        self.out.buffer().extend_from_slice(b"\r\n");
        self.end(deferred, b'$', len);
    }

    /// Writes the absence of a value.
    #[inline]
    pub fn null(&mut self) {
        self.by_protocol(b"$-1\r\n", b"_\r\n");
    }

    /// Writes the absence of an array.
    pub fn null_array(&mut self) {
        self.by_protocol(b"*-1\r\n", b"_\r\n");
    }

    /// Begins an array of `len` replies to follow.
    #[inline]
    pub fn array(&mut self, len: usize) {
        header(self.out.buffer(), b'*', len);
    }

    /// Begins a map of `pairs` keys, each to be followed by its value.
    pub fn map(&mut self, pairs: usize) {
        let (kind, len) = self.map_header(pairs);
        header(self.out.buffer(), kind, len);
    }

    /// Begins a set of `len` replies to follow.
    pub fn set(&mut self, len: usize) {
        let kind = self.kind(b'*', b'~');
        header(self.out.buffer(), kind, len);
    }

    /// Begins an out-of-band message of `len` replies to follow.
    pub fn push(&mut self, len: usize) {
        let kind = self.kind(b'*', b'>');
        header(self.out.buffer(), kind, len);
    }

    /// Writes a floating point number: a RESP3 double, or its digits as a bulk string.
    pub fn double(&mut self, value: f64) {
        match self.protocol {
            Protocol::Resp2 => {
                let deferred = self.begin();
                let out = self.out.buffer();
                let start = out.len();
                write_f64(out, value);
                let len = out.len() - start;
                out.extend_from_slice(b"\r\n");
                self.end(deferred, b'$', len);
            }
            Protocol::Resp3 => {
                let out = self.out.buffer();
                out.push(b',');
                write_f64(out, value);
                out.extend_from_slice(b"\r\n");
            }
        }
    }

    /// Writes a boolean; 1 or 0 before RESP3.
    pub fn boolean(&mut self, value: bool) {
        match value {
            true => self.by_protocol(b":1\r\n", b"#t\r\n"),
            false => self.by_protocol(b":0\r\n", b"#f\r\n"),
        }
    }

    /// Writes text whose format (`txt`, `mkd`) RESP3 clients are told.
    pub fn verbatim(&mut self, format: &[u8; 3], text: &[u8]) {
        match self.protocol {
            Protocol::Resp2 => self.bulk(text),
            Protocol::Resp3 => {
                let out = self.out.buffer();
                out.reserve(text.len() + 29);
                header(out, b'=', text.len() + 4);
                out.extend_from_slice(format);
                out.push(b':');
                out.extend_from_slice(text);
                out.extend_from_slice(b"\r\n");
            }
        }
    }

    /// Writes an integer of any size, given by its decimal digits; a bulk string before RESP3.
    pub fn big_number(&mut self, digits: &[u8]) {
        debug_assert!(digits.strip_prefix(b"-").unwrap_or(digits).iter().all(u8::is_ascii_digit));
        match self.protocol {
            Protocol::Resp2 => self.bulk(digits),
            Protocol::Resp3 => self.line(b'(', digits),
        }
    }

    /// Begins an array whose length is known only once its elements are written; [`end_array`](Self::end_array) tells it.
    /// These may be nested, and end in reverse order. Ending one with ten elements and more moves its bytes once.
    pub fn begin_array(&mut self) -> Deferred {
        self.begin()
    }

    /// Ends an array of `len` elements.
    pub fn end_array(&mut self, begun: Deferred, len: usize) {
        self.end(begun, b'*', len);
    }

    /// Begins a map whose size is known only later; see [`begin_array`](Self::begin_array).
    pub fn begin_map(&mut self) -> Deferred {
        self.begin()
    }

    /// Ends a map of `pairs` keys and values.
    pub fn end_map(&mut self, begun: Deferred, pairs: usize) {
        let (kind, len) = self.map_header(pairs);
        self.end(begun, kind, len);
    }

    /// Begins a set whose size is known only later; see [`begin_array`](Self::begin_array).
    pub fn begin_set(&mut self) -> Deferred {
        self.begin()
    }

    /// Ends a set of `len` elements.
    pub fn end_set(&mut self, begun: Deferred, len: usize) {
        let kind = self.kind(b'*', b'~');
        self.end(begun, kind, len);
    }

    fn begin(&mut self) -> Deferred {
        let out = self.out.buffer();
        let at = out.len();
        out.extend_from_slice(DEFERRED_HEADER);
        Deferred { at }
    }

    fn end(&mut self, begun: Deferred, kind: u8, len: usize) {
        if len < 10 {
            return self.out.splice(begun.at, DEFERRED_HEADER.len(), &[kind, b'0' + len as u8, b'\r', b'\n']);
        }
        let mut bytes = smallvec::SmallVec::<[u8; 24]>::new();
        bytes.push(kind);
        bytes.extend_from_slice(itoa::Buffer::new().format(len).as_bytes());
        bytes.extend_from_slice(b"\r\n");
        self.out.splice(begun.at, DEFERRED_HEADER.len(), &bytes);
    }

    fn map_header(&self, pairs: usize) -> (u8, usize) {
        match self.protocol {
            Protocol::Resp2 => (b'*', pairs * 2),
            Protocol::Resp3 => (b'%', pairs),
        }
    }

    #[inline]
    fn kind(&self, resp2: u8, resp3: u8) -> u8 {
        match self.protocol {
            Protocol::Resp2 => resp2,
            Protocol::Resp3 => resp3,
        }
    }

    #[inline]
    fn by_protocol(&mut self, resp2: &[u8], resp3: &[u8]) {
        let bytes = match self.protocol {
            Protocol::Resp2 => resp2,
            Protocol::Resp3 => resp3,
        };
        self.out.buffer().extend_from_slice(bytes);
    }

    #[inline]
    fn line(&mut self, kind: u8, bytes: &[u8]) {
        let out = self.out.buffer();
        out.reserve(bytes.len() + 3);
        out.push(kind);
        out.extend_from_slice(bytes);
        out.extend_from_slice(b"\r\n");
    }
}

/// Appends a type byte, a length and the line end.
#[inline]
fn header(out: &mut Vec<u8>, kind: u8, len: usize) {
    // One and two digits are nearly all there are; each is a store of one word.
    match len {
        0..=9 => out.extend_from_slice(&[kind, b'0' + len as u8, b'\r', b'\n']),
        10..=99 => {
            out.extend_from_slice(&[kind, b'0' + (len / 10) as u8, b'0' + (len % 10) as u8, b'\r', b'\n']);
        }
        _ => {
            out.push(kind);
            write_i64(out, len as i64);
            out.extend_from_slice(b"\r\n");
        }
    }
}

#[cfg(test)]
mod tests;
