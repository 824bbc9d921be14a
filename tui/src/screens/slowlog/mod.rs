//! Slowlog: the requests that took longest, which commands they were, and from when on one is kept.

use std::collections::HashMap;
use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};

use super::Screen;
use super::details::Details;
use super::listing::{self, Listing};
use super::search::{self, Search};
use super::tally::{self, Tally};
use crate::keymap::Action;
use crate::state::list::{Column, Row, SortKey, sorted};
use crate::state::msg::Effect;
use crate::state::sample::{SlowCommand, Slowlog as Log, Wants};
use crate::state::tab::Tab;
use crate::state::{App, NO_EFFECTS, actions};
use crate::theme::Role;
use crate::widgets::facts::{Fact, Facts};
use crate::widgets::table::{self, Cell};
use crate::{format, text};

pub(super) struct Slowlog;

/// What rows are sorted by.
static COLUMNS: [Column; 5] = [
    Column { title: "time", is_descending: true },
    Column { title: "took", is_descending: true },
    Column { title: "request", is_descending: false },
    Column { title: "client", is_descending: false },
    Column { title: "name", is_descending: false },
];

/// From then on a request is worth a look, or needs someone.
const WARN_USEC: f64 = 100_000.0;
const BAD_USEC: f64 = 1_000_000.0;
/// From then on minutes tell more than seconds.
const LONG_USEC: u64 = 100_000_000;
/// Columns of a request that a row can show.
const REQUEST_WIDTH_MAX: usize = 250;
/// An entry from before that long is told with its date.
const TODAY_S: u64 = 20 * 3_600;
/// Thresholds that `+` and `-` go through, in microseconds.
const THRESHOLDS_USEC: [i64; 17] =
    [0, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000];

fn log(app: &App) -> Option<&Log> {
    app.sample().slowlog.as_deref()
}

fn listed(app: &App) -> &[SlowCommand] {
    log(app).map_or(&[], |slowlog| slowlog.entries.as_slice())
}

fn sort_key(row: &SlowCommand, column: usize) -> SortKey {
    let text = |text: &str| if text.is_empty() { SortKey::Unknown } else { SortKey::text(text) };
    match column {
        // Numbers tell the order better than times of a whole second.
        0 => Some(row.id).into(),
        1 => Some(row.usec).into(),
        2 => text(&row.args.join(" ")),
        3 => text(&row.client),
        _ => text(&row.client_name),
    }
}

/// Where everything is.
struct Areas {
    facts: Rect,
    tallies: Rect,
    /// Empty while the details have all the room.
    list: Rect,
    details: Rect,
}

/// Details stand below the list from this height on.
const HEIGHT_SPLIT: u16 = 24;
const TALLIES_HEIGHT: u16 = 7;

fn areas(app: &App, body: Rect) -> Areas {
    let is_open = app.list_of(Tab::Slowlog).detail.is_some();
    let is_split = body.height >= HEIGHT_SPLIT && !app.is_zoomed;
    let facts = u16::from(body.height >= 5);
    let has_tallies = body.height >= 26 && body.width >= 100 && !app.is_zoomed && !is_open && !listed(app).is_empty();
    let tallies = if has_tallies { TALLIES_HEIGHT } else { 0 };
    let rows = [Constraint::Length(facts), Constraint::Length(tallies), Constraint::Fill(1)];
    let [facts, tallies, rest] = Layout::vertical(rows).areas(body);
    let [list, details] = match (is_open, is_split) {
        (false, _) => [rest, Rect::ZERO],
        (true, false) => [Rect::ZERO, rest],
        (true, true) => Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(rest),
    };
    Areas { facts, tallies, list, details }
}

/// Entries may be of other days.
fn has_dates(app: &App) -> bool {
    let now_s = app.sample().at_ms / 1_000;
    listed(app).iter().any(|entry| entry.at_s.saturating_add(TODAY_S) < now_s)
}

