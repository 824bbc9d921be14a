//! Draws the state: header, tabs, the screen, keys, and what lies over them. Pure: the same state gives the same picture.

use std::borrow::Cow;
use std::time::Duration;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;

use crate::state::dialog::{Dialog, Focus};
use crate::state::events::{Event, Level};
use crate::state::tab::Tab;
use crate::state::{App, Connection, Overlay, Pending, input, palette};
use crate::theme::Role;
use crate::value::finite;
use crate::widgets::Canvas;
use crate::widgets::banner::{Alert, Badge, Banner};
use crate::widgets::dialog::{self, DialogInput, DialogLine};
use crate::widgets::help::{Help, HelpEntry, HelpSection};
use crate::widgets::input::Input;
use crate::widgets::key_bar::{Hint, KeyBar};
use crate::widgets::palette::{Candidate, Palette};
use crate::widgets::tabs::{TabName, Tabs};
use crate::widgets::toast::Toast;
use crate::widgets::too_small;
use crate::{format, keymap, layout, screens, text};

/// How long a new event shows in the corner.
const TOAST_MS: u64 = 4_000;
/// Longer lines are hard to read.
const REASON_WIDTH_MAX: u16 = 76;
const REASON_LINES_MAX: usize = 6;

/// Draws everything.
pub fn view(app: &App, frame: &mut Frame<'_>) {
    let theme = app.options.theme;
    let screen = frame.area();
    if screen.as_size() != app.size {
        // The terminal has changed in this moment: places that go by the old size would lie outside of it.
        return;
    }
    if too_small::is_too_small(screen) {
        too_small::draw(screen, frame.buffer_mut(), theme);
        return;
    }
    let areas = layout::areas(app);
    if app.has_data() {
        screens::of(app.tab).view(app, frame, areas.body);
    } else {
        waiting(app, areas.body, frame.buffer_mut());
    }
    let buffer = frame.buffer_mut();
    if matches!(app.connection, Connection::Disconnected { .. }) {
        // All of it is of then, not of now.
        buffer.set_style(areas.body, Modifier::DIM);
    }
    header(app, areas.header, buffer);
    with_tabs(app, |tabs| tabs.draw(areas.tabs, buffer, theme));
    alert(app, areas.banner, buffer);
    toast(app, areas.body, buffer);
    let mut cursor = keys(app, areas.keys, buffer);
    for overlay in &app.overlays {
        cursor = match overlay {
            Overlay::Dialog(dialog) => with_dialog(dialog, |widget| widget.draw(screen, buffer, theme)),
            Overlay::Help { query, scroll } => {
                with_help(app, query, (*scroll).into(), |help| help.draw(screen, buffer, theme))
            }
            Overlay::Palette { input, selected } => draw_palette(input, *selected, screen, buffer, app),
            Overlay::Filter => cursor,
        };
    }
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
}

/// The tab at a place of the terminal.
pub fn tab_at(app: &App, at: Position) -> Option<Tab> {
    let index = with_tabs(app, |tabs| tabs.hit(layout::areas(app).tabs, at))?;
    app.tabs().nth(index)
}

/// The button of a dialog at a place of the terminal.
pub fn button_at(app: &App, dialog: &Dialog, at: Position) -> Option<Focus> {
    let screen = Rect::from((Position::ORIGIN, app.size));
    let button = with_dialog(dialog, |widget| widget.layout(screen).button_at(at))?;
    Some(if button == 0 { Focus::Cancel } else { Focus::Verb })
}

/// How far a dialog is scrolled after so many rows more, or less.
pub fn dialog_scrolled(app: &App, dialog: &Dialog, by: i16) -> u16 {
    let layout = with_dialog(dialog, |widget| widget.layout(Rect::from((Position::ORIGIN, app.size))));
    layout.offset.saturating_add_signed(by).min(layout.offset_max)
}

