//! `COMMAND [COUNT | DOCS | GETKEYS | GETKEYSANDFLAGS | HELP | INFO | LIST]`: what commands there are.

use super::list::Filter;
use super::{docs, info, keys};
use crate::command::prelude::*;
use crate::command::table::CommandTable;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "command",
    summary: "Describes the commands of this server.",
    since: "2.8.13",
    complexity: "O(N), N being the number of commands",
    arity: Arity::AtLeast(1),
    flags: LOADING.with(STALE),
    categories: Categories::CONNECTION,
    tips: &["nondeterministic_output_order"],
    subcommands: &[
        Command {
            name: "count",
            summary: "Returns the number of commands.",
            since: "2.8.13",
            complexity: "O(1)",
            arity: Arity::Exactly(2),
            flags: LOADING.with(STALE),
            categories: Categories::CONNECTION,
            run: count,
            ..Command::DEFAULT
        },
        Command {
            name: "docs",
            summary: "Returns summary, history and syntax of commands.",
            since: "7.0.0",
            complexity: "O(N), N being the number of commands asked for",
            arity: Arity::AtLeast(2),
            flags: LOADING.with(STALE),
            categories: Categories::CONNECTION,
            tips: &["nondeterministic_output_order"],
            args: &[Arg::string("command-name").optional().multiple()],
            help: &["[<command-name> ...]"],
            run: docs,
            ..Command::DEFAULT
        },
        Command {
            name: "getkeys",
            summary: "Finds the keys in a whole command line.",
            since: "2.8.13",
            complexity: "O(N), N being the number of arguments",
            arity: Arity::AtLeast(4),
            flags: LOADING.with(STALE),
            categories: Categories::CONNECTION,
            help: &["<full-command>"],
            run: getkeys,
            ..Command::DEFAULT
        },
        Command {
            name: "getkeysandflags",
            summary: "Finds the keys in a whole command line and what happens to each.",
            since: "7.0.0",
            complexity: "O(N), N being the number of arguments",
            arity: Arity::AtLeast(4),
            flags: LOADING.with(STALE),
            categories: Categories::CONNECTION,
            help: &["<full-command>"],
            run: getkeysandflags,
            ..Command::DEFAULT
        },
        Command {
            name: "help",
            summary: "Lists the subcommands of COMMAND.",
            since: "5.0.0",
            complexity: "O(1)",
            arity: Arity::Exactly(2),
            flags: LOADING.with(STALE),
            categories: Categories::CONNECTION,
            run: container_help,
            ..Command::DEFAULT
        },
        Command {
            name: "info",
            summary: "Returns arity, flags, keys and categories of commands.",
            since: "2.8.13",
            complexity: "O(N), N being the number of commands asked for",
            arity: Arity::AtLeast(2),
            flags: LOADING.with(STALE),
            categories: Categories::CONNECTION,
            tips: &["nondeterministic_output_order"],
            args: &[Arg::string("command-name").optional().multiple()],
            history: &[change("7.0.0", "Without names it describes all commands.")],
            help: &["[<command-name> ...]"],
            run: info,
            ..Command::DEFAULT
        },
        Command {
            name: "list",
            summary: "Lists the names of the commands, all or a selection.",
            since: "7.0.0",
            complexity: "O(N), N being the number of commands",
            arity: Arity::AtLeast(2),
            flags: LOADING.with(STALE),
            categories: Categories::CONNECTION,
            tips: &["nondeterministic_output_order"],
            args: &[Arg::one_of(
                "filterby",
                &[
                    Arg::string("module-name").token("MODULE"),
                    Arg::string("category").token("ACLCAT"),
                    Arg::pattern("pattern").token("PATTERN"),
                ],
            )
            .token("FILTERBY")
            .optional()],
            help: &[""],
            run: list,
            ..Command::DEFAULT
        },
    ],
    run: command,
    ..Command::DEFAULT
}];

fn command(_: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    info::write_all(CommandTable::of_server(), reply);
    Ok(())
}

fn count(_: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    reply.integer(CommandTable::of_server().top_level().len() as i64);
    Ok(())
}

fn docs(_: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let table = CommandTable::of_server();
    if args.is_empty() {
        docs::write_all(table.top_level(), reply);
    } else {
        let known: Vec<_> = args.filter_map(|name| table.lookup_full_name(name)).collect();
        docs::write_all(&known, reply);
    }
    Ok(())
}

fn getkeys(_: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    write_keys(args, false, reply)
}

fn getkeysandflags(_: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    write_keys(args, true, reply)
}

fn write_keys(args: &mut Args<'_>, with_flags: bool, reply: &mut Reply<'_>) -> CommandResult {
    let line: Vec<&[u8]> = args.collect();
    let keys = keys::find(CommandTable::of_server(), &line)?;
    keys::write(&keys, &line, with_flags, reply);
    Ok(())
}

fn info(_: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let table = CommandTable::of_server();
    if args.is_empty() {
        info::write_all(table, reply);
        return Ok(());
    }
    reply.array(args.remaining());
    for name in args {
        match table.lookup_full_name(name) {
            Some(command) => info::write(command, reply),
            None => reply.null(),
        }
    }
    Ok(())
}

fn list(_: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let filter = Filter::read(args)?;
    let names = filter.names(CommandTable::of_server());
    reply.array(names.len());
    for name in names {
        reply.bulk(name.as_bytes());
    }
    Ok(())
}
