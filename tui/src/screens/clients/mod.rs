//! Clients: who is connected from where with which library, what each does, and closing connections.

mod flags;

use std::collections::HashMap;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};

use super::Screen;
use super::details::Details;
use super::listing::{self, Listing};
use super::search::{self, Search};
use super::tally::{self, Tally};
use crate::format;
use crate::keymap::Action;
use crate::state::dialog::Dialog;
use crate::state::events::Level;
use crate::state::list::{Column, Row, SortKey, sorted};
use crate::state::msg::{Answer, Effect, Request};
use crate::state::sample::{Client, Clients as ClientList, Wants};
use crate::state::tab::Tab;
use crate::state::{App, NO_EFFECTS, actions};
use crate::theme::Role;
use crate::value::Value;
use crate::widgets::facts::{Fact, Facts};
use crate::widgets::table::{self, Cell};

pub(super) struct Clients;

/// What rows are sorted by.
static COLUMNS: [Column; 11] = [
    Column { title: "id", is_descending: false },
    Column { title: "address", is_descending: false },
    Column { title: "name", is_descending: false },
    Column { title: "namespace", is_descending: false },
    Column { title: "age", is_descending: true },
    Column { title: "idle", is_descending: true },
    Column { title: "command", is_descending: false },
    Column { title: "output", is_descending: true },
    Column { title: "memory", is_descending: true },
    Column { title: "library", is_descending: false },
    Column { title: "flags", is_descending: false },
];

/// What servers say of a client that has called nothing yet.
const NO_COMMAND: &str = "NULL";

/// From that many waiting bytes on a client reads too slowly.
const OUTPUT_WARN_BYTES: u64 = 1 << 20;
const OUTPUT_BAD_BYTES: u64 = 64 << 20;

/// Asks which client acts, so that it is not among those to be killed.
const OWN_ID: u64 = 1;
/// Closes connections.
const KILL: u64 = 2;

fn list(app: &App) -> Option<&ClientList> {
    app.sample().clients.as_deref()
}

fn listed(app: &App) -> &[Client] {
    list(app).map_or(&[], |clients| clients.clients.as_slice())
}

fn sort_key(row: &Client, column: usize) -> SortKey {
    let text = |text: &str| if text.is_empty() { SortKey::Unknown } else { SortKey::text(text) };
    match column {
        0 => row.count("id").into(),
        1 => text(row.text("addr")),
        2 => text(row.text("name")),
        3 => row.count("db").into(),
        4 => row.count("age").into(),
        5 => row.count("idle").into(),
        6 => text(row.text("cmd")),
        7 => Some(row.output_bytes()).into(),
        8 => row.count("tot-mem").into(),
        9 => text(&row.library()),
        _ => text(row.text("flags")),
    }
}

/// Names that a filter knows beside the headings and the fields of CLIENT LIST.
const ALSO_KNOWN: [&str; 4] = ["lib", "state", "namespace", "ns"];

/// Bytes of a value that a filter looks at.
const VALUE_SIZE_MAX: usize = 4 * 1024;

fn head(value: &str) -> &str {
    &value[..value.floor_char_boundary(VALUE_SIZE_MAX)]
}

fn output(size_bytes: u64) -> String {
    if size_bytes == 0 { "0".to_owned() } else { format::bytes(size_bytes) }
}

/// What a filter looks at. Words without a column are looked for in what the table shows; the other fields of CLIENT LIST take
/// part once they are named.
struct ClientSearch<'a> {
    app: &'a App,
    search: Search,
    namespaces: HashMap<u64, &'a str>,
}

impl<'a> ClientSearch<'a> {
    fn new(app: &'a App) -> Self {
        let search = Search::new(app, Tab::Clients, &columns(app));
        let namespaces = app.sample().namespaces.iter().flat_map(|namespaces| namespaces.iter());
        // Nothing is looked up where there is no filter.
        let namespaces = namespaces.filter(|_| !search.is_empty());
        let namespaces = namespaces.filter_map(|namespace| Some((namespace.db?, namespace.name.as_str()))).collect();
        Self { app, search, namespaces }
    }

