//! COMMAND and its subcommands: what the server tells about its own commands, all of it read from the command table.
//!
//! `command` declares them and holds the thin handlers; `info` and `docs` write one command's description, `list` selects
//! names, and `keys` finds the keys in a command line.

use crate::command::spec::Command;

mod command;
mod docs;
mod info;
mod keys;
mod list;
#[cfg(test)]
mod tests;

/// The lists of the files here.
pub(super) static COMMANDS: &[&[Command]] = &[command::COMMANDS];
