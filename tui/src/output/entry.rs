//! A value of a row together with what the contract says about it: a view names each of its fields once.

/// What a field holds, and so its type in JSON and its look in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text of any kind.
    Text,
    /// True or false.
    Flag,
    /// A whole number.
    Count,
    /// A whole number of bytes.
    Bytes,
    /// A whole number of seconds.
    Seconds,
    /// A whole number of milliseconds.
    Milliseconds,
    /// Microseconds.
    Microseconds,
    /// Seconds since 1970.
    Time,
    /// A part of one.
    Ratio,
    /// A number.
    Number,
    /// A number per second.
    PerSecond,
    /// Bytes per second.
    BytesPerSecond,
}

impl Kind {
    /// The type in JSON.
    pub fn json_type(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Flag => "boolean",
            Self::Count | Self::Bytes | Self::Seconds | Self::Milliseconds | Self::Time => "integer",
            Self::Microseconds | Self::Ratio | Self::Number | Self::PerSecond | Self::BytesPerSecond => "number",
        }
    }

    /// Whether a table puts it at the left.
    pub fn is_words(self) -> bool {
        matches!(self, Self::Text | Self::Flag | Self::Time)
    }
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// The server does not tell.
    Null,
    /// As the server sent it: a writer makes it harmless.
    Text(String),
    /// True or false.
    Flag(bool),
    /// A whole number.
    Whole(u64),
    /// A finite number.
    Number(f64),
}

/// A field with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The field's name: stable, with its unit.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What it means, for the contract.
    pub meaning: &'static str,
    /// Its heading in tables; those without one are left out there.
    pub heading: Option<&'static str>,
    /// Whether there is always a value.
    pub is_always: bool,
    /// Whether it is whole seconds cut off, though its unit is less.
    pub is_coarse: bool,
    /// What tables say instead of a zero that is no amount.
    pub zero: Option<&'static str>,
    /// The value.
    pub cell: Cell,
}

impl Entry {
    fn new(name: &'static str, kind: Kind, cell: Option<Cell>, meaning: &'static str) -> Self {
        Self {
            name,
            kind,
            meaning,
            heading: None,
            is_always: false,
            is_coarse: false,
            zero: None,
            cell: cell.unwrap_or(Cell::Null),
        }
    }

    fn whole(name: &'static str, kind: Kind, value: impl Into<Option<u64>>, meaning: &'static str) -> Self {
        Self::new(name, kind, value.into().map(Cell::Whole), meaning)
    }

    /// Numbers are told to a thousandth: more would be noise of the clock.
    fn number(name: &'static str, kind: Kind, value: Option<f64>, meaning: &'static str) -> Self {
        let finite = value.filter(|value| value.is_finite());
        Self::new(name, kind, finite.map(|value| Cell::Number((value * 1_000.0).round() / 1_000.0)), meaning)
    }

    /// It is a column of tables.
    pub fn column(mut self, heading: &'static str) -> Self {
        self.heading = Some(heading);
        self
    }

    /// Its zero is no amount but this.
    pub fn zero_is(mut self, words: &'static str) -> Self {
        self.zero = Some(words);
        self
    }

    /// It is whole seconds cut off, where that is so.
    pub fn in_whole_seconds(mut self, is_coarse: bool) -> Self {
        self.is_coarse = is_coarse;
        self
    }

    /// It is never null.
    pub fn always(mut self) -> Self {
        self.is_always = true;
        self
    }
}

/// Text.
pub fn text<'a>(name: &'static str, value: impl Into<Option<&'a str>>, meaning: &'static str) -> Entry {
    Entry::new(name, Kind::Text, value.into().map(|value| Cell::Text(value.to_owned())), meaning)
}

/// Text that is not there when it is empty.
pub fn words(name: &'static str, value: &str, meaning: &'static str) -> Entry {
    text(name, Some(value).filter(|value| !value.is_empty()), meaning)
}

/// True or false.
pub fn flag(name: &'static str, value: impl Into<Option<bool>>, meaning: &'static str) -> Entry {
    Entry::new(name, Kind::Flag, value.into().map(Cell::Flag), meaning)
}

/// A whole number.
pub fn count(name: &'static str, value: impl Into<Option<u64>>, meaning: &'static str) -> Entry {
    Entry::whole(name, Kind::Count, value, meaning)
}

/// Bytes.
pub fn bytes(name: &'static str, value: impl Into<Option<u64>>, meaning: &'static str) -> Entry {
    Entry::whole(name, Kind::Bytes, value, meaning)
}

/// Seconds.
pub fn seconds(name: &'static str, value: impl Into<Option<u64>>, meaning: &'static str) -> Entry {
    Entry::whole(name, Kind::Seconds, value, meaning)
}

/// Milliseconds.
pub fn milliseconds(name: &'static str, value: impl Into<Option<u64>>, meaning: &'static str) -> Entry {
    Entry::whole(name, Kind::Milliseconds, value, meaning)
}

/// Seconds since 1970; never was never.
pub fn time(name: &'static str, value: impl Into<Option<u64>>, meaning: &'static str) -> Entry {
    Entry::whole(name, Kind::Time, value.into().filter(|&at_s| at_s > 0), meaning)
}

/// Microseconds.
pub fn microseconds(name: &'static str, value: Option<f64>, meaning: &'static str) -> Entry {
    Entry::number(name, Kind::Microseconds, value, meaning)
}

/// A part of one.
pub fn ratio(name: &'static str, value: Option<f64>, meaning: &'static str) -> Entry {
    Entry::number(name, Kind::Ratio, value, meaning)
}

/// A number.
pub fn number(name: &'static str, value: Option<f64>, meaning: &'static str) -> Entry {
    Entry::number(name, Kind::Number, value, meaning)
}

/// A number per second.
pub fn per_second(name: &'static str, value: Option<f64>, meaning: &'static str) -> Entry {
    Entry::number(name, Kind::PerSecond, value, meaning)
}

/// Bytes per second.
pub fn bytes_per_second(name: &'static str, value: Option<f64>, meaning: &'static str) -> Entry {
    Entry::number(name, Kind::BytesPerSecond, value, meaning)
}
