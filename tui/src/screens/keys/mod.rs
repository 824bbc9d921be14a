//! Keys: what a namespace holds, found by SCAN in pages, and what a key holds, page by page. Nothing here keeps the server from
//! others: one small request of a kind is under way at a time, for what has come into sight.
//!
//! `browser` is what was loaded, `value` the value that is looked at, `show` bytes for people, `tree` keys by their prefixes,
//! `pattern` what is typed, `actions` the dialogs, `draw` the picture. While a value is looked at, the tab's list is that of the
//! value; the list of the keys waits in `Browser::other`.

mod actions;
mod browser;
mod draw;
mod pattern;
mod show;
#[cfg(test)]
mod tests;
mod tree;
mod value;

use std::cmp::Ordering;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use serde_json::Value as Json;

pub(super) use browser::Browser;

use self::browser::{Change, Cursor, Facts, KEY, Key, TYPES, Target, Ttl, id, is_group, name};
use self::pattern::Pattern;
use self::tree::Node;
use self::value::{Kind, Opened};
use super::Screen;
use crate::keymap::Action;
use crate::output::Format;
use crate::state::events::Level;
use crate::state::input::Input;
use crate::state::keyspace::Keyspace;
use crate::state::list::{Column, List, Row, RowId, SortKey, sorted};
use crate::state::msg::{Answer, Effect, Request};
use crate::state::sample::Wants;
use crate::state::tab::Tab;
use crate::state::update::refresh;
use crate::state::{App, NO_EFFECTS, Overlay, actions as all_actions};
use crate::value::Value;
use crate::{format, layout};

pub(super) struct Keys;

/// What keys are sorted by; values are sorted by their order, names, contents and sizes.
static COLUMNS: [Column; 4] = [
    Column { title: "name", is_descending: false },
    Column { title: "type", is_descending: false },
    Column { title: "ttl", is_descending: false },
    Column { title: "size", is_descending: true },
];
/// So many rows from the end the next page is loaded.
const NEAR_END: usize = 20;
/// Keys asked about in one request.
const ASK_MAX: usize = 100;

/// Whether keys are shown in groups.
fn is_tree(list: &List) -> bool {
    list.view % 2 == 1
}

/// The namespace that should be browsed, once it is known which there are.
fn target(app: &App) -> Option<Target> {
    let sample = app.latest();
    let namespaces = sample.namespaces.as_ref()?;
    let name = match &app.namespace {
        Some(name) => name.as_str(),
        None => match app.screens.keys.target.as_ref() {
            // Others may come to hold keys first; what is looked at stays.
            Some(target)
                if !app.server().is_rkvs() || namespaces.is_empty() || sample.namespace(&target.name).is_some() =>
            {
                &target.name
            }
            _ => match (app.namespace_or_first(), app.options.db) {
                (Some(name), _) => name,
                (None, None) => "0",
                // A plain server does not tell of databases without keys; of many namespaces some are told of later.
                (None, Some(_)) if app.server().is_rkvs() => return None,
                (None, Some(db)) => return Some(Target { name: db.to_string(), db, keyspace: Keyspace::Numbered(db) }),
            },
        },
    };
    let db = sample.namespace(name).and_then(|namespace| namespace.db).or_else(|| name.parse().ok())?;
    Some(Target { name: name.to_owned(), db, keyspace: app.server().keyspace(name, Some(db))? })
}

fn keyspace(app: &App) -> Option<Keyspace> {
    app.screens.keys.target.as_ref().map(|target| target.keyspace.clone())
}

fn sort_key(key: &Key, column: usize, now_ms: u64) -> SortKey {
    let facts = key.facts.as_deref();
    match column {
        1 => facts.map_or(SortKey::Unknown, |facts| SortKey::text(&facts.kind)),
        2 => match facts.map(|facts| facts.ttl(now_ms)) {
            Some(Ttl::At(deadline_ms)) => Some(deadline_ms).into(),
            Some(Ttl::Never) => SortKey::Number(f64::MAX),
            Some(Ttl::Gone) | None => SortKey::Unknown,
        },
        _ => facts.and_then(|facts| facts.bytes).into(),
    }
}

