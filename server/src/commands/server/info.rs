//! `INFO [section …]`.

use crate::command::prelude::*;
use crate::metrics::info::sections;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "info",
    summary: "Returns facts and statistics about the server.",
    since: "1.0.0",
    complexity: "O(1)",
    arity: Arity::AtLeast(1),
    flags: LOADING.with(STALE),
    categories: Categories::DANGEROUS,
    tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    args: &[Arg::string("section").optional().multiple()],
    history: &[change("7.0.0", "Takes several sections.")],
    run: info,
    ..Command::DEFAULT
}];

fn info(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let names: Vec<&[u8]> = args.collect();
    let text = sections(ctx.server, ctx.settings, ctx.now_ms, names.iter().copied());
    reply.verbatim(b"txt", text.as_bytes());
    Ok(())
}
