//! The numbers of a command: rates from its history, the rest as the server counts it.

use crate::state::App;
use crate::state::history::CommandMetric;
use crate::state::sample::Command;

/// The time that all commands took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Total {
    /// Microseconds in a second, since the poll before; absent when there was none.
    usec_per_second: Option<f64>,
    /// Microseconds since the start.
    usec: f64,
}

impl Total {
    /// The time that these took.
    pub(super) fn of(app: &App, commands: &[Command]) -> Self {
        let rates = commands.iter().filter_map(|command| rate(app, command, CommandMetric::Usec));
        Self {
            usec_per_second: rates.fold(None, |sum: Option<f64>, rate| Some(sum.unwrap_or(0.0) + rate)),
            usec: commands.iter().map(|command| command.usec as f64).sum(),
        }
    }
}

/// The numbers of a command. Rates are per second, since the poll before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figures<'a> {
    pub(super) command: &'a Command,
    pub(super) calls: Option<f64>,
    pub(super) failed: Option<f64>,
    pub(super) rejected: Option<f64>,
    /// Microseconds of a call.
    pub(super) mean: Option<f64>,
    /// Whether that is of the calls since the poll before, rather than since the start.
    pub(super) is_mean_live: bool,
    /// The share in the time of all commands, 0 to 1: since the poll before, or since the start where there was none.
    pub(super) share: Option<f64>,
}

impl<'a> Figures<'a> {
    /// The numbers of a command.
    pub(super) fn of(app: &App, command: &'a Command, total: Total) -> Self {
        let rate = |metric| rate(app, command, metric);
        let mean = rate(CommandMetric::MeanUsec);
        let part = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
        let share = match total.usec_per_second {
            Some(whole) => part(rate(CommandMetric::Usec).unwrap_or(0.0), whole),
            None => part(command.usec as f64, total.usec),
        };
        Self {
            command,
            calls: rate(CommandMetric::Calls),
            failed: rate(CommandMetric::Failed),
            rejected: rate(CommandMetric::Rejected),
            mean: mean.or(command.usec_per_call()),
            is_mean_live: mean.is_some(),
            share,
        }
    }
}

fn rate(app: &App, command: &Command, metric: CommandMetric) -> Option<f64> {
    app.history.command(&command.name, metric).at(app.sample().at_ms)
}

/// Rows for a file, under headings with units. What is not known is left empty.
pub(super) fn to_csv<'a>(rows: impl Iterator<Item = Figures<'a>>) -> Option<String> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let headings = [
        "command",
        "calls",
        "usec",
        "failed",
        "rejected",
        "calls_per_s",
        "failed_per_s",
        "rejected_per_s",
        "mean_usec",
        "p50_usec",
        "p99_usec",
        "p99.9_usec",
        "time_share",
    ];
    out.write_record(headings).ok()?;
    let written = |number: Option<f64>| number.map_or(String::new(), |number| number.to_string());
    for figures in rows {
        let command = figures.command;
        let percentile = |name| written(command.percentile(name));
        let counts = [command.calls, command.usec, command.failed, command.rejected].map(|count| count.to_string());
        let rates = [figures.calls, figures.failed, figures.rejected, figures.mean].map(written);
        let percentiles = ["p50", "p99", "p99.9"].map(percentile);
        let row = std::iter::once(command.name.clone()).chain(counts).chain(rates).chain(percentiles);
        out.write_record(row.chain([written(figures.share)])).ok()?;
    }
    String::from_utf8(out.into_inner().ok()?).ok()
}
