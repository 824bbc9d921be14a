//! `SLOWLOG GET [count]`, `LEN`, `RESET`.

use crate::command::error::wrong_subcommand_syntax;
use crate::command::prelude::*;
use crate::resp::parse_i64;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "slowlog",
    summary: "Holds the commands about the log of slow commands.",
    since: "2.2.12",
    complexity: "That of the subcommand.",
    arity: Arity::AtLeast(2),
    subcommands: &[
        Command {
            name: "get",
            summary: "Returns the newest entries of the slow log.",
            since: "2.2.12",
            complexity: "O(N), N being the number of entries returned",
            arity: Arity::AtLeast(2),
            flags: ADMIN.with(LOADING).with(STALE),
            tips: &["request_policy:all_nodes", "nondeterministic_output"],
            args: &[Arg::integer("count").optional()],
            history: &[change("4.0.0", "Entries have the client's address and name.")],
            run: get,
            ..Command::DEFAULT
        },
        Command {
            name: "help",
            summary: "Lists the subcommands of SLOWLOG.",
            since: "6.2.0",
            complexity: "O(1)",
            arity: Arity::Exactly(2),
            flags: LOADING.with(STALE),
            run: container_help,
            ..Command::DEFAULT
        },
        Command {
            name: "len",
            summary: "Returns the number of entries in the slow log.",
            since: "2.2.12",
            complexity: "O(1)",
            arity: Arity::Exactly(2),
            flags: ADMIN.with(LOADING).with(STALE),
            tips: &["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"],
            run: len,
            ..Command::DEFAULT
        },
        Command {
            name: "reset",
            summary: "Empties the slow log.",
            since: "2.2.12",
            complexity: "O(N), N being the number of entries",
            arity: Arity::Exactly(2),
            flags: ADMIN.with(LOADING).with(STALE),
            tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
            run: reset,
            ..Command::DEFAULT
        },
    ],
    ..Command::DEFAULT
}];

/// Entries shown when no number is asked for.
const COUNT_DEFAULT: usize = 10;

fn get(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    if args.remaining() > 1 {
        return Err(wrong_subcommand_syntax(args));
    }
    let count = match args.next().map(parse_i64) {
        None => COUNT_DEFAULT,
        Some(Some(-1)) => usize::MAX,
        Some(count) => count
            .and_then(|count| usize::try_from(count).ok())
            .ok_or(CommandError::Other("ERR count should be greater than or equal to -1"))?,
    };
    let entries = ctx.server.slowlog.newest(count);
    reply.array(entries.len());
    for entry in entries {
        reply.array(6);
        reply.integer(entry.id as i64);
        reply.integer(entry.at_s as i64);
        reply.integer(entry.duration_us as i64);
        reply.array(entry.arguments.len());
        for argument in &entry.arguments {
            reply.bulk(argument);
        }
        reply.bulk(entry.peer.as_bytes());
        reply.bulk(&entry.client_name);
    }
    Ok(())
}

fn len(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    reply.integer(ctx.server.slowlog.len() as i64);
    Ok(())
}

fn reset(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    ctx.server.slowlog.clear();
    reply.ok();
    Ok(())
}
