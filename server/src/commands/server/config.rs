//! `CONFIG GET pattern …`, `SET name value …`, `RESETSTAT`, `REWRITE`.

use crate::command::prelude::*;
use crate::config::ConfigError;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "config",
    summary: "Holds the commands about the server's settings.",
    since: "2.0.0",
    complexity: "That of the subcommand.",
    arity: Arity::AtLeast(2),
    subcommands: &[
        Command {
            name: "get",
            summary: "Returns the settings whose names match patterns.",
            since: "2.0.0",
            complexity: "O(N), N being the number of patterns",
            arity: Arity::AtLeast(3),
            flags: ADMIN.with(NOSCRIPT).with(LOADING).with(STALE),
            args: &[Arg::block("parameter", &[Arg::string("parameter")]).multiple()],
            history: &[change("7.0.0", "Takes several patterns.")],
            help: &["<pattern>"],
            run: get,
            ..Command::DEFAULT
        },
        Command {
            name: "help",
            summary: "Lists the subcommands of CONFIG.",
            since: "5.0.0",
            complexity: "O(1)",
            arity: Arity::Exactly(2),
            flags: LOADING.with(STALE),
            run: container_help,
            ..Command::DEFAULT
        },
        Command {
            name: "resetstat",
            summary: "Sets the counters that INFO shows back to zero.",
            since: "2.0.0",
            complexity: "O(1)",
            arity: Arity::Exactly(2),
            flags: ADMIN.with(NOSCRIPT).with(LOADING).with(STALE),
            run: resetstat,
            ..Command::DEFAULT
        },
        Command {
            name: "rewrite",
            summary: "Writes the settings now in force to the configuration file.",
            since: "2.8.0",
            complexity: "O(1)",
            arity: Arity::Exactly(2),
            flags: ADMIN.with(NOSCRIPT).with(LOADING).with(STALE),
            run: rewrite,
            ..Command::DEFAULT
        },
        Command {
            name: "set",
            summary: "Changes settings, all of those given or none.",
            since: "2.0.0",
            complexity: "O(N), N being the number of settings given",
            arity: Arity::AtLeast(4),
            flags: ADMIN.with(NOSCRIPT).with(LOADING).with(STALE),
            tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
            args: &[Arg::block("parameter_value", &[Arg::string("parameter"), Arg::string("value")]).multiple()],
            history: &[change("7.0.0", "Takes several settings.")],
            help: &["<directive> <value>"],
            run: set,
            ..Command::DEFAULT
        },
    ],
    ..Command::DEFAULT
}];

fn get(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let patterns: Vec<&[u8]> = args.collect();
    let found = ctx.server.config.get(&patterns);
    reply.map(found.len());
    for (name, value) in found {
        reply.bulk(name.as_bytes());
        reply.bulk(value.as_bytes());
    }
    Ok(())
}

fn set(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    if !args.remaining().is_multiple_of(2) {
        return Err(CommandError::Syntax);
    }
    let mut pairs = Vec::with_capacity(args.remaining() / 2);
    while !args.is_empty() {
        pairs.push((args.bytes()?, args.bytes()?));
    }
    ctx.server.config.set(&pairs, ctx.session.info.peer.is_local()).map_err(refusal)?;
    reply.ok();
    Ok(())
}

fn resetstat(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    ctx.server.counters.reset();
    ctx.server.observer.reset(ctx.server);
    reply.ok();
    Ok(())
}

fn rewrite(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    rewrite_file(ctx, false)?;
    reply.ok();
    Ok(())
}

/// Writes the settings and the namespaces to the configuration file; with `all`, the defaults too.
pub(super) fn rewrite_file(ctx: &Context<'_>, all: bool) -> CommandResult {
    ctx.server.config.rewrite(&ctx.server.namespace_settings(), all).map_err(refusal)?;
    tracing::info!("CONFIG REWRITE executed with success.");
    Ok(())
}

/// What the configuration says no with is the whole text already.
fn refusal(error: ConfigError) -> CommandError {
    CommandError::Message(error.to_string().into_bytes().into())
}
