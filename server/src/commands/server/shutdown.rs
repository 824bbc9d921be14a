//! `SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]`: stops the server.

use crate::command::prelude::*;
use crate::persistence::saves_by_itself;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "shutdown",
    summary: "Stops the server, after saving if asked to.",
    since: "1.0.0",
    complexity: "O(N), N being the number of keys when they are saved, otherwise O(1)",
    arity: Arity::AtLeast(1),
    flags: ADMIN.with(NOSCRIPT).with(LOADING).with(STALE).with(NO_MULTI).with(ALLOW_BUSY),
    args: &[
        Arg::one_of("nosave_save", &[Arg::word("nosave", "NOSAVE"), Arg::word("save", "SAVE")]).optional(),
        Arg::word("now", "NOW").since("7.0.0").optional(),
        Arg::word("force", "FORCE").since("7.0.0").optional(),
        Arg::word("abort", "ABORT").since("7.0.0").optional(),
    ],
    history: &[change("7.0.0", "Takes `NOW`, `FORCE` and `ABORT`.")],
    run: shutdown,
    ..Command::DEFAULT
}];

/// Stops without a reply: the connection ends with the server. NOW has no replicas to wait for in any case.
fn shutdown(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    if ctx.session.job.is_some() {
        return end(ctx);
    }
    let (mut save, mut no_save, mut now, mut force, mut abort) = (false, false, false, false, false);
    while !args.is_empty() {
        let options = [
            ("SAVE", &mut save),
            ("NOSAVE", &mut no_save),
            ("NOW", &mut now),
            ("FORCE", &mut force),
            ("ABORT", &mut abort),
        ];
        let (_, given) = options.into_iter().find(|(word, _)| args.option(word)).ok_or(CommandError::Syntax)?;
        *given = true;
    }
    if (save && no_save) || (abort && (save || no_save || now || force)) {
        return Err(CommandError::Syntax);
    }
    let persistence = &ctx.server.persistence;
    if abort {
        if !persistence.abort_stop() {
            return Err(CommandError::Other("ERR No shutdown in progress."));
        }
        reply.ok();
        return Ok(());
    }
    // As in the reference: what is not loaded yet is not saved.
    let saves = (save || (!no_save && saves_by_itself(ctx.server))) && !persistence.is_loading();
    if saves {
        tracing::info!("User requested shutdown by SHUTDOWN");
        ctx.session.job = Some(persistence.save_and_stop(force)?);
        return end(ctx);
    }
    tracing::info!("User requested shutdown by SHUTDOWN");
    persistence.stop_without_saving(ctx.server);
    ctx.session.close();
    Ok(())
}

/// Waits for the last save, and closes the connection when it was one.
fn end(ctx: &mut Context<'_>) -> CommandResult {
    let stopped = ctx.wait_for(|_| Err(CommandError::Internal))?;
    stopped.map_err(|_| CommandError::Other("ERR Errors trying to SHUTDOWN. Check logs."))?;
    ctx.session.close();
    Ok(())
}