fn columns(app: &App) -> [table::Column<'static>; 5] {
    let longest = |text: fn(&SlowCommand) -> &String| listed(app).iter().map(|entry| text(entry).len()).max();
    let client = longest(|entry| &entry.client).unwrap_or(0).clamp(6, 47) as u16;
    let widest = listed(app).iter().map(|entry| text::width(&took(app, entry.usec))).max().unwrap_or(0);
    let name = longest(|entry| &entry.client_name).unwrap_or(0).clamp(4, 24) as u16;
    [
        table::Column::new("time", if has_dates(app) { 16 } else { 8 }).priority(1),
        table::Column::new("took", widest.max(7) as u16).right(),
        table::Column::new("request", 16).up_to(REQUEST_WIDTH_MAX as u16),
        table::Column::new("client", client.min(21)).up_to(client).priority(2),
        table::Column::new("name", name.min(10)).up_to(name).priority(3),
    ]
}

fn time(app: &App, at_s: u64, has_date: bool) -> String {
    let at_ms = i64::try_from(at_s.saturating_mul(1_000)).unwrap_or(i64::MAX);
    let offset_s = app.options.utc_offset_s;
    if has_date { format::date_time(at_ms, offset_s) } else { format::time_of_day(at_ms, offset_s) }
}

fn took(app: &App, usec: u64) -> String {
    let micro = app.options.theme.symbols().micro;
    if usec < LONG_USEC {
        format::latency_us(usec as f64, micro)
    } else {
        format::duration(Duration::from_micros(usec), micro)
    }
}

fn cells(app: &App, entry: &SlowCommand, has_date: bool) -> Vec<Cell<'static>> {
    let request = entry.args.join(" ");
    vec![
        Cell::new(time(app, entry.at_s, has_date), Role::Label),
        Cell::new(took(app, entry.usec), Role::of_level(entry.usec as f64, WARN_USEC, BAD_USEC)),
        text::line(request.as_bytes(), REQUEST_WIDTH_MAX, app.options.theme.symbols().ellipsis).into(),
        listing::cell(app, &entry.client).into(),
        listing::cell(app, &entry.client_name).into(),
    ]
}

/// A threshold in words.
fn threshold(app: &App, usec: i64) -> String {
    match usec {
        ..0 => "nothing is kept".into(),
        0 => "every request".into(),
        usec => took(app, usec.unsigned_abs()),
    }
}

fn draw_facts(app: &App, area: Rect, frame: &mut Frame<'_>) {
    let Some(log) = log(app) else { return };
    let slowest = log.entries.iter().map(|entry| entry.usec).max();
    let role = |usec: i64| if usec < 0 { Role::Warn } else { Role::Text };
    let mut facts = vec![("entries", listing::shown(app, Tab::Slowlog, log.entries.len()), Role::Text)];
    if log.total > log.entries.len() as u64 {
        facts.push(("kept", format::exact(log.total), Role::Text));
    }
    facts.extend(log.len_max.map(|len| ("of at most", format::exact(len), Role::Text)));
    facts.extend(log.threshold_usec.map(|usec| ("threshold", threshold(app, usec), role(usec))));
    facts.extend(slowest.map(|usec| ("slowest", took(app, usec), Role::of_level(usec as f64, WARN_USEC, BAD_USEC))));
    let facts: Vec<_> = facts.iter().map(|(label, value, role)| Fact { label, value, role: *role }).collect();
    let area = Rect { x: area.x + area.width.min(1), width: area.width.saturating_sub(2), ..area };
    Facts { facts: &facts }.draw(area, frame.buffer_mut(), app.options.theme);
}

