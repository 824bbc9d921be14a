//! What COMMAND DOCS tells about a command beyond its table entry: arguments, changes, deprecation.

/// One argument in a command's syntax, or a group of them.
#[derive(Clone, Copy, Debug)]
pub struct Arg {
    /// Its name in the syntax.
    pub name: &'static str,
    /// What the client writes there.
    pub kind: ArgKind,
    /// The word that comes before it (`EX` in `EX seconds`); for [`ArgKind::PureToken`] the argument itself.
    pub token: Option<&'static str>,
    /// For [`ArgKind::Key`]: which of the command's key specifications covers it.
    pub key_spec_index: Option<u8>,
    /// The version that brought it, where that is not the command's own.
    pub since: Option<&'static str>,
    /// The version that deprecated it.
    pub deprecated_since: Option<&'static str>,
    /// Whether it may be left out.
    pub optional: bool,
    /// Whether it may be repeated.
    pub multiple: bool,
    /// Whether a repetition repeats the token too.
    pub multiple_token: bool,
    /// The members of a [`ArgKind::OneOf`] or [`ArgKind::Block`].
    pub members: &'static [Arg],
}

/// What kind of argument it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgKind {
    /// Any bytes.
    String,
    /// A whole number.
    Integer,
    /// A number with a fraction.
    Double,
    /// The name of a key.
    Key,
    /// A glob pattern.
    Pattern,
    /// Seconds or milliseconds since 1970.
    UnixTime,
    /// A fixed word.
    PureToken,
    /// Exactly one of the members.
    OneOf,
    /// All members, in order.
    Block,
}

impl ArgKind {
    /// Its name in COMMAND DOCS.
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Double => "double",
            Self::Key => "key",
            Self::Pattern => "pattern",
            Self::UnixTime => "unix-time",
            Self::PureToken => "pure-token",
            Self::OneOf => "oneof",
            Self::Block => "block",
        }
    }
}

impl Arg {
    const fn new(name: &'static str, kind: ArgKind) -> Self {
        Self {
            name,
            kind,
            token: None,
            key_spec_index: None,
            since: None,
            deprecated_since: None,
            optional: false,
            multiple: false,
            multiple_token: false,
            members: &[],
        }
    }

    /// Any bytes.
    pub const fn string(name: &'static str) -> Self {
        Self::new(name, ArgKind::String)
    }

    /// A whole number.
    pub const fn integer(name: &'static str) -> Self {
        Self::new(name, ArgKind::Integer)
    }

    /// A number with a fraction.
    pub const fn double(name: &'static str) -> Self {
        Self::new(name, ArgKind::Double)
    }

    /// The name of a key, found by the command's key specification of that index.
    pub const fn key(name: &'static str, key_spec_index: u8) -> Self {
        Self { key_spec_index: Some(key_spec_index), ..Self::new(name, ArgKind::Key) }
    }

    /// A glob pattern.
    pub const fn pattern(name: &'static str) -> Self {
        Self::new(name, ArgKind::Pattern)
    }

    /// A point in time, counted from 1970.
    pub const fn unix_time(name: &'static str) -> Self {
        Self::new(name, ArgKind::UnixTime)
    }

    /// The fixed word `token`.
    pub const fn word(name: &'static str, token: &'static str) -> Self {
        Self::new(name, ArgKind::PureToken).token(token)
    }

    /// Exactly one of the members.
    pub const fn one_of(name: &'static str, members: &'static [Arg]) -> Self {
        Self { members, ..Self::new(name, ArgKind::OneOf) }
    }

    /// All members, in order.
    pub const fn block(name: &'static str, members: &'static [Arg]) -> Self {
        Self { members, ..Self::new(name, ArgKind::Block) }
    }

    /// The word written before the argument.
    #[must_use]
    pub const fn token(self, token: &'static str) -> Self {
        Self { token: Some(token), ..self }
    }

    /// It may be left out.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// It may be repeated.
    #[must_use]
    pub const fn multiple(self) -> Self {
        Self { multiple: true, ..self }
    }

    /// It may be repeated, each time with its token.
    #[must_use]
    pub const fn multiple_token(self) -> Self {
        Self { multiple: true, multiple_token: true, ..self }
    }

    /// The version that brought it.
    #[must_use]
    pub const fn since(self, version: &'static str) -> Self {
        Self { since: Some(version), ..self }
    }

    /// The version that deprecated it.
    #[must_use]
    pub const fn deprecated_since(self, version: &'static str) -> Self {
        Self { deprecated_since: Some(version), ..self }
    }
}

/// One change of a command after its first version.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// The version that made it.
    pub version: &'static str,
    /// What changed.
    pub text: &'static str,
}

/// A change of a command, for its history.
pub const fn change(version: &'static str, text: &'static str) -> Change {
    Change { version, text }
}

/// A command that new programs should not use.
#[derive(Clone, Copy, Debug)]
pub struct Deprecation {
    /// The version that deprecated it.
    pub since: &'static str,
    /// What to use in its place.
    pub replaced_by: &'static str,
}
