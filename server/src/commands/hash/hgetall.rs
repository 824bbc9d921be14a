//! `HGETALL key`: all fields of a hash with their values.

use crate::command::prelude::*;
use crate::commands::string::write_string;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "hgetall",
    summary: "Returns all fields of a hash with their values.",
    since: "2.0.0",
    complexity: "O(N), N being the size of the hash",
    group: Group::Hash,
    arity: Arity::Exactly(2),
    flags: READONLY,
    keys: Keys::one(1),
    tips: &["nondeterministic_output_order"],
    args: &[Arg::key("key", 0)],
    run: hgetall,
    ..Command::DEFAULT
}];

fn hgetall(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let mut keyspace = ctx.keyspace();
    let Some(hash) = keyspace.hash(args.key()?)? else {
        reply.map(0);
        return Ok(());
    };
    reply.map(hash.len());
    hash.for_each(&mut |field, value| {
        write_string(reply, field);
        write_string(reply, value);
    });
    Ok(())
}
