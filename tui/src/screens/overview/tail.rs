//! What stands below the charts: the busiest namespaces, the last save, what happened lately.

use std::cmp::Reverse;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use super::super::listing;
use super::super::plot::{Plot, Unit};
use super::layout::Form;
use super::tiles::{FULL_BAD, FULL_WARN, Note};
use super::{draw_notes, persistence as saves};
use crate::format;
use crate::state::App;
use crate::state::events::{Event, Level};
use crate::state::history::{NamespaceMetric, ServerMetric};
use crate::state::sample::Namespace;
use crate::text::Align;
use crate::theme::Role;
use crate::widgets::Canvas;
use crate::widgets::panel::Panel;
use crate::widgets::progress::Progress;
use crate::widgets::table::{Cell, Column, Table};

/// Namespaces that are shown at most.
const TOP_MAX: usize = 40;
/// Columns of a label in front of a line.
const LABEL_WIDTH: u16 = 12;

const SPARKLINE_WIDTH: u16 = 12;

static COLUMNS: [Column<'_>; 7] = [
    Column::new("name", 10).up_to(24),
    Column::new("ops/s", 6).right(),
    Column::new("memory", 6).right().priority(2),
    Column::new("keys", 6).right().priority(1),
    Column::new("hit %", 5).right().priority(3),
    Column::new("use %", 5).right().priority(5),
    Column::new("", SPARKLINE_WIDTH).priority(4),
];

/// Of a server that tells less of its databases.
static COLUMNS_PLAIN: [Column<'_>; 4] = [
    Column::new("database", 10).up_to(24),
    Column::new("keys", 6).right(),
    Column::new("with ttl %", 10).right().priority(1),
    Column::new("avg ttl", 9).right().priority(2),
];

/// The busiest namespaces first; where nobody tells how busy, the largest; and how many are in use at all. `O(n)`.
fn top(app: &App) -> (Vec<&Namespace>, usize) {
    let all = app.sample().namespaces.as_deref().map_or(&[][..], Vec::as_slice);
    let rank = |namespace: &&Namespace| Reverse((namespace.ops_per_sec, namespace.keys, Reverse(namespace.db)));
    let mut used: Vec<&Namespace> = all.iter().filter(|namespace| is_used(namespace)).collect();
    let count = used.len();
    if count > TOP_MAX {
        used.select_nth_unstable_by_key(TOP_MAX, rank);
        used.truncate(TOP_MAX);
    }
    used.sort_by_key(rank);
    (used, count)
}

fn is_used(namespace: &Namespace) -> bool {
    namespace.keys.is_some_and(|keys| keys > 0) || namespace.ops_per_sec.is_some_and(|ops| ops > 0)
}

/// The names of the busiest namespaces.
pub(super) fn names_on_top(app: &App) -> Vec<String> {
    top(app).0.into_iter().map(|namespace| namespace.name.clone()).collect()
}

