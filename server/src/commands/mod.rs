//! The commands, a folder per group and in it a file per command, or per few that share a parser.
//!
//! Each file declares its commands in a static list beside their handlers; a group's `mod.rs`
//! names the lists of its files (`pub(super) static COMMANDS: &[&[Command]] = &[get::COMMANDS, …];`), and [`GROUPS`] names the
//! groups. Nothing else has to be told about a new command.

mod batch;
mod connection;
mod hash;
mod introspection;
mod keyspace;
mod namespace;
mod scan_options;
mod server;
mod string;
pub(crate) mod time_form;
mod transaction;

use crate::command::spec::Command;

/// The groups, each the lists of its files.
pub static GROUPS: &[&[&[Command]]] = &[
    batch::COMMANDS,
    connection::COMMANDS,
    hash::COMMANDS,
    introspection::COMMANDS,
    keyspace::COMMANDS,
    namespace::COMMANDS,
    server::COMMANDS,
    string::COMMANDS,
    transaction::COMMANDS,
];
