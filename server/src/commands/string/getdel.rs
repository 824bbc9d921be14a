//! `GETDEL key`: the value of a string, and its end.

use super::write_string;
use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "getdel",
    summary: "Returns the string at a key and removes the key.",
    since: "6.2.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::Exactly(2),
    flags: WRITE.with(FAST),
    keys: Keys::one(1).flags(RW.with(ACCESS).with(DELETE)),
    args: &[Arg::key("key", 0)],
    run: getdel,
    ..Command::DEFAULT
}];

fn getdel(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let key = args.key()?;
    let mut keyspace = ctx.keyspace();
    match keyspace.string(key)? {
        Some(value) => {
            write_string(reply, value);
            keyspace.remove(key);
        }
        None => reply.null(),
    }
    Ok(())
}
