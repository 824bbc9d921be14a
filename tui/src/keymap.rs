//! The keys: one table that the dispatcher, the key bar, the help and the command palette share.

use std::borrow::Cow;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::state::tab::Tab;
use crate::widgets::palette;

/// What can be done. Where an action says nothing about screens, `update` does it; the others go to the screen's `act`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "`Binding::help` says what each does")]
pub enum Action {
    // Everywhere.
    Quit,
    Redraw,
    Suspend,
    GoTo(Tab),
    NextTab,
    PreviousTab,
    LastTab,
    Help,
    Palette,
    Back,
    Zoom,
    WindowShorter,
    WindowLonger,
    Pause,
    PollFaster,
    PollSlower,
    PollNow,
    BackgroundSave,
    Save,
    Copy,
    Export,
    Theme,
    Mouse,
    // Lists.
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Filter,
    NextSort,
    PreviousSort,
    ReverseSort,
    /// Goes to the screen first: the details of the selected row unless it does something else.
    Open,
    /// Goes on to the screen's next view.
    NextView,
    // Screens.
    Resize,
    CancelResize,
    Create,
    Delete,
    Flush,
    SaveNamespace,
    LoadNamespace,
    Autosave,
    Limits,
    ChooseNamespace,
    BrowseKeys,
    ShowShards,
    NextPanel,
    PreviousPanel,
    NewerEvents,
    OlderEvents,
    Kill,
    KillMatching,
    ClearSlowlog,
    SlowlogThreshold,
    SlowlogRaise,
    SlowlogLower,
    DetailDown,
    DetailUp,
    ResetStatistics,
    RewriteConfig,
    TypeFilter,
    LoadMore,
    LoadAll,
    Reload,
    DeleteMatching,
    Expire,
    Rename,
    CopyKey,
}

/// Where a key means something. The narrowest context wins; no key stands in two of them that can meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// Everywhere.
    Global,
    /// Everywhere but on some screens, where the keys mean something else.
    Elsewhere(&'static [Tab]),
    /// On screens that have a list.
    List,
    /// On some screens.
    Tabs(&'static [Tab]),
}

/// Keys and what they do.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Any of these.
    pub keys: &'static [Key],
    /// Where.
    pub context: Context,
    /// What.
    pub action: Action,
    /// The word in the key bar; empty when it does not stand there.
    pub hint: &'static str,
    /// The words in the help.
    pub help: &'static str,
    /// Whether the server is changed by it, so that it is left out where that is refused.
    pub is_change: bool,
}

impl Binding {
    /// What is written on its keys.
    pub fn labels(&self) -> String {
        let labels: Vec<String> = self.keys.iter().map(|key| key.label()).collect();
        labels.join(" ")
    }
}

/// A key with or without Ctrl.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub code: KeyCode,
    is_ctrl: bool,
}

const fn key(character: char) -> Key {
    Key { code: KeyCode::Char(character), is_ctrl: false }
}

const fn ctrl(character: char) -> Key {
    Key { code: KeyCode::Char(character), is_ctrl: true }
}

const fn special(code: KeyCode) -> Key {
    Key { code, is_ctrl: false }
}

impl Key {
    fn is(self, event: KeyEvent) -> bool {
        self.code == event.code && self.is_ctrl == event.modifiers.contains(KeyModifiers::CONTROL)
    }

    /// What is written on it.
    pub fn label(self) -> String {
        let name = match self.code {
            KeyCode::Char(' ') => "Space".into(),
            KeyCode::Char(character) => character.to_string(),
            F(number) => format!("F{number}"),
            BackTab => "Shift-Tab".into(),
            PageUp => "PgUp".into(),
            PageDown => "PgDn".into(),
            other => format!("{other:?}"),
        };
        if self.is_ctrl { format!("Ctrl-{name}") } else { name }
    }
}

const fn global(keys: &'static [Key], action: Action, hint: &'static str, help: &'static str) -> Binding {
    Binding { keys, context: Context::Global, action, hint, help, is_change: false }
}

const fn elsewhere(
    but: &'static [Tab],
    keys: &'static [Key],
    action: Action,
    hint: &'static str,
    help: &'static str,
) -> Binding {
    Binding { keys, context: Context::Elsewhere(but), action, hint, help, is_change: false }
}

