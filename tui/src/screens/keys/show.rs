//! Bytes of a value as lines for people: as text, as JSON with one member a line, or as a hex dump.

use serde::de::IgnoredAny;

use crate::text;

/// How bytes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Lines of text.
    Text,
    /// JSON, indented.
    Json,
    /// Offsets, bytes, characters.
    Hex,
}

/// A line of a value, or a piece of one that is too long for the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number; none where it goes on with the one before, or where lines have no numbers.
    pub(super) number: Option<usize>,
    /// Its text, harmless.
    pub(super) text: String,
}

/// Lines made of a value at most; what is kept of one has fewer bytes.
const LINES_MAX: usize = 1 << 18;
/// Levels of JSON that are indented.
const INDENT_MAX: usize = 16;

impl Format {
    /// The word for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Hex => "hex",
        }
    }

    /// Those that bytes can be shown in, the one that suits them best first.
    pub(super) fn suited(bytes: &[u8], is_whole: bool) -> Vec<Self> {
        if is_whole && is_json(bytes) {
            vec![Self::Json, Self::Text, Self::Hex]
        } else if is_text(bytes, is_whole) {
            vec![Self::Text, Self::Hex]
        } else {
            vec![Self::Hex, Self::Text]
        }
    }

    /// The bytes as harmless lines of at most `width` columns.
    pub(super) fn lines(self, bytes: &[u8], width: usize) -> Vec<Line> {
        let width = width.max(4);
        let mut lines = Vec::new();
        match self {
            Self::Text => {
                let whole = bytes.split(|&byte| byte == b'\n');
                (1..).zip(whole).for_each(|(number, line)| fold(number, line, width, &mut lines));
            }
            Self::Json => {
                (1..).zip(&indented(bytes)).for_each(|(number, line)| fold(number, line, width, &mut lines));
            }
            Self::Hex => {
                // `00000000  00 11 22 33 …  ....`
                let per_line = [16, 8, 4].into_iter().find(|count| 11 + count * 4 <= width).unwrap_or(2);
                let dump = |(at, chunk): (usize, &[u8])| Line {
                    // Its offset says more.
                    number: None,
                    text: dump_line(at * per_line, chunk, per_line),
                };
                lines.extend(bytes.chunks(per_line).enumerate().map(dump));
            }
        }
        lines.truncate(LINES_MAX);
        lines
    }
}

/// Worth showing as JSON: an object or an array, not just a number or a word.
fn is_json(bytes: &[u8]) -> bool {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'[')) && serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

/// Mostly printable UTF-8; a character may be cut at the end of what was loaded.
fn is_text(bytes: &[u8], is_whole: bool) -> bool {
    let valid = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if !is_whole && error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let controls = valid.chars().filter(|character| character.is_control() && !character.is_whitespace()).count();
    controls * 20 <= valid.len()
}

fn fold(number: usize, line: &[u8], width: usize, lines: &mut Vec<Line>) {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    // Tabs are for indentation; everything else that is no text shows as what it is.
    let expanded: Vec<u8>;
    let line = if line.contains(&b'\t') {
        expanded = line
            .iter()
            .flat_map(|byte| if *byte == b'\t' { b"    ".as_slice() } else { std::slice::from_ref(byte) })
            .copied()
            .collect();
        &expanded
    } else {
        line
    };
    let whole = text::harmless(line);
    let mut rest = whole.as_ref();
    let mut number = Some(number);
    loop {
        let head = text::prefix(rest, width);
        lines.push(Line { number: number.take(), text: head.to_owned() });
        rest = &rest[head.len()..];
        if rest.is_empty() || head.is_empty() || lines.len() > LINES_MAX {
            return;
        }
    }
}

fn dump_line(at: usize, chunk: &[u8], per_line: usize) -> String {
    let hex: Vec<String> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
    let shown = |&byte: &u8| if byte.is_ascii_graphic() || byte == b' ' { char::from(byte) } else { '.' };
    let characters: String = chunk.iter().map(shown).collect();
    format!("{at:08x}  {:<width$}  {characters}", hex.join(" "), width = per_line * 3 - 1)
}

/// Breaks JSON into indented lines without touching numbers, strings or the order of members. What it gets was parsed before.
fn indented(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    let mut line: Vec<u8> = Vec::new();
    let (mut depth, mut is_in_string, mut is_escaped) = (0_usize, false, false);
    let mut meaningful = bytes.iter().copied().peekable();
    let skip_space = |bytes: &mut std::iter::Peekable<std::iter::Copied<std::slice::Iter<'_, u8>>>| {
        while bytes.next_if(u8::is_ascii_whitespace).is_some() {}
    };
    while let Some(byte) = meaningful.next() {
        if is_in_string {
            line.push(byte);
            is_in_string = byte != b'"' || is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            continue;
        }
        match byte {
            b'"' => {
                is_in_string = true;
                line.push(byte);
            }
            b'{' | b'[' => {
                line.push(byte);
                skip_space(&mut meaningful);
                // What is empty stays on its line.
                if let Some(close) = meaningful.next_if(|next| matches!(next, b'}' | b']')) {
                    line.push(close);
                } else {
                    depth += 1;
                    break_line(&mut lines, &mut line, depth);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                break_line(&mut lines, &mut line, depth);
                line.push(byte);
            }
            b',' => {
                line.push(byte);
                break_line(&mut lines, &mut line, depth);
            }
            b':' => line.extend_from_slice(b": "),
            byte if byte.is_ascii_whitespace() => {}
            byte => line.push(byte),
        }
    }
    lines.push(line);
    lines
}

