//! `GETRANGE key start end` and its old name `SUBSTR`: a part of a string.

use rkvs_engine::value::string::Digits;

use super::write_string;
use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[
    Command {
        name: "getrange",
        summary: "Returns the bytes of a string between two positions.",
        since: "2.4.0",
        complexity: "O(N), N being the length of the reply",
        group: Group::String,
        arity: Arity::Exactly(4),
        flags: READONLY,
        keys: Keys::one(1),
        args: &[Arg::key("key", 0), Arg::integer("start"), Arg::integer("end")],
        run: getrange,
        ..Command::DEFAULT
    },
    Command {
        name: "substr",
        summary: "Returns the bytes of a string between two positions; the old name of GETRANGE.",
        since: "1.0.0",
        complexity: "O(N), N being the length of the reply",
        group: Group::String,
        arity: Arity::Exactly(4),
        flags: READONLY,
        keys: Keys::one(1),
        args: &[Arg::key("key", 0), Arg::integer("start"), Arg::integer("end")],
        deprecated: Some(Deprecation { since: "2.0.0", replaced_by: "`GETRANGE`" }),
        run: getrange,
        ..Command::DEFAULT
    },
];

fn getrange(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let (key, start, end) = (args.key()?, args.integer()?, args.integer()?);
    let mut keyspace = ctx.keyspace();
    let Some(value) = keyspace.string(key)? else {
        reply.bulk(b"");
        return Ok(());
    };
    let len = value.len();
    match range(start, end, len) {
        Some((0, last)) if last + 1 == len => write_string(reply, value),
        Some((first, last)) => reply.bulk(&value.bytes(&mut Digits::new())[first..=last]),
        None => reply.bulk(b""),
    }
    Ok(())
}

/// The first and the last byte that two positions mean; nothing when none lies between them. Negative positions count from the
/// end, -1 being the last byte, and are the first byte when they lie before it.
fn range(start: i64, end: i64, len: usize) -> Option<(usize, usize)> {
    if start < 0 && end < 0 && start > end {
        return None;
    }
    let place = |position: i64| match usize::try_from(position) {
        Ok(position) => position,
        Err(_) => len.saturating_sub(usize::try_from(position.unsigned_abs()).unwrap_or(usize::MAX)),
    };
    let (first, last) = (place(start), place(end).min(len.checked_sub(1)?));
    (first <= last).then_some((first, last))
}