/// The keys that fit what is typed, and where they stand. Those whose type is not known yet may be of the one that is typed.
fn shown_keys<'a>(app: &'a App, list: &List) -> impl DoubleEndedIterator<Item = (usize, &'a Key)> {
    let browser = &app.screens.keys;
    let (kind, typed) = pattern::split_type(list.filter.text());
    let pattern = Pattern::parse(&typed);
    let is_scanned = pattern.is_any() || (pattern.scanned().is_some() && typed == browser.typed);
    let kind = kind.filter(|kind| kind != TYPES[0]);
    let is_of_kind =
        move |key: &Key| kind.as_ref().is_none_or(|kind| key.facts.as_deref().is_none_or(|facts| facts.kind == *kind));
    let is_found = move |key: &Key| is_scanned || pattern.fits(name(&key.id));
    browser.keys.iter().enumerate().filter(move |(_, key)| is_of_kind(key) && is_found(key))
}

/// Rows of the keys as a list shows them.
fn key_rows(app: &App, list: &List) -> Vec<Row> {
    let browser = &app.screens.keys;
    let places = shown_keys(app, list);
    let is_descending = list.is_descending(&COLUMNS);
    if is_tree(list) {
        let places: Vec<usize> = places.map(|(place, _)| place).collect();
        return tree::rows(browser, &places, &|a, b| by_node(a, b, list.sort, is_descending, app.now_ms));
    }
    if list.sort == 0 {
        let rows = places.map(|(index, key)| Row { id: key.id.clone(), index });
        // They are kept in this order.
        return if is_descending { rows.rev().collect() } else { rows.collect() };
    }
    let rows = places.map(|(index, key)| (sort_key(key, list.sort, app.now_ms), Row { id: key.id.clone(), index }));
    sorted(rows.collect(), is_descending)
}

/// The order within a level of the tree: by name, or else groups first, the largest before others.
fn by_node(a: &Node<'_>, b: &Node<'_>, sort: usize, is_descending: bool, now_ms: u64) -> Ordering {
    let name_of = |node: &Node<'_>| match node {
        Node::Key(key, _) => name(&key.id).to_vec(),
        Node::Group(prefix, _) => prefix.to_vec(),
    };
    let by_name = || name_of(a).cmp(&name_of(b));
    let order = match (a, b) {
        _ if sort == 0 => by_name(),
        (Node::Group(..), Node::Key(..)) => return Ordering::Less,
        (Node::Key(..), Node::Group(..)) => return Ordering::Greater,
        (Node::Group(_, a), Node::Group(_, b)) => return b.len().cmp(&a.len()).then_with(by_name),
        (Node::Key(a, _), Node::Key(b, _)) => match (sort_key(a, sort, now_ms), sort_key(b, sort, now_ms)) {
            (SortKey::Number(a), SortKey::Number(b)) => a.total_cmp(&b),
            (SortKey::Text(a), SortKey::Text(b)) => a.cmp(&b),
            (SortKey::Unknown, SortKey::Unknown) => return by_name(),
            (SortKey::Unknown, _) => return Ordering::Greater,
            (_, SortKey::Unknown) => return Ordering::Less,
            _ => Ordering::Equal,
        },
    };
    if is_descending { order.reverse() } else { order }.then_with(by_name)
}

