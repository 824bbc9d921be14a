//! Names made from a namespace and a time: `{ns}-{ts}` becomes `users-20261125T093015.123Z.rkvs`.

use std::fmt;
use std::hash::Hasher;

use jiff::Timestamp;
use siphasher::sip128::{Hasher128, SipHasher24};

use super::error::NameError;
use super::name::{FileName, NAME_BYTES_MAX, SUFFIX, is_plain};

/// Longest a namespace's name becomes in a file name.
const NAMESPACE_BYTES_MAX: usize = 64;

/// How much of a namespace's name is left where it is too long.
const NAMESPACE_BYTES_KEPT: usize = 30;

/// Length of a time: `20261125T093015.123Z`.
const TIME_BYTES: usize = 20;

const _: () = assert!(NAMESPACE_BYTES_KEPT + 2 + 32 == NAMESPACE_BYTES_MAX);

/// A pattern of file names, with `{ns}` where the namespace's name goes and `{ts}` where the time goes.
///
/// Two namespaces never get one name from a pattern with `{ns}`. Names of one namespace are in order of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    Namespace,
    Time,
}

impl NamePattern {
    /// Reads a pattern given by a client: the names it makes end in [`SUFFIX`], which is added where it is missing.
    ///
    /// # Errors
    ///
    /// When a placeholder is unknown, or names made from it could be such as [`FileName`] refuses, too long ones too.
    pub fn parse(pattern: &str) -> Result<Self, NameError> {
        let suffix = if pattern.ends_with(SUFFIX) { "" } else { SUFFIX };
        let mut parts = Vec::new();
        let (mut at, end) = (0, pattern.len());
        while at < end {
            let rest = &pattern[at..];
            if rest.starts_with(['{', '}']) {
                let len_bytes = rest.find('}').map_or(rest.len(), |last| last + 1);
                parts.push(match &rest[..len_bytes] {
                    "{ns}" => Part::Namespace,
                    "{ts}" => Part::Time,
                    unknown => return Err(NameError::Placeholder(unknown.to_owned())),
                });
                at += len_bytes;
            } else {
                let text = &rest[..rest.find(['{', '}']).unwrap_or(rest.len())];
                if let Some(wrong) = text.bytes().position(|byte| !is_plain(byte)) {
                    return Err(NameError::Character { byte: text.as_bytes()[wrong], at: at + wrong });
                }
                parts.push(Part::Text(text.into()));
                at += text.len();
            }
        }
        match parts.first() {
            None => return Err(NameError::Empty),
            Some(Part::Text(text)) if text.starts_with('.') => return Err(NameError::LeadingDot),
            Some(_) => {}
        }
        if !suffix.is_empty() {
            parts.push(Part::Text(suffix.into()));
        }
        let len_bytes = parts.iter().map(Part::len_bytes_max).sum();
        if len_bytes > NAME_BYTES_MAX { Err(NameError::TooLong { len_bytes }) } else { Ok(Self { parts }) }
    }

    /// Whether names differ by namespace.
    pub fn has_namespace(&self) -> bool {
        self.parts.contains(&Part::Namespace)
    }

    /// Whether names differ by time; if not, each file replaces the one before.
    pub fn has_time(&self) -> bool {
        self.parts.contains(&Part::Time)
    }

    /// Makes the name for a namespace and a time in milliseconds since the Unix epoch. Times beyond the year 9999 are told
    /// as the last moment that the calendar knows, 9999-12-30T22:00:00.999Z.
    pub fn name(&self, namespace: &str, now_ms: u64) -> FileName {
        let (namespace, time) = (escape(namespace), time_text(now_ms));
        let mut name = String::with_capacity(NAME_BYTES_MAX);
        for part in &self.parts {
            name.push_str(match part {
                Part::Text(text) => text,
                Part::Namespace => &namespace,
                Part::Time => &time,
            });
        }
        FileName::from_operator(name.as_bytes()).expect("a pattern is checked when it is read")
    }

