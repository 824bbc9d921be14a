//! `ECHO message`.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "echo",
    summary: "Returns the given string.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::Exactly(2),
    flags: LOADING.with(STALE).with(FAST),
    args: &[Arg::string("message")],
    run: echo,
    ..Command::DEFAULT
}];

fn echo(_: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    reply.bulk(args.bytes()?);
    Ok(())
}
