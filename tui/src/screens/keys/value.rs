//! The value of a key, page by page: each type by the command that tells a part of it.

use std::collections::HashSet;

use super::browser::{Facts, KEY, id};
use super::show::{Format, Line};
use crate::state::list::RowId;
use crate::value::Value;

/// Bytes of a string that one request asks for.
const STRING_PAGE: u64 = 16 << 10;
/// Bytes of a string that are kept.
const STRING_SIZE_MAX: usize = 256 << 10;
/// Items that one request asks for.
const ITEMS_PAGE: u64 = 100;
/// Bytes that one request should bring at most, as far as can be told before.
const PAGE_SIZE: u64 = 1 << 20;
/// Items that are kept.
const ITEMS_MAX: usize = 10_000;
/// Bytes of an item's name, and of its value, that are kept.
pub(super) const ITEM_SIZE_MAX: usize = 4 << 10;
/// Bytes of all items that are kept.
const ITEMS_SIZE_MAX: usize = 16 << 20;

/// The types whose values can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    String,
    Hash,
    List,
    Set,
    SortedSet,
    Stream,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Self::String,
            "hash" => Self::Hash,
            "list" => Self::List,
            "set" => Self::Set,
            "zset" => Self::SortedSet,
            "stream" => Self::Stream,
            _ => return None,
        })
    }

    fn length_command(self) -> &'static str {
        match self {
            Self::String => "STRLEN",
            Self::Hash => "HLEN",
            Self::List => "LLEN",
            Self::Set => "SCARD",
            Self::SortedSet => "ZCARD",
            Self::Stream => "XLEN",
        }
    }

    /// What is counted.
    pub(super) fn unit(self, count: u64) -> &'static str {
        let is_one = count == 1;
        match self {
            Self::String if is_one => "byte",
            Self::String => "bytes",
            Self::Hash if is_one => "field",
            Self::Hash => "fields",
            Self::List if is_one => "element",
            Self::List => "elements",
            Self::Set | Self::SortedSet if is_one => "member",
            Self::Set | Self::SortedSet => "members",
            Self::Stream if is_one => "entry",
            Self::Stream => "entries",
        }
    }

    /// The headings of what an item is called and of what it holds.
    pub(super) fn headings(self) -> (&'static str, &'static str) {
        match self {
            Self::String => ("line", "value"),
            Self::Hash => ("field", "value"),
            Self::List => ("index", "element"),
            Self::Set => ("member", ""),
            Self::SortedSet => ("member", "score"),
            Self::Stream => ("id", "fields"),
        }
    }
}

/// A part of a value. Names and contents are cut; their sizes are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) id: RowId,
    pub(super) name: Vec<u8>,
    pub(super) content: Vec<u8>,
    /// Bytes of the whole content, or of the name where there is nothing else.
    pub(super) size: usize,
}

/// Where the next page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Next {
    /// The facts of the key come first.
    Facts,
    Cursor(Vec<u8>),
    Offset(u64),
    /// After this entry of a stream.
    After(Vec<u8>),
    End,
}

/// The value that is looked at.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    pub(super) key: RowId,
    pub(super) facts: Option<Facts>,
    pub(super) kind: Option<Kind>,
    pub(super) length: Option<u64>,
    pub(super) items: Vec<Item>,
    seen: HashSet<RowId>,
    items_size: usize,
    /// What was loaded of a string.
    pub(super) bytes: Vec<u8>,
    /// The same as lines, and what they were made for.
    pub(super) lines: Vec<Line>,
    lines_of: Option<(usize, usize, usize)>,
    next: Next,
    /// The number of the request under way.
    pub(super) asked: Option<u64>,
    is_wanted: bool,
    pub(super) error: Option<String>,
}

impl Opened {
    pub(super) fn new(key: RowId) -> Self {
        Self {
            key,
            facts: None,
            kind: None,
            length: None,
            items: Vec::new(),
            seen: HashSet::new(),
            items_size: 0,
            bytes: Vec::new(),
            lines: Vec::new(),
            lines_of: None,
            next: Next::Facts,
            asked: None,
            is_wanted: true,
            error: None,
        }
    }

    /// The key's name.
    pub(super) fn name(&self) -> &[u8] {
        super::browser::name(&self.key)
    }

    /// Whether all of it was loaded.
    pub(super) fn is_whole(&self) -> bool {
        self.next == Next::End
    }

