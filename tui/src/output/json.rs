//! JSON: an object a line.

use std::io::{self, Write};

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::ser::{CharEscape, Formatter};

use super::entry::{Cell, Entry};
use super::{Picture, Writer};
use crate::text;

/// The version of the contract: larger when a field goes or changes its meaning, not when one is added.
pub(super) const VERSION: u64 = 1;

/// Writes JSON lines.
pub(super) struct Json<W> {
    out: W,
}

impl<W: Write> Json<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write> Writer for Json<W> {
    fn write(&mut self, picture: &Picture<'_>) -> io::Result<()> {
        let mut line = harmless(&Object(picture))?;
        line.push(b'\n');
        self.out.write_all(&line)?;
        self.out.flush()
    }
}

/// A value in one line, in which no terminal takes anything for more than text.
pub(crate) fn harmless(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut json = Vec::new();
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut json, Harmless))?;
    Ok(json)
}

struct Object<'a>(&'a Picture<'a>);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(picture) = self;
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("version", &VERSION)?;
        map.serialize_entry("view", picture.view.name())?;
        map.serialize_entry("at_ms", &picture.sample.at_ms)?;
        map.serialize_entry("server", &picture.sample.server)?;
        map.serialize_entry("rows", &Rows(&picture.rows))?;
        map.end()
    }
}

struct Rows<'a>(&'a [Vec<Entry>]);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(Some(self.0.len()))?;
        for row in self.0 {
            rows.serialize_element(&Row(row))?;
        }
        rows.end()
    }
}

struct Row<'a>(&'a [Entry]);

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for entry in self.0 {
            map.serialize_entry(entry.name, &entry.cell)?;
        }
        map.end()
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Whole(number) => serializer.serialize_u64(*number),
            Self::Number(number) => serializer.serialize_f64(*number),
        }
    }
}

/// Writes as `\u…` whatever a terminal might take for more than text: JSON escapes the first 32 characters alone, but there are
/// control characters beyond them, and characters that turn a line around.
struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.is_ascii() && !fragment.contains('\u{7f}') {
            return out.write_all(fragment.as_bytes());
        }
        let mut utf8 = [0; 4];
        let mut utf16 = [0; 2];
        for char in fragment.chars() {
            let bytes = char.encode_utf8(&mut utf8).as_bytes();
            if char == '\\' || text::harmless(bytes).as_bytes() == bytes {
                out.write_all(bytes)?;
            } else {
                for unit in char.encode_utf16(&mut utf16) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, out: &mut W, escape: CharEscape) -> io::Result<()> {
        serde_json::ser::CompactFormatter.write_char_escape(out, escape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_the_same_and_is_harmless() {
        let hostile = "a\u{1b}[2J\u{9b}31m\u{202e}\u{7f}\u{e0041}日本\\\"\n\u{feff}é";
        let line = String::from_utf8(harmless(&hostile).unwrap()).unwrap();
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), hostile);
        assert!(line.contains("日本") && line.contains('é'));
        assert!(!line.chars().any(|char| char.is_control() || "\u{202e}\u{feff}\u{e0041}".contains(char)), "{line}");
    }
}
