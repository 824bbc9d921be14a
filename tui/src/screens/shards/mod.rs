//! Shards: how the keys of a namespace spread, and how far a change of their number is.

mod chooser;

use std::borrow::Cow;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};

use super::namespaces::cancel_resize;
use super::plot::{Plot, Unit};
use super::search::{self, Search};
use super::{Screen, listing, step_focus};
use crate::keymap::Action;
use crate::state::dialog::Dialog;
use crate::state::history::NamespaceMetric;
use crate::state::list::{Column, Row, RowId, SortKey, sorted};
use crate::state::msg::Effect;
use crate::state::sample::{Namespace, Resize, Shard, Shards as SampleShards, Wants};
use crate::state::tab::Tab;
use crate::state::{App, NO_EFFECTS, actions};
use crate::theme::{Role, Theme};
use crate::widgets::bars::Bars;
use crate::widgets::facts::{Fact, Facts};
use crate::widgets::panel::Panel;
use crate::widgets::progress::Progress;
use crate::widgets::table::{self, Cell, Table};
use crate::{format, layout, text};

pub(super) struct Shards;

/// What rows are sorted by.
static SORTABLE: [Column; 5] = [
    Column { title: "shard", is_descending: false },
    Column { title: "keys", is_descending: true },
    Column { title: "ttl", is_descending: true },
    Column { title: "memory", is_descending: true },
    Column { title: "waits/s", is_descending: true },
];

static COLUMNS: [table::Column<'static>; 5] = [
    table::Column::new("shard", 5).right(),
    table::Column::new("keys", 9).right().up_to(14),
    table::Column::new("ttl", 8).right().up_to(12).priority(2),
    table::Column::new("memory", 6).right().up_to(9),
    table::Column::new("waits/s", 7).right().priority(1),
];

/// Columns of the table where it stands beside the bars.
const TABLE_WIDTH: u16 = 50;

/// What the bars show: `v` goes on to the next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum View {
    Keys,
    Memory,
    Waits,
}

impl View {
    fn of(app: &App) -> Self {
        [Self::Keys, Self::Memory, Self::Waits][app.list_of(Tab::Shards).view % 3]
    }

    fn title(self) -> &'static str {
        match self {
            Self::Keys => "keys per shard",
            Self::Memory => "memory per shard",
            Self::Waits => "lock waits per shard",
        }
    }

    fn value(self, app: &App, place: usize, shard: &Shard) -> f64 {
        match self {
            Self::Keys => shard.keys as f64,
            Self::Memory => shard.used_bytes as f64,
            Self::Waits => waits(app, place).unwrap_or(0.0),
        }
    }

    fn format(self, value: f64) -> String {
        match self {
            Self::Keys => format::count(value.round() as u64),
            Self::Memory => format::bytes(value.round() as u64),
            Self::Waits => format!("{}/s", format::rate(value)),
        }
    }
}

/// Where the parts are.
struct Parts {
    /// One line about the namespace.
    summary: Rect,
    /// One line about its resize; empty when there is nothing to tell.
    progress: Rect,
    /// The bars with their border.
    bars: Rect,
    /// Charts of the namespace below them.
    charts: [Rect; 2],
    /// The table with its border.
    table: Rect,
    has_border: bool,
}

impl Parts {
    fn rows(&self) -> Rect {
        if self.has_border { Panel::inner(self.table) } else { self.table }
    }

    fn bars_inner(&self) -> Rect {
        if self.has_border { Panel::inner(self.bars) } else { self.bars }
    }
}

fn parts(app: &App, body: Rect) -> Parts {
    let line = |is_there: bool| Constraint::Length(is_there.into());
    // Where there is but little room, what moves is more important than what lies still.
    let tells_resize = resize_line(app).is_some();
    let is_tiny = body.height < 7;
    let rows = [line(!is_tiny || !tells_resize), line(tells_resize), Constraint::Fill(1)];
    let [summary, progress, rest] = Layout::vertical(rows).areas(body);
    let none = Rect { height: 0, ..rest };
    let has_border = rest.width >= 64 && rest.height >= 12;
    let mut parts = Parts { summary, progress, bars: none, charts: [none; 2], table: rest, has_border };
    if is_choosing(app) || (app.is_zoomed && focus(app) == 1) {
        return parts;
    }
    if app.is_zoomed {
        (parts.bars, parts.table) = (rest, none);
    } else if rest.width >= layout::WIDTH_COMPACT {
        let columns = [Constraint::Fill(1), Constraint::Length(TABLE_WIDTH)];
        [parts.bars, parts.table] = Layout::horizontal(columns).areas(rest);
        if rest.height >= 26 {
            let rows = [Constraint::Fill(1), Constraint::Length(10)];
            let [bars, charts] = Layout::vertical(rows).areas(parts.bars);
            parts.bars = bars;
            parts.charts = Layout::horizontal([Constraint::Fill(1); 2]).areas(charts);
        }
    } else if rest.height >= 9 {
        [parts.bars, parts.table] =
            Layout::vertical([Constraint::Length(rest.height * 2 / 5), Constraint::Fill(1)]).areas(rest);
    }
    parts
}

