//! `HSETNX key field value`: sets a field that the hash does not have.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "hsetnx",
    summary: "Sets a field of a hash if the hash does not have it.",
    since: "2.0.0",
    complexity: "O(1)",
    group: Group::Hash,
    arity: Arity::Exactly(4),
    flags: WRITE.with(DENYOOM).with(FAST),
    keys: Keys::one(1).flags(RW.with(INSERT)),
    args: &[Arg::key("key", 0), Arg::string("field"), Arg::string("value")],
    run: hsetnx,
    ..Command::DEFAULT
}];

fn hsetnx(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let (key, field, value) = (args.key()?, args.bytes()?, args.bytes()?);
    let mut keyspace = ctx.keyspace();
    let mut hash = keyspace.hash_mut(key)?;
    let is_new = hash.get(field).is_none() && hash.set(field, value)?;
    reply.integer(i64::from(is_new));
    Ok(())
}
