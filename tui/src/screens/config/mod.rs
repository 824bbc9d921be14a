//! Config: the settings, what they mean, which ones have changed, and changing them.

mod known;

use std::borrow::Cow;
use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};

use self::known::{Access, Unit};
use super::Screen;
use super::listing::{self, Listing};
use super::search::{self, Search};
use crate::keymap::Action;
use crate::state::actions::config::{self as change, quoted};
use crate::state::dialog::Dialog;
use crate::state::list::{Column, Row, SortKey, sorted};
use crate::state::msg::Effect;
use crate::state::sample::{Setting, Wants};
use crate::state::tab::Tab;
use crate::state::{App, NO_EFFECTS};
use crate::theme::Role;
use crate::widgets::Canvas;
use crate::widgets::facts::{Fact, Facts};
use crate::widgets::panel::Panel;
use crate::widgets::table::{self, Cell};
use crate::{format, layout, text};

pub(super) struct Config;

/// What rows are sorted by.
static COLUMNS: [Column; 5] = [
    Column { title: "setting", is_descending: false },
    Column { title: "value", is_descending: false },
    Column { title: "was", is_descending: false },
    Column { title: "change", is_descending: false },
    Column { title: "meaning", is_descending: false },
];

/// Wider names and values are cut in the table.
const NAME_WIDTH_MAX: usize = 40;
const VALUE_WIDTH_MAX: usize = 48;
/// The setting that says who may change protected ones.
const ENABLES_PROTECTED: &str = "enable-protected-configs";
/// Between a value and what it comes to in words.
const IN_WORDS: &str = "  ";

fn listed(app: &App) -> &[Setting] {
    app.sample().config.as_deref().map_or(&[], Vec::as_slice)
}

fn before<'a>(app: &'a App, setting: &Setting) -> Option<&'a str> {
    app.settings_seen.before(setting)
}

fn meaning(setting: &Setting) -> &'static str {
    known::of(&setting.name).map_or("", |known| known.meaning)
}

fn access(app: &App, setting: &Setting) -> Access {
    known::access(&setting.name, app.server().is_rkvs(), || {
        let enabled = listed(app).iter().find(|setting| setting.name == ENABLES_PROTECTED);
        enabled.map(|setting| setting.value.as_str())
    })
}

/// What hinders a change, in a word.
fn hindrance(access: Access) -> &'static str {
    match access {
        Access::Anyone => "",
        Access::Local => "local",
        Access::Protected => "protected",
        Access::Fixed => "fixed",
    }
}

fn sort_key(app: &App, row: &Setting, column: usize) -> SortKey {
    let text = |text: &str| if text.is_empty() { SortKey::Unknown } else { SortKey::text(text) };
    match column {
        0 => SortKey::text(&row.name),
        1 => row
            .value
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .map_or_else(|| text(&row.value), SortKey::Number),
        2 => before(app, row).map_or(SortKey::Unknown, SortKey::text),
        3 => text(hindrance(access(app, row))),
        _ => text(meaning(row)),
    }
}

/// What a value comes to, where that helps: `100M` for 104857600, `no limit` for 0.
fn in_words(app: &App, setting: &Setting) -> Option<String> {
    let micro = app.options.theme.symbols().micro;
    let unit = known::of(&setting.name).map_or(Unit::Plain, |known| known.unit);
    // Small numbers need no words.
    setting.value.parse::<u64>().ok().and_then(|number| match (unit, number) {
        (_, 0) => known::zero(&setting.name).map(str::to_owned),
        (Unit::Bytes, 1_024..) => Some(format::bytes(number)),
        (Unit::Seconds, 60..) => Some(format::duration(Duration::from_secs(number), micro)),
        (Unit::Milliseconds, 1_000..) => Some(format::duration(Duration::from_millis(number), micro)),
        (Unit::Microseconds, 1_000..) => Some(format::latency_us(number as f64, micro)),
        _ => None,
    })
}

/// A value with what it comes to, for a cell: `104857600  100M`.
fn value_in_words(app: &App, setting: &Setting) -> String {
    with_words(app, setting, listing::cell(app, &setting.value))
}

fn with_words(app: &App, setting: &Setting, value: String) -> String {
    match in_words(app, setting) {
        Some(words) => format!("{value}{IN_WORDS}{words}"),
        None if value.is_empty() => "\"\"".into(),
        None => value,
    }
}

/// Where everything is.
struct Areas {
    facts: Rect,
    list: Rect,
    /// What there is to say about the selected one.
    about: Rect,
}

