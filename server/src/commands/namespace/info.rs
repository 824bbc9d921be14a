//! `NAMESPACE INFO name`: facts and statistics about a namespace.

use super::resize::Plan;
use super::{find, parameter};
use crate::command::prelude::*;

pub(super) const INFO: Command = Command {
    name: "info",
    summary: "Returns facts and statistics about a namespace.",
    since: "0.4.0",
    complexity: "O(N), N being the number of shards",
    group: Group::Server,
    arity: Arity::Exactly(3),
    flags: NOSCRIPT.with(LOADING).with(STALE),
    tips: &["nondeterministic_output"],
    args: &[Arg::string("name")],
    run: info,
    ..Command::DEFAULT
};

/// Everything is counted since the start of the server. While the namespace is resized, `shards` is the number before and
/// `resize_target` the one after.
fn info(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let namespace = find(ctx, args.bytes()?)?;
    let usage = namespace.recent_usage();
    let counters = usage.counters;
    let numbers = [
        ("keys", usage.keys as u64),
        ("expires", usage.expires as u64),
        ("used_bytes", usage.used_bytes as u64),
        ("key_bytes", usage.key_bytes as u64),
        ("value_bytes", usage.value_bytes as u64),
        ("hits", counters.hits),
        ("misses", counters.misses),
        ("reads", counters.reads),
        ("writes", counters.writes),
        ("expired", counters.expired),
        // The only policy there is evicts nothing.
        ("evicted", 0),
        ("lock_waits", counters.lock_waits),
        ("ops_per_sec", ctx.server.namespace_rates.per_second(namespace.id())),
        ("last_save", ctx.server.persistence.namespace_saved_at_s(&namespace).unwrap_or(0)),
    ];
    let facts = parameter::all(&namespace);
    let autosave = ctx.server.persistence.autosave_of(&namespace).map_or(0, |autosave| autosave.interval_ms / 1_000);
    let plan = Plan::of(ctx.server, &namespace);
    let resize_numbers = [
        ("resize_target", plan.to as u64),
        ("resize_keys_moved", plan.moving.map_or(0, |moving| moving.keys_moved)),
        ("resize_keys_total", plan.moving.map_or(0, |moving| moving.keys_total)),
    ];
    reply.map(3 + facts.len() + numbers.len() + resize_numbers.len());
    reply.bulk(b"name");
    reply.bulk(namespace.name().as_bytes());
    for (name, value) in facts {
        reply.bulk(name.as_bytes());
        match value {
            parameter::Value::Number(number) => reply.integer(number as i64),
            parameter::Value::Word(word) => reply.bulk(word.as_bytes()),
        }
    }
    reply.bulk(b"autosave");
    reply.integer(autosave as i64);
    reply.bulk(b"resize_state");
    reply.bulk(plan.state.as_bytes());
    for (name, number) in numbers.into_iter().chain(resize_numbers) {
        reply.bulk(name.as_bytes());
        reply.integer(number as i64);
    }
    Ok(())
}
