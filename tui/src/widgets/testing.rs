//! What the tests of all widgets share: buffers as text, and random areas.

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::theme::{Charset, Palette, Theme};

pub(crate) const UNICODE: Theme = Theme { palette: Palette::Dark, charset: Charset::Unicode };
pub(crate) const ASCII: Theme = Theme { palette: Palette::Mono, charset: Charset::Ascii };

/// Draws into a buffer of that size.
pub(crate) fn buffer(width: u16, height: u16, draw: impl FnOnce(Rect, &mut Buffer)) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    draw(area, &mut buffer);
    buffer
}

/// The same as text; a frame of `|` shows where lines end.
pub(crate) fn picture(width: u16, height: u16, draw: impl FnOnce(Rect, &mut Buffer)) -> String {
    let buffer = buffer(width, height, draw);
    (0..height).map(|y| format!("|{}|\n", row(&buffer, y))).collect()
}

/// A row of a buffer as text.
pub(crate) fn row(buffer: &Buffer, y: u16) -> String {
    let mut out = String::new();
    let mut skip = 0;
    for x in 0..buffer.area.width {
        let symbol = buffer[(x, y)].symbol();
        if skip == 0 {
            out.push_str(symbol);
            skip = crate::text::width(symbol).max(1);
        }
        skip -= 1;
    }
    out
}

/// The column at which `text` begins in a row.
pub(crate) fn column_of(buffer: &Buffer, y: u16, text: &str) -> u16 {
    let row = row(buffer, y);
    let at = row.find(text).unwrap_or_else(|| panic!("no {text:?} in {row:?}"));
    crate::text::width(&row[..at]) as u16
}

/// Areas from empty to large, in and beyond a buffer of 90 × 30.
pub(crate) fn any_area() -> impl Strategy<Value = Rect> {
    (0_u16..95, 0_u16..34, 0_u16..100, 0_u16..40).prop_map(|(x, y, width, height)| Rect::new(x, y, width, height))
}

pub(crate) fn any_theme() -> impl Strategy<Value = Theme> {
    prop::sample::select(vec![UNICODE, ASCII])
}

/// Text: often wide or long, and also such as [`crate::text::harmless`] never lets through.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-z:]{1,12}",
        "[数据🦀é]{1,30}",
        "\\PC{0,60}",
        any::<String>(),
        "(\x1b\\[2J|[a-z\u{202e}\u{200b}\n]){0,9}"
    ]
}

/// Draws into an area of a buffer of 90 × 30 full of marks, and checks that nothing outside was touched.
pub(crate) fn draw_inside(area: Rect, draw: impl FnOnce(Rect, &mut Buffer)) {
    let whole = Rect::new(0, 0, 90, 30);
    let mut buffer = Buffer::filled(whole, ratatui::buffer::Cell::new("@"));
    draw(area, &mut buffer);
    for position in whole.positions().filter(|&position| !area.contains(position)) {
        assert_eq!(buffer[position].symbol(), "@", "drew outside {area} at {position}");
    }
    for cell in &buffer.content {
        assert!(!cell.symbol().contains(char::is_control), "{:?} would reach the terminal", cell.symbol());
    }
}