    /// Picks those of `files` that the pattern made for a namespace and that are older than the newest `keep`, oldest first.
    /// None when `keep` is 0, and none from a pattern without `{ts}`, which makes one file.
    pub fn expired<'f>(&self, namespace: &str, files: &'f [FileName], keep: usize) -> Vec<&'f FileName> {
        if keep == 0 || !self.has_time() {
            return Vec::new();
        }
        let namespace = escape(namespace);
        let mut made: Vec<(&str, &FileName)> =
            files.iter().filter_map(|file| Some((self.time_of(&namespace, file.as_str())?, file))).collect();
        made.sort_unstable();
        made.truncate(made.len().saturating_sub(keep));
        made.into_iter().map(|(_, file)| file).collect()
    }

    /// Returns the time in a name, if the pattern made it for that namespace.
    fn time_of<'n>(&self, namespace: &str, name: &'n str) -> Option<&'n str> {
        let (mut rest, mut time) = (name, None);
        for part in &self.parts {
            rest = match part {
                Part::Text(text) => rest.strip_prefix(&**text)?,
                Part::Namespace => rest.strip_prefix(namespace)?,
                Part::Time => {
                    let (found, rest) = rest.split_at_checked(TIME_BYTES)?;
                    if !is_time(found) || time.is_some_and(|known| known != found) {
                        return None;
                    }
                    time = Some(found);
                    rest
                }
            };
        }
        if rest.is_empty() { time } else { None }
    }
}

impl fmt::Display for NamePattern {
    /// The pattern as it is in force, with its suffix.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| {
            f.write_str(match part {
                Part::Text(text) => text,
                Part::Namespace => "{ns}",
                Part::Time => "{ts}",
            })
        })
    }
}

impl Part {
    fn len_bytes_max(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Namespace => NAMESPACE_BYTES_MAX,
            Self::Time => TIME_BYTES,
        }
    }
}

/// Writes any name with the characters of file names, differently for different names: `_` and two digits stand for what
/// is neither letter, digit nor `-`, nor a dot inside. Of long names the beginning is left, and a hash after `__`, which
/// the rest never has. The hash has 128 bits, so that nobody finds two names that share it.
fn escape(name: &str) -> String {
    use fmt::Write;

    if name.is_empty() {
        return "__".to_owned();
    }
    let mut escaped = String::with_capacity(name.len() * 3);
    for (at, byte) in name.bytes().enumerate() {
        if byte.is_ascii_alphanumeric() || byte == b'-' || (byte == b'.' && at > 0) {
            escaped.push(char::from(byte));
        } else {
            write!(escaped, "_{byte:02x}").expect("strings take everything");
        }
    }
    if escaped.len() > NAMESPACE_BYTES_MAX {
        let mut hasher = SipHasher24::new();
        hasher.write(name.as_bytes());
        escaped.truncate(NAMESPACE_BYTES_KEPT);
        write!(escaped, "__{:032x}", hasher.finish128().as_u128()).expect("strings take everything");
    }
    escaped
}

/// Writes a time as ISO 8601 does without separators, with milliseconds, in UTC.
fn time_text(now_ms: u64) -> String {
    let now = i64::try_from(now_ms).ok().and_then(|now_ms| Timestamp::from_millisecond(now_ms).ok());
    now.unwrap_or(Timestamp::MAX).strftime("%Y%m%dT%H%M%S%.3fZ").to_string()
}

