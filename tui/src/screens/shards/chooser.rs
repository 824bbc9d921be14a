//! The namespaces as a list to choose from, in place of the shards.

use crate::format;
use crate::screens::listing;
use crate::screens::namespaces::by_name;
use crate::screens::search::Search;
use crate::state::App;
use crate::state::list::{self, Row, SortKey, sorted};
use crate::state::sample::Namespace;
use crate::state::tab::Tab;
use crate::widgets::table::{Cell, Column};

/// What rows are sorted by.
pub(super) static SORTABLE: [list::Column; 4] = [
    list::Column { title: "namespace", is_descending: false },
    list::Column { title: "keys", is_descending: true },
    list::Column { title: "shards", is_descending: true },
    list::Column { title: "ops/s", is_descending: true },
];

/// The columns that are shown.
pub(super) static COLUMNS: [Column<'static>; 4] = [
    Column::new("namespace", 12).up_to(60),
    Column::new("keys", 6).right(),
    Column::new("shards", 6).right(),
    Column::new("ops/s", 6).right(),
];

fn listed(app: &App) -> &[Namespace] {
    app.sample().namespaces.as_deref().map_or(&[], Vec::as_slice)
}

/// The rows that the filter shows, in order.
pub(super) fn rows(app: &App) -> Vec<Row> {
    let list = app.list_of(Tab::Shards);
    let search = Search::new(app, Tab::Shards, &COLUMNS);
    let key = |namespace: &Namespace| match list.sort {
        1 => SortKey::from(namespace.keys),
        2 => namespace.shards.into(),
        3 => namespace.ops_per_sec.into(),
        _ => by_name(&namespace.name),
    };
    let shown = listed(app).iter().enumerate().filter(|(_, namespace)| {
        search.fits(&[("name", &namespace.name)], |column| cells_of(app, namespace).swap_remove(column))
    });
    let rows =
        shown.map(|(index, namespace)| (key(namespace), Row { id: namespace.name.as_str().into(), index })).collect();
    sorted(rows, list.is_descending(&SORTABLE))
}

/// The cells of a row of the list.
pub(super) fn cells(app: &App, row: usize) -> Vec<Cell<'static>> {
    let row = app.list_of(Tab::Shards).rows.get(row).and_then(|row| listed(app).get(row.index));
    row.map_or(Vec::new(), |namespace| cells_of(app, namespace))
}

fn cells_of(app: &App, namespace: &Namespace) -> Vec<Cell<'static>> {
    let number = |count: Option<u64>, format: fn(u64) -> String| -> Cell<'static> {
        count.map_or(format::UNKNOWN.to_owned(), format).into()
    };
    vec![
        listing::cell(app, &namespace.name).into(),
        number(namespace.keys, format::count),
        number(namespace.shards, |shards| shards.to_string()),
        number(namespace.ops_per_sec, format::count),
    ]
}