/// Which panel is focused: the bars, or the table.
fn focus(app: &App) -> usize {
    app.focus % 2
}

fn is_choosing(app: &App) -> bool {
    app.list_of(Tab::Shards).detail.is_some()
}

/// What was told of the shards, if they are those of the namespace that was chosen.
fn told(app: &App) -> Option<&SampleShards> {
    let shards = app.sample().shards.as_deref();
    shards.filter(|shards| app.namespace_or_first() == Some(shards.namespace.as_str()))
}

fn listed(app: &App) -> &[Shard] {
    told(app).map_or(&[], |shards| shards.shards.as_slice())
}

fn namespace(app: &App) -> Option<&Namespace> {
    app.sample().namespace(app.namespace_or_first()?)
}

/// How a resize is, or how the last one ended.
fn resize(app: &App) -> Option<&Resize> {
    told(app)?.resize.as_ref()
}

/// How often a shard's lock is waited for in a second.
fn waits(app: &App, place: usize) -> Option<f64> {
    app.shard_waits.of(app.sample().shards.as_deref()?, place)
}

/// What is to be told of a resize.
enum ResizeLine<'a> {
    Running(&'a Resize),
    Ended(&'a Resize),
}

fn resize_line(app: &App) -> Option<ResizeLine<'_>> {
    let resize = resize(app)?;
    if resize.is_running() {
        return Some(ResizeLine::Running(resize));
    }
    resize.last_result.as_deref().filter(|result| *result != "none").map(|_| ResizeLine::Ended(resize))
}

fn draw_resize(app: &App, area: Rect, buffer: &mut Buffer) {
    let theme = app.options.theme;
    let arrow = theme.symbols().arrow;
    match resize_line(app) {
        Some(ResizeLine::Running(resize)) => {
            let change = format!("resize {} {arrow} {}", resize.shards, resize.target);
            let label = match resize.state.as_str() {
                "moving" => change,
                // Its target is then what there was before.
                "cancelling" => format!("resize cancelling, back to {}", resize.target),
                state => format!("{change} ({state})"),
            };
            let pace = app.namespace_or_first().and_then(|name| app.paces.resize(name));
            let left = pace.and_then(|pace| pace.seconds_left(resize.keys_total as f64));
            let left = left.map(|seconds| format::seconds(seconds.ceil() as u64));
            let rate = pace.and_then(|pace| pace.per_second()).map(|rate| format!("{}/s", format::rate(rate)));
            let moved = format!("{} of {}", format::count(resize.keys_moved), format::count(resize.keys_total));
            let moved = Some(moved).filter(|_| resize.keys_total > 0);
            let details = [("eta", left), ("moved", moved), ("rate", rate)];
            let details: Vec<(&str, &str)> =
                details.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
            Progress { label: &label, share: resize.fraction(), details: &details }.draw(area, buffer, theme);
        }
        Some(ResizeLine::Ended(resize)) => {
            let result = resize.last_result.as_deref().unwrap_or_default();
            let result = text::harmless(result.as_bytes());
            let now_s = app.sample().at_ms / 1_000;
            let what = format!("{} {arrow} {} {result}", resize.last_from, resize.last_to);
            let took = std::time::Duration::from_millis(resize.last_duration_ms);
            let took = format::duration(took, theme.symbols().micro);
            let ago = format!("{} ago", format::age(now_s.saturating_sub(resize.last_time_s)));
            let role = if result == "done" { Role::Text } else { Role::Warn };
            let facts = [
                Fact { label: "last resize", value: &what, role },
                Fact { label: "in", value: &took, role: Role::Text },
                Fact { label: "", value: &ago, role: Role::Label },
            ];
            Facts { facts: &facts }.draw(area, buffer, theme);
        }
        None => {}
    }
}

