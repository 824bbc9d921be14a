//! `MGET key [key …]`: the values of several strings.

use super::write_string;
use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "mget",
    summary: "Returns the strings at several keys.",
    since: "1.0.0",
    complexity: "O(N), N being the number of keys",
    group: Group::String,
    arity: Arity::AtLeast(2),
    flags: READONLY.with(FAST),
    keys: Keys::range(1, -1, 1),
    tips: &["request_policy:multi_shard"],
    args: &[Arg::key("key", 0).multiple()],
    run: mget,
    ..Command::DEFAULT
}];

fn mget(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    reply.array(args.remaining());
    let mut keyspace = ctx.keyspace();
    keyspace.prefetch_by(args.hashed(), |&(_, hash)| hash);
    while !args.is_empty() {
        // A key that holds something else is answered like an absent one.
        match keyspace.read(args.key()?).and_then(|value| value.string().ok()) {
            Some(value) => write_string(reply, value),
            None => reply.null(),
        }
    }
    Ok(())
}
