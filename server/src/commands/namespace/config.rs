//! `NAMESPACE CONFIG GET name pattern` and `NAMESPACE CONFIG SET name parameter value [parameter value …]`

use super::find;
use super::parameter::{self, Changes, Parameter, Reason, Value};
use crate::command::error::unknown_subcommand;
use crate::command::prelude::*;

pub(super) const CONFIG: Command = Command {
    name: "config",
    summary: "Returns or changes the limits of a namespace.",
    since: "0.4.0",
    complexity: "O(N), N being the number of parameters given",
    group: Group::Server,
    arity: Arity::AtLeast(5),
    flags: NOSCRIPT.with(ADMIN),
    args: &[Arg::one_of(
        "operation",
        &[
            Arg::block("get", &[Arg::string("name"), Arg::pattern("pattern")]).token("GET"),
            Arg::block(
                "set",
                &[
                    Arg::string("name"),
                    Arg::block("data", &[Arg::string("parameter"), Arg::string("value")]).multiple(),
                ],
            )
            .token("SET"),
        ],
    )],
    run: config,
    ..Command::DEFAULT
};

fn config(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    if args.option("GET") {
        get(ctx, args, reply)
    } else if args.option("SET") {
        set(ctx, args, reply)
    } else {
        Err(unknown_subcommand(args.bytes()?, "namespace"))
    }
}

fn get(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let (name, pattern) = (args.bytes()?, args.bytes()?);
    if !args.is_empty() {
        return Err(CommandError::WrongArity("namespace|config"));
    }
    let namespace = find(ctx, name)?;
    let mut facts = parameter::all(&namespace).to_vec();
    facts.retain(|(name, _)| parameter::matches(pattern, name));
    reply.map(facts.len());
    for (name, value) in facts {
        reply.bulk(name.as_bytes());
        match value {
            Value::Number(number) => reply.bulk(itoa::Buffer::new().format(number).as_bytes()),
            Value::Word(word) => reply.bulk(word.as_bytes()),
        }
    }
    Ok(())
}

/// Changes all that is named, or, when any of it is wrong, nothing.
fn set(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let name = args.bytes()?;
    if !args.remaining().is_multiple_of(2) {
        return Err(CommandError::WrongArity("namespace|config"));
    }
    let namespace = find(ctx, name)?;
    let mut changes = Changes::default();
    while let (Some(name), Some(value)) = (args.next(), args.next()) {
        let set = match Parameter::by_name(name) {
            Some(parameter) => changes.set(parameter, value),
            None if parameter::is_fixed(name) => Err(Reason::Fixed),
            None => Err(Reason::Unknown),
        };
        match set {
            Ok(true) => {}
            Ok(false) => return Err(Reason::Duplicate.of("CONFIG SET", name)),
            Err(reason) => return Err(reason.of("CONFIG SET", name)),
        }
    }
    namespace.change_limits(|limits| changes.applied_to(limits))?;
    reply.ok();
    Ok(())
}
