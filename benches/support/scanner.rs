//! Counts replies without building values.
//!
//! The scanner looks at each header line once, skips payloads by their length and follows nesting with one counter. It
//! can be stopped and resumed at any byte. Errors are counted by their text, misses (null replies) by number.

use std::collections::BTreeMap;

use memchr::memchr;

/// Longest header line, in bytes; nothing a server sends in one line comes close.
pub const LINE_BYTES_MAX: usize = 64 * 1024;
/// How many different error texts are told apart; further ones are counted together.
pub const ERROR_TEXTS_MAX: usize = 32;
/// How much of an error text is kept, in bytes.
const ERROR_TEXT_BYTES_MAX: usize = 160;
/// Under this name errors are counted once [`ERROR_TEXTS_MAX`] texts are known.
const OTHER_ERRORS: &str = "(other errors)";

/// The server did not speak RESP.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a RESP reply: {0}")]
pub struct ScanError(String);

/// Reads one connection's reply stream.
#[derive(Debug, Default)]
pub struct Scanner {
    /// Bytes of the current payload, with its line end, still to come.
    skip_bytes: usize,
    /// Elements of the current top-level reply still to come.
    elements_left: u64,
    /// The current top-level reply is a push message, which answers no request.
    is_push: bool,
    counts: ReplyCounts,
}

/// What came back, beside the number of replies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplyCounts {
    /// Top-level null replies.
    pub misses: u64,
    /// Push messages, which are no replies.
    pub pushes: u64,
    /// Error replies by text, at most [`ERROR_TEXTS_MAX`] of them and one for the rest.
    pub errors: BTreeMap<String, u64>,
}

impl ReplyCounts {
    /// Adds another connection's counts; the bound on texts holds for the sum.
    pub fn add(&mut self, other: &Self) {
        self.misses += other.misses;
        self.pushes += other.pushes;
        for (text, count) in &other.errors {
            self.count_error(text, *count);
        }
    }

    /// Returns the number of error replies.
    pub fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }

    #[cold]
    fn count_error(&mut self, text: &str, count: u64) {
        if let Some(known) = self.errors.get_mut(text) {
            *known += count;
            return;
        }
        let name = if self.errors.len() < ERROR_TEXTS_MAX { text } else { OTHER_ERRORS };
        *self.errors.entry(name.to_owned()).or_default() += count;
    }
}

/// How far a scan went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that need not be seen again; the rest is the start of a header line.
    pub consumed_bytes: usize,
    /// Top-level replies that became complete.
    pub replies: u64,
}

impl Scanner {
    /// Reads on: `bytes` starts with what the last scan did not consume.
    pub fn scan(&mut self, bytes: &[u8]) -> Result<Progress, ScanError> {
        let mut at = 0;
        let mut replies = 0;
        loop {
            if self.skip_bytes > 0 {
                let skipped = self.skip_bytes.min(bytes.len() - at);
                at += skipped;
                self.skip_bytes -= skipped;
                if self.skip_bytes > 0 {
                    break;
                }
                replies += self.complete_element();
            }
            let Some(length) = memchr(b'\n', &bytes[at..]) else {
                if bytes.len() - at > LINE_BYTES_MAX {
                    return Err(ScanError(format!("a line of more than {LINE_BYTES_MAX} bytes")));
                }
                break;
            };
            let line = &bytes[at..at + length];
            at += length + 1;
            let Some((&kind, line)) = line.strip_suffix(b"\r").and_then(|line| line.split_first()) else {
                return Err(ScanError(format!("line {:?}", excerpt(line))));
            };
            replies += self.header(kind, line)?;
        }
        Ok(Progress { consumed_bytes: at, replies })
    }

    /// Returns what was counted so far.
    pub fn counts(&self) -> &ReplyCounts {
        &self.counts
    }

    /// Returns how many replies the line completes: 0 or 1.
    #[inline]
    fn header(&mut self, kind: u8, line: &[u8]) -> Result<u64, ScanError> {
        let is_top_level = self.elements_left == 0;
        if is_top_level {
            self.elements_left = 1;
            self.is_push = kind == b'>';
        }
        match kind {
            b'+' | b':' | b',' | b'#' | b'(' => Ok(self.complete_element()),
            b'$' | b'=' | b'!' => match number(line)? {
                None => {
                    self.counts.misses += u64::from(is_top_level);
                    Ok(self.complete_element())
                }
                Some(length) => {
                    if kind == b'!' {
                        self.counts.count_error("(bulk error)", 1);
                    }
                    self.skip_bytes = length as usize + 2;
                    Ok(0)
                }
            },
            b'*' | b'~' | b'>' | b'%' | b'|' => {
                let elements = match number(line)? {
                    None => {
                        self.counts.misses += u64::from(is_top_level);
                        0
                    }
                    Some(length) if kind == b'%' => length * 2,
                    // Attributes stand before the element they describe: that one is still to come.
                    Some(length) if kind == b'|' => length * 2 + 1,
                    Some(length) => length,
                };
                self.elements_left += elements;
                Ok(self.complete_element())
            }
            b'_' => {
                self.counts.misses += u64::from(is_top_level);
                Ok(self.complete_element())
            }
            b'-' => {
                self.counts.count_error(&excerpt(line), 1);
                Ok(self.complete_element())
            }
            _ => Err(ScanError(format!("type byte {:?}", char::from(kind)))),
        }
    }

