//! Many vertical bars side by side: keys per shard.
//!
//! With more bars than columns, neighbours share a column: solid up to their mean, shaded up to the highest, so that one shard
//! that stands out is seen among a thousand.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Canvas;
use crate::theme::{Role, Theme};

/// Wider bars are blocks, not bars.
const BAR_WIDTH_MAX: usize = 6;

/// Bars from the left to the right, scaled to the highest.
#[derive(Clone, Copy, Debug)]
pub struct Bars<'a> {
    /// Their values.
    pub values: &'a [u64],
    /// Index of the one that is pointed at.
    pub selected: Option<usize>,
}

impl Bars<'_> {
    /// Indexes of the bars at a position of the terminal.
    pub fn hit(&self, area: Rect, position: Position) -> Option<Range<usize>> {
        if !area.contains(position) {
            return None;
        }
        let layout = Layout::of(self.values.len(), area.width.into());
        let range = layout.bars_at(usize::from(position.x - area.x) / layout.pitch);
        (!range.is_empty()).then_some(range)
    }

    /// How many bars share a column.
    pub fn sharing(&self, area: Rect) -> usize {
        Layout::of(self.values.len(), area.width.into()).group
    }

    /// Draws the bars; the last of three rows or more tells the first and last index, and the selected one.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: Theme) {
        let mut canvas = Canvas::new(area, buffer, theme);
        let layout = Layout::of(self.values.len(), canvas.width().into());
        let rows = canvas.height() - u16::from(canvas.height() >= 3);
        let top = self.values.iter().copied().max().unwrap_or(0).max(1) as f64;
        let eighths = |value: f64| ((value / top * f64::from(rows) * 8.0).round() as u32).max(u32::from(value > 0.0));
        for column in 0..self.values.len().div_ceil(layout.group) {
            let range = layout.bars_at(column);
            let values = &self.values[range.clone()];
            let Some(&max) = values.iter().max() else { continue };
            let mean = values.iter().map(|&value| value as f64).sum::<f64>() / values.len() as f64;
            let selected = self.selected.is_some_and(|selected| range.contains(&selected));
            // Of another colour rather than reversed: a full block that is reversed is not seen.
            let role = if selected { Role::Series2 } else { Role::Series1 };
            let x = (column * layout.pitch) as u16;
            for y in 0..rows {
                let below = u32::from(rows - 1 - y) * 8;
                let solid = eighths(mean).saturating_sub(below).min(8) as usize;
                let (symbol, role) = match solid {
                    0 if layout.group > 1 && eighths(max as f64).saturating_sub(below) >= 4 => {
                        (theme.symbols().ghost, Role::Dim)
                    }
                    _ => (theme.symbols().levels[solid], role),
                };
                canvas.repeat(x, y, layout.width as u16, symbol, role);
            }
        }
        if rows < canvas.height() && !self.values.is_empty() {
            self.draw_indexes(&mut canvas, rows, layout);
        }
    }

    fn draw_indexes(&self, canvas: &mut Canvas<'_>, y: u16, layout: Layout) {
        let columns = self.values.len().div_ceil(layout.group);
        let end = (columns * layout.pitch - (layout.pitch - layout.width)) as u16;
        let first = canvas.text(0, y, "0", Role::Dim);
        let last = (self.values.len() - 1).to_string();
        let last_at = if usize::from(end) > last.len() + 1 { canvas.right(end, y, &last, Role::Dim) } else { end };
        if let Some(selected) = self.selected.filter(|&selected| selected < self.values.len()) {
            let label = format!("{}{selected}", canvas.theme().symbols().ascending);
            let x = (selected / layout.group * layout.pitch) as u16;
            // Slides left rather than be cut; gives up the ends' labels where it lies on them.
            let x = x.min(canvas.width().saturating_sub(crate::text::width(&label) as u16));
            let label_end = x + crate::text::width(&label) as u16;
            if x <= first {
                canvas.repeat(0, y, first, " ", Role::Text);
            }
            if label_end >= last_at {
                canvas.repeat(last_at, y, end.saturating_sub(last_at), " ", Role::Text);
            }
            canvas.text(x, y, &label, Role::Accent);
        }
    }
}

/// How bars share the columns.
#[derive(Clone, Copy, Debug)]
struct Layout {
    bars: usize,
    /// Bars in a column.
    group: usize,
    /// Columns of a bar.
    width: usize,
    /// Columns from a bar to the next.
    pitch: usize,
}

impl Layout {
    fn of(bars: usize, columns: usize) -> Self {
        let group = bars.div_ceil(columns.max(1)).max(1);
        let pitch = (columns / bars.max(1)).clamp(1, BAR_WIDTH_MAX + 1);
        // A gap between bars as soon as it leaves most of the room to them.
        Self { bars, group, width: if pitch >= 3 { pitch - 1 } else { pitch }, pitch }
    }

    fn bars_at(self, column: usize) -> Range<usize> {
        let start = column.saturating_mul(self.group).min(self.bars);
        start..start.saturating_add(self.group).min(self.bars)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::*;
    use super::*;

    fn keys(shards: u64) -> Vec<u64> {
        (0..shards).map(|shard| if shard == 37 { 2000 } else { 800 + shard * 7919 % 300 }).collect()
    }

    #[test]
    fn bars_of_many_numbers() {
        let show = |width, height, theme, shards, selected| {
            let values = keys(shards);
            picture(width, height, |area, buffer| Bars { values: &values, selected }.draw(area, buffer, theme))
        };
        insta::assert_snapshot!("bars_8", show(60, 5, UNICODE, 8, Some(2)));
        insta::assert_snapshot!("bars_64", show(64, 5, UNICODE, 64, Some(40)));
        insta::assert_snapshot!("bars_1024", show(60, 6, UNICODE, 1024, Some(700)));
        insta::assert_snapshot!("bars_ascii", show(40, 4, ASCII, 128, None));
    }

    #[test]
    fn the_selected_bar_stands_out() {
        let values = keys(64);
        for theme in [UNICODE, ASCII] {
            let buffer =
                buffer(64, 5, |area, buffer| Bars { values: &values, selected: Some(40) }.draw(area, buffer, theme));
            assert_ne!(buffer[(40, 3)].style(), buffer[(41, 3)].style());
            assert!(row(&buffer, 4).contains(&format!("{}40", theme.symbols().ascending)));
        }
    }

    #[test]
    fn the_mouse_hits_the_bars_of_the_column() {
        let values = keys(128);
        let bars = Bars { values: &values, selected: None };
        let area = Rect::new(10, 5, 64, 4);
        assert_eq!(bars.hit(area, Position::new(10, 6)), Some(0..2));
        assert_eq!(bars.hit(area, Position::new(73, 8)), Some(126..128));
        assert_eq!(bars.hit(area, Position::new(9, 6)), None);
        assert_eq!(Bars { values: &values[..4], ..bars }.hit(area, Position::new(70, 6)), None);
    }

    proptest! {
        #[test]
        fn draws_anywhere(
            area in any_area(), theme in any_theme(), values in prop::collection::vec(any::<u64>(), 0..300),
            selected in prop::option::of(0_usize..400),
        ) {
            draw_inside(area, |area, buffer| Bars { values: &values, selected }.draw(area, buffer, theme));
        }
    }
}
