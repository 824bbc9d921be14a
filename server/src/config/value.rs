//! Types of setting values: how each is read from words and written back as text.
//!
//! A value arrives as words: the arguments of a redis.conf line or of a flag, the elements of a TOML array, or the text
//! of CONFIG SET cut at spaces where the setting takes several words. The error texts are those of the reference.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rkvs_engine::snapshot::file::{FileName, NamePattern};

use crate::resp::parse_f64;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What a setting accepts. The kind holds the bounds; the type of the field holds the value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// `yes` or `no`.
    Bool,
    /// Only `no`; holds why.
    Off(&'static str),
    /// A decimal integer within bounds, both included.
    Integer(i64, i64),
    /// A decimal integer moved to the nearer bound when outside of them, as the reference does for `hz`.
    Clamped(i64, i64),
    /// An octal integer within bounds, both included.
    Octal(i64, i64),
    /// A number of bytes within bounds, both included, with an optional unit (`1gb`).
    Memory(u64, u64),
    /// One of a fixed set of words, in any case.
    Choice(&'static [&'static str]),
    /// Any text.
    Text,
    /// Any number of words.
    Words,
    /// Any number of groups of words; several lines of a redis.conf add up.
    Groups,
    /// Any number of decimal numbers.
    Numbers,
}

impl Kind {
    /// Whether the setting takes any number of words rather than exactly one.
    pub fn is_list(self) -> bool {
        matches!(self, Kind::Words | Kind::Groups | Kind::Numbers)
    }
}

impl fmt::Display for Kind {
    /// Tells the accepted values in a few words, as `--help` shows them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Bool => f.write_str("yes|no"),
            Kind::Off(_) => f.write_str("no"),
            Kind::Integer(min, i64::MAX) => write!(f, "{min} or more"),
            Kind::Integer(min, max) | Kind::Clamped(min, max) => write!(f, "{min} to {max}"),
            Kind::Octal(min, max) => write!(f, "octal {min:o} to {max:o}"),
            Kind::Memory(0, _) => f.write_str("bytes, kb, mb, gb"),
            Kind::Memory(min, _) => write!(f, "{} or more; bytes, kb, mb, gb", memory_text(*min)),
            Kind::Choice(words) => f.write_str(&words.join("|")),
            Kind::Text => f.write_str("text"),
            Kind::Words | Kind::Groups => f.write_str("words"),
            Kind::Numbers => f.write_str("numbers"),
        }
    }
}

/// Why a value was refused, in the reference's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub String);

impl Invalid {
    fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// A typed value of a setting.
pub(super) trait Field {
    /// Replaces the value by what the words say.
    ///
    /// Parts that are valid for the reference but have no effect here are told in `notes`; the caller decides whether they are
    /// warnings (at start) or errors (CONFIG SET).
    fn assign(&mut self, kind: Kind, words: &[String], notes: &mut Vec<String>) -> Result<(), Invalid>;

    /// The value as words; `assign` of them gives the value back.
    fn words(&self, kind: Kind) -> Vec<String>;
}

/// The only word of a setting that takes one.
fn single(words: &[String]) -> Result<&str, Invalid> {
    match words {
        [word] => Ok(word),
        _ => Err(Invalid::new("wrong number of arguments")),
    }
}

impl Field for bool {
    fn assign(&mut self, _: Kind, words: &[String], _: &mut Vec<String>) -> Result<(), Invalid> {
        *self = match single(words)?.to_ascii_lowercase().as_str() {
            "yes" => true,
            "no" => false,
            _ => return Err(Invalid::new("argument must be 'yes' or 'no'")),
        };
        Ok(())
    }

