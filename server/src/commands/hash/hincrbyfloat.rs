//! `HINCRBYFLOAT key field increment`: adds to the number in a field.

use rkvs_engine::value::string::Digits;

use crate::command::prelude::*;
use crate::resp::{LongDouble, write_long_double_human};

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "hincrbyfloat",
    summary: "Raises the number in a field by a given amount, fractions included.",
    since: "2.6.0",
    complexity: "O(1)",
    group: Group::Hash,
    arity: Arity::Exactly(4),
    flags: WRITE.with(DENYOOM).with(FAST),
    keys: Keys::one(1).flags(RW.with(ACCESS).with(UPDATE)),
    args: &[Arg::key("key", 0), Arg::string("field"), Arg::double("increment")],
    run: hincrbyfloat,
    ..Command::DEFAULT
}];

fn hincrbyfloat(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let (key, field, increment) = (args.key()?, args.bytes()?, args.bytes()?);
    let increment = LongDouble::parse(increment).ok_or(CommandError::NotAFloat)?;
    if !increment.is_finite() {
        return Err(CommandError::Other("ERR value is NaN or Infinity"));
    }
    let mut keyspace = ctx.keyspace();
    let mut hash = keyspace.hash_mut(key)?;
    let mut digits = Digits::new();
    let current = hash.get(field).map_or(&b"0"[..], |value| value.bytes(&mut digits));
    let current = LongDouble::parse(current).ok_or(CommandError::HashNotAFloat)?;
    let sum = current.checked_add(increment).ok_or(CommandError::NotFinite)?;
    let mut text = Vec::with_capacity(24);
    write_long_double_human(&mut text, sum);
    hash.set(field, &text)?;
    reply.bulk(&text);
    Ok(())
}