/// Rows of the value that is looked at.
fn value_rows(app: &App, opened: &Opened) -> Vec<Row> {
    let list = app.list_of(Tab::Keys);
    let filter = list.parsed_filter();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (heading, content) = opened.kind.unwrap_or(Kind::String).headings();
    if opened.kind == Some(Kind::String) {
        let fits = |line: &show::Line| {
            let number = line.number.map_or_else(String::new, |number| number.to_string());
            filter.is_empty() || filter.fits(&[(content, &line.text), (heading, &number)])
        };
        let lines = opened.lines.iter().enumerate().filter(|(_, line)| fits(line));
        return lines.map(|(index, _)| Row { id: (index as u64).into(), index }).collect();
    }
    let items = opened.items.iter().enumerate().filter(|(_, item)| {
        let is_found = || {
            let (name, value) = (text(&item.name), text(&item.content));
            let mut columns = vec![("name", name.as_str()), ("value", &value), (heading, &name), (content, &value)];
            // Words are not looked for in sizes.
            let size = format::bytes(item.size as u64);
            columns.extend(filter.names("size").then_some(("size", size.as_str())));
            filter.fits(&columns)
        };
        filter.is_empty() || is_found()
    });
    let rows = items.map(|(index, item)| {
        let key = match list.sort {
            0 => SortKey::Number(index as f64),
            1 => SortKey::text(&text(&item.name)),
            2 => match text(&item.content).parse::<f64>() {
                Ok(number) => SortKey::Number(number),
                Err(_) => SortKey::text(&text(&item.content)),
            },
            _ => SortKey::Number(item.size as f64),
        };
        (key, Row { id: item.id.clone(), index })
    });
    sorted(rows.collect(), list.is_descending(&COLUMNS))
}

/// Makes the list of the keys that of the value, and back.
fn swap_lists(app: &mut App) {
    let mut other = std::mem::take(&mut app.screens.keys.other);
    std::mem::swap(app.list_of_mut(Tab::Keys), &mut other);
    app.screens.keys.other = other;
}

fn open(app: &mut App, key: RowId) {
    if app.screens.keys.opened.is_none() {
        swap_lists(app);
    }
    *app.list_of_mut(Tab::Keys) = List::default();
    app.screens.keys.opened = Some(Opened::new(key));
}

fn close(app: &mut App) {
    if app.screens.keys.opened.take().is_some() {
        swap_lists(app);
    }
}

/// The key that actions are about: the one whose value is shown, or else the selected one.
fn subject(app: &App) -> Option<RowId> {
    match &app.screens.keys.opened {
        Some(opened) => Some(opened.key.clone()),
        None => app.list_of(Tab::Keys).selected.clone(),
    }
}

/// What is asked about next: the keys that can be seen first, then the others where they are sorted by it.
fn unasked(app: &App) -> Vec<RowId> {
    let browser = &app.screens.keys;
    let list = draw::list_of_keys(app);
    let page = draw::keys_page(app, layout::areas(app).body);
    let seen = list.rows.iter().skip(list.offset).take(page).filter_map(|row| browser.key(&row.id));
    let is_unasked = |key: &&Key| Browser::is_unasked(key, app.now_ms);
    let seen: Vec<RowId> = seen.filter(is_unasked).take(ASK_MAX).map(|key| key.id.clone()).collect();
    if !seen.is_empty() || list.sort == 0 || browser.opened.is_some() {
        return seen;
    }
    browser.keys.iter().filter(|key| key.facts.is_none()).take(ASK_MAX).map(|key| key.id.clone()).collect()
}

/// Puts the requests together that are wanted and not yet under way.
fn requests(app: &mut App) -> Vec<Effect> {
    let mut effects = Vec::new();
    let Some(keyspace) = keyspace(app) else { return effects };
    let read = |number, label: &str, commands| {
        all_actions::run(Request::read(Tab::Keys, number, label, commands).in_keyspace(keyspace.clone()))
    };
    if let Some(scan) = app.screens.keys.next_scan() {
        let number = app.screens.keys.number();
        app.screens.keys.scan = Some(number);
        effects.push(read(number, "load keys", vec![scan]));
    }
    if app.screens.keys.asked.is_none() && app.now_ms >= app.screens.keys.quiet_until_ms {
        let ids = unasked(app);
        if !ids.is_empty() {
            let number = app.screens.keys.number();
            let commands = ids.iter().flat_map(|id| Facts::commands(name(id))).collect();
            app.screens.keys.asked = Some((number, ids));
            effects.push(read(number, "ask about keys", commands));
        }
    }
    let commands = app.screens.keys.opened.as_ref().and_then(Opened::next_request);
    if let Some(commands) = commands {
        let number = app.screens.keys.number();
        if let Some(opened) = &mut app.screens.keys.opened {
            opened.asked = Some(number);
        }
        effects.push(read(number, "load the value", commands));
    }
    effects
}

