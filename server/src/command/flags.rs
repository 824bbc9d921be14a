//! Small sets of yes-or-no properties: command flags and ACL categories.

/// Declares a set of named bits that can be joined in constants.
macro_rules! bit_set {
    ($(#[$meta:meta])* $name:ident($int:ty)) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name($int);

        impl $name {
            /// The empty set.
            pub const NONE: Self = Self(0);

            /// The bit at `position` alone.
            const fn bit(position: u32) -> Self {
                Self(1 << position)
            }

            /// Everything in either set.
            #[must_use]
            pub const fn with(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// What is in this set but not in `other`.
            #[must_use]
            pub const fn without(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }

            /// Whether everything in `other` is in this set.
            #[inline]
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// Whether the two sets share anything.
            #[inline]
            pub const fn intersects(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }

            /// Whether nothing is in the set.
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// How many properties are in the set.
            pub const fn len(self) -> usize {
                self.0.count_ones() as usize
            }
        }
    };
}
pub(super) use bit_set;

bit_set! {
    /// How a command behaves: what the dispatcher's gates, MULTI, scripts and ACL ask about it.
    Flags(u32)
}

/// May change the keyspace.
pub const WRITE: Flags = Flags::bit(0);
/// Reads keys and changes none.
pub const READONLY: Flags = Flags::bit(1);
/// May use more memory, so it is refused while `maxmemory` is exceeded and nothing can be evicted.
pub const DENYOOM: Flags = Flags::bit(2);
/// Administration of the server.
pub const ADMIN: Flags = Flags::bit(3);
/// Belongs to publish/subscribe.
pub const PUBSUB: Flags = Flags::bit(4);
/// Not allowed in scripts.
pub const NOSCRIPT: Flags = Flags::bit(5);
/// May make its client wait.
pub const BLOCKING: Flags = Flags::bit(6);
/// Allowed while the data set is being loaded.
pub const LOADING: Flags = Flags::bit(7);
/// Allowed on a replica whose data may be out of date.
pub const STALE: Flags = Flags::bit(8);
/// Never shown by MONITOR.
pub const SKIP_MONITOR: Flags = Flags::bit(9);
/// Never entered in the slow log.
pub const SKIP_SLOWLOG: Flags = Flags::bit(10);
/// Allowed on a slot that is being imported.
pub const ASKING: Flags = Flags::bit(11);
/// Constant or logarithmic time; without it a command is in the ACL category `@slow`.
pub const FAST: Flags = Flags::bit(12);
/// Allowed before authentication.
pub const NO_AUTH: Flags = Flags::bit(13);
/// Not a write, yet it may have to reach the replicas.
pub const MAY_REPLICATE: Flags = Flags::bit(14);
/// Has key specifications, but a request may name no key.
pub const NO_MANDATORY_KEYS: Flags = Flags::bit(15);
/// Needs a permission in the configuration (`enable-debug-command`). COMMAND INFO does not show it.
pub const PROTECTED: Flags = Flags::bit(16);
/// Refused during a load that leaves the old data readable.
pub const NO_ASYNC_LOADING: Flags = Flags::bit(17);
/// Not allowed inside MULTI.
pub const NO_MULTI: Flags = Flags::bit(18);
/// Where the keys are depends on the arguments. Derived from the key specifications; never declared.
pub const MOVABLEKEYS: Flags = Flags::bit(19);
/// Allowed while a script has been running for too long.
pub const ALLOW_BUSY: Flags = Flags::bit(20);
/// May touch keys that it does not name. COMMAND INFO does not show it.
pub const TOUCHES_ARBITRARY_KEYS: Flags = Flags::bit(21);

impl Flags {
    /// The flags COMMAND INFO shows, each with its name there, in its order.
    pub const NAMES: [(Self, &'static str); 20] = [
        (WRITE, "write"),
        (READONLY, "readonly"),
        (DENYOOM, "denyoom"),
        (ADMIN, "admin"),
        (PUBSUB, "pubsub"),
        (NOSCRIPT, "noscript"),
        (BLOCKING, "blocking"),
        (LOADING, "loading"),
        (STALE, "stale"),
        (SKIP_MONITOR, "skip_monitor"),
        (SKIP_SLOWLOG, "skip_slowlog"),
        (ASKING, "asking"),
        (FAST, "fast"),
        (NO_AUTH, "no_auth"),
        (MAY_REPLICATE, "may_replicate"),
        (NO_MANDATORY_KEYS, "no_mandatory_keys"),
        (NO_ASYNC_LOADING, "no_async_loading"),
        (NO_MULTI, "no_multi"),
        (MOVABLEKEYS, "movablekeys"),
        (ALLOW_BUSY, "allow_busy"),
    ];
}

bit_set! {
    /// The ACL categories of a command (`@read`, `@keyspace`, …).
    Categories(u32)
}

impl Categories {
    /// `@keyspace`: keys as such, whatever their type.
    pub const KEYSPACE: Self = Self::bit(0);
    /// `@read`: reads values or metadata of keys.
    pub const READ: Self = Self::bit(1);
    /// `@write`: changes values or metadata of keys.
    pub const WRITE: Self = Self::bit(2);
    /// `@set`: sets.
    pub const SET: Self = Self::bit(3);
    /// `@sortedset`: sorted sets.
    pub const SORTED_SET: Self = Self::bit(4);
    /// `@list`: lists.
    pub const LIST: Self = Self::bit(5);
    /// `@hash`: hashes.
    pub const HASH: Self = Self::bit(6);
    /// `@string`: strings.
    pub const STRING: Self = Self::bit(7);
    /// `@bitmap`: bits of strings.
    pub const BITMAP: Self = Self::bit(8);
    /// `@hyperloglog`: cardinality estimates.
    pub const HYPERLOGLOG: Self = Self::bit(9);
    /// `@geo`: positions on the globe.
    pub const GEO: Self = Self::bit(10);
    /// `@stream`: streams.
    pub const STREAM: Self = Self::bit(11);
    /// `@pubsub`: publish/subscribe.
    pub const PUBSUB: Self = Self::bit(12);
    /// `@admin`: administration.
    pub const ADMIN: Self = Self::bit(13);
    /// `@fast`: constant or logarithmic time.
    pub const FAST: Self = Self::bit(14);
    /// `@slow`: everything that is not fast.
    pub const SLOW: Self = Self::bit(15);
    /// `@blocking`: may make its client wait.
    pub const BLOCKING: Self = Self::bit(16);
    /// `@dangerous`: to be given with care.
    pub const DANGEROUS: Self = Self::bit(17);
    /// `@connection`: affects the connection itself.
    pub const CONNECTION: Self = Self::bit(18);
    /// `@transaction`: MULTI, EXEC and their like.
    pub const TRANSACTION: Self = Self::bit(19);
    /// `@scripting`: scripts and functions.
    pub const SCRIPTING: Self = Self::bit(20);
    /// Not a category: in [`Command::categories`](super::spec::Command::categories) it says that the command is not in its
    /// group's category.
    pub const NOT_GROUP: Self = Self::bit(31);

    /// The categories, each with its name (without the `@`), in the order COMMAND INFO and ACL CAT show them.
    pub const NAMES: [(Self, &'static str); 21] = [
        (Self::KEYSPACE, "keyspace"),
        (Self::READ, "read"),
        (Self::WRITE, "write"),
        (Self::SET, "set"),
        (Self::SORTED_SET, "sortedset"),
        (Self::LIST, "list"),
        (Self::HASH, "hash"),
        (Self::STRING, "string"),
        (Self::BITMAP, "bitmap"),
        (Self::HYPERLOGLOG, "hyperloglog"),
        (Self::GEO, "geo"),
        (Self::STREAM, "stream"),
        (Self::PUBSUB, "pubsub"),
        (Self::ADMIN, "admin"),
        (Self::FAST, "fast"),
        (Self::SLOW, "slow"),
        (Self::BLOCKING, "blocking"),
        (Self::DANGEROUS, "dangerous"),
        (Self::CONNECTION, "connection"),
        (Self::TRANSACTION, "transaction"),
        (Self::SCRIPTING, "scripting"),
    ];

    /// The category of that name, without the `@`, in any letter case.
    pub fn by_name(name: &[u8]) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| known.as_bytes().eq_ignore_ascii_case(name)).map(|&(category, _)| category)
    }
}
