//! Config: the settings.

use super::{Reading, View};
use crate::output::entry::{Entry, text};
use crate::state::sample::{Setting, Wants};
use crate::state::tab::Tab;

pub(super) static VIEW: View = View {
    tab: Tab::Config,
    meaning: "a row for each setting, by name; a password is `(hidden)`",
    wants: |_| Wants { config: true, ..Wants::default() },
    has_rates: false,
    is_one_row: false,
    rows,
    fields: || row(&Setting::default()),
};

fn rows(reading: &Reading<'_>) -> Option<Vec<Vec<Entry>>> {
    Some(reading.now.config.as_deref()?.iter().map(row).collect())
}

fn row(setting: &Setting) -> Vec<Entry> {
    vec![
        text("name", setting.name.as_str(), "as in CONFIG SET").always().column("NAME"),
        text("value", setting.value.as_str(), "as it was answered").always().column("VALUE"),
    ]
}
