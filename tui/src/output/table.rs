//! Tables for people: not part of the contract.

use std::io::{self, Write};
use std::time::Duration;

use super::entry::{Cell, Entry, Kind};
use super::{Picture, Writer};
use crate::format;
use crate::text::{self, Align};

/// Lines of a view of one row after which its heading comes again.
const HEADING_EVERY: u64 = 20;
/// Columns of a view of one row are at least that wide: the first line does not know what follows.
const WIDTH_MIN: usize = 7;
/// Between columns.
const GAP: &str = "  ";

/// Writes tables.
pub(super) struct Table<W> {
    out: W,
    is_watched: bool,
    pictures: u64,
    /// Widths of the columns of a view of one row; they only grow, so that its lines stay one table.
    widths: Vec<usize>,
}

impl<W: Write> Table<W> {
    pub(super) fn new(out: W, is_watched: bool) -> Self {
        Self { out, is_watched, pictures: 0, widths: Vec::new() }
    }

    /// Every field on a line of its own.
    fn facts(&mut self, rows: &[Vec<Entry>]) -> Vec<String> {
        let width = rows.iter().flatten().map(|entry| entry.name.len()).max().unwrap_or(0);
        let line = |entry: &Entry| format!("{:width$}{GAP}{}", entry.name, shown(entry));
        rows.iter().flatten().map(line).collect()
    }

    fn columns(&mut self, picture: &Picture<'_>, has_heading: bool) -> Vec<String> {
        let headed = |row: Vec<Entry>| row.into_iter().filter(|entry| entry.heading.is_some()).collect::<Vec<_>>();
        let fields = headed(picture.view.fields());
        let rows: Vec<Vec<String>> = picture
            .rows
            .iter()
            .map(|row| row.iter().filter(|entry| entry.heading.is_some()).map(shown).collect())
            .collect();
        if !picture.view.is_one_row() {
            self.widths.clear();
        }
        self.widths.resize(fields.len(), if picture.view.is_one_row() { WIDTH_MIN } else { 0 });
        for (column, field) in fields.iter().enumerate() {
            let cells = rows.iter().map(|row| text::width(&row[column]));
            let widest = cells.max().unwrap_or(0).max(field.heading.map_or(0, text::width));
            self.widths[column] = self.widths[column].max(widest);
        }
        let line = |cells: Vec<&str>| {
            let aligned = cells.iter().zip(&self.widths).zip(&fields).map(|((cell, &width), field)| {
                let align = if field.kind.is_words() { Align::Left } else { Align::Right };
                text::fit(cell, width, align, "")
            });
            aligned.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
        };
        let heading = has_heading.then(|| line(fields.iter().filter_map(|field| field.heading).collect()));
        let rows = rows.iter().map(|row| line(row.iter().map(String::as_str).collect()));
        heading.into_iter().chain(rows).collect()
    }
}

impl<W: Write> Writer for Table<W> {
    fn write(&mut self, picture: &Picture<'_>) -> io::Result<()> {
        let is_one_row = picture.view.is_one_row();
        let mut lines = match (self.is_watched, is_one_row) {
            (false, true) => self.facts(&picture.rows),
            (true, true) => self.columns(picture, self.pictures.is_multiple_of(HEADING_EVERY)),
            (_, false) => self.columns(picture, true),
        };
        if self.is_watched && !is_one_row {
            lines.insert(0, time(picture.sample.at_ms / 1_000));
            lines.push(String::new());
        }
        self.pictures += 1;
        self.out.write_all((lines.join("\n") + "\n").as_bytes())?;
        self.out.flush()
    }
}

fn shown(entry: &Entry) -> String {
    if let (Cell::Whole(0), Some(words)) = (&entry.cell, entry.zero) {
        return words.to_owned();
    }
    match (&entry.cell, entry.kind) {
        (Cell::Null, _) => format::UNKNOWN.to_owned(),
        (Cell::Text(text), _) => text::harmless(text.as_bytes()).into_owned(),
        (Cell::Flag(flag), _) => if *flag { "yes" } else { "no" }.to_owned(),
        (Cell::Whole(value), Kind::Bytes) => format::bytes(*value),
        (Cell::Whole(value @ 0..60), Kind::Seconds) => format!("{value} s"),
        (Cell::Whole(value), Kind::Seconds) => format::duration(Duration::from_secs(*value), "µ"),
        (Cell::Whole(value), Kind::Milliseconds) if entry.is_coarse => format::whole_seconds(value / 1_000),
        (Cell::Whole(value), Kind::Milliseconds) => format::duration(Duration::from_millis(*value), "µ"),
        (Cell::Whole(value), Kind::Time) => time(*value),
        (Cell::Whole(value), _) => value.to_string(),
        (Cell::Number(value), Kind::Ratio) => format::percent(*value),
        (Cell::Number(value), Kind::Microseconds) => format::latency_us(*value, "µ"),
        (Cell::Number(value), Kind::PerSecond) => format::rate(*value),
        (Cell::Number(value), Kind::BytesPerSecond) => format::bytes_rate(*value),
        (Cell::Number(value), _) => value.to_string(),
    }
}

/// A time as others write it in logs, of no zone but UTC.
fn time(at_s: u64) -> String {
    let at = i64::try_from(at_s).ok().and_then(|at_s| jiff::Timestamp::from_second(at_s).ok());
    at.map_or_else(|| format::UNKNOWN.to_owned(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::entry::milliseconds;
    use super::*;

    #[test]
    fn whole_seconds_claim_no_more_than_they_tell() {
        let told = |value: Option<u64>, is_coarse| shown(&milliseconds("took", value, "").in_whole_seconds(is_coarse));
        assert_eq!([0, 2_000].map(|value| told(Some(value), true)), ["<1 s", "2 s"]);
        assert_eq!([12, 2_000].map(|value| told(Some(value), false)), ["12.0 ms", "2.0 s"]);
        assert_eq!(told(None, true), format::UNKNOWN);
    }
}
