//! `DBSIZE`: number of keys.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "dbsize",
    summary: "Returns the number of keys in the database.",
    since: "1.0.0",
    complexity: "O(1)",
    arity: Arity::Exactly(1),
    flags: READONLY.with(FAST),
    categories: Categories::KEYSPACE,
    scope: Scope::Namespace,
    tips: &["request_policy:all_shards", "response_policy:agg_sum"],
    run: dbsize,
    ..Command::DEFAULT
}];

fn dbsize(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    reply.integer(ctx.keyspace().len() as i64);
    Ok(())
}
