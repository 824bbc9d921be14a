//! Persistence: what is saved, when, and how that went.

mod history;
mod save_points;
mod status;

use std::borrow::Cow;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};

use super::listing;
use super::namespaces::by_name;
use super::search::{self, Search};
use super::{Screen, step_focus};
use crate::keymap::Action;
use crate::state::actions::namespace::kept;
use crate::state::events::Level;
use crate::state::list::{Column, Row, SortKey, sorted};
use crate::state::msg::Effect;
use crate::state::sample::{Autosave, Wants};
use crate::state::tab::Tab;
use crate::state::{App, NO_EFFECTS, actions};
use crate::theme::Role;
use crate::widgets::panel::Panel;
use crate::widgets::properties::{Properties, Section};
use crate::widgets::table::{self, Cell, Table};
use crate::{format, layout};

pub(super) struct Persistence;

/// What rows are sorted by.
static SORTABLE: [Column; 7] = [
    Column { title: "namespace", is_descending: false },
    Column { title: "every", is_descending: false },
    Column { title: "next", is_descending: false },
    Column { title: "last", is_descending: false },
    Column { title: "took", is_descending: true },
    Column { title: "size", is_descending: true },
    Column { title: "keep", is_descending: true },
];

static COLUMNS: [table::Column<'static>; 8] = [
    table::Column::new("namespace", 10).up_to(30),
    table::Column::new("every", 7).right(),
    table::Column::new("next", 7).right(),
    table::Column::new("last", 8).right(),
    table::Column::new("took", 7).right().priority(2),
    table::Column::new("size", 6).right().priority(1),
    table::Column::new("keep", 4).right().priority(4),
    table::Column::new("file", 14).up_to(50).priority(3),
];

/// Where the parts are.
struct Parts {
    /// One line for each thing that is running.
    running: Rect,
    status: Rect,
    history: Rect,
    /// The autosaves; nothing on a server without.
    table: Rect,
    detail: Rect,
    has_border: bool,
}

impl Parts {
    fn rows(&self) -> Rect {
        if self.has_border { Panel::inner(self.table) } else { self.table }
    }
}

/// Rows of the status with its border where all of it is told.
const STATUS_HEIGHT: u16 = 13;

/// Rows of the details below the table.
const DETAIL_HEIGHT: u16 = 14;

fn parts(app: &App, body: Rect) -> Parts {
    let running = (status::running(app).len() as u16).min(body.height / 3);
    let [running, rest] = Layout::vertical([Constraint::Length(running), Constraint::Fill(1)]).areas(body);
    let none = Rect { height: 0, ..rest };
    let has_border = rest.width >= 64 && rest.height >= 14;
    let mut parts = Parts { running, status: none, history: none, table: none, detail: none, has_border };
    let has_autosaves = app.server().is_rkvs() || !app.has_data();
    let wide = rest.width >= layout::WIDTH_COMPACT;
    // Where only one of them has room, an empty list is worth less than the saves that were seen.
    let has_table = has_autosaves && (wide || !has_none(app));
    let is_open = has_autosaves && selected(app).is_some() && app.list_of(Tab::Persistence).detail.is_some();
    if is_open && (app.is_zoomed || rest.height < 30) {
        parts.detail = rest;
        return parts;
    }
    if app.is_zoomed {
        match focus(app) {
            1 => parts.status = rest,
            2 => parts.history = rest,
            _ if has_table => parts.table = rest,
            _ => parts.history = rest,
        }
        return parts;
    }
    let status_height = match rest.height {
        // Where there is no border each row counts.
        ..8 => rest.height / 2,
        8..14 => 5,
        14..24 => 10,
        _ => STATUS_HEIGHT,
    };
    let (mut above, below) = (rest, rest);
    if has_table || !wide {
        [above, parts.table] = Layout::vertical([Constraint::Length(status_height), Constraint::Fill(1)]).areas(below);
    }
    if wide {
        [parts.status, parts.history] = Layout::horizontal([Constraint::Fill(1), Constraint::Length(52)]).areas(above);
    } else {
        parts.status = above;
    }
    if !has_table && !wide {
        // The saves that were seen stand where autosaves would.
        (parts.history, parts.table) = (parts.table, none);
    }
    if is_open {
        let halves = [Constraint::Fill(1), Constraint::Length(DETAIL_HEIGHT)];
        [parts.table, parts.detail] = Layout::vertical(halves).areas(parts.table);
    }
    parts
}

/// Which panel is focused: the table, the status, or the saves that were seen.
fn focus(app: &App) -> usize {
    app.focus % 3
}

fn listed(app: &App) -> &[Autosave] {
    app.sample().autosaves.as_deref().map_or(&[], Vec::as_slice)
}

fn selected(app: &App) -> Option<&Autosave> {
    app.list_of(Tab::Persistence).selected_row().and_then(|row| listed(app).get(row.index))
}

/// Whether no namespace is saved at intervals.
fn has_none(app: &App) -> bool {
    app.sample().autosaves.as_deref().is_some_and(Vec::is_empty)
}

