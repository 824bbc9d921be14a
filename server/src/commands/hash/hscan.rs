//! `HSCAN key cursor [MATCH pattern] [COUNT count]`: walks through the fields of a hash, a few per call.

use rkvs_engine::value::string::Digits;

use crate::command::prelude::*;
use crate::commands::scan_options::ScanOptions;
use crate::commands::string::write_string;
use crate::resp::{Output, parse_scan_cursor};

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "hscan",
    summary: "Walks through the fields of a hash, a few per call.",
    since: "2.8.0",
    complexity: "O(1) per call, O(N) for all N fields of the hash",
    group: Group::Hash,
    arity: Arity::AtLeast(3),
    flags: READONLY,
    keys: Keys::one(1),
    tips: &["nondeterministic_output"],
    args: &[
        Arg::key("key", 0),
        Arg::integer("cursor"),
        Arg::pattern("pattern").token("MATCH").optional(),
        Arg::integer("count").token("COUNT").optional(),
    ],
    run: hscan,
    ..Command::DEFAULT
}];

/// The options are read only once there is a hash: without one even wrong ones give an empty page, as in the reference.
fn hscan(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let key = args.key()?;
    let cursor = parse_scan_cursor(args.bytes()?).ok_or(CommandError::InvalidCursor)?;
    let mut keyspace = ctx.keyspace();
    let Some(hash) = keyspace.hash(key)? else {
        reply.array(2);
        reply.bulk(b"0");
        reply.array(0);
        return Ok(());
    };
    let options = ScanOptions::read(args)?;
    // The cursor comes first in the reply, and is known last.
    let mut page = Output::new();
    let mut pairs = Reply::new(&mut page, reply.protocol());
    let mut pairs_len = 0;
    let mut digits = Digits::new();
    let next = hash.scan(cursor, options.count, &mut |field, value| {
        if options.matches(field.bytes(&mut digits)) {
            write_string(&mut pairs, field);
            write_string(&mut pairs, value);
            pairs_len += 2;
        }
    });
    reply.array(2);
    reply.bulk(itoa::Buffer::new().format(next).as_bytes());
    reply.array(pairs_len);
    reply.output().buffer().extend_from_slice(page.buffer());
    Ok(())
}
