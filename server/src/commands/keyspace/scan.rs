//! `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`: one step through the keys.

use super::names::Names;
use crate::command::prelude::*;
use crate::commands::scan_options::ScanOptions;
use crate::resp::parse_scan_cursor;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "scan",
    summary: "Walks through the keys, a few per call.",
    since: "2.8.0",
    complexity: "O(1) per call, O(N) for all N keys of the database",
    group: Group::Generic,
    arity: Arity::AtLeast(2),
    flags: READONLY.with(TOUCHES_ARBITRARY_KEYS),
    scope: Scope::Namespace,
    tips: &["nondeterministic_output", "request_policy:special"],
    args: &[
        Arg::integer("cursor"),
        Arg::pattern("pattern").token("MATCH").optional(),
        Arg::integer("count").token("COUNT").optional(),
        Arg::string("type").token("TYPE").since("6.0.0").optional(),
    ],
    history: &[change("6.0.0", "Takes `TYPE`.")],
    run: scan,
    ..Command::DEFAULT
}];

fn scan(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let cursor = parse_scan_cursor(args.bytes()?).ok_or(CommandError::InvalidCursor)?;
    let (mut options, mut wanted_type) = (ScanOptions::default(), None);
    while !args.is_empty() {
        if args.option("TYPE") {
            wanted_type = Some(args.bytes()?);
        } else if !options.read_one(args)? {
            return Err(CommandError::Syntax);
        }
    }
    // A type nobody knows is one that no key has.
    let is_wanted = |name: &str| wanted_type.is_none_or(|wanted| wanted.eq_ignore_ascii_case(name.as_bytes()));
    let (next, found) = ctx.keyspace().scan(cursor, options.count, |found: &mut Names, entry| {
        if options.matches(entry.key) && is_wanted(entry.value.value_type().name()) {
            found.push(entry.key);
        }
    });
    reply.array(2);
    reply.bulk_integer(next.cast_signed());
    found.write(reply);
    Ok(())
}
