//! RDB files of other servers: those kept in `tests/fixtures/rdb`, and those that running servers load and write.
//!
//! `fixtures.rs` reads files that were written once, `peers.rs` exchanges files with servers that run.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fixtures;
mod peers;

use std::collections::BTreeMap;
use std::io::BufReader;

use rkvs_engine::rdb::{Entry, Error, Event, Metadata, Reader, Value};

/// A value whose fields have an order of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Plain {
    String(Vec<u8>),
    Hash(BTreeMap<Vec<u8>, Vec<u8>>),
}

impl From<&Value<'_>> for Plain {
    fn from(value: &Value<'_>) -> Self {
        match value {
            Value::String(bytes) => Self::String(bytes.to_vec()),
            Value::Hash(pairs) => {
                Self::Hash(pairs.iter().map(|(field, value)| (field.to_vec(), value.to_vec())).collect())
            }
        }
    }
}

/// What a file holds, by database and key.
type Content = BTreeMap<(u64, Vec<u8>), (Metadata, Plain)>;

/// Reads a whole file. Every key of it comes once.
fn read(file: impl std::io::Read) -> Result<Content, Error> {
    let mut reader = Reader::new(BufReader::new(file))?;
    let (mut content, mut database) = (Content::new(), 0);
    while let Some(event) = reader.read_event()? {
        match event {
            Event::Database(index) => database = index,
            Event::Entry(Entry { key, metadata, value }) => {
                let before = content.insert((database, key.to_vec()), (metadata, Plain::from(&value)));
                assert_eq!(before, None, "{} comes twice", key.escape_ascii());
            }
            Event::Aux { .. } | Event::SizeHint { .. } => {}
        }
    }
    Ok(content)
}
