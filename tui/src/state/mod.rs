//! What is known, and what follows from what happens. Pure: no drawing, no sockets, no wall clock; the time comes in with every
//! message. `App` is all there is to know; `update` is the only one that changes it.

pub mod actions;
pub mod dialog;
pub mod events;
pub mod filter;
pub mod history;
pub mod input;
pub mod keyspace;
pub mod last_save;
pub mod list;
pub mod msg;
pub mod pace;
pub mod palette;
pub mod requests;
pub mod sample;
pub mod saves;
pub mod settings_seen;
pub mod shard_waits;
pub mod tab;
pub mod update;

use std::collections::VecDeque;
use std::sync::Arc;

use dialog::Dialog;
use events::{Event, Events};
use history::{History, Window};
use input::Input;
use list::List;
use msg::Effect;
use pace::Paces;
use ratatui::layout::Size;
use sample::{Sample, Server, Wants};
use saves::Saves;
use settings_seen::SettingsSeen;
use shard_waits::ShardWaits;
use tab::Tab;

use crate::screens;
use crate::theme::Theme;

/// Lengths of time that charts show, in seconds; the longest is what the rings hold at a poll a second.
pub const WINDOWS_S: [u64; 5] = [60, 120, 300, 600, 3_600];
/// How often can be polled, in milliseconds.
pub const INTERVALS_MS: [u64; 6] = [500, 1_000, 2_000, 5_000, 10_000, 60_000];

/// What is fixed at the start.
#[derive(Clone, Debug)]
pub struct Options {
    /// Refuses everything that changes the server.
    pub is_readonly: bool,
    /// Colours and characters.
    pub theme: Theme,
    /// How often the server is polled.
    pub interval_ms: u64,
    /// Whether the mouse is taken.
    pub has_mouse: bool,
    /// Whether the environment allows colours: themes make no difference without.
    pub has_colours: bool,
    /// Whether a recording is shown rather than a server.
    pub is_replay: bool,
    /// The namespace that is looked at first.
    pub namespace: Option<String>,
    /// The database whose namespace is looked at first.
    pub db: Option<u64>,
    /// The address, until the server has answered.
    pub address: String,
    /// The tab that is shown first.
    pub tab: Tab,
    /// How far clocks are ahead of UTC here, in seconds: what `format::time_of_day` asks for.
    pub utc_offset_s: i32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            is_readonly: false,
            theme: Theme::default(),
            interval_ms: 1_000,
            has_mouse: true,
            has_colours: true,
            is_replay: false,
            namespace: None,
            db: None,
            address: String::new(),
            tab: Tab::Overview,
            utc_offset_s: 0,
        }
    }
}

/// How the connection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// The first answer is awaited.
    Connecting,
    /// The server answers.
    Connected,
    /// It does not.
    Disconnected {
        /// Why.
        error: String,
        /// When it is tried again: milliseconds since 1970.
        retry_at_ms: u64,
    },
}

/// What lies over the screen. The uppermost gets the keys.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// A question or a message.
    Dialog(Dialog),
    /// The keys, those that fit what was typed.
    Help {
        /// What was typed.
        query: Input,
        /// Lines scrolled away.
        scroll: u16,
    },
    /// A command is typed.
    Palette {
        /// What was typed.
        input: Input,
        /// Which of the commands that fit it is chosen.
        selected: usize,
    },
    /// The filter of the list is typed; it takes effect while it is.
    Filter,
}

/// A change that is not answered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The label of its request.
    pub label: String,
    /// When it was sent: milliseconds since 1970.
    pub since_ms: u64,
}

