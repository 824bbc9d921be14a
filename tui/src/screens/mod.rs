//! One screen per tab. `Screen` is the contract between a screen and everything else; `ALL` is where they are registered.
//!
//! A screen is a value without state: what it remembers lies in `App` (its `List`, and what is its own in `States`), what it
//! knows in the sample and the histories. It never talks to the server: it returns effects.

mod clients;
mod commands;
mod config;
mod details;
#[cfg(test)]
mod dialogs;
mod export;
mod keys;
mod listing;
mod namespaces;
mod overview;
mod persistence;
mod plot;
mod search;
mod shards;
mod slowlog;
mod tally;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use crate::keymap::Action;
use crate::output::Format;
use crate::state::list::{Column, Row};
use crate::state::msg::{Answer, Effect};
use crate::state::sample::Wants;
use crate::state::tab::Tab;
use crate::state::{App, NO_EFFECTS};

/// What a screen is. All methods but `act`, `enter`, `follow`, `back`, `answer` and `click` are pure; those change
/// `App` and ask for effects.
pub trait Screen: Sync {
    /// Its tab.
    fn tab(&self) -> Tab;

    /// Whether this server has something for it; the tab is left out otherwise.
    fn is_available(&self, _app: &App) -> bool {
        true
    }

    /// What is to be polled while it is shown.
    fn wants(&self, app: &App) -> Wants;

    /// Draws it into an area, which is the whole body also when it is zoomed.
    fn view(&self, app: &App, frame: &mut Frame<'_>, body: Rect);

    /// Whether it has a list: then the keys of lists work, on `App::list_of(self.tab())`.
    fn has_list(&self) -> bool {
        false
    }

    /// The columns its rows can be sorted by.
    fn columns(&self) -> &'static [Column] {
        &[]
    }

    /// The same where they depend on the server or on what is shown.
    fn columns_of(&self, _app: &App) -> &'static [Column] {
        self.columns()
    }

    /// The rows that its filter shows, in order (see `list::sorted`). Called after every message: a row costs an identity and a
    /// key, not a line of text.
    fn rows(&self, _app: &App) -> Vec<Row> {
        Vec::new()
    }

    /// Where rows are drawn, one line each, without their headings. Drawing, paging and the mouse all go by this.
    fn list_area(&self, _app: &App, _body: Rect) -> Option<Rect> {
        None
    }

    /// The column whose heading is there.
    fn column_at(&self, _app: &App, _body: Rect, _at: Position) -> Option<usize> {
        None
    }

    /// Is shown from now on.
    fn enter(&self, _app: &mut App) -> Vec<Effect> {
        NO_EFFECTS
    }

    /// Is shown, and its rows are up to date: asks for what has come into sight. Called after every message.
    fn follow(&self, _app: &mut App) -> Vec<Effect> {
        NO_EFFECTS
    }

    /// Undoes something of its own before anything else is undone; false when there is nothing.
    fn back(&self, _app: &mut App) -> bool {
        false
    }

    /// What can be typed as a filter, in a few words.
    fn filter_words(&self, _app: &App) -> &'static str {
        "words, !word, column=word"
    }

    /// The columns that a filter may name; none where they are not told apart.
    fn filter_columns<'a>(&self, _app: &'a App) -> Vec<&'a str> {
        Vec::new()
    }

    /// Does what only it knows how to. `argument` came with a command of the palette. By default the selected row's details are
    /// opened or closed.
    fn act(&self, app: &mut App, action: Action, _argument: Option<&str>) -> Vec<Effect> {
        if action == Action::Open {
            let list = app.list_of_mut(self.tab());
            list.detail = if list.detail.is_some() { None } else { list.selected.clone() };
        }
        NO_EFFECTS
    }

    /// Whether an action of its own or of lists can come to anything on this server: the key bar, the help and the palette leave
    /// out the others, and `act` says why they do nothing.
    fn offers(&self, _app: &App, _action: Action) -> bool {
        true
    }

    /// Takes the answer to a request that it made with `Request::read` or `Request::reply_to` under this number.
    fn answer(&self, _app: &mut App, _number: u64, _answer: &Answer) -> Vec<Effect> {
        NO_EFFECTS
    }

    /// Was clicked outside of its list.
    fn click(&self, _app: &mut App, _body: Rect, _at: Position) -> Vec<Effect> {
        NO_EFFECTS
    }

    /// Whether it shows the newest events, so that they need not lie over it.
    fn shows_events(&self, _app: &App, _body: Rect) -> bool {
        false
    }

    /// What `y` copies: what identifies the selected row.
    fn copy(&self, app: &App) -> Option<String> {
        let selected = app.list_of(self.tab()).selected.as_ref()?;
        Some(String::from_utf8_lossy(selected.as_bytes()).into_owned())
    }

    /// What `o` writes: the ending of the file's name, and the contents. By default the same as `--once` of this view, with the rows
    /// that are shown.
    fn export(&self, app: &App, format: Format) -> Option<(&'static str, String)> {
        export::rows(app, self.tab(), format)
    }
}

/// The screens in the order of their tabs.
static ALL: [&dyn Screen; Tab::ALL.len()] = [
    &overview::Overview,
    &namespaces::Namespaces,
    &commands::Commands,
    &clients::Clients,
    &shards::Shards,
    &persistence::Persistence,
    &slowlog::Slowlog,
    &config::Config,
    &keys::Keys,
];

/// The screen of a tab.
pub fn of(tab: Tab) -> &'static dyn Screen {
    ALL[tab.index()]
}

/// What screens remember beside their lists: one field per screen that needs one.
#[derive(Clone, Debug, Default)]
pub struct States {
    keys: keys::Browser,
    /// What the overview remembers.
    pub overview: overview::State,
    /// How far the details of the selected row are scrolled.
    details: Option<details::Scroll>,
}

impl States {
    /// Forgets what dialogs were to change: what they were about is gone.
    pub(crate) fn forget_questions(&mut self) {
        self.keys.forget_changes();
    }
}

/// Focuses the next panel of so many, or the one before.
fn step_focus(app: &mut App, action: Action, panels: usize) {
    let by = if action == Action::NextPanel { 1 } else { panels.saturating_sub(1) };
    app.focus = (app.focus % panels.max(1) + by) % panels.max(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tab_has_its_screen() {
        for tab in Tab::ALL {
            assert_eq!(of(tab).tab(), tab);
        }
    }
}
