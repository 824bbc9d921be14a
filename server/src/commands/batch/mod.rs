//! BATCH: many keys at once, with a result for each.
//!
//! `read` holds the subcommands that take keys, `write` those that take keys and values. All answer the same report:
//! `processed`, `succeeded`, `failed`, `duration_us`, `data` (in the order of the request; what was read, taken or replaced,
//! nothing where an item failed), `errors` (of each failed item its index, key, code and message).
//!
//! ALLORNOTHING checks all items before the first is done. When any cannot be, nothing is changed, and the error names each by its
//! index. BESTEFFORT does what can be done. A key that is named twice is treated twice, in order: see
//! [`rkvs_engine::keyspace::batch`].

mod read;
mod write;

use std::borrow::Cow;
use std::time::Instant;

use rkvs_engine::keyspace::Keyspace;
use rkvs_engine::keyspace::batch::{BatchFailure, BatchMode, BatchReport};
use rkvs_engine::table::Key;
use rkvs_engine::value::StringValue;

use crate::command::prelude::*;

pub(super) static COMMANDS: &[&[Command]] = &[BATCH];

static BATCH: &[Command] = &[Command {
    name: "batch",
    summary: "Holds the commands that work on several keys in one of two modes.",
    since: "0.4.0",
    complexity: "That of the subcommand.",
    group: Group::Generic,
    arity: Arity::AtLeast(2),
    subcommands: &[read::BATCH_CONSUME, read::BATCH_DEL, read::BATCH_GET, HELP, write::BATCH_SET, write::BATCH_UPDATE],
    ..Command::DEFAULT
}];

const HELP: Command = Command {
    name: "help",
    summary: "Lists the subcommands of BATCH.",
    since: "0.4.0",
    complexity: "O(1)",
    group: Group::Generic,
    arity: Arity::Exactly(2),
    flags: LOADING.with(STALE),
    run: container_help,
    ..Command::DEFAULT
};

/// Reads the mode.
fn mode(args: &mut Args<'_>) -> Result<BatchMode, CommandError> {
    if args.option("ALLORNOTHING") {
        Ok(BatchMode::AllOrNothing)
    } else if args.option("BESTEFFORT") {
        Ok(BatchMode::BestEffort)
    } else {
        Err(CommandError::Syntax)
    }
}

/// Carries out a batch and replies with its report. `done` is what stands in `data` for an item that was done and has no
/// value.
fn report(
    ctx: &mut Context<'_>,
    mode: BatchMode,
    keys: &[Key<'_>],
    reply: &mut Reply<'_>,
    operation: impl FnOnce(&mut Keyspace<'_>) -> BatchReport,
    done: fn(&mut Reply<'_>),
) -> CommandResult {
    let started = Instant::now();
    let report = operation(&mut ctx.keyspace());
    let duration = started.elapsed();
    if mode == BatchMode::AllOrNothing && !report.is_success() {
        return Err(refusal(&report.failures, keys.len()));
    }
    reply.map(6);
    let numbers = [
        ("processed", keys.len()),
        ("succeeded", report.succeeded),
        ("failed", report.failures.len()),
        ("duration_us", duration.as_micros() as usize),
    ];
    for (name, number) in numbers {
        reply.bulk(name.as_bytes());
        reply.integer(number as i64);
    }
    reply.bulk(b"data");
    reply.array(keys.len());
    let mut failures = report.failures.iter().map(|failure| failure.index).peekable();
    for index in 0..keys.len() {
        match report.values.get(index) {
            _ if failures.next_if_eq(&index).is_some() => reply.null(),
            Some(Some(StringValue::Owned(value))) => reply.bulk(value),
            Some(Some(StringValue::Shared(value))) => reply.bulk_shared(value),
            Some(None) | None => done(reply),
        }
    }
    reply.bulk(b"errors");
    reply.array(report.failures.len());
    for failure in &report.failures {
        let text = text(failure);
        let (code, message) = split(&text);
        reply.array(4);
        reply.integer(failure.index as i64);
        reply.bulk(keys[failure.index].bytes);
        reply.bulk(code);
        reply.bulk(message);
    }
    Ok(())
}

/// What an item's failure is told as: a code, a space, a message.
fn text(failure: &BatchFailure) -> Cow<'static, [u8]> {
    match CommandError::from(failure.error) {
        // By its usual text it would not be told from other errors.
        CommandError::NoSuchKey => Cow::Borrowed(b"NOKEY no such key"),
        error => Cow::Owned(error.text().into_owned()),
    }
}

/// Cuts a text into its code and its message.
fn split(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| *byte == b' ').unwrap_or(text.len());
    (&text[..end], text.get(end + 1..).unwrap_or_default())
}

/// The error of a batch of which nothing was done: names every item that could not be.
#[cold]
fn refusal(failures: &[BatchFailure], items: usize) -> CommandError {
    let mut message =
        format!("BATCHFAILED {} of {items} items cannot be done, nothing was changed:", failures.len()).into_bytes();
    for (position, failure) in failures.iter().enumerate() {
        let separator: &[u8] = if position == 0 { b" " } else { b", " };
        message.extend_from_slice(separator);
        message.extend_from_slice(itoa::Buffer::new().format(failure.index).as_bytes());
        message.push(b' ');
        message.extend_from_slice(split(&text(failure)).0);
    }
    CommandError::Message(message.into())
}
