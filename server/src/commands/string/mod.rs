//! Commands on strings.

mod get;
mod set;

use rkvs_engine::value::StringRef;

use crate::command::spec::Command;
use crate::resp::Reply;

pub(super) static COMMANDS: &[&[Command]] = &[get::COMMANDS, set::COMMANDS];

/// Replies with a string as it lies in the keyspace: a large one is not copied.
#[inline]
fn write_string(reply: &mut Reply<'_>, value: StringRef<'_>) {
    match value {
        StringRef::Bytes(bytes) => reply.bulk(bytes),
        StringRef::Integer(integer) => reply.bulk_integer(integer),
        StringRef::Shared(bytes) => reply.bulk_shared(bytes),
    }
}
