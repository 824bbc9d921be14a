//! The keys in a command line, as COMMAND GETKEYS and GETKEYSANDFLAGS find them.

use super::info;
use crate::command::error::CommandError;
use crate::command::flags::NO_MANDATORY_KEYS;
use crate::command::keys::{KeyRef, NOT_KEY};
use crate::command::spec::Command;
use crate::command::table::CommandTable;
use crate::resp::Reply;

/// Finds the keys of a whole command line, given from the command's name on.
///
/// # Errors
///
/// When there is no such command, it never has keys, or the arguments do not fit it.
pub(super) fn find(table: &CommandTable, line: &[&[u8]]) -> Result<Vec<KeyRef>, CommandError> {
    let command = lookup(table, line).ok_or(CommandError::Other("ERR Invalid command specified"))?;
    let has_keys = command.keys.specs().iter().any(|spec| !spec.flags.intersects(NOT_KEY));
    if !has_keys && command.keys.finder().is_none() {
        return Err(CommandError::Other("ERR The command has no key arguments"));
    }
    if !command.arity.accepts(line.len()) {
        return Err(CommandError::Other("ERR Invalid number of arguments specified for command"));
    }
    let mut keys = Vec::new();
    match command.keys.find(&line, &mut keys) {
        Ok(()) if !keys.is_empty() => Ok(keys),
        _ if command.flags.contains(NO_MANDATORY_KEYS) => Ok(keys),
        _ => Err(CommandError::Other("ERR Invalid arguments specified for command")),
    }
}

/// Writes the keys, each with what happens to it if `with_flags`.
pub(super) fn write(keys: &[KeyRef], line: &[&[u8]], with_flags: bool, reply: &mut Reply<'_>) {
    reply.array(keys.len());
    for key in keys {
        if with_flags {
            reply.array(2);
        }
        reply.bulk(line[key.index]);
        if with_flags {
            info::write_key_flags(key.flags, reply);
        }
    }
}

/// The command that the line would run: a subcommand if the first word names a container and another follows.
fn lookup(table: &CommandTable, line: &[&[u8]]) -> Option<&'static Command> {
    let command = table.lookup(line.first()?)?;
    match line.get(1) {
        Some(name) if command.is_container() => command.subcommand(name),
        _ => Some(command),
    }
}
