//! The command palette: which commands it offers, and where those that are about a screen are carried out.

use super::events::Level;
use super::msg::Effect;
use super::tab::Tab;
use super::update::{act, go_to, refresh};
use super::{App, NO_EFFECTS};
use crate::keymap::{self, Action, PaletteCommand};
use crate::screens;

/// The commands that fit what was typed, without those that can only be refused.
pub fn candidates(app: &App, line: &str) -> Vec<&'static PaletteCommand> {
    let mut candidates = keymap::candidates(line);
    candidates.retain(|command| refusal(app, command.action).is_none());
    candidates
}

/// Reads what was typed, of whose candidates this one is chosen. Who types the whole name of a command that is not offered learns
/// why.
pub fn read(app: &App, line: &str, selected: usize) -> Result<(Action, Option<String>), String> {
    let name = line.split_whitespace().next().unwrap_or_default();
    let named = keymap::PALETTE.iter().find(|command| command.names.contains(&name));
    if let Some(why) = named.and_then(|command| refusal(app, command.action)) {
        return Err(format!("{name}: {why}"));
    }
    let candidates = candidates(app, line);
    match why_nothing(app, line).filter(|_| candidates.is_empty()) {
        Some(why) => Err(why),
        None => keymap::parse_command(line, &candidates, selected),
    }
}

/// Why no command is offered for what was typed, where there is one that would fit it best.
pub fn why_nothing(app: &App, line: &str) -> Option<String> {
    let command = keymap::candidates(line).into_iter().next()?;
    Some(format!("{}: {}", command.names[0], refusal(app, command.action)?))
}

/// Why this cannot be done on any screen.
fn refusal(app: &App, action: Action) -> Option<String> {
    if app.options.is_readonly && keymap::is_change(action) {
        return Some(format!("refused: {}", app.why_readonly()));
    }
    if !app.has_data() {
        return keymap::needs_server(action).then(|| not_connected(app));
    }
    let mut tabs = keymap::places(action).flatten().peekable();
    let is_possible = match action {
        Action::GoTo(tab) => screens::of(tab).is_available(app),
        _ => tabs.peek().is_none() || tabs.any(|&tab| is_possible(app, tab, action)),
    };
    (!is_possible).then(|| format!("{} has nothing like that", app.server().title()))
}

/// What is said to whoever wants something of a server that has not answered yet.
pub(super) fn not_connected(app: &App) -> String {
    format!("not connected to {} yet", app.server().address)
}

fn is_possible(app: &App, tab: Tab, action: Action) -> bool {
    screens::of(tab).is_available(app) && screens::of(tab).offers(app, action)
}

/// Does it: on the screen that is shown if it knows how to, or else on the one that does, as far as it is clear there what it is
/// about. It never does nothing without a word.
pub(super) fn perform(app: &mut App, action: Action, argument: Option<&str>) -> Vec<Effect> {
    let places: Vec<&[Tab]> = keymap::places(action).collect();
    if places.is_empty() || places.iter().any(|tabs| tabs.contains(&app.tab)) {
        return act(app, action, argument);
    }
    let possible: Vec<Tab> =
        places.iter().filter_map(|tabs| tabs.iter().copied().find(|&tab| is_possible(app, tab, action))).collect();
    // Namespaces and keys are deleted in places that have nothing to do with each other.
    let is_clear = possible.len() == 1 || action != Action::Delete;
    let Some(&tab) = possible.first().filter(|_| is_clear) else {
        let titles: Vec<&str> = possible.iter().map(|tab| tab.title()).collect();
        app.tell(Level::Warn, format!("choose what it is about first: {}", titles.join(" or ")));
        return NO_EFFECTS;
    };
    // What was selected when the screen was last shown was seen by the user; the row it begins with was not.
    let was_selected = app.list_of(tab).selected.is_some();
    let mut effects = go_to(app, tab, None);
    refresh(app);
    if keymap::is_about_row(action) && !was_selected && app.list_of(tab).rows.len() != 1 {
        let words =
            if app.list_of(tab).rows.is_empty() { "there is nothing to choose yet" } else { "choose one first" };
        app.tell(Level::Warn, words);
        return effects;
    }
    effects.extend(act(app, action, argument));
    effects
}