fn areas(app: &App, body: Rect) -> Areas {
    let is_compact = layout::is_compact(app);
    let facts = u16::from(body.height >= 5);
    let about = match body.height {
        _ if app.is_zoomed => 0,
        16.. if !is_compact => 5,
        9.. => 2,
        _ => 0,
    };
    let rows = [Constraint::Length(facts), Constraint::Fill(1), Constraint::Length(about)];
    let [facts, list, about] = Layout::vertical(rows).areas(body);
    Areas { facts, list, about }
}

fn columns(app: &App) -> [table::Column<'static>; 5] {
    let widest = |width: &dyn Fn(&Setting) -> usize| listed(app).iter().map(width).max().unwrap_or(0) as u16;
    let name = widest(&|setting| setting.name.len().min(NAME_WIDTH_MAX)).max(7);
    let value = widest(&|setting| text::width(&value_in_words(app, setting)).min(VALUE_WIDTH_MAX)).max(5);
    let before = widest(&|setting| before(app, setting).map_or(0, |before| before.len().min(24))).max(3);
    [
        table::Column::new("setting", name.min(24)).up_to(name),
        table::Column::new("value", value.min(22)).up_to(value),
        table::Column::new("was", before.min(8)).up_to(before).priority(2),
        table::Column::new("change", 9).priority(1),
        table::Column::new("meaning", 24).up_to(200).priority(3),
    ]
}

fn cells<'a>(app: &App, setting: &'a Setting) -> Vec<Cell<'a>> {
    let (before, access) = (before(app, setting), access(app, setting));
    let role = match (before, access) {
        (Some(_), _) => Role::Accent,
        (None, Access::Fixed | Access::Protected) => Role::Label,
        (None, _) => Role::Text,
    };
    let before = before.map_or(Cow::Borrowed(""), |before| quoted(&listing::cell(app, before)).into());
    vec![
        Cell::new(listing::cell(app, &setting.name), role),
        Cell::new(value_in_words(app, setting), role),
        Cell::new(before.into_owned(), Role::Label),
        Cell::new(hindrance(access), Role::Label),
        Cell::new(meaning(setting), Role::Label),
    ]
}

fn draw_facts(app: &App, area: Rect, frame: &mut Frame<'_>) {
    let listed = listed(app);
    let changed = listed.iter().filter(|setting| before(app, setting).is_some()).count();
    let file = app.sample().info.text("config_file").map(|file| listing::cell(app, file));
    let mut facts = vec![("settings", listing::shown(app, Tab::Config, listed.len()), Role::Text)];
    let role = if changed > 0 { Role::Accent } else { Role::Text };
    facts.push(("changed", changed.to_string(), role));
    match file.as_deref() {
        Some("") => facts.push(("file", "none".into(), Role::Text)),
        Some(file) => facts.push(("file", file.to_owned(), Role::Text)),
        None => {}
    }
    let facts: Vec<_> = facts.iter().map(|(label, value, role)| Fact { label, value, role: *role }).collect();
    let area = Rect { x: area.x + area.width.min(1), width: area.width.saturating_sub(2), ..area };
    Facts { facts: &facts }.draw(area, frame.buffer_mut(), app.options.theme);
}

/// Value, former value and meaning of the selected setting, whole where the table cuts them.
fn draw_about(app: &App, setting: &Setting, area: Rect, frame: &mut Frame<'_>) {
    let theme = app.options.theme;
    let ellipsis = theme.symbols().ellipsis;
    let mut said = vec![(with_words(app, setting, listing::whole(app, &setting.value)), Role::Text)];
    if let Some(before) = before(app, setting) {
        let before = quoted(&listing::whole(app, before));
        let ago = app.settings_seen.changed_at_ms(&setting.name).map(|at_ms| app.sample().at_ms.saturating_sub(at_ms));
        let ago = ago.map_or_else(String::new, |ms| format!(", changed {} ago", format::age(ms / 1_000)));
        said.push((format!("{before} before{ago}"), Role::Accent));
    }
    let meaning = meaning(setting);
    if !meaning.is_empty() {
        said.push((meaning.to_owned(), Role::Label));
    }
    let name = listing::cell(app, &setting.name);
    let inner = if area.height > 2 {
        let value = match access(app, setting) {
            Access::Fixed => "fixed while the server runs",
            Access::Protected => "protected: enable-protected-configs is no",
            Access::Local => "Enter changes it, on the server's machine",
            Access::Anyone => "Enter changes it",
        };
        let panel = Panel { title: &name, value, value_role: Role::Label, ..Panel::default() };
        Panel::padded(panel.draw(area, frame.buffer_mut(), theme))
    } else {
        // The meaning is what the narrow table has no room for.
        said.reverse();
        Rect { x: area.x + area.width.min(1), width: area.width.saturating_sub(2), ..area }
    };
    let mut canvas = Canvas::new(inner, frame.buffer_mut(), theme);
    let lines = said.iter().flat_map(|(words, role)| {
        text::wrap(words, inner.width.into(), inner.height.into(), ellipsis).into_iter().map(move |line| (line, *role))
    });
    for (y, (line, role)) in (0..inner.height).zip(lines) {
        canvas.text(0, y, &line, role);
    }
}

