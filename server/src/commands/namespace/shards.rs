//! `NAMESPACE SHARDS name`: facts and statistics about every shard of a namespace.

use rkvs_engine::stats::Usage;

use super::find;
use crate::command::prelude::*;

pub(super) const SHARDS: Command = Command {
    name: "shards",
    summary: "Returns facts and statistics about every shard of a namespace.",
    since: "0.4.0",
    complexity: "O(N), N being the number of shards",
    group: Group::Server,
    arity: Arity::Exactly(3),
    flags: NOSCRIPT.with(LOADING).with(STALE),
    tips: &["nondeterministic_output"],
    args: &[Arg::string("name")],
    run: shards,
    ..Command::DEFAULT
};

/// While the namespace is resized the new shards follow the ones there were.
fn shards(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let namespace = find(ctx, args.bytes()?)?;
    let mut usages = namespace.recent_shard_usage();
    if usages.is_empty() {
        // They come into being with the first use.
        usages.resize(namespace.shard_count(), Usage::default());
    }
    reply.array(usages.len());
    for (index, usage) in usages.into_iter().enumerate() {
        let numbers = [
            ("shard", index),
            ("keys", usage.keys),
            ("expires", usage.expires),
            ("used_bytes", usage.used_bytes),
            ("lock_waits", usage.counters.lock_waits as usize),
        ];
        reply.map(numbers.len());
        for (name, number) in numbers {
            reply.bulk(name.as_bytes());
            reply.integer(number as i64);
        }
    }
    Ok(())
}
