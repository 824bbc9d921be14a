//! Namespaces: who uses what. On a plain Redis these are its databases.

mod columns;
mod detail;

use std::borrow::Cow;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};

use super::plot::{Plot, Unit};
use super::search::{self, Search};
use super::{Screen, listing, step_focus};
use crate::keymap::Action;
use crate::state::events::Level;
use crate::state::history::NamespaceMetric;
use crate::state::list::{Column, Row, sorted};
use crate::state::msg::Effect;
use crate::state::sample::{Autosave, Namespace, Wants};
use crate::state::tab::Tab;
use crate::state::update::go_to;
use crate::state::{App, NO_EFFECTS, actions};
use crate::theme::Role;
use crate::widgets::facts::{Fact, Facts};
use crate::widgets::panel::Panel;
use crate::widgets::table::{Sort, Table, TableHit};
use crate::{format, layout};

pub(super) use columns::by_name;

pub(super) struct Namespaces;

/// From this width on the details stand beside the table.
const DETAIL_WIDTH: u16 = 46;
/// From this height on charts stand below the table.
const CHARTS_HEIGHT_MIN: u16 = 18;

/// Where the parts are.
struct Parts {
    /// The table with its border, if it has one; empty while something else has the whole body.
    table: Rect,
    has_border: bool,
    /// One line below a table without a border.
    totals: Rect,
    /// Which charts, and where.
    charts: Vec<(usize, Rect)>,
    detail: Rect,
}

impl Parts {
    /// The table without its border.
    fn rows(&self) -> Rect {
        if self.has_border { Panel::inner(self.table) } else { self.table }
    }
}

fn parts(app: &App, body: Rect) -> Parts {
    let has_border = body.width >= 64 && body.height >= 10;
    let charts = charts(app);
    let none = Rect { width: 0, height: 0, ..body };
    let mut parts = Parts { table: none, has_border, totals: none, charts: Vec::new(), detail: none };
    let focus = focus(app);
    let is_open = app.list_of(Tab::Namespaces).detail.is_some();
    if app.is_zoomed && focus > 0 && !is_open {
        parts.charts = vec![(focus - 1, body)];
        return parts;
    }
    if is_open && body.width < layout::WIDTH_COMPACT {
        parts.detail = body;
        return parts;
    }
    let mut rest = body;
    if is_open {
        [rest, parts.detail] = Layout::horizontal([Constraint::Fill(1), Constraint::Length(DETAIL_WIDTH)]).areas(body);
    }
    if rest.height >= CHARTS_HEIGHT_MIN && !app.is_zoomed {
        let height = if rest.height >= 30 { 10 } else { 7 };
        let shown = charts.len().min(usize::from(rest.width / 36)).max(1);
        let [table, below] = Layout::vertical([Constraint::Fill(1), Constraint::Length(height)]).areas(rest);
        let areas = Layout::horizontal(vec![Constraint::Fill(1); shown]).split(below);
        parts.charts = areas.iter().copied().enumerate().collect();
        rest = table;
    }
    if !has_border && rest.height >= 6 {
        [rest, parts.totals] = Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(rest);
    }
    parts.table = rest;
    parts
}

/// A chart of the selected namespace.
struct ChartOf {
    title: &'static str,
    metric: NamespaceMetric,
    unit: Unit,
    /// What the axis goes up to, where that is known beforehand.
    top: Option<f64>,
    role: Role,
}

static CHARTS: [ChartOf; 3] = [
    ChartOf { title: "ops/s", metric: NamespaceMetric::Ops, unit: Unit::Rate, top: None, role: Role::Series1 },
    ChartOf { title: "memory", metric: NamespaceMetric::UsedBytes, unit: Unit::Bytes, top: None, role: Role::Series2 },
    ChartOf {
        title: "hit ratio",
        metric: NamespaceMetric::HitRatio,
        unit: Unit::Share,
        top: Some(1.0),
        role: Role::Series3,
    },
];

/// Of a database of a plain Redis nothing but its keys is known.
static CHARTS_PLAIN: [ChartOf; 1] =
    [ChartOf { title: "keys", metric: NamespaceMetric::Keys, unit: Unit::Count, top: None, role: Role::Series1 }];

fn charts(app: &App) -> &'static [ChartOf] {
    if app.server().is_rkvs() { &CHARTS } else { &CHARTS_PLAIN }
}

/// Which panel is focused: the table, or one of the charts.
fn focus(app: &App) -> usize {
    app.focus % (charts(app).len() + 1)
}

fn listed(app: &App) -> &[Namespace] {
    app.sample().namespaces.as_deref().map_or(&[], Vec::as_slice)
}

fn selected(app: &App) -> Option<&Namespace> {
    app.list_of(Tab::Namespaces).selected_row().and_then(|row| listed(app).get(row.index))
}

/// The autosave of a namespace.
pub(super) fn autosave_of<'a>(app: &'a App, namespace: &str) -> Option<&'a Autosave> {
    app.latest().autosaves.as_ref()?.iter().find(|autosave| autosave.name == namespace)
}

