//! `APPEND key value`: bytes behind the end of a string.

use super::check_length;
use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "append",
    summary: "Adds bytes to the end of a string, creating it if there is none.",
    since: "2.0.0",
    complexity: "O(1) amortized over the bytes added",
    group: Group::String,
    arity: Arity::Exactly(3),
    flags: WRITE.with(DENYOOM).with(FAST),
    keys: Keys::one(1).flags(RW.with(INSERT)),
    args: &[Arg::key("key", 0), Arg::string("value")],
    run: append,
    ..Command::DEFAULT
}];

fn append(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let (key, bytes) = (args.key()?, args.bytes()?);
    let len_max = ctx.settings.proto_max_bulk_len;
    let mut keyspace = ctx.keyspace();
    if let Some(value) = keyspace.peek(key) {
        check_length(value.string()?.len(), bytes.len(), len_max)?;
    }
    let len = keyspace.append(key, bytes)?;
    reply.integer(len as i64);
    Ok(())
}
