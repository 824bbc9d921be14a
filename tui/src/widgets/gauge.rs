//! How much of a limit is used: bar, amounts, share, and a mark when it is nearly all.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Canvas;
use crate::format;
use crate::text;
use crate::theme::{Role, Theme};

/// A narrower bar tells nothing.
const BAR_WIDTH_MIN: u16 = 6;

/// An amount of a limit, in one row.
#[derive(Clone, Copy, Debug)]
pub struct Gauge<'a> {
    /// What is used.
    pub used: u64,
    /// What may be used; no bar and no share without.
    pub limit: Option<u64>,
    /// The amounts in words, such as `3.2G / 8.0G`.
    pub amounts: &'a str,
    /// The share from which on it warns.
    pub warn: f64,
    /// The share from which on it alarms.
    pub bad: f64,
}

impl Gauge<'_> {
    /// What the share used means.
    pub fn role(&self) -> Role {
        Role::of_level(self.share(), self.warn, self.bad)
    }

    /// Draws it in the first row.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: Theme) {
        let mut canvas = Canvas::new(area, buffer, theme);
        let (width, role) = (canvas.width(), self.role());
        if !self.share().is_finite() {
            canvas.aligned(0, 0, width, self.amounts, text::Align::Left, Role::Text);
            return;
        }
        // The share's column does not move as it grows; the mark has its own.
        let share = format!("{:>6}{:1}", format::percent(self.share()), role.mark());
        let share_width = share.len() as u16;
        let amounts_width = text::width(self.amounts) as u16;
        let rest = width.saturating_sub(share_width + 2);
        if rest < BAR_WIDTH_MIN {
            canvas.text(0, 0, share.trim(), role);
            return;
        }
        canvas.text(width - share_width, 0, &share, role);
        let mut bar_width = rest;
        if !self.amounts.is_empty() && rest >= amounts_width.saturating_add(2 + BAR_WIDTH_MIN) {
            bar_width = rest - amounts_width - 2;
            canvas.text(bar_width + 2, 0, self.amounts, Role::Text);
        }
        canvas.bar(0, 0, bar_width, self.share(), if role == Role::Text { Role::Series1 } else { role });
    }

    fn share(&self) -> f64 {
        format::share(self.used, self.limit.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::*;
    use super::*;

    fn gauge(used: u64) -> Gauge<'static> {
        Gauge { used, limit: Some(1000), amounts: "3.2G / 8.0G", warn: 0.75, bad: 0.9 }
    }

    #[test]
    fn gauges_of_many_widths() {
        let mut out = String::new();
        for (width, theme, gauge) in [
            (60, UNICODE, gauge(404)),
            (60, UNICODE, gauge(0)),
            (60, UNICODE, gauge(1)),
            (60, UNICODE, gauge(1000)),
            (60, UNICODE, gauge(9000)),
            (60, ASCII, gauge(804)),
            (24, UNICODE, gauge(904)),
            (10, UNICODE, gauge(904)),
            (30, UNICODE, Gauge { limit: None, amounts: "3.2G, no limit", ..gauge(4) }),
            (30, UNICODE, Gauge { limit: Some(0), ..gauge(4) }),
        ] {
            out += &picture(width, 1, |area, buffer| gauge.draw(area, buffer, theme));
        }
        insta::assert_snapshot!("gauge", out);
    }

    #[test]
    fn nearly_full_has_colour_and_mark() {
        for (used, role, mark) in [(700, Role::Series1, " "), (750, Role::Warn, "!"), (900, Role::Bad, "!")] {
            let buffer = buffer(40, 1, |area, buffer| gauge(used).draw(area, buffer, UNICODE));
            assert_eq!(Some(buffer[(0, 0)].fg), UNICODE.style(role).fg);
            assert_eq!(buffer[(39, 0)].symbol(), mark);
        }
    }

    proptest! {
        #[test]
        fn draws_anywhere(area in any_area(), theme in any_theme(), used: u64, limit: Option<u64>, amounts in any_text()) {
            let gauge = Gauge { used, limit, amounts: &amounts, ..gauge(0) };
            draw_inside(area, |area, buffer| gauge.draw(area, buffer, theme));
        }
    }
}
