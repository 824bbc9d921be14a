//! Commands on strings.

mod append;
mod get;
mod getdel;
mod getex;
mod getrange;
mod getset;
mod incr;
mod incrbyfloat;
mod lcs;
mod mget;
mod mset;
mod set;
mod setex;
mod setnx;
mod setrange;
mod strlen;

use rkvs_engine::value::StringRef;

use crate::command::error::{CommandError, CommandResult};
use crate::command::spec::Command;
use crate::resp::Reply;

pub(super) static COMMANDS: &[&[Command]] = &[
    append::COMMANDS,
    get::COMMANDS,
    getdel::COMMANDS,
    getex::COMMANDS,
    getrange::COMMANDS,
    getset::COMMANDS,
    incr::COMMANDS,
    incrbyfloat::COMMANDS,
    lcs::COMMANDS,
    mget::COMMANDS,
    mset::COMMANDS,
    set::COMMANDS,
    setex::COMMANDS,
    setnx::COMMANDS,
    setrange::COMMANDS,
    strlen::COMMANDS,
];

/// Replies with a string as it lies in the keyspace: a large one is not copied.
#[inline(always)]
pub(super) fn write_string(reply: &mut Reply<'_>, value: StringRef<'_>) {
    match value {
        StringRef::Bytes(bytes) => reply.bulk(bytes),
        StringRef::Integer(integer) => reply.bulk_integer(integer),
        StringRef::Shared(bytes) => reply.bulk_shared(bytes),
    }
}

/// Checks the length of a string that will have `added` bytes from `offset` on; `len_max` is `proto-max-bulk-len`.
#[inline]
fn check_length(offset: usize, added: usize, len_max: u64) -> CommandResult {
    let fits = offset.checked_add(added).is_some_and(|len| len as u64 <= len_max);
    if fits { Ok(()) } else { Err(CommandError::StringTooLong) }
}
