//! `SETEX key seconds value` and `PSETEX key milliseconds value`: a string with a time to live.

use rkvs_engine::keyspace::DeadlineChange;

use crate::command::prelude::*;
use crate::commands::time_form::TimeForm;

pub(super) static COMMANDS: &[Command] = &[
    Command {
        name: "setex",
        summary: "Stores a string that lives for a number of seconds.",
        since: "2.0.0",
        complexity: "O(1)",
        group: Group::String,
        arity: Arity::Exactly(4),
        flags: WRITE.with(DENYOOM),
        keys: Keys::one(1).flags(OW.with(UPDATE)),
        args: &[Arg::key("key", 0), Arg::integer("seconds"), Arg::string("value")],
        run: setex,
        ..Command::DEFAULT
    },
    Command {
        name: "psetex",
        summary: "Stores a string that lives for a number of milliseconds.",
        since: "2.6.0",
        complexity: "O(1)",
        group: Group::String,
        arity: Arity::Exactly(4),
        flags: WRITE.with(DENYOOM),
        keys: Keys::one(1).flags(OW.with(UPDATE)),
        args: &[Arg::key("key", 0), Arg::integer("milliseconds"), Arg::string("value")],
        run: psetex,
        ..Command::DEFAULT
    },
];

fn setex(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    set(ctx, args, reply, TimeForm::Seconds, "setex")
}

fn psetex(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    set(ctx, args, reply, TimeForm::Milliseconds, "psetex")
}

#[inline]
fn set(
    ctx: &mut Context<'_>,
    args: &mut Args<'_>,
    reply: &mut Reply<'_>,
    form: TimeForm,
    command: &'static str,
) -> CommandResult {
    let (key, time, value) = (args.key()?, args.bytes()?, args.bytes()?);
    let deadline_ms = form.deadline_ms(time, ctx.now_ms, command)?;
    ctx.keyspace().set_string(key, value, DeadlineChange::At(deadline_ms))?;
    reply.ok();
    Ok(())
}
