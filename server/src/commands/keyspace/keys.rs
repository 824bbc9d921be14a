//! `KEYS pattern`: all keys that match.

use std::sync::Arc;

use rkvs_engine::glob;
use rkvs_engine::shard::multi_key::Reach;

use super::names::Names;
use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "keys",
    summary: "Lists all keys that match a pattern.",
    since: "1.0.0",
    complexity: "O(N), N being the number of keys in the database",
    group: Group::Generic,
    arity: Arity::Exactly(2),
    flags: READONLY.with(TOUCHES_ARBITRARY_KEYS),
    categories: Categories::DANGEROUS,
    scope: Scope::Namespace,
    tips: &["request_policy:all_shards", "nondeterministic_output_order"],
    args: &[Arg::pattern("pattern")],
    run: keys,
    ..Command::DEFAULT
}];

fn keys(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let pattern = args.bytes()?;
    if glob::is_literal(pattern) {
        return one_key(ctx, args, reply, pattern);
    }
    let all = glob::matches_all(pattern);
    let found = ctx.keyspace().collect(|found: &mut Names, entry| {
        if all || glob::matches(pattern, entry.key, false) {
            found.push(entry.key);
        }
    });
    found.write(reply);
    Ok(())
}

/// Answers a pattern that matches no key but the one it spells.
fn one_key(ctx: &mut Context<'_>, args: &Args<'_>, reply: &mut Reply<'_>, name: &[u8]) -> CommandResult {
    let (namespace, key) = (Arc::clone(ctx.namespace()), args.hasher().key(name));
    let found = !namespace.is_vacant()
        && ctx.with_shards(&[(namespace, Reach::Key(key.hash))], |locks, handles, now_ms| {
            Ok(locks.keyspace(handles[0], now_ms).value_type(key).is_some())
        })?;
    reply.array(found.into());
    if found {
        reply.bulk(name);
    }
    Ok(())
}