    fn words(&self, _: Kind) -> Vec<String> {
        vec![if *self { "yes" } else { "no" }.into()]
    }
}

/// Reads an integer of the kind's base and bounds.
fn integer(kind: Kind, word: &str) -> Result<i128, Invalid> {
    match kind {
        Kind::Integer(min, max) => between(decimal(word)?, min, max),
        // The reference accepts any non-negative `int` and then corrects it.
        Kind::Clamped(min, max) => Ok(between(decimal(word)?, 0, i32::MAX.into())?.clamp(min.into(), max.into())),
        Kind::Octal(min, max) => {
            let value = i64::from_str_radix(word, 8)
                .map_err(|_| Invalid::new("argument couldn't be parsed as an octal number"))?;
            if !(min..=max).contains(&value) {
                return Err(Invalid::new(format!("argument must be between {min:o} and {max:o} inclusive")));
            }
            Ok(value.into())
        }
        Kind::Memory(min, max) => {
            let bytes = parse_memory(word).ok_or_else(|| Invalid::new("argument must be a memory value"))?;
            if !(min..=max).contains(&bytes) {
                return Err(Invalid::new(format!("argument must be between {min} and {max} inclusive")));
            }
            Ok(bytes.into())
        }
        _ => unreachable!("numeric fields are declared with a numeric kind"),
    }
}

/// Reads a decimal integer in its one canonical spelling: no sign `+`, no leading zero, no space.
fn decimal(word: &str) -> Result<i64, Invalid> {
    word.parse::<i64>()
        .ok()
        .filter(|value| value.to_string() == word)
        .ok_or_else(|| Invalid::new("argument couldn't be parsed into an integer"))
}

fn between(value: i64, min: i64, max: i64) -> Result<i128, Invalid> {
    if (min..=max).contains(&value) {
        Ok(value.into())
    } else {
        Err(Invalid::new(format!("argument must be between {min} and {max} inclusive")))
    }
}

macro_rules! integer_fields {
    ($($Type:ty),*) => {$(
        impl Field for $Type {
            fn assign(&mut self, kind: Kind, words: &[String], _: &mut Vec<String>) -> Result<(), Invalid> {
                *self = <$Type>::try_from(integer(kind, single(words)?)?).expect("the bounds of a setting fit its type");
                Ok(())
            }

            fn words(&self, kind: Kind) -> Vec<String> {
                vec![match kind {
                    Kind::Octal(..) => format!("{self:o}"),
                    _ => self.to_string(),
                }]
            }
        }
    )*};
}
integer_fields!(u16, u32, u64, i64);

/// Bytes of a memory size such as `100`, `5k` (5,000), `5kb` (5,120), `1gb`; units in any case. `None` when it is none, or does
/// not fit 64 bits (where the reference wraps around). No digits at all count as zero, as in the reference.
pub fn parse_memory(text: &str) -> Option<u64> {
    let digits_len = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, unit) = text.split_at(digits_len);
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" => 1_000,
        "kb" => 1 << 10,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => return None,
    };
    let count = if digits.is_empty() { 0 } else { digits.parse::<u64>().ok()? };
    count.checked_mul(factor)
}

/// A number of bytes with the largest unit that divides it (`1gb`, `1500`).
pub fn memory_text(bytes: u64) -> String {
    for (unit, shift) in [("gb", 30), ("mb", 20), ("kb", 10)] {
        if bytes != 0 && bytes.trailing_zeros() >= shift {
            return format!("{}{unit}", bytes >> shift);
        }
    }
    bytes.to_string()
}

/// An optional file path; the empty text means none.
impl Field for Option<PathBuf> {
    fn assign(&mut self, _: Kind, words: &[String], _: &mut Vec<String>) -> Result<(), Invalid> {
        let word = single(words)?;
        if word.contains('\0') {
            return Err(Invalid::new("argument must not contain a null byte"));
        }
        *self = (!word.is_empty()).then(|| word.into());
        Ok(())
    }

    fn words(&self, _: Kind) -> Vec<String> {
        vec![self.as_ref().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default()]
    }
}

/// An existing directory, held as an absolute path so that CONFIG GET tells where it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory(PathBuf);

impl Directory {
    /// The absolute path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Field for Directory {
    fn assign(&mut self, _: Kind, words: &[String], _: &mut Vec<String>) -> Result<(), Invalid> {
        let word = single(words)?;
        let path = match std::fs::canonicalize(word) {
            // The working directory may be gone; a server that writes no files does not need one.
            Err(_) if word == "." => {
                self.0 = word.into();
                return Ok(());
            }
            found => found.map_err(|error| Invalid(system_text(&error)))?,
        };
        if !path.is_dir() {
            return Err(Invalid::new("Not a directory"));
        }
        if path.to_str().is_none() {
            return Err(Invalid::new("the path is not valid UTF-8"));
        }
        self.0 = path;
        Ok(())
    }

    fn words(&self, _: Kind) -> Vec<String> {
        vec![self.0.to_string_lossy().into_owned()]
    }
}

