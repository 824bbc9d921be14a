//! `SETNX key value`: a string for a key that is not in use.

use rkvs_engine::keyspace::DeadlineChange;

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "setnx",
    summary: "Stores a string if the key is not in use.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::Exactly(3),
    flags: WRITE.with(DENYOOM).with(FAST),
    keys: Keys::one(1).flags(OW.with(INSERT)),
    args: &[Arg::key("key", 0), Arg::string("value")],
    run: setnx,
    ..Command::DEFAULT
}];

fn setnx(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let (key, value) = (args.key()?, args.bytes()?);
    let mut keyspace = ctx.keyspace();
    let applies = keyspace.value_type(key).is_none();
    if applies {
        keyspace.set_string(key, value, DeadlineChange::Clear)?;
    }
    reply.integer(applies.into());
    Ok(())
}
