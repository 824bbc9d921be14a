//! What a command is: the one description from which lookup, gates, COMMAND, ACL categories, key extraction, statistics
//! and help are derived.

use super::args::Args;
use super::context::Context;
use super::documentation::{Arg, Change, Deprecation};
use super::error::CommandResult;
use super::flags::{ADMIN, BLOCKING, Categories, FAST, Flags, MOVABLEKEYS, PUBSUB, READONLY, WRITE};
use super::keys::{Keys, LegacyRange};
use crate::resp::Reply;

/// Carries out one request of a command, which has passed every gate, and writes exactly one reply.
pub type Handler = fn(&mut Context<'_>, &mut Args<'_>, &mut Reply<'_>) -> CommandResult;

/// A command, or a subcommand of one.
///
/// Groups declare theirs in statics, listing only what differs from [`Command::DEFAULT`]; the
/// [`CommandTable`](super::table::CommandTable) lays them out anew with what can be derived filled in.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// Its name in lower case; for a subcommand, without the container's.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// The version of the reference (or of this server, for its own commands) that brought it.
    pub since: &'static str,
    /// How its time grows with its input.
    pub complexity: &'static str,
    /// The family it belongs to.
    pub group: Group,
    /// How many arguments it takes.
    pub arity: Arity,
    /// How it behaves.
    pub flags: Flags,
    /// ACL categories beyond those that follow from the group and the flags.
    pub categories: Categories,
    /// Where its keys are.
    pub keys: Keys,
    /// What is locked before it runs.
    pub scope: Scope,
    /// Hints for proxies and clients (`nondeterministic_output`, `request_policy:all_shards`, …).
    pub tips: &'static [&'static str],
    /// Its syntax.
    pub args: &'static [Arg],
    /// Its syntax as the container's HELP shows it, line by line, where the reference writes it otherwise than it follows from
    /// `args`.
    pub help: &'static [&'static str],
    /// How it changed since its first version.
    pub history: &'static [Change],
    /// Set when new programs should not use it.
    pub deprecated: Option<Deprecation>,
    /// Whether it is for the server's own use rather than for clients.
    pub internal: bool,
    /// The commands under it, if it is a container (CLIENT, CONFIG, …).
    pub subcommands: &'static [Command],
    /// What carries it out. A container needs none: its subcommands run.
    pub run: Handler,
    /// What the table filled in; a declaration leaves it as it is.
    pub derived: Derived,
}

/// What follows from a command's declaration, worked out once when the table is built.
#[derive(Clone, Copy, Debug)]
pub struct Derived {
    /// Position in [`CommandTable::commands`](super::table::CommandTable::commands): dense, for per-command counters.
    pub index: u16,
    /// The name with the container's before it: `client|list`.
    pub full_name: &'static str,
    /// All ACL categories.
    pub categories: Categories,
    /// The old form of the key specifications.
    pub legacy_range: LegacyRange,
}

impl Command {
    /// What a declaration need not say: no keys, no flags, no documentation.
    pub const DEFAULT: Self = Self {
        name: "",
        summary: "",
        since: "",
        complexity: "",
        group: Group::Server,
        arity: Arity::AtLeast(1),
        flags: Flags::NONE,
        categories: Categories::NONE,
        keys: Keys::NONE,
        scope: Scope::Keys,
        tips: &[],
        args: &[],
        help: &[],
        history: &[],
        deprecated: None,
        internal: false,
        subcommands: &[],
        run: container,
        derived: Derived {
            index: 0,
            full_name: "",
            categories: Categories::NONE,
            legacy_range: LegacyRange { first: 0, last: 0, step: 0 },
        },
    };

    /// The position among all commands and subcommands, for per-command counters.
    #[inline]
    pub fn index(&self) -> usize {
        usize::from(self.derived.index)
    }