/// That no namespace is saved at intervals.
fn without(app: &App) -> &'static str {
    if app.options.is_readonly { "no autosaves" } else { "no autosaves: a begins one" }
}

/// What to say where there are no rows.
fn empty(app: &App) -> Cow<'_, str> {
    listing::empty(app, Tab::Persistence, "autosaves", without(app))
}

fn table<'a>(app: &App, empty: &'a str) -> Table<'a> {
    listing::table(app, Tab::Persistence, &COLUMNS, empty)
}

fn last(app: &App, autosave: &Autosave) -> Cell<'static> {
    let now_s = app.sample().at_ms / 1_000;
    let age = format::age(now_s.saturating_sub(autosave.last_save_s));
    match autosave.last_status.as_str() {
        "ok" if autosave.last_error.is_empty() => Cell::new(age, Role::Text),
        "ok" => Cell::new(age, Role::Warn),
        "err" => Cell::new("failed", Role::Bad),
        _ => Cell::new(format::UNKNOWN, Role::Dim),
    }
}

fn cells(app: &App, autosave: &Autosave) -> Vec<Cell<'static>> {
    let has_saved = autosave.last_save_s > 0;
    let known = |text: String| if has_saved { Cell::from(text) } else { Cell::new(format::UNKNOWN, Role::Dim) };
    let took = std::time::Duration::from_millis(autosave.last_duration_ms);
    let next = if autosave.in_progress {
        Cell::new("saving", Role::Accent)
    } else {
        format::seconds(autosave.due_in_s).into()
    };
    vec![
        listing::cell(app, &autosave.name).into(),
        format::interval(autosave.seconds).into(),
        next,
        last(app, autosave),
        known(format::duration(took, app.options.theme.symbols().micro)),
        known(format::bytes(autosave.last_bytes)),
        if autosave.keep == 0 { "all".into() } else { format::count(autosave.keep).into() },
        listing::cell(app, &autosave.last_file).into(),
    ]
}

fn draw_status(app: &App, parts: &Parts, buffer: &mut Buffer) {
    let theme = app.options.theme;
    let inner = if parts.has_border {
        let panel = Panel { title: "saving", focused: focus(app) == 1, ..Panel::default() };
        Panel::padded(panel.draw(parts.status, buffer, theme))
    } else {
        Panel::inset(parts.status)
    };
    Properties { sections: &status::sections(app) }.draw(inner, buffer, theme);
}

fn draw_table(app: &App, parts: &Parts, buffer: &mut Buffer) {
    let theme = app.options.theme;
    let listed = listed(app);
    let rows = &app.list_of(Tab::Persistence).rows;
    if parts.has_border {
        let note = listing::filter_note(app, Tab::Persistence);
        let count = rows.len().to_string();
        let focused = focus(app) == 0;
        let panel = Panel { title: "autosaves", value: &count, note: &note, focused, ..Panel::default() };
        panel.draw(parts.table, buffer, theme);
    }
    table(app, &empty(app)).draw(parts.rows(), buffer, theme, |row| {
        let autosave = rows.get(row).and_then(|row| listed.get(row.index));
        autosave.map(|autosave| cells(app, autosave)).unwrap_or_default()
    });
}

fn draw_detail(app: &App, autosave: &Autosave, area: Rect, buffer: &mut Buffer) {
    let theme = app.options.theme;
    let harmless = |text: &str| listing::whole(app, text);
    let name = harmless(&autosave.name);
    let next = if autosave.in_progress {
        "saving now".to_owned()
    } else {
        format!("in {}", format::seconds(autosave.due_in_s))
    };
    let task = Section::new("")
        .with("every", format::interval(autosave.seconds))
        .with("next", next)
        .with("files", kept(autosave.keep))
        .with("pattern", harmless(&autosave.pattern));
    let last = if autosave.last_save_s == 0 {
        Section::new("last save").with_role("status", "none yet", Role::Label)
    } else {
        let (status, role) = if autosave.last_status == "ok" { ("ok", Role::Good) } else { ("failed", Role::Bad) };
        let took = std::time::Duration::from_millis(autosave.last_duration_ms);
        let section = Section::new("last save")
            .with_role("status", status, role)
            .with("began", status::when(app, autosave.last_save_s))
            .with("took", format::duration(took, theme.symbols().micro))
            .with("size", format::bytes(autosave.last_bytes))
            .with("file", harmless(&autosave.last_file));
        let error = harmless(&autosave.last_error);
        if error.is_empty() { section } else { section.with_role("error", error, Role::Bad) }
    };
    let panel = Panel { title: &name, note: "Esc closes", focused: true, ..Panel::default() };
    let inner = Panel::padded(panel.draw(area, buffer, theme));
    Properties { sections: &[task, last] }.draw(inner, buffer, theme);
}

/// The namespace that an action proposes: that of the selected autosave, or else the one that was chosen.
fn proposed(app: &App) -> String {
    let selected = selected(app).map(|autosave| autosave.name.as_str());
    selected.or_else(|| app.namespace_or_first()).unwrap_or_default().to_owned()
}