fn what(app: &App) -> String {
    format!("{}s", app.server().keyspace_word())
}

/// What to say where there are no rows.
fn empty(app: &App) -> Cow<'_, str> {
    let nothing = match (&app.sample().namespaces, app.server().is_rkvs()) {
        (None, _) => "waiting for the server",
        (_, true) => "there are no namespaces",
        (_, false) => "no database holds any keys",
    };
    listing::empty(app, Tab::Namespaces, &what(app), nothing)
}

fn table<'a>(app: &App, width: u16, empty: &'a str) -> Table<'a> {
    let table = listing::table(app, Tab::Namespaces, columns::of(app, width), empty);
    let of_sorts = columns::of_sorts(app);
    let sort = table.sort.and_then(|sort| Some(Sort { column: *of_sorts.get(sort.column)?, ..sort }));
    Table { sort, ..table }
}

/// Sums over the rows that are shown.
struct Totals {
    rows: usize,
    keys: u64,
    used_bytes: u64,
    ops: u64,
}

impl Totals {
    fn of(app: &App) -> Self {
        let listed = listed(app);
        let rows = app.list_of(Tab::Namespaces).rows.iter().filter_map(|row| listed.get(row.index));
        rows.fold(Self { rows: 0, keys: 0, used_bytes: 0, ops: 0 }, |sum, row| Self {
            rows: sum.rows + 1,
            keys: sum.keys.saturating_add(row.keys.unwrap_or(0)),
            used_bytes: sum.used_bytes.saturating_add(row.used_bytes.unwrap_or(0)),
            ops: sum.ops.saturating_add(row.ops_per_sec.unwrap_or(0)),
        })
    }

    /// Name and value of each, most important first.
    fn facts(&self, app: &App) -> Vec<(&'static str, String)> {
        let all = listed(app).len();
        let (shown, all_of_them) = (format::exact(self.rows as u64), format::exact(all as u64));
        let rows = if self.rows == all { all_of_them } else { format!("{shown} of {all_of_them}") };
        let mut facts = vec![("", rows), ("keys", format::count(self.keys))];
        if app.server().is_rkvs() {
            facts.push(("memory", format::bytes(self.used_bytes)));
            facts.push(("ops/s", format::rate(self.ops as f64)));
        }
        facts
    }
}

fn draw_table(app: &App, parts: &Parts, buffer: &mut Buffer) {
    let theme = app.options.theme;
    let facts = Totals::of(app).facts(app);
    let what = what(app);
    if parts.has_border {
        let (rows, sums) = (format!("{what} {}", facts[0].1), &facts[1..]);
        let sums: Vec<String> = sums.iter().map(|(name, value)| format!("{value} {name}")).collect();
        let separator = format!(" {} ", theme.symbols().dot);
        let value = sums.join(&separator).replace(" memory", "");
        let note = listing::filter_note(app, Tab::Namespaces);
        let focused = focus(app) == 0;
        Panel { title: &rows, value: &value, note: &note, focused, ..Panel::default() }.draw(
            parts.table,
            buffer,
            theme,
        );
    } else {
        let facts: Vec<Fact<'_>> = facts
            .iter()
            .map(|(label, value)| Fact {
                label: if label.is_empty() { &what } else { label },
                value,
                role: Role::Label,
            })
            .collect();
        Facts { facts: &facts }.draw(Panel::inset(parts.totals), buffer, theme);
    }
    let listed = listed(app);
    let rows = &app.list_of(Tab::Namespaces).rows;
    table(app, parts.rows().width, &empty(app)).draw(parts.rows(), buffer, theme, |row| {
        let namespace = rows.get(row).and_then(|row| listed.get(row.index));
        namespace.map(|namespace| columns::cells(app, namespace)).unwrap_or_default()
    });
}

