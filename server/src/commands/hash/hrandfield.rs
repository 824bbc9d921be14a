//! `HRANDFIELD key [count [WITHVALUES]]`: fields of a hash chosen at random.

use rkvs_engine::random::Random;
use rkvs_engine::value::{HashRef, StringRef};

use crate::command::prelude::*;
use crate::commands::string::write_string;
use crate::resp::Protocol;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "hrandfield",
    summary: "Returns fields of a hash chosen at random.",
    since: "6.2.0",
    complexity: "O(N), N being the number of fields returned",
    group: Group::Hash,
    arity: Arity::AtLeast(2),
    flags: READONLY,
    keys: Keys::one(1),
    tips: &["nondeterministic_output"],
    args: &[
        Arg::key("key", 0),
        Arg::block("options", &[Arg::integer("count"), Arg::word("withvalues", "WITHVALUES").optional()]).optional(),
    ],
    run: hrandfield,
    ..Command::DEFAULT
}];

/// Largest number of fields that may be asked for, either way, when the values are wanted as well.
const PAIRS_MAX: i64 = i64::MAX / 2;

/// Most bytes of a reply that names fields repeatedly. The hash does not bound such a reply; its other bound is memory.
const REPEATED_REPLY_BYTES_MAX: usize = 1 << 29;

fn hrandfield(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let key = args.key()?;
    if args.is_empty() {
        let mut keyspace = ctx.keyspace();
        let picked = keyspace.hash(key)?.and_then(|hash| hash.random_field(&mut Random::from_entropy()));
        match picked {
            Some((field, _)) => write_string(reply, field),
            None => reply.null(),
        }
        return Ok(());
    }
    let count = args.integer()?;
    if count == i64::MIN {
        const TEXT: &str = "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807";
        return Err(CommandError::Other(TEXT));
    }
    let with_values = args.option("WITHVALUES");
    args.end()?;
    if with_values && count.abs() > PAIRS_MAX {
        return Err(CommandError::OutOfRange);
    }
    let mut keyspace = ctx.keyspace();
    let Some(hash) = keyspace.hash(key)? else {
        reply.array(0);
        return Ok(());
    };
    let mut writer = Writer { reply, with_values };
    match usize::try_from(count) {
        Ok(count) => {
            writer.begin(count.min(hash.len()));
            hash.random_distinct(count, &mut Random::from_entropy(), &mut |field, value| writer.pair(field, value));
            Ok(())
        }
        Err(_) => repeat(hash, count.unsigned_abs(), &mut writer),
    }
}

/// Picks `count` times, the same field again and again if chance has it so.
fn repeat(hash: HashRef<'_>, count: u64, writer: &mut Writer<'_, '_>) -> CommandResult {
    let bytes_before = writer.reply.output().len_bytes();
    writer.begin(usize::try_from(count).map_err(|_| CommandError::OutOfRange)?);
    let fits = hash.random_repeated(count, &mut Random::from_entropy(), &mut |field, value| {
        writer.pair(field, value);
        writer.reply.output().len_bytes() - bytes_before <= REPEATED_REPLY_BYTES_MAX
    });
    if fits { Ok(()) } else { Err(CommandError::OutOfRange) }
}

/// Writes fields, or fields with their values: pairs in RESP3, one flat list in RESP2.
struct Writer<'w, 'r> {
    reply: &'w mut Reply<'r>,
    with_values: bool,
}

impl Writer<'_, '_> {
    fn is_nested(&self) -> bool {
        self.with_values && self.reply.protocol() == Protocol::Resp3
    }

    fn begin(&mut self, fields: usize) {
        let is_flat = self.with_values && !self.is_nested();
        self.reply.array(if is_flat { fields * 2 } else { fields });
    }

    fn pair(&mut self, field: StringRef<'_>, value: StringRef<'_>) {
        if self.is_nested() {
            self.reply.array(2);
        }
        write_string(self.reply, field);
        if self.with_values {
            write_string(self.reply, value);
        }
    }
}