const fn list(keys: &'static [Key], action: Action, hint: &'static str, help: &'static str) -> Binding {
    Binding { keys, context: Context::List, action, hint, help, is_change: false }
}

const fn on(
    tabs: &'static [Tab],
    keys: &'static [Key],
    action: Action,
    hint: &'static str,
    help: &'static str,
) -> Binding {
    Binding { keys, context: Context::Tabs(tabs), action, hint, help, is_change: false }
}

/// Changes the server.
const fn change(mut binding: Binding) -> Binding {
    binding.is_change = true;
    binding
}

use KeyCode::{BackTab, Backspace, Down, End, Enter, Esc, F, Home, Left, PageDown, PageUp, Right, Tab as TabKey, Up};
use Tab::{Clients, Commands, Config, Keys, Namespaces, Overview, Persistence, Shards, Slowlog};

/// Where saves are looked at, so that saving comes first.
const SAVING: &[Tab] = &[Persistence, Overview];

/// All of them: the screens' own first, then lists, then what works everywhere, in the order of the key bar.
pub static BINDINGS: &[Binding] = &[
    change(on(SAVING, &[key('b')], Action::BackgroundSave, "bgsave", "save everything in the background")),
    change(on(&[Namespaces, Shards], &[key('R')], Action::Resize, "resize", "change the number of shards")),
    change(on(&[Namespaces, Shards], &[key('c')], Action::CancelResize, "", "cancel a change of the number of shards")),
    change(on(&[Namespaces], &[key('n')], Action::Create, "new", "create a namespace")),
    change(on(&[Namespaces], &[key('x')], Action::Delete, "delete", "delete the namespace")),
    change(on(
        &[Namespaces, Persistence],
        &[key('a')],
        Action::Autosave,
        "autosave",
        "save a namespace at intervals, or end that",
    )),
    change(on(&[Persistence], &[key('w')], Action::SaveNamespace, "save one", "save one namespace to a file")),
    change(on(&[Persistence], &[key('l')], Action::LoadNamespace, "load", "load a namespace from a file")),
    change(on(&[Namespaces], &[key('w')], Action::SaveNamespace, "", "save the namespace to a file")),
    change(on(&[Namespaces], &[key('l')], Action::LoadNamespace, "", "load a namespace from a file")),
    change(on(&[Namespaces], &[key('L')], Action::Limits, "limits", "change the limits of a namespace")),
    on(&[Namespaces], &[key('K')], Action::BrowseKeys, "keys", "browse the keys of the namespace"),
    on(&[Namespaces], &[key('h')], Action::ShowShards, "shards", "show the shards of the namespace"),
    change(on(&[Namespaces], &[key('X')], Action::Flush, "flush", "delete all keys of the namespace")),
    on(&[Shards, Keys], &[key('n')], Action::ChooseNamespace, "namespace", "choose the namespace"),
    change(on(&[Clients], &[key('x')], Action::Kill, "kill", "kill the selected client")),
    change(on(&[Clients], &[key('X')], Action::KillMatching, "kill all", "kill all clients that the filter shows")),
    change(on(&[Slowlog], &[key('C')], Action::ClearSlowlog, "clear", "clear the slowlog")),
    change(on(
        &[Slowlog],
        &[key('T')],
        Action::SlowlogThreshold,
        "threshold",
        "change from when on a request is slow, and how many are kept",
    )),
    change(on(&[Slowlog], &[key('+'), key('=')], Action::SlowlogRaise, "", "keep only slower requests")),
    change(on(&[Slowlog], &[key('-')], Action::SlowlogLower, "", "keep faster requests as well")),
    on(&[Clients, Slowlog], &[key('J')], Action::DetailDown, "", "scroll the details down"),
    on(&[Clients, Slowlog], &[key('K')], Action::DetailUp, "", "scroll the details up"),
    change(on(&[Commands], &[key('C')], Action::ResetStatistics, "reset", "set all statistics to zero")),
    change(on(
        &[Config],
        &[key('w')],
        Action::RewriteConfig,
        "rewrite file",
        "write the settings to the server's file",
    )),
    on(&[Keys], &[key('m')], Action::LoadMore, "more", "load more keys, or more of the value"),
    on(&[Keys], &[key('f')], Action::TypeFilter, "type", "look for keys of the next type only"),
    change(on(&[Keys], &[key('x')], Action::Delete, "delete", "delete the key, or all loaded keys of the group")),
    change(on(&[Keys], &[key('E')], Action::Expire, "ttl", "change the time to live")),
    on(&[Keys], &[key('L')], Action::LoadAll, "", "load keys until no more are kept; Esc stops"),
    on(&[Keys], &[key('u')], Action::Reload, "reload", "forget what was loaded and begin again"),
    change(on(&[Keys], &[key('R')], Action::Rename, "", "rename the key")),
    change(on(&[Keys], &[key('C')], Action::CopyKey, "", "copy the key")),
    change(on(&[Keys], &[key('X')], Action::DeleteMatching, "", "delete all loaded keys that fit the pattern")),
    on(&[Shards, Commands, Keys], &[key('v')], Action::NextView, "view", "show it the next way"),
    on(&[Overview], &[special(Enter)], Action::Open, "more", "the screen that tells more about the focused panel"),
    on(&[Overview, Commands], &[special(Right), key('l')], Action::NextPanel, "panel", "focus the next panel"),
    on(&[Overview, Commands], &[special(Left), key('h')], Action::PreviousPanel, "", "focus the panel before"),
    on(&[Overview], &[special(Up), key('k')], Action::NewerEvents, "", "scroll to newer events"),
    on(&[Overview], &[special(Down), key('j')], Action::OlderEvents, "", "scroll to older events"),
    on(&[Namespaces, Shards, Persistence], &[special(Right)], Action::NextPanel, "", "focus the next panel, for zoom"),
    on(&[Namespaces, Shards, Persistence], &[special(Left)], Action::PreviousPanel, "", "focus the panel before"),
    list(&[special(Enter)], Action::Open, "open", "details, or edit what is selected"),
    list(&[key('/')], Action::Filter, "filter", "filter the rows: words, !word, column=word"),
    list(&[key('s')], Action::NextSort, "sort", "sort by the next column"),
    list(&[key('S')], Action::PreviousSort, "", "sort by the previous column"),
    list(&[key('r')], Action::ReverseSort, "", "reverse the order"),
    list(&[special(Up), key('k')], Action::Up, "", "up"),
    list(&[special(Down), key('j')], Action::Down, "", "down"),
    list(&[special(PageUp), ctrl('b')], Action::PageUp, "", "a page up"),
    list(&[special(PageDown), ctrl('f')], Action::PageDown, "", "a page down"),
    list(&[special(Home), key('g')], Action::Top, "", "to the first row"),
    list(&[special(End), key('G')], Action::Bottom, "", "to the last row"),
    global(&[key('?'), special(F(1))], Action::Help, "help", "this help; type to search"),
    global(&[key(':')], Action::Palette, "command", "run a command by name"),
    global(&[key(' ')], Action::Pause, "pause", "freeze what is shown; histories go on"),
    global(&[key('e'), key('z')], Action::Zoom, "zoom", "give the focused panel the whole screen, or take it back"),
    global(&[key('[')], Action::WindowShorter, "", "charts show a shorter time"),
    global(&[key(']')], Action::WindowLonger, "window", "charts show a longer time"),
    change(elsewhere(SAVING, &[key('b')], Action::BackgroundSave, "bgsave", "save everything in the background")),
    change(global(&[key('B')], Action::Save, "", "save everything and wait")),
    global(&[key('y')], Action::Copy, "", "copy the selected row"),
    global(&[key('o')], Action::Export, "", "write what is shown to a file"),
    elsewhere(&[Slowlog], &[key('+'), key('=')], Action::PollSlower, "", "poll less often (Slowlog: the threshold)"),
    elsewhere(&[Slowlog], &[key('-')], Action::PollFaster, "", "poll more often (Slowlog: the threshold)"),
    global(&[ctrl('r'), special(F(5))], Action::PollNow, "", "poll, or try to connect, now"),
    global(&[key('t')], Action::Theme, "", "the next theme"),
    global(&[key('M')], Action::Mouse, "", "take the mouse, or leave it to the terminal for selecting text"),
    global(&[key('1')], Action::GoTo(Overview), "", "overview"),
    global(&[key('2')], Action::GoTo(Namespaces), "", "namespaces"),
    global(&[key('3')], Action::GoTo(Commands), "", "commands"),
    global(&[key('4')], Action::GoTo(Clients), "", "clients"),
    global(&[key('5')], Action::GoTo(Shards), "", "shards"),
    global(&[key('6')], Action::GoTo(Persistence), "", "persistence"),
    global(&[key('7')], Action::GoTo(Slowlog), "", "slowlog"),
    global(&[key('8')], Action::GoTo(Config), "", "settings"),
    global(&[key('9')], Action::GoTo(Keys), "", "keys"),
    global(&[special(TabKey)], Action::NextTab, "", "next tab"),
    global(&[special(BackTab)], Action::PreviousTab, "", "previous tab"),
    global(&[key('`')], Action::LastTab, "", "the tab that was shown before, and back"),
    global(&[special(Esc), special(Backspace)], Action::Back, "", "back: close the details, the zoom, the filter"),
    global(&[ctrl('l')], Action::Redraw, "", "draw everything anew"),
    global(&[ctrl('z')], Action::Suspend, "", "stop until the shell continues it"),
    global(&[key('q'), ctrl('c')], Action::Quit, "quit", "quit"),
];

