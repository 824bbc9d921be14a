//! `ROLE`: the part in replication.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "role",
    summary: "Tells the server's role in replication.",
    since: "2.8.12",
    complexity: "O(1)",
    arity: Arity::Exactly(1),
    flags: NOSCRIPT.with(LOADING).with(STALE).with(FAST),
    categories: Categories::ADMIN.with(Categories::DANGEROUS),
    run: role,
    ..Command::DEFAULT
}];

/// A master without replicas, whose replication stream is empty.
fn role(_: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    reply.array(3);
    reply.bulk(b"master");
    reply.integer(0);
    reply.array(0);
    Ok(())
}
