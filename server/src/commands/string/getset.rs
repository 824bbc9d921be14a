//! `GETSET key value`: a new value for the old one.

use rkvs_engine::keyspace::DeadlineChange;

use super::write_string;
use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "getset",
    summary: "Stores a string and returns the one it replaces.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::Exactly(3),
    flags: WRITE.with(DENYOOM).with(FAST),
    keys: Keys::one(1).flags(RW.with(ACCESS).with(UPDATE)),
    args: &[Arg::key("key", 0), Arg::string("value")],
    deprecated: Some(Deprecation { since: "6.2.0", replaced_by: "`SET` with `GET`" }),
    run: getset,
    ..Command::DEFAULT
}];

fn getset(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let (key, value) = (args.key()?, args.bytes()?);
    let mut keyspace = ctx.keyspace();
    match keyspace.string(key)? {
        Some(old) => write_string(reply, old),
        None => reply.null(),
    }
    keyspace.set_string(key, value, DeadlineChange::Clear)?;
    Ok(())
}
