//! What follows from what happens: `update` takes the state and a message and says what is to be done. It is the only one that
//! changes the state, and it knows the time only from its argument.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect, Size};

use super::dialog::Outcome;
use super::events::{self, Level};
use super::input::Input;
use super::msg::{Answer, Effect, Msg, ReplyTo};
use super::sample::{NAMESPACES_FEW, Namespace, Sample, Wants};
use super::saves::Save;
use super::tab::Tab;
use super::{App, Connection, INTERVALS_MS, NO_EFFECTS, Overlay, Pending, WINDOWS_S, actions, palette};
use crate::keymap::{self, Action};
use crate::output::Format;
use crate::theme::Palette;
use crate::widgets::too_small::is_too_small;
use crate::{format, layout, screens, view};

/// Brings the state up to date with what happened at this time, and says what is to be done.
pub fn update(app: &mut App, msg: Msg, now_ms: u64) -> Vec<Effect> {
    app.now_ms = now_ms;
    let mut effects = match msg {
        Msg::Key(key) if key.kind == KeyEventKind::Release => NO_EFFECTS,
        Msg::Key(key) => press(app, key),
        Msg::Mouse(event) => mouse(app, event),
        Msg::Paste(text) => paste(app, &text),
        Msg::Resize(width, height) => {
            app.size = Size::new(width, height);
            NO_EFFECTS
        }
        Msg::Focus(_) | Msg::Tick => NO_EFFECTS,
        Msg::Connected(server) => {
            app.happened(Level::Good, format!("connected to {} at {}", server.title(), server.address));
            app.connection = Connection::Connected;
            app.heard_at_ms = now_ms;
            NO_EFFECTS
        }
        Msg::Disconnected { error, retry_at_ms } => {
            disconnected(app, error, retry_at_ms);
            NO_EFFECTS
        }
        Msg::Sample(sample) => {
            take(app, *sample);
            NO_EFFECTS
        }
        Msg::Answer(answer) => answered(app, &answer),
        Msg::ActsAs(id) => {
            app.acting_id = Some(id);
            NO_EFFECTS
        }
        Msg::Ended => {
            app.has_ended = true;
            app.happened(Level::Info, "the recording has ended");
            NO_EFFECTS
        }
        Msg::Notice(result) => {
            match result {
                Ok(text) => app.tell(Level::Info, text),
                Err(text) => app.tell(Level::Bad, text),
            }
            NO_EFFECTS
        }
        Msg::RecordingFailed(error) => {
            app.happened(Level::Bad, error);
            NO_EFFECTS
        }
    };
    refresh(app);
    effects.extend(screens::of(app.tab).follow(app));
    let wants = wants(app);
    if wants != app.wants {
        app.wants = wants.clone();
        effects.push(Effect::SetWants(wants));
    }
    refuse_changes(app, &mut effects);
    let run_id = app.latest.info.text("run_id").map(str::to_owned);
    for effect in &mut effects {
        if let Effect::Run(request) = effect
            && request.is_change
        {
            request.run_id.clone_from(&run_id);
            app.pending.push_back(Pending { label: request.label.clone(), since_ms: now_ms });
        }
    }
    effects
}

/// What the screen needs, and what costs so little that its history need not have gaps while other screens are looked at.
fn wants(app: &App) -> Wants {
    let mut wants = screens::of(app.tab).wants(app);
    let are_few = |namespaces: &Arc<Vec<Namespace>>| namespaces.len() <= NAMESPACES_FEW;
    wants.namespaces |= app.latest().namespaces.as_ref().is_some_and(are_few);
    wants
}

/// The last line of defence of `--readonly`: whatever asked for it, a change does not leave this module.
fn refuse_changes(app: &mut App, effects: &mut Vec<Effect>) {
    if app.options.is_readonly {
        let is_change = |effect: &Effect| matches!(effect, Effect::Run(request) if request.is_change);
        if effects.iter().any(is_change) {
            effects.retain(|effect| !is_change(effect));
            app.happened(Level::Warn, format!("refused: {}", app.why_readonly()));
        }
    }
}

