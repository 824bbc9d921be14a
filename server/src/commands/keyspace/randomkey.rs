//! `RANDOMKEY`: any key, all equally likely.

use rkvs_engine::random::Random;

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "randomkey",
    summary: "Returns a key chosen at random.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(1),
    flags: READONLY.with(TOUCHES_ARBITRARY_KEYS),
    scope: Scope::Namespace,
    tips: &["request_policy:all_shards", "nondeterministic_output"],
    run: randomkey,
    ..Command::DEFAULT
}];

fn randomkey(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let found = ctx.keyspace().random_key(&mut Random::from_entropy(), |key| reply.bulk(key));
    if found.is_none() {
        reply.null();
    }
    Ok(())
}
