//! `BATCH GET | DEL | CONSUME ALLORNOTHING | BESTEFFORT key [key …]`

use rkvs_engine::table::Key;

use super::{mode, report};
use crate::command::prelude::*;

pub(super) const BATCH_GET: Command = Command {
    name: "get",
    summary: "Returns the strings at several keys, with a result for each.",
    since: "0.4.0",
    complexity: "O(N), N being the number of keys",
    group: Group::Generic,
    arity: Arity::AtLeast(4),
    flags: READONLY,
    keys: Keys::range(3, -1, 1),
    args: &[
        Arg::one_of("mode", &[Arg::word("all-or-nothing", "ALLORNOTHING"), Arg::word("best-effort", "BESTEFFORT")]),
        Arg::key("key", 0).multiple(),
    ],
    run: get,
    ..Command::DEFAULT
};

pub(super) const BATCH_DEL: Command = Command {
    name: "del",
    summary: "Removes several keys, with a result for each.",
    since: "0.4.0",
    complexity: "O(N), N being the number of keys",
    group: Group::Generic,
    arity: Arity::AtLeast(4),
    flags: WRITE,
    keys: Keys::range(3, -1, 1).flags(RM.with(DELETE)),
    args: &[
        Arg::one_of("mode", &[Arg::word("all-or-nothing", "ALLORNOTHING"), Arg::word("best-effort", "BESTEFFORT")]),
        Arg::key("key", 0).multiple(),
    ],
    run: del,
    ..Command::DEFAULT
};

pub(super) const BATCH_CONSUME: Command = Command {
    name: "consume",
    summary: "Returns the strings at several keys and removes the keys, with a result for each.",
    since: "0.4.0",
    complexity: "O(N), N being the number of keys",
    group: Group::Generic,
    arity: Arity::AtLeast(4),
    flags: WRITE,
    keys: Keys::range(3, -1, 1).flags(RW.with(ACCESS).with(DELETE)),
    args: &[
        Arg::one_of("mode", &[Arg::word("all-or-nothing", "ALLORNOTHING"), Arg::word("best-effort", "BESTEFFORT")]),
        Arg::key("key", 0).multiple(),
    ],
    run: consume,
    ..Command::DEFAULT
};

fn get(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let mode = mode(args)?;
    let keys = keys(args)?;
    report(ctx, mode, &keys, reply, |keyspace| keyspace.batch_get(mode, &keys), |reply| reply.null())
}

fn del(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let mode = mode(args)?;
    let keys = keys(args)?;
    report(ctx, mode, &keys, reply, |keyspace| keyspace.batch_delete(mode, &keys), |reply| reply.integer(1))
}

fn consume(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let mode = mode(args)?;
    let keys = keys(args)?;
    report(ctx, mode, &keys, reply, |keyspace| keyspace.batch_consume(mode, &keys), |reply| reply.null())
}

/// The keys that remain.
fn keys<'a>(args: &mut Args<'a>) -> Result<Vec<Key<'a>>, CommandError> {
    (0..args.remaining()).map(|_| args.key()).collect()
}