fn header(app: &App, area: Rect, buffer: &mut Buffer) {
    let server = app.server();
    let harmless = |text: &str| text::harmless(text.as_bytes()).into_owned();
    let title = if app.has_data() { harmless(&server.title()) } else { "not connected".into() };
    let address = harmless(&server.address);
    let info = &app.sample().info;
    let uptime = info.count("uptime_in_seconds").map(|seconds| format!("up {}", uptime(seconds)));
    let compatible = server.rkvs_version.as_ref().and(server.redis_version.as_ref());
    let compatible = compatible.map(|version| format!("redis {}", harmless(version)));
    let role = info.text("role").map(|role| format!("role {}", harmless(role)));
    let slow: Vec<String> =
        app.sample().slow_parts.iter().map(|(name, s)| harmless(&format!("{name} every {s} s"))).collect();
    let mut parts = vec![(address.as_str(), Role::Title), (title.as_str(), Role::Text)];
    // What is older than it looks comes before what everybody knows.
    parts.extend(slow.iter().map(|part| (part.as_str(), Role::Warn)));
    parts.extend([&uptime, &compatible, &role].into_iter().flatten().map(|part| (part.as_str(), Role::Label)));

    let badges = badges(app);
    let badges: Vec<Badge<'_>> = badges.iter().map(|(text, role)| Badge { text, role: *role }).collect();
    Banner { parts: &parts, badges: &badges }.draw(area, buffer, app.options.theme);
}

/// What must not be overlooked, the connection last.
fn badges(app: &App) -> Vec<(String, Role)> {
    let info = &app.sample().info;
    let mut badges = Vec::new();
    if info.flag("loading") {
        let percent = info.text("loading_loaded_perc").and_then(finite);
        let loaded = percent.map_or(String::new(), |percent| format!(" {}", format::percent(percent / 100.0)));
        badges.push((format!("LOADING{loaded}"), Role::BadgeWarn));
    }
    if app.options.is_readonly {
        badges.push(("READ-ONLY".into(), Role::BadgeWarn));
    }
    if let Some(pending) = app.pending() {
        badges.push((format!("PENDING {}s", pending_s(app, pending)), Role::BadgeWarn));
    }
    if app.is_paused() {
        badges.push(("PAUSED".into(), Role::BadgeWarn));
    }
    let interval = app.options.interval_ms as f64 / 1_000.0;
    if let Some(word) = app.replay_badge() {
        badges.push((word.to_owned(), Role::BadgeWarn));
        return badges;
    }
    match (&app.connection, app.waiting_s()) {
        (Connection::Connecting, _) => badges.push(("CONNECTING".into(), Role::BadgeWarn)),
        (Connection::Disconnected { .. }, _) => badges.push(("OFFLINE".into(), Role::BadgeBad)),
        (Connection::Connected, Some(seconds)) => badges.push((format!("WAITING {seconds}s"), Role::BadgeWarn)),
        // What is paused is not live.
        (Connection::Connected, None) if app.is_paused() => {}
        (Connection::Connected, None) => badges.push((format!("LIVE {interval}s"), Role::BadgeGood)),
    }
    badges
}

fn pending_s(app: &App, pending: &Pending) -> u64 {
    app.now_ms.saturating_sub(pending.since_ms) / 1_000
}

fn uptime(seconds: u64) -> String {
    // A duration of less than a minute has decimals.
    if seconds < 60 { format::age(seconds) } else { format::duration(Duration::from_secs(seconds), "") }
}

