//! `COPY source destination [DB index] [REPLACE]`.

use std::sync::Arc;

use rkvs_engine::shard::multi_key::Reach;

use super::SAME_OBJECT;
use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "copy",
    summary: "Copies a value to another key, here or in another database.",
    since: "6.2.0",
    complexity: "O(1) for a string, O(N) for a collection of N elements",
    group: Group::Generic,
    arity: Arity::AtLeast(3),
    flags: WRITE.with(DENYOOM),
    keys: Keys::one(1).and(KeySpec::at(2, FindKeys::ONE)).flags(OW.with(UPDATE)),
    scope: Scope::Server,
    args: &[
        Arg::key("source", 0),
        Arg::key("destination", 1),
        Arg::integer("destination-db").token("DB").optional(),
        Arg::word("replace", "REPLACE").optional(),
    ],
    run: copy,
    ..Command::DEFAULT
}];

fn copy(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let (from, to) = (args.key()?, args.key()?);
    let source = Arc::clone(ctx.namespace());
    let (mut target, mut replaces) = (Arc::clone(&source), false);
    while !args.is_empty() {
        if args.option("REPLACE") {
            replaces = true;
        } else if args.remaining() >= 2 && args.option("DB") {
            target = ctx.database(args.integer()?)?;
        } else {
            return Err(CommandError::Syntax);
        }
    }
    let copied = if source.id() != target.id() {
        let reach = [(source, Reach::Key(from.hash)), (target, Reach::Key(to.hash))];
        ctx.with_shards(&reach, |locks, handles, now_ms| {
            locks.pair((handles[0], handles[1]), now_ms, |source, target| {
                let applies = replaces || target.value_type(to).is_none();
                Ok(applies && source.copy_to(from, target, to)?)
            })
        })?
    } else if from.bytes == to.bytes {
        return Err(SAME_OBJECT);
    } else {
        ctx.with_shards(&[(source, Reach::Keys(&[from.hash, to.hash]))], |locks, handles, now_ms| {
            let mut keyspace = locks.keyspace(handles[0], now_ms);
            let applies = replaces || keyspace.value_type(to).is_none();
            Ok(applies && keyspace.copy(from, to)?)
        })?
    };
    reply.integer(copied.into());
    Ok(())
}
