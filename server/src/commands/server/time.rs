//! `TIME`: the server's clock.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "time",
    summary: "Returns the server's clock.",
    since: "2.6.0",
    complexity: "O(1)",
    arity: Arity::Exactly(1),
    flags: LOADING.with(STALE).with(FAST),
    tips: &["nondeterministic_output"],
    run: time,
    ..Command::DEFAULT
}];

fn time(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let now_us = ctx.server.engine.clock().now_us();
    reply.array(2);
    reply.bulk_integer((now_us / 1_000_000) as i64);
    reply.bulk_integer((now_us % 1_000_000) as i64);
    Ok(())
}