fn draw_summary(app: &App, area: Rect, buffer: &mut Buffer) {
    let name = listing::cell(app, app.namespace_or_first().unwrap_or("-"));
    let namespace = namespace(app);
    let shards = namespace.and_then(|namespace| namespace.shards).map(|shards| shards.to_string());
    let keys = namespace.and_then(|namespace| namespace.keys).map(format::count);
    let db = namespace.and_then(|namespace| namespace.db).map(|db| db.to_string());
    let is_moving = matches!(resize_line(app), Some(ResizeLine::Running(_)));
    // While keys move shards are uneven on purpose.
    let skew = app.sample().shards.as_deref().filter(|_| !is_moving && !listed(app).is_empty());
    let skew = skew.and_then(|shards| shards.skew()).map(|skew| format!("{skew:.2}"));
    let waits = app
        .namespace_or_first()
        .and_then(|name| app.history.namespace(name, NamespaceMetric::LockWaits).at(app.sample().at_ms));
    let waits = waits.map(|rate| format!("{}/s", format::rate(rate)));
    let facts = [
        ("namespace", Some(name), Role::Accent),
        ("shards", shards, Role::Text),
        ("keys", keys, Role::Text),
        ("skew", skew, Role::Text),
        ("lock waits", waits, Role::Text),
        ("db", db, Role::Text),
    ];
    let facts: Vec<Fact<'_>> = facts
        .iter()
        .filter_map(|(label, value, role)| Some(Fact { label, value: value.as_deref()?, role: *role }))
        .collect();
    Facts { facts: &facts }.draw(area, buffer, app.options.theme);
}

fn draw_bars(app: &App, parts: &Parts, buffer: &mut Buffer) {
    let theme = app.options.theme;
    let (view, shards) = (View::of(app), listed(app));
    let values: Vec<f64> = shards.iter().enumerate().map(|(place, shard)| view.value(app, place, shard)).collect();
    if parts.has_border {
        let value = spread(view, &values, parts.bars.width);
        let note = legend(values.len(), parts.bars_inner(), theme);
        let panel =
            Panel { title: view.title(), value: &value, note: &note, focused: focus(app) == 0, ..Panel::default() };
        panel.draw(parts.bars, buffer, theme);
    }
    // Thousandths, so that rates below one show.
    let scaled: Vec<u64> = values.iter().map(|value| (value * 1_000.0) as u64).collect();
    let selected = app.list_of(Tab::Shards).selected_row().map(|row| row.index);
    Bars { values: &scaled, selected }.draw(parts.bars_inner(), buffer, theme);
}

/// Columns of a border that title and value leave free: corners, lines, spaces.
const BORDER_WIDTH: usize = 9;

/// Least, mean and greatest of the values: as many of them as leave the title its room, the greatest last to go.
fn spread(view: View, values: &[f64], width: u16) -> String {
    let Some(max) = values.iter().copied().reduce(f64::max) else { return String::new() };
    let min = values.iter().copied().fold(max, f64::min);
    let avg = values.iter().sum::<f64>() / values.len() as f64;
    let words =
        [("min", min), ("avg", avg), ("max", max)].map(|(name, value)| format!("{name} {}", view.format(value)));
    let room = usize::from(width).saturating_sub(view.title().len() + BORDER_WIDTH);
    let choices = (0..words.len()).map(|from| words[from..].join("  "));
    choices.into_iter().find(|choice| choice.len() <= room).unwrap_or_default()
}

/// What bars mean of which several share a column.
fn legend(shards: usize, area: Rect, theme: Theme) -> String {
    let sharing = Bars { values: &vec![0; shards], selected: None }.sharing(area);
    let symbols = theme.symbols();
    let (solid, ghost) = (symbols.levels[8], symbols.ghost);
    if sharing > 1 { format!("{sharing} shards a column: {solid} mean  {ghost} highest") } else { String::new() }
}

fn draw_charts(app: &App, parts: &Parts, buffer: &mut Buffer) {
    let Some(name) = app.namespace_or_first() else { return };
    let metrics =
        [("ops/s", NamespaceMetric::Ops, Role::Series1), ("lock waits/s", NamespaceMetric::LockWaits, Role::Series3)];
    for ((title, metric, role), area) in metrics.into_iter().zip(parts.charts) {
        let plot = Plot { role, ..Plot::of(app.history.namespace(name, metric), Unit::Rate) };
        plot.draw_panel(app, title, false, area, buffer);
    }
}

