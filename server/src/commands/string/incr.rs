//! `INCR key`, `INCRBY key increment`, `DECR key`, `DECRBY key decrement`: arithmetic on 64-bit integers.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[
    Command {
        name: "incr",
        summary: "Raises the integer at a key by one, counting from 0 if there is none.",
        since: "1.0.0",
        complexity: "O(1)",
        group: Group::String,
        arity: Arity::Exactly(2),
        flags: WRITE.with(DENYOOM).with(FAST),
        keys: Keys::one(1).flags(RW.with(ACCESS).with(UPDATE)),
        args: &[Arg::key("key", 0)],
        run: incr,
        ..Command::DEFAULT
    },
    Command {
        name: "incrby",
        summary: "Raises the integer at a key by a given amount.",
        since: "1.0.0",
        complexity: "O(1)",
        group: Group::String,
        arity: Arity::Exactly(3),
        flags: WRITE.with(DENYOOM).with(FAST),
        keys: Keys::one(1).flags(RW.with(ACCESS).with(UPDATE)),
        args: &[Arg::key("key", 0), Arg::integer("increment")],
        run: incrby,
        ..Command::DEFAULT
    },
    Command {
        name: "decr",
        summary: "Lowers the integer at a key by one, counting from 0 if there is none.",
        since: "1.0.0",
        complexity: "O(1)",
        group: Group::String,
        arity: Arity::Exactly(2),
        flags: WRITE.with(DENYOOM).with(FAST),
        keys: Keys::one(1).flags(RW.with(ACCESS).with(UPDATE)),
        args: &[Arg::key("key", 0)],
        run: decr,
        ..Command::DEFAULT
    },
    Command {
        name: "decrby",
        summary: "Lowers the integer at a key by a given amount.",
        since: "1.0.0",
        complexity: "O(1)",
        group: Group::String,
        arity: Arity::Exactly(3),
        flags: WRITE.with(DENYOOM).with(FAST),
        keys: Keys::one(1).flags(RW.with(ACCESS).with(UPDATE)),
        args: &[Arg::key("key", 0), Arg::integer("decrement")],
        run: decrby,
        ..Command::DEFAULT
    },
];

fn incr(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    add(ctx, args, reply, |_| Ok(1))
}

fn incrby(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    add(ctx, args, reply, Args::integer)
}

fn decr(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    add(ctx, args, reply, |_| Ok(-1))
}

fn decrby(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    add(ctx, args, reply, |args| args.integer()?.checked_neg().ok_or(CommandError::DecrementOverflow))
}

/// Adds to the key's integer what `delta` reads behind the key.
#[inline]
fn add<'a>(
    ctx: &mut Context<'_>,
    args: &mut Args<'a>,
    reply: &mut Reply<'_>,
    delta: impl FnOnce(&mut Args<'a>) -> Result<i64, CommandError>,
) -> CommandResult {
    let (key, delta) = (args.key()?, delta(args)?);
    reply.integer(ctx.keyspace().increment(key, delta)?);
    Ok(())
}
