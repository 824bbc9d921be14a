//! `EXISTS key [key …]`: a key named twice counts twice.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "exists",
    summary: "Counts how many of the given keys are in use.",
    since: "1.0.0",
    complexity: "O(N), N being the number of keys",
    group: Group::Generic,
    arity: Arity::AtLeast(2),
    flags: READONLY.with(FAST),
    keys: Keys::range(1, -1, 1).flags(RO),
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    args: &[Arg::key("key", 0).multiple()],
    history: &[change("3.0.3", "Takes several keys.")],
    run: exists,
    ..Command::DEFAULT
}];

fn exists(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let mut keyspace = ctx.keyspace().without_touching();
    keyspace.prefetch_by(args.hashed(), |&(_, hash)| hash);
    let mut found = 0;
    while !args.is_empty() {
        found += i64::from(keyspace.contains(args.key()?));
    }
    reply.integer(found);
    Ok(())
}
