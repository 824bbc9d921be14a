//! Horizontal bars with a name and a value each: percentiles of a latency.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Canvas;
use crate::text::{self, Align};
use crate::theme::{Role, Theme};

/// One bar.
#[derive(Clone, Debug)]
pub struct HistogramRow<'a> {
    /// Its name, such as `p99`.
    pub name: &'a str,
    /// Its length.
    pub value: f64,
    /// The value in words, such as `1.9 ms`.
    pub shown: String,
    /// What it means.
    pub role: Role,
}

/// How lengths follow values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Growth {
    /// In proportion.
    #[default]
    Linear,
    /// By magnitude, for values far apart such as latencies.
    Logarithmic,
}

/// Bars below each other, scaled to the longest.
#[derive(Clone, Copy, Debug)]
pub struct Histogram<'a> {
    /// The bars.
    pub rows: &'a [HistogramRow<'a>],
    /// How lengths follow values.
    pub growth: Growth,
}

impl Histogram<'_> {
    /// Draws as many bars as there are rows.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: Theme) {
        let mut canvas = Canvas::new(area, buffer, theme);
        let width = canvas.width();
        let widest =
            |texts: &mut dyn Iterator<Item = &str>| texts.map(text::width).max().unwrap_or(0).min(width.into()) as u16;
        let name_width = widest(&mut self.rows.iter().map(|row| row.name));
        let shown_width = widest(&mut self.rows.iter().map(|row| row.shown.as_str()));
        // A space around the bar, and one for the mark.
        let bar_width = width.saturating_sub(name_width.saturating_add(shown_width).saturating_add(4));
        let top = self.rows.iter().map(|row| self.length(row.value)).fold(f64::MIN_POSITIVE, f64::max);
        for (y, row) in (0..canvas.height()).zip(self.rows) {
            canvas.aligned(0, y, name_width, row.name, Align::Left, Role::Label);
            let value_role = if row.role.mark().is_empty() { Role::Text } else { row.role };
            let shown_x = width.saturating_sub(shown_width + 1);
            if bar_width >= 3 {
                canvas.bar(name_width + 1, y, bar_width, self.length(row.value) / top, row.role);
                let end = canvas.aligned(shown_x, y, shown_width, &row.shown, Align::Right, value_role);
                canvas.text(end, y, row.role.mark(), value_role);
            } else {
                canvas.aligned(
                    name_width + 1,
                    y,
                    width.saturating_sub(name_width + 1),
                    &row.shown,
                    Align::Left,
                    value_role,
                );
            }
        }
    }

    fn length(&self, value: f64) -> f64 {
        match self.growth {
            // Negative values and what is no number become zero.
            Growth::Linear => value.max(0.0),
            Growth::Logarithmic => value.max(0.0).ln_1p(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::*;
    use super::*;
    use crate::format;

    fn latencies() -> Vec<HistogramRow<'static>> {
        [("p50", 40.0), ("p90", 95.0), ("p99", 310.0), ("p99.9", 1900.0), ("max", 48_210.0)]
            .map(|(name, us)| HistogramRow {
                name,
                value: us,
                shown: format::latency_us(us, "µ"),
                role: if us > 10_000.0 { Role::Warn } else { Role::Series1 },
            })
            .to_vec()
    }

    #[test]
    fn percentiles() {
        let rows = latencies();
        let show = |width, growth, theme| {
            picture(width, 5, |area, buffer| Histogram { rows: &rows, growth }.draw(area, buffer, theme))
        };
        insta::assert_snapshot!("histogram_log", show(48, Growth::Logarithmic, UNICODE));
        insta::assert_snapshot!("histogram_linear", show(48, Growth::Linear, UNICODE));
        insta::assert_snapshot!("histogram_ascii", show(36, Growth::Logarithmic, ASCII));
        insta::assert_snapshot!("histogram_narrow", show(14, Growth::Linear, UNICODE));
    }

    proptest! {
        #[test]
        fn draws_anywhere(
            area in any_area(), theme in any_theme(), rows in prop::collection::vec((any_text(), any::<f64>(), any_text()), 0..20),
            logarithmic: bool,
        ) {
            let rows: Vec<_> = rows
                .iter()
                .map(|(name, value, shown)| HistogramRow { name, value: *value, shown: shown.clone(), role: Role::Bad })
                .collect();
            let growth = if logarithmic { Growth::Logarithmic } else { Growth::Linear };
            draw_inside(area, |area, buffer| Histogram { rows: &rows, growth }.draw(area, buffer, theme));
        }
    }
}
