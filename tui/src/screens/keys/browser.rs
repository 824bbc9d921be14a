//! What the key browser knows: the keys that were loaded, how far the scan is, what was asked about each.
//!
//! A key's identity is its bytes. One request of each kind is on its way at most, and each is small, so that the server is never
//! kept from others: that is also why nothing is asked for that has not come into sight.

use std::collections::{BTreeSet, VecDeque};

use super::pattern::Pattern;
use super::value::Opened;
use crate::state::keyspace::Keyspace;
use crate::state::list::{List, RowId};
use crate::value::Value;

/// Keys that are kept. The scan goes on after them with the next part, in their place.
pub(super) const KEYS_MAX: usize = 20_000;
/// Bytes of names that are kept.
const NAMES_SIZE_MAX: usize = 64 << 20;
/// Keys that one SCAN looks at.
const COUNT: u64 = 500;
/// The same after a reply that could not be had: names may be a megabyte each.
const COUNT_CAREFUL: u64 = 10;
/// Keys of a page.
pub(super) const PAGE: usize = 300;
/// SCANs that are tried to fill a page; a rare pattern needs many.
const PAGE_SCANS_MAX: u32 = 200;
/// How long nothing is asked about keys after that failed.
const QUIET_MS: u64 = 3_000;
/// Changes whose answer is awaited.
const CHANGES_MAX: usize = 32;

/// The types that can be looked for; the first is any.
pub(super) const TYPES: [&str; 7] = ["any", "string", "hash", "list", "set", "zset", "stream"];

/// Marks the identity of a key.
pub(super) const KEY: u8 = b'k';
/// Marks the identity of a group of keys.
pub(super) const GROUP: u8 = b'g';

/// The identity of a key or a group of that name.
pub(super) fn id(mark: u8, name: &[u8]) -> RowId {
    let mut bytes = Vec::with_capacity(1 + name.len());
    bytes.push(mark);
    bytes.extend_from_slice(name);
    RowId::from(bytes.as_slice())
}

/// The name that an identity was made of.
pub(super) fn name(id: &RowId) -> &[u8] {
    id.as_bytes().get(1..).unwrap_or_default()
}

/// Whether an identity is that of a group.
pub(super) fn is_group(id: &RowId) -> bool {
    id.as_bytes().first() == Some(&GROUP)
}

/// When a key goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ttl {
    /// Never by itself.
    Never,
    /// Then: milliseconds since 1970.
    At(u64),
    /// It is not there any more.
    Gone,
}

/// What was asked about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) at_ms: u64,
    pub(super) kind: String,
    pub(super) ttl: Ttl,
    pub(super) bytes: Option<u64>,
    pub(super) encoding: Option<String>,
}

/// Requests that tell the facts of one key.
pub(super) const FACTS: usize = 4;

impl Facts {
    /// What to ask about a key.
    pub(super) fn commands(name: &[u8]) -> [Vec<Vec<u8>>; FACTS] {
        let words = |words: &[&str]| -> Vec<Vec<u8>> {
            words.iter().map(|word| word.as_bytes().to_vec()).chain([name.to_vec()]).collect()
        };
        [words(&["TYPE"]), words(&["PTTL"]), words(&["MEMORY", "USAGE"]), words(&["OBJECT", "ENCODING"])]
    }

    /// Reads the answers.
    pub(super) fn read(replies: &[Value], now_ms: u64) -> Self {
        let text = |at: usize| replies.get(at).and_then(Value::to_text);
        let kind = text(0).unwrap_or_else(|| "unknown".into());
        let ttl = match replies.get(1) {
            _ if kind == "none" => Ttl::Gone,
            Some(Value::Integer(-2)) => Ttl::Gone,
            Some(Value::Integer(left)) => {
                u64::try_from(*left).map_or(Ttl::Never, |left| Ttl::At(now_ms.saturating_add(left)))
            }
            _ => Ttl::Never,
        };
        Self { at_ms: now_ms, kind, ttl, bytes: replies.get(2).and_then(Value::as_u64), encoding: text(3) }
    }