/// What a key does on a tab whose screen has a list or none.
pub fn lookup(tab: Tab, has_list: bool, event: KeyEvent) -> Option<Action> {
    valid(tab, has_list).find(|binding| binding.keys.iter().any(|key| key.is(event))).map(|binding| binding.action)
}

/// The bindings that mean something on a tab.
pub fn valid(tab: Tab, has_list: bool) -> impl Iterator<Item = &'static Binding> {
    BINDINGS.iter().filter(move |binding| match binding.context {
        Context::Global => true,
        Context::Elsewhere(tabs) => !tabs.contains(&tab),
        Context::List => has_list,
        Context::Tabs(tabs) => tabs.contains(&tab),
    })
}

/// The tabs of each binding of an action that belongs to screens; nothing when it works everywhere, wherever its key stands in the
/// key bar.
pub fn places(action: Action) -> impl Iterator<Item = &'static [Tab]> {
    let bindings = || BINDINGS.iter().filter(move |binding| binding.action == action);
    let is_of_screens = bindings().all(|binding| matches!(binding.context, Context::Tabs(_)));
    bindings().filter(move |_| is_of_screens).filter_map(|binding| match binding.context {
        Context::Tabs(tabs) => Some(tabs),
        Context::Global | Context::Elsewhere(_) | Context::List => None,
    })
}

