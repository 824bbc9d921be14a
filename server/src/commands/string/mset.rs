//! `MSET key value [key value …]` and `MSETNX`: several strings at once, all or none.

use rkvs_engine::table::Key;
use smallvec::SmallVec;

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[
    Command {
        name: "mset",
        summary: "Stores strings at several keys, all at once.",
        since: "1.0.1",
        complexity: "O(N), N being the number of keys",
        group: Group::String,
        arity: Arity::AtLeast(3),
        flags: WRITE.with(DENYOOM),
        keys: Keys::range(1, -1, 2).flags(OW.with(UPDATE)),
        tips: &["request_policy:multi_shard", "response_policy:all_succeeded"],
        args: &[Arg::block("key_value", &[Arg::key("key", 0), Arg::string("value")]).multiple()],
        run: mset,
        ..Command::DEFAULT
    },
    Command {
        name: "msetnx",
        summary: "Stores strings at several keys if none of the keys is in use.",
        since: "1.0.1",
        complexity: "O(N), N being the number of keys",
        group: Group::String,
        arity: Arity::AtLeast(3),
        flags: WRITE.with(DENYOOM),
        keys: Keys::range(1, -1, 2).flags(OW.with(INSERT)),
        tips: &["request_policy:multi_shard", "response_policy:agg_min"],
        args: &[Arg::block("key_value", &[Arg::key("key", 0), Arg::string("value")]).multiple()],
        run: msetnx,
        ..Command::DEFAULT
    },
];

/// The keys and their values; as many of them as a usual request has need no allocation.
type Pairs<'a> = (SmallVec<[Key<'a>; 16]>, SmallVec<[&'a [u8]; 16]>);

fn mset(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let (keys, values) = pairs(args, "mset")?;
    ctx.keyspace().set_many(&keys, &values)?;
    reply.ok();
    Ok(())
}

fn msetnx(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let (keys, values) = pairs(args, "msetnx")?;
    let mut keyspace = ctx.keyspace();
    let applies = keys.iter().all(|key| keyspace.value_type(*key).is_none());
    if applies {
        keyspace.set_many(&keys, &values)?;
    }
    reply.integer(applies.into());
    Ok(())
}

fn pairs<'a>(args: &mut Args<'a>, command: &'static str) -> Result<Pairs<'a>, CommandError> {
    if !args.remaining().is_multiple_of(2) {
        return Err(CommandError::WrongArity(command));
    }
    let (mut keys, mut values) = Pairs::default();
    while !args.is_empty() {
        keys.push(args.key()?);
        values.push(args.bytes()?);
    }
    Ok((keys, values))
}
