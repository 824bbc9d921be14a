//! What happened lately, one line each.

use std::collections::VecDeque;

/// Events that are kept.
pub const EVENTS_MAX: usize = 200;

/// How an event is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Level {
    Good,
    Info,
    Warn,
    Bad,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When: milliseconds since 1970.
    pub at_ms: u64,
    /// How it is meant.
    pub level: Level,
    /// What; may hold text of the server, so it is made harmless before it is drawn.
    pub text: String,
}

/// The last events, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Events {
    events: VecDeque<Event>,
}

impl Events {
    /// Notes an event; the oldest one makes room.
    pub fn push(&mut self, at_ms: u64, level: Level, text: impl Into<String>) {
        if self.events.len() == EVENTS_MAX {
            self.events.pop_front();
        }
        self.events.push_back(Event { at_ms, level, text: text.into() });
    }

    /// The events, newest first.
    pub fn newest(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().rev()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_events_make_room() {
        let mut events = Events::default();
        for at_ms in 0..EVENTS_MAX as u64 + 10 {
            events.push(at_ms, Level::Info, at_ms.to_string());
        }
        let times: Vec<_> = events.newest().map(|event| event.at_ms).collect();
        assert_eq!((times.len(), times[0], times[EVENTS_MAX - 1]), (EVENTS_MAX, 209, 10));
    }
}
