//! The details of a row: labels with their values, wrapped, to be scrolled where they are long.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::state::App;
use crate::state::list::RowId;
use crate::text::{self, Align};
use crate::theme::Role;
use crate::widgets::Canvas;
use crate::widgets::panel::Panel;

/// Rows that a value takes at most.
const VALUE_ROWS_MAX: usize = 1_000;
const LABEL_WIDTH_MAX: usize = 16;
const GAP: u16 = 2;

/// How far the details of a row are scrolled; those of another one begin at the top.
#[derive(Clone, Debug)]
pub(super) struct Scroll {
    of: RowId,
    rows: usize,
}

/// What there is to know of a row. Texts are harmless.
pub(super) struct Details {
    title: String,
    facts: Vec<Fact>,
}

struct Fact {
    label: String,
    value: String,
    role: Role,
}

impl Details {
    /// Nothing yet.
    pub(super) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), facts: Vec::new() }
    }

    /// Says this as well.
    pub(super) fn fact(&mut self, label: impl Into<String>, value: impl Into<String>) {
        self.facts.push(Fact { label: label.into(), value: value.into(), role: Role::Text });
    }

    /// Explains the fact before.
    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.facts.push(Fact { label: String::new(), value: text.into(), role: Role::Label });
    }

    /// Leaves a row empty.
    pub(super) fn gap(&mut self) {
        self.note("");
    }

    /// Draws them in a panel. `id` tells whose they are.
    pub(super) fn draw(&self, app: &App, id: &RowId, area: Rect, buffer: &mut Buffer) {
        let theme = app.options.theme;
        let content = content(area);
        let rows = self.rows(content.width, theme.symbols().ellipsis);
        let first = self.first(app, id, rows.len(), content.height);
        let last = rows.len().min(first + usize::from(content.height));
        let note = if last - first < rows.len() {
            format!("J K scroll  {}-{last} of {}", first + 1, rows.len())
        } else {
            String::new()
        };
        Panel { title: &self.title, value: "Esc closes", value_role: Role::Label, note: &note, focused: true }
            .draw(area, buffer, theme);
        let mut canvas = Canvas::new(content, buffer, theme);
        let label_width = self.label_width();
        for (y, (label, value, role)) in (0..).zip(&rows[first..last]) {
            canvas.aligned(0, y, label_width, label, Align::Left, Role::Label);
            canvas.text(label_width + GAP, y, value, *role);
        }
    }

    /// How far they are scrolled once `by` more rows are.
    pub(super) fn scrolled(&self, app: &App, id: &RowId, area: Rect, by: isize) -> Scroll {
        let content = content(area);
        let count = self.rows(content.width, "").len();
        let first = self.first(app, id, count, content.height).saturating_add_signed(by);
        Scroll { of: id.clone(), rows: first.min(count.saturating_sub(content.height.into())) }
    }

    fn first(&self, app: &App, id: &RowId, count: usize, height: u16) -> usize {
        let scrolled = app.screens.details.as_ref().filter(|scroll| scroll.of == *id).map_or(0, |scroll| scroll.rows);
        scrolled.min(count.saturating_sub(height.into()))
    }

    fn label_width(&self) -> u16 {
        let widths = self.facts.iter().map(|fact| text::width(&fact.label));
        widths.max().unwrap_or(0).min(LABEL_WIDTH_MAX) as u16
    }

    fn rows(&self, width: u16, ellipsis: &str) -> Vec<(&str, String, Role)> {
        let room = width.saturating_sub(self.label_width() + GAP);
        let mut rows = Vec::new();
        for Fact { label, value, role } in &self.facts {
            let mut lines = text::wrap(value, room.into(), VALUE_ROWS_MAX, ellipsis);
            if lines.is_empty() {
                lines.push(String::new());
            }
            let labels = std::iter::once(label.as_str()).chain(std::iter::repeat(""));
            rows.extend(labels.zip(lines).map(|(label, line)| (label, line, *role)));
        }
        rows
    }
}

fn content(area: Rect) -> Rect {
    Panel::padded(Panel::inner(area))
}
