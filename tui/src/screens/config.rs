//! Config: the settings, and changing them.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::{Screen, plain};
use crate::state::App;
use crate::state::list::{Column, Row, SortKey, sorted};
use crate::state::sample::{Setting, Wants};
use crate::state::tab::Tab;

pub(super) struct Config;

/// What rows are sorted by.
static COLUMNS: [Column; 2] =
    [Column { title: "setting", is_descending: false }, Column { title: "value", is_descending: false }];

fn listed(app: &App) -> &[Setting] {
    app.sample().config.as_deref().map_or(&[], Vec::as_slice)
}

fn sort_key(row: &Setting, column: usize) -> SortKey {
    match column {
        0 => SortKey::text(&row.name),
        _ => SortKey::text(&row.value),
    }
}

impl Screen for Config {
    fn tab(&self) -> Tab {
        Tab::Config
    }

    fn wants(&self, _app: &App) -> Wants {
        Wants { config: true, ..Wants::default() }
    }

    fn has_list(&self) -> bool {
        true
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn rows(&self, app: &App) -> Vec<Row> {
        let list = app.list_of(Tab::Config);
        let filter = list.parsed_filter();
        let shown = listed(app)
            .iter()
            .enumerate()
            .filter(|(_, row)| filter.fits(&[("name", row.name.as_str()), ("value", row.value.as_str())]));
        let rows = shown.map(|(index, row)| (sort_key(row, list.sort), Row { id: row.name.as_str().into(), index }));
        sorted(rows.collect(), list.is_descending(&COLUMNS))
    }

    fn list_area(&self, _app: &App, body: Rect) -> Option<Rect> {
        Some(plain::list_area(body))
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, body: Rect) {
        let listed = listed(app);
        plain::list(self, app, frame, body, |index| match listed.get(index) {
            Some(row) => vec![row.name.clone(), row.value.clone()],
            None => Vec::new(),
        });
    }
}
