//! The list of a screen as a table. `table` and `empty` are what all of them begin with; `Listing` is a whole panel with one, or only
//! the table where there is little room. Drawing and the mouse share the arithmetic.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::of;
use crate::state::App;
use crate::state::tab::Tab;
use crate::widgets::panel::Panel;
use crate::widgets::table::{Cell, Column, Sort, Table, TableHit};
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

/// The table of a tab's list. The columns that can be sorted by come first among those that are shown, or else the screen changes
/// `sort`; `empty` is what to say when there are no rows.
pub(super) fn table<'a>(app: &App, tab: Tab, columns: &'a [Column<'a>], empty: &'a str) -> Table<'a> {
    let list = app.list_of(tab);
    let sort = Sort { column: list.sort, descending: list.is_descending(of(tab).columns_of(app)) };
    Table {
        columns,
        rows: list.rows.len(),
        selected: list.position(),
        offset: list.offset,
        sort: Some(sort),
        focused: true,
        empty,
    }
}

/// What to say when there are no rows: that none match the filter, which of its columns is not there, why the server does not tell,
/// or else `nothing`. `what` the rows are is named in the plural.
pub(super) fn empty<'a>(app: &'a App, tab: Tab, what: &str, nothing: &'a str) -> Cow<'a, str> {
    if app.list_of(tab).filter.text().trim().is_empty() {
        let refusal = app.sample().refusal(tab.name());
        return refusal.map_or(nothing.into(), |reason| text::harmless(reason.as_bytes()));
    }
    let columns = of(tab).filter_columns(app);
    match app.list_of(tab).parsed_filter().unknown_column(&columns).filter(|_| !columns.is_empty()) {
        Some(column) => format!("no column {} (Esc clears the filter)", text::typed(column)).into(),
        None => format!("no {what} match the filter (Esc clears it)").into(),
    }
}

/// The column that a click on its heading sorts by.
pub(super) fn sortable_at(app: &App, tab: Tab, table: &Table<'_>, area: Rect, at: Position) -> Option<usize> {
    match table.hit(area, at)? {
        TableHit::Column(column) if column < of(tab).columns_of(app).len() => Some(column),
        _ => None,
    }
}

/// The filter as a note on a panel; empty when there is none.
pub(super) fn filter_note(app: &App, tab: Tab) -> String {
    let filter = app.list_of(tab).filter.text().trim();
    if filter.is_empty() { String::new() } else { format!("filter {}", text::typed(filter)) }
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
    Table::rows_area(table_area(app, area))
}

/// What is shown of all rows: `412 of 1,024`, and why where no border says it: `412 of 1,024, filter lib=redis`.
pub(super) fn shown(app: &App, tab: Tab, total: usize) -> String {
    let list = app.list_of(tab);
    let (note, total) = (filter_note(app, tab), format::exact(total as u64));
    if note.is_empty() {
        return total;
    }
    let shown = format::exact(list.rows.len() as u64);
    if layout::is_compact(app) { format!("{shown} of {total}, {note}") } else { format!("{shown} of {total}") }
}

impl Listing<'_> {
    /// The column whose heading is there.
    pub(super) fn column_at(&self, app: &App, area: Rect, at: Position) -> Option<usize> {
        sortable_at(app, self.tab, &table(app, self.tab, self.columns, ""), table_area(app, area), at)
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
            let value = filter_note(app, self.tab);
            let focused = list.detail.is_none();
            Panel { title: self.title, value: &value, note: &note, focused, ..Panel::default() }
                .draw(area, buffer, theme);
        }
        let empty = empty(app, self.tab, self.title, self.empty);
        table(app, self.tab, self.columns, &empty)
            .draw(inner, buffer, theme, |at| list.rows.get(at).map_or_else(Vec::new, |row| cells(row.index)));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ratatui::layout::Size;

    use super::*;
    use crate::state::Options;
    use crate::state::msg::Msg;
    use crate::state::sample::{Clients, Sample, Server};
    use crate::state::update::update;
    use crate::testing::{picture, press};

    #[test]
    fn why_a_list_is_empty_is_said_alike_on_all_screens() {
        for (tab, what) in [
            (Tab::Namespaces, "namespaces"),
            (Tab::Commands, "commands"),
            (Tab::Clients, "clients"),
            (Tab::Shards, "shards"),
            (Tab::Persistence, "autosaves"),
            (Tab::Slowlog, "slow requests"),
            (Tab::Config, "settings"),
        ] {
            let mut app = App::new(Options { tab, ..Options::default() }, Size::new(120, 40));
            let server = Server { rkvs_version: Some("0.4.0".into()), ..Server::default() };
            let clients = Some(Arc::new(Clients::default()));
            let sample = Sample { at_ms: 1_000, server, clients, ..Sample::default() };
            update(&mut app, Msg::Sample(Box::new(sample)), 1_000);
            press(&mut app, "/nowhere⏎");
            let words = format!("no {what} match the filter (Esc clears it)");
            assert!(picture(&app).contains(&words), "{words}\n{}", picture(&app));
            press(&mut app, "/⌫nosuch=1⏎");
            let words = "no column nosuch (Esc clears the filter)";
            assert!(picture(&app).contains(words), "{tab:?}\n{}", picture(&app));
        }
    }
}
