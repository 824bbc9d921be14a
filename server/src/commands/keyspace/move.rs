//! `MOVE key db`: into another database, if it is not there.

use std::sync::Arc;

use rkvs_engine::shard::multi_key::Reach;

use super::SAME_OBJECT;
use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "move",
    summary: "Moves a key to another database.",
    since: "1.0.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(3),
    flags: WRITE.with(FAST),
    keys: Keys::one(1).flags(RW.with(ACCESS).with(UPDATE)),
    scope: Scope::Server,
    args: &[Arg::key("key", 0), Arg::integer("db")],
    run: move_key,
    ..Command::DEFAULT
}];

fn move_key(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let key = args.key()?;
    let source = Arc::clone(ctx.namespace());
    let target = ctx.database(args.integer()?)?;
    if source.id() == target.id() {
        return Err(SAME_OBJECT);
    }
    let reach = [(source, Reach::Key(key.hash)), (target, Reach::Key(key.hash))];
    let moved = ctx.with_shards(&reach, |locks, handles, now_ms| {
        locks.pair((handles[0], handles[1]), now_ms, |source, target| Ok(source.move_to(key, target)?))
    })?;
    reply.integer(moved.into());
    Ok(())
}
