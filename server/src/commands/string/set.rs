//! `SET key value [NX | XX] [GET] [EX s | PX ms | EXAT unix-s | PXAT unix-ms | KEEPTTL]`.

use rkvs_engine::keyspace::DeadlineChange;

use super::write_string;
use crate::command::keys::{Argv, KeyRef, NoKeys};
use crate::command::prelude::*;
use crate::commands::time_form::TimeForm;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "set",
    summary: "Sets the string value of a key, ignoring its type. The key is created if it doesn't exist.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::AtLeast(3),
    flags: WRITE.with(DENYOOM),
    keys: Keys::one(1)
        .flags(RW.with(ACCESS).with(UPDATE).with(VARIABLE_FLAGS))
        .notes("RW and ACCESS due to the optional `GET` argument")
        .found_by(find_keys),
    args: &[
        Arg::key("key", 0),
        Arg::string("value"),
        Arg::one_of("condition", &[Arg::word("nx", "NX"), Arg::word("xx", "XX")]).since("2.6.12").optional(),
        Arg::word("get", "GET").since("6.2.0").optional(),
        Arg::one_of(
            "expiration",
            &[
                Arg::integer("seconds").token("EX").since("2.6.12"),
                Arg::integer("milliseconds").token("PX").since("2.6.12"),
                Arg::unix_time("unix-time-seconds").token("EXAT").since("6.2.0"),
                Arg::unix_time("unix-time-milliseconds").token("PXAT").since("6.2.0"),
                Arg::word("keepttl", "KEEPTTL").since("6.0.0"),
            ],
        )
        .optional(),
    ],
    history: &[
        change("2.6.12", "Added the `EX`, `PX`, `NX` and `XX` options."),
        change("6.0.0", "Added the `KEEPTTL` option."),
        change("6.2.0", "Added the `GET`, `EXAT` and `PXAT` option."),
        change("7.0.0", "Allowed the `NX` and `GET` options to be used together."),
    ],
    run: set,
    ..Command::DEFAULT
}];

/// The key with the flags it has in this request: without GET the old value is not read.
fn find_keys(argv: &dyn Argv, found: &mut Vec<KeyRef>) -> Result<(), NoKeys> {
    let reads = (3..argv.count()).any(|index| argv.argument(index).eq_ignore_ascii_case(b"get"));
    let flags = if reads { RW.with(ACCESS).with(UPDATE) } else { OW.with(UPDATE) };
    found.push(KeyRef { index: 1, flags });
    Ok(())
}

/// Whether the key must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    Always,
    IfAbsent,
    IfPresent,
}

/// The options of one request.
struct Options<'a> {
    condition: Condition,
    returns_old: bool,
    keeps_deadline: bool,
    expiry: Option<(TimeForm, &'a [u8])>,
}

impl<'a> Options<'a> {
    fn read(args: &mut Args<'a>) -> Result<Self, CommandError> {
        let mut options =
            Self { condition: Condition::Always, returns_old: false, keeps_deadline: false, expiry: None };
        while !args.is_empty() {
            let fits = if args.option("NX") {
                let fits = options.condition != Condition::IfPresent;
                options.condition = Condition::IfAbsent;
                fits
            } else if args.option("XX") {
                let fits = options.condition != Condition::IfAbsent;
                options.condition = Condition::IfPresent;
                fits
            } else if args.option("GET") {
                options.returns_old = true;
                true
            } else if args.option("KEEPTTL") {
                options.keeps_deadline = true;
                options.expiry.is_none()
            } else if let Some(form) = TimeForm::option(args) {
                let fits = !options.keeps_deadline && options.expiry.is_none_or(|(before, _)| before == form);
                options.expiry = Some((form, args.bytes()?));
                fits
            } else {
                false
            };
            if !fits {
                return Err(CommandError::Syntax);
            }
        }
        Ok(options)
    }
}

fn set(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let (key, value) = (args.key()?, args.bytes()?);
    if args.is_empty() {
        ctx.keyspace().set_string(key, value, DeadlineChange::Clear)?;
        reply.ok();
        return Ok(());
    }
    let options = Options::read(args)?;
    let deadline = match options.expiry {
        Some((form, time)) => DeadlineChange::At(form.deadline_ms(time, ctx.now_ms, "set")?),
        None if options.keeps_deadline => DeadlineChange::Keep,
        None => DeadlineChange::Clear,
    };
    let mut keyspace = ctx.keyspace();
    if options.returns_old {
        match keyspace.string(key)? {
            Some(old) => write_string(reply, old),
            None => reply.null(),
        }
    }
    let applies = match options.condition {
        Condition::Always => true,
        Condition::IfAbsent => keyspace.value_type(key).is_none(),
        Condition::IfPresent => keyspace.value_type(key).is_some(),
    };
    if applies {
        keyspace.set_string(key, value, deadline)?;
    }
    match (options.returns_old, applies) {
        (true, _) => {}
        (false, true) => reply.ok(),
        (false, false) => reply.null(),
    }
    Ok(())
}