/// Whether an action changes the server.
pub fn is_change(action: Action) -> bool {
    BINDINGS.iter().any(|binding| binding.action == action && binding.is_change)
}

/// Whether an action is of no use before the server has told anything.
pub fn needs_server(action: Action) -> bool {
    is_change(action)
        || places(action).next().is_some()
        || matches!(action, Action::Pause | Action::Copy | Action::Export | Action::Filter)
}

/// Whether an action is about the selected row and does not ask which one.
pub fn is_about_row(action: Action) -> bool {
    use Action::{Autosave, CancelResize, CopyKey, Delete, Expire, Flush, Kill, Limits, Rename, Resize};
    matches!(action, Autosave | CancelResize | CopyKey | Delete | Expire | Flush | Kill | Limits | Rename | Resize)
}

/// A command of the palette.
#[derive(Clone, Copy, Debug)]
pub struct PaletteCommand {
    /// The name, and shorter ones.
    pub names: &'static [&'static str],
    /// What may follow it; empty when nothing does.
    pub argument: &'static str,
    /// What it does.
    pub action: Action,
    /// The words beside it.
    pub help: &'static str,
}

const fn command(
    names: &'static [&'static str],
    argument: &'static str,
    action: Action,
    help: &'static str,
) -> PaletteCommand {
    PaletteCommand { names, argument, action, help }
}

