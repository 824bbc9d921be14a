//! `GETEX key [EX s | PX ms | EXAT unix-s | PXAT unix-ms | PERSIST]`: the value of a string, and another time to live.

use super::write_string;
use crate::command::prelude::*;
use crate::commands::time_form::TimeForm;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "getex",
    summary: "Returns the string at a key and may set or drop its time to live.",
    since: "6.2.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::AtLeast(2),
    flags: WRITE.with(FAST),
    keys: Keys::one(1).flags(RW.with(ACCESS).with(UPDATE)).notes("May change the deadline"),
    args: &[
        Arg::key("key", 0),
        Arg::one_of(
            "expiration",
            &[
                Arg::integer("seconds").token("EX"),
                Arg::integer("milliseconds").token("PX"),
                Arg::unix_time("unix-time-seconds").token("EXAT"),
                Arg::unix_time("unix-time-milliseconds").token("PXAT"),
                Arg::word("persist", "PERSIST"),
            ],
        )
        .optional(),
    ],
    run: getex,
    ..Command::DEFAULT
}];

/// What happens to the deadline.
enum Change<'a> {
    Nothing,
    Persist,
    Expire(TimeForm, &'a [u8]),
}

impl<'a> Change<'a> {
    /// An option may be repeated, the last one counting, but not joined by another.
    fn read(args: &mut Args<'a>) -> Result<Self, CommandError> {
        let mut change = Self::Nothing;
        while !args.is_empty() {
            change = match (change, TimeForm::option(args)) {
                (Self::Nothing, Some(form)) => Self::Expire(form, args.bytes()?),
                (Self::Expire(before, _), Some(form)) if before == form => Self::Expire(form, args.bytes()?),
                (Self::Nothing | Self::Persist, None) if args.option("PERSIST") => Self::Persist,
                _ => return Err(CommandError::Syntax),
            };
        }
        Ok(change)
    }
}

fn getex(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let key = args.key()?;
    let change = Change::read(args)?;
    let now_ms = ctx.now_ms;
    let mut keyspace = ctx.keyspace();
    let Some(value) = keyspace.string(key)? else {
        reply.null();
        return Ok(());
    };
    write_string(reply, value);
    match change {
        Change::Nothing => {}
        Change::Persist => {
            if keyspace.deadline_ms(key).flatten().is_some() {
                keyspace.set_deadline_ms(key, None);
            }
        }
        Change::Expire(form, time) => {
            let deadline_ms = form.deadline_ms(time, now_ms, "getex")?;
            if deadline_ms <= now_ms {
                keyspace.remove(key);
            } else {
                keyspace.set_deadline_ms(key, Some(deadline_ms));
            }
        }
    }
    Ok(())
}
