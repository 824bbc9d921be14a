//! `DEL key [key …]` and `UNLINK key [key …]`.
//!
//! They are the same: what takes time to free is freed in the background either way.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[
    Command {
        name: "del",
        summary: "Removes keys.",
        since: "1.0.0",
        complexity: "O(N), N being the number of keys plus the elements of collections among them",
        group: Group::Generic,
        arity: Arity::AtLeast(2),
        flags: WRITE,
        keys: Keys::range(1, -1, 1).flags(RM.with(DELETE)),
        tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
        args: &[Arg::key("key", 0).multiple()],
        run: del,
        ..Command::DEFAULT
    },
    Command {
        name: "unlink",
        summary: "Removes keys and frees large values in the background.",
        since: "4.0.0",
        complexity: "O(N), N being the number of keys; freeing happens elsewhere",
        group: Group::Generic,
        arity: Arity::AtLeast(2),
        flags: WRITE.with(FAST),
        keys: Keys::range(1, -1, 1).flags(RM.with(DELETE)),
        tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
        args: &[Arg::key("key", 0).multiple()],
        run: del,
        ..Command::DEFAULT
    },
];

fn del(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let mut keyspace = ctx.keyspace();
    keyspace.prefetch_by(args.hashed(), |&(_, hash)| hash);
    let mut removed = 0;
    while !args.is_empty() {
        removed += i64::from(keyspace.remove(args.key()?));
    }
    reply.integer(removed);
    Ok(())
}