/// Loads a page more of what the selection has come near the end of.
fn load_ahead(app: &mut App) {
    let list = app.list_of(Tab::Keys);
    let (position, count) = (list.position(), list.rows.len());
    let is_near = |rows: usize| position.is_none_or(|position| position + rows >= count);
    if app.screens.keys.opened.is_some() {
        // A filter may hide all that is loaded: then it is the user who goes on.
        let is_wanted = is_near(NEAR_END) && list.filter.text().is_empty();
        let opened = app.screens.keys.opened.as_mut().filter(|opened| is_wanted && !opened.has_failed());
        if let Some(opened) = opened.filter(|opened| !opened.is_loading()) {
            opened.want_page();
        }
        return;
    }
    // Once for each place: pages of a rare pattern may bring no rows that would push the end away.
    let rows = if is_tree(list) { 1 } else { NEAR_END };
    let browser = &app.screens.keys;
    let is_new = position.is_some() && browser.loaded_at != position;
    if is_new && is_near(rows) && browser.wanted.is_none() && browser.error.is_none() {
        app.screens.keys.loaded_at = position;
        app.screens.keys.want_page();
    }
}

/// The next namespace that holds keys.
fn next_namespace(app: &mut App) {
    let current = app.screens.keys.target.as_ref().map(|target| target.name.clone());
    let namespaces = app.latest().namespaces.clone().unwrap_or_default();
    let at = namespaces.iter().position(|namespace| Some(&namespace.name) == current.as_ref()).map_or(0, |at| at + 1);
    let around = namespaces.iter().cycle().skip(at).take(namespaces.len());
    let next = around
        .filter(|namespace| Some(&namespace.name) != current.as_ref())
        .find(|namespace| namespace.keys.unwrap_or(0) > 0);
    match next {
        Some(next) => app.namespace = Some(next.name.clone()),
        None => app.tell(Level::Info, format!("no other {} holds keys", app.server().keyspace_word())),
    }
}

fn choose_type(app: &mut App, argument: Option<&str>) {
    let browser = &mut app.screens.keys;
    let kind = match argument {
        Some(word) => TYPES.iter().position(|kind| *kind == word),
        None => Some((browser.kind + 1) % TYPES.len()),
    };
    match kind {
        Some(kind) => {
            browser.kind = kind;
            browser.restart();
        }
        None => app.tell(Level::Warn, format!("type: {}", TYPES.join(", "))),
    }
}

/// Looks for keys of the type that was typed beside the pattern.
fn take_type(app: &mut App) {
    let (kind, rest) = pattern::split_type(app.list_of(Tab::Keys).filter.text());
    if let Some(kind) = kind {
        app.list_of_mut(Tab::Keys).filter = Input::new(rest);
        choose_type(app, Some(&kind));
    }
}

/// The dialog about a key or a group.
fn ask(app: &mut App, action: Action, argument: Option<&str>) {
    let Some((key, keyspace)) = subject(app).zip(keyspace(app)) else {
        return app.tell(Level::Info, "no key is selected");
    };
    let dialog = match (action, is_group(&key)) {
        (Action::Delete, true) => {
            let ids = app.screens.keys.group(name(&key)).iter().map(|key| key.id.clone()).collect();
            let what = format!("all that were loaded of {}", crate::text::line(name(&key), 100, "…"));
            Some(actions::delete_many(app, ids, &what, keyspace))
        }
        (_, true) => return app.tell(Level::Info, "this is a group of keys: open it and choose one"),
        (_, false) => actions::on_key(app, action, &key, keyspace, argument),
    };
    if let Some(dialog) = dialog {
        app.open(dialog);
    }
}

