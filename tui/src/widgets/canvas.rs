//! A part of the buffer to draw on: coordinates begin at its corner, and nothing reaches beyond it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::text::{self, Align};
use crate::theme::{Role, Theme};

/// An area of a buffer with the theme to draw in.
#[derive(Debug)]
pub struct Canvas<'a> {
    area: Rect,
    buffer: &'a mut Buffer,
    theme: Theme,
}

impl<'a> Canvas<'a> {
    /// The part of `area` that lies in the buffer.
    pub fn new(area: Rect, buffer: &'a mut Buffer, theme: Theme) -> Self {
        Self { area: area.intersection(buffer.area), buffer, theme }
    }

    /// Columns.
    pub fn width(&self) -> u16 {
        self.area.width
    }

    /// Rows.
    pub fn height(&self) -> u16 {
        self.area.height
    }

    /// The theme drawn in.
    pub fn theme(&self) -> Theme {
        self.theme
    }

    /// Draws text from column `x` on, as much as fits; answers the column after it.
    pub fn text(&mut self, x: u16, y: u16, text: &str, role: Role) -> u16 {
        self.text_within(x, y, u16::MAX, text, role)
    }

    /// The same in at most `width` columns, cut at the last without a sign.
    pub fn text_within(&mut self, x: u16, y: u16, width: u16, text: &str, role: Role) -> u16 {
        if y >= self.area.height || x >= self.area.width {
            return x;
        }
        let end = self.area.width.min(x.saturating_add(width));
        let style = self.theme.style(role);
        let mut at = x;
        for grapheme in text.graphemes(true) {
            // A cell with a control character would reach the terminal as such; [`text::harmless`] leaves none.
            let columns = u16::try_from(grapheme.width()).unwrap_or(u16::MAX);
            if columns == 0 || grapheme.contains(char::is_control) {
                continue;
            }
            if columns > end - at {
                break;
            }
            let (left, top) = (self.area.x + at, self.area.y + y);
            // Nothing of what was there before may show through, such as the colour of a border under its title.
            self.buffer[(left, top)].reset();
            self.buffer[(left, top)].set_symbol(grapheme).set_style(style);
            // What a wide character covers must hold nothing of its own.
            for covered in 1..columns {
                self.buffer[(left + covered, top)].reset();
                self.buffer[(left + covered, top)].set_style(style);
            }
            at += columns;
        }
        at
    }

    /// Draws text in exactly the columns `x..x + width`, cut with an ellipsis or aligned; answers where it ends.
    pub fn aligned(&mut self, x: u16, y: u16, width: u16, text: &str, align: Align, role: Role) -> u16 {
        let cut = text::cut(text, width.into(), self.theme.symbols().ellipsis);
        let space = match align {
            Align::Left => 0,
            // At most `width`, so it fits.
            Align::Right => width - text::width(&cut) as u16,
        };
        self.text(x.saturating_add(space), y, &cut, role)
    }

    /// Draws text that ends before column `end`, cut at its end; answers where it begins.
    pub fn right(&mut self, end: u16, y: u16, text: &str, role: Role) -> u16 {
        let cut = text::cut(text, end.into(), self.theme.symbols().ellipsis);
        let x = end - text::width(&cut) as u16;
        self.text(x, y, &cut, role);
        x
    }

    /// Draws text in the middle of row `y`.
    pub fn centered(&mut self, y: u16, text: &str, role: Role) {
        let cut = text::cut(text, self.width().into(), self.theme.symbols().ellipsis);
        let x = (self.width() - text::width(&cut) as u16) / 2;
        self.text(x, y, &cut, role);
    }

    /// Repeats a symbol of one column.
    pub fn repeat(&mut self, x: u16, y: u16, width: u16, symbol: &str, role: Role) {
        for column in x..self.area.width.min(x.saturating_add(width)) {
            self.text(column, y, symbol, role);
        }
    }

