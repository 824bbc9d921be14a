//! `SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]`: stops the server.

use crate::command::prelude::*;

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

/// Stops without a reply: the connection ends with the server. Every part of the data that could be saved would be lost, so
/// SAVE fails unless FORCE says that this does not matter. NOW has no replicas to wait for in any case.
fn shutdown(ctx: &mut Context<'_>, args: &mut Args<'_>, _: &mut Reply<'_>) -> CommandResult {
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
    if abort {
        return Err(CommandError::Other("ERR No shutdown in progress."));
    }
    if save && !force {
        tracing::warn!("Error trying to save the DB, can't exit: this version has no snapshots.");
        return Err(CommandError::Other("ERR Errors trying to SHUTDOWN. Check logs."));
    }
    tracing::info!("User requested shutdown by SHUTDOWN");
    ctx.session.close();
    ctx.server.stop();
    Ok(())
}