/// The busiest namespaces.
pub(super) fn namespaces(app: &App, area: Rect, form: Form, focused: bool, buffer: &mut Buffer) {
    let theme = app.options.theme;
    let (top, used) = top(app);
    let is_rkvs = app.server().is_rkvs();
    let nothing = if is_rkvs { "no keys in any namespace" } else { "no keys in any database" };
    if form == Form::Lines {
        let notes: Vec<Note> = top
            .iter()
            .map(|namespace| {
                let busy = namespace.ops_per_sec.map(|ops| format!("{} ops/s", format::count(ops)));
                let keys = || namespace.keys.map(|keys| format!("{} keys", format::count(keys)));
                // Many a name is a number.
                Note::new(format!("{}:", listing::cell(app, &namespace.name)), busy.or_else(keys).unwrap_or_default())
            })
            .collect();
        let resizing = resizing(app).map(|words| Note::new("", words).role(Role::Accent));
        let notes: Vec<Note> = resizing.into_iter().chain(notes).collect();
        let empty = [Note::new("", nothing).role(Role::Label)];
        let label = format!("{}s", app.server().keyspace_word());
        let rest = labelled(app, &label, area, focused, buffer);
        draw_notes(if notes.is_empty() { &empty } else { &notes }, rest, app, buffer);
        return;
    }
    let all = app.sample().namespaces.as_deref().map_or(0, Vec::len);
    let title = if is_rkvs { "namespaces by ops/s" } else { "databases by keys" };
    let note = if used == 0 { String::new() } else { format!("{used} of {all} in use") };
    let resizing = resizing(app).unwrap_or_default();
    let panel = Panel { title, value: &resizing, value_role: Role::Accent, note: &note, focused };
    let inner = panel.draw(area, buffer, theme);
    let table = Table {
        columns: if is_rkvs { &COLUMNS } else { &COLUMNS_PLAIN },
        rows: top.len().min(inner.height.saturating_sub(1).into()),
        selected: None,
        offset: 0,
        sort: None,
        focused,
        empty: nothing,
    };
    table.draw(
        inner,
        buffer,
        theme,
        |index| if is_rkvs { cells(app, top[index]) } else { cells_plain(app, top[index]) },
    );
}

fn cells<'c>(app: &App, namespace: &Namespace) -> Vec<Cell<'c>> {
    let of = |metric, unit| Plot::of(app.history.namespace(&namespace.name, metric), unit);
    let ratio = of(NamespaceMetric::HitRatio, Unit::Share).now(app).or(namespace.hit_ratio());
    let fullness = namespace.fullness().unwrap_or(f64::NAN);
    vec![
        listing::cell(app, &namespace.name).into(),
        counted(namespace.ops_per_sec).into(),
        namespace.used_bytes.map_or(format::UNKNOWN.to_owned(), format::bytes).into(),
        counted(namespace.keys).into(),
        format::percent_number(ratio.unwrap_or(f64::NAN)).into(),
        Cell::new(format::percent_number(fullness), Role::of_level(fullness, FULL_WARN, FULL_BAD)),
        Cell::new(of(NamespaceMetric::Ops, Unit::Rate).sparkline(app, SPARKLINE_WIDTH), Role::Series1),
    ]
}

fn cells_plain<'c>(app: &App, database: &Namespace) -> Vec<Cell<'c>> {
    let expiring = database.keys.zip(database.expires).map_or(f64::NAN, |(keys, expires)| format::share(expires, keys));
    let ttl = database.avg_ttl_ms.filter(|ttl_ms| *ttl_ms > 0);
    let micro = app.options.theme.symbols().micro;
    let ttl = ttl.map_or(format::UNKNOWN.to_owned(), |ttl_ms| format::duration(Duration::from_millis(ttl_ms), micro));
    vec![
        listing::cell(app, &database.name).into(),
        counted(database.keys).into(),
        format::percent_number(expiring).into(),
        ttl.into(),
    ]
}

fn counted(count: Option<u64>) -> String {
    count.map_or(format::UNKNOWN.to_owned(), format::count)
}

/// What is resized, and how far it is.
fn resizing(app: &App) -> Option<String> {
    let namespaces = app.sample().namespaces.as_deref()?;
    let (namespace, resize) = namespaces.iter().find_map(|namespace| Some((namespace, namespace.resize.as_ref()?)))?;
    let share = resize.progress.unwrap_or(format::share(resize.keys_moved, resize.keys_total));
    let arrow = app.options.theme.symbols().arrow;
    let (name, shards, target) = (listing::cell(app, &namespace.name), resize.shards, resize.target);
    Some(format!("resize {name} {shards} {arrow} {target}  {}", format::percent(share)))
}

