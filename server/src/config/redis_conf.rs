//! The reference's file format: one directive a line, arguments apart by spaces, quotes, `include`.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use rkvs_engine::glob;

use super::load::{LoadError, Place, read_file};

/// How deep files may include each other.
const INCLUDE_DEPTH_MAX: usize = 16;

/// Splits a line into words.
///
/// Double quotes know the escapes `\n \r \t \b \a \" \\` and `\xHH`; single quotes know `\'`. A closing quote must end its
/// word. `None` when quotes are unbalanced, or the bytes of a word are not UTF-8.
pub(super) fn split_words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = line.trim_start_matches(is_space);
    while !rest.is_empty() {
        let (word, after) = match rest.as_bytes()[0] {
            b'"' => double_quoted(&rest[1..])?,
            b'\'' => single_quoted(&rest[1..])?,
            _ => bare(rest)?,
        };
        words.push(String::from_utf8(word).ok()?);
        rest = after.trim_start_matches(is_space);
    }
    Some(words)
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{b}' | '\u{c}' | '\0')
}

/// A word without a quote at its start; one further in opens a quoted part, as in the reference.
fn bare(text: &str) -> Option<(Vec<u8>, &str)> {
    let end = text.find(|c| is_space(c) || c == '"' || c == '\'').unwrap_or(text.len());
    let mut word = text.as_bytes()[..end].to_vec();
    let rest = &text[end..];
    let (quoted, after) = match rest.as_bytes().first() {
        Some(b'"') => double_quoted(&rest[1..])?,
        Some(b'\'') => single_quoted(&rest[1..])?,
        _ => return Some((word, rest)),
    };
    word.extend(quoted);
    Some((word, after))
}

fn double_quoted(text: &str) -> Option<(Vec<u8>, &str)> {
    let bytes = text.as_bytes();
    let mut word = Vec::new();
    let mut at = 0;
    loop {
        match *bytes.get(at)? {
            b'"' => return end_of_word(text, at + 1).map(|rest| (word, rest)),
            b'\\' => {
                let escaped = *bytes.get(at + 1)?;
                at += 2;
                let hex = (escaped == b'x').then(|| bytes.get(at..at + 2).and_then(hex_byte)).flatten();
                word.push(match escaped {
                    b'x' if hex.is_some() => {
                        at += 2;
                        hex.expect("just checked")
                    }
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'a' => 7,
                    other => other,
                });
            }
            byte => {
                word.push(byte);
                at += 1;
            }
        }
    }
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok()
}

fn single_quoted(text: &str) -> Option<(Vec<u8>, &str)> {
    let bytes = text.as_bytes();
    let mut word = Vec::new();
    let mut at = 0;
    loop {
        match *bytes.get(at)? {
            b'\'' => return end_of_word(text, at + 1).map(|rest| (word, rest)),
            b'\\' if bytes.get(at + 1) == Some(&b'\'') => {
                word.push(b'\'');
                at += 2;
            }
            byte => {
                word.push(byte);
                at += 1;
            }
        }
    }
}

/// What follows a closing quote: nothing, or a space.
fn end_of_word(text: &str, at: usize) -> Option<&str> {
    let rest = &text[at..];
    rest.chars().next().is_none_or(is_space).then_some(rest)
}

/// A word as it must be written so that [`split_words`] reads it back.
pub(super) fn quoted(word: &str) -> String {
    let mut text = String::with_capacity(word.len() + 2);
    text.push('"');
    for c in word.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c if c.is_ascii_control() => text.push_str(&format!("\\x{:02x}", c as u32)),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

/// A word as [`split_words`] reads it back, in quotes only where it needs them.
pub(super) fn written(word: &str) -> Cow<'_, str> {
    match split_words(word).as_deref() {
        Some([same]) if same == word => word.into(),
        _ => quoted(word).into(),
    }
}

/// The directive of a line and its arguments; `None` for an empty line or a comment.
pub(super) fn directive(line: &str) -> Option<Result<(String, Vec<String>), &'static str>> {
    let line = line.trim_matches(is_space);
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let Some(mut words) = split_words(line) else {
        return Some(Err("Unbalanced quotes in configuration line"));
    };
    let name = words.remove(0).to_ascii_lowercase();
    Some(Ok((name, words)))
}

/// Takes a directive: its place, its name, its arguments.
type Take<'a> = dyn FnMut(Place, &str, Vec<String>) + 'a;

/// Gives every directive of a file, and of those it includes, to `take`, in order.
pub(super) fn read(path: &str, text: &str, depth: usize, take: &mut Take<'_>) -> Result<(), LoadError> {
    for (index, line) in text.lines().enumerate() {
        let place = || Place::in_file(path, Some(index + 1), line);
        match directive(line) {
            None => {}
            Some(Err(reason)) => return Err(place().refuses(reason)),
            Some(Ok((name, words))) if name == "include" => {
                let [pattern] = words.as_slice() else {
                    return Err(place().refuses("wrong number of arguments"));
                };
                if depth == INCLUDE_DEPTH_MAX {
                    return Err(place().refuses(format!("files include each other more than {INCLUDE_DEPTH_MAX} deep")));
                }
                for included in included_files(Path::new(pattern)) {
                    let text = read_file(&included)?;
                    read(&included.to_string_lossy(), &text, depth + 1, take)?;
                }
            }
            Some(Ok((name, words))) => take(place(), &name, words),
        }
    }
    Ok(())
}

/// The files an `include` names: all that match when its last part is a glob pattern, none being no error, else just itself.
fn included_files(pattern: &Path) -> Vec<PathBuf> {
    let name = pattern.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if glob::is_literal(name.as_bytes()) {
        return vec![pattern.to_owned()];
    }
    let folder = pattern.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let file = path.file_name().and_then(|file| file.to_str()).unwrap_or_default();
            // As in a shell, hidden files only match a pattern that starts with a dot.
            file.starts_with('.') == name.starts_with('.') && glob::matches(name.as_bytes(), file.as_bytes(), false)
        })
        .collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_split_into_words_as_the_reference_splits_them() {
        let cases: &[(&str, Option<&[&str]>)] = &[
            ("timeout 5", Some(&["timeout", "5"])),
            ("  a\t b  ", Some(&["a", "b"])),
            (r#"save """#, Some(&["save", ""])),
            (r#"a "b c" 'd e'"#, Some(&["a", "b c", "d e"])),
            (r#"a "q\"\\\n\x41\xzz""#, Some(&["a", "q\"\\\nAxzz"])),
            (r"a 'it\'s \n'", Some(&["a", r"it's \n"])),
            (r#"a"b""#, Some(&["ab"])),
            (r#"a "b"#, None),
            (r#"a "b"c"#, None),
            ("a 'b'c", None),
            (r#"a "b\"#, None),
            (r#"a "\xff""#, None),
        ];
        for (line, expected) in cases {
            let expected = expected.map(|words| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>());
            assert_eq!(split_words(line), expected, "{line}");
        }
    }

    proptest! {
        #[test]
        fn quoted_words_read_back(words in prop::collection::vec(any::<String>(), 0..4)) {
            let line = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(split_words(&line), Some(words));
        }

        #[test]
        fn any_line_is_split_or_refused(line in any::<String>()) {
            let _ = split_words(&line);
        }
    }
}
