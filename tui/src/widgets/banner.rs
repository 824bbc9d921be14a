//! The first row: who is shown, and badges with the state of the dashboard; and the alert while there is no connection.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Canvas;
use crate::text;
use crate::theme::{Role, Theme};

/// A word with a background, such as `LIVE`.
#[derive(Clone, Copy, Debug)]
pub struct Badge<'a> {
    /// The word.
    pub text: &'a str,
    /// One of the badges' roles.
    pub role: Role,
}

/// The first row.
#[derive(Clone, Copy, Debug)]
pub struct Banner<'a> {
    /// What is told about the server, most important first; the last give way first.
    pub parts: &'a [(&'a str, Role)],
    /// What must not be overlooked; at the right.
    pub badges: &'a [Badge<'a>],
}

impl Banner<'_> {
    /// Draws it in the first row.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: Theme) {
        let mut canvas = Canvas::new(area, buffer, theme);
        let badges_width: usize = self.badges.iter().map(|badge| text::width(badge.text) + 3).sum();
        let room = usize::from(canvas.width()).saturating_sub(badges_width + 1);
        let mut x = 1;
        for (index, &(part, role)) in self.parts.iter().enumerate() {
            let gap = if index == 0 { 0 } else { 2 };
            let left = room.saturating_sub(usize::from(x) + gap);
            if index > 0 && text::width(part) > left {
                break;
            }
            // The first, who it is, is cut rather than left out.
            x = canvas.aligned(x + gap as u16, 0, left as u16, part, text::Align::Left, role);
        }
        // At most the width, which is 16 bits.
        let mut x = usize::from(canvas.width()).saturating_sub(badges_width) as u16;
        for badge in self.badges {
            x = canvas.text(x, 0, &format!(" {} ", badge.text), badge.role) + 1;
        }
    }
}

/// Columns kept for what happens next, whatever it is, so that the reason does not move while seconds are counted.
const NEXT_WIDTH: usize = 9;

/// Rows that cannot be overlooked: `DISCONNECTED  connection refused  retry 3s`. A reason too long for the first one stands below it.
#[derive(Clone, Copy, Debug)]
pub struct Alert<'a> {
    /// What is wrong, in capitals.
    pub title: &'a str,
    /// Why; cut where even the rows below are too few.
    pub reason: &'a str,
    /// What happens next, such as `retry 3s`; at the right.
    pub next: &'a str,
    /// One of the badges' roles.
    pub role: Role,
}