    /// When it goes away, as far as can be told now.
    pub(super) fn ttl(&self, now_ms: u64) -> Ttl {
        if matches!(self.ttl, Ttl::At(deadline_ms) if deadline_ms <= now_ms) { Ttl::Gone } else { self.ttl }
    }

    /// Whether a deadline has passed since it was asked.
    fn is_overtaken(&self, now_ms: u64) -> bool {
        self.ttl(now_ms) != self.ttl
    }
}

/// A key that was loaded.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) id: RowId,
    pub(super) facts: Option<Box<Facts>>,
}

/// How far the scan is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Cursor {
    #[default]
    Start,
    At(Vec<u8>),
    End,
}

/// What is being loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    keys: usize,
    /// SCANs left to find them; none when they are not counted.
    scans: Option<u32>,
}

/// The namespace that is browsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) name: String,
    /// Its database index: a namespace of the same name that has another one is another.
    pub(super) db: u64,
    /// How it is chosen.
    pub(super) keyspace: Keyspace,
}

/// A change that was asked for, until its answer tells what became of it.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// This key is gone if a key was removed.
    Delete(RowId),
    /// These keys are gone; others follow.
    DeleteMany {
        /// Those that the request removes, then those that the next ones will.
        ids: Vec<RowId>,
        /// How many of them the request removes.
        now: usize,
        /// Where they are, whatever is browsed meanwhile.
        keyspace: Keyspace,
    },
    /// The time to live of this key is another.
    Expire(RowId),
    /// This key has another name, which the answer tells.
    Rename(RowId),
    /// There is a new key, whose name the answer tells.
    Copy,
}

/// All that rows of keys are made of: thousands of them are not put in order again after a message that changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RowsOf {
    generation: u64,
    filter: String,
    sort: usize,
    is_reversed: bool,
    view: usize,
}

/// The state of the key browser.
#[derive(Clone, Debug, Default)]
pub(crate) struct Browser {
    pub(super) target: Option<Target>,
    /// The server's process that told the keys.
    pub(super) run_id: Option<String>,
    /// Whether the namespace was without keys when it was last told of.
    pub(super) was_empty: bool,
    /// What was typed as the pattern that is scanned for.
    pub(super) typed: String,
    /// A place in `TYPES`.
    pub(super) kind: usize,
    /// By name.
    pub(super) keys: Vec<Key>,
    names_size: usize,
    pub(super) cursor: Cursor,
    /// Keys that SCANs looked at, all parts together.
    pub(super) looked_at: u64,
    /// Parts that were given up for this one.
    pub(super) part: usize,
    pub(super) wanted: Option<Wanted>,
    is_careful: bool,
    /// The numbers of the requests under way.
    pub(super) scan: Option<u64>,
    pub(super) asked: Option<(u64, Vec<RowId>)>,
    changes: VecDeque<(u64, Change)>,
    last_number: u64,
    /// Nothing is asked about keys before then.
    pub(super) quiet_until_ms: u64,
    pub(super) error: Option<String>,
    /// Where the selection stood when a page was last loaded because it came near the end.
    pub(super) loaded_at: Option<usize>,
    /// Groups that are unfolded.
    unfolded: BTreeSet<Vec<u8>>,
    /// Counts what changes rows.
    generation: u64,
    /// What the rows of the list of keys were made of.
    pub(super) rows_of: Option<RowsOf>,
    /// The value that is looked at.
    pub(super) opened: Option<Opened>,
    /// The list that is not shown: that of the keys while a value is.
    pub(super) other: List,
}

impl Browser {
    /// Numbers a request.
    pub(super) fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Forgets what was loaded; the scan begins again.
    pub(super) fn restart(&mut self) {
        self.forget();
        (self.cursor, self.looked_at, self.part) = (Cursor::Start, 0, 0);
        self.is_careful = false;
        self.want_page();
    }

    /// Goes on with what comes after the keys that are kept.
    pub(super) fn next_part(&mut self) {
        self.forget();
        self.part += 1;
        self.want_page();
    }

