//! `TTL key`, `PTTL`, `EXPIRETIME`, `PEXPIRETIME`: when a key expires.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[
    Command {
        name: "ttl",
        summary: "Returns the seconds a key has left.",
        since: "1.0.0",
        complexity: "O(1)",
        group: Group::Generic,
        arity: Arity::Exactly(2),
        flags: READONLY.with(FAST),
        keys: Keys::one(1),
        tips: &["nondeterministic_output"],
        args: &[Arg::key("key", 0)],
        history: &[change("2.8.0", "Answers -2 when there is no such key.")],
        run: ttl,
        ..Command::DEFAULT
    },
    Command {
        name: "pttl",
        summary: "Returns the milliseconds a key has left.",
        since: "2.6.0",
        complexity: "O(1)",
        group: Group::Generic,
        arity: Arity::Exactly(2),
        flags: READONLY.with(FAST),
        keys: Keys::one(1),
        tips: &["nondeterministic_output"],
        args: &[Arg::key("key", 0)],
        history: &[change("2.8.0", "Answers -2 when there is no such key.")],
        run: pttl,
        ..Command::DEFAULT
    },
    Command {
        name: "expiretime",
        summary: "Returns the Unix time in seconds at which a key expires.",
        since: "7.0.0",
        complexity: "O(1)",
        group: Group::Generic,
        arity: Arity::Exactly(2),
        flags: READONLY.with(FAST),
        keys: Keys::one(1),
        args: &[Arg::key("key", 0)],
        run: expiretime,
        ..Command::DEFAULT
    },
    Command {
        name: "pexpiretime",
        summary: "Returns the Unix time in milliseconds at which a key expires.",
        since: "7.0.0",
        complexity: "O(1)",
        group: Group::Generic,
        arity: Arity::Exactly(2),
        flags: READONLY.with(FAST),
        keys: Keys::one(1),
        args: &[Arg::key("key", 0)],
        run: pexpiretime,
        ..Command::DEFAULT
    },
];

/// The answer for a key that is not there.
const ABSENT: i64 = -2;
/// The answer for a key that does not expire.
const LASTING: i64 = -1;

fn ttl(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    write_deadline(ctx, args, reply, |deadline_ms, now_ms| seconds(deadline_ms.saturating_sub(now_ms)))
}

fn pttl(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    write_deadline(ctx, args, reply, |deadline_ms, now_ms| deadline_ms.saturating_sub(now_ms))
}

fn expiretime(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    write_deadline(ctx, args, reply, |deadline_ms, _| seconds(deadline_ms))
}

fn pexpiretime(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    write_deadline(ctx, args, reply, |deadline_ms, _| deadline_ms)
}

/// The nearest number of seconds.
fn seconds(milliseconds: u64) -> u64 {
    (milliseconds + 500) / 1000
}

/// Replies with what `shown` makes of the key's deadline and the present time.
fn write_deadline(
    ctx: &mut Context<'_>,
    args: &mut Args<'_>,
    reply: &mut Reply<'_>,
    shown: impl FnOnce(u64, u64) -> u64,
) -> CommandResult {
    let now_ms = ctx.now_ms;
    reply.integer(match ctx.keyspace().without_touching().read_deadline_ms(args.key()?) {
        None => ABSENT,
        Some(None) => LASTING,
        Some(Some(deadline_ms)) => shown(deadline_ms, now_ms).cast_signed(),
    });
    Ok(())
}