/// The last save, or the one that goes on.
pub(super) fn persistence(app: &App, area: Rect, form: Form, focused: bool, buffer: &mut Buffer) {
    let theme = app.options.theme;
    let inner = match form {
        Form::Panel => {
            let panel = Panel { title: "persistence", focused, ..Panel::default() };
            panel.draw(area, buffer, theme)
        }
        Form::Lines => labelled(app, "saves", area, focused, buffer),
    };
    let mut rest = if form == Form::Panel { Panel::padded(inner) } else { inner };
    if let Some(work) = saves::work(app) {
        let details: Vec<(&str, &str)> = work.notes.iter().map(|note| (&*note.label, note.value.as_str())).collect();
        let row = Rect { height: rest.height.min(1), ..rest };
        Progress { label: work.label, share: work.share, details: &details }.draw(row, buffer, theme);
        rest = Rect { y: rest.y + row.height, height: rest.height - row.height, ..rest };
    }
    let notes_height = rest.height.min(2);
    draw_notes(&saves::notes(app), Rect { height: notes_height, ..rest }, app, buffer);
    let below = Rect { x: inner.x, width: inner.width, y: rest.y + notes_height, height: rest.height - notes_height };
    if below.height >= 3 {
        let changes = Plot::of(app.history.server(ServerMetric::ChangesSinceSave), Unit::Count);
        changes.draw(app, "changes since the last save", below, buffer);
    }
}

/// What happened lately, the newest first.
pub(super) fn events(app: &App, area: Rect, form: Form, focused: bool, buffer: &mut Buffer) {
    let theme = app.options.theme;
    let count = app.events.newest().count();
    let (inner, offset) = if form == Form::Panel {
        let height = usize::from(Panel::inner(area).height);
        let offset = app.screens.overview.events_offset.min(count.saturating_sub(height));
        let hidden = count.saturating_sub(offset + height);
        let note = match (offset, hidden) {
            (0, 0) => String::new(),
            _ => format!("{}-{} of {count}", offset + 1, count - hidden),
        };
        let inner = Panel { title: "events", note: &note, focused, ..Panel::default() }.draw(area, buffer, theme);
        (Panel::padded(inner), offset)
    } else {
        let offset = app.screens.overview.events_offset.min(count.saturating_sub(area.height.into()));
        (labelled(app, "events", area, focused, buffer), offset)
    };
    let mut canvas = Canvas::new(inner, buffer, theme);
    if count == 0 && canvas.height() > 0 {
        canvas.text(0, 0, "nothing happened yet", Role::Label);
    }
    for (y, event) in (0..canvas.height()).zip(app.events.newest().skip(offset)) {
        draw_event(app, event, y, &mut canvas);
    }
}

fn draw_event(app: &App, event: &Event, y: u16, canvas: &mut Canvas<'_>) {
    let at_ms = i64::try_from(event.at_ms).unwrap_or(i64::MAX);
    let x = canvas.text(0, y, &format::time_of_day(at_ms, app.options.utc_offset_s), Role::Label) + 1;
    let role = match event.level {
        Level::Good => Role::Good,
        Level::Info => Role::Text,
        Level::Warn => Role::Warn,
        Level::Bad => Role::Bad,
    };
    // The mark stands before the words: after them it would be one of them.
    canvas.text(x, y, role.mark(), role);
    let room = canvas.width().saturating_sub(x + 2);
    canvas.aligned(x + 2, y, room, &crate::text::typed(&event.text), Align::Left, role);
}

/// Writes what a line is about; answers where it goes on.
fn labelled(app: &App, label: &str, area: Rect, focused: bool, buffer: &mut Buffer) -> Rect {
    let theme = app.options.theme;
    let mut canvas = Canvas::new(area, buffer, theme);
    if canvas.height() > 0 {
        if focused {
            canvas.text(0, 0, theme.symbols().selection, Role::Accent);
        }
        let role = if focused { Role::Accent } else { Role::Label };
        canvas.aligned(1, 0, LABEL_WIDTH - 1, label, Align::Left, role);
    }
    let [_, rest] = Layout::horizontal([Constraint::Length(LABEL_WIDTH + 1), Constraint::Fill(1)]).areas(area);
    rest
}
