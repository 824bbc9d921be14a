//! `LCS key1 key2 [LEN] [IDX] [MINMATCHLEN len] [WITHMATCHLEN]`: the longest common subsequence of two strings.

use rkvs_engine::table::Key;
use rkvs_engine::value::StringValue;
use rkvs_engine::value::lcs::{self, Lcs, LcsError, Match};

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "lcs",
    summary: "Finds the longest common subsequence of two strings.",
    since: "7.0.0",
    complexity: "O(N*M), N and M being the lengths of the strings",
    group: Group::String,
    arity: Arity::AtLeast(3),
    flags: READONLY,
    keys: Keys::range(1, 2, 1),
    args: &[
        Arg::key("key1", 0),
        Arg::key("key2", 0),
        Arg::word("len", "LEN").optional(),
        Arg::word("idx", "IDX").optional(),
        Arg::integer("len").token("MINMATCHLEN").optional(),
        Arg::word("withmatchlen", "WITHMATCHLEN").optional(),
    ],
    run: lcs,
    ..Command::DEFAULT
}];

/// Bytes of a table cell in the reference, whose memory `proto-max-bulk-len` bounds.
const CELL_BYTES: u64 = 4;
/// The reference counts cells in 32 bits: longer strings are refused.
const LEN_MAX: usize = u32::MAX as usize - 2;

/// The options of one request.
#[derive(Default)]
struct Options {
    returns_len: bool,
    returns_matches: bool,
    match_len_min: i64,
    with_match_len: bool,
}

impl Options {
    fn read(args: &mut Args<'_>) -> Result<Self, CommandError> {
        let mut options = Self::default();
        while !args.is_empty() {
            if args.option("IDX") {
                options.returns_matches = true;
            } else if args.option("LEN") {
                options.returns_len = true;
            } else if args.option("WITHMATCHLEN") {
                options.with_match_len = true;
            } else if args.option("MINMATCHLEN") {
                options.match_len_min = args.integer()?;
            } else {
                return Err(CommandError::Syntax);
            }
        }
        if options.returns_len && options.returns_matches {
            let text = "ERR If you want both the length and indexes, please just use IDX.";
            return Err(CommandError::Other(text));
        }
        Ok(options)
    }
}

fn lcs(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let (a, b) = (args.key()?, args.key()?);
    let (a, b) = (operand(ctx, a), operand(ctx, b));
    let (a, b) = (a?, b?);
    let options = Options::read(args)?;
    if a.len() > LEN_MAX || b.len() > LEN_MAX {
        return Err(CommandError::Other("ERR String too long for LCS"));
    }
    let cells_max = ctx.settings.proto_max_bulk_len / CELL_BYTES;
    if options.returns_len {
        reply.integer(lcs::length(&a, &b, cells_max).map_err(refusal)? as i64);
        return Ok(());
    }
    let lcs = Lcs::new(&a, &b, cells_max).map_err(refusal)?;
    if options.returns_matches {
        write_matches(&lcs, &options, reply);
    } else {
        reply.bulk(&lcs.text());
    }
    Ok(())
}

/// One of the strings; an absent key is an empty one.
fn operand(ctx: &mut Context<'_>, key: Key<'_>) -> Result<StringValue, CommandError> {
    match ctx.keyspace().string(key) {
        Ok(value) => Ok(value.map_or(StringValue::Owned(Vec::new()), |value| value.to_value())),
        Err(_) => Err(CommandError::Other("ERR The specified keys must contain string values")),
    }
}

fn refusal(error: LcsError) -> CommandError {
    CommandError::Other(match error {
        LcsError::TooLarge => "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
        LcsError::OutOfMemory => "ERR Insufficient memory, failed allocating transient memory for LCS",
    })
}

/// Replies with the runs that are long enough, each by its first and last byte in both strings, and with the length of all.
fn write_matches(lcs: &Lcs<'_>, options: &Options, reply: &mut Reply<'_>) {
    let len_min = usize::try_from(options.match_len_min).unwrap_or(0);
    reply.map(2);
    reply.bulk(b"matches");
    let begun = reply.begin_array();
    let mut count = 0;
    for Match { a_start, b_start, len } in lcs.matches().filter(|run| run.len >= len_min) {
        reply.array(if options.with_match_len { 3 } else { 2 });
        for start in [a_start, b_start] {
            reply.array(2);
            reply.integer(start as i64);
            reply.integer((start + len - 1) as i64);
        }
        if options.with_match_len {
            reply.integer(len as i64);
        }
        count += 1;
    }
    reply.end_array(begun, count);
    reply.bulk(b"len");
    reply.integer(lcs.len() as i64);
}
