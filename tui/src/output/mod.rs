//! What the views tell, as lines: `--once` and `--watch`. `OUTPUT.md` is the contract; a test keeps it true to `views`.
//!
//! A view turns samples into rows of entries (`entry`), a writer turns rows into JSON, CSV or a table, and `run` brings both
//! together with a server or a recording.

pub mod contract;
mod csv;
pub mod entry;
pub(crate) mod json;
pub mod run;
mod table;
pub mod views;

use std::io::{self, Write};

use clap::ValueEnum;
use serde::Deserialize;

use crate::state::sample::Sample;
use entry::Entry;
use views::View;

/// How rows are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Columns for people; may change from version to version
    #[default]
    Table,
    /// An object a line
    Json,
    /// One header, then lines that begin with the time
    Csv,
}

/// What a view tells at a time.
#[derive(Debug)]
pub struct Picture<'a> {
    /// Which view.
    pub view: &'static View,
    /// What was polled, and when.
    pub sample: &'a Sample,
    /// The rows; each has the view's fields.
    pub rows: Vec<Vec<Entry>>,
}

/// Writes pictures of one view, one after another.
pub trait Writer {
    /// Writes one, whole, and makes sure that whoever reads has it.
    fn write(&mut self, picture: &Picture<'_>) -> io::Result<()>;
}

/// A writer. `is_watched` when more than one picture is to come.
pub fn writer<'a>(format: Format, is_watched: bool, out: impl Write + 'a) -> Box<dyn Writer + 'a> {
    match format {
        Format::Table => Box::new(table::Table::new(out, is_watched)),
        Format::Json => Box::new(json::Json::new(out)),
        Format::Csv => Box::new(csv::Csv::new(out)),
    }
}
