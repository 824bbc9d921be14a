//! Panels that tell how much there is of what, as bars: side by side, as many as there is room for.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use crate::text::{self, Align};
use crate::theme::{Role, Theme};
use crate::widgets::Canvas;
use crate::widgets::panel::Panel;

/// Below this a panel tells nothing.
const WIDTH_MIN: u16 = 38;
const BAR_WIDTH_MAX: u16 = 24;

/// What is counted, most first.
pub(super) struct Tally {
    /// By what.
    pub(super) title: &'static str,
    /// Name, share of all (0 to 1) and the value in words; texts are harmless.
    pub(super) rows: Vec<(String, f64, String)>,
}

/// Draws them side by side.
pub(super) fn draw(tallies: &[Tally], area: Rect, buffer: &mut Buffer, theme: Theme) {
    let count = tallies.len().min((area.width / WIDTH_MIN).into());
    let areas = Layout::horizontal(vec![Constraint::Fill(1); count]).split(area);
    for (tally, area) in tallies.iter().zip(areas.iter()) {
        tally.draw(*area, buffer, theme);
    }
}

impl Tally {
    fn draw(&self, area: Rect, buffer: &mut Buffer, theme: Theme) {
        let height = area.height.saturating_sub(2).into();
        let hidden = self.rows.len().saturating_sub(height);
        let note = if hidden > 0 { format!("{hidden} more") } else { String::new() };
        let inner = Panel { title: self.title, note: &note, ..Panel::default() }.draw(area, buffer, theme);
        let mut canvas = Canvas::new(Panel::padded(inner), buffer, theme);
        let widest =
            |texts: &mut dyn Iterator<Item = &String>| texts.map(|text| text::width(text)).max().unwrap_or(0) as u16;
        let shown = &self.rows[..self.rows.len().min(height)];
        let value_width = widest(&mut shown.iter().map(|(.., value)| value));
        let room = canvas.width().saturating_sub(value_width + 4);
        let name_width = widest(&mut shown.iter().map(|(name, ..)| name)).min(room * 2 / 3);
        let bar_width = (room - name_width).min(BAR_WIDTH_MAX);
        for (y, (name, share, value)) in (0..).zip(shown) {
            canvas.aligned(0, y, name_width, name, Align::Left, Role::Text);
            canvas.bar(name_width + 2, y, bar_width, *share, Role::Series1);
            canvas.aligned(name_width + bar_width + 4, y, value_width, value, Align::Right, Role::Text);
        }
    }
}
