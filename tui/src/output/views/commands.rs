//! Commands: those that were called.

use std::collections::HashMap;

use super::{Reading, View, count_rate, rate};
use crate::output::entry::{Entry, count, microseconds, per_second, ratio, text};
use crate::state::sample::{Command, Wants};
use crate::state::tab::Tab;

pub(super) static VIEW: View = View {
    tab: Tab::Commands,
    meaning: "a row for each command that was called since the start or the last CONFIG RESETSTAT, by name",
    wants: |_| Wants { commands: true, ..Wants::default() },
    has_rates: true,
    is_one_row: false,
    rows,
    fields: || row(&Command::default(), None, 0.0),
};

fn rows(reading: &Reading<'_>) -> Option<Vec<Vec<Entry>>> {
    let before = reading.before.and_then(|before| before.commands.as_deref()).map_or(&[][..], Vec::as_slice);
    let before: HashMap<&str, &Command> = before.iter().map(|command| (command.name.as_str(), command)).collect();
    let row = |command: &Command| row(command, before.get(command.name.as_str()).copied(), reading.seconds());
    Some(reading.now.commands.as_deref()?.iter().map(row).collect())
}

fn row(now: &Command, before: Option<&Command>, seconds: f64) -> Vec<Entry> {
    let growth = |of: fn(&Command) -> u64| count_rate(Some(of(now)), before.map(of), seconds);
    let usec_per_second = rate(Some(now.usec as f64), before.map(|before| before.usec as f64), seconds);
    vec![
        text("name", now.name.as_str(), "the command; a subcommand follows after `|`").always().column("COMMAND"),
        per_second("calls_per_second", growth(|of| of.calls), "calls").column("CALLS/S"),
        count("calls", now.calls, "calls altogether").always().column("CALLS"),
        microseconds("avg_usec", now.usec_per_call(), "average time of a call").column("AVG"),
        microseconds("p50_usec", now.percentile("p50"), "half of the calls took no longer").column("P50"),
        microseconds("p99_usec", now.percentile("p99"), "99 of 100 took no longer").column("P99"),
        microseconds("p99_9_usec", now.percentile("p99.9"), "999 of 1000 took no longer").column("P99.9"),
        ratio("time_ratio", usec_per_second.map(|usec| usec / 1e6), "time in the command per second: 1 is one core")
            .column("TIME"),
        count("usec", now.usec, "microseconds that all calls took").always(),
        per_second("failed_per_second", growth(|of| of.failed), "calls that ended in an error"),
        count("failed", now.failed, "such calls altogether").always().column("FAILED"),
        per_second("rejected_per_second", growth(|of| of.rejected), "calls that were not run"),
        count("rejected", now.rejected, "such calls altogether").always().column("REJECTED"),
    ]
}