/// The commands of the palette.
pub static PALETTE: &[PaletteCommand] = &[
    command(&["overview", "ov"], "", Action::GoTo(Overview), "overview"),
    command(&["namespaces", "ns"], "", Action::GoTo(Namespaces), "namespaces"),
    command(&["commands", "cmd"], "", Action::GoTo(Commands), "commands"),
    command(&["clients", "cl"], "", Action::GoTo(Clients), "clients"),
    command(&["shards", "sh"], "[namespace]", Action::GoTo(Shards), "shards of a namespace"),
    command(&["persistence", "save-history"], "", Action::GoTo(Persistence), "persistence"),
    command(&["slowlog", "slow"], "", Action::GoTo(Slowlog), "slowlog"),
    command(&["config", "settings"], "", Action::GoTo(Config), "settings"),
    command(&["keys", "browse"], "[namespace]", Action::GoTo(Keys), "keys of a namespace"),
    command(&["bgsave"], "", Action::BackgroundSave, "save everything in the background"),
    command(&["save"], "", Action::Save, "save everything and wait"),
    command(&["resize"], "[shards]", Action::Resize, "change the number of shards of the selected namespace"),
    command(&["cancel-resize"], "", Action::CancelResize, "cancel a change of the number of shards"),
    command(&["create"], "[name]", Action::Create, "create a namespace"),
    command(&["flush"], "", Action::Flush, "delete all keys of the selected namespace"),
    command(&["limits"], "", Action::Limits, "change the limits of the selected namespace"),
    command(&["autosave"], "[seconds]", Action::Autosave, "save the selected namespace at intervals, or end that"),
    command(&["save-namespace"], "", Action::SaveNamespace, "save the selected namespace to a file"),
    command(&["load"], "[file [AS name]]", Action::LoadNamespace, "load a namespace from a file"),
    command(&["delete"], "", Action::Delete, "delete what is selected"),
    command(&["kill"], "", Action::Kill, "kill the selected client"),
    command(&["type"], "[type]", Action::TypeFilter, "look for keys of that type only"),
    command(&["reload"], "", Action::Reload, "forget the keys that were loaded and begin again"),
    command(&["load-all"], "", Action::LoadAll, "load keys until no more are kept"),
    command(&["ttl", "expire"], "[time]", Action::Expire, "change the time to live of the selected key"),
    command(&["rename"], "[name]", Action::Rename, "rename the selected key"),
    command(&["copy"], "[name]", Action::CopyKey, "copy the selected key"),
    command(&["filter"], "[words]", Action::Filter, "filter the rows"),
    command(&["interval"], "seconds", Action::PollSlower, "poll that often"),
    command(&["window"], "minutes", Action::WindowLonger, "show that long a time"),
    command(&["theme"], "[dark|light|mono]", Action::Theme, "choose the theme"),
    command(&["pause"], "", Action::Pause, "freeze what is shown, or go on"),
    command(&["export"], "[json|csv]", Action::Export, "write what is shown to a file"),
    command(&["help"], "", Action::Help, "the keys"),
    command(&["quit", "q"], "", Action::Quit, "quit"),
];

/// The commands that fit what was typed so far, the best first: the one of exactly this name, then those that resemble it.
pub fn candidates(line: &str) -> Vec<&'static PaletteCommand> {
    let name = line.split_whitespace().next().unwrap_or_default();
    let place = |command: &&PaletteCommand| {
        if command.names.contains(&name) {
            return Some((0, 0));
        }
        command.names.iter().filter_map(|other| palette::rank(name, other)).min().map(|(kind, len)| (kind + 1, len))
    };
    let mut fitting: Vec<_> = PALETTE.iter().filter_map(|command| Some((place(&command)?, command))).collect();
    if !name.is_empty() {
        fitting.sort_by_key(|(place, _)| *place);
    }
    fitting.into_iter().map(|(_, command)| command).collect()
}

/// Reads a line of the palette, of whose candidates this one is chosen: what to do, and what follows the name.
pub fn parse_command(
    line: &str,
    candidates: &[&PaletteCommand],
    selected: usize,
) -> Result<(Action, Option<String>), String> {
    let line = line.trim();
    let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let argument = Some(argument.trim().to_owned()).filter(|argument| !argument.is_empty());
    let Some(command) = candidates.get(selected.min(candidates.len().saturating_sub(1))) else {
        return Err(format!("there is no command {name}"));
    };
    if command.argument.is_empty() && argument.is_some() {
        return Err(format!("nothing follows {}", command.names[0]));
    }
    if !command.argument.is_empty() && !command.argument.starts_with('[') && argument.is_none() {
        return Err(format!("{} {}", command.names[0], command.argument));
    }
    Ok((command.action, argument))
}

