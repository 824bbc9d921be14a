//! `EXPIRE key seconds [NX | XX | GT | LT]`, `PEXPIRE`, `EXPIREAT`, `PEXPIREAT`: sets when a key expires.

use crate::command::prelude::*;
use crate::commands::time_form::TimeForm;
use crate::resp::parse_i64;

pub(super) static COMMANDS: &[Command] = &[
    Command {
        name: "expire",
        summary: "Lets a key expire after a number of seconds.",
        since: "1.0.0",
        complexity: "O(1)",
        group: Group::Generic,
        arity: Arity::AtLeast(3),
        flags: WRITE.with(FAST),
        keys: Keys::one(1).flags(RW.with(UPDATE)),
        args: &[
            Arg::key("key", 0),
            Arg::integer("seconds"),
            Arg::one_of(
                "condition",
                &[Arg::word("nx", "NX"), Arg::word("xx", "XX"), Arg::word("gt", "GT"), Arg::word("lt", "LT")],
            )
            .since("7.0.0")
            .optional(),
        ],
        history: &[change("7.0.0", "Takes `NX`, `XX`, `GT` and `LT`.")],
        run: expire,
        ..Command::DEFAULT
    },
    Command {
        name: "pexpire",
        summary: "Lets a key expire after a number of milliseconds.",
        since: "2.6.0",
        complexity: "O(1)",
        group: Group::Generic,
        arity: Arity::AtLeast(3),
        flags: WRITE.with(FAST),
        keys: Keys::one(1).flags(RW.with(UPDATE)),
        args: &[
            Arg::key("key", 0),
            Arg::integer("milliseconds"),
            Arg::one_of(
                "condition",
                &[Arg::word("nx", "NX"), Arg::word("xx", "XX"), Arg::word("gt", "GT"), Arg::word("lt", "LT")],
            )
            .since("7.0.0")
            .optional(),
        ],
        history: &[change("7.0.0", "Takes `NX`, `XX`, `GT` and `LT`.")],
        run: pexpire,
        ..Command::DEFAULT
    },
    Command {
        name: "expireat",
        summary: "Lets a key expire at a Unix time in seconds.",
        since: "1.2.0",
        complexity: "O(1)",
        group: Group::Generic,
        arity: Arity::AtLeast(3),
        flags: WRITE.with(FAST),
        keys: Keys::one(1).flags(RW.with(UPDATE)),
        args: &[
            Arg::key("key", 0),
            Arg::unix_time("unix-time-seconds"),
            Arg::one_of(
                "condition",
                &[Arg::word("nx", "NX"), Arg::word("xx", "XX"), Arg::word("gt", "GT"), Arg::word("lt", "LT")],
            )
            .since("7.0.0")
            .optional(),
        ],
        history: &[change("7.0.0", "Takes `NX`, `XX`, `GT` and `LT`.")],
        run: expireat,
        ..Command::DEFAULT
    },
    Command {
        name: "pexpireat",
        summary: "Lets a key expire at a Unix time in milliseconds.",
        since: "2.6.0",
        complexity: "O(1)",
        group: Group::Generic,
        arity: Arity::AtLeast(3),
        flags: WRITE.with(FAST),
        keys: Keys::one(1).flags(RW.with(UPDATE)),
        args: &[
            Arg::key("key", 0),
            Arg::unix_time("unix-time-milliseconds"),
            Arg::one_of(
                "condition",
                &[Arg::word("nx", "NX"), Arg::word("xx", "XX"), Arg::word("gt", "GT"), Arg::word("lt", "LT")],
            )
            .since("7.0.0")
            .optional(),
        ],
        history: &[change("7.0.0", "Takes `NX`, `XX`, `GT` and `LT`.")],
        run: pexpireat,
        ..Command::DEFAULT
    },
];

/// What the deadline there is must be like for a new one to be set; all that are named hold together.
#[derive(Default)]
struct Conditions {
    none: bool,
    some: bool,
    /// No deadline is later than any.
    greater: bool,
    less: bool,
}

impl Conditions {
    fn read(args: &mut Args<'_>) -> Result<Self, CommandError> {
        let mut conditions = Self::default();
        while let Some(word) = args.peek() {
            let condition = if args.option("NX") {
                &mut conditions.none
            } else if args.option("XX") {
                &mut conditions.some
            } else if args.option("GT") {
                &mut conditions.greater
            } else if args.option("LT") {
                &mut conditions.less
            } else {
                return Err(echoing("ERR Unsupported option ", word, ""));
            };
            *condition = true;
        }
        let Self { none, some, greater, less } = conditions;
        if none && (some || greater || less) {
            return Err(CommandError::Other("ERR NX and XX, GT or LT options at the same time are not compatible"));
        }
        if greater && less {
            return Err(CommandError::Other("ERR GT and LT options at the same time are not compatible"));
        }
        Ok(conditions)
    }

    fn hold(&self, present_ms: Option<i64>, deadline_ms: i64) -> bool {
        (!self.none || present_ms.is_none())
            && (!self.some || present_ms.is_some())
            && (!self.greater || present_ms.is_some_and(|present_ms| deadline_ms > present_ms))
            && (!self.less || present_ms.is_none_or(|present_ms| deadline_ms < present_ms))
    }
}

fn expire(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    set_deadline(ctx, args, reply, TimeForm::Seconds, "expire")
}

fn pexpire(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    set_deadline(ctx, args, reply, TimeForm::Milliseconds, "pexpire")
}

fn expireat(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    set_deadline(ctx, args, reply, TimeForm::UnixSeconds, "expireat")
}

fn pexpireat(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    set_deadline(ctx, args, reply, TimeForm::UnixMilliseconds, "pexpireat")
}

/// Sets a key's deadline if the conditions hold; one that has passed removes the key.
fn set_deadline(
    ctx: &mut Context<'_>,
    args: &mut Args<'_>,
    reply: &mut Reply<'_>,
    form: TimeForm,
    command: &'static str,
) -> CommandResult {
    let (key, time) = (args.key()?, args.bytes()?);
    let conditions = Conditions::read(args)?;
    let time = parse_i64(time).ok_or(CommandError::NotAnInteger)?;
    let now_ms = ctx.now_ms;
    let deadline_ms = form.unix_ms(time, now_ms).ok_or(CommandError::InvalidExpire(command))?;
    let mut keyspace = ctx.keyspace();
    let applies = keyspace.deadline_ms(key).is_some_and(|present_ms| {
        let present_ms = present_ms.map(|present_ms| i64::try_from(present_ms).unwrap_or(i64::MAX));
        conditions.hold(present_ms, deadline_ms)
    });
    if applies {
        match u64::try_from(deadline_ms) {
            Ok(deadline_ms) if deadline_ms > now_ms => keyspace.set_deadline_ms(key, Some(deadline_ms)),
            _ => keyspace.remove(key),
        };
    }
    reply.integer(applies.into());
    Ok(())
}
