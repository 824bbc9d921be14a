//! `SELECT index`: works on another database from now on.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "select",
    summary: "Changes the selected database.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::Exactly(2),
    flags: LOADING.with(STALE).with(FAST),
    args: &[Arg::integer("index")],
    run: select,
    ..Command::DEFAULT
}];

fn select(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let namespace = ctx.database(args.integer()?)?;
    ctx.select(namespace);
    reply.ok();
    Ok(())
}
