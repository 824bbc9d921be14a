//! `HDEL key field [field …]`: removes fields of a hash, and the hash with its last field.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "hdel",
    summary: "Removes fields of a hash, and the hash with its last field.",
    since: "2.0.0",
    complexity: "O(N), N being the number of fields given",
    group: Group::Hash,
    arity: Arity::AtLeast(3),
    flags: WRITE.with(FAST),
    keys: Keys::one(1).flags(RW.with(DELETE)),
    args: &[Arg::key("key", 0), Arg::string("field").multiple()],
    history: &[change("2.4.0", "Takes several fields.")],
    run: hdel,
    ..Command::DEFAULT
}];

fn hdel(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let key = args.key()?;
    let mut keyspace = ctx.keyspace();
    let mut hash = keyspace.hash_mut(key)?;
    let removed = args.filter(|field| hash.remove(field)).count();
    reply.integer(removed as i64);
    Ok(())
}
