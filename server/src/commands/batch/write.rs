//! `BATCH SET | UPDATE ALLORNOTHING | BESTEFFORT key value [key value …]`: the values replaced are returned.

use rkvs_engine::table::Key;

use super::{mode, report};
use crate::command::prelude::*;

pub(super) const BATCH_SET: Command = Command {
    name: "set",
    summary: "Stores strings at several keys, with a result for each.",
    since: "0.4.0",
    complexity: "O(N), N being the number of keys",
    group: Group::Generic,
    arity: Arity::AtLeast(5),
    flags: WRITE.with(DENYOOM),
    keys: Keys::range(3, -1, 2).flags(OW.with(UPDATE)),
    args: &[
        Arg::one_of("mode", &[Arg::word("all-or-nothing", "ALLORNOTHING"), Arg::word("best-effort", "BESTEFFORT")]),
        Arg::block("data", &[Arg::key("key", 0), Arg::string("value")]).multiple(),
    ],
    run: set,
    ..Command::DEFAULT
};

pub(super) const BATCH_UPDATE: Command = Command {
    name: "update",
    summary: "Replaces the strings at several keys that exist, with a result for each.",
    since: "0.4.0",
    complexity: "O(N), N being the number of keys",
    group: Group::Generic,
    arity: Arity::AtLeast(5),
    flags: WRITE.with(DENYOOM),
    keys: Keys::range(3, -1, 2).flags(RW.with(ACCESS).with(UPDATE)),
    args: &[
        Arg::one_of("mode", &[Arg::word("all-or-nothing", "ALLORNOTHING"), Arg::word("best-effort", "BESTEFFORT")]),
        Arg::block("data", &[Arg::key("key", 0), Arg::string("value")]).multiple(),
    ],
    run: update,
    ..Command::DEFAULT
};

fn set(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let mode = mode(args)?;
    let (keys, values) = pairs(args, "batch|set")?;
    report(ctx, mode, &keys, reply, |keyspace| keyspace.batch_set(mode, &keys, &values), |reply| reply.null())
}

fn update(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let mode = mode(args)?;
    let (keys, values) = pairs(args, "batch|update")?;
    report(ctx, mode, &keys, reply, |keyspace| keyspace.batch_update(mode, &keys, &values), |reply| reply.null())
}

/// The keys and values that remain.
fn pairs<'a>(args: &mut Args<'a>, command: &'static str) -> Result<(Vec<Key<'a>>, Vec<&'a [u8]>), CommandError> {
    if !args.remaining().is_multiple_of(2) {
        return Err(CommandError::WrongArity(command));
    }
    (0..args.remaining() / 2).map(|_| Ok((args.key()?, args.bytes()?))).collect()
}
