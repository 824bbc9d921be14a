//! Persistence: what is saved, when, and how that went.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::{Screen, plain};
use crate::state::App;
use crate::state::list::{Column, Row, SortKey, sorted};
use crate::state::sample::{Autosave, Wants};
use crate::state::tab::Tab;

pub(super) struct Persistence;

/// What rows are sorted by.
static COLUMNS: [Column; 4] = [
    Column { title: "autosave", is_descending: false },
    Column { title: "seconds", is_descending: false },
    Column { title: "due in", is_descending: false },
    Column { title: "last", is_descending: false },
];

fn listed(app: &App) -> &[Autosave] {
    app.sample().autosaves.as_deref().map_or(&[], Vec::as_slice)
}

fn sort_key(row: &Autosave, column: usize) -> SortKey {
    match column {
        0 => SortKey::text(&row.name),
        1 => Some(row.seconds).into(),
        2 => Some(row.due_in_s).into(),
        _ => SortKey::text(&row.last_status),
    }
}

impl Screen for Persistence {
    fn tab(&self) -> Tab {
        Tab::Persistence
    }

    fn wants(&self, _app: &App) -> Wants {
        Wants { namespaces: true, autosaves: true, ..Wants::default() }
    }

    fn has_list(&self) -> bool {
        true
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn rows(&self, app: &App) -> Vec<Row> {
        let list = app.list_of(Tab::Persistence);
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
            Some(row) => {
                vec![row.name.clone(), row.seconds.to_string(), row.due_in_s.to_string(), row.last_status.clone()]
            }
            None => Vec::new(),
        });
    }
}