fn draw_charts(app: &App, parts: &Parts, buffer: &mut Buffer) {
    let name = selected(app).map_or("", |namespace| namespace.name.as_str());
    let shown = listing::cell(app, name);
    for &(index, area) in &parts.charts {
        let chart = &charts(app)[index];
        let title = format!("{shown} {} {}", app.options.theme.symbols().dot, chart.title);
        let title = if name.is_empty() { chart.title } else { &title };
        let series = app.history.namespace(name, chart.metric);
        let plot = Plot { top: chart.top, role: chart.role, ..Plot::of(series, chart.unit) };
        plot.draw_panel(app, title, focus(app) == index + 1, area, buffer);
    }
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
        Wants { namespaces: true, visible_namespaces: visible, autosaves: true, ..Wants::default() }
    }

    fn has_list(&self) -> bool {
        true
    }

    fn columns(&self) -> &'static [Column] {
        &columns::SORTABLE
    }

    fn columns_of(&self, app: &App) -> &'static [Column] {
        if app.server().is_rkvs() { &columns::SORTABLE } else { &columns::SORTABLE_PLAIN }
    }

    fn rows(&self, app: &App) -> Vec<Row> {
        let list = app.list_of(Tab::Namespaces);
        let search = Search::new(app, Tab::Namespaces, columns::all(app));
        let shown = listed(app).iter().enumerate().filter(|(_, row)| {
            let db = if search.is_empty() { String::new() } else { row.db.map_or(String::new(), |db| db.to_string()) };
            search.fits(&[("name", row.name.as_str()), ("db", &db)], |column| columns::cell_of(app, row, column))
        });
        let rows = shown
            .map(|(index, row)| (columns::sort_key(app, row, list.sort), Row { id: row.name.as_str().into(), index }));
        sorted(rows.collect(), list.is_descending(self.columns_of(app)))
    }

    fn filter_columns<'a>(&self, app: &'a App) -> Vec<&'a str> {
        search::columns(&["name", "db"], columns::all(app))
    }

    fn list_area(&self, app: &App, body: Rect) -> Option<Rect> {
        Some(Table::rows_area(parts(app, body).rows())).filter(|area| !area.is_empty())
    }

    fn column_at(&self, app: &App, body: Rect, at: Position) -> Option<usize> {
        let area = parts(app, body).rows();
        let TableHit::Column(column) = table(app, area.width, "").hit(area, at)? else { return None };
        columns::of_sorts(app).iter().position(|of_sort| *of_sort == column)
    }

    fn click(&self, app: &mut App, body: Rect, at: Position) -> Vec<Effect> {
        let parts = parts(app, body);
        let chart = parts.charts.iter().find(|(_, area)| area.contains(at)).map(|(index, _)| index + 1);
        if let Some(focus) = chart.or(parts.table.contains(at).then_some(0)) {
            app.focus = focus;
        }
        NO_EFFECTS
    }

    fn offers(&self, app: &App, action: Action) -> bool {
        let is_special = matches!(
            action,
            Action::Create
                | Action::LoadNamespace
                | Action::Resize
                | Action::CancelResize
                | Action::Delete
                | Action::SaveNamespace
                | Action::Autosave
                | Action::Limits
                | Action::ShowShards
        );
        !is_special || app.server().is_rkvs()
    }

    fn act(&self, app: &mut App, action: Action, argument: Option<&str>) -> Vec<Effect> {
        if !self.offers(app, action) {
            app.tell(Level::Warn, format!("{} has databases, which can only be flushed", app.server().title()));
            return NO_EFFECTS;
        }
        match action {
            Action::Create => app.open(actions::namespace::create(argument)),
            Action::LoadNamespace => app.open(actions::namespace::load(argument)),
            Action::NextPanel | Action::PreviousPanel => {
                let panels = charts(app).len() + 1;
                step_focus(app, action, panels);
            }
            _ => {
                let Some(shown) = selected(app) else {
                    app.tell(Level::Info, "nothing is selected");
                    return NO_EFFECTS;
                };
                let name = shown.name.clone();
                // While paused what is shown is old: what is asked about is what is now.
                let namespace = app.latest().namespace(&name).cloned().unwrap_or_else(|| Namespace::named(name));
                return act_on(app, action, argument, &namespace);
            }
        }
        NO_EFFECTS
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, body: Rect) {
        let parts = parts(app, body);
        let buffer = frame.buffer_mut();
        if !parts.table.is_empty() {
            draw_table(app, &parts, buffer);
        }
        draw_charts(app, &parts, buffer);
        if let Some(namespace) = selected(app).filter(|_| !parts.detail.is_empty()) {
            detail::draw(app, namespace, parts.detail, buffer);
        }
    }
}

fn act_on(app: &mut App, action: Action, argument: Option<&str>, namespace: &Namespace) -> Vec<Effect> {
    use actions::namespace as of;
    match action {
        Action::Resize => app.open(actions::resize(namespace, argument)),
        Action::CancelResize => cancel_resize(app, namespace),
        Action::Delete => app.open(of::delete(namespace)),
        Action::Flush => app.open(of::flush(app.server(), namespace)),
        Action::SaveNamespace => app.open(of::save(namespace)),
        Action::Autosave => app.open(of::autosave(namespace, autosave_of(app, &namespace.name), argument)),
        Action::Limits => app.open(of::limits(namespace)),
        Action::BrowseKeys => return go_to(app, Tab::Keys, Some(&namespace.name)),
        Action::ShowShards => return go_to(app, Tab::Shards, Some(&namespace.name)),
        Action::Open => {
            let list = app.list_of_mut(Tab::Namespaces);
            list.detail = if list.detail.is_some() { None } else { list.selected.clone() };
        }
        _ => {}
    }
    NO_EFFECTS
}

/// Asks whether to cancel a resize, where there is one.
pub(super) fn cancel_resize(app: &mut App, namespace: &Namespace) {
    if namespace.resize.is_some() {
        app.open(actions::cancel_resize(&namespace.name));
    } else {
        app.tell(Level::Info, format!("{} is not being resized", namespace.name));
    }
}

#[cfg(test)]
mod tests;
