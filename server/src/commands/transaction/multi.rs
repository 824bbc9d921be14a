//! `MULTI`, `EXEC`, `DISCARD`.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[
    Command {
        name: "multi",
        summary: "Starts a transaction.",
        since: "1.2.0",
        complexity: "O(1)",
        group: Group::Transactions,
        arity: Arity::Exactly(1),
        flags: NOSCRIPT.with(LOADING).with(STALE).with(FAST).with(ALLOW_BUSY),
        run: multi,
        ..Command::DEFAULT
    },
    Command {
        name: "exec",
        summary: "Executes all commands in a transaction.",
        since: "1.2.0",
        complexity: "Depends on commands in the transaction",
        group: Group::Transactions,
        arity: Arity::Exactly(1),
        flags: NOSCRIPT.with(LOADING).with(STALE).with(SKIP_SLOWLOG),
        run: exec,
        ..Command::DEFAULT
    },
    Command {
        name: "discard",
        summary: "Discards a transaction.",
        since: "2.0.0",
        complexity: "O(N), when N is the number of queued commands",
        group: Group::Transactions,
        arity: Arity::Exactly(1),
        flags: NOSCRIPT.with(LOADING).with(STALE).with(FAST).with(ALLOW_BUSY),
        run: discard,
        ..Command::DEFAULT
    },
];

fn multi(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let session = &mut *ctx.session;
    if session.transaction.is_open() {
        return Err(CommandError::NestedMulti);
    }
    session.transaction.open(&session.info);
    reply.ok();
    Ok(())
}

/// Answers an EXEC that has no MULTI before it; one that has is carried out by dispatch, which takes the locks for all
/// queued requests.
fn exec(_: &mut Context<'_>, _: &mut Args<'_>, _: &mut Reply<'_>) -> CommandResult {
    Err(CommandError::ExecWithoutMulti)
}

fn discard(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let session = &mut *ctx.session;
    if !session.transaction.is_open() {
        return Err(CommandError::DiscardWithoutMulti);
    }
    session.transaction.discard(&session.info);
    reply.ok();
    Ok(())
}
