//! `NAMESPACE AUTOSAVE LIST`, `SET name SECONDS n [PATTERN p] [KEEP n]`, `STOP name`: namespaces that are saved at intervals.

use rkvs_engine::persistence::{AutosaveSettings, AutosaveTask};

use super::{find, name_text};
use crate::command::error::unknown_subcommand;
use crate::command::prelude::*;
use crate::config::AUTOSAVE_S_MAX;

pub(super) const AUTOSAVE: Command = Command {
    name: "autosave",
    summary: "Saves a namespace at intervals, ends that, or lists the namespaces that are saved so.",
    since: "0.4.0",
    complexity: "O(N), N being the number of namespaces that are saved so",
    group: Group::Server,
    arity: Arity::AtLeast(3),
    flags: NOSCRIPT.with(ADMIN).with(NO_MULTI),
    args: &[Arg::one_of(
        "operation",
        &[
            Arg::word("list", "LIST"),
            Arg::block(
                "set",
                &[
                    Arg::string("name"),
                    Arg::integer("seconds").token("SECONDS"),
                    Arg::pattern("pattern").token("PATTERN").optional(),
                    Arg::integer("count").token("KEEP").optional(),
                ],
            )
            .token("SET"),
            Arg::block("stop", &[Arg::string("name")]).token("STOP"),
        ],
    )],
    run: autosave,
    ..Command::DEFAULT
};

/// The pattern of file names where none is given.
const PATTERN: &str = "{ns}-{ts}";

fn autosave(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    if args.option("LIST") {
        list(ctx, args, reply)
    } else if args.option("SET") {
        set(ctx, args, reply)
    } else if args.option("STOP") {
        stop(ctx, args, reply)
    } else {
        Err(unknown_subcommand(args.bytes()?, "namespace"))
    }
}

fn list(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    if !args.is_empty() {
        return Err(CommandError::WrongArity("namespace|autosave"));
    }
    let tasks = ctx.server.persistence.autosaves();
    reply.array(tasks.len());
    tasks.iter().for_each(|task| show(task, reply));
    Ok(())
}

/// `last_status` and `last_error` are of this task's last try, `none` before the first one; the others of the last that went well.
fn show(task: &AutosaveTask, reply: &mut Reply<'_>) {
    let last = task.last.as_ref();
    let (status, error) = match last.map(|last| &last.result) {
        None => ("none", ""),
        Some(Ok(_)) => ("ok", ""),
        Some(Err(error)) => ("err", &**error),
    };
    let good = task.last_good.as_ref();
    let saved = good.and_then(|good| good.result.as_ref().ok());
    let error = last.and_then(|last| last.not_removed.as_deref()).unwrap_or(error);
    reply.map(12);
    let words = [
        ("name", task.target.namespace().unwrap_or_default()),
        ("pattern", &task.file),
        ("last_status", status),
        ("last_error", error),
        ("last_file", good.map_or("", |good| good.file.as_str())),
    ];
    for (name, word) in words {
        reply.bulk(name.as_bytes());
        reply.bulk(word.as_bytes());
    }
    let numbers = [
        ("seconds", task.interval_ms / 1_000),
        ("keep", task.keep.into()),
        ("due_in_seconds", task.due_in_ms.div_ceil(1_000)),
        ("in_progress", task.running.is_some().into()),
        ("last_save", good.map_or(0, |good| good.started_ms / 1_000)),
        ("last_bytes", saved.map_or(0, |saved| saved.file_bytes)),
        ("last_duration_ms", good.map_or(0, |good| good.duration.as_millis() as u64)),
    ];
    for (name, number) in numbers {
        reply.bulk(name.as_bytes());
        reply.integer(number as i64);
    }
}

/// What was set before for the namespace is over when this answers. The first save comes after one interval; one is left out where
/// nothing has changed since the one before.
fn set(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let outcome = ctx.wait_for(|ctx| {
        let namespace = find(ctx, args.bytes()?)?;
        let (mut seconds, mut pattern, mut keep) = (None, PATTERN.to_owned(), 0);
        while !args.is_empty() {
            if args.option("SECONDS") {
                seconds = Some(args.unsigned()?);
            } else if args.option("PATTERN") {
                pattern = String::from_utf8_lossy(args.bytes()?).into_owned();
            } else if args.option("KEEP") {
                keep = u32::try_from(args.unsigned()?).map_err(|_| CommandError::OutOfRange)?;
            } else {
                return Err(CommandError::Syntax);
            }
        }
        let seconds = seconds.ok_or(CommandError::Syntax)?;
        if seconds > AUTOSAVE_S_MAX {
            return Err(CommandError::OutOfRange);
        }
        let settings = AutosaveSettings { interval_ms: seconds * 1_000, pattern, keep };
        Ok(ctx.server.persistence.set_autosave(namespace, settings)?)
    })?;
    finish(outcome, reply)
}

/// No file of the task appears any more when this answers.
fn stop(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let outcome = ctx.wait_for(|ctx| {
        let name = name_text(args.bytes()?)?;
        args.end()?;
        Ok(ctx.server.persistence.stop_autosave(name.to_owned())?)
    })?;
    finish(outcome, reply)
}

fn finish(outcome: Result<(), String>, reply: &mut Reply<'_>) -> CommandResult {
    outcome.map_err(|reason| CommandError::Message(format!("ERR {reason}").into_bytes().into()))?;
    reply.ok();
    Ok(())
}
