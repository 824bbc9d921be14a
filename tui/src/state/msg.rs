//! What happens (`Msg`), and what the application wants done about it (`Effect`).

use crossterm::event::{KeyEvent, MouseEvent};

use super::keyspace::Keyspace;
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
    /// Requests go over a connection that has this id from now on.
    ActsAs(u64),
    /// The recording has no more samples.
    Ended,
    /// A recording cannot be read or written on.
    RecordingFailed(String),
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
    /// The keyspace they are for. Where it cannot be chosen nothing is sent.
    pub keyspace: Option<Keyspace>,
    /// The server's process that a change is meant for, where that is known: another one gets nothing.
    pub run_id: Option<String>,
    /// Who awaits the answer.
    pub reply_to: ReplyTo,
    /// Whether the server is changed: refused when the dashboard only reads.
    pub is_change: bool,
    /// Whether a good answer says only that it has begun; what becomes of it the samples tell.
    pub only_begins: bool,
    /// How long all of it may take, in seconds.
    pub time_limit_s: u64,
    /// What it means that the first reply is 0, where that is a refusal.
    pub zero_means: Option<&'static str>,
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
    /// The request's `only_begins`.
    pub only_begins: bool,
    /// A reply to each command, or why there are none.
    pub replies: Result<Vec<Value>, String>,
    /// The request's `zero_means`.
    pub zero_means: Option<&'static str>,
}

impl Request {
    /// A request that changes the server; its answer becomes an event. Whoever is not of the state takes one of `requests`.
    pub(super) fn change<T: AsRef<[u8]>>(label: impl Into<String>, words: impl IntoIterator<Item = T>) -> Self {
        Self::changes(label, [words])
    }

    /// The same of several commands.
    pub(super) fn changes<C, T>(label: impl Into<String>, commands: impl IntoIterator<Item = C>) -> Self
    where
        C: IntoIterator<Item = T>,
        T: AsRef<[u8]>,
    {
        Self {
            label: label.into(),
            commands: commands.into_iter().map(command).collect(),
            keyspace: None,
            run_id: None,
            reply_to: ReplyTo::Events,
            is_change: true,
            only_begins: false,
            time_limit_s: 30,
            zero_means: None,
        }
    }

    /// A request that only reads, for a screen.
    pub fn read(tab: Tab, number: u64, label: impl Into<String>, commands: Vec<Vec<Vec<u8>>>) -> Self {
        Self {
            label: label.into(),
            commands,
            keyspace: None,
            run_id: None,
            reply_to: ReplyTo::Screen(tab, number),
            is_change: false,
            only_begins: false,
            time_limit_s: 30,
            zero_means: None,
        }
    }

    /// A question of one command, which it is called after, for whoever waits for its answer.
    pub fn question<T: AsRef<[u8]>>(words: impl IntoIterator<Item = T>) -> Self {
        let mut request = Self { is_change: false, ..Self::change("", words) };
        let name = request.commands.first().and_then(|words| words.first());
        request.label = name.map_or_else(String::new, |name| String::from_utf8_lossy(name).into_owned());
        request
    }

    /// Also sends this command.
    pub(super) fn and<T: AsRef<[u8]>>(mut self, words: impl IntoIterator<Item = T>) -> Self {
        self.commands.push(command(words));
        self
    }

    /// Is called this where it is told of.
    pub fn called(self, label: impl Into<String>) -> Self {
        Self { label: label.into(), ..self }
    }

    /// Is refused where the first reply is 0, for this reason.
    pub fn or_zero(mut self, reason: &'static str) -> Self {
        self.zero_means = Some(reason);
        self
    }

    /// In this keyspace.
    pub fn in_keyspace(mut self, keyspace: Keyspace) -> Self {
        self.keyspace = Some(keyspace);
        self
    }

    /// The answer goes to a screen.
    pub fn reply_to(mut self, tab: Tab, number: u64) -> Self {
        self.reply_to = ReplyTo::Screen(tab, number);
        self
    }

    /// Goes on in the background after the answer.
    pub fn in_background(mut self) -> Self {
        self.only_begins = true;
        self
    }

    /// May take long: an hour.
    pub fn patient(mut self) -> Self {
        self.time_limit_s = 3_600;
        self
    }

    /// The answer to it.
    pub fn answer(&self, replies: Result<Vec<Value>, String>) -> Answer {
        Answer {
            label: self.label.clone(),
            reply_to: self.reply_to,
            is_change: self.is_change,
            only_begins: self.only_begins,
            replies,
            zero_means: self.zero_means,
        }
    }
}

fn command<T: AsRef<[u8]>>(words: impl IntoIterator<Item = T>) -> Vec<Vec<u8>> {
    words.into_iter().map(|word| word.as_ref().to_vec()).collect()
}

impl Answer {
    /// Whether the first reply is these words.
    pub fn says(&self, words: &str) -> bool {
        let first = self.replies.as_ref().ok().and_then(|replies| replies.first()?.to_text());
        first.is_some_and(|text| text == words)
    }

    /// Whether everything went well, or the first thing that did not.
    pub fn outcome(&self) -> Result<(), String> {
        let replies = self.replies.as_ref().map_err(Clone::clone)?;
        let error = replies.iter().find_map(|reply| if let Value::Error(error) = reply { Some(error) } else { None });
        match (error, self.zero_means) {
            (Some(error), _) => Err(error.clone()),
            (None, Some(reason)) if replies.first() == Some(&Value::Integer(0)) => Err(reason.to_owned()),
            _ => Ok(()),
        }
    }
}
