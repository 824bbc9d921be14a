//! Clients: who is connected.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::{Screen, plain};
use crate::state::App;
use crate::state::list::{Column, Row, SortKey, sorted};
use crate::state::sample::{Client, Wants};
use crate::state::tab::Tab;

pub(super) struct Clients;

/// What rows are sorted by.
static COLUMNS: [Column; 6] = [
    Column { title: "id", is_descending: false },
    Column { title: "addr", is_descending: false },
    Column { title: "name", is_descending: false },
    Column { title: "age", is_descending: true },
    Column { title: "idle", is_descending: true },
    Column { title: "cmd", is_descending: false },
];

fn listed(app: &App) -> &[Client] {
    app.sample().clients.as_deref().map_or(&[], |clients| clients.clients.as_slice())
}

fn sort_key(row: &Client, column: usize) -> SortKey {
    match column {
        0 | 3 | 4 => row.count(COLUMNS[column].title).into(),
        _ => SortKey::text(row.text(COLUMNS[column].title)),
    }
}

impl Screen for Clients {
    fn tab(&self) -> Tab {
        Tab::Clients
    }

    fn wants(&self, _app: &App) -> Wants {
        Wants { clients: true, ..Wants::default() }
    }

    fn has_list(&self) -> bool {
        true
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn rows(&self, app: &App) -> Vec<Row> {
        let list = app.list_of(Tab::Clients);
        let filter = list.parsed_filter();
        let shown = listed(app)
            .iter()
            .enumerate()
            .filter(|(_, row)| filter.is_empty() || filter.fits(&row.iter().collect::<Vec<_>>()));
        let rows = shown.map(|(index, row)| (sort_key(row, list.sort), Row { id: row.id().into(), index }));
        sorted(rows.collect(), list.is_descending(&COLUMNS))
    }

    fn list_area(&self, _app: &App, body: Rect) -> Option<Rect> {
        Some(plain::list_area(body))
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, body: Rect) {
        let listed = listed(app);
        plain::list(self, app, frame, body, |index| match listed.get(index) {
            Some(row) => COLUMNS.iter().map(|column| row.text(column.title).to_owned()).collect(),
            None => Vec::new(),
        });
    }
}
