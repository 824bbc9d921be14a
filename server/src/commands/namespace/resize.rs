//! `NAMESPACE RESIZE name shards`, `NAMESPACE RESIZE name STATUS`, `NAMESPACE RESIZE name CANCEL`

use rkvs_engine::error::Error as EngineError;
use rkvs_engine::namespace::Namespace;
use rkvs_engine::shard::resize::{ResizeEnd, ResizeState};

use super::find;
use crate::command::prelude::*;
use crate::resizer::ResizeRefusal;
use crate::server::Server;

pub(super) const RESIZE: Command = Command {
    name: "resize",
    summary: "Changes the number of shards of a namespace in the background.",
    since: "0.4.0",
    complexity: "O(1); the keys are moved in the background",
    group: Group::Server,
    arity: Arity::Exactly(4),
    flags: NOSCRIPT.with(ADMIN).with(NO_MULTI),
    args: &[
        Arg::string("name"),
        Arg::one_of(
            "operation",
            &[Arg::integer("shards"), Arg::word("status", "STATUS"), Arg::word("cancel", "CANCEL")],
        ),
    ],
    run: resize,
    ..Command::DEFAULT
};

fn resize(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let namespace = find(ctx, args.bytes()?)?;
    if args.option("STATUS") {
        status(ctx.server, &namespace, reply);
        return Ok(());
    }
    if args.option("CANCEL") {
        if !ctx.server.resizer.cancel(&namespace) {
            return Err(CommandError::Other("ERR the namespace is not being resized"));
        }
    } else {
        let shards = usize::try_from(args.integer()?).map_err(|_| EngineError::ShardCountOutOfRange)?;
        ctx.server.resizer.begin(&namespace, shards).map_err(|refusal| match refusal {
            ResizeRefusal::ShardCountOutOfRange => EngineError::ShardCountOutOfRange.into(),
            ResizeRefusal::InProgress => EngineError::ResizeInProgress.into(),
            ResizeRefusal::QueueFull => CommandError::Other("BUSYRESIZE too many namespaces wait to be resized"),
            ResizeRefusal::NoThread => CommandError::Other("ERR the system has no thread for it"),
        })?;
    }
    reply.ok();
    Ok(())
}

/// What a namespace's shards are about to become.
pub(super) struct Plan {
    /// `none`, `waiting`, `moving`, or `cancelling`.
    pub(super) state: &'static str,
    /// Number of shards there will be, those there are when nothing is planned.
    pub(super) to: usize,
    pub(super) moving: Option<ResizeState>,
}

impl Plan {
    pub(super) fn of(server: &Server, namespace: &Namespace) -> Self {
        // Asked for in the order in which one follows the other.
        if let Some(to) = server.resizer.waiting(namespace) {
            return Self { state: "waiting", to, moving: None };
        }
        match namespace.resize_state() {
            Some(moving) if moving.is_cancelled => Self { state: "cancelling", to: moving.from, moving: Some(moving) },
            Some(moving) => Self { state: "moving", to: moving.to, moving: Some(moving) },
            None => Self { state: "none", to: namespace.shard_count(), moving: None },
        }
    }
}

fn status(server: &Server, namespace: &Namespace, reply: &mut Reply<'_>) {
    let plan = Plan::of(server, namespace);
    let moving = plan.moving;
    let last = namespace.last_resize();
    let seconds = |ms: u64| (ms / 1_000) as i64;
    let numbers = [
        ("shards", namespace.shard_count() as i64),
        ("target", plan.to as i64),
        ("keys_moved", moving.map_or(0, |moving| moving.keys_moved as i64)),
        ("keys_total", moving.map_or(0, |moving| moving.keys_total as i64)),
        ("since", moving.map_or(0, |moving| seconds(moving.since_ms))),
        ("last_from", last.map_or(0, |last| last.from as i64)),
        ("last_to", last.map_or(0, |last| last.to as i64)),
        ("last_time", last.map_or(0, |last| seconds(last.ended_ms))),
        ("last_duration_ms", last.map_or(0, |last| last.ended_ms.saturating_sub(last.since_ms) as i64)),
    ];
    let result = match last.map(|last| last.end) {
        None => "none",
        Some(ResizeEnd::Done) => "done",
        Some(ResizeEnd::Cancelled) => "cancelled",
        Some(ResizeEnd::NoRoom) => "no_room",
    };
    reply.map(3 + numbers.len());
    for (name, text) in [("state", plan.state), ("last_result", result)] {
        reply.bulk(name.as_bytes());
        reply.bulk(text.as_bytes());
    }
    reply.bulk(b"progress");
    reply.bulk_display(format_args!("{:.4}", moving.map_or(0.0, |moving| moving.progress)));
    for (name, number) in numbers {
        reply.bulk(name.as_bytes());
        reply.integer(number);
    }
}
