//! `STRLEN key`: the length of a string.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "strlen",
    summary: "Returns the length in bytes of the string at a key.",
    since: "2.2.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::Exactly(2),
    flags: READONLY.with(FAST),
    keys: Keys::one(1).flags(RO),
    args: &[Arg::key("key", 0)],
    run: strlen,
    ..Command::DEFAULT
}];

fn strlen(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let len = ctx.keyspace().string(args.key()?)?.map_or(0, |value| value.len());
    reply.integer(len as i64);
    Ok(())
}
