//! `TYPE key`: the type of its value.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "type",
    summary: "Names the type of the value at a key.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(2),
    flags: READONLY.with(FAST),
    keys: Keys::one(1).flags(RO),
    args: &[Arg::key("key", 0)],
    run: type_of,
    ..Command::DEFAULT
}];

fn type_of(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let mut keyspace = ctx.keyspace().without_touching();
    let value = keyspace.read(args.key()?);
    reply.simple(value.map_or("none", |value| value.value_type().name()));
    Ok(())
}