/// Brings rows, selection and tab in line with everything else.
pub(crate) fn refresh(app: &mut App) {
    if !screens::of(app.tab).is_available(app) {
        app.tab = Tab::Overview;
    }
    let screen = screens::of(app.tab);
    if screen.has_list() {
        let rows = screen.rows(app);
        let height = list_height(app);
        app.list_of_mut(app.tab).set_rows(rows, height);
    }
}

fn list_height(app: &App) -> usize {
    let area = screens::of(app.tab).list_area(app, layout::areas(app).body);
    area.map_or(1, |area| area.height.into())
}

fn take(app: &mut App, mut sample: Sample) {
    app.connection = Connection::Connected;
    app.heard_at_ms = app.now_ms;
    app.history.rate_ms = rate_ms(app);
    app.history.record(&sample, &app.wants.visible_namespaces);
    let saved = app.saves.note(&sample);
    app.paces.note(&sample);
    app.shard_waits.note(&sample, app.history.rate_ms);
    note_what_changed(app, &sample, &saved);
    app.settings_seen.record(&sample);
    let told = app.told.replace(Arc::new(sample.clone()));
    // What is exported has rates as well.
    if told.as_ref().is_none_or(|told| sample.at_ms.abs_diff(told.at_ms) >= app.options.interval_ms / 2) {
        app.before = told;
    }
    // Another server, or the same one started anew, leaves nothing worth keeping.
    if sample.is_of_run(&app.latest) {
        sample.keep_from(&app.latest);
    } else if app.has_data() {
        forget_questions(app);
    }
    app.latest = Arc::new(sample);
    for overlay in &mut app.overlays {
        if let Overlay::Dialog(dialog) = overlay {
            dialog.renew(&app.latest);
        }
    }
}

/// How long a rate is taken over at least, in milliseconds. A screen that is gone to is polled for at once, and so is a change: what
/// lies between two such polls is mostly the first of them.
fn rate_ms(app: &App) -> u64 {
    (app.options.interval_ms / 2).clamp(250, 2_000)
}

/// What was asked about a server is no question about another one, or the same one started anew: there an id is another client's.
fn forget_questions(app: &mut App) {
    let is_question = |overlay: &Overlay| matches!(overlay, Overlay::Dialog(dialog) if dialog.is_question());
    let open = app.overlays.len();
    app.overlays.retain(|overlay| !is_question(overlay));
    if app.overlays.len() < open {
        app.tell(Level::Warn, "closed: the server was restarted");
    }
    app.asked = None;
    app.screens.forget_questions();
}

/// Turns what only a comparison shows into events.
fn note_what_changed(app: &mut App, sample: &Sample, saved: &[Save]) {
    if !app.has_data() {
        return;
    }
    let (before, now) = (Arc::clone(&app.latest.info), Arc::clone(&sample.info));
    if before.text("run_id") != now.text("run_id") {
        app.happened(Level::Warn, "the server was restarted");
        return;
    }
    for save in saved {
        let (level, text) = words_of(save, app.options.theme.symbols().micro);
        app.happened(level, text);
    }
    for ended in resizes_ended(&app.latest, sample) {
        app.happened(Level::Good, format!("resize of {ended}"));
    }
    let rose = |name| now.count(name).zip(before.count(name)).and_then(|(now, before)| now.checked_sub(before));
    for (name, level, text) in
        [("evicted_keys", Level::Warn, "keys evicted"), ("rejected_connections", Level::Bad, "connections rejected")]
    {
        if let Some(count) = rose(name).filter(|count| *count > 0) {
            app.happened(level, format!("{count} {text}"));
        }
    }
}

/// A save that has ended, as an event.
fn words_of(save: &Save, micro: &str) -> (Level, String) {
    let what = save.namespace.as_ref().map_or("save".to_owned(), |name| format!("save of {name}"));
    if let Some(error) = &save.error {
        return (Level::Bad, format!("{what} failed: {error}"));
    }
    let took = save.took(micro).map_or(String::new(), |took| format!(" in {took}"));
    let size = save.bytes.filter(|bytes| *bytes > 0).map_or(String::new(), |size| format!(", {}", format::bytes(size)));
    (Level::Good, format!("{what} done{took}{size}"))
}

