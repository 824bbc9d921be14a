//! `TOUCH key [key …]`: looks keys up as if they were read, whatever CLIENT NO-TOUCH says.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "touch",
    summary: "Marks keys as used just now and counts those that exist.",
    since: "3.2.1",
    complexity: "O(N), N being the number of keys",
    group: Group::Generic,
    arity: Arity::AtLeast(2),
    flags: READONLY.with(FAST),
    keys: Keys::range(1, -1, 1).flags(RO),
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    args: &[Arg::key("key", 0).multiple()],
    run: touch,
    ..Command::DEFAULT
}];

fn touch(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let mut keyspace = ctx.keyspace();
    keyspace.prefetch_by(args.hashed(), |&(_, hash)| hash);
    let mut found = 0;
    while !args.is_empty() {
        found += i64::from(keyspace.touch(args.key()?));
    }
    reply.integer(found);
    Ok(())
}
