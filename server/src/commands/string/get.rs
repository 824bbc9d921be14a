//! `GET key`: the value of a string.

use super::write_string;
use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "get",
    summary: "Returns the string value of a key.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::Exactly(2),
    flags: READONLY.with(FAST),
    keys: Keys::one(1).flags(RO.with(ACCESS)),
    args: &[Arg::key("key", 0)],
    run: get,
    ..Command::DEFAULT
}];

fn get(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    match ctx.keyspace().string(args.key()?)? {
        Some(value) => write_string(reply, value),
        None => reply.null(),
    }
    Ok(())
}