/// Resizes that ended between two samples, with what they came to. Short ones are never seen to go on.
fn resizes_ended(before: &Sample, now: &Sample) -> Vec<String> {
    let (Some(before), Some(listed)) = (&before.namespaces, &now.namespaces) else { return Vec::new() };
    let ended = before.iter().enumerate().filter_map(|(place, before)| {
        // Most of thousands are where they were.
        let same = listed.get(place).filter(|namespace| namespace.name == before.name);
        let target = before.resize.as_ref().map(|resize| resize.target);
        let now = if target.is_some() { same.or_else(|| now.namespace(&before.name)) } else { same }?;
        let shards = now.shards.filter(|_| now.resize.is_none())?;
        let has_ended = target.is_some() || before.shards.is_some_and(|before| before != shards);
        let end = if target.is_none_or(|target| target == shards) { "done" } else { "taken back" };
        has_ended.then(|| format!("{} {end}: {shards} shards", now.name))
    });
    ended.collect()
}

fn disconnected(app: &mut App, mut error: String, retry_at_ms: u64) {
    events::shorten(&mut error);
    if !matches!(&app.connection, Connection::Disconnected { error: before, .. } if *before == error) {
        app.happened(Level::Bad, format!("disconnected: {error}"));
        app.history.gap(app.now_ms);
    }
    app.connection = Connection::Disconnected { error, retry_at_ms };
}

/// What BGSAVE answers. One that has to wait for another child process is only `scheduled`.
const SAVE_BEGUN: &str = "Background saving started";

fn answered(app: &mut App, answer: &Answer) -> Vec<Effect> {
    if answer.is_change {
        if let Some(at) = app.pending.iter().position(|pending| pending.label == answer.label) {
            app.pending.remove(at);
        }
        match answer.outcome() {
            Ok(()) if answer.only_begins => {
                if answer.says(SAVE_BEGUN) {
                    app.saves.begun(app.now_ms);
                }
                app.happened(Level::Info, format!("{}: begun", answer.label));
            }
            Ok(()) => app.happened(Level::Good, format!("{}: ok", answer.label)),
            Err(error) => app.happened(Level::Bad, format!("{}: {error}", answer.label)),
        }
        ask_again(app, answer);
    }
    let mut effects = match answer.reply_to {
        ReplyTo::Screen(tab, number) => screens::of(tab).answer(app, number, answer),
        ReplyTo::Events => NO_EFFECTS,
    };
    if answer.is_change {
        // What it changed is best seen at once.
        effects.push(Effect::PollNow);
    }
    effects
}

/// What was typed is not lost when the server refuses it: the dialog comes back with the reason.
fn ask_again(app: &mut App, answer: &Answer) {
    let Some((_, dialog)) = app.asked.take_if(|(label, _)| *label == answer.label) else { return };
    if let Err(error) = answer.outcome()
        && app.overlays.is_empty()
        && dialog.fields.iter().any(|field| field.must_be.is_none())
    {
        app.overlays.push(Overlay::Dialog(dialog.refused(error)));
    }
}

/// Whether nothing of the state can be seen: then nothing acts on it either.
fn is_hidden(app: &App) -> bool {
    is_too_small(Rect::from((Position::ORIGIN, app.size)))
}

