//! The request reader: finds where each argument of a request lies in a connection's read buffer.
//!
//! It copies nothing and looks at every byte once. A request that is whole in the buffer touches no memory but the
//! caller's list of ranges; one that is cut leaves its progress in a small box, and the next call goes on from there. What
//! it allocates follows the bytes that came, never the lengths a peer announced.

use super::error::ProtocolError;
use super::inline;
use super::number::parse_i64;

/// The most arguments a client may send before it has authenticated.
const UNAUTHENTICATED_ARGS_MAX: usize = 10;
/// The longest argument, in bytes, a client may send before it has authenticated.
const UNAUTHENTICATED_BULK_LEN_MAX: usize = 16 * 1024;

/// Where one argument lies, relative to the buffer that [`Decoder::bytes`] names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ArgRange {
    /// Offset of the first byte.
    pub start: usize,
    /// Length in bytes.
    pub len: usize,
}

impl ArgRange {
    /// Cuts the argument out of the buffer its range refers to.
    #[inline]
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start..self.start + self.len]
    }
}

/// How large a request may be. Going beyond any of these is a [`ProtocolError`].
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Longest argument in bytes (`proto-max-bulk-len`).
    pub max_bulk_len: usize,
    /// Most arguments of one request.
    pub max_args: usize,
    /// Longest line in bytes: an inline request, or the digits after `*` and `$`.
    pub max_inline_len: usize,
    /// Whether the client may use all of this; before, ten arguments of 16 KiB must do.
    pub authenticated: bool,
}

impl Default for Limits {
    /// The reference's limits, for a client that has nothing to prove.
    fn default() -> Self {
        Self { max_bulk_len: 512 << 20, max_args: i32::MAX as usize, max_inline_len: 64 << 10, authenticated: true }
    }
}

/// What [`Decoder::next`] found at the start of the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// A whole request of `consumed` bytes; its arguments (one at least) are in `args`.
    Request {
        /// Bytes to drop from the start of the buffer once the request is done.
        consumed: usize,
    },
    /// `consumed` bytes that ask for nothing and get no answer: an empty line, or an array of no arguments.
    Nothing {
        /// Bytes to drop from the start of the buffer.
        consumed: usize,
    },
    /// The request goes on beyond the buffer.
    Incomplete {
        /// At least so many bytes must come before there is anything to go on with. A hint for growing the buffer once;
        /// it is the peer's word and up to [`Limits::max_bulk_len`], so memory must not be spent on it unseen.
        missing: usize,
    },
}

/// Reads one connection's requests, one after the other, from wherever the network has cut them.
///
/// 24 bytes; owns memory only while a request is incomplete or an inline request had quotes.
#[derive(Debug, Default)]
pub struct Decoder {
    state: State,
}

const _: () = assert!(size_of::<Decoder>() <= 24);

#[derive(Debug, Default)]
enum State {
    /// At a request's first byte.
    #[default]
    Start,
    /// In the middle of a request.
    Interrupted(Box<Interrupted>),
    /// Behind an inline request whose words were unescaped into this buffer.
    Unescaped(Box<[u8]>),
}

#[derive(Debug)]
struct Interrupted {
    progress: Progress,
    /// The arguments read so far.
    args: Vec<ArgRange>,
}

/// How far the reading of one request has come.
#[derive(Clone, Copy, Debug)]
struct Progress {
    /// Offset of what comes next: a line, or the bytes of an argument.
    pos: usize,
    /// Arguments still to come; 0 while the line with their number is not read.
    args_missing: usize,
    /// Length of the argument at `pos`; `None` while its line is not read.
    bulk_len: Option<usize>,
    /// Bytes of the line at `pos` known to hold no end of line.
    line_scanned: usize,
}

impl Progress {
    const START: Self = Self { pos: 0, args_missing: 0, bulk_len: None, line_scanned: 0 };
}

/// What reading an array came to.
enum Read {
    Whole(Decoded),
    Cut { progress: Progress, missing: usize },
}

/// A line that announces a length.
enum Line {
    /// The number, if it is one, and the length of the line with its end.
    Complete {
        value: Option<i64>,
        len: usize,
    },
    /// No end yet in this many bytes.
    Incomplete {
        scanned: usize,
    },
    TooLong,
}