/// The dialog that deletes all keys that were loaded and fit the pattern.
fn ask_to_delete_shown(app: &mut App) {
    let list = draw::list_of_keys(app);
    let pattern = Pattern::parse(list.filter.text());
    let fitting = app.screens.keys.keys.iter().filter(|key| pattern.fits(name(&key.id)));
    let ids: Vec<RowId> = fitting.map(|key| key.id.clone()).collect();
    let Some(keyspace) = keyspace(app).filter(|_| !ids.is_empty()) else {
        return app.tell(Level::Info, "no keys are shown");
    };
    let what = match list.filter.text() {
        "" => "all that were loaded".to_owned(),
        typed => format!("all that were loaded and fit {typed}"),
    };
    let dialog = actions::delete_many(app, ids, &what, keyspace);
    app.open(dialog);
}

/// Brings what was loaded in line with a change that was answered.
fn changed(app: &mut App, change: Change, answer: &Answer) -> Vec<Effect> {
    let Ok(replies) = &answer.replies else { return NO_EFFECTS };
    if answer.outcome().is_err() {
        return NO_EFFECTS;
    }
    let new = || replies.get(1).and_then(Value::as_bytes).map(<[u8]>::to_vec);
    match change {
        Change::Delete(key) => {
            if app.screens.keys.opened.as_ref().is_some_and(|opened| opened.key == key) {
                close(app);
            }
            app.screens.keys.remove(&[key]);
        }
        Change::DeleteMany { ids, now, keyspace } => {
            return actions::delete_rest(app, ids, now, keyspace).into_iter().collect();
        }
        Change::Expire(key) => reread(app, &key),
        Change::Rename(old) => {
            if let Some(new) = new() {
                app.screens.keys.add(std::iter::once(new.as_slice()));
                app.screens.keys.remove(std::slice::from_ref(&old));
                let new = id(KEY, &new);
                if app.screens.keys.opened.as_ref().is_some_and(|opened| opened.key == old) {
                    app.screens.keys.other.choose(new.clone());
                    open(app, new);
                } else {
                    app.list_of_mut(Tab::Keys).choose(new);
                }
            }
        }
        Change::Copy => {
            if let Some(new) = new() {
                app.screens.keys.add(std::iter::once(new.as_slice()));
            }
        }
    }
    NO_EFFECTS
}

/// Asks again about a key, and for its value where that is shown.
fn reread(app: &mut App, key: &RowId) {
    if app.screens.keys.opened.as_ref().is_some_and(|opened| opened.key == *key) {
        open(app, key.clone());
    }
    app.screens.keys.forget_facts(key);
}

/// Why the keys that were loaded are not there any more, where that shows: another process serves, or all keys went at once.
fn what_is_loaded_is_gone(app: &mut App) -> Option<&'static str> {
    let sample = app.latest();
    let run_id = sample.info.text("run_id").map(str::to_owned);
    let name = app.screens.keys.target.as_ref().map(|target| target.name.as_str())?;
    // A plain server does not tell of databases without keys.
    let keys = sample.namespaces.as_ref().map(|_| sample.namespace(name).and_then(|namespace| namespace.keys))?;
    let is_empty = keys == Some(0) || (keys.is_none() && !sample.server.is_rkvs());
    let browser = &mut app.screens.keys;
    let was_empty = std::mem::replace(&mut browser.was_empty, is_empty);
    let before = browser.run_id.take();
    browser.run_id = run_id.or_else(|| before.clone());
    if before.is_some() && before != browser.run_id {
        Some("the server was restarted")
    } else if is_empty && !was_empty && !browser.keys.is_empty() {
        Some("they are all gone")
    } else {
        None
    }
}

impl Screen for Keys {
    fn tab(&self) -> Tab {
        Tab::Keys
    }

    fn wants(&self, _app: &App) -> Wants {
        Wants { namespaces: true, ..Wants::default() }
    }