fn press(app: &mut App, key: KeyEvent) -> Vec<Effect> {
    if is_hidden(app) {
        let action = keymap::lookup(app.tab, false, key);
        let action = action.filter(|action| matches!(action, Action::Quit | Action::Redraw | Action::Suspend));
        return action.map_or(NO_EFFECTS, |action| act(app, action, None));
    }
    match key.code {
        KeyCode::PageUp if scroll_dialog(app, -DIALOG_PAGE) => return NO_EFFECTS,
        KeyCode::PageDown if scroll_dialog(app, DIALOG_PAGE) => return NO_EFFECTS,
        _ => {}
    }
    let Some(overlay) = app.overlays.last_mut() else {
        let has_list = screens::of(app.tab).has_list();
        let Some(action) = keymap::lookup(app.tab, has_list, key) else { return NO_EFFECTS };
        return act(app, action, None);
    };
    match overlay {
        Overlay::Dialog(dialog) => match dialog.key(key) {
            Outcome::Open => NO_EFFECTS,
            Outcome::Cancelled => close(app),
            Outcome::Confirmed(effects) => {
                let label = effects.iter().find_map(|effect| match effect {
                    Effect::Run(request) => Some(request.label.clone()),
                    _ => None,
                });
                if let (Some(Overlay::Dialog(dialog)), Some(label)) = (app.overlays.pop(), label) {
                    app.asked = Some((label, dialog));
                }
                effects
            }
        },
        Overlay::Help { query, scroll } => {
            match key.code {
                KeyCode::Esc | KeyCode::Enter | KeyCode::F(1) => return close(app),
                KeyCode::Up => scroll_help(app, -1),
                KeyCode::Down => scroll_help(app, 1),
                KeyCode::PageUp => scroll_help(app, -10),
                KeyCode::PageDown => scroll_help(app, 10),
                KeyCode::Char('?' | 'q') if query.text().is_empty() => return close(app),
                _ if query.key(key) => *scroll = 0,
                _ if is_interrupt(key) => return close(app),
                _ => {}
            }
            NO_EFFECTS
        }
        Overlay::Palette { input, .. } => {
            let line = input.text().to_owned();
            let candidates = palette::candidates(app, &line);
            let Some(Overlay::Palette { input, selected }) = app.overlays.last_mut() else { return NO_EFFECTS };
            let count = candidates.len();
            match key.code {
                KeyCode::Esc => return close(app),
                KeyCode::Backspace if input.text().is_empty() => return close(app),
                KeyCode::Up => *selected = selected.saturating_sub(1),
                KeyCode::Down => *selected = (*selected + 1).min(count.saturating_sub(1)),
                KeyCode::Tab => {
                    if let Some(command) = candidates.get(*selected) {
                        *input = Input::new(format!("{} ", command.names[0]));
                        *selected = 0;
                    }
                }
                KeyCode::Enter => {
                    let selected = *selected;
                    match palette::read(app, &line, selected) {
                        Ok((action, argument)) => {
                            app.overlays.pop();
                            return palette::perform(app, action, argument.as_deref());
                        }
                        Err(error) => app.tell(Level::Warn, error),
                    }
                }
                _ if input.key(key) => *selected = 0,
                _ if is_interrupt(key) => return close(app),
                _ => {}
            }
            NO_EFFECTS
        }
        Overlay::Filter => {
            let tab = app.tab;
            match key.code {
                KeyCode::Enter | KeyCode::Down | KeyCode::Up => return close(app),
                KeyCode::Esc => {
                    app.list_of_mut(tab).filter.clear();
                    return close(app);
                }
                _ if is_interrupt(key) => return close(app),
                _ => drop(app.list_of_mut(tab).filter.key(key)),
            }
            NO_EFFECTS
        }
    }
}

/// Rows that PgUp and PgDn scroll a dialog by: one less than the least that shows.
const DIALOG_PAGE: i16 = 3;

/// Scrolls the dialog that lies uppermost, if one does.
fn scroll_dialog(app: &mut App, by: i16) -> bool {
    let Some(Overlay::Dialog(dialog)) = app.overlays.last() else { return false };
    let rows = view::dialog_scrolled(app, dialog, by);
    if let Some(Overlay::Dialog(dialog)) = app.overlays.last_mut() {
        dialog.scroll = Some(rows);
    }
    true
}

/// Scrolls the help, if it lies uppermost.
fn scroll_help(app: &mut App, by: i16) {
    let Some(Overlay::Help { query, scroll }) = app.overlays.last() else { return };
    let scrolled = scroll.saturating_add_signed(by).min(view::help_scroll_max(app, query));
    if let Some(Overlay::Help { scroll, .. }) = app.overlays.last_mut() {
        *scroll = scrolled;
    }
}