impl Decoder {
    /// Reads the request at the start of `buf` and leaves the ranges of its arguments in `args`.
    ///
    /// `buf` starts at the request's first byte in every call, and only grows until the request is complete. `args` is
    /// scratch space that all connections may share: its contents count only after [`Decoded::Request`]. Behind an error
    /// the stream has no meaning any more.
    ///
    /// Costs time linear in the bytes, however they are cut; allocates nothing for a request that is whole in `buf` once
    /// `args` has capacity (inline requests with quotes aside).
    #[inline(always)]
    pub fn next(&mut self, buf: &[u8], limits: &Limits, args: &mut Vec<ArgRange>) -> Result<Decoded, ProtocolError> {
        if !matches!(self.state, State::Start) {
            return self.resume(buf, limits, args);
        }
        args.clear();
        if limits.allow_plain()
            && let Some(consumed) = read_plain(buf, args)
        {
            return Ok(Decoded::Request { consumed });
        }
        args.clear();
        if buf.first() != Some(&b'*') {
            return self.start_inline(buf, limits, args);
        }
        match read_array(buf, limits, Progress::START, args)? {
            Read::Whole(decoded) => Ok(decoded),
            Read::Cut { progress, missing } => {
                self.interrupt(progress, args);
                Ok(Decoded::Incomplete { missing })
            }
        }
    }

    /// Tells which buffer the ranges of the latest request refer to: `buf` itself, or the words of an inline request that
    /// had quotes. Holds until the next call of [`next`](Self::next).
    #[inline]
    pub fn bytes<'a>(&'a self, buf: &'a [u8]) -> &'a [u8] {
        match &self.state {
            State::Unescaped(words) => words,
            _ => buf,
        }
    }

    /// Whether the ranges of the latest request refer to words of an inline request rather than to the buffer.
    #[inline]
    pub fn is_unescaped(&self) -> bool {
        matches!(self.state, State::Unescaped(_))
    }

    /// Whether the reader stands in the middle of a request.
    pub fn is_interrupted(&self) -> bool {
        matches!(self.state, State::Interrupted(_))
    }

    /// Bytes of heap this reader holds.
    pub fn heap_bytes(&self) -> usize {
        match &self.state {
            State::Start => 0,
            State::Interrupted(interrupted) => {
                size_of::<Interrupted>() + interrupted.args.capacity() * size_of::<ArgRange>()
            }
            State::Unescaped(words) => words.len(),
        }
    }

    #[cold]
    fn interrupt(&mut self, progress: Progress, args: &[ArgRange]) {
        self.state = State::Interrupted(Box::new(Interrupted { progress, args: args.to_vec() }));
    }

    #[cold]
    fn resume(&mut self, buf: &[u8], limits: &Limits, args: &mut Vec<ArgRange>) -> Result<Decoded, ProtocolError> {
        let State::Interrupted(mut interrupted) = std::mem::take(&mut self.state) else {
            return self.next(buf, limits, args);
        };
        let Interrupted { progress, args: finished } = &mut *interrupted;
        let decoded = if buf.first() == Some(&b'*') {
            match read_array(buf, limits, *progress, finished)? {
                Read::Whole(decoded) => decoded,
                Read::Cut { progress: reached, missing } => {
                    *progress = reached;
                    Decoded::Incomplete { missing }
                }
            }
        } else {
            self.read_inline(buf, limits, progress, finished)?
        };
        if let Decoded::Incomplete { .. } = decoded {
            self.state = State::Interrupted(interrupted);
        } else {
            args.clear();
            args.append(finished);
        }
        Ok(decoded)
    }

    #[cold]
    fn start_inline(
        &mut self,
        buf: &[u8],
        limits: &Limits,
        args: &mut Vec<ArgRange>,
    ) -> Result<Decoded, ProtocolError> {
        if buf.is_empty() {
            return Ok(Decoded::Incomplete { missing: 1 });
        }
        let mut progress = Progress::START;
        let decoded = self.read_inline(buf, limits, &mut progress, args)?;
        if let Decoded::Incomplete { .. } = decoded {
            self.interrupt(progress, args);
        }
        Ok(decoded)
    }