    fn forget(&mut self) {
        self.generation += 1;
        self.keys.clear();
        self.names_size = 0;
        // Whatever is under way is about what was.
        (self.scan, self.asked, self.error, self.loaded_at) = (None, None, None, None);
    }

    /// Whether no more keys are kept.
    pub(super) fn is_full(&self) -> bool {
        self.keys.len() >= KEYS_MAX || self.names_size >= NAMES_SIZE_MAX
    }

    /// Loads a page.
    pub(super) fn want_page(&mut self) {
        self.want(Wanted { keys: PAGE, scans: Some(PAGE_SCANS_MAX) });
    }

    /// Loads as many as are kept.
    pub(super) fn want_all(&mut self) {
        self.want(Wanted { keys: KEYS_MAX, scans: None });
    }

    fn want(&mut self, wanted: Wanted) {
        self.error = None;
        self.wanted = Some(wanted).filter(|_| !self.is_full() && self.cursor != Cursor::End);
    }

    /// The next SCAN, if one is wanted and none is under way.
    pub(super) fn next_scan(&self) -> Option<Vec<Vec<u8>>> {
        if self.wanted.is_none() || self.scan.is_some() {
            return None;
        }
        let cursor = match &self.cursor {
            Cursor::Start => b"0".as_slice(),
            Cursor::At(cursor) => cursor,
            Cursor::End => return None,
        };
        let count = self.count().to_string();
        let mut words = vec![b"SCAN".as_slice(), cursor, b"COUNT", count.as_bytes()];
        let pattern = Pattern::parse(&self.typed);
        if let Some(glob) = pattern.scanned() {
            words.extend([b"MATCH".as_slice(), glob]);
        }
        if self.kind > 0 {
            words.extend([b"TYPE".as_slice(), TYPES[self.kind].as_bytes()]);
        }
        Some(words.into_iter().map(<[u8]>::to_vec).collect())
    }

    fn count(&self) -> u64 {
        if self.is_careful { COUNT_CAREFUL } else { COUNT }
    }

    /// Takes the answer of a SCAN.
    pub(super) fn scanned(&mut self, replies: &Result<Vec<Value>, String>) {
        self.scan = None;
        let reply = match replies {
            Ok(replies) => replies.first(),
            Err(error) => {
                // Perhaps it was too much at once.
                self.is_careful = true;
                return self.fail(error);
            }
        };
        let page = match reply {
            Some(Value::Error(error)) => return self.fail(error),
            Some(Value::Array(parts)) => parts.first().and_then(Value::to_text).zip(parts.get(1)),
            _ => None,
        };
        let Some((cursor, names)) = page else { return self.fail("SCAN was answered with something else") };
        self.error = None;
        self.looked_at += self.count();
        let new = self.add(names.items().iter().filter_map(Value::as_bytes));
        self.cursor = if cursor == "0" { Cursor::End } else { Cursor::At(cursor.into_bytes()) };
        self.wanted = self.wanted.and_then(|Wanted { keys, scans }| {
            let keys = keys.checked_sub(new).filter(|keys| *keys > 0)?;
            let scans = match scans {
                Some(left) => Some(left.checked_sub(1).filter(|left| *left > 0)?),
                None => None,
            };
            Some(Wanted { keys, scans })
        });
        if self.is_full() || self.cursor == Cursor::End {
            self.wanted = None;
        }
    }

    fn fail(&mut self, error: &str) {
        self.wanted = None;
        self.error = Some(error.to_owned());
    }

