//! The list of a screen as a table in a panel.

use ratatui::layout::{Position, Rect};

use crate::keymap::Action;
use crate::state::App;
use crate::state::list::Column;
use crate::state::tab::Tab;
use crate::widgets::table::{self, Sort, Table, TableHit};

/// The table of a tab's list. The columns that can be sorted by come first among those that are shown.
pub(super) fn table<'a>(
    app: &App,
    tab: Tab,
    columns: &'a [table::Column<'a>],
    sortable: &[Column],
    empty: &'a str,
) -> Table<'a> {
    let list = app.list_of(tab);
    let sort = (!sortable.is_empty()).then(|| Sort { column: list.sort, descending: list.is_descending(sortable) });
    Table { columns, rows: list.rows.len(), selected: list.position(), offset: list.offset, sort, focused: true, empty }
}

/// Focuses the next panel of so many, or the one before.
pub(super) fn step_focus(app: &mut App, action: Action, panels: usize) {
    let by = if action == Action::NextPanel { 1 } else { panels.saturating_sub(1) };
    app.focus = (app.focus % panels.max(1) + by) % panels.max(1);
}

/// Where the rows of a table are: below its headings.
pub(super) fn rows_area(table: Rect) -> Rect {
    let heading = u16::from(table.height > 1);
    Rect { y: table.y + heading, height: table.height - heading, ..table }
}

/// The column that a click on its heading sorts by.
pub(super) fn sortable_at(table: &Table<'_>, area: Rect, sortable: &[Column], at: Position) -> Option<usize> {
    match table.hit(area, at)? {
        TableHit::Column(column) if column < sortable.len() => Some(column),
        _ => None,
    }
}

/// What to say instead of rows: nothing fits the filter, or there is nothing.
pub(super) fn empty<'a>(app: &App, tab: Tab, nothing: &'a str) -> &'a str {
    if app.list_of(tab).filter.text().is_empty() { nothing } else { "nothing fits the filter; Esc clears it" }
}

/// The filter as a note on a panel; empty when there is none.
pub(super) fn filter_note(app: &App, tab: Tab) -> String {
    let filter = app.list_of(tab).filter.text();
    if filter.is_empty() { String::new() } else { format!("filter: {}", crate::text::typed(filter)) }
}

/// Lines of text stand a column from the edge, as headings do.
pub(super) fn inset(line: Rect) -> Rect {
    Rect { x: line.x + line.width.min(1), width: line.width.saturating_sub(2), ..line }
}