    /// Whether no more of it is kept.
    pub(super) fn is_full(&self) -> bool {
        self.items.len() >= ITEMS_MAX || self.items_size >= ITEMS_SIZE_MAX || self.bytes.len() >= STRING_SIZE_MAX
    }

    /// Loads a page more, as far as there is one.
    pub(super) fn want_page(&mut self) {
        self.is_wanted = !self.is_whole() && !self.is_full();
        if self.is_wanted {
            self.error = None;
        }
    }

    /// Whether a page was asked for and neither came nor failed.
    pub(super) fn is_loading(&self) -> bool {
        self.is_wanted
    }

    /// Whether trying again is left to the user.
    pub(super) fn has_failed(&self) -> bool {
        self.error.is_some()
    }

    /// The next request, if one is wanted and none is under way.
    pub(super) fn next_request(&self) -> Option<Vec<Vec<Vec<u8>>>> {
        if !self.is_wanted || self.asked.is_some() {
            return None;
        }
        let name = self.name();
        let words = |words: &[&[u8]]| -> Vec<Vec<u8>> { words.iter().map(|word| word.to_vec()).collect() };
        let Some(kind) = self.kind else { return Some(Facts::commands(name).to_vec()) };
        let count = self.page();
        let text = count.to_string();
        let page = match (&self.next, kind) {
            (Next::Cursor(cursor), Kind::Hash) => words(&[b"HSCAN", name, cursor, b"COUNT", text.as_bytes()]),
            (Next::Cursor(cursor), Kind::Set) => words(&[b"SSCAN", name, cursor, b"COUNT", text.as_bytes()]),
            (Next::Offset(from), _) => {
                let (from, to) = (from.to_string(), (from + count - 1).to_string());
                let (from, to) = (from.as_bytes(), to.as_bytes());
                match kind {
                    Kind::String => words(&[b"GETRANGE", name, from, to]),
                    Kind::List => words(&[b"LRANGE", name, from, to]),
                    _ => words(&[b"ZRANGE", name, from, to, b"WITHSCORES"]),
                }
            }
            (Next::After(entry), _) => {
                let from = if entry.is_empty() { b"-".to_vec() } else { [b"(", entry.as_slice()].concat() };
                words(&[b"XRANGE", name, &from, b"+", b"COUNT", text.as_bytes()])
            }
            _ => return None,
        };
        Some(vec![words(&[kind.length_command().as_bytes(), name]), page])
    }

    /// How much to ask for: fewer items where they are large.
    fn page(&self) -> u64 {
        if self.kind == Some(Kind::String) {
            return STRING_PAGE;
        }
        let size = self.facts.as_ref().and_then(|facts| facts.bytes).unwrap_or(0) / self.length.unwrap_or(1).max(1);
        (PAGE_SIZE / size.max(1)).clamp(1, ITEMS_PAGE)
    }

    /// Takes an answer.
    pub(super) fn answered(&mut self, replies: &Result<Vec<Value>, String>, now_ms: u64) {
        self.asked = None;
        if let Err(error) = self.take(replies, now_ms) {
            self.is_wanted = false;
            self.error = Some(error);
        }
    }

