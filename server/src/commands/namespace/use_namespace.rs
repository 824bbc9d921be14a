//! `NAMESPACE USE name`: SELECT by name.

use super::find;
use crate::command::prelude::*;

pub(super) const USE: Command = Command {
    name: "use",
    summary: "Chooses the namespace that the connection works on.",
    since: "0.4.0",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(3),
    flags: NOSCRIPT.with(LOADING).with(STALE).with(FAST),
    categories: Categories::CONNECTION,
    args: &[Arg::string("name")],
    run: use_namespace,
    ..Command::DEFAULT
};

fn use_namespace(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let namespace = find(ctx, args.bytes()?)?;
    ctx.select(namespace);
    reply.ok();
    Ok(())
}