/// All that is known of one shard.
fn detail(app: &App, place: usize) -> Option<Dialog> {
    let shards = listed(app);
    let shard = shards.get(place)?;
    let name = app.namespace_or_first()?;
    let sum = |of: fn(&Shard) -> u64| shards.iter().map(of).fold(0, u64::saturating_add);
    let with_share = |value: u64, words: String, of: fn(&Shard) -> u64| {
        let share = format::share(value, sum(of));
        if share.is_finite() { format!("{words} ({} of all)", format::percent(share)) } else { words }
    };
    let rate = waits(app, place).map_or(String::new(), |rate| format!(", {}/s", format::rate(rate)));
    let each = shard.used_bytes.checked_div(shard.keys).map_or(format::UNKNOWN.to_owned(), format::bytes);
    let dialog = Dialog::message(format!("Shard {} of {name}", shard.shard), "keys go to shards by their hash")
        .line("keys", with_share(shard.keys, format::exact(shard.keys), |shard| shard.keys))
        .line("with a ttl", with_share(shard.expires, format::exact(shard.expires), |shard| shard.expires))
        .line("memory", with_share(shard.used_bytes, format::bytes(shard.used_bytes), |shard| shard.used_bytes))
        .line("each key", each)
        .line("lock waits", format!("{} since the start{rate}", format::exact(shard.lock_waits)));
    Some(dialog)
}

/// What to say where there are no rows.
fn empty(app: &App) -> Cow<'_, str> {
    if is_choosing(app) {
        return listing::empty(app, Tab::Shards, "namespaces", "the server tells of no namespaces");
    }
    let is_known = app.sample().namespaces.as_ref().is_some_and(|namespaces| namespaces.is_empty());
    let nothing = if is_known { "there is no namespace" } else { "waiting for the server" };
    listing::empty(app, Tab::Shards, "shards", nothing)
}

fn table<'a>(app: &App, empty: &'a str) -> Table<'a> {
    let columns = if is_choosing(app) { &chooser::COLUMNS[..] } else { &COLUMNS };
    listing::table(app, Tab::Shards, columns, empty)
}

fn draw_table(app: &App, parts: &Parts, buffer: &mut Buffer) {
    let theme = app.options.theme;
    if parts.has_border {
        let title = if is_choosing(app) { "choose a namespace" } else { "shards" };
        let count = app.list_of(Tab::Shards).rows.len().to_string();
        // None are listed before they were asked about: that does not say that there are none.
        let count = if is_choosing(app) || told(app).is_some() { &count } else { format::UNKNOWN };
        let note = listing::filter_note(app, Tab::Shards);
        let note = if is_choosing(app) && note.is_empty() { "Enter chooses, Esc goes back" } else { &note };
        let focused = is_choosing(app) || focus(app) == 1;
        Panel { title, value: count, note, focused, ..Panel::default() }.draw(parts.table, buffer, theme);
    }
    let empty = empty(app);
    let table = table(app, &empty);
    if is_choosing(app) {
        table.draw(parts.rows(), buffer, theme, |row| chooser::cells(app, row));
        return;
    }
    let (rows, shards) = (&app.list_of(Tab::Shards).rows, listed(app));
    table.draw(parts.rows(), buffer, theme, |row| {
        let Some(row) = rows.get(row) else { return Vec::new() };
        shards.get(row.index).map_or(Vec::new(), |shard| cells(app, row.index, shard))
    });
}

fn cells(app: &App, place: usize, shard: &Shard) -> Vec<Cell<'static>> {
    let waits = waits(app, place).map_or(Cell::new(format::UNKNOWN, Role::Dim), |rate| format::rate(rate).into());
    vec![
        shard.shard.to_string().into(),
        format::exact(shard.keys).into(),
        format::exact(shard.expires).into(),
        format::bytes(shard.used_bytes).into(),
        waits,
    ]
}

impl Screen for Shards {
    fn tab(&self) -> Tab {
        Tab::Shards
    }

    fn is_available(&self, app: &App) -> bool {
        app.server().is_rkvs() || !app.has_data()
    }

    fn wants(&self, app: &App) -> Wants {
        let shown = app.namespace_or_first().map(str::to_owned);
        let visible_namespaces = shown.clone().into_iter().collect();
        Wants { namespaces: true, visible_namespaces, shards_of: shown, ..Wants::default() }
    }

    fn has_list(&self) -> bool {
        true
    }

