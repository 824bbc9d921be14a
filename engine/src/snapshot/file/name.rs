//! Which names files of the data directory may have: plain ones, so that no name leads anywhere else.

use std::fmt;

use super::error::NameError;

/// Longest name, in bytes.
pub const NAME_BYTES_MAX: usize = 128;

/// How the names of our files end.
pub const SUFFIX: &str = ".rkvs";

/// How the names of temporaries begin; sixteen hexadecimal digits follow. The dot keeps them apart from every other name.
const TEMPORARY_PREFIX: &str = ".rkvs-tmp-";

/// The name of a file in the data directory: 1 to [`NAME_BYTES_MAX`] of `A-Z a-z 0-9 . _ -`, no dot at the start.
///
/// Whoever holds one can open it beneath a directory without further thought: it has no separator, is neither `.` nor `..`,
/// and means the same on every file system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName(Box<str>);

impl FileName {
    /// Takes a name given by a client; it always ends in [`SUFFIX`], which is added where it is missing. So a client can
    /// neither write nor read a file of another kind.
    ///
    /// # Errors
    ///
    /// What is wrong with the name; its length counts with the suffix.
    pub fn from_client(name: &[u8]) -> Result<Self, NameError> {
        let name = check(name)?;
        let suffix = if name.ends_with(SUFFIX) { "" } else { SUFFIX };
        Self::from_operator(format!("{name}{suffix}").as_bytes())
    }

    /// Takes a name given by who runs the server, as it is: `dump.rdb` is one.
    ///
    /// # Errors
    ///
    /// What is wrong with the name.
    pub fn from_operator(name: &[u8]) -> Result<Self, NameError> {
        Ok(Self(check(name)?.into()))
    }

    /// Makes the name of a temporary.
    pub(super) fn temporary(process: u32, count: u32) -> Self {
        Self(format!("{TEMPORARY_PREFIX}{process:08x}{count:08x}").into())
    }

    /// Takes a name found in the directory, if it is one that files of ours can have.
    pub(super) fn from_disk(name: &[u8]) -> Option<Self> {
        let text = str::from_utf8(name).ok()?;
        if is_temporary(text) { Some(Self(text.into())) } else { Self::from_operator(name).ok() }
    }

    /// Whether it is a temporary of ours.
    pub fn is_temporary(&self) -> bool {
        is_temporary(&self.0)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check(name: &[u8]) -> Result<&str, NameError> {
    match name.first() {
        None => return Err(NameError::Empty),
        Some(b'.') => return Err(NameError::LeadingDot),
        Some(_) if name.len() > NAME_BYTES_MAX => return Err(NameError::TooLong { len_bytes: name.len() }),
        Some(_) => {}
    }
    match name.iter().position(|&byte| !is_plain(byte)) {
        Some(at) => Err(NameError::Character { byte: name[at], at }),
        None => Ok(str::from_utf8(name).expect("plain bytes are ASCII")),
    }
}

/// Whether a byte may stand in a name.
pub(super) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-".contains(&byte)
}

fn is_temporary(name: &str) -> bool {
    name.strip_prefix(TEMPORARY_PREFIX).is_some_and(|rest| {
        rest.len() == 16 && rest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn clients_always_get_our_suffix() {
        for (given, name) in [
            ("backup", "backup.rkvs"),
            ("backup.rkvs", "backup.rkvs"),
            ("authorized_keys", "authorized_keys.rkvs"),
            ("dump.rdb", "dump.rdb.rkvs"),
            ("rkvs", "rkvs.rkvs"),
        ] {
            assert_eq!(FileName::from_client(given.as_bytes()).unwrap().as_str(), name);
        }
        assert_eq!(FileName::from_operator(b"dump.rdb").unwrap().as_str(), "dump.rdb");
    }

    #[test]
    fn length_counts_with_the_suffix() {
        let just = "n".repeat(NAME_BYTES_MAX - SUFFIX.len());
        assert_eq!(FileName::from_client(just.as_bytes()).unwrap().as_str().len(), NAME_BYTES_MAX);
        assert_eq!(FileName::from_client(format!("{just}n").as_bytes()), Err(NameError::TooLong { len_bytes: 129 }));
        assert_eq!(FileName::from_operator(&[b'n'; 5_000]), Err(NameError::TooLong { len_bytes: 5_000 }));
    }

    #[test]
    fn what_is_not_plain_is_refused_with_the_reason() {
        for (name, error) in [
            (&b""[..], NameError::Empty),
            (b".", NameError::LeadingDot),
            (b"..", NameError::LeadingDot),
            (b"../x", NameError::LeadingDot),
            (b".rkvs-tmp-0000000000000000", NameError::LeadingDot),
            (b"/etc/passwd", NameError::Character { byte: b'/', at: 0 }),
            (b"a/../../x", NameError::Character { byte: b'/', at: 1 }),
            (b"a\\b", NameError::Character { byte: b'\\', at: 1 }),
            (b"a\0.rkvs", NameError::Character { byte: 0, at: 1 }),
            (b"a\n", NameError::Character { byte: b'\n', at: 1 }),
            ("ａ".as_bytes(), NameError::Character { byte: 0xef, at: 0 }),
            (b"\xff", NameError::Character { byte: 0xff, at: 0 }),
        ] {
            assert_eq!(FileName::from_operator(name), Err(error.clone()), "{}", name.escape_ascii());
            assert_eq!(FileName::from_client(name), Err(error), "{}", name.escape_ascii());
        }
    }

    #[test]
    fn only_our_temporaries_are_taken_for_ours() {
        assert!(FileName::temporary(77, u32::MAX).is_temporary());
        for name in
            [".rkvs-tmp-0", ".rkvs-tmp-000000000000000G", ".rkvs-tmp-00000000000000000", ".rkvs-tmp-000000000000000A"]
        {
            assert_eq!(FileName::from_disk(name.as_bytes()), None, "{name}");
        }
        assert!(!FileName::from_disk(b"rkvs-tmp-0000000000000000").unwrap().is_temporary());
    }
}