impl Alert<'_> {
    /// Rows that it takes of so many columns, at most so many.
    pub fn height(&self, width: u16, height_max: u16) -> u16 {
        let beside = 1 + text::width(self.title) + 2 + text::width(self.reason) + 2 + NEXT_WIDTH + 1;
        if beside <= width.into() {
            return height_max.min(1);
        }
        let below = text::wrap(self.reason, Self::width_below(width), height_max.into(), "").len();
        // At most one more than there may be.
        height_max.min(1 + below as u16)
    }

    /// Draws it over the whole area.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: Theme) {
        let mut canvas = Canvas::new(area, buffer, theme);
        let (width, height) = (canvas.width(), canvas.height());
        for y in 0..height {
            canvas.repeat(0, y, width, " ", self.role);
        }
        let title_end = canvas.text(1, 0, self.title, self.role);
        let next_width = text::width(self.next);
        let mut end = width.saturating_sub(1);
        if usize::from(title_end) + 2 + next_width <= end.into() {
            end = canvas.right(end, 0, self.next, self.role);
        }
        if height == 1 {
            let room = usize::from(end).saturating_sub(usize::from(title_end) + 3);
            canvas.aligned(title_end + 2, 0, room as u16, self.reason, text::Align::Left, self.role);
            return;
        }
        let below = usize::from(height.saturating_sub(1));
        let lines = text::wrap(self.reason, Self::width_below(width), below, theme.symbols().ellipsis);
        for (y, line) in (1..height).zip(&lines) {
            canvas.text(1, y, line, self.role);
        }
    }

    fn width_below(width: u16) -> usize {
        usize::from(width.saturating_sub(2))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::*;
    use super::*;

    const BANNER: Banner<'_> = Banner {
        parts: &[
            ("127.0.0.1:6379", Role::Title),
            ("rkvs 0.4.0", Role::Text),
            ("up 3d 04:12", Role::Label),
            ("redis 7.2.4", Role::Label),
            ("role master", Role::Label),
        ],
        badges: &[Badge { text: "READ-ONLY", role: Role::BadgeWarn }, Badge { text: "LIVE 1s", role: Role::BadgeGood }],
    };
    const ALERT: Alert<'_> = Alert {
        title: "DISCONNECTED",
        reason: "connection refused (os error 111)",
        next: "retry 3s",
        role: Role::BadgeBad,
    };

    #[test]
    fn banners_of_many_widths() {
        let mut out = String::new();
        for width in [100, 80, 60, 40, 20] {
            out += &picture(width, 1, |area, buffer| BANNER.draw(area, buffer, UNICODE));
            out += &picture(width, 1, |area, buffer| ALERT.draw(area, buffer, UNICODE));
        }
        insta::assert_snapshot!("banner", out);
    }

    #[test]
    fn a_long_reason_stands_below_whole() {
        let reason = "WRONGPASS invalid username-password pair or user is disabled.";
        let alert = Alert { reason, ..ALERT };
        let drawn = |width, height| picture(width, height, |area, buffer| alert.draw(area, buffer, UNICODE));
        assert_eq!([120, 80, 40].map(|width| alert.height(width, 4)), [1, 2, 3]);
        assert_eq!((alert.height(40, 2), alert.height(40, 0), alert.height(0, 4)), (2, 0, 1));
        assert!(drawn(120, 1).contains(reason) && drawn(80, 2).contains(reason), "{}", drawn(80, 2));
        insta::assert_snapshot!("alert", [drawn(80, 2), drawn(40, 3), drawn(40, 2), drawn(40, 1)].concat());
    }

    #[test]
    fn what_is_counted_down_moves_no_row() {
        for next in ["retry 3s", "retry 10s", "trying now"] {
            let alert = Alert { next, ..ALERT };
            assert_eq!((alert.height(60, 4), alert.height(59, 4)), (1, 2), "{next}");
            assert!(picture(60, 1, |area, buffer| alert.draw(area, buffer, UNICODE)).contains(alert.reason), "{next}");
        }
    }

    #[test]
    fn badges_have_a_background_or_are_reversed() {
        for theme in [UNICODE, ASCII] {
            let buffer = buffer(80, 1, |area, buffer| BANNER.draw(area, buffer, theme));
            for (text, role) in [("READ-ONLY", Role::BadgeWarn), ("LIVE", Role::BadgeGood)] {
                let cell = &buffer[(column_of(&buffer, 0, text), 0)];
                assert_eq!(cell.bg, theme.style(role).bg.unwrap_or_default());
                assert!(cell.modifier.contains(theme.style(role).add_modifier));
            }
        }
        let buffer = buffer(80, 1, |area, buffer| ALERT.draw(area, buffer, UNICODE));
        assert!((0..80).all(|x| Some(buffer[(x, 0)].bg) == UNICODE.style(Role::BadgeBad).bg));
    }

    proptest! {
        #[test]
        fn draws_anywhere(area in any_area(), theme in any_theme(), texts in prop::collection::vec(any_text(), 3..9)) {
            let parts: Vec<_> = texts.iter().map(|text| (text.as_str(), Role::Text)).collect();
            let badges: Vec<_> = texts.iter().map(|text| Badge { text, role: Role::BadgeWarn }).collect();
            draw_inside(area, |area, buffer| {
                Banner { parts: &parts, badges: &badges }.draw(area, buffer, theme);
                Alert { title: &texts[0], reason: &texts[1], next: &texts[2], role: Role::BadgeBad }.draw(area, buffer, theme);
            });
        }
    }
}