/// Which of them took how much of the time, by what an entry tells.
fn tally(app: &App, title: &'static str, name: impl Fn(&SlowCommand) -> String) -> Tally {
    let mut by_name: HashMap<String, (u64, u64, u64)> = HashMap::new();
    for entry in listed(app) {
        let (count, total, max) = by_name.entry(name(entry)).or_default();
        *count += 1;
        *total = total.saturating_add(entry.usec);
        *max = entry.usec.max(*max);
    }
    let all: u64 = by_name.values().fold(0, |sum, (_, total, _)| sum.saturating_add(*total));
    let mut rows: Vec<_> = by_name.into_iter().collect();
    rows.sort_by(|(a_name, (_, a, _)), (b_name, (_, b, _))| b.cmp(a).then_with(|| a_name.cmp(b_name)));
    let widest = rows.iter().map(|(_, (.., max))| text::width(&took(app, *max))).max().unwrap_or(0).max(7);
    let row = |(name, (count, total, max)): (String, (u64, u64, u64))| {
        let name = if name.is_empty() { "(none)".into() } else { listing::cell(app, &name) };
        let value = format!("{:>4}  max {:>widest$}", format::count(count), took(app, max));
        (name, format::share(total, all), value)
    };
    Tally { title, rows: rows.into_iter().map(row).collect() }
}

fn details(app: &App, entry: &SlowCommand) -> Details {
    let harmless = |text: &str| listing::whole(app, text);
    let mut details = Details::new(format!("slow request {}", entry.id));
    let ago_s = (app.sample().at_ms / 1_000).saturating_sub(entry.at_s);
    let exact = format!(" ({} {}s)", format::exact(entry.usec), app.options.theme.symbols().micro);
    // Below a millisecond that would say the same twice.
    details.fact("took", took(app, entry.usec) + if entry.usec < 1_000 { "" } else { exact.as_str() });
    details.fact("at", format!("{}, {} ago", time(app, entry.at_s, ago_s > TODAY_S), format::age(ago_s)));
    let name = if entry.client_name.is_empty() { String::new() } else { format!(" {}", harmless(&entry.client_name)) };
    details.fact("client", format!("{}{name}", harmless(&entry.client)));
    details.fact("arguments", entry.args.len().to_string());
    details.gap();
    for (index, argument) in entry.args.iter().enumerate() {
        let argument = if argument.is_empty() { "\"\"".to_owned() } else { harmless(argument) };
        details.fact(format!("{index:>9}"), argument);
    }
    details
}

fn scroll(app: &mut App, by: isize) {
    let shown = app.list().selected_row().and_then(|row| Some((row.id.clone(), listed(app).get(row.index)?)));
    let Some((id, entry)) = shown.filter(|_| app.list().detail.is_some()) else { return };
    let area = areas(app, crate::layout::areas(app).body).details;
    app.screens.details = Some(details(app, entry).scrolled(app, &id, area, by));
}

/// Proposes the next threshold up or down, or the one there is.
fn change(app: &mut App, action: Action) {
    let Some(log) = app.latest().slowlog.clone() else { return };
    let now = log.threshold_usec;
    let proposed = now.and_then(|now| match action {
        Action::SlowlogRaise => THRESHOLDS_USEC.into_iter().find(|&usec| usec > now),
        // Below everything is nothing.
        Action::SlowlogLower => THRESHOLDS_USEC.into_iter().rev().find(|&usec| usec < now).or(Some(-1)),
        _ => None,
    });
    let micro = app.options.theme.symbols().micro;
    app.open(actions::config::slowlog(now, log.len_max, proposed, micro));
}

/// Why there is nothing.
fn nothing(app: &App) -> String {
    match log(app).and_then(|log| log.threshold_usec) {
        None => "nothing was slow".into(),
        Some(..0) => "nothing is kept: T sets a threshold".into(),
        Some(0) => "nothing was asked for since it was cleared".into(),
        Some(usec) => format!("nothing took {} or longer", took(app, usec.unsigned_abs())),
    }
}

