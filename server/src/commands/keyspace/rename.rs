//! `RENAME key newkey` and `RENAMENX key newkey`.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[
    Command {
        name: "rename",
        summary: "Gives a key another name, replacing what has that name.",
        since: "1.0.0",
        complexity: "O(1)",
        group: Group::Generic,
        arity: Arity::Exactly(3),
        flags: WRITE,
        keys: Keys::one(1)
            .flags(RW.with(ACCESS).with(DELETE))
            .and(KeySpec::at(2, FindKeys::ONE))
            .flags(OW.with(UPDATE)),
        args: &[Arg::key("key", 0), Arg::key("newkey", 1)],
        run: rename,
        ..Command::DEFAULT
    },
    Command {
        name: "renamenx",
        summary: "Gives a key another name if that is not in use.",
        since: "1.0.0",
        complexity: "O(1)",
        group: Group::Generic,
        arity: Arity::Exactly(3),
        flags: WRITE.with(FAST),
        keys: Keys::one(1)
            .flags(RW.with(ACCESS).with(DELETE))
            .and(KeySpec::at(2, FindKeys::ONE))
            .flags(OW.with(INSERT)),
        args: &[Arg::key("key", 0), Arg::key("newkey", 1)],
        history: &[change("3.2.0", "The two names may be the same.")],
        run: renamenx,
        ..Command::DEFAULT
    },
];

fn rename(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    rename_key(ctx, args, true)?;
    reply.ok();
    Ok(())
}

fn renamenx(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    reply.integer(rename_key(ctx, args, false)?.into());
    Ok(())
}

/// Renames a key, unless the other is there and must not be replaced; whether it did. A key renamed to itself stays as it
/// is, and nobody who watches it is told.
fn rename_key(ctx: &mut Context<'_>, args: &mut Args<'_>, replaces: bool) -> Result<bool, CommandError> {
    let (from, to) = (args.key()?, args.key()?);
    let mut keyspace = ctx.keyspace();
    if keyspace.value_type(from).is_none() {
        return Err(CommandError::NoSuchKey);
    }
    if from.bytes == to.bytes {
        return Ok(false);
    }
    Ok((replaces || keyspace.value_type(to).is_none()) && keyspace.rename(from, to)?)
}
