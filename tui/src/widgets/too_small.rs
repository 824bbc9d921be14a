//! What to show where nothing else fits.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Canvas;
use crate::theme::{Role, Theme};

/// Columns below which screens are not drawn.
pub const WIDTH_MIN: u16 = 40;
/// Rows below which screens are not drawn.
pub const HEIGHT_MIN: u16 = 8;

/// Whether an area is too small for a screen.
pub fn is_too_small(area: Rect) -> bool {
    area.width < WIDTH_MIN || area.height < HEIGHT_MIN
}

/// Says how large the terminal is and has to be.
pub fn draw(area: Rect, buffer: &mut Buffer, theme: Theme) {
    let mut canvas = Canvas::new(area, buffer, theme);
    canvas.clear();
    let (width, height) = (canvas.width(), canvas.height());
    let lines = [
        ("terminal too small".to_owned(), Role::Title),
        (format!("{width}x{height}, needs {WIDTH_MIN}x{HEIGHT_MIN}"), Role::Label),
        ("q quits".to_owned(), Role::Dim),
    ];
    let top = height.saturating_sub(lines.len() as u16) / 2;
    for (y, (line, role)) in (top..).zip(&lines) {
        canvas.centered(y, line, *role);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::*;
    use super::*;

    #[test]
    fn it_tells_both_sizes() {
        insta::assert_snapshot!("too_small", picture(24, 5, |area, buffer| draw(area, buffer, UNICODE)));
        insta::assert_snapshot!("too_small_12x2", picture(12, 2, |area, buffer| draw(area, buffer, ASCII)));
    }

    #[test]
    fn both_sides_count() {
        for (width, height, small) in [(40, 8, false), (39, 8, true), (40, 7, true), (200, 3, true), (0, 0, true)] {
            assert_eq!(is_too_small(Rect::new(0, 0, width, height)), small, "{width} {height}");
        }
    }

    proptest! {
        #[test]
        fn draws_anywhere(area in any_area(), theme in any_theme()) {
            draw_inside(area, |area, buffer| draw(area, buffer, theme));
        }
    }
}
