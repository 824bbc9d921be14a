//! The columns of the table: what stands in them, and what rows are sorted by.

use crate::format;
use crate::screens::listing;
use crate::screens::plot::{Plot, Unit};
use crate::state::App;
use crate::state::history::NamespaceMetric;
use crate::state::list::{self, SortKey};
use crate::state::sample::Namespace;
use crate::text;
use crate::theme::Role;
use crate::widgets::table::{Cell, Column};

const fn sortable(title: &'static str, is_descending: bool) -> list::Column {
    list::Column { title, is_descending }
}

/// What rows are sorted by: first what matters at first, then in the order of the columns. `COLUMN_OF_SORT` tells which those are.
pub(super) static SORTABLE: [list::Column; 12] = [
    sortable("ops/s", true),
    sortable("name", false),
    sortable("db", false),
    sortable("keys", true),
    sortable("ttl%", true),
    sortable("memory", true),
    sortable("limit", true),
    sortable("use%", true),
    sortable("hit%", false),
    sortable("exp/s", true),
    sortable("evict/s", true),
    sortable("shards", true),
];
static COLUMN_OF_SORT: [usize; 12] = [7, 0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11];

const SPARKLINE_WIDTH: u16 = 12;

const fn columns(name_width: u16) -> [Column<'static>; 13] {
    [
        Column::new("name", name_width).up_to(40),
        Column::new("db", 5).right().priority(9),
        Column::new("keys", 6).right(),
        Column::new("ttl%", 4).right().priority(6),
        Column::new("memory", 6).right(),
        Column::new("limit", 9).right().priority(5),
        Column::new("use%", 4).right().priority(3),
        Column::new("ops/s", 6).right(),
        Column::new("hit%", 4).right().priority(2),
        Column::new("exp/s", 5).right().priority(8),
        Column::new("evict/s", 7).right().priority(10),
        Column::new("shards", SHARDS_WIDTH as u16).right().priority(4),
        Column::new("ops trend", SPARKLINE_WIDTH).priority(7),
    ]
}

const SHARDS_WIDTH: usize = 7;

/// The columns of rkvs. Where there is room names get it before what is asked for more rarely.
static COLUMNS: [Column<'static>; 13] = columns(11);
static COLUMNS_WIDE: [Column<'static>; 13] = columns(18);

/// The columns of a plain Redis, which tells no more of its databases.
static COLUMNS_PLAIN: [Column<'static>; 4] = [
    Column::new("db", 10).up_to(34),
    Column::new("keys", 11).right(),
    Column::new("ttl%", 5).right().priority(1),
    Column::new("avg ttl", 9).right().priority(2),
];

/// What rows of a plain Redis are sorted by.
pub(super) static SORTABLE_PLAIN: [list::Column; 4] =
    [sortable("keys", true), sortable("db", false), sortable("ttl%", true), sortable("avg ttl", true)];
static COLUMN_OF_SORT_PLAIN: [usize; 4] = [1, 0, 2, 3];

/// All columns of the server's table.
pub(super) fn all(app: &App) -> &'static [Column<'static>] {
    of(app, 0)
}

/// The columns of a table of that width.
pub(super) fn of(app: &App, width: u16) -> &'static [Column<'static>] {
    match (app.server().is_rkvs(), width) {
        (false, _) => &COLUMNS_PLAIN,
        (true, ..90) => &COLUMNS,
        (true, _) => &COLUMNS_WIDE,
    }
}

/// The column of each of what rows can be sorted by.
pub(super) fn of_sorts(app: &App) -> &'static [usize] {
    if app.server().is_rkvs() { &COLUMN_OF_SORT } else { &COLUMN_OF_SORT_PLAIN }
}

/// From which use of a limit on it warns, and alarms.
pub(super) const FULLNESS_WARN: f64 = 0.8;
pub(super) const FULLNESS_BAD: f64 = 0.95;

/// The share of keys that have a time to live.
pub(super) fn ttl_share(namespace: &Namespace) -> Option<f64> {
    namespace.expires.zip(namespace.keys).map(|(expires, keys)| format::share(expires, keys))
}