    /// Reads a line of words; `\n` ends it, a `\r` before that is dropped.
    fn read_inline(
        &mut self,
        buf: &[u8],
        limits: &Limits,
        progress: &mut Progress,
        args: &mut Vec<ArgRange>,
    ) -> Result<Decoded, ProtocolError> {
        let Some(end) = find_line_end(b'\n', buf, limits, &mut progress.line_scanned) else {
            if buf.len() > limits.max_inline_len {
                return Err(ProtocolError::InlineTooLong);
            }
            return Ok(Decoded::Incomplete { missing: 1 });
        };
        let consumed = end + 1;
        let line = buf[..end].strip_suffix(b"\r").unwrap_or(&buf[..end]);
        if let Some(words) = inline::split(line, args)? {
            self.state = State::Unescaped(words);
        }
        Ok(if args.is_empty() { Decoded::Nothing { consumed } } else { Decoded::Request { consumed } })
    }
}

/// Most arguments of a request that [`read_plain`] reads.
const PLAIN_ARGS_MAX: usize = 9;
/// Longest argument in bytes of such a request.
const PLAIN_LEN_MAX: usize = 999;

impl Limits {
    /// Whether no limit can be met by a request that [`read_plain`] reads.
    #[inline]
    fn allow_plain(&self) -> bool {
        const { assert!(PLAIN_ARGS_MAX <= UNAUTHENTICATED_ARGS_MAX && PLAIN_LEN_MAX <= UNAUTHENTICATED_BULK_LEN_MAX) };
        self.max_bulk_len >= PLAIN_LEN_MAX && self.max_args >= PLAIN_ARGS_MAX
    }
}

/// Reads a request that is whole in `buf` and has few and short arguments, as nearly all have; returns its length.
///
/// `None` says no more than that the request is another one; `args` hold what was read of it.
#[inline]
fn read_plain(buf: &[u8], args: &mut Vec<ArgRange>) -> Option<usize> {
    let &[b'*', count @ b'1'..=b'9', b'\r', _, ..] = buf else { return None };
    let mut pos = 4;
    for _ in 0..count - b'0' {
        let (len, line_len) = read_plain_length(buf.get(pos..)?)?;
        let start = pos + line_len;
        // The two bytes behind an argument are counted but not looked at, as in the reference.
        pos = start + len + 2;
        if pos > buf.len() {
            return None;
        }
        args.push(ArgRange { start, len });
    }
    Some(pos)
}

/// Reads the line with the length of a short argument; returns the length and that of the line.
#[inline]
fn read_plain_length(line: &[u8]) -> Option<(usize, usize)> {
    let &[b'$', a @ b'0'..=b'9', b, c, d, _, ..] = line else { return None };
    let digit = |byte: u8| usize::from(byte.wrapping_sub(b'0'));
    let (a, b, c) = (digit(a), (digit(b), b), (digit(c), c));
    if b.1 == b'\r' {
        return Some((a, 4));
    }
    if a == 0 || b.0 > 9 {
        return None;
    }
    let ab = a * 10 + b.0;
    if c.1 == b'\r' {
        return Some((ab, 5));
    }
    (c.0 <= 9 && d == b'\r').then_some((ab * 10 + c.0, 6))
}

