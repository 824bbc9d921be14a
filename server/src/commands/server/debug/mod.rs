//! `DEBUG subcommand …`: for tests of the server and of clients.

mod digest;
mod object;
mod populate;
mod protocol;
mod table;

use std::time::Duration;

use crate::command::error::wrong_subcommand_syntax;
use crate::command::prelude::*;
use crate::resp::{parse_f64, parse_i64};

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "debug",
    summary: "Holds commands for tests of the server.",
    since: "1.0.0",
    complexity: "That of the subcommand.",
    arity: Arity::AtLeast(2),
    flags: ADMIN.with(NOSCRIPT).with(LOADING).with(STALE).with(PROTECTED),
    internal: true,
    run: debug,
    ..Command::DEFAULT
}];

/// The longest sleep: what is longer is a typing error rather than a test.
const SLEEP_MAX: Duration = Duration::from_secs(3600);

fn debug(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    match (args.bytes()?.to_ascii_lowercase().as_slice(), args.remaining()) {
        (b"sleep", 1) => {
            // Anything that is no number is none, as in the reference.
            let seconds = parse_f64(args.bytes()?).filter(|seconds| *seconds > 0.0).unwrap_or(0.0);
            std::thread::sleep(Duration::try_from_secs_f64(seconds).unwrap_or(SLEEP_MAX).min(SLEEP_MAX));
            reply.ok();
        }
        (b"object", 1) => object::object(ctx, args, reply)?,
        (b"digest", 0) => digest::of_everything(ctx, reply),
        (b"digest-value", _) => digest::of_values(ctx, args, reply)?,
        (b"populate", 1..=3) => populate::populate(ctx, args, reply)?,
        (b"htstats", 1) => table::of_database(ctx, args, reply)?,
        (b"htstats-key", 1) => table::of_key(ctx, args, reply)?,
        (b"config-rewrite-force-all", 0) => {
            super::config::rewrite_file(ctx, true)?;
            reply.ok();
        }
        (b"set-active-expire", 1) => {
            ctx.server.engine.set_active_expiry(parse_i64(args.bytes()?).is_some_and(|on| on != 0));
            reply.ok();
        }
        (b"stringmatch-len", 2) => {
            let len = args.unsigned()?.min(ctx.settings.proto_max_bulk_len) as usize;
            reply.integer(i64::from(rkvs_engine::glob::matches(args.bytes()?, &vec![b'a'; len], false)));
        }
        (b"error", 1) => return Err(CommandError::Message(args.bytes()?.into())),
        (b"log", 1) => {
            tracing::warn!("DEBUG LOG: {}", String::from_utf8_lossy(args.bytes()?));
            reply.ok();
        }
        (b"protocol", 1) => protocol::protocol(args, reply)?,
        (b"help", 0) => {
            reply.array(HELP.len());
            HELP.iter().for_each(|line| reply.simple(line));
        }
        _ => return Err(wrong_subcommand_syntax(args)),
    }
    Ok(())
}

const HELP: &[&str] = &[
    "DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "CONFIG-REWRITE-FORCE-ALL",
    "    Does what CONFIG REWRITE does, and writes defaults that the file does not mention too.",
    "DIGEST",
    "    Returns a hexadecimal signature of everything there is.",
    "DIGEST-VALUE <key> [<key> ...]",
    "    Returns a hexadecimal signature of each key's value.",
    "ERROR <string>",
    "    Returns an error with this text.",
    "HTSTATS <dbid>",
    "    Tells how the tables of a database are filled.",
    "HTSTATS-KEY <key>",
    "    Tells the same of the table that a large value is.",
    "LOG <message>",
    "    Writes a line to the log.",
    "OBJECT <key>",
    "    Tells how a key's value lies in memory.",
    "POPULATE <count> [<prefix>] [<size>]",
    "    Makes keys <prefix>:0, <prefix>:1 and so on (of 'key' unless told) where there are none; values have so many bytes.",
    "PROTOCOL <type>",
    "    Returns a value of this type.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    Switches the search for expired keys off or on.",
    "SLEEP <seconds>",
    "    Keeps this connection's worker busy doing nothing.",
    "STRINGMATCH-LEN <len> <pattern>",
    "    Matches a pattern with so many letters a; returns 1 if it does.",
    "HELP",
    "    Prints this help.",
];
