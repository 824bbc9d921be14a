//! A line that is being typed, with its cursor always in sight.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Canvas;
use crate::text;
use crate::theme::{Role, Theme};

/// Text being typed, as it is: what is pasted into it is made harmless here.
#[derive(Clone, Copy, Debug, Default)]
pub struct Input<'a> {
    /// The text.
    pub text: &'a str,
    /// Where the cursor stands, in bytes; moved back to the character it is in.
    pub cursor: usize,
    /// What to show while there is no text.
    pub placeholder: &'a str,
}

impl Input<'_> {
    /// Draws it in the first row; answers where the terminal's cursor belongs.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: Theme) -> Option<Position> {
        let area = area.intersection(buffer.area);
        let mut canvas = Canvas::new(area, buffer, theme);
        let width = usize::from(canvas.width());
        if width == 0 || canvas.height() == 0 {
            return None;
        }
        if self.text.is_empty() {
            canvas.aligned(0, 0, canvas.width(), self.placeholder, text::Align::Left, Role::Dim);
            return Some(area.as_position());
        }
        let (before, after) = self.text.split_at(self.text.floor_char_boundary(self.cursor.min(self.text.len())));
        let (before, after) = (text::typed(before), text::typed(after));
        // One column is the cursor's.
        let before = text::suffix(&before, width - 1);
        let x = canvas.text(0, 0, before, Role::Text);
        canvas.text(x, 0, &after, Role::Text);
        Some(Position::new(area.x + x, area.y))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::*;
    use super::*;

    #[test]
    fn the_cursor_stays_in_sight() {
        for (text, cursor, shown, x) in [
            ("", 0, "type a na…", 0),
            ("sess", 4, "sess      ", 4),
            ("sess", 1, "sess      ", 1),
            ("a-very-long-name", 16, "long-name ", 9),
            ("a-very-long-name", 2, "a-very-lon", 2),
            ("数据", 4, "数据      ", 2),
            ("a\x1b", 2, "a\\x1b     ", 5),
        ] {
            let mut position = None;
            let input = Input { text, cursor, placeholder: "type a name" };
            let buffer = buffer(10, 1, |area, buffer| position = input.draw(area, buffer, UNICODE));
            assert_eq!((row(&buffer, 0).as_str(), position), (shown, Some(Position::new(x, 0))), "{text} {cursor}");
        }
    }

    proptest! {
        #[test]
        fn draws_anywhere(area in any_area(), theme in any_theme(), text: String, cursor in 0_usize..200, placeholder in any_text()) {
            draw_inside(area, |area, buffer| {
                let position = Input { text: &text, cursor, placeholder: &placeholder }.draw(area, buffer, theme);
                assert!(position.is_none_or(|position| area.contains(position)));
            });
        }
    }
}
