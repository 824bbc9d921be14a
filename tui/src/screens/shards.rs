//! Shards: how the keys of a namespace spread, and how far a change of their number is.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::{Screen, plain};
use crate::keymap::Action;
use crate::state::App;
use crate::state::NO_EFFECTS;
use crate::state::actions;
use crate::state::list::{Column, Row, SortKey, sorted};
use crate::state::msg::Effect;
use crate::state::sample::{Namespace, Shard, Wants};
use crate::state::tab::Tab;

pub(super) struct Shards;

/// What rows are sorted by.
static COLUMNS: [Column; 5] = [
    Column { title: "shard", is_descending: false },
    Column { title: "keys", is_descending: true },
    Column { title: "expires", is_descending: true },
    Column { title: "used bytes", is_descending: true },
    Column { title: "lock waits", is_descending: true },
];

fn listed(app: &App) -> &[Shard] {
    app.sample().shards.as_deref().map_or(&[], |shards| shards.shards.as_slice())
}

fn sort_key(row: &Shard, column: usize) -> SortKey {
    match column {
        0 => Some(row.shard).into(),
        1 => Some(row.keys).into(),
        2 => Some(row.expires).into(),
        3 => Some(row.used_bytes).into(),
        _ => Some(row.lock_waits).into(),
    }
}

impl Screen for Shards {
    fn tab(&self) -> Tab {
        Tab::Shards
    }

    fn is_available(&self, app: &App) -> bool {
        app.server().is_rkvs() || !app.has_data()
    }

    fn wants(&self, app: &App) -> Wants {
        Wants { namespaces: true, shards_of: app.namespace_or_first().map(str::to_owned), ..Wants::default() }
    }

    fn has_list(&self) -> bool {
        true
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn rows(&self, app: &App) -> Vec<Row> {
        let list = app.list_of(Tab::Shards);
        let filter = list.parsed_filter();
        let shown = listed(app).iter().enumerate().filter(|(_, row)| filter.fits(&[("shard", &row.shard.to_string())]));
        let rows = shown.map(|(index, row)| (sort_key(row, list.sort), Row { id: (index as u64).into(), index }));
        sorted(rows.collect(), list.is_descending(&COLUMNS))
    }

    fn list_area(&self, _app: &App, body: Rect) -> Option<Rect> {
        Some(plain::list_area(body))
    }

    fn act(&self, app: &mut App, action: Action, argument: Option<&str>) -> Vec<Effect> {
        let Some(name) = app.namespace_or_first().map(str::to_owned) else { return NO_EFFECTS };
        let namespace = app.latest().namespace(&name).cloned().unwrap_or_else(|| Namespace::named(name));
        match action {
            Action::Resize => app.open(actions::resize(&namespace, argument)),
            Action::CancelResize => app.open(actions::cancel_resize(&namespace.name)),
            _ => {}
        }
        NO_EFFECTS
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, body: Rect) {
        let listed = listed(app);
        plain::list(self, app, frame, body, |index| match listed.get(index) {
            Some(row) => vec![
                row.shard.to_string(),
                row.keys.to_string(),
                row.expires.to_string(),
                row.used_bytes.to_string(),
                row.lock_waits.to_string(),
            ],
            None => Vec::new(),
        });
    }
}