/// Everything that is known.
#[derive(Clone, Debug)]
pub struct App {
    /// The time of the last message: milliseconds since 1970.
    pub now_ms: u64,
    /// Columns and rows of the terminal.
    pub size: Size,
    /// What is fixed at the start, or set by a key.
    pub options: Options,
    /// How the connection is.
    pub connection: Connection,
    /// The tab that is shown.
    pub tab: Tab,
    /// The one that was shown before.
    pub tab_before: Option<Tab>,
    /// What lies over it, the uppermost last.
    pub overlays: Vec<Overlay>,
    /// The dialog that was confirmed last and the label of what it asked for, until the server has answered.
    asked: Option<(String, Dialog)>,
    /// The newest of all that was told.
    latest: Arc<Sample>,
    /// What is shown instead while paused, and the one told before it.
    frozen: Option<(Arc<Sample>, Option<Arc<Sample>>)>,
    /// The newest as it was told, without what was known before, and the one told before that.
    told: Option<Arc<Sample>>,
    before: Option<Arc<Sample>>,
    /// The connection that requests go over.
    pub acting_id: Option<u64>,
    /// Whether the recording that is shown has no more samples.
    pub has_ended: bool,
    /// What charts show.
    pub history: History,
    /// What happened lately: to the server, to the connection, and what became of changes.
    pub events: Events,
    /// What was said last, an event or not.
    pub said: Option<Event>,
    /// The saves that were seen.
    pub saves: Saves,
    /// How fast resizes, saves and loading get on.
    pub paces: Paces,
    /// How often the locks of the shards that are looked at were waited for.
    pub shard_waits: ShardWaits,
    /// What the settings were before.
    pub settings_seen: SettingsSeen,
    /// Charts show the last so many seconds.
    pub window_s: u64,
    /// Whether the focused panel has the whole body.
    pub is_zoomed: bool,
    /// The panel of the screen that is focused; screens take the remainder.
    pub focus: usize,
    /// The namespace that Shards and Keys are about.
    pub namespace: Option<String>,
    /// The state of screens of their own.
    pub screens: screens::States,
    lists: [List; Tab::ALL.len()],
    /// What the source was last told to poll.
    wants: Wants,
    /// When the server was last heard: milliseconds since 1970.
    heard_at_ms: u64,
    /// Changes that were asked for and are not answered yet, the oldest first. The source takes a few at a time and answers all
    /// others at once.
    pending: VecDeque<Pending>,
}

impl App {
    /// Nothing is known yet.
    pub fn new(options: Options, size: Size) -> Self {
        let server = Server { address: options.address.clone(), ..Server::default() };
        Self {
            now_ms: 0,
            size,
            connection: Connection::Connecting,
            tab: options.tab,
            tab_before: None,
            overlays: Vec::new(),
            asked: None,
            latest: Arc::new(Sample { server, ..Sample::default() }),
            frozen: None,
            told: None,
            before: None,
            acting_id: None,
            has_ended: false,
            history: History::default(),
            events: Events::default(),
            said: None,
            saves: Saves::default(),
            paces: Paces::default(),
            shard_waits: ShardWaits::default(),
            settings_seen: SettingsSeen::default(),
            window_s: WINDOWS_S[2],
            is_zoomed: false,
            focus: 0,
            namespace: options.namespace.clone(),
            screens: screens::States::default(),
            lists: Default::default(),
            wants: Wants::default(),
            heard_at_ms: 0,
            pending: VecDeque::new(),
            options,
        }
    }

    /// What is shown: the newest of all that was told, or what it was when the display was frozen.
    pub fn sample(&self) -> &Sample {
        self.frozen.as_ref().map_or(&self.latest, |(frozen, _)| frozen)
    }

    /// What was told in the poll before the one that is shown: rates are those between the two.
    pub fn sample_before(&self) -> Option<&Sample> {
        self.frozen.as_ref().map_or(&self.before, |(_, before)| before).as_deref()
    }

    /// The newest of all that was told, also while paused: what actions go by.
    pub fn latest(&self) -> &Sample {
        &self.latest
    }

    /// Whether the display is frozen.
    pub fn is_paused(&self) -> bool {
        self.frozen.is_some()
    }

    /// Whether anything was told yet.
    pub fn has_data(&self) -> bool {
        self.latest.at_ms > 0
    }

    /// For how many seconds nothing was heard of a server that is late.
    pub fn waiting_s(&self) -> Option<u64> {
        let silent_ms = self.now_ms.saturating_sub(self.heard_at_ms);
        // Time goes by in seconds here: what comes more often cannot be late by less.
        let is_late = silent_ms > 2 * self.options.interval_ms.max(1_000);
        let is_awaited = self.connection == Connection::Connected && !self.options.is_replay;
        (is_awaited && is_late).then_some(silent_ms / 1_000)
    }

