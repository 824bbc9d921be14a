//! Namespaces: who uses what. On a plain Redis these are its databases.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::{Screen, plain};
use crate::keymap::Action;
use crate::state::App;
use crate::state::NO_EFFECTS;
use crate::state::actions;
use crate::state::list::{Column, Row, SortKey, sorted};
use crate::state::msg::Effect;
use crate::state::sample::{Namespace, Wants};
use crate::state::tab::Tab;
use crate::state::update::go_to;
use crate::{format, layout};

pub(super) struct Namespaces;

/// What rows are sorted by.
static COLUMNS: [Column; 5] = [
    Column { title: "name", is_descending: false },
    Column { title: "keys", is_descending: true },
    Column { title: "used bytes", is_descending: true },
    Column { title: "ops/s", is_descending: true },
    Column { title: "shards", is_descending: true },
];

fn listed(app: &App) -> &[Namespace] {
    app.sample().namespaces.as_deref().map_or(&[], Vec::as_slice)
}

fn sort_key(row: &Namespace, column: usize) -> SortKey {
    match column {
        0 => SortKey::text(&row.name),
        1 => row.keys.into(),
        2 => row.used_bytes.into(),
        3 => row.ops_per_sec.into(),
        _ => row.shards.into(),
    }
}

fn number(count: Option<u64>) -> String {
    count.map_or("-".into(), format::exact)
}

impl Screen for Namespaces {
    fn tab(&self) -> Tab {
        Tab::Namespaces
    }

    fn wants(&self, app: &App) -> Wants {
        // Those that can be seen are asked about in every poll.
        let list = app.list_of(Tab::Namespaces);
        let height = layout::areas(app).body.height.into();
        let seen = list.rows.iter().skip(list.offset).take(height);
        let visible = seen.filter_map(|row| row.id.as_str().map(str::to_owned)).collect();
        Wants { namespaces: true, visible_namespaces: visible, ..Wants::default() }
    }

    fn has_list(&self) -> bool {
        true
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn rows(&self, app: &App) -> Vec<Row> {
        let list = app.list_of(Tab::Namespaces);
        let filter = list.parsed_filter();
        let shown = listed(app).iter().enumerate().filter(|(_, row)| filter.fits(&[("name", row.name.as_str())]));
        let rows = shown.map(|(index, row)| (sort_key(row, list.sort), Row { id: row.name.as_str().into(), index }));
        sorted(rows.collect(), list.is_descending(&COLUMNS))
    }

    fn list_area(&self, _app: &App, body: Rect) -> Option<Rect> {
        Some(plain::list_area(body))
    }

    fn act(&self, app: &mut App, action: Action, argument: Option<&str>) -> Vec<Effect> {
        let Some(namespace) = app.list().selected_row().and_then(|row| listed(app).get(row.index)).cloned() else {
            return NO_EFFECTS;
        };
        match action {
            Action::Resize => app.open(actions::resize(&namespace, argument)),
            Action::CancelResize => app.open(actions::cancel_resize(&namespace.name)),
            Action::BrowseKeys => return go_to(app, Tab::Keys, Some(&namespace.name)),
            Action::Open => {
                let list = app.list_of_mut(Tab::Namespaces);
                list.detail = if list.detail.is_some() { None } else { list.selected.clone() };
            }
            _ => {}
        }
        NO_EFFECTS
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, body: Rect) {
        let listed = listed(app);
        plain::list(self, app, frame, body, |index| match listed.get(index) {
            Some(row) => vec![
                row.name.clone(),
                number(row.keys),
                number(row.used_bytes),
                number(row.ops_per_sec),
                number(row.shards),
            ],
            None => Vec::new(),
        });
    }
}
