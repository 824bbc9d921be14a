//! `HLEN key`: the number of fields of a hash.

use rkvs_engine::value::HashRef;

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "hlen",
    summary: "Returns the number of fields of a hash.",
    since: "2.0.0",
    complexity: "O(1)",
    group: Group::Hash,
    arity: Arity::Exactly(2),
    flags: READONLY.with(FAST),
    keys: Keys::one(1).flags(RO),
    args: &[Arg::key("key", 0)],
    run: hlen,
    ..Command::DEFAULT
}];

fn hlen(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let count = ctx.keyspace().hash(args.key()?)?.map_or(0, HashRef::len);
    reply.integer(count as i64);
    Ok(())
}
