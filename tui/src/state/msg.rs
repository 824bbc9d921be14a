//! What happens (`Msg`), and what the application wants done about it (`Effect`).

use crossterm::event::{KeyEvent, MouseEvent};

use super::sample::{Sample, Server, Wants};
use super::tab::Tab;
use crate::value::Value;

/// Something that happened. `update` takes it together with the time it happened at.
#[derive(Clone, Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// The terminal gained the focus or lost it.
    Focus(bool),
    /// Time went by; comes about once a second.
    Tick,
    /// The server answers.
    Connected(Server),
    /// The server does not answer, for this reason; it is tried again then.
    Disconnected {
        /// Why, in words for people.
        error: String,
        /// When it is tried again: milliseconds since 1970.
        retry_at_ms: u64,
    },
    /// A poll told this.
    Sample(Box<Sample>),
    /// A request was answered.
    Answer(Answer),
    /// An effect that is no request succeeded or failed.
    Notice(Result<String, String>),
}

/// What the application wants done. Nothing else has an effect beyond `App`.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Send a request to the server; `Msg::Answer` tells how it went.
    Run(Request),
    /// Poll these parts from now on, and at once.
    SetWants(Wants),
    /// Poll that often.
    SetIntervalMs(u64),
    /// Poll, or try to connect, at once.
    PollNow,
    /// Put this into the clipboard of the terminal.
    Copy(String),
    /// Write a file into the working directory; `Msg::Notice` tells how it went.
    Export {
        /// Its name, without folders.
        file: String,
        /// What it holds.
        contents: String,
    },
    /// Take the mouse, or leave it to the terminal.
    SetMouse(bool),
    /// Draw everything anew.
    Redraw,
    /// Stop until the shell continues the job.
    Suspend,
    /// End.
    Quit,
}

/// Commands for the server that belong together: all are sent at once over a connection of their own.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What it does, for events: `save sessions`.
    pub label: String,
    /// Names and arguments.
    pub commands: Vec<Vec<Vec<u8>>>,
    /// The database they are for. Where it cannot be chosen nothing is sent.
    pub db: Option<u64>,
    /// Who awaits the answer.
    pub reply_to: ReplyTo,
    /// Whether the server is changed: refused when the dashboard only reads.
    pub is_change: bool,
    /// How long all of it may take, in seconds.
    pub time_limit_s: u64,
}

/// Who awaits an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyTo {
    /// The events: one line says how it went.
    Events,
    /// A screen's `answer`, with a number of its own.
    Screen(Tab, u64),
}

/// How a request went.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The request's label.
    pub label: String,
    /// The request's `reply_to`.
    pub reply_to: ReplyTo,
    /// Whether the request was one that changes the server.
    pub is_change: bool,
    /// A reply to each command, or why there are none.
    pub replies: Result<Vec<Value>, String>,
}

impl Request {
    /// A request that changes the server; its answer becomes an event.
    pub fn change<T: AsRef<[u8]>>(label: impl Into<String>, words: impl IntoIterator<Item = T>) -> Self {
        let command = words.into_iter().map(|word| word.as_ref().to_vec()).collect();
        Self {
            label: label.into(),
            commands: vec![command],
            db: None,
            reply_to: ReplyTo::Events,
            is_change: true,
            time_limit_s: 30,
        }
    }

    /// A request that only reads, for a screen.
    pub fn read(tab: Tab, number: u64, label: impl Into<String>, commands: Vec<Vec<Vec<u8>>>) -> Self {
        Self {
            label: label.into(),
            commands,
            db: None,
            reply_to: ReplyTo::Screen(tab, number),
            is_change: false,
            time_limit_s: 30,
        }
    }

    /// Also sends this command.
    pub fn and<T: AsRef<[u8]>>(mut self, words: impl IntoIterator<Item = T>) -> Self {
        self.commands.push(words.into_iter().map(|word| word.as_ref().to_vec()).collect());
        self
    }

    /// In this database.
    pub fn in_db(mut self, db: u64) -> Self {
        self.db = Some(db);
        self
    }

    /// The answer goes to a screen.
    pub fn reply_to(mut self, tab: Tab, number: u64) -> Self {
        self.reply_to = ReplyTo::Screen(tab, number);
        self
    }

    /// May take long: an hour.
    pub fn patient(mut self) -> Self {
        self.time_limit_s = 3_600;
        self
    }

    /// The answer to it.
    pub fn answer(&self, replies: Result<Vec<Value>, String>) -> Answer {
        Answer { label: self.label.clone(), reply_to: self.reply_to, is_change: self.is_change, replies }
    }
}

impl Answer {
    /// Whether everything went well, or the first thing that did not.
    pub fn outcome(&self) -> Result<(), String> {
        let replies = self.replies.as_ref().map_err(Clone::clone)?;
        let error = replies.iter().find_map(|reply| if let Value::Error(error) = reply { Some(error) } else { None });
        error.map_or(Ok(()), |error| Err(error.clone()))
    }
}
