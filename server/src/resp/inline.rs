//! Inline requests: a line of words, for people with a terminal.
//!
//! A line without quotes is split where it lies. Quotes may hide escapes (`"\x41\n"`), so the words of a line with
//! quotes are written into a buffer of their own; the ranges then refer to that.

use super::decode::ArgRange;
use super::error::ProtocolError;

/// Splits a line (without its end) into words and appends their ranges to `args`.
///
/// The ranges refer to `line`, or to the returned buffer if there is one. Cost and memory are linear in the line.
pub(super) fn split(line: &[u8], args: &mut Vec<ArgRange>) -> Result<Option<Box<[u8]>>, ProtocolError> {
    if memchr::memchr2(b'"', b'\'', line).is_some() {
        return split_quoted(line, args).map(Some);
    }
    let mut pos = 0;
    while let Some(start) = next_word(line, pos) {
        let len = line[start..].iter().position(|&byte| ends_word(byte)).unwrap_or(line.len() - start);
        args.push(ArgRange { start, len });
        pos = start + len;
    }
    Ok(None)
}

/// Finds the first byte from `pos` on that belongs to a word.
fn next_word(line: &[u8], pos: usize) -> Option<usize> {
    line[pos..].iter().position(|&byte| !is_space(byte)).map(|offset| pos + offset)
}

/// Space between words. Wider than [`ends_word`]: the reference skips vertical tabs and form feeds ahead of a word but
/// keeps them inside one.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

fn ends_word(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

#[cold]
fn split_quoted(line: &[u8], args: &mut Vec<ArgRange>) -> Result<Box<[u8]>, ProtocolError> {
    let mut words = Vec::with_capacity(line.len());
    let mut pos = 0;
    while let Some(start) = next_word(line, pos) {
        let word_start = words.len();
        pos = start;
        loop {
            match line.get(pos) {
                Some(b'"') => pos = double_quoted(line, pos + 1, &mut words)?,
                Some(b'\'') => pos = single_quoted(line, pos + 1, &mut words)?,
                Some(&byte) if !ends_word(byte) => {
                    words.push(byte);
                    pos += 1;
                    continue;
                }
                _ => break,
            }
            // A closing quote ends the word, whatever was before its opening one.
            break;
        }
        args.push(ArgRange { start: word_start, len: words.len() - word_start });
    }
    Ok(words.into_boxed_slice())
}

/// Reads from behind an opening `"`; returns the position behind the closing one.
fn double_quoted(line: &[u8], mut pos: usize, words: &mut Vec<u8>) -> Result<usize, ProtocolError> {
    loop {
        match line[pos..] {
            [b'\\', b'x', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                words.push(hex_value(high) << 4 | hex_value(low));
                pos += 4;
            }
            [b'\\', escaped, ..] => {
                words.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 0x08,
                    b'a' => 0x07,
                    other => other,
                });
                pos += 2;
            }
            [b'"', ..] => return closed(line, pos + 1),
            [byte, ..] => {
                words.push(byte);
                pos += 1;
            }
            [] => return Err(ProtocolError::UnbalancedQuotes),
        }
    }
}

/// Reads from behind an opening `'`, where only `\'` is an escape; returns the position behind the closing one.
fn single_quoted(line: &[u8], mut pos: usize, words: &mut Vec<u8>) -> Result<usize, ProtocolError> {
    loop {
        match line[pos..] {
            [b'\\', b'\'', ..] => {
                words.push(b'\'');
                pos += 2;
            }
            [b'\'', ..] => return closed(line, pos + 1),
            [byte, ..] => {
                words.push(byte);
                pos += 1;
            }
            [] => return Err(ProtocolError::UnbalancedQuotes),
        }
    }
}

/// Checks that a closing quote is followed by space or by the end of the line.
fn closed(line: &[u8], pos: usize) -> Result<usize, ProtocolError> {
    match line.get(pos) {
        Some(&byte) if !is_space(byte) => Err(ProtocolError::UnbalancedQuotes),
        _ => Ok(pos),
    }
}

fn hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit - b'A' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &[u8]) -> Result<Vec<Vec<u8>>, ProtocolError> {
        let mut args = Vec::new();
        let owned = split(line, &mut args)?;
        let bytes = owned.as_deref().unwrap_or(line);
        Ok(args.iter().map(|arg| arg.of(bytes).to_vec()).collect())
    }

    /// Lines and what redis-server 7.0.15 made of them (seen through ECHO).
    #[test]
    fn words_are_split_and_unescaped_as_the_reference_does() {
        let cases: &[(&[u8], &[&[u8]])] = &[
            (b"", &[]),
            (b"   ", &[]),
            (b"PING", &[b"PING"]),
            (b"  SET  k\tv ", &[b"SET", b"k", b"v"]),
            (br#"ECHO "\x41\n\q""#, &[b"ECHO", b"A\nq"]),
            (br"ECHO 'a\'b\n'", &[b"ECHO", b"a'b\\n"]),
            (br#"ECHO a"b c""#, &[b"ECHO", b"ab c"]),
            (br#"ECHO """#, &[b"ECHO", b""]),
            (b"ECHO ''", &[b"ECHO", b""]),
            (b"ECHO a\x0bb", &[b"ECHO", b"a\x0bb"]),
            (b"\x0bECHO \x0cb", &[b"ECHO", b"b"]),
            (b"ECHO \"a\"\x0bb", &[b"ECHO", b"a", b"b"]),
            (b"ECHO 'a'\x0cb", &[b"ECHO", b"a", b"b"]),
            (b"ECHO a\rb", &[b"ECHO", b"a", b"b"]),
            (br#"ECHO "\xzz\x4""#, &[b"ECHO", b"xzzx4"]),
            (br#"ECHO "\xAf\t\b\a\r""#, &[b"ECHO", b"\xaf\t\x08\x07\r"]),
            (b"ECHO \xff\xfe", &[b"ECHO", b"\xff\xfe"]),
            (br#"ECHO "\\\"""#, &[b"ECHO", b"\\\""]),
        ];
        for (line, expected) in cases {
            let expected: Vec<Vec<u8>> = expected.iter().map(|word| word.to_vec()).collect();
            assert_eq!(words(line).unwrap(), expected, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn unbalanced_quotes_are_refused() {
        let lines: &[&[u8]] = &[
            b"ECHO \"abc",
            b"ECHO \"a\"b",
            b"ECHO \"a\\",
            b"ECHO 'abc",
            b"ECHO 'a'b",
            b"ECHO a\"b\"'c'",
            b"ECHO \"a\" \"b",
            b"'\\'",
        ];
        for line in lines {
            assert_eq!(words(line), Err(ProtocolError::UnbalancedQuotes), "{}", line.escape_ascii());
        }
    }
}
