//! Tables for people: not part of the contract.

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use super::entry::{Cell, Entry, Kind};
use super::{Picture, Writer};
use crate::format;
use crate::text::{self, Align};

/// Lines of a view of one row after which its heading comes again.
const HEADING_EVERY: u64 = 20;
/// Columns of a view of one row are at least that wide: the first line does not know what follows.
const WIDTH_MIN: usize = 7;
/// Columns of a cell; one long name must not make every line long.
const CELL_WIDTH_MAX: usize = 64;
/// Between columns.
const GAP: &str = "  ";

/// Writes tables.
pub(super) struct Table<W: Write> {
    out: BufWriter<W>,
    is_watched: bool,
    pictures: u64,
    /// Widths of the columns of a view of one row; they only grow, so that its lines stay one table.
    widths: Vec<usize>,
}

impl<W: Write> Table<W> {
    pub(super) fn new(out: W, is_watched: bool) -> Self {
        Self { out: BufWriter::new(out), is_watched, pictures: 0, widths: Vec::new() }
    }

    /// Every field on a line of its own.
    fn facts(&mut self, rows: &[Vec<Entry>]) -> io::Result<()> {
        let width = rows.iter().flatten().map(|entry| entry.name.len()).max().unwrap_or(0);
        rows.iter().flatten().try_for_each(|entry| writeln!(self.out, "{:width$}{GAP}{}", entry.name, shown(entry)))
    }

    fn columns(&mut self, picture: &Picture<'_>, has_heading: bool) -> io::Result<()> {
        let fields: Vec<Entry> = picture.view.fields().into_iter().filter(|field| field.heading.is_some()).collect();
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
        let line = |cells: &[&str]| {
            let aligned = cells.iter().zip(&self.widths).zip(&fields).map(|((cell, &width), field)| {
                let align = if field.kind.is_words() { Align::Left } else { Align::Right };
                text::fit(cell, width, align, "")
            });
            aligned.collect::<Vec<_>>().join(GAP)
        };
        if has_heading {
            let headings: Vec<&str> = fields.iter().filter_map(|field| field.heading).collect();
            writeln!(self.out, "{}", line(&headings).trim_end())?;
        }
        for row in &rows {
            let cells: Vec<&str> = row.iter().map(String::as_str).collect();
            writeln!(self.out, "{}", line(&cells).trim_end())?;
        }
        Ok(())
    }
}

impl<W: Write> Writer for Table<W> {
    fn write(&mut self, picture: &Picture<'_>) -> io::Result<()> {
        let is_one_row = picture.view.is_one_row();
        let is_list_again = self.is_watched && !is_one_row;
        if is_list_again {
            writeln!(self.out, "{}", time(picture.sample.at_ms / 1_000))?;
        }
        match (self.is_watched, is_one_row) {
            (false, true) => self.facts(&picture.rows)?,
            (true, true) => self.columns(picture, self.pictures.is_multiple_of(HEADING_EVERY))?,
            (_, false) => self.columns(picture, true)?,
        }
        if is_list_again {
            writeln!(self.out)?;
        }
        self.pictures += 1;
        self.out.flush()
    }
}

fn shown(entry: &Entry) -> String {
    if let (Cell::Whole(0), Some(words)) = (&entry.cell, entry.zero) {
        return words.to_owned();
    }
    match (&entry.cell, entry.kind) {
        (Cell::Null, _) => format::UNKNOWN.to_owned(),
        (Cell::Text(text), _) => text::line(text.as_bytes(), CELL_WIDTH_MAX, "…"),
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
    use std::sync::Arc;

    use super::super::entry::milliseconds;
    use super::super::views::{self, Reading};
    use super::*;
    use crate::state::sample::{Clients, Sample};
    use crate::state::tab::Tab;

    #[test]
    fn one_long_name_makes_no_line_long() {
        let name = "n".repeat(1024 * 1024);
        let list = format!("id=1 addr=a name=x cmd=get\nid=2 addr=a name={name} cmd={name}\n");
        let sample = Sample { clients: Some(Arc::new(Clients::parse(&list))), ..Sample::default() };
        let view = views::View::of(Tab::Clients).unwrap();
        let rows = view.rows(&Reading { now: &sample, before: None, namespace: None }).unwrap();
        let mut out = Vec::new();
        Table::new(&mut out, false).write(&Picture { view, sample: &sample, rows }).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), 3);
        assert!(text.contains(&format!("{}…", "n".repeat(CELL_WIDTH_MAX - 1))));
        assert!(text.lines().all(|line| line.len() < 400 && line == line.trim_end()), "{text}");
    }

    #[test]
    fn whole_seconds_claim_no_more_than_they_tell() {
        let told = |value: Option<u64>, is_coarse| shown(&milliseconds("took", value, "").in_whole_seconds(is_coarse));
        assert_eq!([0, 2_000].map(|value| told(Some(value), true)), ["<1 s", "2 s"]);
        assert_eq!([12, 2_000].map(|value| told(Some(value), false)), ["12.0 ms", "2.0 s"]);
        assert_eq!(told(None, true), format::UNKNOWN);
    }
}
