//! `OBJECT ENCODING | FREQ | IDLETIME | REFCOUNT key`: how a value is kept.

use rkvs_engine::value::{StringRef, ValueRef};

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "object",
    summary: "Holds the commands that look at how a value is kept.",
    since: "2.2.3",
    complexity: "That of the subcommand.",
    group: Group::Generic,
    arity: Arity::AtLeast(2),
    subcommands: &[
        Command {
            name: "encoding",
            summary: "Names the encoding in which a value is kept.",
            since: "2.2.3",
            complexity: "O(1)",
            group: Group::Generic,
            arity: Arity::Exactly(3),
            flags: READONLY,
            keys: Keys::one(2).flags(RO),
            tips: &["nondeterministic_output"],
            args: &[Arg::key("key", 0)],
            run: encoding,
            ..Command::DEFAULT
        },
        Command {
            name: "freq",
            summary: "Returns how often a key is used, on a logarithmic scale.",
            since: "4.0.0",
            complexity: "O(1)",
            group: Group::Generic,
            arity: Arity::Exactly(3),
            flags: READONLY,
            keys: Keys::one(2).flags(RO),
            tips: &["nondeterministic_output"],
            args: &[Arg::key("key", 0)],
            run: freq,
            ..Command::DEFAULT
        },
        Command {
            name: "help",
            summary: "Lists the subcommands of OBJECT.",
            since: "6.2.0",
            complexity: "O(1)",
            group: Group::Generic,
            arity: Arity::Exactly(2),
            flags: LOADING.with(STALE),
            run: container_help,
            ..Command::DEFAULT
        },
        Command {
            name: "idletime",
            summary: "Returns the seconds since a key was last used.",
            since: "2.2.3",
            complexity: "O(1)",
            group: Group::Generic,
            arity: Arity::Exactly(3),
            flags: READONLY,
            keys: Keys::one(2).flags(RO),
            tips: &["nondeterministic_output"],
            args: &[Arg::key("key", 0)],
            run: idletime,
            ..Command::DEFAULT
        },
        Command {
            name: "refcount",
            summary: "Returns the number of references to a value.",
            since: "2.2.3",
            complexity: "O(1)",
            group: Group::Generic,
            arity: Arity::Exactly(3),
            flags: READONLY,
            keys: Keys::one(2).flags(RO),
            tips: &["nondeterministic_output"],
            args: &[Arg::key("key", 0)],
            run: refcount,
            ..Command::DEFAULT
        },
    ],
    ..Command::DEFAULT
}];

/// What REFCOUNT answers for the integers that the reference keeps only once, and which they are. Clients see it; here every key
/// has a value of its own.
const SHARED_COUNT: i64 = i32::MAX as i64;
const SHARED_INTEGERS: std::ops::Range<i64> = 0..10_000;

/// The error of FREQ while no policy counts accesses.
const NOT_LFU: CommandError = CommandError::Other(
    "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between \
     policies at runtime LRU and LFU data will take some time to adjust.",
);

/// The error of IDLETIME under any policy.
const NO_IDLE_TIME: CommandError =
    CommandError::Other("ERR Idle time not tracked: this server keeps an access frequency for each key instead.");

fn encoding(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    look_up(ctx, args, reply, |value, reply| {
        reply.bulk(value.encoding().name().as_bytes());
        Ok(())
    })
}

fn freq(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    look_up(ctx, args, reply, |_, _| Err(NOT_LFU))
}

/// The time of the last access is not kept: two bits of frequency per key are what eviction needs, and a number made up here would
/// have tools delete what is in use. They know the refusal from LFU policies, under which the reference keeps no idle time either.
fn idletime(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    look_up(ctx, args, reply, |_, _| Err(NO_IDLE_TIME))
}

fn refcount(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    look_up(ctx, args, reply, |value, reply| {
        let shared = matches!(value.string(), Ok(StringRef::Integer(integer)) if SHARED_INTEGERS.contains(&integer));
        reply.integer(if shared { SHARED_COUNT } else { 1 });
        Ok(())
    })
}

/// Replies null, or what `write` makes of the key's value. Leaves the key's access frequency alone.
fn look_up(
    ctx: &mut Context<'_>,
    args: &mut Args<'_>,
    reply: &mut Reply<'_>,
    write: impl FnOnce(ValueRef<'_>, &mut Reply<'_>) -> CommandResult,
) -> CommandResult {
    match ctx.keyspace().without_touching().read(args.key()?) {
        Some(value) => write(value, reply),
        None => {
            reply.null();
            Ok(())
        }
    }
}
