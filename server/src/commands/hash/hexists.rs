//! `HEXISTS key field`: whether a hash has a field.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "hexists",
    summary: "Tells whether a hash has a field.",
    since: "2.0.0",
    complexity: "O(1)",
    group: Group::Hash,
    arity: Arity::Exactly(3),
    flags: READONLY.with(FAST),
    keys: Keys::one(1).flags(RO),
    args: &[Arg::key("key", 0), Arg::string("field")],
    run: hexists,
    ..Command::DEFAULT
}];

fn hexists(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let (key, field) = (args.key()?, args.bytes()?);
    let found = ctx.keyspace().hash(key)?.is_some_and(|hash| hash.contains(field));
    reply.integer(i64::from(found));
    Ok(())
}
