//! What differs from the reference on purpose. Nothing else may.
//!
//! Each entry carries an example; a test fails when the example no longer differs, so no entry outlives its reason.
//!
//! Beside those, no request alone shows these (`tests/durability` does):
//! - a SAVE that fails tells why behind `ERR`, where the reference answers `ERR` alone: whoever asked can act on it. It counts as a
//!   failed save for `stop-writes-on-bgsave-error` as a BGSAVE does, since neither brought the data to the disk;
//! - `dbfilename` is `dump.rkvs` unless set: our own format keeps what RDB has no place for;
//! - an RDB file that something follows is refused, where the reference passes over it: it may be an append-only file, whose
//!   changes would be lost in silence.

use rkvs_tests::Value;

/// One intended difference of replies.
pub(crate) struct Difference {
    /// Why ours is meant to be this way.
    pub reason: &'static str,
    /// Requests the last of which shows the difference.
    pub example: &'static [&'static str],
    /// Whether this is the difference seen: the request, our reply, the reference's.
    pub covers: fn(&[Vec<u8>], &Value, &Value) -> bool,
}

/// The intended differences of replies.
pub(crate) const ALL: &[Difference] =
    &[HELP, HELLO_OPTIONS, REFCOUNT, IDLETIME, EXPIRED_USAGE, EXPIRED_DIGEST, SIZE_BEYOND_64_BITS, TTL_BEYOND_63_BITS];

const HELP: Difference = Difference {
    reason: "the sentences of HELP are our own, and it names what there is; the lines of syntax are the reference's (a test compares \
             them)",
    example: &["CONFIG HELP"],
    covers: |args, ours, theirs| {
        let is_help = args.len() == 2 && args[1].eq_ignore_ascii_case(b"HELP");
        let title = |value: &Value| match value {
            Value::Array(lines) => lines.first().cloned(),
            _ => None,
        };
        is_help && title(ours).is_some() && title(ours) == title(theirs)
    },
};

const HELLO_OPTIONS: Difference = Difference {
    reason: "since 7.2 HELLO reads all its options before it acts on any, so a later mistake is told instead of a wrong \
             password",
    example: &["HELLO 3 AUTH nobody x NOSUCH"],
    covers: |args, ours, theirs| {
        args[0].eq_ignore_ascii_case(b"HELLO")
            && matches!(ours, Value::Error(text) if !text.starts_with(b"WRONGPASS"))
            && matches!(theirs, Value::Error(text) if text.starts_with(b"WRONGPASS"))
    },
};

const REFCOUNT: Difference = Difference {
    reason: "no value here has more than one owner: 1, or what the reference says of the small integers it shares, whoever \
             made them; there a copied integer is not shared, and a queued request holds on to its arguments",
    example: &["SET s1 5", "COPY s1 s2", "OBJECT REFCOUNT s2"],
    covers: |args, ours, theirs| {
        let is_refcount = |args: &[Vec<u8>]| {
            args.len() == 3 && args[0].eq_ignore_ascii_case(b"OBJECT") && args[1].eq_ignore_ascii_case(b"REFCOUNT")
        };
        is_refcount(args)
            && matches!(ours, Value::Integer(1 | 2_147_483_647))
            && matches!(theirs, Value::Integer(count) if *count > 0)
    },
};

const IDLETIME: Difference = Difference {
    reason: "no time of the last access is kept (two bits of frequency are), and a number made up would have tools delete what is \
             in use; under LFU policies the reference refuses as well",
    example: &["SET s1 v", "OBJECT IDLETIME s1"],
    covers: |args, ours, theirs| {
        args[0].eq_ignore_ascii_case(b"OBJECT")
            && matches!(ours, Value::Error(text) if text.starts_with(b"ERR Idle time not tracked"))
            && matches!(theirs, Value::Integer(_))
    },
};

const EXPIRED_USAGE: Difference = Difference {
    reason: "an expired key is gone for every command; the reference still weighs it until someone removes it",
    example: &["DEBUG SET-ACTIVE-EXPIRE 0", "SET s1 v PXAT 1", "MEMORY USAGE s1"],
    covers: |args, ours, theirs| {
        args[0].eq_ignore_ascii_case(b"MEMORY") && *ours == Value::Null && matches!(theirs, Value::Integer(_))
    },
};

const EXPIRED_DIGEST: Difference = Difference {
    reason: "an expired key is gone for every command; the reference still signs it until someone removes it",
    example: &["DEBUG SET-ACTIVE-EXPIRE 0", "SET s1 v PXAT 1", "DEBUG DIGEST-VALUE s1"],
    covers: |args, ours, theirs| {
        let is_nothing = |value: &Value| *value == Value::Simple(vec![b'0'; 40]);
        args[0].eq_ignore_ascii_case(b"DEBUG")
            && match (ours, theirs) {
                (Value::Array(ours), Value::Array(theirs)) => {
                    ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| a == b || is_nothing(a))
                }
                _ => false,
            }
    },
};

const SIZE_BEYOND_64_BITS: Difference = Difference {
    reason: "a size in bytes that does not fit 64 bits is no size; the reference takes the nearest or wraps around",
    example: &["CONFIG SET hash-max-listpack-value 18446744073709551616"],
    covers: |args, ours, theirs| {
        let ends = |value: &Value, text: &[u8]| matches!(value, Value::Error(error) if error.ends_with(text));
        args[0].eq_ignore_ascii_case(b"CONFIG")
            && ends(ours, b"argument must be a memory value")
            && ends(theirs, b"argument must be between 0 and 9223372036854775807 inclusive")
    },
};

const TTL_BEYOND_63_BITS: Difference = Difference {
    reason: "a TTL whose end lies beyond 63 bits of milliseconds is refused, as EXPIRE refuses it; the reference wraps around, \
             answers OK and keeps nothing",
    example: &["RESTORE s1 9223372036854775807 \"\\x00\\x01\\x76\\x0a\\x00\\x91\\x08\\xce\\xb2\\x19\\x38\\x8a\\xce\""],
    covers: |args, ours, theirs| {
        args[0].eq_ignore_ascii_case(b"RESTORE")
            && matches!(ours, Value::Error(text) if text == b"ERR invalid expire time in 'restore' command")
            && *theirs == Value::Simple(b"OK".to_vec())
    },
};

/// Whether some entry covers a pair of replies.
pub(crate) fn covered(args: &[Vec<u8>], ours: &Value, theirs: &Value) -> bool {
    ALL.iter().any(|difference| (difference.covers)(args, ours, theirs))
}

/// One intended difference between what COMMAND INFO says here and in 7.0.15.
pub(crate) struct TableDifference {
    /// `get`, or `client|list` for a subcommand.
    pub command: &'static str,
    /// `arity`, `flags`, `first key`, `last key`, `step`, `categories`, `tips`, `key specifications`, or `exists` for a
    /// command the reference has not.
    pub field: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// The intended differences of the command table.
pub(crate) const TABLE: &[TableDifference] = &[
    exists("namespace", "our own command"),
    exists("batch", "our own command"),
    exists("client|no-touch", "since 7.2"),
    exists("client|setinfo", "since 7.2"),
    remark("getex"),
];

const fn exists(command: &'static str, reason: &'static str) -> TableDifference {
    TableDifference { command, field: "exists", reason }
}

const fn remark(command: &'static str) -> TableDifference {
    TableDifference { command, field: "key specifications", reason: "the remark is in our own words" }
}