/// A rate as it is shown now.
pub(super) fn rate(app: &App, namespace: &Namespace, metric: NamespaceMetric) -> Option<f64> {
    app.history.namespace(&namespace.name, metric).at(app.sample().at_ms)
}

/// Hits among the lookups since the poll before or, where there were none, since the server's start.
pub(super) fn hit_ratio(app: &App, namespace: &Namespace) -> Option<f64> {
    rate(app, namespace, NamespaceMetric::HitRatio).or_else(|| namespace.hit_ratio())
}

/// What a row is sorted by; `sort` is a place in the server's `SORTABLE`.
pub(super) fn sort_key(app: &App, namespace: &Namespace, sort: usize) -> SortKey {
    if !app.server().is_rkvs() {
        return match sort {
            0 => namespace.keys.into(),
            1 => namespace.db.into(),
            2 => ttl_share(namespace).into(),
            _ => namespace.avg_ttl_ms.into(),
        };
    }
    match sort {
        // The idle ones stay in the order of their databases.
        0 => namespace.ops_per_sec.map(|ops| ops as f64 - namespace.db.unwrap_or(0) as f64 * 1e-6).into(),
        1 => by_name(&namespace.name),
        2 => namespace.db.into(),
        3 => namespace.keys.into(),
        4 => ttl_share(namespace).into(),
        5 => namespace.used_bytes.into(),
        6 => nearest_limit(namespace).map(|(limit, _)| limit).into(),
        7 => namespace.fullness().into(),
        8 => hit_ratio(app, namespace).into(),
        9 => rate(app, namespace, NamespaceMetric::Expired).into(),
        10 => rate(app, namespace, NamespaceMetric::Evicted).into(),
        _ => namespace.shards.into(),
    }
}

/// Names that are numbers, such as those of the first databases, come first and in their order.
pub(in crate::screens) fn by_name(name: &str) -> SortKey {
    let is_number = name.len() <= 5 && name.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { SortKey::Text(format!("{name:0>5}")) } else { SortKey::text(name) }
}

/// The limit whose use is highest, and in words.
fn nearest_limit(namespace: &Namespace) -> Option<(u64, String)> {
    let memory = namespace.maxmemory.filter(|limit| *limit > 0);
    let keys = namespace.max_keys.filter(|limit| *limit > 0);
    let share = |used: Option<u64>, limit| format::share(used.unwrap_or(0), limit);
    match (memory, keys) {
        (Some(bytes), Some(count)) if share(namespace.keys, count) > share(namespace.used_bytes, bytes) => {
            Some((count, format!("{} keys", format::count(count))))
        }
        (Some(bytes), _) => Some((bytes, format::bytes(bytes))),
        (None, Some(count)) => Some((count, format!("{} keys", format::count(count)))),
        (None, None) => None,
    }
}

fn cell<T>(value: Option<T>, format: impl Fn(T) -> String) -> Cell<'static> {
    match value {
        Some(value) => format(value).into(),
        None => Cell::new(format::UNKNOWN, Role::Dim),
    }
}

/// The cells of a row.
pub(super) fn cells(app: &App, namespace: &Namespace) -> Vec<Cell<'static>> {
    let columns = if app.server().is_rkvs() { COLUMNS.len() } else { COLUMNS_PLAIN.len() };
    (0..columns).map(|column| cell_of(app, namespace, column)).collect()
}