/// The system's own words for an error, without the number that the standard library adds.
pub(crate) fn system_text(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// A password that never shows in logs or debug output; the empty one means none is asked for.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Whether a password is asked for.
    pub fn is_set(&self) -> bool {
        !self.0.is_empty()
    }

    /// Compares in a time that tells nothing about the secret beyond the length of the candidate.
    pub fn matches(&self, candidate: &[u8]) -> bool {
        Sha256::digest(self.0.as_bytes()).ct_eq(&Sha256::digest(candidate)).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_set() { "Secret(set)" } else { "Secret(none)" })
    }
}

impl Field for Secret {
    fn assign(&mut self, _: Kind, words: &[String], _: &mut Vec<String>) -> Result<(), Invalid> {
        self.0 = single(words)?.to_owned();
        Ok(())
    }

    fn words(&self, _: Kind) -> Vec<String> {
        vec![self.0.clone()]
    }
}

/// Addresses to listen on. A leading `-` marks one whose absence is no error; `*` is every IPv4 and `::*` every IPv6 address.
impl Field for Vec<String> {
    fn assign(&mut self, _: Kind, words: &[String], _: &mut Vec<String>) -> Result<(), Invalid> {
        if words.len() > BIND_ADDRESSES_MAX {
            return Err(Invalid::new("Too many bind addresses specified."));
        }
        if let Some(word) = words.iter().find(|word| !word.is_empty() && !is_bindable(word)) {
            return Err(Invalid(format!("'{word}' is neither an IP address nor the name of a host")));
        }
        // A single empty word is how an empty list is spelt where at least one word is needed.
        *self = if words == [""] { Vec::new() } else { words.to_vec() };
        Ok(())
    }

    fn words(&self, _: Kind) -> Vec<String> {
        self.clone()
    }
}

/// Whether a word of `bind` can mean an address of this machine: an IP address (of IPv6 also one with a zone, `fe80::1%eth0`), `*`,
/// `::*`, or the name of a host, which is looked up when the server binds. A port is none of this.
fn is_bindable(word: &str) -> bool {
    let host = word.strip_prefix('-').unwrap_or(word);
    let address = host.split_once('%').map_or(host, |(address, zone)| if zone.is_empty() { host } else { address });
    if matches!(host, "*" | "::*") || address.parse::<std::net::IpAddr>().is_ok() {
        return true;
    }
    let is_label = |label: &str| {
        let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=63).contains(&label.len()) && label.bytes().all(is_inner) && !label.starts_with('-')
    };
    let name = host.strip_suffix('.').unwrap_or(host);
    // A last label of digits alone would be an address, and this is none.
    let ends_as_a_name = name.rsplit('.').next().is_some_and(|last| last.bytes().any(|byte| !byte.is_ascii_digit()));
    name.len() <= 253 && ends_as_a_name && name.split('.').all(is_label)
}

/// Most addresses `bind` takes.
pub const BIND_ADDRESSES_MAX: usize = 16;

/// An optional socket address; the empty text means none.
impl Field for Option<SocketAddr> {
    fn assign(&mut self, _: Kind, words: &[String], _: &mut Vec<String>) -> Result<(), Invalid> {
        *self = match single(words)? {
            "" => None,
            word => Some(word.parse().map_err(|_| Invalid::new("argument must be ADDRESS:PORT, or empty"))?),
        };
        Ok(())
    }

    fn words(&self, _: Kind) -> Vec<String> {
        vec![self.map(|address| address.to_string()).unwrap_or_default()]
    }
}

/// When a client that does not read its replies is disconnected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutputBufferLimit {
    /// Bytes pending at which the client is closed at once; 0 means no limit.
    pub hard_bytes: u64,
    /// Bytes pending that are tolerated for `soft_s` seconds; 0 means no limit.
    pub soft_bytes: u64,
    /// Seconds above `soft_bytes` after which the client is closed.
    pub soft_s: u64,
}

impl Field for OutputBufferLimit {
    fn assign(&mut self, _: Kind, words: &[String], notes: &mut Vec<String>) -> Result<(), Invalid> {
        if !words.len().is_multiple_of(4) {
            return Err(Invalid::new("Wrong number of arguments in buffer limit configuration."));
        }
        for class in words.chunks_exact(4) {
            let limit = Self::parse(class).ok_or_else(|| {
                Invalid::new("Error in hard, soft or soft_seconds setting in buffer limit configuration.")
            });
            match class[0].to_ascii_lowercase().as_str() {
                "normal" => *self = limit?,
                name @ ("slave" | "replica" | "pubsub") => {
                    limit?;
                    notes.push(format!(
                        "no client of the class '{name}' exists in this version: its limit has no effect"
                    ));
                }
                _ => {
                    return Err(Invalid::new("Invalid client class specified in buffer limit configuration."));
                }
            }
        }
        Ok(())
    }