    fn fits(&self, client: &Client) -> bool {
        if self.search.is_empty() {
            return true;
        }
        let (library, state) = (client.library(), flags::words(head(client.text("flags"))));
        let namespace = client.count("db").and_then(|db| self.namespaces.get(&db)).copied().unwrap_or_default();
        let mut told = vec![("lib", head(&library)), ("state", &state), ("namespace", namespace), ("ns", namespace)];
        for (name, value) in client.iter() {
            let is_shown = matches!(name, "id" | "addr" | "name" | "cmd" | "user" | "flags");
            if is_shown || self.search.names(name) {
                told.push((name, head(value)));
            }
        }
        let name = Some(namespace).filter(|name| !name.is_empty());
        self.search.fits(&told, |column| cell(self.app, client, column, |_| name.map(str::to_owned)))
    }
}

/// The selected client as the newest sample knows it. While paused what is shown may be of a server that was started anew since:
/// there the id is another's.
fn selected(app: &App) -> Option<&Client> {
    let id = app.list_of(Tab::Clients).selected.as_ref()?.as_number()?;
    let shown = list(app)?.by_id(id)?;
    app.latest().clients.as_ref()?.by_id(id).filter(|client| client.text("addr") == shown.text("addr"))
}

/// What a connection is to the dashboard where it is one of its own.
fn own(app: &App, client: &Client) -> Option<&'static str> {
    let id = Some(client.id());
    if list(app).is_some_and(|clients| clients.own_id == id) {
        Some("the dashboard itself: polls")
    } else if app.acting_id == id {
        Some("the dashboard itself: requests")
    } else {
        None
    }
}

/// The name of a namespace where it tells more than the number of the database.
fn namespace_of(app: &App, db: &str) -> Option<String> {
    let number = db.parse().ok()?;
    let namespace = app.sample().namespaces.as_ref()?.iter().find(|namespace| namespace.db == Some(number))?;
    (namespace.name != db).then(|| listing::cell(app, &namespace.name))
}

/// What was called last; a sign for nothing where it was nothing yet.
fn command(told: &str) -> &str {
    if told == NO_COMMAND { format::UNKNOWN } else { told }
}

/// Where everything is.
struct Areas {
    facts: Rect,
    tallies: Rect,
    /// Empty while the details have all the room.
    list: Rect,
    details: Rect,
}

/// Details stand beside the list from this width on.
const WIDTH_SPLIT: u16 = 110;
const DETAILS_WIDTH: u16 = 52;
const TALLIES_HEIGHT: u16 = 7;

fn areas(app: &App, body: Rect) -> Areas {
    let is_open = app.list_of(Tab::Clients).detail.is_some();
    let facts = u16::from(body.height >= 5);
    let has_tallies = body.height >= 26 && body.width >= 100 && !app.is_zoomed && !listed(app).is_empty();
    let tallies = if has_tallies { TALLIES_HEIGHT } else { 0 };
    let rows = [Constraint::Length(facts), Constraint::Length(tallies), Constraint::Fill(1)];
    let [facts, tallies, rest] = Layout::vertical(rows).areas(body);
    let [list, details] = match (is_open, body.width >= WIDTH_SPLIT && !app.is_zoomed) {
        (false, _) => [rest, Rect::ZERO],
        (true, false) => [Rect::ZERO, rest],
        (true, true) => Layout::horizontal([Constraint::Fill(1), Constraint::Length(DETAILS_WIDTH)]).areas(rest),
    };
    Areas { facts, tallies, list, details }
}

