//! `PING [message]`.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "ping",
    summary: "Returns the server's liveliness response.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::AtLeast(1),
    flags: FAST,
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    args: &[Arg::string("message").optional()],
    run: ping,
    ..Command::DEFAULT
}];

fn ping(_: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    match (args.next(), args.is_empty()) {
        (None, _) => reply.simple("PONG"),
        (Some(message), true) => reply.bulk(message),
        (Some(_), false) => return Err(CommandError::WrongArity("ping")),
    }
    Ok(())
}
