//! Commands: what is called, and how long it takes.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::{Screen, plain};
use crate::format;
use crate::state::App;
use crate::state::list::{Column, Row, SortKey, sorted};
use crate::state::sample::{Command, Wants};
use crate::state::tab::Tab;

pub(super) struct Commands;

/// What rows are sorted by.
static COLUMNS: [Column; 5] = [
    Column { title: "command", is_descending: false },
    Column { title: "calls", is_descending: true },
    Column { title: "usec", is_descending: true },
    Column { title: "failed", is_descending: true },
    Column { title: "rejected", is_descending: true },
];

fn listed(app: &App) -> &[Command] {
    app.sample().commands.as_deref().map_or(&[], Vec::as_slice)
}

fn sort_key(row: &Command, column: usize) -> SortKey {
    match column {
        0 => SortKey::text(&row.name),
        1 => Some(row.calls).into(),
        2 => Some(row.usec).into(),
        3 => Some(row.failed).into(),
        _ => Some(row.rejected).into(),
    }
}

impl Screen for Commands {
    fn tab(&self) -> Tab {
        Tab::Commands
    }

    fn wants(&self, _app: &App) -> Wants {
        Wants { commands: true, ..Wants::default() }
    }

    fn has_list(&self) -> bool {
        true
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn rows(&self, app: &App) -> Vec<Row> {
        let list = app.list_of(Tab::Commands);
        let filter = list.parsed_filter();
        let shown = listed(app).iter().enumerate().filter(|(_, row)| filter.fits(&[("name", row.name.as_str())]));
        let rows = shown.map(|(index, row)| (sort_key(row, list.sort), Row { id: row.name.as_str().into(), index }));
        sorted(rows.collect(), list.is_descending(&COLUMNS))
    }

    fn list_area(&self, _app: &App, body: Rect) -> Option<Rect> {
        Some(plain::list_area(body))
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, body: Rect) {
        let listed = listed(app);
        plain::list(self, app, frame, body, |index| match listed.get(index) {
            Some(row) => [row.calls, row.usec, row.failed, row.rejected].iter().fold(
                vec![row.name.clone()],
                |mut cells, &count| {
                    cells.push(format::exact(count));
                    cells
                },
            ),
            None => Vec::new(),
        });
    }
}
