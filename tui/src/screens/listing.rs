//! A list as a table in a panel, or without its border where there is little room. Drawing and the mouse share the arithmetic.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{list_table, of};
use crate::state::App;
use crate::state::tab::Tab;
use crate::widgets::panel::Panel;
use crate::widgets::table::{Cell, Column, Table, TableHit};
use crate::{format, layout, text};

/// Below this a border takes more than it gives.
const BORDERED_HEIGHT_MIN: u16 = 8;

/// Columns of a text that a cell can show.
const CELL_WIDTH_MAX: usize = 64;
/// Columns of a text that details show: more than a screen, less than takes long.
const TEXT_WIDTH_MAX: usize = 16_384;

/// A text of the server for a cell, harmless; costs no more for one that is long.
pub(super) fn cell(app: &App, text: &str) -> String {
    text::line(text.as_bytes(), CELL_WIDTH_MAX, app.options.theme.symbols().ellipsis)
}

/// A text of the server to be read as a whole, harmless.
pub(super) fn whole(app: &App, text: &str) -> String {
    text::line(text.as_bytes(), TEXT_WIDTH_MAX, app.options.theme.symbols().ellipsis)
}

/// How a screen's list is shown.
#[derive(Clone, Copy)]
pub(super) struct Listing<'a> {
    /// Whose.
    pub(super) tab: Tab,
    /// One for each of the screen's columns, in the same order.
    pub(super) columns: &'a [Column<'a>],
    /// What the rows are.
    pub(super) title: &'a str,
    /// What to say when there are no rows.
    pub(super) empty: &'a str,
}

/// Where headings and rows are.
fn table_area(app: &App, area: Rect) -> Rect {
    let is_bordered = !layout::is_compact(app) && area.height >= BORDERED_HEIGHT_MIN;
    if is_bordered { Panel::inner(area) } else { area }
}

/// Where the rows are.
pub(super) fn rows_area(app: &App, area: Rect) -> Rect {
    list_table::rows_area(table_area(app, area))
}

/// What is shown of all rows: `412 of 1,024`, and why where no border says it: `412 of 1,024, filter lib=redis`.
pub(super) fn shown(app: &App, tab: Tab, total: usize) -> String {
    let list = app.list_of(tab);
    let filter = list.filter.text().trim();
    let total = format::exact(total as u64);
    if filter.is_empty() {
        return total;
    }
    let shown = format::exact(list.rows.len() as u64);
    if layout::is_compact(app) {
        format!("{shown} of {total}, filter {}", text::typed(filter))
    } else {
        format!("{shown} of {total}")
    }
}

impl Listing<'_> {
    /// The column whose heading is there.
    pub(super) fn column_at(&self, app: &App, area: Rect, at: Position) -> Option<usize> {
        match self.table(app, self.empty).hit(table_area(app, area), at)? {
            TableHit::Column(column) => Some(column),
            TableHit::Row(_) => None,
        }
    }

    /// Draws it; `cells` tells the cells of the row whose data has that index.
    pub(super) fn draw<'c>(
        &self,
        app: &App,
        area: Rect,
        buffer: &mut Buffer,
        mut cells: impl FnMut(usize) -> Vec<Cell<'c>>,
    ) {
        let theme = app.options.theme;
        let list = app.list_of(self.tab);
        let inner = table_area(app, area);
        if inner != area {
            let rows = list.rows.len() as u64;
            let position =
                list.position().map(|at| format!("{} of {}", format::exact(at as u64 + 1), format::exact(rows)));
            let note = position.unwrap_or_default();
            let filter = list.filter.text().trim();
            let value = if filter.is_empty() { String::new() } else { format!("filter {}", text::typed(filter)) };
            let focused = list.detail.is_none();
            Panel { title: self.title, value: &value, note: &note, focused, ..Panel::default() }
                .draw(area, buffer, theme);
        }
        let empty = self.empty(app);
        self.table(app, &empty)
            .draw(inner, buffer, theme, |at| list.rows.get(at).map_or_else(Vec::new, |row| cells(row.index)));
    }

    fn table<'t>(&'t self, app: &App, empty: &'t str) -> Table<'t> {
        list_table::table(app, self.tab, self.columns, of(self.tab).columns(), empty)
    }

    /// What to say where there are no rows.
    fn empty(&self, app: &App) -> Cow<'_, str> {
        let list = app.list_of(self.tab);
        if list.filter.text().trim().is_empty() {
            return match app.sample().refusal(self.tab.name()) {
                Some(reason) => text::harmless(reason.as_bytes()).into_owned().into(),
                None => self.empty.into(),
            };
        }
        let columns = of(self.tab).filter_columns(app);
        match list.parsed_filter().unknown_column(&columns).filter(|_| !columns.is_empty()) {
            Some(column) => format!("there is no column {} (Esc clears the filter)", text::typed(column)).into(),
            None => "nothing fits the filter (Esc clears it)".into(),
        }
    }
}
