//! `WATCH key [key …]`, `UNWATCH`.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[
    Command {
        name: "watch",
        summary: "Monitors changes to keys to determine the execution of a transaction.",
        since: "2.2.0",
        complexity: "O(1) for every key.",
        group: Group::Transactions,
        arity: Arity::AtLeast(2),
        flags: NOSCRIPT.with(LOADING).with(STALE).with(FAST).with(ALLOW_BUSY),
        keys: Keys::range(1, -1, 1).flags(RO),
        args: &[Arg::key("key", 0).multiple()],
        run: watch,
        ..Command::DEFAULT
    },
    Command {
        name: "unwatch",
        summary: "Forgets about watched keys of a transaction.",
        since: "2.2.0",
        complexity: "O(1)",
        group: Group::Transactions,
        arity: Arity::Exactly(1),
        flags: NOSCRIPT.with(LOADING).with(STALE).with(FAST).with(ALLOW_BUSY),
        run: unwatch,
        ..Command::DEFAULT
    },
];

fn watch(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    if ctx.session.transaction.is_open() {
        return Err(CommandError::WatchInMulti);
    }
    while !args.is_empty() {
        ctx.watch(args.key()?);
    }
    reply.ok();
    Ok(())
}

fn unwatch(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    // Inside a transaction that runs, EXEC has ended the watches already.
    let session = &mut *ctx.session;
    session.transaction.unwatch(&session.info);
    reply.ok();
    Ok(())
}