fn break_line(lines: &mut Vec<Vec<u8>>, line: &mut Vec<u8>, depth: usize) {
    let next = vec![b' '; 2 * depth.min(INDENT_MAX)];
    lines.push(std::mem::replace(line, next));
}

/// Reads text in the spelling of [`text::harmless`] back into bytes, so that any name can be typed.
pub(super) fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escape)) = rest.split_once('\\') {
        bytes.extend_from_slice(plain.as_bytes());
        let wrong =
            || format!("\\{} stands for nothing; a backslash is \\\\", escape.chars().take(4).collect::<String>());
        let kind = escape.chars().next().ok_or_else(wrong)?;
        let after = &escape[kind.len_utf8()..];
        rest = match kind {
            '\\' => push(&mut bytes, b"\\", after),
            'n' => push(&mut bytes, b"\n", after),
            'r' => push(&mut bytes, b"\r", after),
            't' => push(&mut bytes, b"\t", after),
            'x' => {
                let digits = after.get(..2).ok_or_else(wrong)?;
                let byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
                push(&mut bytes, &[byte], &after[2..])
            }
            'u' => {
                let (digits, after) =
                    after.strip_prefix('{').and_then(|rest| rest.split_once('}')).ok_or_else(wrong)?;
                let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).ok_or_else(wrong)?;
                push(&mut bytes, code.encode_utf8(&mut [0; 4]).as_bytes(), after)
            }
            _ => return Err(wrong()),
        };
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
}

fn push<'a>(bytes: &mut Vec<u8>, with: &[u8], rest: &'a str) -> &'a str {
    bytes.extend_from_slice(with);
    rest
}

/// A name as it is shown: at most so many columns; one without characters is a pair of quotes.
pub(super) fn name(name: &[u8], width: usize, ellipsis: &str) -> String {
    if name.is_empty() { "\"\"".into() } else { text::line(name, width, ellipsis) }
}

/// The spelling that [`unescape`] reads, with spaces at either end kept from being trimmed.
pub(super) fn spelled(name: &[u8]) -> String {
    let mut text = text::harmless(name).into_owned();
    if text.starts_with(' ') {
        text.replace_range(..1, r"\x20");
    }
    if text.ends_with(' ') {
        text.replace_range(text.len() - 1.., r"\x20");
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_suits_what() {
        for (bytes, is_whole, best) in [
            (&b"{\"a\": [1, 2]}"[..], true, Format::Json),
            (b"{\"a\": [1, 2", false, Format::Text),
            (b"42", true, Format::Text),
            (b"", true, Format::Text),
            ("数据".as_bytes(), true, Format::Text),
            (&"数据".as_bytes()[..5], false, Format::Text),
            (&"数据".as_bytes()[..5], true, Format::Hex),
            (b"\x00\x01\x02\x03", true, Format::Hex),
        ] {
            assert_eq!(Format::suited(bytes, is_whole)[0], best, "{bytes:?}");
        }
    }

    #[test]
    fn json_is_indented_and_otherwise_untouched() {
        let json = br#"{"b":1.50,"a":[{},[ ],"x,\"{y"],"n":12345678901234567890123}"#;
        let lines: Vec<String> = Format::Json.lines(json, 60).into_iter().map(|line| line.text).collect();
        let expected = [
            "{",
            "  \"b\": 1.50,",
            "  \"a\": [",
            "    {},",
            "    [],",
            r#"    "x,\\"{y""#,
            "  ],",
            "  \"n\": 12345678901234567890123",
            "}",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn long_lines_are_folded_and_dumps_fit() {
        let told = |format: Format, bytes: &[u8], width| -> Vec<(Option<usize>, String)> {
            format.lines(bytes, width).into_iter().map(|line| (line.number, line.text)).collect()
        };
        let folded =
            [(Some(1), "abcde"), (None, "fgh"), (Some(2), ""), (Some(3), r"\x1b["), (None, "2J   "), (None, " x")];
        let folded = folded.map(|(number, text)| (number, text.to_owned()));
        assert_eq!(told(Format::Text, b"abcdefgh\r\n\n\x1b[2J\tx", 5), folded);
        assert_eq!(told(Format::Hex, b"a\x00b", 30), [(None, "00000000  61 00 62     a.b".to_owned())]);
        let wide = Format::Hex.lines(&[0x41; 20], 80);
        assert_eq!(wide[1].text, "00000010  41 41 41 41                                      AAAA");
    }

    proptest! {
        #[test]
        fn lines_keep_to_their_width(bytes in prop::collection::vec(any::<u8>(), 0..300), width in 20_usize..100) {
            for format in [Format::Text, Format::Json, Format::Hex] {
                for Line { text: line, .. } in format.lines(&bytes, width) {
                    prop_assert!(text::width(&line) <= width && !line.contains(char::is_control), "{line:?}");
                }
            }
        }

        #[test]
        fn every_name_can_be_typed(name in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(unescape(spelled(&name).trim()), Ok(name));
        }

        #[test]
        fn whatever_is_typed_is_read_or_refused(text in any::<String>()) {
            let _ = unescape(&text);
        }
    }
}