fn listing<'a>(columns: &'a [table::Column<'a>], empty: &'a str) -> Listing<'a> {
    Listing { tab: Tab::Slowlog, columns, title: "slow requests", empty }
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
        let search = Search::new(app, Tab::Slowlog, &columns(app));
        let has_date = has_dates(app);
        let fits = |entry: &SlowCommand| {
            let command = entry.args.first().map_or("", String::as_str);
            let is_found = || {
                let (request, client) = (entry.args.join(" "), entry.client.as_str());
                search.fits(
                    &[
                        ("request", &request),
                        ("command", command),
                        ("cmd", command),
                        ("client", client),
                        ("addr", client),
                        ("name", &entry.client_name),
                    ],
                    |column| cells(app, entry, has_date).swap_remove(column),
                )
            };
            search.is_empty() || is_found()
        };
        let shown = listed(app).iter().enumerate().filter(|(_, entry)| fits(entry));
        let rows = shown.map(|(index, row)| (sort_key(row, list.sort), Row { id: row.id.into(), index }));
        sorted(rows.collect(), list.is_descending(&COLUMNS))
    }

    fn filter_columns<'a>(&self, app: &'a App) -> Vec<&'a str> {
        search::columns(&["command", "cmd", "addr"], &columns(app))
    }

    fn list_area(&self, app: &App, body: Rect) -> Option<Rect> {
        let area = areas(app, body).list;
        (!area.is_empty()).then(|| listing::rows_area(app, area))
    }

    fn column_at(&self, app: &App, body: Rect, at: Position) -> Option<usize> {
        listing(&columns(app), "").column_at(app, areas(app, body).list, at)
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, body: Rect) {
        let areas = areas(app, body);
        let theme = app.options.theme;
        let listed = listed(app);
        draw_facts(app, areas.facts, frame);
        if !areas.tallies.is_empty() {
            let command = |entry: &SlowCommand| entry.args.first().map_or(String::new(), |name| name.to_lowercase());
            let host = |entry: &SlowCommand| {
                let host = entry.client.rsplit_once(':').map_or(entry.client.as_str(), |(host, _)| host);
                if entry.client_name.is_empty() { host.to_owned() } else { entry.client_name.clone() }
            };
            let tallies = [tally(app, "time by command", command), tally(app, "time by client", host)];
            tally::draw(&tallies, areas.tallies, frame.buffer_mut(), theme);
        }
        if !areas.list.is_empty() {
            let has_date = has_dates(app);
            listing(&columns(app), &nothing(app)).draw(app, areas.list, frame.buffer_mut(), |index| {
                listed.get(index).map_or_else(Vec::new, |entry| cells(app, entry, has_date))
            });
        }
        let selected = app.list_of(Tab::Slowlog).selected_row();
        if let Some((row, entry)) = selected.and_then(|row| Some((row, listed.get(row.index)?)))
            && !areas.details.is_empty()
        {
            details(app, entry).draw(app, &row.id, areas.details, frame.buffer_mut());
        }
    }

    fn act(&self, app: &mut App, action: Action, _argument: Option<&str>) -> Vec<Effect> {
        match action {
            Action::Open => {
                let list = app.list_of_mut(Tab::Slowlog);
                list.detail = if list.detail.is_some() { None } else { list.selected.clone() };
            }
            Action::DetailDown => scroll(app, 1),
            Action::DetailUp => scroll(app, -1),
            Action::SlowlogThreshold | Action::SlowlogRaise | Action::SlowlogLower => change(app, action),
            Action::ClearSlowlog => {
                let total = app.latest().slowlog.as_ref().map_or(0, |log| log.total);
                app.open(actions::config::clear_slowlog(total));
            }
            _ => {}
        }
        NO_EFFECTS
    }

    fn copy(&self, app: &App) -> Option<String> {
        let entry = listed(app).get(app.list_of(Tab::Slowlog).selected_row()?.index)?;
        Some(entry.args.iter().map(|argument| actions::config::quoted(argument)).collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests;
