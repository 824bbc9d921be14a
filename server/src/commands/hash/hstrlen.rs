//! `HSTRLEN key field`: the length of a field's value.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "hstrlen",
    summary: "Returns the length in bytes of a field's value.",
    since: "3.2.0",
    complexity: "O(1)",
    group: Group::Hash,
    arity: Arity::Exactly(3),
    flags: READONLY.with(FAST),
    keys: Keys::one(1).flags(RO),
    args: &[Arg::key("key", 0), Arg::string("field")],
    run: hstrlen,
    ..Command::DEFAULT
}];

fn hstrlen(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let (key, field) = (args.key()?, args.bytes()?);
    let len_bytes = ctx.keyspace().hash(key)?.map_or(0, |hash| hash.value_len(field));
    reply.integer(len_bytes as i64);
    Ok(())
}
