//! A bordered block: title at the left of its border, current value at the right.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Canvas;
use crate::text;
use crate::theme::{Role, Theme};

/// A border around something, which says what it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Panel<'a> {
    /// What it shows.
    pub title: &'a str,
    /// Its current value, or what is sorted and filtered by.
    pub value: &'a str,
    /// How the value looks.
    pub value_role: Role,
    /// A note in the lower border, such as which of how many rows.
    pub note: &'a str,
    /// Whether keys act on it.
    pub focused: bool,
}

impl Panel<'_> {
    /// Where the content goes: within the border, or everywhere when there is no room for a border.
    pub fn inner(area: Rect) -> Rect {
        if bordered(area.width, area.height) {
            Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 }
        } else {
            area
        }
    }

    /// The same with a space at each side where there is room: for lines of text, which look pressed against a border. Tables and
    /// charts bring their own.
    pub fn padded(inner: Rect) -> Rect {
        if inner.width < 12 { inner } else { Rect { x: inner.x + 1, width: inner.width - 2, ..inner } }
    }

    /// A line of text without a border: it stands a column from the edge, as headings do.
    pub fn inset(line: Rect) -> Rect {
        Rect { x: line.x + line.width.min(1), width: line.width.saturating_sub(2), ..line }
    }

    /// Draws the border; answers where the content goes.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: Theme) -> Rect {
        let mut canvas = Canvas::new(area, buffer, theme);
        let (width, height) = (canvas.width(), canvas.height());
        if bordered(width, height) {
            let border = if self.focused { Role::BorderFocused } else { Role::Border };
            let symbols = theme.symbols();
            let [top_left, top_right, bottom_left, bottom_right] = symbols.corners;
            for (y, left, right) in [(0, top_left, top_right), (height - 1, bottom_left, bottom_right)] {
                canvas.text(0, y, left, border);
                canvas.repeat(1, y, width - 2, symbols.horizontal, border);
                canvas.text(width - 1, y, right, border);
            }
            for y in 1..height - 1 {
                canvas.text(0, y, symbols.vertical, border);
                canvas.text(width - 1, y, symbols.vertical, border);
            }
            self.draw_title(&mut canvas);
            if !self.note.is_empty() && text::width(self.note) + 4 <= width.into() {
                canvas.right(width - 2, height - 1, &format!(" {} ", self.note), Role::Label);
            }
        }
        Self::inner(area.intersection(buffer.area))
    }

    /// The title gives way before the value does: the value is what changes.
    fn draw_title(&self, canvas: &mut Canvas<'_>) {
        let ellipsis = canvas.theme().symbols().ellipsis;
        let width = usize::from(canvas.width());
        // A corner and a line at each side, a space around the text.
        let room = width.saturating_sub(6);
        let value = text::cut(self.value, room, ellipsis);
        let value_width = text::width(&value);
        let title_room = if value.is_empty() { room } else { room.saturating_sub(value_width + 3) };
        let title = text::cut(self.title, title_room, ellipsis);
        if !title.is_empty() {
            canvas.text(1, 0, &format!(" {title} "), Role::Title);
        }
        if !value.is_empty() {
            let mark = self.value_role.mark();
            let mark = if value_width + mark.len() <= room { mark } else { "" };
            let x = (width - 3 - value_width - mark.len()) as u16;
            canvas.text(x, 0, " ", Role::Text);
            let end = canvas.text(x + 1, 0, &format!("{value}{mark}"), self.value_role);
            canvas.text(end, 0, " ", Role::Text);
        }
    }
}

fn bordered(width: u16, height: u16) -> bool {
    width >= 4 && height >= 3
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::*;
    use super::*;

    const PANEL: Panel<'_> =
        Panel { title: "ops/s", value: "182,340", value_role: Role::Accent, note: "3 of 412", focused: false };

    #[test]
    fn title_at_the_left_value_at_the_right() {
        let draw = |theme| {
            move |area, buffer: &mut Buffer| {
                PANEL.draw(area, buffer, theme);
            }
        };
        insta::assert_snapshot!("panel", picture(34, 4, draw(UNICODE)));
        insta::assert_snapshot!("panel_narrow", picture(14, 3, draw(UNICODE)));
        insta::assert_snapshot!("panel_ascii", picture(34, 4, draw(ASCII)));
    }

    #[test]
    fn focus_shows_in_the_border() {
        let focused = Panel { focused: true, ..PANEL };
        for theme in [UNICODE, ASCII] {
            let buffer = buffer(20, 3, |area, buffer| {
                focused.draw(area, buffer, theme);
            });
            let style = theme.style(Role::BorderFocused);
            let corner = buffer[(0, 0)].style();
            assert!(corner.fg == style.fg || corner.add_modifier == style.add_modifier);
            assert_ne!(theme.style(Role::Border), style);
        }
    }

    #[test]
    fn a_value_that_warns_has_a_mark() {
        let panel = Panel { value: "92 %", value_role: Role::Warn, ..PANEL };
        let buffer = buffer(30, 3, |area, buffer| {
            panel.draw(area, buffer, UNICODE);
        });
        assert!(row(&buffer, 0).contains(" 92 %! "));
    }

    #[test]
    fn padding_gives_way_on_narrow_panels() {
        assert_eq!(Panel::padded(Rect::new(1, 1, 32, 4)), Rect::new(2, 1, 30, 4));
        assert_eq!(Panel::padded(Rect::new(1, 1, 8, 4)), Rect::new(1, 1, 8, 4));
    }

    proptest! {
        #[test]
        fn draws_anywhere(area in any_area(), theme in any_theme(), title in any_text(), value in any_text(), note in any_text()) {
            let panel = Panel { title: &title, value: &value, value_role: Role::Bad, note: &note, focused: true };
            draw_inside(area, |area, buffer| {
                let inner = panel.draw(area, buffer, theme);
                assert!(area.intersection(buffer.area).contains(inner.as_position()) || inner.is_empty());
            });
        }
    }
}
