//! `QUIT`: ends the connection.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "quit",
    summary: "Closes the connection.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::AtLeast(1),
    flags: ALLOW_BUSY.with(NOSCRIPT).with(LOADING).with(STALE).with(FAST).with(NO_AUTH),
    deprecated: Some(Deprecation { since: "7.2.0", replaced_by: "just closing the connection" }),
    run: quit,
    ..Command::DEFAULT
}];

fn quit(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    reply.ok();
    ctx.session.close();
    Ok(())
}
