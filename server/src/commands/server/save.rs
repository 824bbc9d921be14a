//! `SAVE`, `BGSAVE [SCHEDULE]`, `LASTSAVE`: everything goes to the disk.

use crate::command::flags::Categories;
use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[
    Command {
        name: "save",
        summary: "Saves everything; answers when it is on the disk.",
        since: "1.0.0",
        complexity: "O(N), N being the number of keys",
        arity: Arity::Exactly(1),
        flags: ADMIN.with(NOSCRIPT).with(NO_ASYNC_LOADING).with(NO_MULTI),
        run: save,
        ..Command::DEFAULT
    },
    Command {
        name: "bgsave",
        summary: "Saves everything in the background.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: Arity::AtLeast(1),
        flags: ADMIN.with(NOSCRIPT).with(NO_ASYNC_LOADING),
        args: &[Arg::word("schedule", "SCHEDULE").since("3.2.2").optional()],
        history: &[change("3.2.2", "Takes `SCHEDULE`.")],
        run: bgsave,
        ..Command::DEFAULT
    },
    Command {
        name: "lastsave",
        summary: "Returns when everything was last saved.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: Arity::Exactly(1),
        flags: LOADING.with(STALE).with(FAST),
        categories: Categories::ADMIN.with(Categories::DANGEROUS),
        tips: &["nondeterministic_output"],
        run: lastsave,
        ..Command::DEFAULT
    },
];

/// The client waits, nobody else does. Where saving fails the reference answers a bare `ERR`; here the reason stands behind it.
fn save(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    ctx.wait_for(|ctx| Ok(ctx.server.persistence.save_everything()?))?.map_err(|reason| failed(&reason))?;
    reply.ok();
    Ok(())
}

/// There is no other background work that a save would have to be put off for: it begins at once, and then this answers; inside a
/// transaction it begins when that has let go of its locks.
fn bgsave(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    match args.remaining() {
        _ if ctx.session.job.is_some() => {}
        0 => {}
        1 if args.option("SCHEDULE") => {}
        _ => return Err(CommandError::Syntax),
    }
    let job = match ctx.session.job.take() {
        Some(job) => job,
        None => ctx.server.persistence.save_everything()?,
    };
    // What is sent after the reply is not in the snapshot.
    if !ctx.in_transaction() && !job.progress.has_begun() && job.outcome().is_none() {
        ctx.session.job = Some(job);
        return Err(CommandError::LockBusy);
    }
    reply.simple(if ctx.in_transaction() { "Background saving scheduled" } else { "Background saving started" });
    Ok(())
}

fn lastsave(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    reply.integer(ctx.server.persistence.saved_at_s() as i64);
    Ok(())
}

/// The error reply for what a job says of its end.
fn failed(reason: &str) -> CommandError {
    CommandError::Message(format!("ERR {reason}").into_bytes().into())
}
