//! Text from the server made harmless, and cut to the columns it may take.
//!
//! Key names, client names and values are bytes that anyone may have chosen. Drawn as they are they could move the cursor,
//! change the title of the window, or turn the rest of a line around. [`harmless`] shows whatever is not plainly printable
//! as an escape that redis-cli's users know (`\n`, `\x1b`, `\u{202e}`). Letters of scripts written from right to left stay:
//! they are names people use.
//!
//! What stays takes the same columns everywhere: a terminal that counts code point by code point and one that knows grapheme
//! clusters draw it alike, for a cluster is one base with marks that take no room. Else part of a name could stay behind on the
//! screen, beside a number. So flags, joined letters of Indic scripts and vowels with a column of their own become escapes.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Combining marks that may follow one base; more would pile up beyond the line, or hide megabytes in one column.
const MARKS_MAX: usize = 3;

/// Where text lies in a column that is wider than it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// At the left: names.
    #[default]
    Left,
    /// At the right: numbers.
    Right,
}

/// Shows bytes as text that no terminal takes for anything but text.
///
/// Control characters, invisible and reordering characters and invalid UTF-8 become escapes, a backslash becomes two:
/// different bytes never look the same. Made once, where the text enters; a second pass would double the backslashes.
/// Costs nothing but a look at each byte when the text is plain ASCII.
pub fn harmless(bytes: &[u8]) -> Cow<'_, str> {
    escape(bytes, Backslash::Doubled)
}

/// The same for what the user types, where a backslash stands for itself.
pub fn typed(text: &str) -> Cow<'_, str> {
    escape(text.as_bytes(), Backslash::Kept)
}

/// [`harmless`] text of as much of `bytes` as `width` columns can show, cut; costs `O(width)` however long the bytes are.
pub fn line(bytes: &[u8], width: usize, ellipsis: &str) -> String {
    // A column takes at most one base of four bytes with its marks; two columns more, even when part of one goes below, show that
    // something was cut.
    let enough = width.saturating_add(2).saturating_mul(4 * (1 + MARKS_MAX));
    let mut end = bytes.len().min(enough);
    // Steps back to where a character begins, unless the bytes are no UTF-8 anyway.
    if end < bytes.len() {
        end -= (0..4.min(end)).find(|back| bytes[end - back] & 0xC0 != 0x80).unwrap_or(0);
    }
    cut(&harmless(&bytes[..end]), width, ellipsis).into_owned()
}

/// Columns that `text` takes: the sum over its grapheme clusters, as it will be drawn cell by cell.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(UnicodeWidthStr::width).sum() }
}

/// Cuts `text` to `width` columns; what is missing shows as `ellipsis`. Never splits a grapheme cluster, so the result may
/// be a column narrower than allowed.
pub fn cut<'a>(text: &'a str, width: usize, ellipsis: &str) -> Cow<'a, str> {
    // A column is at least a byte: short text needs no counting.
    if text.len() <= width || self::width(text) <= width {
        return Cow::Borrowed(text);
    }
    let ellipsis_width = self::width(ellipsis);
    if ellipsis_width > width {
        return Cow::Borrowed(prefix(text, width));
    }
    Cow::Owned(format!("{}{ellipsis}", prefix(text, width - ellipsis_width)))
}

/// The longest beginning of `text` that fits `width` columns.
pub fn prefix(text: &str, width: usize) -> &str {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += grapheme.width();
        if used > width {
            return &text[..at];
        }
    }
    text
}

/// The longest end of `text` that fits `width` columns.
pub fn suffix(text: &str, width: usize) -> &str {
    let mut used = 0;
    let mut start = text.len();
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += grapheme.width();
        if used > width {
            break;
        }
        start = at;
    }
    &text[start..]
}

/// Cuts or pads `text` to exactly `width` columns.
pub fn fit(text: &str, width: usize, align: Align, ellipsis: &str) -> String {
    let text = cut(text, width, ellipsis);
    let space = " ".repeat(width - self::width(&text));
    match align {
        Align::Left => format!("{text}{space}"),
        Align::Right => format!("{space}{text}"),
    }
}