    /// Draws a horizontal bar of `width` columns, filled to `share` (0 to 1) in eighths of a column, then its track.
    pub fn bar(&mut self, x: u16, y: u16, width: u16, share: f64, role: Role) {
        let symbols = self.theme.symbols();
        let (full, part) = bar_parts(share, width);
        self.repeat(x, y, full, symbols.parts[8], role);
        let mut at = x.saturating_add(full);
        if part > 0 {
            at = self.text(at, y, symbols.parts[part], role);
        }
        self.repeat(at, y, x.saturating_add(width).saturating_sub(at), symbols.track, Role::Dim);
    }

    /// Lays a role over what is drawn in a row.
    pub fn restyle(&mut self, x: u16, y: u16, width: u16, role: Role) {
        let area = Rect { x: self.area.x.saturating_add(x), y: self.area.y.saturating_add(y), width, height: 1 };
        self.buffer.set_style(area.intersection(self.area), self.theme.style(role));
    }

    /// Empties everything, so that nothing shows through. A wide character that reaches in from the left goes as well: it would
    /// take the first column from what is drawn here.
    pub fn clear(&mut self) {
        for y in self.area.top()..self.area.bottom() {
            if let Some(left) = self.area.x.checked_sub(1)
                && let Some(cell) = self.buffer.cell_mut((left, y))
                && cell.symbol().width() > 1
            {
                cell.set_symbol(" ");
            }
            for x in self.area.left()..self.area.right() {
                self.buffer[(x, y)].reset();
            }
        }
    }
}

/// A bar as text, for a cell of a table: the filled part alone, padded to `width` columns.
pub fn bar_text(share: f64, width: u16, theme: Theme) -> String {
    let symbols = theme.symbols();
    let (full, part) = bar_parts(share, width);
    let mut out = symbols.parts[8].repeat(full.into());
    if full < width {
        out.push_str(symbols.parts[part]);
        out.push_str(&" ".repeat((width - full - 1).into()));
    }
    out
}

/// Full columns of a bar and the eighths of the next. What is more than nothing shows at least an eighth.
fn bar_parts(share: f64, width: u16) -> (u16, usize) {
    // Not a number becomes zero.
    let share = if share > 0.0 { share.min(1.0) } else { 0.0 };
    let eighths = (share * f64::from(width) * 8.0).round().max(if share > 0.0 && width > 0 { 1.0 } else { 0.0 }) as u32;
    // At most `width`, which is 16 bits.
    ((eighths / 8) as u16, (eighths % 8) as usize)
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn what_is_drawn_over_wide_characters_keeps_its_columns() {
        let buffer = buffer(8, 1, |area, buffer| {
            Canvas::new(area, buffer, UNICODE).text(0, 0, "数据缓存", Role::Text);
            let mut over = Canvas::new(Rect::new(3, 0, 2, 1), buffer, UNICODE);
            over.clear();
            over.text(0, 0, "ab", Role::Text);
        });
        assert_eq!(row(&buffer, 0), "数 ab 存");
    }

    #[test]
    fn text_keeps_nothing_of_what_it_covers() {
        let buffer = buffer(8, 1, |area, buffer| {
            let mut canvas = Canvas::new(area, buffer, UNICODE);
            canvas.text(0, 0, "border", Role::Bad);
            canvas.text(0, 0, "ab", Role::Text);
        });
        assert_eq!(buffer[(0, 0)].style(), ratatui::buffer::Cell::EMPTY.style());
    }

    #[test]
    fn bars_show_eighths_and_never_nothing_for_something() {
        for (share, text) in [
            (0.0, "    "),
            (f64::NAN, "    "),
            (0.001, "▏   "),
            (0.5, "██  "),
            (0.53, "██▏ "),
            (1.0, "████"),
            (7.0, "████"),
        ] {
            assert_eq!(bar_text(share, 4, UNICODE), text, "{share}");
        }
        assert_eq!(bar_text(1.0, 0, UNICODE), "");
        assert_eq!(bar_text(0.5, 4, ASCII), "##  ");
    }
}
