//! The slow log: the latest requests that took long.

use std::collections::VecDeque;

use parking_lot::Mutex;

/// Most arguments remembered of one request, as in the reference; the last tells how many are missing.
const ARGUMENTS_MAX: usize = 32;
/// Most bytes remembered of one argument, as in the reference.
const ARGUMENT_LEN_MAX: usize = 128;

/// A request that took long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlowEntry {
    /// Rising number, unique until the process ends.
    pub id: u64,
    /// Unix time in seconds when it ran.
    pub at_s: u64,
    /// How long it ran.
    pub duration_us: u64,
    /// Its arguments, shortened, the command's name first.
    pub arguments: Vec<Box<[u8]>>,
    /// Who sent it.
    pub peer: String,
    /// The client's name.
    pub client_name: Box<[u8]>,
}

/// The latest slow requests, the newest first.
#[derive(Debug, Default)]
pub struct Slowlog {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    newest_first: VecDeque<SlowEntry>,
    next_id: u64,
}

impl Slowlog {
    /// Enters a request, and drops the oldest beyond `len_max` entries.
    #[cold]
    pub(crate) fn push<'a>(
        &self,
        len_max: usize,
        at_s: u64,
        duration_us: u64,
        arguments: impl ExactSizeIterator<Item = &'a [u8]>,
        peer: String,
        client_name: Box<[u8]>,
    ) {
        let arguments = shorten(arguments);
        let mut entries = self.entries.lock();
        let id = entries.next_id;
        entries.next_id += 1;
        entries.newest_first.push_front(SlowEntry { id, at_s, duration_us, arguments, peer, client_name });
        entries.newest_first.truncate(len_max);
    }

    /// The newest entries, at most so many.
    pub fn newest(&self, count: usize) -> Vec<SlowEntry> {
        self.entries.lock().newest_first.iter().take(count).cloned().collect()
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.lock().newest_first.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id the next entry will get.
    pub fn next_id(&self) -> u64 {
        self.entries.lock().next_id
    }

    /// Forgets all entries; ids go on rising.
    pub fn clear(&self) {
        self.entries.lock().newest_first.clear();
    }
}

/// Cuts arguments as the reference does.
fn shorten<'a>(arguments: impl ExactSizeIterator<Item = &'a [u8]>) -> Vec<Box<[u8]>> {
    let count = arguments.len();
    let kept = if count > ARGUMENTS_MAX { ARGUMENTS_MAX - 1 } else { count };
    let mut short: Vec<Box<[u8]>> = arguments
        .take(kept)
        .map(|argument| match argument.get(..ARGUMENT_LEN_MAX) {
            Some(start) if argument.len() > ARGUMENT_LEN_MAX => {
                let rest = format!("... ({} more bytes)", argument.len() - ARGUMENT_LEN_MAX);
                [start, rest.as_bytes()].concat().into()
            }
            _ => argument.into(),
        })
        .collect();
    if kept < count {
        short.push(format!("... ({} more arguments)", count - kept).into_bytes().into());
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_requests_are_shortened_as_the_reference_does() {
        let long = [b'x'; 200];
        let arguments: Vec<&[u8]> = std::iter::repeat_n(&long[..], 40).collect();
        let short = shorten(arguments.into_iter());
        assert_eq!(short.len(), 32);
        assert_eq!(short[0].len(), 128 + "... (72 more bytes)".len());
        assert_eq!(&*short[31], b"... (9 more arguments)");
    }

    #[test]
    fn oldest_entries_leave_and_ids_go_on() {
        let log = Slowlog::default();
        for number in 0..5 {
            log.push(3, number, 1, [&b"get"[..]].into_iter(), String::new(), Box::default());
        }
        assert_eq!(log.newest(10).iter().map(|entry| entry.id).collect::<Vec<_>>(), [4, 3, 2]);
        log.clear();
        assert_eq!((log.len(), log.next_id()), (0, 5));
    }
}