fn columns(app: &App) -> [table::Column<'static>; 11] {
    let empty = ClientList::default();
    let summary = list(app).unwrap_or(&empty).summary();
    let [address, name, library] = summary.lengths.map(|length| length.min(64) as u16);
    let id = format::UNKNOWN.len().max(summary.id_max.to_string().len()) as u16;
    let database = if app.server().is_rkvs() { "namespace" } else { "db" };
    [
        table::Column::new("id", id).right().priority(4),
        table::Column::new("address", address.clamp(9, 21)).up_to(address.max(9)),
        table::Column::new("name", name.clamp(4, 12)).up_to(name.max(4)).priority(3),
        table::Column::new(database, 3).up_to(16).priority(5),
        table::Column::new("age", 4).right().priority(6),
        table::Column::new("idle", 4).right().priority(2),
        table::Column::new("command", 11).up_to(20).priority(1),
        table::Column::new("output", 6).right().priority(8),
        table::Column::new("memory", 6).right().priority(7),
        table::Column::new("library", library.clamp(7, 12)).up_to(library.max(7)).priority(9),
        table::Column::new("flags", 5).priority(10),
    ]
}

fn cells(app: &App, client: &Client) -> Vec<Cell<'static>> {
    (0..COLUMNS.len()).map(|column| cell(app, client, column, |db| namespace_of(app, db))).collect()
}

/// The cell below that heading; `namespace_of` names the namespace of a database.
fn cell(app: &App, client: &Client, column: usize, namespace_of: impl Fn(&str) -> Option<String>) -> Cell<'static> {
    let role = if own(app, client).is_some() { Role::Label } else { Role::Text };
    let harmless = |name: &str| Cell::new(listing::cell(app, client.text(name)), role);
    let number = |count: Option<u64>, format: fn(u64) -> String| {
        Cell::new(count.map_or_else(|| format::UNKNOWN.to_owned(), format), role)
    };
    match column {
        0 => harmless("id"),
        1 => harmless("addr"),
        2 => harmless("name"),
        3 => {
            let db = client.text("db");
            Cell::new(namespace_of(db).unwrap_or_else(|| listing::cell(app, db)), role)
        }
        4 => number(client.count("age"), format::age),
        5 => number(client.count("idle"), format::age),
        6 => Cell::new(listing::cell(app, command(client.text("cmd"))), role),
        7 => {
            let output_bytes = client.output_bytes();
            let role = match output_bytes {
                OUTPUT_BAD_BYTES.. => Role::Bad,
                OUTPUT_WARN_BYTES.. => Role::Warn,
                _ => role,
            };
            Cell::new(output(output_bytes), role)
        }
        8 => number(client.count("tot-mem"), format::bytes),
        9 => Cell::new(listing::cell(app, &client.library()), role),
        _ => {
            let flags = client.text("flags");
            Cell::new(listing::cell(app, flags), if flags.contains(['A', 'c', 'd']) { Role::Warn } else { role })
        }
    }
}

fn draw_facts(app: &App, area: Rect, frame: &mut Frame<'_>) {
    let Some(clients) = list(app) else { return };
    let summary = clients.summary();
    let max = app.sample().info.count("maxclients");
    let load = max.map_or(0.0, |max| format::share(clients.total as u64, max));
    let mut facts =
        vec![("clients", listing::shown(app, Tab::Clients, clients.total), Role::of_level(load, 0.8, 0.95))];
    facts.extend(max.map(|max| ("max", format::exact(max), Role::Text)));
    if clients.total > clients.clients.len() {
        facts.push(("", format!("the first {} are listed", format::exact(clients.clients.len() as u64)), Role::Warn));
    }
    facts.push(("blocked", format::exact(summary.flagged('b') as u64), Role::Text));
    for (label, flag) in [("pub/sub", 'P'), ("in MULTI", 'x'), ("monitor", 'O'), ("replicas", 'S')] {
        let count = summary.flagged(flag);
        if count > 0 {
            facts.push((label, format::exact(count as u64), Role::Text));
        }
    }
    facts.push(("memory", format::bytes(summary.memory_bytes), Role::Text));
    facts.push(("output waiting", format::bytes(summary.output_bytes), Role::Text));
    let facts: Vec<_> = facts.iter().map(|(label, value, role)| Fact { label, value, role: *role }).collect();
    let area = Rect { x: area.x + area.width.min(1), width: area.width.saturating_sub(2), ..area };
    Facts { facts: &facts }.draw(area, frame.buffer_mut(), app.options.theme);
}

