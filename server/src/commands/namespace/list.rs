//! `NAMESPACE LIST`: the names of all namespaces, by database index.

use crate::command::prelude::*;

pub(super) const LIST: Command = Command {
    name: "list",
    summary: "Lists the namespaces by database index.",
    since: "0.4.0",
    complexity: "O(N), N being the number of namespaces",
    group: Group::Server,
    arity: Arity::Exactly(2),
    flags: NOSCRIPT.with(LOADING).with(STALE),
    run: list,
    ..Command::DEFAULT
};

fn list(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let namespaces = ctx.server.engine.namespaces();
    reply.array(namespaces.len());
    for namespace in namespaces {
        reply.bulk(namespace.name().as_bytes());
    }
    Ok(())
}