/// Asks for the new value, or says why there can be none.
fn change_dialog(app: &App, setting: &Setting) -> Dialog {
    let refused = |words: &str| {
        let words = format!("{} {words}: its file or its arguments change it at the next start.", setting.name);
        Dialog::message("Change setting", words)
    };
    let access = access(app, setting);
    match access {
        Access::Fixed => return refused("is fixed while the server runs"),
        Access::Protected => return refused("is protected, and enable-protected-configs is no"),
        Access::Local | Access::Anyone => {}
    }
    let cost =
        if setting.is_secret() { "whoever connects from now on needs the new one" } else { known::cost(&setting.name) };
    let dialog = change::set(app, setting, meaning(setting), cost);
    let dialog = match in_words(app, setting) {
        Some(words) => dialog.line("now", format!("{} ({words})", setting.value)),
        None => dialog,
    };
    match access {
        Access::Local => dialog.line("protected", "only clients on its own machine may change it"),
        _ => dialog,
    }
}

fn listing<'a>(columns: &'a [table::Column<'a>]) -> Listing<'a> {
    Listing { tab: Tab::Config, columns, title: "settings", empty: "the server tells no settings" }
}

impl Screen for Config {
    fn tab(&self) -> Tab {
        Tab::Config
    }

    fn wants(&self, _app: &App) -> Wants {
        Wants { config: true, ..Wants::default() }
    }

    fn has_list(&self) -> bool {
        true
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn rows(&self, app: &App) -> Vec<Row> {
        let list = app.list_of(Tab::Config);
        let search = Search::new(app, Tab::Config, &columns(app));
        let fits = |setting: &Setting| {
            let mut told = vec![
                ("name", setting.name.as_str()),
                ("setting", setting.name.as_str()),
                ("value", setting.value.as_str()),
                ("meaning", meaning(setting)),
                ("change", hindrance(access(app, setting))),
            ];
            // Only those that changed have it, so that `changed=` shows them.
            told.extend(before(app, setting).map(|before| ("changed", before)));
            search.fits(&told, |column| cells(app, setting).swap_remove(column))
        };
        let shown = listed(app).iter().enumerate().filter(|(_, setting)| fits(setting));
        let rows =
            shown.map(|(index, row)| (sort_key(app, row, list.sort), Row { id: row.name.as_str().into(), index }));
        sorted(rows.collect(), list.is_descending(&COLUMNS))
    }

    fn filter_columns<'a>(&self, app: &'a App) -> Vec<&'a str> {
        search::columns(&["name", "changed"], &columns(app))
    }

    fn list_area(&self, app: &App, body: Rect) -> Option<Rect> {
        Some(listing::rows_area(app, areas(app, body).list))
    }

    fn column_at(&self, app: &App, body: Rect, at: Position) -> Option<usize> {
        listing(&columns(app)).column_at(app, areas(app, body).list, at)
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, body: Rect) {
        let areas = areas(app, body);
        let listed = listed(app);
        draw_facts(app, areas.facts, frame);
        listing(&columns(app)).draw(app, areas.list, frame.buffer_mut(), |index| {
            listed.get(index).map_or_else(Vec::new, |setting| cells(app, setting))
        });
        let selected = app.list_of(Tab::Config).selected_row().and_then(|row| listed.get(row.index));
        if let Some(setting) = selected.filter(|_| !areas.about.is_empty()) {
            draw_about(app, setting, areas.about, frame);
        }
    }

    fn act(&self, app: &mut App, action: Action, _argument: Option<&str>) -> Vec<Effect> {
        match action {
            Action::Open => {
                let name = app.list_of(Tab::Config).selected.as_ref().and_then(|id| id.as_str());
                let settings = app.latest().config.as_deref().map_or(&[][..], Vec::as_slice);
                let Some(setting) = settings.iter().find(|setting| Some(setting.name.as_str()) == name) else {
                    return NO_EFFECTS;
                };
                let dialog = change_dialog(app, setting);
                app.open(dialog);
            }
            Action::RewriteConfig => app.open(change::rewrite(app)),
            _ => {}
        }
        NO_EFFECTS
    }

    fn copy(&self, app: &App) -> Option<String> {
        let setting = listed(app).get(app.list_of(Tab::Config).selected_row()?.index)?;
        Some(format!("{} {}", setting.name, quoted(&setting.value)))
    }
}

#[cfg(test)]
mod tests;
