//! `HMGET key field [field …]`: the values of several fields.

use crate::command::prelude::*;
use crate::commands::string::write_string;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "hmget",
    summary: "Returns the values of several fields.",
    since: "2.0.0",
    complexity: "O(N), N being the number of fields given",
    group: Group::Hash,
    arity: Arity::AtLeast(3),
    flags: READONLY.with(FAST),
    keys: Keys::one(1),
    args: &[Arg::key("key", 0), Arg::string("field").multiple()],
    run: hmget,
    ..Command::DEFAULT
}];

fn hmget(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let key = args.key()?;
    let mut keyspace = ctx.keyspace();
    let hash = keyspace.hash(key)?;
    reply.array(args.remaining());
    for field in args {
        match hash.and_then(|hash| hash.get(field)) {
            Some(value) => write_string(reply, value),
            None => reply.null(),
        }
    }
    Ok(())
}