fn is_of_namespaces(action: Action) -> bool {
    matches!(action, Action::SaveNamespace | Action::LoadNamespace | Action::Autosave)
}

impl Screen for Persistence {
    fn tab(&self) -> Tab {
        Tab::Persistence
    }

    fn wants(&self, app: &App) -> Wants {
        let visible_namespaces = Some(proposed(app)).filter(|name| !name.is_empty()).into_iter().collect();
        Wants { namespaces: true, visible_namespaces, autosaves: true, config: true, ..Wants::default() }
    }

    fn has_list(&self) -> bool {
        true
    }

    fn columns(&self) -> &'static [Column] {
        &SORTABLE
    }

    fn rows(&self, app: &App) -> Vec<Row> {
        let list = app.list_of(Tab::Persistence);
        let search = Search::new(app, Tab::Persistence, &COLUMNS);
        let shown = listed(app).iter().enumerate().filter(|(_, row)| {
            let told = [("name", row.name.as_str()), ("file", &row.last_file), ("status", &row.last_status)];
            search.fits(&told, |column| cells(app, row).swap_remove(column))
        });
        let key = |row: &Autosave| match list.sort {
            0 => by_name(&row.name),
            1 => Some(row.seconds).into(),
            2 => Some(row.due_in_s).into(),
            // The newest has the least age.
            3 => SortKey::Number(-(row.last_save_s as f64)),
            4 => Some(row.last_duration_ms).into(),
            5 => Some(row.last_bytes).into(),
            _ => Some(row.keep).into(),
        };
        let rows = shown.map(|(index, row)| (key(row), Row { id: row.name.as_str().into(), index }));
        sorted(rows.collect(), list.is_descending(&SORTABLE))
    }

    fn filter_columns<'a>(&self, _app: &'a App) -> Vec<&'a str> {
        search::columns(&["name", "status"], &COLUMNS)
    }

    fn list_area(&self, app: &App, body: Rect) -> Option<Rect> {
        Some(Table::rows_area(parts(app, body).rows())).filter(|area| !area.is_empty())
    }

    fn column_at(&self, app: &App, body: Rect, at: Position) -> Option<usize> {
        listing::sortable_at(app, Tab::Persistence, &table(app, ""), parts(app, body).rows(), at)
    }

    fn click(&self, app: &mut App, body: Rect, at: Position) -> Vec<Effect> {
        let parts = parts(app, body);
        let areas = [parts.table, parts.status, parts.history];
        if let Some(focus) = areas.iter().position(|area| area.contains(at)) {
            app.focus = focus;
        }
        NO_EFFECTS
    }

    fn offers(&self, app: &App, action: Action) -> bool {
        let is_of_list = matches!(
            action,
            Action::Open | Action::Filter | Action::NextSort | Action::PreviousSort | Action::ReverseSort
        );
        // Without autosaves there is no list either.
        !(is_of_namespaces(action) || is_of_list) || app.server().is_rkvs()
    }

    fn act(&self, app: &mut App, action: Action, argument: Option<&str>) -> Vec<Effect> {
        use actions::namespace as of;
        if is_of_namespaces(action) && !self.offers(app, action) {
            app.tell(Level::Warn, format!("{} saves everything or nothing: b", app.server().title()));
            return NO_EFFECTS;
        }
        match action {
            Action::LoadNamespace => app.open(of::load(argument)),
            Action::SaveNamespace => {
                let dialog = of::save_any(app, &proposed(app));
                app.open(dialog);
            }
            Action::Autosave => {
                let dialog = of::autosave_any(app, &proposed(app), argument);
                app.open(dialog);
            }
            Action::Open => {
                let list = app.list_of_mut(Tab::Persistence);
                list.detail = if list.detail.is_some() { None } else { list.selected.clone() };
            }
            Action::NextPanel | Action::PreviousPanel => step_focus(app, action, 3),
            _ => {}
        }
        NO_EFFECTS
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, body: Rect) {
        let parts = parts(app, body);
        let buffer = frame.buffer_mut();
        for (y, work) in (0..parts.running.height).zip(status::running(app)) {
            let line = Rect { y: parts.running.y + y, height: 1, ..parts.running };
            work.draw(app, Panel::inset(line), buffer);
        }
        if !parts.status.is_empty() {
            draw_status(app, &parts, buffer);
        }
        if !parts.history.is_empty() {
            // Nothing else tells it where the list has given way.
            let note =
                if parts.table.is_empty() && app.server().is_rkvs() && has_none(app) { without(app) } else { "" };
            history::draw(app, parts.history, parts.has_border.then_some(note), focus(app) == 2, buffer);
        }
        if !parts.table.is_empty() {
            draw_table(app, &parts, buffer);
        }
        if let Some(autosave) = selected(app).filter(|_| !parts.detail.is_empty()) {
            draw_detail(app, autosave, parts.detail, buffer);
        }
    }
}

#[cfg(test)]
mod tests;
