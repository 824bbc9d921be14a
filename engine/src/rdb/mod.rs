//! Redis's file format (RDB) and the payloads of DUMP and RESTORE: bytes to values and back, and nothing else.
//!
//! ```text
//! "REDIS" version (4 digits), or "VALKEY" version (3 digits)
//! { opcode and what belongs to it | [deadline] [idle time] [frequency] type key value } …
//! 0xff  CRC-64 of all before it (from version 5 on; 0 where it was not computed)
//! ```
//!
//! [`Reader`] and [`Writer`] work on streams, [`Encoder::dump`] and [`restore`] on the payloads of single values. Files, locks
//! and the keyspace are somebody else's: a [`Visitor`] is told what a stream holds, a [`Writer`] is told what to hold.
//!
//! Input is never trusted. Memory follows the bytes that are present, never a length that is announced; every error says what
//! is wrong and where; and what cannot be kept (a type we do not have, a function library) is an error, never left out.
//!
//! `source.rs` counts and sums the bytes of a stream, `length.rs` and `string.rs` are the elements, `body.rs` reads a value of a
//! given type, `hash.rs` the encodings of hashes; `listpack.rs`, `ziplist.rs`, `zipmap.rs` and `lzf.rs` know one packed form each, and `kind.rs` the names of all
//! types. A type is added with its file beside `hash.rs`, a variant of [`Value`] and of [`Content`], and the packed forms it needs.

mod body;
mod checksum;
mod error;
mod hash;
mod kind;
mod length;
pub(crate) mod listpack;
pub(crate) mod lzf;
mod pairs;
mod payload;
mod read;
mod source;
mod string;
mod write;
pub(crate) mod ziplist;
pub(crate) mod zipmap;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use error::{Error, ErrorKind, Result};
pub use pairs::Pairs;
pub(crate) use payload::decode_body;
pub use payload::{PayloadError, restore};
pub use read::{Entry, Event, Reader, Visitor};
pub use write::{Content, Encoder, Fields, Settings, Version, Writer};

/// What an entry carries besides key and value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// When the entry expires, in Unix milliseconds.
    pub deadline_ms: Option<u64>,
    /// The logarithmic counter of accesses that a server with an LFU policy keeps.
    pub frequency: Option<u8>,
    /// Seconds since the last access, which a server with an LRU policy keeps.
    pub idle_seconds: Option<u64>,
}

/// The counter of accesses that the reference gives a new key.
const FREQUENCY_NEW: u8 = 5;

impl Metadata {
    /// How often the key was used, as a keyspace keeps it: 0 (not, or nobody knows) to 3 (often). The counter of accesses moves
    /// from one step to the next at every tenth access or more seldom, but for the first.
    pub fn access_frequency(&self) -> u8 {
        self.frequency.map_or(0, |frequency| frequency.saturating_sub(FREQUENCY_NEW).min(3))
    }

    /// The counter of accesses for what a keyspace keeps.
    pub fn frequency_of(access_frequency: u8) -> u8 {
        FREQUENCY_NEW + access_frequency.min(3)
    }
}

/// A value that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A string. One of more than [`INLINE_VALUE_MAX`](crate::table::INLINE_VALUE_MAX) bytes is a vector of its own, exactly as
    /// large as it needs to be; a shorter one may lie in a buffer that the next value overwrites.
    String(Cow<'a, [u8]>),
    /// A hash: at least one field, and none twice.
    Hash(Cow<'a, Pairs>),
}

impl Value<'_> {
    /// The value with all its bytes.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::String(bytes) => Value::String(Cow::Owned(bytes.into_owned())),
            Self::Hash(pairs) => Value::Hash(Cow::Owned(pairs.into_owned())),
        }
    }
}

/// A packed form that does not hold together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    /// The offset inside the packed form.
    pub(crate) at: usize,
    /// What is wrong there.
    pub(crate) what: &'static str,
}

/// What a packed form holds, or why it does not.
type Checked<T> = Result<T, Damage>;

/// Most memory, in bytes, that a buffer keeps for the next value, and the most that is allocated for bytes not yet seen.
const BUFFER_KEPT_MAX: usize = 1 << 20;

/// Empties a buffer, and gives its memory back where it has grown large.
fn recycle<T>(buffer: &mut Vec<T>) {
    if buffer.capacity().saturating_mul(size_of::<T>()) > BUFFER_KEPT_MAX {
        *buffer = Vec::new();
    }
    buffer.clear();
}