/// Reads an array of bulk strings from where `progress` stands.
///
/// Progress goes in and out by value, so that it lives in registers in between: behind a reference, each step
/// would wait for the store of the one before.
#[inline]
fn read_array(
    buf: &[u8],
    limits: &Limits,
    progress: Progress,
    args: &mut Vec<ArgRange>,
) -> Result<Read, ProtocolError> {
    let Progress { mut pos, mut args_missing, mut bulk_len, mut line_scanned } = progress;
    if args_missing == 0 {
        let (count, len) = match read_length(buf, limits, line_scanned) {
            Line::Complete { value: Some(count), len } => (count, len),
            Line::Complete { value: None, .. } => return Err(ProtocolError::InvalidMultibulkLength),
            Line::TooLong => return Err(ProtocolError::MultibulkLineTooLong),
            Line::Incomplete { scanned } => {
                let progress = Progress { line_scanned: scanned, ..progress };
                return Ok(Read::Cut { progress, missing: 1 });
            }
        };
        args_missing = match usize::try_from(count) {
            Ok(count) if count > limits.max_args => return Err(ProtocolError::InvalidMultibulkLength),
            Ok(count) if count > UNAUTHENTICATED_ARGS_MAX && !limits.authenticated => {
                return Err(ProtocolError::UnauthenticatedMultibulkLength);
            }
            Ok(count) if count > 0 => count,
            _ => return Ok(Read::Whole(Decoded::Nothing { consumed: len })),
        };
        pos = len;
        line_scanned = 0;
    }
    loop {
        let len = match bulk_len {
            Some(len) => len,
            None => {
                let line = &buf[pos..];
                let (value, line_len) = match read_length(line, limits, line_scanned) {
                    Line::Complete { value, len } => (value, len),
                    Line::TooLong => return Err(ProtocolError::BulkLineTooLong),
                    Line::Incomplete { scanned } => {
                        let progress = Progress { pos, args_missing, bulk_len, line_scanned: scanned };
                        return Ok(Read::Cut { progress, missing: 1 });
                    }
                };
                let len = check_bulk_len(line[0], value, limits)?;
                pos += line_len;
                line_scanned = 0;
                len
            }
        };
        // The two bytes behind an argument are counted but not looked at, as in the reference.
        let needed = len.saturating_add(2);
        let present = buf.len() - pos;
        if present < needed {
            let progress = Progress { pos, args_missing, bulk_len: Some(len), line_scanned };
            return Ok(Read::Cut { progress, missing: needed - present });
        }
        args.push(ArgRange { start: pos, len });
        pos += needed;
        bulk_len = None;
        args_missing -= 1;
        if args_missing == 0 {
            return Ok(Read::Whole(Decoded::Request { consumed: pos }));
        }
    }
}

/// Checks a complete line with an argument's length.
#[inline]
fn check_bulk_len(kind: u8, value: Option<i64>, limits: &Limits) -> Result<usize, ProtocolError> {
    if kind != b'$' {
        return Err(ProtocolError::ExpectedBulk(kind));
    }
    match value.map(usize::try_from) {
        Some(Ok(len)) if len > limits.max_bulk_len => Err(ProtocolError::InvalidBulkLength),
        Some(Ok(len)) if len > UNAUTHENTICATED_BULK_LEN_MAX && !limits.authenticated => {
            Err(ProtocolError::UnauthenticatedBulkLength)
        }
        Some(Ok(len)) => Ok(len),
        _ => Err(ProtocolError::InvalidBulkLength),
    }
}

/// Reads a line: a type byte, a decimal number, `\r` and one more byte, whatever it is. The first `scanned` bytes are
/// known to hold no end.
#[inline]
fn read_length(line: &[u8], limits: &Limits, scanned: usize) -> Line {
    // One to three digits are what nearly all lines hold.
    if let &[_, a @ b'0'..=b'9', b, c, d, _, ..] = line {
        let a = i64::from(a - b'0');
        if b == b'\r' {
            return Line::Complete { value: Some(a), len: 4 };
        }
        if a != 0 && b.is_ascii_digit() {
            let ab = a * 10 + i64::from(b - b'0');
            if c == b'\r' {
                return Line::Complete { value: Some(ab), len: 5 };
            }
            if c.is_ascii_digit() && d == b'\r' {
                return Line::Complete { value: Some(ab * 10 + i64::from(c - b'0')), len: 6 };
            }
        }
    }
    read_unusual_length(line, limits, scanned)
}

#[cold]
fn read_unusual_length(line: &[u8], limits: &Limits, mut scanned: usize) -> Line {
    match find_line_end(b'\r', line, limits, &mut scanned) {
        Some(end) if end + 1 < line.len() => {
            // No digits where even the type byte is missing.
            let digits = line[..end].get(1..).unwrap_or_default();
            Line::Complete { value: parse_i64(digits), len: end + 2 }
        }
        None if line.len() > limits.max_inline_len => Line::TooLong,
        _ => Line::Incomplete { scanned },
    }
}

/// Finds `end` in `line`, looking only at bytes not `scanned` before and not behind the longest line allowed.
///
/// A zero byte hides everything behind it: the reference searches lines as C strings, so such a line never ends and runs
/// into the length limit.
fn find_line_end(end: u8, line: &[u8], limits: &Limits, scanned: &mut usize) -> Option<usize> {
    let window = &line[..line.len().min(limits.max_inline_len.saturating_add(1))];
    let found = memchr::memchr2(end, 0, &window[*scanned..]).map(|offset| *scanned + offset);
    *scanned = found.unwrap_or(window.len());
    found.filter(|&index| window[index] == end)
}

#[cfg(test)]
mod tests;
