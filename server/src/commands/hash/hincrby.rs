//! `HINCRBY key field increment`: adds to the integer in a field.

use rkvs_engine::error::Error as EngineError;

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "hincrby",
    summary: "Raises the integer in a field by a given amount.",
    since: "2.0.0",
    complexity: "O(1)",
    group: Group::Hash,
    arity: Arity::Exactly(4),
    flags: WRITE.with(DENYOOM).with(FAST),
    keys: Keys::one(1).flags(RW.with(ACCESS).with(UPDATE)),
    args: &[Arg::key("key", 0), Arg::string("field"), Arg::integer("increment")],
    run: hincrby,
    ..Command::DEFAULT
}];

fn hincrby(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let (key, field, increment) = (args.key()?, args.bytes()?, args.integer()?);
    let sum = ctx.keyspace().hash_mut(key)?.increment(field, increment).map_err(|error| match error {
        EngineError::NotAnInteger => CommandError::HashNotAnInteger,
        other => other.into(),
    })?;
    reply.integer(sum);
    Ok(())
}