fn is_interrupt(key: KeyEvent) -> bool {
    keymap::lookup(Tab::Overview, false, key) == Some(Action::Quit) && key.code == KeyCode::Char('c')
}

fn close(app: &mut App) -> Vec<Effect> {
    app.overlays.pop();
    NO_EFFECTS
}

fn paste(app: &mut App, text: &str) -> Vec<Effect> {
    if is_hidden(app) {
        return NO_EFFECTS;
    }
    let tab = app.tab;
    match app.overlays.last_mut() {
        Some(Overlay::Dialog(dialog)) => dialog.paste(text),
        Some(Overlay::Help { query, .. }) => query.insert(text),
        Some(Overlay::Palette { input, .. }) => input.insert(text),
        Some(Overlay::Filter) => app.list_of_mut(tab).filter.insert(text),
        // What is pasted must not act as if it had been typed.
        None => {}
    }
    NO_EFFECTS
}

/// Does what a key or a command of the palette asks for.
pub(crate) fn act(app: &mut App, action: Action, argument: Option<&str>) -> Vec<Effect> {
    let height = list_height(app);
    let (tab, screen) = (app.tab, screens::of(app.tab));
    let page = height.saturating_sub(1).max(1) as isize;
    if !app.has_data() && keymap::needs_server(action) {
        app.tell(Level::Warn, palette::not_connected(app));
        return NO_EFFECTS;
    }
    let looks_closer = matches!(action, Action::Open | Action::Zoom | Action::NextPanel | Action::PreviousPanel);
    if looks_closer || keymap::is_about_row(action) {
        app.list_of_mut(tab).keep_selected();
    }
    match action {
        Action::Quit => return vec![Effect::Quit],
        Action::Redraw => return vec![Effect::Redraw],
        Action::Suspend => return vec![Effect::Suspend],
        Action::GoTo(tab) => return go_to(app, tab, argument),
        Action::NextTab => return step_tab(app, 1),
        Action::PreviousTab => return step_tab(app, -1),
        Action::LastTab => return app.tab_before.map_or(NO_EFFECTS, |tab| go_to(app, tab, None)),
        Action::Help => app.overlays.push(Overlay::Help { query: Input::default(), scroll: 0 }),
        Action::Palette => app.overlays.push(Overlay::Palette { input: Input::default(), selected: 0 }),
        Action::Back => back(app),
        Action::Zoom => app.is_zoomed = !app.is_zoomed,
        Action::WindowShorter | Action::WindowLonger => return change_window(app, action, argument),
        Action::Pause => {
            let shown = (Arc::clone(&app.latest), app.before.clone());
            app.frozen = if app.is_paused() { None } else { Some(shown) };
        }
        Action::PollFaster | Action::PollSlower => return change_interval(app, action, argument),
        Action::PollNow => {
            if let Connection::Disconnected { retry_at_ms, .. } = &mut app.connection {
                *retry_at_ms = app.now_ms;
            }
            return vec![Effect::PollNow];
        }
        Action::BackgroundSave => app.open(actions::background_save(app)),
        Action::Save => app.open(actions::save(app)),
        Action::Copy => match screen.copy(app) {
            Some(text) => return vec![Effect::Copy(text)],
            None => app.tell(Level::Info, "nothing to copy"),
        },
        Action::Export => return export(app, argument),
        Action::Theme => change_theme(app, argument),
        Action::Mouse => {
            app.options.has_mouse = !app.options.has_mouse;
            let words = if app.options.has_mouse { "mouse: on" } else { "mouse: off, the terminal selects" };
            app.tell(Level::Info, words);
            return vec![Effect::SetMouse(app.options.has_mouse)];
        }
        Action::Filter if screen.has_list() => match argument {
            Some(words) => app.list_of_mut(tab).filter = Input::new(words),
            None => app.overlays.push(Overlay::Filter),
        },
        Action::Filter => app.tell(Level::Info, format!("{} has no list to filter", tab.title())),
        Action::Up => app.list_of_mut(tab).step(-1, height),
        Action::Down => app.list_of_mut(tab).step(1, height),
        Action::PageUp => app.list_of_mut(tab).step(-page, height),
        Action::PageDown => app.list_of_mut(tab).step(page, height),
        Action::Top => app.list_of_mut(tab).step(isize::MIN, height),
        Action::Bottom => app.list_of_mut(tab).step(isize::MAX, height),
        Action::NextSort => step_sort(app, 1),
        Action::PreviousSort => step_sort(app, -1),
        Action::ReverseSort => {
            let list = app.list_of_mut(tab);
            list.is_reversed = !list.is_reversed;
        }
        Action::NextView => {
            let list = app.list_of_mut(tab);
            list.view = list.view.wrapping_add(1);
        }
        action => return screen.act(app, action, argument),
    }
    NO_EFFECTS
}

