//! The tabs.

/// A tab; its screen is `screens::of(tab)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Tab {
    #[default]
    Overview,
    Namespaces,
    Commands,
    Clients,
    Shards,
    Persistence,
    Slowlog,
    Config,
    Keys,
}

impl Tab {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::Overview,
        Self::Namespaces,
        Self::Commands,
        Self::Clients,
        Self::Shards,
        Self::Persistence,
        Self::Slowlog,
        Self::Config,
        Self::Keys,
    ];

    /// Its place in `ALL`.
    pub fn index(self) -> usize {
        self as usize
    }

    /// The key that leads to it.
    pub fn digit(self) -> char {
        char::from(b'1' + self as u8)
    }

    /// The word for it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Namespaces => "Namespaces",
            Self::Commands => "Commands",
            Self::Clients => "Clients",
            Self::Shards => "Shards",
            Self::Persistence => "Persist",
            Self::Slowlog => "Slowlog",
            Self::Config => "Config",
            Self::Keys => "Keys",
        }
    }

    /// Its name in arguments and names of files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Namespaces => "namespaces",
            Self::Commands => "commands",
            Self::Clients => "clients",
            Self::Shards => "shards",
            Self::Persistence => "persistence",
            Self::Slowlog => "slowlog",
            Self::Config => "config",
            Self::Keys => "keys",
        }
    }

    /// A shorter word, for where room is short.
    pub fn short(self) -> &'static str {
        match self {
            Self::Overview => "Over",
            Self::Namespaces => "Names",
            Self::Commands => "Cmds",
            Self::Clients => "Clients",
            Self::Shards => "Shards",
            Self::Persistence => "Save",
            Self::Slowlog => "Slow",
            Self::Config => "Config",
            Self::Keys => "Keys",
        }
    }
}