    fn has_list(&self) -> bool {
        true
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn rows(&self, app: &App) -> Vec<Row> {
        match &app.screens.keys.opened {
            Some(opened) => value_rows(app, opened),
            None => {
                let list = app.list_of(Tab::Keys);
                if app.screens.keys.rows_of.as_ref() == Some(&app.screens.keys.rows_of(list)) {
                    return list.rows.clone();
                }
                key_rows(app, list)
            }
        }
    }

    fn list_area(&self, app: &App, body: Rect) -> Option<Rect> {
        Some(draw::list_area(app, body))
    }

    fn column_at(&self, app: &App, body: Rect, at: Position) -> Option<usize> {
        draw::column_at(app, body, at).filter(|column| *column < COLUMNS.len())
    }

    fn filter_words(&self, app: &App) -> &'static str {
        if app.screens.keys.opened.is_some() {
            "words, !word, column=word"
        } else {
            "pattern user:*, word, !word, type=hash"
        }
    }

    fn follow(&self, app: &mut App) -> Vec<Effect> {
        let Some(target) = target(app) else { return NO_EFFECTS };
        if app.screens.keys.target.as_ref() != Some(&target) {
            close(app);
            app.screens.keys.target = Some(target);
            app.screens.keys.restart();
            refresh(app);
        }
        if let Some(why) = what_is_loaded_is_gone(app) {
            close(app);
            app.screens.keys.restart();
            app.tell(Level::Info, format!("keys are loaded again: {why}"));
            refresh(app);
        }
        let is_typing = matches!(app.overlays.last(), Some(Overlay::Filter));
        if app.screens.keys.opened.is_none() && !is_typing {
            take_type(app);
            let typed = app.list_of(Tab::Keys).filter.text();
            if typed != app.screens.keys.typed {
                let is_other = Pattern::parse(typed).scanned() != Pattern::parse(&app.screens.keys.typed).scanned();
                app.screens.keys.typed = typed.to_owned();
                if is_other {
                    app.screens.keys.restart();
                }
                refresh(app);
            }
        }
        let width = draw::line_width(app, layout::areas(app).body);
        let view = app.list_of(Tab::Keys).view;
        if app.screens.keys.opened.as_mut().is_some_and(|opened| opened.lay_out(width, view)) {
            refresh(app);
        }
        if app.screens.keys.opened.is_none() {
            app.screens.keys.rows_of = Some(app.screens.keys.rows_of(app.list_of(Tab::Keys)));
        }
        if !is_typing {
            load_ahead(app);
        }
        requests(app)
    }

    fn back(&self, app: &mut App) -> bool {
        if app.screens.keys.opened.is_some() {
            if app.is_zoomed {
                return false;
            }
            if app.list_of(Tab::Keys).filter.text().is_empty() {
                close(app);
            } else {
                app.list_of_mut(Tab::Keys).filter.clear();
            }
            return true;
        }
        app.screens.keys.wanted.take().is_some()
    }

    fn act(&self, app: &mut App, action: Action, argument: Option<&str>) -> Vec<Effect> {
        let is_opened = app.screens.keys.opened.is_some();
        match action {
            Action::Open if !is_opened => match app.list_of(Tab::Keys).selected.clone() {
                Some(group) if is_group(&group) => {
                    app.screens.keys.fold(name(&group));
                }
                Some(key) => open(app, key),
                None => {}
            },
            Action::LoadMore => {
                let browser = &mut app.screens.keys;
                if let Some(opened) = &mut browser.opened {
                    opened.want_page();
                } else if browser.cursor == Cursor::End {
                    app.tell(Level::Info, "all keys are loaded");
                } else if browser.is_full() {
                    browser.next_part();
                } else {
                    browser.want_page();
                }
            }
            Action::LoadAll => app.screens.keys.want_all(),
            Action::Reload => match app.screens.keys.opened.as_ref().map(|opened| opened.key.clone()) {
                Some(key) => reread(app, &key),
                None => app.screens.keys.restart(),
            },
            Action::TypeFilter => {
                close(app);
                choose_type(app, argument);
            }
            Action::ChooseNamespace => next_namespace(app),
            Action::Delete | Action::Expire | Action::Rename | Action::CopyKey => ask(app, action, argument),
            Action::DeleteMatching => ask_to_delete_shown(app),
            _ => {}
        }
        NO_EFFECTS
    }