/// Goes to a tab, as far as the server has something for it.
pub(crate) fn go_to(app: &mut App, tab: Tab, namespace: Option<&str>) -> Vec<Effect> {
    if !screens::of(tab).is_available(app) {
        app.tell(Level::Warn, format!("{} tells nothing for {}", app.server().title(), tab.title()));
        return NO_EFFECTS;
    }
    if let Some(namespace) = namespace {
        if !app.may_be_namespace(namespace) {
            app.tell(Level::Warn, format!("there is no namespace {namespace}"));
            return NO_EFFECTS;
        }
        app.namespace = Some(namespace.to_owned());
    }
    if tab != app.tab {
        app.tab_before = Some(std::mem::replace(&mut app.tab, tab));
        app.is_zoomed = false;
        app.focus = 0;
    }
    screens::of(tab).enter(app)
}

fn step_tab(app: &mut App, by: isize) -> Vec<Effect> {
    let tabs: Vec<Tab> = app.tabs().collect();
    let at = tabs.iter().position(|&tab| tab == app.tab).unwrap_or(0);
    let next = (at as isize + by).rem_euclid(tabs.len().max(1) as isize) as usize;
    tabs.get(next).map_or(NO_EFFECTS, |&tab| go_to(app, tab, None))
}

/// Undoes one thing: what lies uppermost goes first.
fn back(app: &mut App) {
    let tab = app.tab;
    if screens::of(tab).back(app) {
        return;
    }
    if app.list_of_mut(tab).detail.take().is_some() {
        return;
    }
    if app.is_zoomed {
        app.is_zoomed = false;
    } else {
        app.list_of_mut(tab).filter.clear();
    }
}

fn change_window(app: &mut App, action: Action, argument: Option<&str>) -> Vec<Effect> {
    if let Some(text) = argument {
        match actions::whole_number(text, 1, 60) {
            Ok(minutes) => app.window_s = minutes * 60,
            Err(error) => app.tell(Level::Warn, format!("window: {error} minutes")),
        }
    } else {
        app.window_s = step(&WINDOWS_S, app.window_s, action == Action::WindowLonger);
    }
    NO_EFFECTS
}

fn change_interval(app: &mut App, action: Action, argument: Option<&str>) -> Vec<Effect> {
    let interval_ms = match argument.map(str::parse::<f64>) {
        Some(Ok(seconds)) if (0.1..=3_600.0).contains(&seconds) => (seconds * 1_000.0) as u64,
        Some(_) => {
            app.tell(Level::Warn, "interval: seconds from 0.1 to 3600");
            return NO_EFFECTS;
        }
        None => step(&INTERVALS_MS, app.options.interval_ms, action == Action::PollSlower),
    };
    app.options.interval_ms = interval_ms;
    // Nobody is late by an interval that begins now.
    app.heard_at_ms = app.now_ms;
    vec![Effect::SetIntervalMs(interval_ms)]
}

/// The next larger or smaller of some steps.
fn step(steps: &[u64], now: u64, is_up: bool) -> u64 {
    let next =
        if is_up { steps.iter().find(|&&step| step > now) } else { steps.iter().rev().find(|&&step| step < now) };
    next.copied().unwrap_or(now)
}

