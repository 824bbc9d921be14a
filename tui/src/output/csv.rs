//! CSV: one header, then lines that begin with the time.

use std::io::{self, Write};

use super::entry::Cell;
use super::{Picture, Writer};
use crate::text;

/// Writes CSV.
pub(super) struct Csv<W> {
    out: W,
    has_header: bool,
}

impl<W: Write> Csv<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, has_header: false }
    }
}

impl<W: Write> Writer for Csv<W> {
    fn write(&mut self, picture: &Picture<'_>) -> io::Result<()> {
        let mut lines = csv::Writer::from_writer(Vec::new());
        if !std::mem::replace(&mut self.has_header, true) {
            let names = picture.view.fields().into_iter().map(|field| field.name);
            lines.write_record(std::iter::once("at_ms").chain(names))?;
        }
        let at_ms = picture.sample.at_ms.to_string();
        for row in &picture.rows {
            lines.write_field(&at_ms)?;
            for entry in row {
                lines.write_field(field(&entry.cell))?;
            }
            lines.write_record(None::<&[u8]>)?;
        }
        let lines = lines.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
        self.out.write_all(&lines)?;
        self.out.flush()
    }
}

/// What is not told is empty. Text is made harmless, as on the screen: a file of lines has to be readable with `less`.
fn field(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Text(text) => text::harmless(text.as_bytes()).into_owned(),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Whole(number) => number.to_string(),
        Cell::Number(number) => number.to_string(),
    }
}
