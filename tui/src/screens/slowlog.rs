//! Slowlog: the requests that took longest.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::{Screen, plain};
use crate::state::App;
use crate::state::list::{Column, Row, SortKey, sorted};
use crate::state::sample::{SlowCommand, Wants};
use crate::state::tab::Tab;

pub(super) struct Slowlog;

/// What rows are sorted by.
static COLUMNS: [Column; 4] = [
    Column { title: "time", is_descending: true },
    Column { title: "usec", is_descending: true },
    Column { title: "command", is_descending: false },
    Column { title: "client", is_descending: false },
];

fn listed(app: &App) -> &[SlowCommand] {
    app.sample().slowlog.as_deref().map_or(&[], |slowlog| slowlog.entries.as_slice())
}

fn sort_key(row: &SlowCommand, column: usize) -> SortKey {
    match column {
        0 => Some(row.id).into(),
        1 => Some(row.usec).into(),
        2 => SortKey::text(&row.args.join(" ")),
        _ => SortKey::text(&row.client),
    }
}

impl Screen for Slowlog {
    fn tab(&self) -> Tab {
        Tab::Slowlog
    }

    fn wants(&self, _app: &App) -> Wants {
        Wants { slowlog: true, ..Wants::default() }
    }

    fn has_list(&self) -> bool {
        true
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn rows(&self, app: &App) -> Vec<Row> {
        let list = app.list_of(Tab::Slowlog);
        let filter = list.parsed_filter();
        let shown = listed(app)
            .iter()
            .enumerate()
            .filter(|(_, row)| filter.fits(&[("command", &row.args.join(" ")), ("client", row.client.as_str())]));
        let rows = shown.map(|(index, row)| (sort_key(row, list.sort), Row { id: row.id.into(), index }));
        sorted(rows.collect(), list.is_descending(&COLUMNS))
    }

    fn list_area(&self, _app: &App, body: Rect) -> Option<Rect> {
        Some(plain::list_area(body))
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, body: Rect) {
        let listed = listed(app);
        plain::list(self, app, frame, body, |index| match listed.get(index) {
            Some(row) => vec![row.at_s.to_string(), row.usec.to_string(), row.args.join(" "), row.client.clone()],
            None => Vec::new(),
        });
    }
}
