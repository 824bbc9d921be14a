//! `PERSIST key`: never expires from now on.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "persist",
    summary: "Takes away a key's time to live.",
    since: "2.2.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(2),
    flags: WRITE.with(FAST),
    keys: Keys::one(1).flags(RW.with(UPDATE)),
    args: &[Arg::key("key", 0)],
    run: persist,
    ..Command::DEFAULT
}];

fn persist(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let key = args.key()?;
    let mut keyspace = ctx.keyspace();
    let expires = matches!(keyspace.deadline_ms(key), Some(Some(_)));
    if expires {
        keyspace.set_deadline_ms(key, None);
    }
    reply.integer(expires.into());
    Ok(())
}
