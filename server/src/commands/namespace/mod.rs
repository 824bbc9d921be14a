//! Namespaces: making, choosing, limiting and describing them.
//!
//! A file per subcommand; `parameter` says which parameters a namespace has and how they are read and shown.

mod autosave;
mod config;
mod create;
mod delete;
mod info;
mod list;
mod parameter;
mod resize;
mod save;
mod shards;
mod use_namespace;

use std::sync::Arc;

use rkvs_engine::namespace::Namespace;

use crate::command::prelude::*;

pub(super) static COMMANDS: &[&[Command]] = &[NAMESPACE];

static NAMESPACE: &[Command] = &[Command {
    name: "namespace",
    summary: "Holds the commands about namespaces.",
    since: "0.4.0",
    complexity: "That of the subcommand.",
    group: Group::Server,
    arity: Arity::AtLeast(2),
    subcommands: &[
        autosave::AUTOSAVE,
        create::CREATE,
        config::CONFIG,
        delete::DELETE,
        HELP,
        info::INFO,
        list::LIST,
        save::LOAD,
        resize::RESIZE,
        save::SAVE,
        shards::SHARDS,
        use_namespace::USE,
    ],
    ..Command::DEFAULT
}];

const HELP: Command = Command {
    name: "help",
    summary: "Lists the subcommands of NAMESPACE.",
    since: "0.4.0",
    complexity: "O(1)",
    group: Group::Server,
    arity: Arity::Exactly(2),
    flags: LOADING.with(STALE),
    run: container_help,
    ..Command::DEFAULT
};

/// A name as text. What is no text names no namespace.
fn name_text(name: &[u8]) -> Result<&str, CommandError> {
    std::str::from_utf8(name).map_err(|_| CommandError::NoNamespace)
}

/// The namespace of a name.
fn find(ctx: &Context<'_>, name: &[u8]) -> Result<Arc<Namespace>, CommandError> {
    ctx.server.engine.namespace(name_text(name)?).ok_or(CommandError::NoNamespace)
}
