//! `HSET key field value [field value …]`, and HMSET, which answers OK instead of a number.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[
    Command {
        name: "hset",
        summary: "Sets fields of a hash, creating it if there is none.",
        since: "2.0.0",
        complexity: "O(N), N being the number of fields given",
        group: Group::Hash,
        arity: Arity::AtLeast(4),
        flags: WRITE.with(DENYOOM).with(FAST),
        keys: Keys::one(1).flags(RW.with(UPDATE)),
        args: &[
            Arg::key("key", 0),
            Arg::block("field_value", &[Arg::string("field"), Arg::string("value")]).multiple(),
        ],
        history: &[change("4.0.0", "Takes several fields.")],
        run: hset,
        ..Command::DEFAULT
    },
    Command {
        name: "hmset",
        summary: "Sets several fields of a hash.",
        since: "2.0.0",
        complexity: "O(N), N being the number of fields given",
        group: Group::Hash,
        arity: Arity::AtLeast(4),
        flags: WRITE.with(DENYOOM).with(FAST),
        keys: Keys::one(1).flags(RW.with(UPDATE)),
        args: &[
            Arg::key("key", 0),
            Arg::block("field_value", &[Arg::string("field"), Arg::string("value")]).multiple(),
        ],
        deprecated: Some(Deprecation { since: "4.0.0", replaced_by: "`HSET` with several fields" }),
        run: hmset,
        ..Command::DEFAULT
    },
];

fn hset(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let new = set_pairs(ctx, args, "hset")?;
    reply.integer(new as i64);
    Ok(())
}

fn hmset(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    set_pairs(ctx, args, "hmset")?;
    reply.ok();
    Ok(())
}

/// Sets the fields of a request, all or none; returns how many are new.
fn set_pairs(ctx: &mut Context<'_>, args: &mut Args<'_>, command: &'static str) -> Result<usize, CommandError> {
    let key = args.key()?;
    if !args.remaining().is_multiple_of(2) {
        return Err(CommandError::WrongArity(command));
    }
    Ok(ctx.keyspace().hash_mut(key)?.set_all(Pairs(args.clone()))?)
}

/// The fields and values that remain in a request.
#[derive(Clone)]
struct Pairs<'a>(Args<'a>);

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.next()?, self.0.next()?))
    }
}