fn tallies(app: &App, clients: &ClientList) -> [Tally; 3] {
    let summary = clients.summary();
    let rows = |counts: &[(String, usize)], none: &str| {
        let row = |(name, count): &(String, usize)| {
            let name = if name.is_empty() || name == NO_COMMAND { none.to_owned() } else { listing::cell(app, name) };
            let share = format::share(*count as u64, clients.clients.len() as u64);
            (name, share, format::exact(*count as u64))
        };
        counts.iter().map(row).collect()
    };
    [
        Tally { title: "by library", rows: rows(&summary.libraries, "(does not say)") },
        Tally { title: "by last command", rows: rows(&summary.commands, "(none yet)") },
        Tally { title: "by host", rows: rows(&summary.hosts, "(none)") },
    ]
}

/// Everything that CLIENT LIST tells of a client; what has no words of its own here comes as it is at the end.
fn details(app: &App, client: &Client) -> Details {
    let mut told = vec!["id"];
    let mut take = |name: &'static str| {
        told.push(name);
        client.text(name)
    };
    let harmless = |text: &str| {
        let text = if text.is_empty() { format::UNKNOWN } else { text };
        listing::whole(app, text)
    };
    let size = |text: &str| text.parse().map_or_else(|_| harmless(text), format::bytes);
    let mut details = Details::new(format!("client {}", client.id()));
    details.fact("address", harmless(take("addr")));
    details.fact("connected to", harmless(take("laddr")));
    let name = take("name");
    details.fact("name", if name.is_empty() { "(none)".into() } else { harmless(name) });
    if let Some(words) = own(app, client) {
        details.note(words);
    }
    details.fact(
        "library",
        if client.library().is_empty() { "(does not say)".into() } else { harmless(&client.library()) },
    );
    take("lib-name");
    take("lib-ver");
    details.fact("user", harmless(take("user")));
    let db = take("db");
    details.fact("database", harmless(db));
    if let Some(namespace) = namespace_of(app, db) {
        details.note(format!("namespace {namespace}"));
    }
    let seconds = |text: &str| match text.parse() {
        Ok(seconds @ 0..60) => format!("{seconds} s"),
        Ok(seconds) => format!("{} ({} s)", format::age(seconds), format::exact(seconds)),
        Err(_) => harmless(text),
    };
    details.fact("connected for", seconds(take("age")));
    details.fact("idle for", seconds(take("idle")));
    details.fact("last command", harmless(command(take("cmd"))));
    let protocol = take("resp");
    if !protocol.is_empty() {
        details.fact("protocol", format!("RESP{}", harmless(protocol)));
    }
    details.gap();
    let letters = take("flags");
    for (index, letter) in letters.chars().take(32).enumerate() {
        let (word, meaning) = flags::of(letter).map_or(("unknown", ""), |flag| (flag.word, flag.meaning));
        let letter = harmless(letter.encode_utf8(&mut [0; 4]));
        details.fact(if index == 0 { "flags" } else { "" }, format!("{letter}  {word}: {meaning}"));
    }
    let events = take("events");
    let waits = match events {
        "r" => "r  waits for requests",
        "w" => "w  sends a reply",
        "rw" | "wr" => "rw  waits for requests while it sends a reply",
        _ => "",
    };
    details.fact("socket", if waits.is_empty() { harmless(events) } else { waits.into() });
    details.note(format!("file descriptor {}", harmless(take("fd"))));
    let queued = take("multi");
    let queued = match queued {
        "" | "-1" => "no".to_owned(),
        count => format!("{} commands queued, {}", harmless(count), size(client.text("multi-mem"))),
    };
    take("multi-mem");
    details.fact("in MULTI", queued);
    let watched = take("watch");
    if !watched.is_empty() {
        details.fact("watches", format!("{} keys", harmless(watched)));
    }
    let subscribed = [take("sub"), take("psub"), take("ssub")].map(|count| if count.is_empty() { "0" } else { count });
    let [channels, patterns, sharded] = subscribed.map(harmless);
    details.fact("subscribed to", format!("{channels} channels, {patterns} patterns, {sharded} shard channels"));
    let redirect = take("redir");
    if !matches!(redirect, "" | "-1") {
        details.fact("tracking goes to", format!("client {}", harmless(redirect)));
    }
    details.gap();
    details.fact("memory", size(take("tot-mem")));
    details.fact("input", format!("{} waiting, {} free", size(take("qbuf")), size(take("qbuf-free"))));
    details.fact("arguments", size(take("argv-mem")));
    details.fact("output", format!("{} in the buffer", size(take("obl"))));
    details.note(format!("{} more replies in a list of {}", harmless(take("oll")), size(take("omem"))));
    let (buffer, peak) = (take("rbs"), take("rbp"));
    if !buffer.is_empty() {
        details.note(format!("the buffer has {}, lately at most {} used", size(buffer), size(peak)));
    }
    let rest = client.iter().filter(|(name, _)| !told.contains(name));
    for (index, (name, value)) in rest.enumerate() {
        if index == 0 {
            details.gap();
        }
        details.fact(harmless(name), harmless(value));
    }
    details
}

