//! `CLIENT PAUSE timeout [WRITE | ALL]`, `CLIENT UNPAUSE`.

use crate::command::error::wrong_subcommand_syntax;
use crate::command::prelude::*;
use crate::session::Paused;

pub(super) fn pause(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    if args.remaining() > 2 {
        return Err(wrong_subcommand_syntax(args));
    }
    let timeout = args.bytes()?;
    let paused = match args.next() {
        None => Paused::All,
        Some(mode) if mode.eq_ignore_ascii_case(b"all") => Paused::All,
        Some(mode) if mode.eq_ignore_ascii_case(b"write") => Paused::Writes,
        Some(_) => return Err(CommandError::Other("ERR CLIENT PAUSE mode must be WRITE or ALL")),
    };
    let timeout_ms =
        crate::resp::parse_i64(timeout).ok_or(CommandError::Other("ERR timeout is not an integer or out of range"))?;
    let timeout_ms = u64::try_from(timeout_ms).map_err(|_| CommandError::Other("ERR timeout is negative"))?;
    ctx.server.pause.begin(paused, ctx.now_ms.saturating_add(timeout_ms), ctx.now_ms);
    reply.ok();
    Ok(())
}

pub(super) fn unpause(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    ctx.server.pause.end();
    ctx.server.wake_workers();
    reply.ok();
    Ok(())
}
