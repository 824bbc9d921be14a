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