    /// The name as INFO commandstats, ACL and COMMAND show it: `get`, `client|list`.
    #[inline]
    pub fn full_name(&self) -> &'static str {
        self.derived.full_name
    }

    /// How many of a request's words name it: 2 for a subcommand.
    #[inline]
    pub fn name_words(&self) -> usize {
        if self.derived.full_name.len() > self.name.len() { 2 } else { 1 }
    }

    /// Whether it runs through its subcommands.
    #[inline]
    pub fn is_container(&self) -> bool {
        !self.subcommands.is_empty()
    }

    /// The subcommand of that name, in any letter case.
    pub fn subcommand(&self, name: &[u8]) -> Option<&'static Self> {
        self.subcommands.iter().find(|command| command.name.as_bytes().eq_ignore_ascii_case(name))
    }

    /// Whether it has a handler of its own. A container without one is refused by its arity when no subcommand is named.
    pub fn has_handler(&self) -> bool {
        !std::ptr::fn_addr_eq(self.run, container as Handler)
    }

    /// The flags with those that follow from the key specifications.
    pub(super) fn derived_flags(&self) -> Flags {
        let (_, movable) = self.keys.legacy_range();
        if movable { self.flags.with(MOVABLEKEYS) } else { self.flags }
    }

    /// All ACL categories: declared ones, the group's, and those that follow from the flags.
    pub(super) fn derived_categories(&self) -> Categories {
        let mut all = self.categories.without(Categories::NOT_GROUP);
        if !self.is_container() && !self.categories.contains(Categories::NOT_GROUP) {
            all = all.with(self.group.category());
        }
        let mut add = |condition: bool, category: Categories| {
            if condition {
                all = all.with(category);
            }
        };
        add(self.flags.contains(WRITE), Categories::WRITE);
        // A script may do anything, whatever its flags promise.
        add(self.flags.contains(READONLY) && self.group != Group::Scripting, Categories::READ);
        add(self.flags.contains(ADMIN), Categories::ADMIN.with(Categories::DANGEROUS));
        add(self.flags.contains(PUBSUB), Categories::PUBSUB);
        add(self.flags.contains(BLOCKING), Categories::BLOCKING);
        add(self.flags.contains(FAST), Categories::FAST);
        add(!self.flags.contains(FAST), Categories::SLOW);
        all
    }
}

/// Stands for the handler of a command that only holds others.
///
/// # Panics
///
/// Always: dispatch runs a subcommand or answers with an error, and the table's check refuses a command that has neither.
fn container(_: &mut Context<'_>, _: &mut Args<'_>, _: &mut Reply<'_>) -> CommandResult {
    unreachable!("a container runs through its subcommands")
}

/// How many arguments a command takes, counted with its name and, for a subcommand, the container's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// Neither more nor fewer.
    Exactly(u16),
    /// So many or more.
    AtLeast(u16),
}

impl Arity {
    /// Whether a request of so many arguments passes.
    #[inline]
    pub const fn accepts(self, count: usize) -> bool {
        match self {
            Self::Exactly(exact) => count == exact as usize,
            Self::AtLeast(least) => count >= least as usize,
        }
    }

    /// The number COMMAND INFO shows: below zero for a minimum.
    pub const fn number(self) -> i64 {
        match self {
            Self::Exactly(exact) => exact as i64,
            Self::AtLeast(least) => -(least as i64),
        }
    }
}

/// What dispatch locks before a handler runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The shards of the keys that the request names; nothing when it names none.
    Keys,
    /// Nothing, though there may be keys: the handler locks what it needs.
    None,
    /// The whole keyspace, one shard after the other outside MULTI, all of them inside.
    Namespace,
    /// Several namespaces.
    Server,
}

/// The family of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Keys whatever their type.
    Generic,
    /// Strings.
    String,
    /// Lists.
    List,
    /// Sets.
    Set,
    /// Sorted sets.
    SortedSet,
    /// Hashes.
    Hash,
    /// Publish/subscribe.
    PubSub,
    /// MULTI and its like.
    Transactions,
    /// The connection itself.
    Connection,
    /// The server as a whole.
    Server,
    /// Scripts and functions.
    Scripting,
    /// Cardinality estimates.
    HyperLogLog,
    /// Cluster mode.
    Cluster,
    /// Positions on the globe.
    Geo,
    /// Streams.
    Stream,
    /// Bits of strings.
    Bitmap,
}

impl Group {
    /// Its name in COMMAND DOCS.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::String => "string",
            Self::List => "list",
            Self::Set => "set",
            Self::SortedSet => "sorted-set",
            Self::Hash => "hash",
            Self::PubSub => "pubsub",
            Self::Transactions => "transactions",
            Self::Connection => "connection",
            Self::Server => "server",
            Self::Scripting => "scripting",
            Self::HyperLogLog => "hyperloglog",
            Self::Cluster => "cluster",
            Self::Geo => "geo",
            Self::Stream => "stream",
            Self::Bitmap => "bitmap",
        }
    }

    /// The ACL category its commands are in. Publish/subscribe gets its category by flag, because not every command of the
    /// group is in it.
    pub const fn category(self) -> Categories {
        match self {
            Self::Generic => Categories::KEYSPACE,
            Self::String => Categories::STRING,
            Self::List => Categories::LIST,
            Self::Set => Categories::SET,
            Self::SortedSet => Categories::SORTED_SET,
            Self::Hash => Categories::HASH,
            Self::Transactions => Categories::TRANSACTION,
            Self::Connection => Categories::CONNECTION,
            Self::Scripting => Categories::SCRIPTING,
            Self::HyperLogLog => Categories::HYPERLOGLOG,
            Self::Geo => Categories::GEO,
            Self::Stream => Categories::STREAM,
            Self::Bitmap => Categories::BITMAP,
            Self::PubSub | Self::Server | Self::Cluster => Categories::NONE,
        }
    }
}
