//! `FLUSHDB [ASYNC | SYNC]` and `FLUSHALL [ASYNC | SYNC]`: remove all keys of one database, or of all.
//!
//! Memory is freed in the background either way. Both are one moment for everybody else.

use std::sync::Arc;

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[
    Command {
        name: "flushdb",
        summary: "Removes all keys of the database.",
        since: "1.0.0",
        complexity: "O(N), N being the number of keys in the database",
        arity: Arity::AtLeast(1),
        flags: WRITE,
        categories: Categories::KEYSPACE.with(Categories::DANGEROUS),
        scope: Scope::Namespace,
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        args: &[Arg::one_of(
            "async",
            &[Arg::word("async", "ASYNC").since("4.0.0"), Arg::word("sync", "SYNC").since("6.2.0")],
        )
        .optional()],
        history: &[change("4.0.0", "Takes `ASYNC`."), change("6.2.0", "Takes `SYNC`.")],
        run: flushdb,
        ..Command::DEFAULT
    },
    Command {
        name: "flushall",
        summary: "Removes all keys of all databases.",
        since: "1.0.0",
        complexity: "O(N), N being the number of keys",
        arity: Arity::AtLeast(1),
        flags: WRITE,
        categories: Categories::KEYSPACE.with(Categories::DANGEROUS),
        scope: Scope::Server,
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        args: &[Arg::one_of(
            "async",
            &[Arg::word("async", "ASYNC").since("4.0.0"), Arg::word("sync", "SYNC").since("6.2.0")],
        )
        .optional()],
        history: &[change("4.0.0", "Takes `ASYNC`."), change("6.2.0", "Takes `SYNC`.")],
        run: flushall,
        ..Command::DEFAULT
    },
];

/// Reads the mode, which makes no difference.
fn read_mode(args: &mut Args<'_>) -> CommandResult {
    let _either = args.option("ASYNC") || args.option("SYNC");
    args.end()
}

fn flushdb(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    read_mode(args)?;
    let namespace = Arc::clone(ctx.namespace());
    if !namespace.is_vacant() {
        ctx.with_namespaces(&[namespace], |locks, handles, now_ms| {
            locks.keyspace(handles[0], now_ms).clear();
            Ok(())
        })?;
    }
    reply.ok();
    Ok(())
}

fn flushall(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    read_mode(args)?;
    loop {
        let (vacant, used): (Vec<_>, Vec<_>) =
            ctx.namespaces().into_iter().partition(|namespace| namespace.is_vacant());
        let flushed = ctx.with_namespaces(&used, |locks, handles, now_ms| {
            // Those that nobody has used yet are not locked. If one has come into use, what is in it may be older than
            // what would be removed elsewhere.
            let complete = vacant.iter().all(|namespace| namespace.is_vacant());
            if complete {
                for handle in handles {
                    locks.keyspace(handle, now_ms).clear();
                }
            }
            Ok(complete)
        });
        match flushed {
            Ok(true) => break,
            // One was first used, or deleted, since they were listed.
            Ok(false) | Err(CommandError::NamespaceGone) => {}
            Err(error) => return Err(error),
        }
    }
    reply.ok();
    Ok(())
}