/// Asks to close all that the filter shows, but for the dashboard's own connections.
fn kill_matching(app: &mut App, acting_id: Option<u64>) {
    let Some(clients) = app.latest().clients.clone() else { return };
    let own = [clients.own_id, app.acting_id, acting_id];
    let search = ClientSearch::new(app);
    let fitting = clients.clients.iter().filter(|client| !own.contains(&Some(client.id())) && search.fits(client));
    let fitting: Vec<_> = fitting.collect();
    let filter = app.list_of(Tab::Clients).filter.text().trim().to_owned();
    let dialog = if fitting.is_empty() {
        Dialog::message("Kill clients", "No client but this dashboard fits the filter.")
    } else {
        let answer = |request: Request| request.reply_to(Tab::Clients, KILL);
        actions::clients::kill_matching(&filter, &fitting, clients.total, answer)
    };
    app.open(dialog);
}

fn kill(app: &mut App) {
    let dialog = match selected(app) {
        None => Dialog::message("Kill client", "It is not connected any more."),
        Some(client) if own(app, client).is_some() => Dialog::message("Kill client", "That is this dashboard itself."),
        Some(client) => actions::clients::kill(client, |request| request.reply_to(Tab::Clients, KILL)),
    };
    app.open(dialog);
}

fn scroll(app: &mut App, by: isize) {
    let shown = app.list().selected_row().and_then(|row| Some((row.id.clone(), listed(app).get(row.index)?)));
    let Some((id, client)) = shown.filter(|_| app.list().detail.is_some()) else { return };
    let area = areas(app, crate::layout::areas(app).body).details;
    app.screens.details = Some(details(app, client).scrolled(app, &id, area, by));
}

