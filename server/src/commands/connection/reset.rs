//! `RESET`: the connection is as when it was new.

use std::sync::atomic::Ordering::Relaxed;

use crate::command::prelude::*;
use crate::resp::Protocol;
use crate::session::ReplyMode;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "reset",
    summary: "Resets the connection.",
    since: "6.2.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::Exactly(1),
    flags: ALLOW_BUSY.with(NOSCRIPT).with(LOADING).with(STALE).with(FAST).with(NO_AUTH),
    run: reset,
    ..Command::DEFAULT
}];

fn reset(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let first = ctx.database(0)?;
    ctx.select(first);
    let needs_password = ctx.settings.requirepass.is_set();
    let session = &mut *ctx.session;
    session.transaction.discard(&session.info);
    session.speak(Protocol::Resp2);
    session.set_authenticated(!needs_password);
    session.reply_mode = ReplyMode::On;
    session.no_touch = false;
    session.info.no_touch.store(false, Relaxed);
    session.info.no_evict.store(false, Relaxed);
    session.info.update_names(|names| names.name = Box::default());
    reply.simple("RESET");
    Ok(())
}
