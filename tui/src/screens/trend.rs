//! A history as the evenly spaced points that charts draw.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::format;
use crate::state::App;
use crate::state::history::Series;
use crate::theme::Role;
use crate::widgets::chart::{self, Chart, Grain, Scale};
use crate::widgets::panel::Panel;

/// Points of a chart at most; more are not kept.
const POINTS_MAX: u64 = 600;
/// A poll that comes so many steps after the one before leaves a gap; one that is a little late does not.
const GAP_STEPS: u64 = 3;

/// Points of the window that charts show, one for each poll that it has room for.
pub(super) struct Trend {
    points: Vec<Option<f64>>,
    /// How many there were before and among them, so that a chart moves along instead of shimmering.
    recorded: u64,
}

impl Trend {
    /// Those of a series.
    pub(super) fn of(app: &App, series: Series<'_>) -> Self {
        let window = app.window();
        let step_ms = app.options.interval_ms.max(app.window_s * 1_000 / POINTS_MAX).max(1);
        let (first, last) = (window.from_ms / step_ms, window.to_ms / step_ms);
        let mut points = vec![None; (last - first) as usize + 1];
        let mut before = None;
        for (at_ms, value) in series.points(window) {
            let step = at_ms / step_ms;
            let from = match before {
                Some(before) if step > before && step - before <= GAP_STEPS => before + 1,
                _ => step,
            };
            points[(from - first) as usize..=(step - first) as usize].fill(value.is_finite().then_some(value));
            before = Some(step);
        }
        Self { points, recorded: last + 1 }
    }

    /// As a cell of a table.
    pub(super) fn sparkline(&self, app: &App, width: u16) -> String {
        chart::sparkline(&self.points, self.recorded, width, app.options.theme)
    }
}

/// A chart in a panel.
pub(super) struct TrendPanel<'a> {
    pub(super) title: &'a str,
    pub(super) series: Series<'a>,
    pub(super) scale: Scale,
    pub(super) role: Role,
    pub(super) format: &'a dyn Fn(f64) -> String,
    pub(super) focused: bool,
}

impl TrendPanel<'_> {
    pub(super) fn draw(&self, app: &App, area: Rect, buffer: &mut Buffer) {
        let theme = app.options.theme;
        let value = self.series.at(app.sample().at_ms).map_or(format::UNKNOWN.to_owned(), self.format);
        let panel =
            Panel { title: self.title, value: &value, value_role: Role::Accent, focused: self.focused, note: "" };
        let inner = panel.draw(area, buffer, theme);
        let trend = Trend::of(app, self.series);
        let chart = Chart {
            points: &trend.points,
            recorded: trend.recorded,
            window: trend.points.len(),
            scale: self.scale,
            grain: Grain::Braille,
            role: self.role,
            format: self.format,
            summary: &format::age(app.window_s),
        };
        chart.draw(inner, buffer, theme);
    }
}