/// Says what is waited for while nothing is known.
fn waiting(app: &App, area: Rect, buffer: &mut Buffer) {
    let address = text::harmless(app.server().address.as_bytes()).into_owned();
    let theme = app.options.theme;
    let mut canvas = Canvas::new(area, buffer, theme);
    let room = usize::from(canvas.width().saturating_sub(4).min(REASON_WIDTH_MAX));
    let wrapped = |words: &str, role| {
        text::wrap(words, room, REASON_LINES_MAX, theme.symbols().ellipsis).into_iter().map(move |line| (line, role))
    };
    let mut lines: Vec<(String, Role)> = Vec::new();
    match &app.connection {
        Connection::Disconnected { error, .. } => {
            lines.extend(wrapped(&format!("no answer yet from {address}"), Role::Label));
            lines.extend(wrapped(&text::harmless(error.as_bytes()), Role::Bad));
            if ["NOAUTH", "WRONGPASS"].iter().any(|code| error.contains(code)) {
                lines.extend(wrapped("a password is given by -a or REDISCLI_AUTH, a user by --user", Role::Text));
            }
        }
        _ => lines.extend(wrapped(&format!("connecting to {address}"), Role::Label)),
    }
    let top = canvas.height().saturating_sub(lines.len() as u16) / 2;
    for (y, (line, role)) in (top..canvas.height()).zip(&lines) {
        canvas.centered(y, line, *role);
    }
}

/// Whether it is a server without namespaces of names.
fn is_plain(app: &App) -> bool {
    app.has_data() && !app.server().is_rkvs()
}

/// Words about namespaces, for a server that may have databases instead.
fn of_server<'a>(app: &App, words: &'a str) -> Cow<'a, str> {
    if is_plain(app) && words.contains("amespace") {
        words.replace("namespace", "database").replace("Namespace", "Database").into()
    } else {
        words.into()
    }
}