/// The cell of a row below that heading. A filter asks for one of thousands of rows: it costs no more than itself.
pub(super) fn cell_of(app: &App, namespace: &Namespace, column: usize) -> Cell<'static> {
    let name = || Cell::from(listing::cell(app, &namespace.name));
    let ttl_share = || cell(ttl_share(namespace).filter(|share| share.is_finite()), whole_percent);
    let rate = |metric| cell(rate(app, namespace, metric).map(idle_is_zero), format::rate);
    if !app.server().is_rkvs() {
        let avg_ttl = namespace.avg_ttl_ms.filter(|avg_ttl_ms| *avg_ttl_ms > 0);
        return match column {
            0 => name(),
            1 => cell(namespace.keys, format::exact),
            2 => ttl_share(),
            _ => cell(avg_ttl, |avg_ttl_ms| duration(app, avg_ttl_ms)),
        };
    }
    match column {
        0 => name(),
        1 => cell(namespace.db, |db| db.to_string()),
        2 => cell(namespace.keys, format::count),
        3 => ttl_share(),
        4 => cell(namespace.used_bytes, format::bytes),
        5 => cell(nearest_limit(namespace), |(_, words)| words),
        6 => match namespace.fullness() {
            Some(share) => Cell::new(whole_percent(share), Role::of_level(share, FULLNESS_WARN, FULLNESS_BAD)),
            None => Cell::new(format::UNKNOWN, Role::Dim),
        },
        7 => cell(namespace.ops_per_sec, |ops| format::rate(ops as f64)),
        8 => cell(hit_ratio(app, namespace), format::percent_number),
        9 => rate(NamespaceMetric::Expired),
        10 => rate(NamespaceMetric::Evicted),
        11 => shards(app, namespace),
        _ => {
            let ops = Plot::of(app.history.namespace(&namespace.name, NamespaceMetric::Ops), Unit::Rate);
            Cell::new(ops.sparkline(app, SPARKLINE_WIDTH), Role::Series1)
        }
    }
}

/// The number of shards, and while it is changed what it becomes.
fn shards(app: &App, namespace: &Namespace) -> Cell<'static> {
    match (&namespace.resize, namespace.shards) {
        (Some(resize), Some(shards)) => {
            let arrow = app.options.theme.symbols().arrow;
            let both = format!("{shards}{arrow}{}", resize.target);
            let fits = text::width(&both) <= SHARDS_WIDTH;
            Cell::new(if fits { both } else { format!("{arrow}{}", resize.target) }, Role::Accent)
        }
        (_, shards) => cell(shards, |shards| shards.to_string()),
    }
}

/// Rates below one in ten seconds are noise in a table.
fn idle_is_zero(rate: f64) -> f64 {
    if rate < 0.05 { 0.0 } else { rate }
}

/// A share as whole per cent; only the whole is `100`, only nothing is `0`.
pub(super) fn whole_percent(share: f64) -> String {
    match share * 100.0 {
        0.0 => "0".into(),
        ..1.0 => "<1".into(),
        99.0..100.0 => "99".into(),
        percent => format!("{percent:.0}"),
    }
}

/// A time in milliseconds.
pub(super) fn duration(app: &App, duration_ms: u64) -> String {
    format::duration(std::time::Duration::from_millis(duration_ms), app.options.theme.symbols().micro)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_numbers_come_in_their_order() {
        let mut names = ["b", "10", "2", "A"];
        names.sort_by(|a, b| match (by_name(a), by_name(b)) {
            (SortKey::Text(a), SortKey::Text(b)) => a.cmp(&b),
            keys => panic!("{keys:?}"),
        });
        assert_eq!(names, ["2", "10", "A", "b"]);
    }

    #[test]
    fn the_limit_shown_is_the_one_that_is_nearest() {
        let namespace = |keys, max_keys, maxmemory| Namespace {
            keys: Some(keys),
            used_bytes: Some(512),
            max_keys: Some(max_keys),
            maxmemory: Some(maxmemory),
            ..Namespace::default()
        };
        let words = |namespace| nearest_limit(&namespace).map(|(_, words)| words);
        assert_eq!(words(namespace(9, 10, 1_024)).as_deref(), Some("10 keys"));
        assert_eq!(words(namespace(1, 10, 1_024)).as_deref(), Some("1.0K"));
        assert_eq!(words(namespace(1, 0, 0)), None);
    }

    #[test]
    fn only_all_is_all_and_only_nothing_is_nothing() {
        let shares = [0.0, 0.001, 0.01, 0.5, 0.996, 1.0, 1.2].map(whole_percent);
        assert_eq!(shares, ["0", "<1", "1", "50", "99", "100", "120"]);
    }
}