    fn answer(&self, app: &mut App, number: u64, answer: &Answer) -> Vec<Effect> {
        let now_ms = app.now_ms;
        let browser = &mut app.screens.keys;
        if browser.scan == Some(number) {
            browser.scanned(&answer.replies);
        } else if let Some((_, ids)) = browser.asked.take_if(|(asked, _)| *asked == number) {
            browser.told(&ids, &answer.replies, now_ms);
        } else if let Some(opened) = browser.opened.as_mut().filter(|opened| opened.asked == Some(number)) {
            opened.answered(&answer.replies, now_ms);
            if let Some(facts) = opened.facts.clone() {
                let key = opened.key.clone();
                browser.tell(&key, facts);
            }
        } else if let Some(change) = browser.expected(number) {
            return changed(app, change, answer);
        }
        NO_EFFECTS
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, body: Rect) {
        draw::draw(app, frame, body);
    }

    fn copy(&self, app: &App) -> Option<String> {
        let row = app.list_of(Tab::Keys).selected_row()?;
        let Some(opened) = &app.screens.keys.opened else { return Some(as_text(name(&row.id))) };
        if opened.kind == Some(Kind::String) {
            return opened.lines.get(row.index).map(|line| line.text.clone());
        }
        let item = opened.items.get(row.index)?;
        Some(as_text(if item.content.is_empty() { &item.name } else { &item.content }))
    }

    fn export(&self, app: &App, format: Format) -> Option<(&'static str, String)> {
        let mut rows: Vec<Vec<(&str, Json)>> = Vec::new();
        let browser = &app.screens.keys;
        let list = app.list_of(Tab::Keys);
        match &browser.opened {
            Some(opened) if opened.kind == Some(Kind::String) => {
                let mut text = String::new();
                for (place, line) in opened.lines.iter().enumerate() {
                    // What goes on with the line before was only folded for the screen.
                    let is_new = line.number.is_some() || opened.format(list.view) == show::Format::Hex;
                    if is_new && place > 0 {
                        text.push('\n');
                    }
                    text.push_str(&line.text);
                }
                return Some(("txt", text + "\n"));
            }
            Some(opened) => {
                for item in list.rows.iter().filter_map(|row| opened.items.get(row.index)) {
                    let (name, value) = (as_text(&item.name), as_text(&item.content));
                    rows.push(vec![("name", name.into()), ("value", value.into()), ("size_bytes", item.size.into())]);
                }
            }
            None => {
                let mut flat = list.clone();
                flat.view = 0;
                for key in key_rows(app, &flat).iter().filter_map(|row| browser.keys.get(row.index)) {
                    let facts = key.facts.as_deref();
                    let ttl = facts.and_then(|facts| match facts.ttl(app.now_ms) {
                        Ttl::At(deadline_ms) => Some(deadline_ms.saturating_sub(app.now_ms)),
                        Ttl::Never | Ttl::Gone => None,
                    });
                    rows.push(vec![
                        ("name", as_text(name(&key.id)).into()),
                        ("type", facts.map(|facts| facts.kind.clone()).into()),
                        ("ttl_ms", ttl.into()),
                        ("used_bytes", facts.and_then(|facts| facts.bytes).into()),
                        ("encoding", facts.and_then(|facts| facts.encoding.clone()).into()),
                    ]);
                }
            }
        }
        super::export::file(&rows, format)
    }
}

/// Bytes as they are where they are plain text, or else spelled with escapes.
fn as_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => show::spelled(bytes),
    }
}