fn listing<'a>(columns: &'a [table::Column<'a>]) -> Listing<'a> {
    Listing { tab: Tab::Clients, columns, title: "clients", empty: "no clients" }
}

impl Screen for Clients {
    fn tab(&self) -> Tab {
        Tab::Clients
    }

    fn wants(&self, app: &App) -> Wants {
        // Their names stand beside the numbers of databases. They seldom change: once is enough.
        let namespaces = app.server().is_rkvs() && app.latest().namespaces.is_none();
        Wants { clients: true, namespaces, ..Wants::default() }
    }

    fn has_list(&self) -> bool {
        true
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn rows(&self, app: &App) -> Vec<Row> {
        let list = app.list_of(Tab::Clients);
        let search = ClientSearch::new(app);
        let shown = listed(app).iter().enumerate().filter(|(_, client)| search.fits(client));
        let rows = shown.map(|(index, row)| (sort_key(row, list.sort), Row { id: row.text("id").into(), index }));
        sorted(rows.collect(), list.is_descending(&COLUMNS))
    }

    fn filter_columns<'a>(&self, app: &'a App) -> Vec<&'a str> {
        let fields = listed(app).first().into_iter().flat_map(|client| client.iter().map(|(name, _)| name));
        fields.chain(search::columns(&ALSO_KNOWN, &columns(app))).collect()
    }

    fn list_area(&self, app: &App, body: Rect) -> Option<Rect> {
        let area = areas(app, body).list;
        (!area.is_empty()).then(|| listing::rows_area(app, area))
    }

    fn column_at(&self, app: &App, body: Rect, at: Position) -> Option<usize> {
        listing(&columns(app)).column_at(app, areas(app, body).list, at)
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, body: Rect) {
        let areas = areas(app, body);
        let theme = app.options.theme;
        draw_facts(app, areas.facts, frame);
        if let Some(clients) = list(app) {
            tally::draw(&tallies(app, clients), areas.tallies, frame.buffer_mut(), theme);
        }
        let listed = listed(app);
        if !areas.list.is_empty() {
            listing(&columns(app)).draw(app, areas.list, frame.buffer_mut(), |index| {
                listed.get(index).map_or_else(Vec::new, |client| cells(app, client))
            });
        }
        let selected = app.list_of(Tab::Clients).selected_row();
        if let Some((row, client)) = selected.and_then(|row| Some((row, listed.get(row.index)?)))
            && !areas.details.is_empty()
        {
            details(app, client).draw(app, &row.id, areas.details, frame.buffer_mut());
        }
    }

    fn act(&self, app: &mut App, action: Action, _argument: Option<&str>) -> Vec<Effect> {
        match action {
            Action::Open => {
                let list = app.list_of_mut(Tab::Clients);
                list.detail = if list.detail.is_some() { None } else { list.selected.clone() };
            }
            Action::DetailDown => scroll(app, 1),
            Action::DetailUp => scroll(app, -1),
            Action::Kill => kill(app),
            Action::KillMatching if app.options.is_readonly => kill_matching(app, None),
            Action::KillMatching => {
                let own = vec![vec![b"CLIENT".to_vec(), b"ID".to_vec()]];
                return vec![actions::run(Request::read(Tab::Clients, OWN_ID, "ask for the own id", own))];
            }
            _ => {}
        }
        NO_EFFECTS
    }

    fn answer(&self, app: &mut App, number: u64, answer: &Answer) -> Vec<Effect> {
        let replies = match &answer.replies {
            Ok(replies) => replies,
            Err(error) => {
                if number == OWN_ID {
                    app.tell(Level::Bad, format!("{}: {error}", answer.label));
                }
                return NO_EFFECTS;
            }
        };
        if number == OWN_ID {
            // Whoever went on to something else is not interrupted.
            if app.tab == Tab::Clients && app.overlays.is_empty() {
                kill_matching(app, replies.first().and_then(Value::as_u64));
            }
        } else if number == KILL {
            let killed = replies.iter().filter_map(Value::as_u64).fold(0, u64::saturating_add);
            let gone = (replies.len() as u64).saturating_sub(killed);
            if gone > 0 && answer.outcome().is_ok() {
                app.happened(Level::Warn, format!("{killed} killed; {gone} had left already"));
            }
        }
        NO_EFFECTS
    }

    fn copy(&self, app: &App) -> Option<String> {
        let client = listed(app).get(app.list_of(Tab::Clients).selected_row()?.index)?;
        let fields: Vec<String> = client.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Some(fields.join(" "))
    }
}

#[cfg(test)]
mod tests;
