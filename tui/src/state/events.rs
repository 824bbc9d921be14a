//! What happened lately, one line each.

use std::collections::VecDeque;

/// Events that are kept.
pub const EVENTS_MAX: usize = 200;

/// Bytes of an event's text that are kept: more than a line shows. A server's error may be a megabyte.
pub const TEXT_SIZE_MAX: usize = 1_024;

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

impl Event {
    /// One whose text is cut to `TEXT_SIZE_MAX`.
    pub fn new(at_ms: u64, level: Level, text: impl Into<String>) -> Self {
        let mut text = text.into();
        shorten(&mut text);
        Self { at_ms, level, text }
    }
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
        self.events.push_back(Event::new(at_ms, level, text));
    }

    /// The events, newest first.
    pub fn newest(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().rev()
    }
}

/// Cuts a text to `TEXT_SIZE_MAX`.
pub(super) fn shorten(text: &mut String) {
    if text.len() > TEXT_SIZE_MAX {
        text.truncate(text.floor_char_boundary(TEXT_SIZE_MAX));
        text.shrink_to_fit();
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

    #[test]
    fn long_texts_are_cut() {
        let mut events = Events::default();
        events.push(1, Level::Bad, "é".repeat(TEXT_SIZE_MAX) + "x");
        events.push(2, Level::Bad, format!("x{}", "é".repeat(TEXT_SIZE_MAX)));
        let lengths: Vec<_> = events.newest().map(|event| event.text.len()).collect();
        assert_eq!(lengths, [TEXT_SIZE_MAX - 1, TEXT_SIZE_MAX]);
    }
}
