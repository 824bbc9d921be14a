//! Where a reply ends.
//!
//! `redis-protocol` reads a reply from its beginning whenever more bytes arrive, and calls itself for what is nested. So it is
//! handed whole replies of a bounded size, depth and number of values: this module finds their end, goes on where it stopped, and refuses the rest.

use super::client::Error;

/// Aggregates within aggregates.
const DEPTH_MAX: usize = 32;
/// Bytes of a line: an error, a status, a number, a length.
const LINE_MAX: usize = 64 * 1024;

/// Looks for the end of one reply in a buffer that grows.
#[derive(Debug)]
pub(super) struct Scanner {
    /// Where the next item begins.
    at: usize,
    /// Values that are still to come in each open aggregate; the outermost holds the reply itself.
    open: Vec<usize>,
    size_max: usize,
    /// Values that aggregates may still hold.
    values_left: usize,
}

impl Scanner {
    pub(super) fn new(size_max: usize, values_max: usize) -> Self {
        Self { at: 0, open: vec![1], size_max, values_left: values_max }
    }

    /// How many of the values it may hold a reply did not need.
    pub(super) fn values_left(&self) -> usize {
        self.values_left
    }

    /// The length of the reply that `buffer` begins with, once it is all there.
    pub(super) fn end(&mut self, buffer: &[u8]) -> Result<Option<usize>, Error> {
        while let Some(left) = self.open.last_mut() {
            if *left == 0 {
                self.open.pop();
                continue;
            }
            let rest = buffer.get(self.at..).unwrap_or_default();
            let Some(line) = line(rest)? else { return self.wait(buffer.len()) };
            let Some((kind, text)) = line.split_first() else { return Err(Error::Protocol("an empty line")) };
            let mut item_len = line.len() + 2;
            let mut children = 0;
            match kind {
                b'+' | b'-' | b':' | b',' | b'#' | b'(' | b'_' => {}
                b'$' | b'!' | b'=' => {
                    if let Some(len) = len(text, self.size_max)? {
                        item_len += len + 2;
                    }
                }
                b'*' | b'~' | b'>' => children = len(text, self.size_max)?.unwrap_or(0),
                b'%' | b'|' => children = 2 * len(text, self.size_max)?.unwrap_or(0),
                _ => return Err(Error::Protocol("a reply of an unknown type")),
            }
            if self.at + item_len > self.size_max {
                return Err(Error::TooLarge);
            }
            if rest.len() < item_len {
                return self.wait(buffer.len());
            }
            self.at += item_len;
            // Attributes stand before the value they belong to.
            *left -= usize::from(*kind != b'|');
            // A null is three bytes in a reply and a hundred in memory.
            self.values_left = self.values_left.checked_sub(children).ok_or(Error::TooLarge)?;
            if children > 0 {
                if self.open.len() == DEPTH_MAX {
                    return Err(Error::Protocol("a reply that is nested too deeply"));
                }
                self.open.push(children);
            }
        }
        Ok(Some(self.at))
    }

    fn wait(&self, len: usize) -> Result<Option<usize>, Error> {
        if len > self.size_max { Err(Error::TooLarge) } else { Ok(None) }
    }
}

/// The line that a buffer begins with, without its end, once that is there.
fn line(buffer: &[u8]) -> Result<Option<&[u8]>, Error> {
    let head = &buffer[..buffer.len().min(LINE_MAX)];
    match head.iter().position(|&byte| byte == b'\n') {
        Some(end) if end > 0 && head[end - 1] == b'\r' => Ok(Some(&head[..end - 1])),
        Some(_) => Err(Error::Protocol("a line without its end")),
        None if buffer.len() > LINE_MAX => Err(Error::TooLarge),
        None => Ok(None),
    }
}

/// A length; -1 is that of a null.
fn len(text: &[u8], max: usize) -> Result<Option<usize>, Error> {
    if text == b"-1" {
        return Ok(None);
    }
    let len = std::str::from_utf8(text).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    match len.and_then(|text| text.parse::<usize>().ok()) {
        Some(len) if len > max => Err(Error::TooLarge),
        Some(len) => Ok(Some(len)),
        None => Err(Error::Protocol("a length that is no number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_found_whatever_arrives_when() {
        let replies: [&[u8]; 9] = [
            b"+OK\r\n",
            b"$-1\r\n",
            b"$4\r\n\r\n\r\n\r\n",
            b"*0\r\n",
            b"*2\r\n*1\r\n:1\r\n$1\r\na\r\n",
            b"%1\r\n+a\r\n~2\r\n,1.5\r\n_\r\n",
            b"|1\r\n+ttl\r\n:3\r\n*1\r\n#t\r\n",
            b"=7\r\ntxt:a\r\n\r\n",
            b"-ERR no\r\n",
        ];
        for reply in replies {
            let buffer = [reply, b"+next\r\n"].concat();
            let mut scanner = Scanner::new(1_000, 10);
            for split in 0..reply.len() {
                assert_eq!(scanner.end(&buffer[..split]).unwrap(), None, "{reply:?} cut at {split}");
            }
            assert_eq!(scanner.end(&buffer).unwrap(), Some(reply.len()));
        }
    }

    #[test]
    fn what_is_too_large_or_no_reply_is_refused() {
        let end = |bytes: &[u8]| Scanner::new(1_000, 50).end(bytes);
        assert!(matches!(end(b"$1001\r\n"), Err(Error::TooLarge)));
        assert!(matches!(end(b"*99999999999999999999\r\n"), Err(Error::Protocol(_))));
        assert!(matches!(end(b"*51\r\n"), Err(Error::TooLarge)));
        assert!(matches!(end(b"%26\r\n"), Err(Error::TooLarge)));
        assert!(matches!(end(b"*2\r\n*25\r\n*24\r\n"), Err(Error::TooLarge)));
        assert!(matches!(end(b"*2\r\n*24\r\n*24\r\n"), Ok(None)));
        assert!(matches!(end(&b"*1\r\n".repeat(40)), Err(Error::Protocol(_))));
        assert!(matches!(end(&[b'+'; 1_001]), Err(Error::TooLarge)));
        assert!(matches!(end(b"HTTP/1.1 400\r\n"), Err(Error::Protocol(_))));
        assert!(matches!(end(b"$-2\r\n"), Err(Error::Protocol(_))));
        assert!(matches!(end(b"$?\r\n"), Err(Error::Protocol(_))));
        assert!(matches!(end(b"\r\n"), Err(Error::Protocol(_))));
    }
}
