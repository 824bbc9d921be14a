//! Histories as charts: a series of the state becomes the points that the chart draws.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::format;
use crate::state::App;
use crate::state::history::{Series, Slots, Window};
use crate::theme::{Role, Theme};
use crate::widgets::Canvas;
use crate::widgets::chart::{self, Chart, Grain, Scale};
use crate::widgets::panel::Panel;

/// A chart has no more points than a ring holds.
const SLOTS: u64 = 600;

/// From here on a latency is written as a duration: 1,000 seconds.
const LATENCY_LONG_US: f64 = 1e9;

/// What a number counts, and so how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Things.
    Count,
    /// Things a second.
    Rate,
    /// Bytes.
    Bytes,
    /// Bytes a second.
    BytesRate,
    /// A share of one, which may be more than one.
    Share,
    /// Microseconds.
    Latency,
}

impl Unit {
    /// The number in words.
    pub(super) fn write(self, value: f64, theme: Theme) -> String {
        match self {
            // Half a step of an axis is no whole number.
            Self::Count if value.fract() == 0.0 && value >= 0.0 => format::count(value as u64),
            Self::Count | Self::Rate => format::rate(value),
            Self::Bytes if value.is_finite() => format::bytes(value.max(0.0) as u64),
            Self::Bytes => format::UNKNOWN.to_owned(),
            Self::BytesRate => format::bytes_rate(value),
            Self::Share => format::percent(value),
            // Nobody reads a quarter of an hour in seconds, and cells of tables are narrow.
            Self::Latency if value >= LATENCY_LONG_US && value.is_finite() => format::age((value / 1e6) as u64),
            Self::Latency => format::latency_us(value, theme.symbols().micro),
        }
    }

    /// The same for a number that may not be known.
    pub(super) fn write_known(self, value: Option<f64>, theme: Theme) -> String {
        value.map_or(format::UNKNOWN.to_owned(), |value| self.write(value, theme))
    }

    fn scale(self) -> Scale {
        if matches!(self, Self::Bytes | Self::BytesRate) { Scale::Binary } else { Scale::Decimal }
    }
}

/// A series, and how it is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plot<'a> {
    pub(super) series: Series<'a>,
    pub(super) unit: Unit,
    /// What the axis goes up to, where that is known beforehand.
    pub(super) top: Option<f64>,
    pub(super) role: Role,
    /// What to say when nothing was measured.
    pub(super) empty: &'static str,
}

impl<'a> Plot<'a> {
    /// A series in the first colour, with an axis that follows it.
    pub(super) fn of(series: Series<'a>, unit: Unit) -> Self {
        Self { series, unit, top: None, role: Role::Series1, empty: "no data yet" }
    }

    /// The newest value of those that are shown.
    pub(super) fn now(&self, app: &App) -> Option<f64> {
        self.series.at(app.sample().at_ms)
    }

    /// Draws it over the time that charts show. `summary` stands before minimum, average and maximum; they are left out when it is
    /// empty, and when the chart is low.
    pub(super) fn draw(&self, app: &App, summary: &str, area: Rect, buffer: &mut Buffer) {
        let slots = self.slots(app);
        if slots.values.iter().all(Option::is_none) {
            let mut canvas = Canvas::new(area, buffer, app.options.theme);
            let middle = canvas.height().saturating_sub(1) / 2;
            canvas.centered(middle, self.empty, Role::Dim);
            return;
        }
        self.draw_chart(app, &slots, summary, area, buffer);
    }

    /// Draws it in a panel with its newest value in the border. The axis is there also when nothing was measured.
    pub(super) fn draw_panel(&self, app: &App, title: &str, focused: bool, area: Rect, buffer: &mut Buffer) {
        let theme = app.options.theme;
        let value = self.unit.write_known(self.now(app), theme);
        let inner =
            Panel { title, value: &value, value_role: Role::Accent, focused, note: "" }.draw(area, buffer, theme);
        // The slot that the window begins in shows as well, though only a part of it lies within.
        let (window, slot_ms) = (app.window(), slot_ms(app));
        let window = Window { from_ms: window.from_ms.saturating_sub(slot_ms), ..window };
        self.draw_chart(app, &self.series.slots(window, slot_ms), &window_name(app), inner, buffer);
    }

    fn slots(&self, app: &App) -> Slots {
        self.series.slots(app.window(), slot_ms(app))
    }

    fn draw_chart(&self, app: &App, slots: &Slots, summary: &str, area: Rect, buffer: &mut Buffer) {
        let theme = app.options.theme;
        let chart = Chart {
            points: &slots.values,
            recorded: slots.count,
            window: slots.values.len(),
            scale: self.top.map_or(self.unit.scale(), Scale::UpTo),
            // One row has eight steps of a block, but four of braille.
            grain: if area.height > 1 { Grain::Braille } else { Grain::Blocks },
            role: self.role,
            format: &|value| self.unit.write(value, theme),
            summary,
        };
        chart.draw(area, buffer, theme);
    }

    /// The same as text of `width` columns, scaled to its own greatest value.
    pub(super) fn sparkline(&self, app: &App, width: u16) -> String {
        let slots = self.slots(app);
        chart::sparkline(&slots.values, slots.count, width, app.options.theme)
    }
}

/// The time that charts show in words: `5m`.
pub(super) fn window_name(app: &App) -> String {
    format::age(app.window_s)
}

/// The time that one point of a chart stands for.
fn slot_ms(app: &App) -> u64 {
    app.options.interval_ms.max(app.window_s * 1_000 / SLOTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_units() {
        let theme = Theme::default();
        for (unit, value, words) in [
            (Unit::Count, 412.0, "412"),
            (Unit::Count, 0.5, "0.5"),
            (Unit::Count, f64::NAN, "-"),
            (Unit::Rate, 92_100.0, "92.1k"),
            (Unit::Bytes, 2048.0, "2.0K"),
            (Unit::Bytes, f64::NAN, "-"),
            (Unit::BytesRate, 2048.0, "2.0K/s"),
            (Unit::Share, 0.964, "96.4 %"),
            (Unit::Latency, 31.0, "31 µs"),
            (Unit::Latency, 34.4e9, "9h"),
        ] {
            assert_eq!(unit.write(value, theme), words, "{unit:?}");
        }
        assert_eq!(Unit::Rate.write_known(None, theme), "-");
    }
}