/// Breaks `text` into lines of at most `width` columns, between words where it can; at most `lines_max` of them, the last one
/// cut.
pub fn wrap(text: &str, width: usize, lines_max: usize, ellipsis: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    if width == 0 || lines_max == 0 {
        return lines;
    }
    let mut rest = text.trim_end();
    while !rest.is_empty() {
        if lines.len() + 1 == lines_max {
            lines.push(cut(rest, width, ellipsis).into_owned());
            return lines;
        }
        let mut head = prefix(rest, width);
        if head.is_empty() {
            // A wide character in a single column: it cannot be shown at all.
            lines.push(cut(rest, width, ellipsis).into_owned());
            return lines;
        }
        if head.len() < rest.len()
            && !rest[head.len()..].starts_with(' ')
            && let Some(space) = head.rfind(' ').filter(|&at| at > 0)
        {
            head = &head[..space];
        }
        lines.push(head.trim_end().to_owned());
        rest = rest[head.len()..].trim_start();
    }
    lines
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Backslash {
    Doubled,
    Kept,
}

fn escape(bytes: &[u8], backslash: Backslash) -> Cow<'_, str> {
    let plain = |&byte: &u8| matches!(byte, b' '..=b'~') && (byte != b'\\' || backslash == Backslash::Kept);
    if bytes.iter().all(plain)
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        // Marks that the base before may still take; none at the beginning, where they would join what stands before.
        let mut marks_left = 0;
        for character in chunk.valid().chars() {
            let marks = usize::from(is_mark(character));
            match character {
                '\\' if backslash == Backslash::Doubled => out.push_str(r"\\"),
                '\n' => out.push_str(r"\n"),
                '\r' => out.push_str(r"\r"),
                '\t' => out.push_str(r"\t"),
                '\0'..='\x1f' | '\x7f' => escape_byte(&mut out, character as u8),
                _ if is_invisible(character) || marks > marks_left || (marks == 0 && !stands_alone(character)) => {
                    // Writing to a string cannot fail.
                    let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
                    marks_left = 0;
                    continue;
                }
                _ => {
                    out.push(character);
                    marks_left = if marks > 0 { marks_left - 1 } else { MARKS_MAX };
                    continue;
                }
            }
            marks_left = 0;
        }
        for &byte in chunk.invalid() {
            escape_byte(&mut out, byte);
        }
    }
    Cow::Owned(out)
}

fn escape_byte(out: &mut String, byte: u8) {
    let _ = write!(out, "\\x{byte:02x}");
}

/// Whether a character shows nothing itself, or changes how others show: C1 controls, Unicode's default-ignorable characters
/// (zero-width spaces and joiners, variation selectors, tags), line separators, bidirectional embeddings, overrides and
/// isolates, interlinear annotations.
fn is_invisible(character: char) -> bool {
    matches!(u32::from(character),
        0x80..=0x9F | 0xAD | 0x34F | 0x600..=0x605 | 0x61C | 0x6DD | 0x70F | 0x115F..=0x1160 | 0x17B4..=0x17B5
        | 0x180B..=0x180F | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF
        | 0xFFA0 | 0xFFF0..=0xFFFB | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF)
}

/// Whether a character is a combining mark that takes no column of its own in any terminal, and joins only the base before it.
fn is_mark(character: char) -> bool {
    matches!(u32::from(character),
        0x300..=0x34E | 0x350..=0x36F | 0x483..=0x489 | 0x591..=0x5BD | 0x5BF | 0x5C1..=0x5C2 | 0x5C4..=0x5C5 | 0x5C7
        | 0x610..=0x61A | 0x64B..=0x65F | 0x670 | 0x6D6..=0x6DC | 0x6DF..=0x6E4 | 0x6E7..=0x6E8 | 0x6EA..=0x6ED
        | 0x900..=0x902 | 0x93A | 0x93C | 0x941..=0x948 | 0xE31 | 0xE34..=0xE3A | 0xE47..=0xE4E | 0xEB1 | 0xEB4..=0xEB9
        | 0xEBB..=0xEBC | 0xEC8..=0xECD | 0x1AB0..=0x1ABD | 0x1DC0..=0x1DF5 | 0x1DFC..=0x1DFF | 0x20D0..=0x20E1
        | 0x20E5..=0x20F0 | 0x3099..=0x309A | 0xFE20..=0xFE2F)
}