    /// The change that has been waiting longest for its answer.
    pub fn pending(&self) -> Option<&Pending> {
        self.pending.front()
    }

    /// Who answers.
    pub fn server(&self) -> &Server {
        &self.latest.server
    }

    /// The time that charts show: it ends with what is shown.
    pub fn window(&self) -> Window {
        let to_ms = match (&self.frozen, &self.connection) {
            (Some((frozen, _)), _) => frozen.at_ms,
            // The gap grows while nothing is known.
            (None, Connection::Disconnected { .. }) => self.now_ms,
            (None, _) => self.latest.at_ms,
        };
        Window { from_ms: to_ms.saturating_sub(self.window_s * 1_000), to_ms }
    }

    /// The list of the tab that is shown.
    pub fn list(&self) -> &List {
        self.list_of(self.tab)
    }

    /// The list of a tab.
    pub fn list_of(&self, tab: Tab) -> &List {
        &self.lists[tab.index()]
    }

    /// The list of a tab, to be changed.
    pub fn list_of_mut(&mut self, tab: Tab) -> &mut List {
        &mut self.lists[tab.index()]
    }

    /// The tabs that this server has something for.
    pub fn tabs(&self) -> impl Iterator<Item = Tab> {
        Tab::ALL.into_iter().filter(|&tab| screens::of(tab).is_available(self))
    }

    /// The namespace that Shards and Keys are about: the one that was chosen, by name or by its database, or else the first one that
    /// holds keys. None while it is not known which one has the database.
    pub fn namespace_or_first(&self) -> Option<&str> {
        let namespaces = self.sample().namespaces.as_deref().map_or(&[][..], Vec::as_slice);
        self.namespace.as_deref().or_else(|| {
            if let Some(db) = self.options.db {
                let chosen = namespaces.iter().find(|namespace| namespace.db == Some(db))?;
                return Some(chosen.name.as_str());
            }
            let used = namespaces.iter().find(|namespace| namespace.keys.unwrap_or(0) > 0);
            used.or(namespaces.first()).map(|namespace| namespace.name.as_str())
        })
    }

    /// Whether there is, or may be, a namespace of that name. Plain servers do not tell of databases without keys.
    pub fn may_be_namespace(&self, name: &str) -> bool {
        match &self.latest.namespaces {
            Some(_) if self.server().is_rkvs() => self.latest.namespace(name).is_some(),
            Some(_) => name.parse::<u32>().is_ok(),
            None => true,
        }
    }

    /// Puts a dialog on top. One that asks is replaced by a message when the dashboard only reads, so that nobody can confirm it.
    pub fn open(&mut self, dialog: Dialog) {
        let dialog = if self.options.is_readonly && dialog.is_question() {
            Dialog::message("Read-only", format!("{} is refused: {}", dialog.title, self.why_readonly()))
        } else {
            dialog.server_line(self.server())
        };
        self.overlays.push(Overlay::Dialog(dialog));
    }

    /// Why nothing is changed, where that is so.
    pub fn why_readonly(&self) -> &'static str {
        if self.options.is_replay { "this is a recording, not a server" } else { "started with --readonly" }
    }

    /// The badge of a recording.
    pub fn replay_badge(&self) -> Option<&'static str> {
        let word = if self.has_ended { "REPLAY ended" } else { "REPLAY" };
        (self.options.is_replay && !self.is_paused()).then_some(word)
    }

    /// Says something to the user that needs no answer and is gone soon.
    pub fn tell(&mut self, level: events::Level, text: impl Into<String>) {
        self.said = Some(Event::new(self.now_ms, level, text));
    }

    /// Says that something happened, and keeps it among the events.
    pub fn happened(&mut self, level: events::Level, text: impl Into<String>) {
        let event = Event::new(self.now_ms, level, text);
        self.events.push(event.at_ms, level, event.text.as_str());
        self.said = Some(event);
    }
}

/// Nothing to be done.
pub const NO_EFFECTS: Vec<Effect> = Vec::new();
