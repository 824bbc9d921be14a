//! `DUMP key`: a value as bytes that RESTORE takes.

use std::cell::RefCell;

use rkvs_engine::rdb::{Content, Encoder};

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "dump",
    summary: "Returns a value as bytes from which RESTORE makes it again.",
    since: "2.6.0",
    complexity: "O(N) for a value of N bytes",
    group: Group::Generic,
    arity: Arity::Exactly(2),
    flags: READONLY,
    keys: Keys::one(1).flags(RO.with(ACCESS)),
    tips: &["nondeterministic_output"],
    args: &[Arg::key("key", 0)],
    run: dump,
    ..Command::DEFAULT
}];

thread_local! {
    /// Its buffers outlast a request.
    static ENCODER: RefCell<Encoder> = RefCell::default();
}

fn dump(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    match ctx.keyspace().read(args.key()?) {
        Some(value) => {
            let payload = ENCODER.with_borrow_mut(|encoder| Content::of(value, |content| encoder.dump(content)));
            reply.bulk(&payload);
        }
        None => reply.null(),
    }
    Ok(())
}
