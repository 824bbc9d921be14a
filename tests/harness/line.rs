//! Splits a request written as one line, with the quoting of `redis-cli`.

/// Splits `line` into arguments: blanks separate; `"…"` knows `\n \r \t \\ \" \xHH`; `'…'` is taken as it stands.
///
/// # Panics
/// On an unclosed quote or a broken escape: the line is part of a test, so that is a mistake in the test.
pub fn split(line: &str) -> Vec<Vec<u8>> {
    let mut args = Vec::new();
    let mut rest = line.as_bytes().iter().copied().peekable();
    loop {
        while rest.next_if(u8::is_ascii_whitespace).is_some() {}
        if rest.peek().is_none() {
            return args;
        }
        let mut arg = Vec::new();
        while let Some(byte) = rest.next_if(|b| !b.is_ascii_whitespace()) {
            match byte {
                b'\'' => arg.extend(rest.by_ref().take_while(|&b| b != b'\'')),
                b'"' => loop {
                    match rest.next().unwrap_or_else(|| panic!("unclosed quote in {line}")) {
                        b'"' => break,
                        b'\\' => arg.push(escape(&mut rest, line)),
                        other => arg.push(other),
                    }
                },
                other => arg.push(other),
            }
        }
        args.push(arg);
    }
}

fn escape(rest: &mut impl Iterator<Item = u8>, line: &str) -> u8 {
    let mut next = || rest.next().unwrap_or_else(|| panic!("broken escape in {line}"));
    match next() {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'x' => {
            let digits = [next(), next()];
            let digits = std::str::from_utf8(&digits).unwrap_or("?");
            u8::from_str_radix(digits, 16).unwrap_or_else(|_| panic!("broken escape in {line}"))
        }
        other => other,
    }
}

/// Writes one argument so that [`split`] reads it back.
pub fn quote(arg: &[u8]) -> String {
    let plain = |b: &u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'\\');
    if !arg.is_empty() && arg.iter().all(plain) {
        return String::from_utf8_lossy(arg).into_owned();
    }
    let mut out = String::from("\"");
    for &byte in arg {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=b'~' => out.push(char::from(byte)),
            b'\r' => out.push_str("\\r"),
            b'\n' => out.push_str("\\n"),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}

/// Writes a whole request so that [`split`] reads it back.
pub fn join<A: AsRef<[u8]>>(args: &[A]) -> String {
    args.iter().map(|arg| quote(arg.as_ref())).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_arguments_are_read_back() {
        let args: Vec<Vec<u8>> =
            vec![b"SET".to_vec(), b"".to_vec(), b"a b\"\\'".to_vec(), vec![0, 13, 10, 255], b"'".to_vec()];
        assert_eq!(split(&join(&args)), args);
    }

    #[test]
    fn blanks_separate_and_quotes_keep_them() {
        assert_eq!(split(r#"  SET k "a\x00 b" 'c d' "#), [&b"SET"[..], b"k", b"a\0 b", b"c d"]);
    }
}
