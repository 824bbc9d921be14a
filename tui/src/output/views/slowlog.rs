//! Slowlog: the requests that took longest.

use super::{Reading, View};
use crate::output::entry::{Entry, count, microseconds, text, time, words};
use crate::state::sample::{SlowCommand, Wants};
use crate::state::tab::Tab;

pub(super) static VIEW: View = View {
    tab: Tab::Slowlog,
    meaning: "a row for each entry of the slowlog, newest first, 512 at most",
    wants: |_| Wants { slowlog: true, ..Wants::default() },
    has_rates: false,
    is_one_row: false,
    rows,
    fields: || row(&SlowCommand::default()),
};

fn rows(reading: &Reading<'_>) -> Option<Vec<Vec<Entry>>> {
    Some(reading.now.slowlog.as_deref()?.entries.iter().map(row).collect())
}

fn row(entry: &SlowCommand) -> Vec<Entry> {
    vec![
        count("id", entry.id, "unique until the server restarts").always().column("ID"),
        time("at_s", entry.at_s, "when: seconds since 1970").column("AT"),
        microseconds("duration_usec", Some(entry.usec as f64), "how long it took").always().column("TOOK"),
        words("client", &entry.client, "whose it was").column("CLIENT"),
        words("client_name", &entry.client_name, "as that client called itself").column("NAME"),
        text(
            "command",
            entry.args.join(" ").as_str(),
            "name and arguments as far as the server kept them, parted by spaces",
        )
        .always()
        .column("COMMAND"),
    ]
}