fn change_theme(app: &mut App, argument: Option<&str>) {
    if !app.options.has_colours {
        return app.tell(Level::Info, "there are no colours: NO_COLOR is set");
    }
    let palette = app.options.theme.palette;
    match argument.map(Palette::by_name) {
        None => app.options.theme.palette = palette.next(),
        Some(Some(palette)) => app.options.theme.palette = palette,
        Some(None) => app.tell(Level::Warn, "theme: dark, light or mono"),
    }
}

fn step_sort(app: &mut App, by: isize) {
    let columns = screens::of(app.tab).columns_of(app).len();
    if columns > 0 {
        let list = app.list_of_mut(app.tab);
        let next = (list.sort as isize + by).rem_euclid(columns as isize) as usize;
        list.sort_by(next);
    }
}

fn export(app: &mut App, argument: Option<&str>) -> Vec<Effect> {
    let format = match argument {
        None | Some("json") => Format::Json,
        Some("csv") => Format::Csv,
        Some(_) => {
            app.tell(Level::Warn, "export: json or csv");
            return NO_EFFECTS;
        }
    };
    let Some((extension, contents)) = screens::of(app.tab).export(app, format) else {
        app.tell(Level::Info, "there is nothing here to export");
        return NO_EFFECTS;
    };
    let file = format!("rkvs-{}-{}.{extension}", app.tab.name(), app.now_ms / 1_000);
    vec![Effect::Export { file, contents }]
}

fn mouse(app: &mut App, event: MouseEvent) -> Vec<Effect> {
    if is_hidden(app) {
        return NO_EFFECTS;
    }
    let at = Position::new(event.column, event.row);
    let is_click = event.kind == MouseEventKind::Down(MouseButton::Left);
    let wheel = match event.kind {
        MouseEventKind::ScrollUp => Some(-3),
        MouseEventKind::ScrollDown => Some(3),
        _ => None,
    };
    if let Some(overlay) = app.overlays.last() {
        if let Some(by) = wheel {
            scroll_help(app, by);
            scroll_dialog(app, by);
            return NO_EFFECTS;
        }
        let Overlay::Dialog(dialog) = overlay else { return NO_EFFECTS };
        let Some(button) = view::button_at(app, dialog, at).filter(|_| is_click) else { return NO_EFFECTS };
        if let Some(Overlay::Dialog(dialog)) = app.overlays.last_mut() {
            dialog.focus = button;
        }
        return press(app, KeyEvent::from(KeyCode::Enter));
    }
    let areas = layout::areas(app);
    let (tab, screen) = (app.tab, screens::of(app.tab));
    match wheel {
        Some(by) if screen.has_list() => {
            let height = list_height(app);
            app.list_of_mut(tab).scroll(by.into(), height);
            NO_EFFECTS
        }
        _ if is_click && areas.tabs.contains(at) => {
            let tab = view::tab_at(app, at);
            tab.map_or(NO_EFFECTS, |tab| go_to(app, tab, None))
        }
        _ if is_click && areas.body.contains(at) => {
            if let Some(list) = screen.list_area(app, areas.body) {
                if list.contains(at) {
                    return click_row(app, (at.y - list.y).into());
                }
                if let Some(column) = screen.column_at(app, areas.body, at) {
                    app.list_of_mut(tab).sort_by(column);
                    return NO_EFFECTS;
                }
            }
            screen.click(app, areas.body, at)
        }
        _ => NO_EFFECTS,
    }
}

/// A click selects a row; one on the selected row opens it.
fn click_row(app: &mut App, line: usize) -> Vec<Effect> {
    let (tab, height) = (app.tab, list_height(app));
    let list = app.list_of_mut(tab);
    let position = list.offset + line;
    if position >= list.rows.len() {
        return NO_EFFECTS;
    }
    if list.position() == Some(position) {
        return act(app, Action::Open, None);
    }
    list.select(position, height);
    NO_EFFECTS
}

#[cfg(test)]
mod tests;