fn is_time(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| match at {
        8 => byte == b'T',
        15 => byte == b'.',
        19 => byte == b'Z',
        _ => byte.is_ascii_digit(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    /// The last moment that names tell apart.
    const LAST_MS: u64 = 253_402_207_200_999;

    /// 2026-11-25T09:30:15.123Z.
    const NOW_MS: u64 = 1_795_599_015_123;

    fn pattern(text: &str) -> NamePattern {
        NamePattern::parse(text).unwrap()
    }

    #[test]
    fn placeholders_become_namespace_and_time() {
        for (text, name) in [
            ("{ns}-{ts}", "users-20261125T093015.123Z.rkvs"),
            ("{ns}.rkvs", "users.rkvs"),
            ("all", "all.rkvs"),
            ("{ts}{ts}", "20261125T093015.123Z20261125T093015.123Z.rkvs"),
        ] {
            assert_eq!(pattern(text).name("users", NOW_MS).as_str(), name);
        }
        assert_eq!(pattern("{ns}-{ts}").to_string(), "{ns}-{ts}.rkvs");
    }

    #[test]
    fn patterns_that_make_no_names_are_refused() {
        for (text, error) in [
            ("", NameError::Empty),
            (".{ns}", NameError::LeadingDot),
            ("{name}", NameError::Placeholder("{name}".into())),
            ("a{ns", NameError::Placeholder("{ns".into())),
            ("a}b", NameError::Placeholder("}".into())),
            ("{{ns}}", NameError::Placeholder("{{ns}".into())),
            ("{NS}", NameError::Placeholder("{NS}".into())),
            ("../{ns}", NameError::Character { byte: b'/', at: 2 }),
            ("{ns}/{ts}", NameError::Character { byte: b'/', at: 4 }),
            ("{ns}{ns}", NameError::TooLong { len_bytes: 133 }),
        ] {
            let found = NamePattern::parse(text);
            assert!(
                found == Err(error.clone()) || (text == "../{ns}" && found == Err(NameError::LeadingDot)),
                "{text}: {found:?}"
            );
        }
        assert_eq!(NamePattern::parse(&"n".repeat(124)), Err(NameError::TooLong { len_bytes: 129 }));
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        for (ms, text) in [
            (0, "19700101T000000.000Z"),
            (951_782_399_999, "20000228T235959.999Z"),
            (951_782_400_000, "20000229T000000.000Z"),
            (951_868_800_000, "20000301T000000.000Z"),
            (1_704_067_199_999, "20231231T235959.999Z"),
            (4_107_542_400_000, "21000301T000000.000Z"),
            (LAST_MS, "99991230T220000.999Z"),
            (LAST_MS + 1, "99991230T220000.999Z"),
            (u64::MAX, "99991230T220000.999Z"),
        ] {
            assert_eq!(time_text(ms), text);
        }
    }

    #[test]
    fn hostile_namespaces_give_plain_names_of_their_own() {
        let long = "x".repeat(5_000);
        let names = [
            "a",
            "A",
            "..",
            "../../x",
            "/etc/passwd",
            "a/b",
            "a_2fb",
            "a\0b",
            "ａ",
            "",
            "-",
            ".",
            "_",
            &long,
            &long[1..],
        ];
        let made: HashSet<_> = names.iter().map(|name| pattern("{ns}").name(name, 0)).collect();
        assert_eq!(made.len(), names.len());
    }

    #[test]
    fn the_newest_files_of_the_namespace_are_kept() {
        let pattern = pattern("{ns}-{ts}");
        let mut files: Vec<_> = (0..5).map(|age| pattern.name("a", NOW_MS - age * 1_000)).collect();
        let others = ["a", "a-", "b", "a-20261125T093015.123Z", "A"];
        files.extend(others[1..].iter().map(|other| pattern.name(other, 0)));
        files.push(FileName::from_operator(b"a-20261125T093015.123Z.rdb").unwrap());
        files.push(FileName::from_operator(b"a-20261125T093015x123Z.rkvs").unwrap());
        files.push(FileName::from_operator(b"a.rkvs").unwrap());
        assert_eq!(pattern.expired("a", &files, 2), [&files[4], &files[3], &files[2]]);
        assert!(pattern.expired("a", &files, 5).is_empty());
        assert!(pattern.expired("a", &files, 0).is_empty());
        assert!(NamePattern::parse("{ns}").unwrap().expired("a", &files, 1).is_empty());
    }

    proptest! {
        #[test]
        fn any_namespace_gives_a_name_that_is_found_again(
            one in ".{0,200}", other in ".{0,200}", ms in 0..=LAST_MS, later in 0..=LAST_MS,
        ) {
            let pattern = pattern("{ts}-{ns}");
            let files = [pattern.name(&one, ms), pattern.name(&one, later), pattern.name(&other, ms)];
            prop_assert_eq!(files[0] == files[2], one == other);
            prop_assert_eq!(files[0].cmp(&files[1]), ms.cmp(&later));
            if one != other && ms != later {
                prop_assert_eq!(pattern.expired(&one, &files, 1), [&files[usize::from(later < ms)]]);
            }
        }
    }
}