fn with_tabs<T>(app: &App, then: impl FnOnce(&Tabs<'_>) -> T) -> T {
    let tabs: Vec<Tab> = app.tabs().collect();
    let keys: Vec<String> = tabs.iter().map(|tab| tab.digit().to_string()).collect();
    let is_plain = is_plain(app);
    let names = tabs.iter().zip(&keys).map(|(tab, key)| match tab {
        Tab::Namespaces if is_plain => TabName { key, title: "Databases", short: "Dbs" },
        tab => TabName { key, title: tab.title(), short: tab.short() },
    });
    let names: Vec<TabName<'_>> = names.collect();
    let selected = tabs.iter().position(|&tab| tab == app.tab).unwrap_or(0);
    then(&Tabs { tabs: &names, selected })
}

fn alert(app: &App, area: Rect, buffer: &mut Buffer) {
    with_alert(app, |alert| alert.draw(area, buffer, app.options.theme));
}

/// Rows that say that the connection is lost, at most so many; none while it is not.
pub fn alert_height(app: &App, height_max: u16) -> u16 {
    with_alert(app, |alert| alert.height(app.size.width, height_max)).unwrap_or(0)
}

fn with_alert<T>(app: &App, then: impl FnOnce(&Alert<'_>) -> T) -> Option<T> {
    let Connection::Disconnected { error, retry_at_ms } = &app.connection else { return None };
    let next = match retry_at_ms.saturating_sub(app.now_ms).div_ceil(1_000) {
        0 => "trying now".to_owned(),
        seconds => format!("retry {seconds}s"),
    };
    let reason = text::harmless(error.as_bytes());
    Some(then(&Alert { title: "DISCONNECTED", reason: &reason, next: &next, role: Role::BadgeBad }))
}

/// What was said last, while it is new, unless it is an event and the screen shows events anyway; otherwise what is not answered
/// yet.
fn toast(app: &App, area: Rect, buffer: &mut Buffer) {
    let shows_events = app.has_data() && screens::of(app.tab).shows_events(app, area);
    let is_event = |said: &Event| app.events.newest().next() == Some(said);
    let newest = app.said.as_ref().filter(|said| !(shows_events && is_event(said)));
    let is_new = newest.is_some_and(|event| app.now_ms.saturating_sub(event.at_ms) < TOAST_MS);
    // What is answered at once is not worth a flicker.
    if let Some(pending) = app.pending().filter(|pending| !is_new && pending_s(app, pending) > 0) {
        let words = format!("{}: no answer yet", text::harmless(pending.label.as_bytes()));
        Toast { text: &words, role: Role::Text }.draw(area, buffer, app.options.theme);
    }
    if let Some(event) = newest.filter(|event| app.now_ms.saturating_sub(event.at_ms) < TOAST_MS) {
        let role = match event.level {
            Level::Good => Role::Good,
            Level::Info => Role::Text,
            Level::Warn => Role::Warn,
            Level::Bad => Role::Bad,
        };
        Toast { text: &text::typed(&event.text), role }.draw(area, buffer, app.options.theme);
    }
}

/// The keys that mean something, or the filter while it is typed.
fn keys(app: &App, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = app.options.theme;
    if matches!(app.overlays.last(), Some(Overlay::Filter)) {
        buffer.set_string(area.x, area.y, "/", theme.style(Role::Key));
        let line = Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area };
        let widget = typed(&app.list().filter, screens::of(app.tab).filter_words(app));
        return widget.draw(line, buffer, theme);
    }
    let has_list = screens::of(app.tab).has_list();
    // A list without rows has nothing to open, to sort, to filter; a filter may be why it has none.
    let has_rows = !app.list().rows.is_empty() || !app.list().filter.text().is_empty();
    let shown: Vec<_> = keymap::valid(app.tab, has_list)
        .filter(|binding| !binding.hint.is_empty() && is_offered(app, app.tab, binding))
        .filter(|binding| app.has_data() || !keymap::needs_server(binding.action))
        .filter(|binding| binding.context != keymap::Context::List || has_rows)
        .map(|binding| (binding.keys[0].label(), of_server(app, binding.hint), binding))
        .collect();
    let hints: Vec<Hint<'_>> = shown
        .iter()
        .enumerate()
        .map(|(place, (key, words, binding))| {
            // Help and quit stay to the last.
            let is_last = matches!(binding.action, keymap::Action::Help | keymap::Action::Quit);
            Hint { key, words, priority: if is_last { 0 } else { place.min(254) as u8 + 1 } }
        })
        .collect();
    KeyBar { hints: &hints }.draw(area, buffer, theme);
    None
}

/// Whether a key of a tab can come to anything.
fn is_offered(app: &App, tab: Tab, binding: &keymap::Binding) -> bool {
    let is_refused = binding.is_change && app.options.is_readonly;
    if let keymap::Action::GoTo(tab) = binding.action {
        return screens::of(tab).is_available(app);
    }
    !is_refused && screens::of(tab).offers(app, binding.action)
}

fn typed<'a>(input: &'a input::Input, placeholder: &'a str) -> Input<'a> {
    Input { text: input.text(), cursor: input.parts().0.len(), placeholder }
}

/// As many marks as characters were typed.
fn masked(text: &str) -> String {
    "*".repeat(text.chars().count())
}

fn with_dialog<T>(dialog: &Dialog, then: impl FnOnce(&dialog::Dialog<'_>) -> T) -> T {
    // Names that are no text come spelled with backslashes, which stay as they are.
    let harmless = |text: &str| text::typed(text).into_owned();
    let pairs = |pairs: &[(String, String)]| -> Vec<(String, String)> {
        pairs.iter().map(|(label, words)| (harmless(label), harmless(words))).collect()
    };
    let (lines, previews) = (pairs(&dialog.lines), pairs(&dialog.previewed()));
    let lines: Vec<DialogLine<'_>> =
        lines.iter().map(|(label, value)| DialogLine { label, value, role: Role::Text }).collect();
    let previews: Vec<DialogLine<'_>> =
        previews.iter().map(|(label, value)| DialogLine { label, value, role: Role::Accent }).collect();
    let labels: Vec<String> = dialog.fields.iter().map(|field| harmless(&field.label)).collect();
    let secrets: Vec<String> = dialog.fields.iter().map(|field| masked(field.input.text())).collect();
    let fields: Vec<DialogInput<'_>> = dialog
        .fields
        .iter()
        .zip(labels.iter().zip(&secrets))
        .map(|(field, (label, secret))| {
            let cursor = field.input.parts().0.chars().count();
            let masked = Input { text: secret, cursor, placeholder: "" };
            DialogInput { label, input: if field.is_secret { masked } else { typed(&field.input, "") } }
        })
        .collect();
    let buttons: &[&str] = if dialog.is_question() { &["Cancel", &dialog.verb] } else { &["Close"] };
    let focus = match dialog.focus {
        Focus::Field(index) => dialog::Focus::Field(index),
        Focus::Cancel => dialog::Focus::Button(0),
        Focus::Verb => dialog::Focus::Button(1),
    };
    let error = dialog.error.as_deref().map(harmless);
    let title = harmless(&dialog.title);
    let role = if dialog.is_destructive { Role::Bad } else { Role::Accent };
    then(&dialog::Dialog {
        title: &title,
        role,
        lines: &lines,
        fields: &fields,
        previews: &previews,
        error: error.as_deref(),
        buttons,
        focus,
        scroll: dialog.scroll,
    })
}

/// How far the help can be scrolled.
pub fn help_scroll_max(app: &App, query: &input::Input) -> u16 {
    let screen = Rect::from((Position::ORIGIN, app.size));
    with_help(app, query, 0, |help| u16::try_from(help.offset_max(screen)).unwrap_or(u16::MAX))
}

fn with_help<T>(app: &App, query: &input::Input, offset: usize, then: impl FnOnce(&Help<'_>) -> T) -> T {
    let tabs: Vec<Tab> = app.tabs().collect();
    let mut sections = keymap::help(app.tab, &tabs, |tab, binding| is_offered(app, tab, binding));
    for section in &mut sections {
        section.title = of_server(app, &section.title).into_owned();
        for entry in &mut section.entries {
            if entry.action == Some(keymap::Action::Filter) {
                let words = format!("filter the rows: {}", screens::of(app.tab).filter_words(app));
                entry.words = if screens::of(app.tab).has_list() { words.into() } else { entry.words.clone() };
            }
            entry.words = of_server(app, &entry.words).into_owned().into();
            entry.hint = of_server(app, &entry.hint).into_owned().into();
        }
    }
    let entries: Vec<Vec<HelpEntry<'_>>> = sections
        .iter()
        .map(|section| {
            let entries = section.entries.iter();
            entries.map(|entry| HelpEntry { key: &entry.keys, words: &entry.words, also: &entry.hint }).collect()
        })
        .collect();
    let titles = sections.iter().map(|section| section.title.as_str());
    let sections: Vec<HelpSection<'_>> =
        titles.zip(&entries).map(|(title, entries)| HelpSection { title, entries }).collect();
    then(&Help { sections: &sections, query: query.text(), offset })
}

fn draw_palette(
    input: &input::Input,
    selected: usize,
    screen: Rect,
    buffer: &mut Buffer,
    app: &App,
) -> Option<Position> {
    let names: Vec<(String, Cow<'_, str>)> = palette::candidates(app, input.text())
        .into_iter()
        .map(|command| {
            let argument = of_server(app, command.argument);
            (format!("{} {argument}", command.names[0]), of_server(app, command.help))
        })
        .collect();
    let matches: Vec<Candidate<'_>> =
        names.iter().map(|(name, words)| Candidate { name: name.trim_end(), words }).collect();
    let selected = selected.min(matches.len().saturating_sub(1));
    let why = palette::why_nothing(app, input.text());
    let empty = why.as_deref().unwrap_or("no such command");
    Palette { input: typed(input, "command"), matches: &matches, selected, empty }.draw(
        screen,
        buffer,
        app.options.theme,
    )
}