    /// Takes names in; a SCAN may tell a key more than once. Answers how many were new.
    pub(super) fn add<'a>(&mut self, names: impl Iterator<Item = &'a [u8]>) -> usize {
        self.generation += 1;
        let known = self.keys.len();
        let mut new: Vec<RowId> = names.map(|name| id(KEY, name)).filter(|id| self.place(id).is_none()).collect();
        new.sort();
        new.dedup();
        self.names_size += new.iter().map(|id| id.as_bytes().len()).sum::<usize>();
        self.keys.extend(new.into_iter().map(|id| Key { id, facts: None }));
        // Two runs in order: merged in linear time.
        self.keys.sort_by(|a, b| a.id.cmp(&b.id));
        self.keys.len() - known
    }

    /// What the rows of a list of the keys are made of now.
    pub(super) fn rows_of(&self, list: &List) -> RowsOf {
        RowsOf {
            generation: self.generation,
            filter: list.filter.text().to_owned(),
            sort: list.sort,
            is_reversed: list.is_reversed,
            view: list.view,
        }
    }

    /// Whether a group is unfolded.
    pub(super) fn is_unfolded(&self, prefix: &[u8]) -> bool {
        self.unfolded.contains(prefix)
    }

    /// Unfolds a group, or folds it.
    pub(super) fn fold(&mut self, prefix: &[u8]) {
        self.generation += 1;
        if !self.unfolded.remove(prefix) {
            self.unfolded.insert(prefix.to_vec());
        }
    }

    /// Where a key stands.
    pub(super) fn place(&self, id: &RowId) -> Option<usize> {
        self.keys.binary_search_by(|key| key.id.cmp(id)).ok()
    }

    /// A key.
    pub(super) fn key(&self, id: &RowId) -> Option<&Key> {
        self.place(id).map(|place| &self.keys[place])
    }

    /// Forgets keys.
    pub(super) fn remove(&mut self, ids: &[RowId]) {
        self.generation += 1;
        let gone: BTreeSet<&RowId> = ids.iter().collect();
        self.keys.retain(|key| !gone.contains(&key.id));
        self.names_size = self.keys.iter().map(|key| key.id.as_bytes().len()).sum();
    }

    /// Keys of a group, by name.
    pub(super) fn group(&self, prefix: &[u8]) -> &[Key] {
        let from = self.keys.partition_point(|key| name(&key.id) < prefix);
        let count = self.keys[from..].partition_point(|key| name(&key.id).starts_with(prefix));
        &self.keys[from..from + count]
    }

    /// Whether a key should be asked about.
    pub(super) fn is_unasked(key: &Key, now_ms: u64) -> bool {
        key.facts.as_ref().is_none_or(|facts| facts.is_overtaken(now_ms))
    }

    /// Takes the answers about keys.
    pub(super) fn told(&mut self, ids: &[RowId], replies: &Result<Vec<Value>, String>, now_ms: u64) {
        self.asked = None;
        match replies {
            Ok(replies) => {
                self.error = None;
                for (id, replies) in ids.iter().zip(replies.chunks(FACTS)) {
                    self.tell(id, Facts::read(replies, now_ms));
                }
            }
            Err(error) => {
                self.quiet_until_ms = now_ms.saturating_add(QUIET_MS);
                self.error = Some(error.clone());
            }
        }
    }

    /// Takes what is known about a key.
    pub(super) fn tell(&mut self, id: &RowId, facts: Facts) {
        if let Some(place) = self.place(id) {
            self.generation += 1;
            self.keys[place].facts = Some(Box::new(facts));
        }
    }

    /// Has it asked about again.
    pub(super) fn forget_facts(&mut self, id: &RowId) {
        if let Some(place) = self.place(id) {
            self.keys[place].facts = None;
        }
    }

    /// Remembers what a request will change; answers the request's number.
    pub(super) fn expect(&mut self, change: Change) -> u64 {
        let number = self.number();
        if self.changes.len() == CHANGES_MAX {
            // The oldest was most likely called off in its dialog.
            self.changes.pop_front();
        }
        self.changes.push_back((number, change));
        number
    }

    /// Forgets what requests were to change: what they were about is gone.
    pub(in crate::screens) fn forget_changes(&mut self) {
        self.changes.clear();
    }

    /// The change of a request.
    pub(super) fn expected(&mut self, number: u64) -> Option<Change> {
        let place = self.changes.iter().position(|(of, _)| *of == number)?;
        self.changes.remove(place).map(|(_, change)| change)
    }
}
