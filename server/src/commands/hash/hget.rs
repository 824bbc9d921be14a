//! `HGET key field`: the value of a field.

use crate::command::prelude::*;
use crate::commands::string::write_string;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "hget",
    summary: "Returns the value of a field.",
    since: "2.0.0",
    complexity: "O(1)",
    group: Group::Hash,
    arity: Arity::Exactly(3),
    flags: READONLY.with(FAST),
    keys: Keys::one(1),
    args: &[Arg::key("key", 0), Arg::string("field")],
    run: hget,
    ..Command::DEFAULT
}];

fn hget(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let (key, field) = (args.key()?, args.bytes()?);
    match ctx.keyspace().hash(key)?.and_then(|hash| hash.get(field)) {
        Some(value) => write_string(reply, value),
        None => reply.null(),
    }
    Ok(())
}
