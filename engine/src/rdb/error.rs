//! What can be wrong with a stream or a payload, and where.

use std::fmt;
use std::io;

use super::Damage;

/// The result of reading.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Most bytes of a key or a field that a message shows.
const SHOWN_MAX: usize = 64;

/// Why a stream or a payload could not be read: what is wrong, where, and in which key.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    offset: u64,
    key: Option<Quoted>,
    kind: ErrorKind,
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes could not be read.
    #[error("cannot be read: {0}")]
    Io(io::Error),
    /// There are no more bytes.
    #[error("ends inside {0}")]
    Truncated(&'static str),
    /// The first bytes are no header.
    #[error("no RDB file: it begins neither with REDIS nor with VALKEY and a version")]
    NotRdb,
    /// A format that is not known.
    #[error("RDB version {0} is not one that can be read: 1 to 12 of Redis, 80 and 81 of Valkey")]
    Version(u16),
    /// Some byte is not what it was.
    #[error("the checksum is {computed:016x}, not {stored:016x} as the file says")]
    Checksum {
        /// The checksum in the file.
        stored: u64,
        /// The checksum of what was read.
        computed: u64,
    },
    /// The bytes mean nothing.
    #[error("{0}")]
    Corrupt(&'static str),
    /// The bytes of a packed form mean nothing.
    #[error("damaged {form}: {what} at its byte {at}")]
    Packed {
        /// The packed form.
        form: &'static str,
        /// What is wrong in it.
        what: &'static str,
        /// Where, counted from its beginning.
        at: usize,
    },
    /// A string is longer than is allowed.
    #[error("a string of {len} bytes is longer than the {most} that are allowed")]
    TooLong {
        /// Its length.
        len: u64,
        /// The most that is allowed.
        most: u64,
    },
    /// A field stands twice in a hash.
    #[error("a hash has the field {0} twice")]
    DuplicateField(Quoted),
    /// Something whole that has no place here.
    #[error("{0} cannot be loaded: it is not supported")]
    Unsupported(String),
}

impl Error {
    #[cold]
    pub(super) fn new(offset: u64, kind: ErrorKind) -> Self {
        Self(Box::new(Inner { offset, key: None, kind }))
    }

    #[cold]
    pub(super) fn corrupt(offset: u64, what: &'static str) -> Self {
        Self::new(offset, ErrorKind::Corrupt(what))
    }

    /// Damage inside a packed form that begins at `offset`.
    #[cold]
    pub(super) fn packed(offset: u64, form: &'static str, Damage { at, what }: Damage) -> Self {
        Self::new(offset, ErrorKind::Packed { form, what, at })
    }

    /// Adds the key whose entry is concerned.
    #[cold]
    pub(super) fn in_key(mut self, key: &[u8]) -> Self {
        self.0.key = Some(Quoted::new(key));
        self
    }

    /// Where it is wrong: bytes from the beginning of the stream or payload.
    pub fn offset(&self) -> u64 {
        self.0.offset
    }

    /// What is wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { offset, key, kind } = &*self.0;
        write!(formatter, "at byte {offset}")?;
        if let Some(key) = key {
            write!(formatter, ", in key {key}")?;
        }
        write!(formatter, ": {kind}")
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.kind() {
            ErrorKind::Io(error) => Some(error),
            _ => None,
        }
    }
}

/// The beginning of a key or field, to be shown between quotes with what is not printable escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoted {
    shown: Box<[u8]>,
    bytes: usize,
}

impl Quoted {
    pub(super) fn new(bytes: &[u8]) -> Self {
        Self { shown: bytes[..bytes.len().min(SHOWN_MAX)].into(), bytes: bytes.len() }
    }
}

impl fmt::Display for Quoted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\"", self.shown.escape_ascii())?;
        if self.bytes > self.shown.len() {
            write!(formatter, "… ({} bytes)", self.bytes)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_and_where_in_few_words() {
        let error = Error::packed(17, "listpack", Damage { at: 9, what: "an unknown encoding" }).in_key(b"a\n\"b");
        let text = r#"at byte 17, in key "a\n\"b": damaged listpack: an unknown encoding at its byte 9"#;
        assert_eq!(error.to_string(), text);
        let error = Error::corrupt(3, "a thing").in_key(&[b'k'; 1 << 20]);
        assert!(error.to_string().ends_with("kkkk\"… (1048576 bytes): a thing"), "{error}");
        assert!(error.to_string().len() < 150);
    }
}
