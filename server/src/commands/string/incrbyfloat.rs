//! `INCRBYFLOAT key increment`: arithmetic on numbers with fractions.

use rkvs_engine::keyspace::DeadlineChange;
use rkvs_engine::value::string::Digits;

use crate::command::prelude::*;
use crate::resp::{FloatError, add_long_double};

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "incrbyfloat",
    summary: "Raises the number at a key by a given amount, fractions included.",
    since: "2.6.0",
    complexity: "O(1)",
    group: Group::String,
    arity: Arity::Exactly(3),
    flags: WRITE.with(DENYOOM).with(FAST),
    keys: Keys::one(1).flags(RW.with(ACCESS).with(UPDATE)),
    args: &[Arg::key("key", 0), Arg::double("increment")],
    run: incrbyfloat,
    ..Command::DEFAULT
}];

fn incrbyfloat(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let (key, increment) = (args.key()?, args.bytes()?);
    let mut keyspace = ctx.keyspace();
    let sum = match keyspace.peek(key) {
        Some(value) => add_long_double(value.string()?.bytes(&mut Digits::new()), increment),
        None => add_long_double(b"0", increment),
    };
    let sum = sum.map_err(|error| match error {
        FloatError::InvalidCurrent | FloatError::InvalidIncrement => CommandError::NotAFloat,
        FloatError::NotFinite => CommandError::NotFinite,
    })?;
    keyspace.set_text(key, &sum, DeadlineChange::Keep)?;
    reply.bulk(&sum);
    Ok(())
}