    fn words(&self, _: Kind) -> Vec<String> {
        let limits = [self.hard_bytes.to_string(), self.soft_bytes.to_string(), self.soft_s.to_string()];
        std::iter::once("normal".to_owned()).chain(limits).collect()
    }
}

impl OutputBufferLimit {
    fn parse(class: &[String]) -> Option<Self> {
        Some(Self {
            hard_bytes: parse_memory(&class[1])?,
            soft_bytes: parse_memory(&class[2])?,
            soft_s: class[3].parse().ok()?,
        })
    }
}

/// Percentiles, each within 0 and 100.
impl Field for Vec<f64> {
    fn assign(&mut self, _: Kind, words: &[String], _: &mut Vec<String>) -> Result<(), Invalid> {
        if words.len() > PERCENTILES_MAX {
            return Err(Invalid(format!("no more than {PERCENTILES_MAX} percentiles are kept")));
        }
        let mut percentiles = Vec::with_capacity(words.len());
        for word in if words == [""] { &[] } else { words } {
            match parse_f64(word.as_bytes()) {
                Some(percentile) if (0.0..=100.0).contains(&percentile) => percentiles.push(percentile),
                Some(_) => {
                    return Err(Invalid::new(
                        "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]",
                    ));
                }
                None => {
                    return Err(Invalid::new("Invalid latency-tracking-info-percentiles parameters"));
                }
            }
        }
        *self = percentiles;
        Ok(())
    }

    fn words(&self, _: Kind) -> Vec<String> {
        self.iter().map(|percentile| percentile_text(*percentile)).collect()
    }
}

/// Most percentiles INFO is asked to show.
pub const PERCENTILES_MAX: usize = 64;