    fn columns(&self) -> &'static [Column] {
        &SORTABLE
    }

    fn columns_of(&self, app: &App) -> &'static [Column] {
        if is_choosing(app) { &chooser::SORTABLE } else { &SORTABLE }
    }

    fn rows(&self, app: &App) -> Vec<Row> {
        if is_choosing(app) {
            return chooser::rows(app);
        }
        let list = app.list_of(Tab::Shards);
        let search = Search::new(app, Tab::Shards, &COLUMNS);
        let shown = listed(app).iter().enumerate().filter(|(place, row)| {
            let number = if search.is_empty() { String::new() } else { row.shard.to_string() };
            search.fits(&[("shard", &number)], |column| cells(app, *place, row).swap_remove(column))
        });
        let key = |place: usize, row: &Shard| match list.sort {
            0 => SortKey::Number(place as f64),
            1 => Some(row.keys).into(),
            2 => Some(row.expires).into(),
            3 => Some(row.used_bytes).into(),
            _ => waits(app, place).into(),
        };
        let rows = shown.map(|(index, row)| (key(index, row), Row { id: (index as u64).into(), index }));
        sorted(rows.collect(), list.is_descending(&SORTABLE))
    }

    fn filter_columns<'a>(&self, app: &'a App) -> Vec<&'a str> {
        if is_choosing(app) { search::columns(&["name"], &chooser::COLUMNS) } else { search::columns(&[], &COLUMNS) }
    }

    fn list_area(&self, app: &App, body: Rect) -> Option<Rect> {
        Some(Table::rows_area(parts(app, body).rows())).filter(|area| !area.is_empty())
    }

    fn column_at(&self, app: &App, body: Rect, at: Position) -> Option<usize> {
        listing::sortable_at(app, Tab::Shards, &table(app, ""), parts(app, body).rows(), at)
    }

    fn enter(&self, app: &mut App) -> Vec<Effect> {
        app.list_of_mut(Tab::Shards).detail = None;
        NO_EFFECTS
    }

    fn click(&self, app: &mut App, body: Rect, at: Position) -> Vec<Effect> {
        let parts = parts(app, body);
        app.focus = usize::from(parts.table.contains(at));
        let values = vec![0; listed(app).len()];
        let hit = Bars { values: &values, selected: None }.hit(parts.bars_inner(), at);
        let list = app.list_of_mut(Tab::Shards);
        if let Some(shard) = hit
            && let Some(position) = list.rows.iter().position(|row| row.index == shard.start)
        {
            list.select(position, Table::rows_area(parts.rows()).height.into());
        }
        NO_EFFECTS
    }

    fn act(&self, app: &mut App, action: Action, argument: Option<&str>) -> Vec<Effect> {
        let Some(name) = app.namespace_or_first().map(str::to_owned) else { return NO_EFFECTS };
        match action {
            Action::Resize | Action::CancelResize => {
                let namespace = app.latest().namespace(&name).cloned().unwrap_or_else(|| Namespace::named(name));
                if action == Action::Resize {
                    app.open(actions::resize(&namespace, argument));
                } else {
                    cancel_resize(app, &namespace);
                }
            }
            Action::ChooseNamespace => {
                let is_choosing = is_choosing(app);
                let list = app.list_of_mut(Tab::Shards);
                list.detail = (!is_choosing).then(|| RowId::from(name.as_str()));
                list.filter.clear();
                (list.sort, list.is_reversed) = (0, false);
                if let Some(shown) = list.detail.clone() {
                    list.choose(shown);
                }
            }
            Action::Open if is_choosing(app) => {
                let list = app.list_of_mut(Tab::Shards);
                let chosen = list.selected.take();
                list.detail = None;
                list.filter.clear();
                if let Some(chosen) = chosen {
                    app.namespace = chosen.as_str().map(str::to_owned);
                }
            }
            Action::Open => {
                let place = app.list_of(Tab::Shards).selected_row().map(|row| row.index);
                if let Some(dialog) = place.and_then(|place| detail(app, place)) {
                    app.open(dialog);
                }
            }
            Action::NextPanel | Action::PreviousPanel => step_focus(app, action, 2),
            _ => {}
        }
        NO_EFFECTS
    }

    fn copy(&self, app: &App) -> Option<String> {
        let row = app.list_of(Tab::Shards).selected_row()?;
        if is_choosing(app) {
            return row.id.as_str().map(str::to_owned);
        }
        let Shard { shard, keys, expires, used_bytes, lock_waits } = listed(app).get(row.index)?;
        let namespace = app.namespace_or_first()?;
        Some(format!(
            "namespace={namespace} shard={shard} keys={keys} expires={expires} used_bytes={used_bytes} lock_waits={lock_waits}"
        ))
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, body: Rect) {
        let parts = parts(app, body);
        let buffer = frame.buffer_mut();
        if !parts.summary.is_empty() {
            draw_summary(app, Panel::inset(parts.summary), buffer);
        }
        if !parts.progress.is_empty() {
            draw_resize(app, Panel::inset(parts.progress), buffer);
        }
        if !parts.bars.is_empty() {
            draw_bars(app, &parts, buffer);
        }
        if !parts.charts[0].is_empty() {
            draw_charts(app, &parts, buffer);
        }
        if !parts.table.is_empty() {
            draw_table(app, &parts, buffer);
        }
    }
}

#[cfg(test)]
mod tests;
