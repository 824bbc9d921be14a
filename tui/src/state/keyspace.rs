//! Which keyspace a request is about.

use std::fmt;

/// A keyspace, as a connection chooses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keyspace {
    /// A namespace of rkvs, by name: its database index may be another's by the time the request is sent.
    Named(String),
    /// A database of a plain server.
    Numbered(u64),
}

impl Keyspace {
    /// The command that chooses it. What is then sent is for the very namespace that has the name now: once that is deleted it is
    /// refused, also where another one has taken name or index.
    pub fn choice(&self) -> Vec<Vec<u8>> {
        let words = match self {
            Self::Named(name) => vec!["NAMESPACE".to_owned(), "USE".to_owned(), name.clone()],
            Self::Numbered(db) => vec!["SELECT".to_owned(), db.to_string()],
        };
        words.into_iter().map(String::into_bytes).collect()
    }
}

impl fmt::Display for Keyspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Numbered(db) => db.fmt(f),
        }
    }
}
