//! `SWAPDB index1 index2`: each database has the other's keys from now on.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "swapdb",
    summary: "Swaps the contents of two databases.",
    since: "4.0.0",
    complexity: "O(N), N being the number of clients that watch keys in either",
    arity: Arity::Exactly(3),
    flags: WRITE.with(FAST),
    categories: Categories::KEYSPACE.with(Categories::DANGEROUS),
    scope: Scope::Server,
    args: &[Arg::integer("index1"), Arg::integer("index2")],
    run: swapdb,
    ..Command::DEFAULT
}];

fn swapdb(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let first = read_index(args, "ERR invalid first DB index")?;
    let second = read_index(args, "ERR invalid second DB index")?;
    let namespaces = [ctx.database(first)?, ctx.database(second)?];
    if namespaces[0].id() != namespaces[1].id() {
        ctx.with_namespaces(&namespaces, |locks, handles, _| Ok(locks.swap(handles[0], handles[1])?))?;
    }
    reply.ok();
    Ok(())
}

/// Reads an integer of 32 bits.
fn read_index(args: &mut Args<'_>, error: &'static str) -> Result<i64, CommandError> {
    let index = args.integer().ok().and_then(|index| i32::try_from(index).ok());
    index.map(i64::from).ok_or(CommandError::Other(error))
}
