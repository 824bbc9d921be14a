//! `SETRANGE key offset value`: bytes over a part of a string.

use super::check_length;
use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "setrange",
    summary: "Overwrites bytes of a string from an offset on, filling a gap with zeros.",
    since: "2.2.0",
    complexity: "O(M), M being the length of the value; the same as O(1) when it is short",
    group: Group::String,
    arity: Arity::Exactly(4),
    flags: WRITE.with(DENYOOM),
    keys: Keys::one(1).flags(RW.with(UPDATE)),
    args: &[Arg::key("key", 0), Arg::integer("offset"), Arg::string("value")],
    run: setrange,
    ..Command::DEFAULT
}];

fn setrange(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let (key, offset, bytes) = (args.key()?, args.integer()?, args.bytes()?);
    let offset = usize::try_from(offset).map_err(|_| CommandError::OffsetOutOfRange)?;
    let len_max = ctx.settings.proto_max_bulk_len;
    let mut keyspace = ctx.keyspace();
    if !bytes.is_empty() {
        if let Some(value) = keyspace.peek(key) {
            value.string()?;
        }
        check_length(offset, bytes.len(), len_max)?;
    }
    let len = keyspace.set_range(key, offset, bytes)?;
    reply.integer(len as i64);
    Ok(())
}
