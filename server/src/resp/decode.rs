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

/// A line that announces a length.
enum Line {
    Complete { value: Option<i64>, len: usize },
    Incomplete,
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
    #[inline]
    pub fn next(&mut self, buf: &[u8], limits: &Limits, args: &mut Vec<ArgRange>) -> Result<Decoded, ProtocolError> {
        if !matches!(self.state, State::Start) {
            return self.resume(buf, limits, args);
        }
        args.clear();
        let mut progress = Progress::START;
        if buf.first() == Some(&b'*') {
            let decoded = read_array(buf, limits, &mut progress, args)?;
            if let Decoded::Incomplete { .. } = decoded {
                self.interrupt(progress, args);
            }
            Ok(decoded)
        } else {
            self.start_inline(buf, limits, args)
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
            read_array(buf, limits, progress, finished)?
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

/// Reads an array of bulk strings from where `progress` stands.
#[inline]
fn read_array(
    buf: &[u8],
    limits: &Limits,
    progress: &mut Progress,
    args: &mut Vec<ArgRange>,
) -> Result<Decoded, ProtocolError> {
    if progress.args_missing == 0 {
        let (count, len) = match read_length(buf, limits, progress) {
            Line::Complete { value: Some(count), len } => (count, len),
            Line::Complete { value: None, .. } => {
                return Err(ProtocolError::InvalidMultibulkLength);
            }
            Line::TooLong => return Err(ProtocolError::MultibulkLineTooLong),
            Line::Incomplete => return Ok(Decoded::Incomplete { missing: 1 }),
        };
        progress.pos = len;
        progress.line_scanned = 0;
        let Ok(count) = usize::try_from(count) else {
            return Ok(Decoded::Nothing { consumed: len });
        };
        if count > limits.max_args {
            return Err(ProtocolError::InvalidMultibulkLength);
        }
        if count > UNAUTHENTICATED_ARGS_MAX && !limits.authenticated {
            return Err(ProtocolError::UnauthenticatedMultibulkLength);
        }
        if count == 0 {
            return Ok(Decoded::Nothing { consumed: len });
        }
        progress.args_missing = count;
    }
    while progress.args_missing > 0 {
        let len = match progress.bulk_len {
            Some(len) => len,
            None => match read_bulk_len(buf, limits, progress)? {
                Some(len) => len,
                None => return Ok(Decoded::Incomplete { missing: 1 }),
            },
        };
        // The two bytes behind an argument are counted but not looked at, as in the reference.
        let needed = len.saturating_add(2);
        let present = buf.len() - progress.pos;
        if present < needed {
            progress.bulk_len = Some(len);
            return Ok(Decoded::Incomplete { missing: needed - present });
        }
        args.push(ArgRange { start: progress.pos, len });
        progress.pos += needed;
        progress.bulk_len = None;
        progress.args_missing -= 1;
    }
    Ok(Decoded::Request { consumed: progress.pos })
}

/// Reads the line with an argument's length; `None` if it is not complete.
#[inline]
fn read_bulk_len(buf: &[u8], limits: &Limits, progress: &mut Progress) -> Result<Option<usize>, ProtocolError> {
    let (value, line_len) = match read_length(buf, limits, progress) {
        Line::Complete { value, len } => (value, len),
        Line::TooLong => return Err(ProtocolError::BulkLineTooLong),
        Line::Incomplete => return Ok(None),
    };
    let kind = buf[progress.pos];
    if kind != b'$' {
        return Err(ProtocolError::ExpectedBulk(kind));
    }
    let len = value.and_then(|value| usize::try_from(value).ok()).ok_or(ProtocolError::InvalidBulkLength)?;
    if len > limits.max_bulk_len {
        return Err(ProtocolError::InvalidBulkLength);
    }
    if len > UNAUTHENTICATED_BULK_LEN_MAX && !limits.authenticated {
        return Err(ProtocolError::UnauthenticatedBulkLength);
    }
    progress.pos += line_len;
    progress.line_scanned = 0;
    Ok(Some(len))
}

/// Reads the line at `progress.pos`: a type byte, a decimal number, `\r` and one more byte.
#[inline]
fn read_length(buf: &[u8], limits: &Limits, progress: &mut Progress) -> Line {
    let line = &buf[progress.pos..];
    // One to nine digits without a leading zero is what well-meant requests hold; all else takes the general way.
    if let Some(&[_, first @ b'0'..=b'9', second, _]) = line.first_chunk() {
        if second == b'\r' {
            return Line::Complete { value: Some(i64::from(first - b'0')), len: 4 };
        }
        if first != b'0' {
            let mut value = i64::from(first - b'0');
            let digits_and_end = line.len().min(11);
            for (index, &byte) in line[..digits_and_end].iter().enumerate().skip(2) {
                let digit = byte.wrapping_sub(b'0');
                if digit > 9 {
                    if byte == b'\r' && index + 1 < line.len() {
                        return Line::Complete { value: Some(value), len: index + 2 };
                    }
                    break;
                }
                value = value * 10 + i64::from(digit);
            }
        }
    }
    read_unusual_length(line, limits, &mut progress.line_scanned)
}

#[cold]
fn read_unusual_length(line: &[u8], limits: &Limits, scanned: &mut usize) -> Line {
    match find_line_end(b'\r', line, limits, scanned) {
        Some(end) if end + 1 < line.len() => {
            let digits = if end == 0 { &line[..0] } else { &line[1..end] };
            Line::Complete { value: parse_i64(digits), len: end + 2 }
        }
        Some(_) => Line::Incomplete,
        None if line.len() > limits.max_inline_len => Line::TooLong,
        None => Line::Incomplete,
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
