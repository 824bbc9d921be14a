//! The selected command: its percentiles as bars, its history as a chart, and what is counted of it.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use super::super::plot::{Plot, Unit, window_name};
use super::figures::Figures;
use crate::format;
use crate::screens::listing;
use crate::state::App;
use crate::state::history::CommandMetric;
use crate::state::sample::share_of;
use crate::state::tab::Tab;
use crate::theme::Role;
use crate::widgets::Canvas;
use crate::widgets::facts::{Fact, Facts};
use crate::widgets::histogram::{Growth, Histogram, HistogramRow};
use crate::widgets::panel::Panel;

/// What the chart shows, one after the other.
const CHARTS: [(&str, CommandMetric, Unit); 5] = [
    ("calls/s", CommandMetric::Calls, Unit::Rate),
    ("mean latency", CommandMetric::MeanUsec, Unit::Latency),
    ("p99 since start", CommandMetric::P99Usec, Unit::Latency),
    ("failed/s", CommandMetric::Failed, Unit::Rate),
    ("rejected/s", CommandMetric::Rejected, Unit::Rate),
];

/// Everything about a command in one panel.
pub(super) fn whole(app: &App, figures: &Figures<'_>, area: Rect, buffer: &mut Buffer) {
    let name = listing::cell(app, &figures.command.name);
    let share = format!("{} of command time", format::percent(figures.share.unwrap_or(f64::NAN)));
    let panel = Panel { title: &name, value: &share, note: "bars: log", focused: true, ..Panel::default() };
    let inner = if area.height >= 12 { panel.draw(area, buffer, app.options.theme) } else { area };
    let bars = bars(app, figures);
    // Where there is hardly room the chart goes first.
    let bars_height = bars.len() as u16;
    let [facts, histogram, chart] = Layout::vertical([
        Constraint::Length(if inner.height >= 9 { 3 } else { 1 }),
        Constraint::Length(bars_height),
        Constraint::Fill(1),
    ])
    .areas(inner);
    draw_facts(app, figures, Panel::padded(facts), buffer);
    draw_bars(app, &bars, Panel::padded(histogram), buffer);
    draw_chart(app, figures, chart, buffer);
}

/// The percentiles.
pub(super) fn histogram(app: &App, figures: &Figures<'_>, area: Rect, focused: bool, buffer: &mut Buffer) {
    let name = listing::cell(app, &figures.command.name);
    let title = format!("{name}: latency");
    let panel = Panel { title: &title, note: "since start, bars: log", focused, ..Panel::default() };
    let inner = panel.draw(area, buffer, app.options.theme);
    draw_bars(app, &bars(app, figures), Panel::padded(inner), buffer);
}

/// The history that is chosen.
pub(super) fn chart(app: &App, figures: &Figures<'_>, area: Rect, focused: bool, buffer: &mut Buffer) {
    let (what, _, unit) = chosen(app);
    let name = listing::cell(app, &figures.command.name);
    let title = format!("{name}: {what}");
    let plot = plot(app, figures);
    let value = unit.write_known(plot.now(app), app.options.theme);
    let panel = Panel { title: &title, value: &value, focused, ..Panel::default() };
    let inner = panel.draw(area, buffer, app.options.theme);
    plot.draw(app, &window_name(app), inner, buffer);
}

fn chosen(app: &App) -> (&'static str, CommandMetric, Unit) {
    CHARTS[app.list_of(Tab::Commands).view % CHARTS.len()]
}

fn plot<'a>(app: &'a App, figures: &Figures<'_>) -> Plot<'a> {
    let (_, metric, unit) = chosen(app);
    let series = app.history.command(&figures.command.name, metric);
    Plot { empty: "not called", ..Plot::of(series, unit) }
}

fn draw_chart(app: &App, figures: &Figures<'_>, area: Rect, buffer: &mut Buffer) {
    let (what, ..) = chosen(app);
    let plot = plot(app, figures);
    plot.draw(app, &format!("{what}, {}", window_name(app)), area, buffer);
}

/// The average and the percentiles that the server tells, lowest first.
fn bars<'a>(app: &App, figures: &Figures<'a>) -> Vec<HistogramRow<'a>> {
    let known = figures.command.latency_usec.iter();
    let mut percentiles: Vec<(f64, &str, f64)> =
        known.filter_map(|(name, &usec)| Some((share_of(name)?, name.as_str(), usec))).collect();
    percentiles.sort_by(|a, b| a.0.total_cmp(&b.0));
    let percentiles = percentiles.into_iter().map(|(_, name, usec)| (name, usec));
    let average = figures.command.usec_per_call().filter(|_| percentiles.len() > 0).map(|usec| ("avg", usec));
    let rows = average.into_iter().chain(percentiles).map(|(name, value)| HistogramRow {
        name,
        value,
        shown: Unit::Latency.write(value, app.options.theme),
        role: if name == "avg" { Role::Series2 } else { Role::Series1 },
    });
    rows.collect()
}

fn draw_bars(app: &App, bars: &[HistogramRow<'_>], area: Rect, buffer: &mut Buffer) {
    let theme = app.options.theme;
    if bars.is_empty() {
        let mut canvas = Canvas::new(area, buffer, theme);
        if canvas.height() > 0 {
            canvas.text(0, 0, "no percentiles: latency-tracking is off", Role::Label);
        }
        return;
    }
    Histogram { rows: bars, growth: Growth::Logarithmic }.draw(area, buffer, theme);
}

fn draw_facts(app: &App, figures: &Figures<'_>, area: Rect, buffer: &mut Buffer) {
    let theme = app.options.theme;
    let command = figures.command;
    let micro = theme.symbols().micro;
    let rate = |rate| format!("{}/s", format::rate(rate));
    let known = |value: Option<f64>, write: &dyn Fn(f64) -> String| value.map_or(format::UNKNOWN.to_owned(), write);
    let latency = |usec| Unit::Latency.write(usec, theme);
    let bad = |count: u64| if count > 0 { Role::Warn } else { Role::Text };
    let mean = if figures.is_mean_live { figures.mean } else { None };
    let facts = [
        ("now", known(figures.calls, &rate), Role::Text),
        ("avg now", known(mean, &latency), Role::Text),
        ("calls", format::exact(command.calls), Role::Text),
        ("time", format::duration(Duration::from_micros(command.usec), micro), Role::Text),
        ("avg", known(command.usec_per_call(), &latency), Role::Text),
        ("failed", format::exact(command.failed), bad(command.failed)),
        ("rejected", format::exact(command.rejected), bad(command.rejected)),
    ];
    let facts: Vec<Fact<'_>> = facts.iter().map(|(label, value, role)| Fact { label, value, role: *role }).collect();
    Facts { facts: &facts }.draw(area, buffer, theme);
}