/// Keys of the help that belong together.
#[derive(Clone, Debug)]
pub struct Section {
    /// Where they mean something.
    pub title: String,
    /// Keys and what they do.
    pub entries: Vec<Entry>,
}

/// A line of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What is written on the keys.
    pub keys: String,
    /// What they do.
    pub words: Cow<'static, str>,
    /// The word for it in the key bar, by which it is found as well.
    pub hint: Cow<'static, str>,
    /// What they do; nothing for the keys of dialogs.
    pub action: Option<Action>,
}

impl Entry {
    fn of(binding: &Binding) -> Self {
        let (words, hint) = (binding.help.into(), binding.hint.into());
        Self { keys: binding.labels(), words, hint, action: Some(binding.action) }
    }
}

/// The keys of these tabs that are offered there, the tab that is shown first, then what works on all of them.
pub fn help(shown: Tab, tabs: &[Tab], is_offered: impl Fn(Tab, &Binding) -> bool) -> Vec<Section> {
    let section = |title: &str, bindings: Vec<&Binding>| Section {
        title: title.to_owned(),
        entries: bindings.into_iter().map(Entry::of).collect(),
    };
    let is_everywhere = |binding: &Binding| match binding.context {
        Context::Global => true,
        Context::Elsewhere(but) => !but.contains(&shown),
        Context::List | Context::Tabs(_) => false,
    };
    // What does the same on all screens is told once: among those of the one that is shown, or else of all.
    let is_of_all = |binding: &Binding| {
        let is_same = |other: &&Binding| other.action == binding.action && other.keys == binding.keys;
        BINDINGS.iter().filter(is_same).any(|other| matches!(other.context, Context::Elsewhere(_)))
    };
    let of_tab = |tab: Tab| {
        let is_its = |binding: &&Binding| matches!(binding.context, Context::Tabs(tabs) if tabs.contains(&tab));
        let bindings = BINDINGS.iter().filter(is_its).filter(|binding| tab == shown || !is_of_all(binding));
        let bindings = bindings.filter(|binding| is_offered(tab, binding));
        section(tab.title(), bindings.collect())
    };
    let of_all = |title, is_its: &dyn Fn(&Binding) -> bool| {
        let bindings = BINDINGS.iter().filter(|binding| is_its(binding));
        section(title, bindings.filter(|binding| tabs.iter().any(|&tab| is_offered(tab, binding))).collect())
    };
    let dialogs = [
        ("Tab Shift-Tab", "to the next field or button, or the one before"),
        ("Enter", "to the next field, or press the button; Cancel comes first"),
        ("PgUp PgDn", "scroll what does not fit"),
        ("Esc", "cancel"),
    ];
    let entries = dialogs
        .map(|(keys, words)| Entry { keys: keys.to_owned(), words: words.into(), hint: "".into(), action: None })
        .to_vec();
    let mut sections = vec![
        of_tab(shown),
        of_all("Lists", &|binding| binding.context == Context::List),
        of_all("Everywhere", &is_everywhere),
        Section { title: "Dialogs".into(), entries },
    ];
    sections.extend(tabs.iter().filter(|tab| **tab != shown).map(|&tab| of_tab(tab)));
    sections.retain(|section| !section.entries.is_empty());
    sections
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens;

    #[test]
    fn no_key_means_two_things() {
        for tab in Tab::ALL {
            let mut keys: Vec<Key> = Vec::new();
            for binding in valid(tab, screens::of(tab).has_list()) {
                for key in binding.keys {
                    assert!(!keys.contains(key), "{} on {}", key.label(), tab.title());
                    keys.push(*key);
                }
            }
        }
    }

    #[test]
    fn every_key_leads_to_its_action_and_has_words() {
        for binding in BINDINGS {
            assert!(!binding.help.is_empty() && !binding.keys.is_empty(), "{binding:?}");
            let tab = match binding.context {
                Context::Tabs(tabs) => tabs[0],
                Context::List | Context::Global | Context::Elsewhere(_) => Clients,
            };
            for key in binding.keys {
                let modifiers = if key.is_ctrl { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
                assert_eq!(lookup(tab, true, KeyEvent::new(key.code, modifiers)), Some(binding.action));
            }
        }
        let event = KeyEvent::new(KeyCode::Char('B'), KeyModifiers::SHIFT);
        assert_eq!(lookup(Overview, false, event), Some(Action::Save));
    }

    #[test]
    fn lists_and_tabs_limit_what_keys_mean() {
        let press = |tab, has_list, code| lookup(tab, has_list, KeyEvent::new(code, KeyModifiers::NONE));
        assert_eq!(press(Overview, false, KeyCode::Char('/')), None);
        assert_eq!(press(Clients, true, KeyCode::Char('x')), Some(Action::Kill));
        assert_eq!(press(Slowlog, true, KeyCode::Char('x')), None);
        assert_eq!(lookup(Overview, false, KeyEvent::new(KeyCode::Char('b'), KeyModifiers::CONTROL)), None);
    }

    #[test]
    fn a_save_comes_first_where_saves_are_looked_at() {
        let place = |tab| valid(tab, false).position(|binding| binding.action == Action::BackgroundSave);
        assert_eq!((place(Persistence), place(Overview)), (Some(0), Some(0)));
        assert!(place(Clients) > Some(5));
    }

    #[test]
    fn every_binding_stands_in_the_help() {
        let help = help(Clients, &Tab::ALL, |_, _| true);
        for binding in BINDINGS {
            let entry = Entry::of(binding);
            assert!(help.iter().any(|section| section.entries.contains(&entry)), "{binding:?}");
        }
        assert_eq!(help[0].title, Clients.title(), "the keys of what is shown come first");
    }

    #[test]
    fn what_is_not_offered_does_not_stand_in_the_help() {
        let help = help(Overview, &[Overview, Namespaces], |_, binding| !binding.is_change);
        let entries = || help.iter().flat_map(|section| &section.entries);
        for binding in BINDINGS {
            let is_there = entries().any(|entry| *entry == Entry::of(binding));
            assert!(!is_there || !binding.is_change, "{binding:?}");
        }
        assert!(!help.iter().any(|section| section.title == Shards.title()));
    }

    #[test]
    fn a_key_that_does_the_same_everywhere_stands_in_the_help_once() {
        for tab in Tab::ALL {
            let help = help(tab, &Tab::ALL, |_, _| true);
            let saves = help.iter().flat_map(|section| &section.entries);
            let saves = saves.filter(|entry| entry.action == Some(Action::BackgroundSave));
            assert_eq!(saves.count(), 1, "{tab:?}");
        }
    }

    #[test]
    fn every_command_of_screens_is_found_on_one() {
        assert_eq!(places(Action::Resize).collect::<Vec<_>>(), [[Namespaces, Shards]]);
        assert_eq!(places(Action::Delete).count(), 2, "namespaces and keys are deleted in two ways");
        assert_eq!(places(Action::Theme).count() + places(Action::BackgroundSave).count(), 0);
        assert!(is_change(Action::BackgroundSave) && !is_change(Action::Export));
        for command in PALETTE.iter().filter(|command| is_about_row(command.action)) {
            assert!(places(command.action).next().is_some(), "{}", command.names[0]);
        }
    }

    #[test]
    fn commands_are_found_by_name_or_what_resembles_it() {
        let parse_command = |line: &str, selected| parse_command(line, &candidates(line), selected);
        assert_eq!(parse_command("ns", 0), Ok((Action::GoTo(Namespaces), None)));
        assert_eq!(parse_command(" resize  64 ", 0), Ok((Action::Resize, Some("64".into()))));
        assert_eq!(parse_command("bg", 0), Ok((Action::BackgroundSave, None)));
        assert_eq!(parse_command("q", 0), Ok((Action::Quit, None)));
        assert_eq!(parse_command("save", 0), Ok((Action::Save, None)));
        let second = candidates("s")[1];
        assert_eq!(parse_command("s", 1), Ok((second.action, None)));
        assert_eq!(candidates("").len(), PALETTE.len());
        for line in ["zzz", "quit now", "interval"] {
            assert!(parse_command(line, 0).is_err(), "{line}");
        }
    }

    #[test]
    fn names_of_commands_are_unique() {
        let mut names: Vec<_> = PALETTE.iter().flat_map(|command| command.names).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