/// A percentile with up to six decimals and no trailing zeros (`99.9`).
pub fn percentile_text(percentile: f64) -> String {
    let text = format!("{percentile:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// When everything is saved by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SavePoint {
    /// So many seconds after the last save,
    pub seconds: u64,
    /// if there were at least so many changes.
    pub changes: u64,
}

/// Most save points: more would only be searched.
const SAVE_POINTS_MAX: usize = 64;

impl Field for Vec<SavePoint> {
    fn assign(&mut self, _: Kind, words: &[String], _: &mut Vec<String>) -> Result<(), Invalid> {
        let words = if words == [""] { &[] } else { words };
        let point = |pair: &[String]| {
            let seconds = pair[0].parse::<i64>().ok().filter(|seconds| *seconds >= 1)?;
            let changes = pair[1].parse::<i64>().ok().filter(|changes| *changes >= 0)?;
            Some(SavePoint { seconds: seconds.unsigned_abs(), changes: changes.unsigned_abs() })
        };
        let points: Option<Vec<SavePoint>> = words.chunks_exact(2).map(point).collect();
        let is_paired = words.len().is_multiple_of(2);
        *self = points.filter(|_| is_paired).ok_or_else(|| Invalid::new("Invalid save parameters"))?;
        if self.len() > SAVE_POINTS_MAX {
            return Err(Invalid(format!("no more than {SAVE_POINTS_MAX} save points are kept")));
        }
        Ok(())
    }

    fn words(&self, _: Kind) -> Vec<String> {
        self.iter().flat_map(|point| [point.seconds.to_string(), point.changes.to_string()]).collect()
    }
}

/// The name of a file in `dir`: a plain one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainName(FileName);

impl PlainName {
    /// The name.
    pub fn file_name(&self) -> &FileName {
        &self.0
    }
}

impl Default for PlainName {
    fn default() -> Self {
        Self(FileName::from_operator(b"dump.rkvs").expect("it is plain"))
    }
}

impl Field for PlainName {
    fn assign(&mut self, _: Kind, words: &[String], _: &mut Vec<String>) -> Result<(), Invalid> {
        let name = single(words)?;
        if name.contains('/') {
            return Err(Invalid::new("dbfilename can't be a path, just a filename"));
        }
        self.0 = FileName::from_operator(name.as_bytes()).map_err(|error| Invalid(error.to_string()))?;
        Ok(())
    }

    fn words(&self, _: Kind) -> Vec<String> {
        vec![self.0.to_string()]
    }
}

/// A pattern of file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutosavePattern(NamePattern);

impl AutosavePattern {
    /// The pattern.
    pub fn pattern(&self) -> &NamePattern {
        &self.0
    }

    /// Reads one; `None` for what makes no file names.
    pub fn parse(text: &str) -> Option<Self> {
        NamePattern::parse(text).map(Self).ok()
    }
}

impl Default for AutosavePattern {
    fn default() -> Self {
        Self(NamePattern::parse("{ns}-{ts}").expect("it is sound"))
    }
}

impl Field for AutosavePattern {
    fn assign(&mut self, _: Kind, words: &[String], _: &mut Vec<String>) -> Result<(), Invalid> {
        let pattern = NamePattern::parse(single(words)?).map_err(|error| Invalid(error.to_string()))?;
        if !pattern.has_namespace() {
            return Err(Invalid::new("a pattern needs {ns}: else several namespaces are saved to one file"));
        }
        self.0 = pattern;
        Ok(())
    }

    fn words(&self, _: Kind) -> Vec<String> {
        vec![self.0.to_string()]
    }
}

/// A switch that can only be off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AlwaysOff;

impl Field for AlwaysOff {
    fn assign(&mut self, kind: Kind, words: &[String], notes: &mut Vec<String>) -> Result<(), Invalid> {
        let mut on = false;
        on.assign(Kind::Bool, words, notes)?;
        match kind {
            Kind::Off(reason) if on => Err(Invalid::new(reason)),
            _ => Ok(()),
        }
    }

    fn words(&self, _: Kind) -> Vec<String> {
        false.words(Kind::Bool)
    }
}

/// Declares an enum whose variants are the words a setting accepts.
macro_rules! choices {
    ($($(#[$meta:meta])* pub enum $Enum:ident { $($(#[$variant_meta:meta])* $Variant:ident = $word:literal,)* })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub enum $Enum { $($(#[$variant_meta])* $Variant,)* }

        impl $Enum {
            /// The words accepted, in the order in which errors list them.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word for this choice.
            pub fn word(self) -> &'static str {
                match self { $(Self::$Variant => $word,)* }
            }
        }

        impl Field for $Enum {
            fn assign(&mut self, _: Kind, words: &[String], _: &mut Vec<String>) -> Result<(), Invalid> {
                *self = match single(words)?.to_ascii_lowercase().as_str() {
                    $($word => Self::$Variant,)*
                    _ => {
                        let words = Self::WORDS.join(", ");
                        return Err(Invalid(format!("argument(s) must be one of the following: {words}")));
                    }
                };
                Ok(())
            }

            fn words(&self, _: Kind) -> Vec<String> {
                vec![self.word().into()]
            }
        }
    )*};
}

choices! {
    /// How much is logged, from the most to the least.
    pub enum LogLevel {
        /// Everything, for development.
        Debug = "debug",
        /// Connections and rare details.
        Verbose = "verbose",
        /// What an operator wants to know.
        #[default]
        Notice = "notice",
        /// Only what needs attention.
        Warning = "warning",
    }

    /// How a log line is written.
    pub enum LogFormat {
        /// One line of text for people.
        #[default]
        Human = "human",
        /// One JSON object for machines.
        Json = "json",
    }

    /// The form of the files that are saved.
    pub enum SnapshotFormat {
        /// RDB for a file whose name ends in `.rdb`, our own for others.
        #[default]
        Auto = "auto",
        /// Our own: keeps everything.
        Native = "native",
        /// Redis's.
        Rdb = "rdb",
    }

    /// Who may use something dangerous.
    pub enum Allowed {
        /// Nobody.
        #[default]
        No = "no",
        /// Everybody.
        Yes = "yes",
        /// Clients on this machine: over a Unix socket or from a loopback address.
        Local = "local",
    }

    /// What happens when a write needs more memory than `maxmemory` leaves.
    pub enum MaxmemoryPolicy {
        /// The write fails, nothing is removed.
        #[default]
        Noeviction = "noeviction",
    }
}

impl Allowed {
    /// Whether a client may, given whether it is on this machine.
    pub fn allows(self, client_is_local: bool) -> bool {
        match self {
            Allowed::No => false,
            Allowed::Yes => true,
            Allowed::Local => client_is_local,
        }
    }
}