    #[inline]
    fn complete_element(&mut self) -> u64 {
        self.elements_left -= 1;
        if self.elements_left > 0 {
            return 0;
        }
        if self.is_push {
            self.counts.pushes += 1;
            return 0;
        }
        1
    }
}

/// Reads a length; `-1` is none.
#[inline]
fn number(line: &[u8]) -> Result<Option<u64>, ScanError> {
    if line == b"-1" {
        return Ok(None);
    }
    // Nine digits hold 512 MB, the protocol's largest payload, and keep every sum far from overflow.
    if line.is_empty() || line.len() > 9 || !line.iter().all(u8::is_ascii_digit) {
        return Err(ScanError(format!("length {:?}", excerpt(line))));
    }
    Ok(Some(line.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'))))
}

fn excerpt(line: &[u8]) -> String {
    String::from_utf8_lossy(&line[..line.len().min(ERROR_TEXT_BYTES_MAX)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `bytes` in pieces of `step` bytes as a connection would, keeping what was not consumed.
    fn scan_in_steps(bytes: &[u8], step: usize) -> (u64, ReplyCounts) {
        let mut scanner = Scanner::default();
        let mut kept = Vec::new();
        let mut replies = 0;
        for piece in bytes.chunks(step) {
            kept.extend_from_slice(piece);
            let progress = scanner.scan(&kept).unwrap();
            kept.drain(..progress.consumed_bytes);
            replies += progress.replies;
        }
        assert!(kept.is_empty() && scanner.elements_left == 0 && scanner.skip_bytes == 0, "all was read");
        (replies, scanner.counts.clone())
    }

    #[test]
    fn every_type_counts_once_however_it_is_split() {
        let replies: [&[u8]; 21] = [
            b"+OK\r\n",
            b"+\r\n",
            b":-12\r\n",
            b"$5\r\nhe\r\no\r\n",
            b"$0\r\n\r\n",
            b"$-1\r\n",
            b"*-1\r\n",
            b"*0\r\n",
            b"*3\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n+x\r\n",
            b"*2\r\n*0\r\n%1\r\n+k\r\n_\r\n",
            b"_\r\n",
            b",3.14\r\n",
            b"#t\r\n",
            b"(123456789012345678901234567890\r\n",
            b"=7\r\ntxt:abc\r\n",
            b"~2\r\n+a\r\n+b\r\n",
            b"%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n",
            b"|1\r\n+ttl\r\n:3\r\n$2\r\nok\r\n",
            b"-ERR no\r\n",
            b"!3\r\nbad\r\n",
            b"*1\r\n-ERR no\r\n",
        ];
        let push = b">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n";
        let stream = [replies.concat(), push.to_vec(), b"+OK\r\n".to_vec()].concat();
        for step in 1..stream.len() {
            let (count, counts) = scan_in_steps(&stream, step);
            assert_eq!(count, 22, "step {step}");
            assert_eq!((counts.misses, counts.pushes), (3, 1));
            assert_eq!(counts.errors["ERR no"], 2);
            assert_eq!(counts.errors["(bulk error)"], 1);
        }
    }

    #[test]
    fn garbage_is_refused() {
        for bytes in
            [&b"hello\r\n"[..], b"\r\n", b"+OK\n", b"$x\r\n", b"$-2\r\n", b"$9999999999\r\n", b"$\r\n", b"*?\r\n"]
        {
            assert!(Scanner::default().scan(bytes).is_err(), "{:?}", String::from_utf8_lossy(bytes));
        }
        assert!(Scanner::default().scan(&vec![b'+'; LINE_BYTES_MAX + 1]).is_err());
    }

    #[test]
    fn error_texts_are_bounded_in_number_and_length() {
        let mut scanner = Scanner::default();
        for number in 0..100 {
            scanner.scan(format!("-ERR {number}\r\n").as_bytes()).unwrap();
        }
        scanner.scan(format!("-{}\r\n", "x".repeat(1_000)).as_bytes()).unwrap();
        assert_eq!(scanner.counts().errors.len(), ERROR_TEXTS_MAX + 1);
        assert_eq!(scanner.counts().errors[OTHER_ERRORS], 100 + 1 - ERROR_TEXTS_MAX as u64);
        assert_eq!(scanner.counts().error_count(), 101);

        let mut long = Scanner::default();
        long.scan(format!("-{}\r\n", "x".repeat(1_000)).as_bytes()).unwrap();
        assert!(long.counts().errors.keys().all(|text| text.len() == ERROR_TEXT_BYTES_MAX));
    }
}