/// Whether a character takes a column or two, and is a grapheme cluster of its own whatever stands before and after it.
fn stands_alone(character: char) -> bool {
    // Letters of most of the world's text, which need no closer look.
    if matches!(u32::from(character), 0..=0x2FF | 0x370..=0x482 | 0x48A..=0x52F | 0x4E00..=0x9FFF | 0xAC00..=0xD7A3) {
        return true;
    }
    let mut between = [0; 10];
    let mut is_apart = |before: char, after: char| {
        let len = before.encode_utf8(&mut between).len();
        let len = len + after.encode_utf8(&mut between[len..]).len();
        std::str::from_utf8(&between[..len]).is_ok_and(|both| both.graphemes(true).count() == 2)
    };
    matches!(character.width(), Some(1 | 2))
        && is_apart('a', character)
        && is_apart(character, 'a')
        && is_apart(character, character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::*;

    #[test]
    fn what_is_shown_for_what() {
        for (bytes, shown) in [
            (&b"user:42"[..], "user:42"),
            (b"", ""),
            (b"a\nb\tc\rd", r"a\nb\tc\rd"),
            (b"\x1b]0;title\x07", r"\x1b]0;title\x07"),
            (b"\x7f\0", r"\x7f\x00"),
            (br"a\nb", r"a\\nb"),
            (b"\xff\xc3", r"\xff\xc3"),
            ("caf\u{e9} ключ 数据 🦀".as_bytes(), "café ключ 数据 🦀"),
            ("\u{9b}31m".as_bytes(), r"\u{9b}31m"),
            ("a\u{202e}b\u{2066}".as_bytes(), r"a\u{202e}b\u{2066}"),
            ("a\u{200b}b\u{feff}\u{200d}".as_bytes(), r"a\u{200b}b\u{feff}\u{200d}"),
            ("e\u{301}".as_bytes(), "e\u{301}"),
            ("\u{301}e".as_bytes(), r"\u{301}e"),
            ("e\u{301}\u{301}\u{301}\u{301}\u{301}".as_bytes(), "e\u{301}\u{301}\u{301}\\u{301}\\u{301}"),
            ("\u{e0041}".as_bytes(), r"\u{e0041}"),
            ("क्षि".as_bytes(), r"क\u{94d}ष\u{93f}"),
            ("ทำน้ำ".as_bytes(), r"ท\u{e33}น้\u{e33}"),
            ("🇩🇪".as_bytes(), r"\u{1f1e9}\u{1f1ea}"),
            ("👍🏽".as_bytes(), r"👍\u{1f3fd}"),
            ("각".as_bytes(), "각"),
            ("\u{1100}\u{1161}\u{11a8}".as_bytes(), r"\u{1100}\u{1161}\u{11a8}"),
            ("が か\u{3099}".as_bytes(), "が か\u{3099}"),
            ("שָׁלוֹם مَرْحَبًا".as_bytes(), "שָׁלוֹם مَرْحَبًا"),
        ] {
            assert_eq!(harmless(bytes), shown);
        }
        assert!(matches!(harmless(b"plain"), Cow::Borrowed("plain")));
        assert_eq!(typed("a\\b\x1b"), "a\\b\\x1b");
    }

    #[test]
    fn marks_take_no_column_and_letters_stand_alone() {
        for character in ('\u{a0}'..=char::MAX).filter(|character| !is_invisible(*character)) {
            if is_mark(character) {
                assert_eq!(character.width(), Some(0), "{:x}", u32::from(character));
            } else if stands_alone(character) {
                let pairs = [format!("a{character}"), format!("{character}a"), format!("{character}{character}")];
                assert!(pairs.iter().all(|pair| pair.graphemes(true).count() == 2), "{:x}", u32::from(character));
                assert!(matches!(character.width(), Some(1 | 2)), "{:x}", u32::from(character));
            }
        }
    }

    #[test]
    fn cutting_counts_columns() {
        for (text, width, shown) in [
            ("sessions", 8, "sessions"),
            ("sessions", 7, "sessio…"),
            ("sessions", 1, "…"),
            ("sessions", 0, ""),
            ("数据库", 6, "数据库"),
            ("数据库", 5, "数据…"),
            ("数据库", 4, "数…"),
            ("🦀🦀", 3, "🦀…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
        ] {
            assert_eq!(cut(text, width, "…"), shown, "{text} in {width}");
        }
        assert_eq!(cut("sessions", 4, "~"), "ses~");
        assert_eq!(suffix("sessions", 3), "ons");
        assert_eq!(fit("数据", 5, Align::Left, "…"), "数据 ");
        assert_eq!(fit("42", 5, Align::Right, "…"), "   42");
        assert_eq!(fit("12345678", 5, Align::Right, "…"), "1234…");
    }

    #[test]
    fn wrapping_breaks_between_words() {
        assert_eq!(wrap("reads and writes go on", 10, 9, "…"), ["reads and", "writes go", "on"]);
        assert_eq!(wrap("reads and writes go on", 10, 2, "…"), ["reads and", "writes go…"]);
        assert_eq!(wrap("averylongword", 5, 9, "…"), ["avery", "longw", "ord"]);
        assert_eq!(wrap("数", 1, 9, "…"), ["…"]);
        assert!(wrap("x", 0, 9, "…").is_empty());
    }

    #[test]
    fn a_line_looks_only_at_what_it_shows() {
        assert_eq!(line(&vec![b'x'; 1 << 24], 4, "…"), "xxx…");
        assert_eq!(line("数".repeat(1 << 20).as_bytes(), 5, "…"), "数数…");
        assert_eq!(line(&[0x80; 1 << 20], 6, "…"), r"\x80\…");
        let marked = "x\u{20dd}\u{20dd}\u{20dd}";
        assert_eq!(line(marked.repeat(1000).as_bytes(), 3, "…"), format!("{}…", marked.repeat(2)));
    }

    /// Bytes with much of what hurts: controls, marks, cut and reordering characters.
    fn nasty() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            any::<char>().prop_map(|character| character.to_string().into_bytes()),
            any::<u8>().prop_map(|byte| vec![byte]),
            prop::sample::select(vec![
                "\x1b[2J",
                "\u{202e}",
                "\u{301}",
                "\\",
                "👩\u{200d}🚀",
                "数",
                "क्षि",
                "ทำน้ำ",
                "🇩🇪",
                "👍🏽",
                "\u{1100}",
                "가",
                "\u{85}",
                "\n"
            ])
            .prop_map(|text| text.as_bytes().to_vec()),
        ];
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn harmless_text_has_no_control_characters(bytes in nasty()) {
            let text = harmless(&bytes);
            prop_assert!(!text.chars().any(|character| character.is_control() || is_invisible(character)));
            prop_assert!(!typed(&text).chars().any(char::is_control));
        }

        #[test]
        fn what_is_drawn_takes_the_columns_of_its_code_points(bytes in nasty()) {
            let text = harmless(&bytes);
            let columns = |text: &str| text.chars().map(|character| character.width().unwrap_or(0)).sum::<usize>();
            prop_assert_eq!(width(&text), columns(&text));
            let mut buffer = Buffer::empty(Rect::new(0, 0, 1_000, 1));
            let (end, _) = buffer.set_stringn(0, 0, &text, 1_000, ratatui::style::Style::new());
            prop_assert_eq!(usize::from(end), columns(&text).min(1_000));
            for cell in buffer.content() {
                let bases = cell.symbol().chars().filter(|character| !is_mark(*character)).count();
                prop_assert_eq!(bases, 1, "{:?}", cell.symbol());
            }
        }

        #[test]
        fn different_bytes_never_look_the_same(left in nasty(), right in nasty()) {
            prop_assert_eq!(left == right, harmless(&left) == harmless(&right));
        }

        #[test]
        fn text_keeps_to_its_columns(bytes in nasty(), columns in 0_usize..30) {
            let text = harmless(&bytes);
            prop_assert!(width(&cut(&text, columns, "…")) <= columns);
            prop_assert!(width(suffix(&text, columns)) <= columns);
            prop_assert_eq!(width(&fit(&text, columns, Align::Right, "~")), columns);
            prop_assert!(wrap(&text, columns, 5, "…").iter().all(|line| width(line) <= columns));
            prop_assert_eq!(line(&bytes, columns, "…").chars().filter(|c| c.is_control()).count(), 0);
            prop_assert!(width(&line(&bytes, columns, "…")) <= columns);
        }
    }
}