    fn take(&mut self, replies: &Result<Vec<Value>, String>, now_ms: u64) -> Result<(), String> {
        let replies = replies.as_ref().map_err(Clone::clone)?;
        let Some(kind) = self.kind else {
            let facts = Facts::read(replies, now_ms);
            let kind = Kind::of(&facts.kind);
            let what = match (facts.kind.as_str(), kind) {
                ("none", _) => Err("the key is not there any more".to_owned()),
                (other, None) => Err(format!("values of the type {other} cannot be shown")),
                _ => Ok(()),
            };
            self.facts = Some(facts);
            self.kind = kind;
            what?;
            self.next = match kind {
                Some(Kind::Hash | Kind::Set) => Next::Cursor(b"0".to_vec()),
                Some(Kind::Stream) => Next::After(Vec::new()),
                _ => Next::Offset(0),
            };
            // A page of items is as large as the size of the whole and their number say: their number comes with the first,
            // which therefore is a small one.
            self.length = None;
            return Ok(());
        };
        let [length, page] = &replies[..] else { return Err("an answer is missing".into()) };
        let page = page.clone().ok()?;
        self.length = length.as_u64().or(self.length);
        self.is_wanted = false;
        match (kind, &page) {
            (Kind::String, Value::Bytes(bytes)) => self.take_bytes(bytes),
            (Kind::Hash | Kind::Set, Value::Array(parts)) => {
                let (Some(cursor), Some(items)) = (parts.first().and_then(Value::to_text), parts.get(1)) else {
                    return Err("a page was answered with something else".into());
                };
                if kind == Kind::Hash {
                    items.pairs().into_iter().for_each(|(field, value)| self.add(None, bytes(field), bytes(value)));
                } else {
                    items.items().iter().for_each(|member| self.add(None, bytes(member), Vec::new()));
                }
                let is_last = cursor == "0";
                // An empty page is no end: the next may bring some.
                self.is_wanted = !is_last && self.items.is_empty();
                self.next = if is_last { Next::End } else { Next::Cursor(cursor.into_bytes()) };
            }
            (Kind::List, Value::Array(elements)) => {
                for element in elements {
                    let index = self.items.len() as u64;
                    self.add(Some(index.into()), index.to_string().into_bytes(), bytes(element));
                }
                self.advance(elements.len());
            }
            (Kind::SortedSet, Value::Array(members)) => {
                // RESP3 puts each member and its score into an array of their own.
                let is_nested = members.iter().any(|member| matches!(member, Value::Array(_)));
                let pairs: Vec<(&Value, &Value)> = if is_nested {
                    members.iter().filter_map(|pair| pair.items().first().zip(pair.items().get(1))).collect()
                } else {
                    page.pairs()
                };
                let count = pairs.len();
                pairs.into_iter().for_each(|(member, score)| self.add(None, bytes(member), bytes(score)));
                self.advance(count);
            }
            (Kind::Stream, Value::Array(entries)) => {
                for entry in entries {
                    let (Some(at), Some(fields)) = (entry.items().first(), entry.items().get(1)) else { continue };
                    let fields = fields.pairs();
                    let words: Vec<Vec<u8>> =
                        fields.iter().map(|(name, value)| [bytes(name), bytes(value)].join(&b'=')).collect();
                    self.next = Next::After(bytes(at));
                    self.add(None, bytes(at), words.join(&b' '));
                }
                if entries.is_empty() {
                    self.next = Next::End;
                }
            }
            _ => return Err("a page was answered with something else".into()),
        }
        Ok(())
    }

    fn take_bytes(&mut self, bytes: &[u8]) {
        let room = STRING_SIZE_MAX.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        let length = self.length.unwrap_or(0);
        let is_end = bytes.is_empty() || self.bytes.len() as u64 >= length;
        self.next = if is_end { Next::End } else { Next::Offset(self.bytes.len() as u64) };
    }

    /// The next page begins after so many more.
    fn advance(&mut self, count: usize) {
        if let Next::Offset(from) = self.next {
            self.next = if count == 0 { Next::End } else { Next::Offset(from + count as u64) };
            if self.length.is_some_and(|length| from + count as u64 >= length) {
                self.next = Next::End;
            }
        }
    }

    /// Takes an item in unless it is there: pages may tell one more than once.
    fn add(&mut self, index: Option<RowId>, name: Vec<u8>, content: Vec<u8>) {
        let id = index.unwrap_or_else(|| id(KEY, &name));
        if self.items.len() >= ITEMS_MAX || !self.seen.insert(id.clone()) {
            return;
        }
        let size = if content.is_empty() && self.kind == Some(Kind::Set) { name.len() } else { content.len() };
        let cut = |mut bytes: Vec<u8>| {
            bytes.truncate(ITEM_SIZE_MAX);
            bytes.shrink_to_fit();
            bytes
        };
        let item = Item { id, name: cut(name), content: cut(content), size };
        self.items_size += item.id.as_bytes().len() + item.name.len() + item.content.len();
        self.items.push(item);
    }

    /// How a string is shown in the view of that number.
    pub(super) fn format(&self, view: usize) -> Format {
        let suited = Format::suited(&self.bytes, self.is_whole());
        suited[view % suited.len()]
    }

    /// Makes lines of a string for that width and view; false when there is nothing to do.
    pub(super) fn lay_out(&mut self, width: usize, view: usize) -> bool {
        let of = (width, view, self.bytes.len());
        if self.kind != Some(Kind::String) || self.lines_of == Some(of) {
            return false;
        }
        self.lines = self.format(view).lines(&self.bytes, width);
        self.lines_of = Some(of);
        true
    }
}

/// A part of a value as bytes; numbers are spelled.
fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::Bytes(bytes) => bytes.clone(),
        other => other.to_text().unwrap_or_default().into_bytes(),
    }
}
