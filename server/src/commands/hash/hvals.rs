//! `HVALS key`: the values of all fields of a hash.

use crate::command::prelude::*;
use crate::commands::string::write_string;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "hvals",
    summary: "Returns the values of all fields of a hash.",
    since: "2.0.0",
    complexity: "O(N), N being the size of the hash",
    group: Group::Hash,
    arity: Arity::Exactly(2),
    flags: READONLY,
    keys: Keys::one(1),
    tips: &["nondeterministic_output_order"],
    args: &[Arg::key("key", 0)],
    run: hvals,
    ..Command::DEFAULT
}];

fn hvals(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let mut keyspace = ctx.keyspace();
    let Some(hash) = keyspace.hash(args.key()?)? else {
        reply.array(0);
        return Ok(());
    };
    reply.array(hash.len());
    hash.for_each(&mut |_, value| write_string(reply, value));
    Ok(())
}
