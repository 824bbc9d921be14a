//! What a command is, and what stands between a decoded request and its handler.
//!
//! `spec` describes a command: the one place that says what it is. `keys` finds the keys among its arguments, `documentation`
//! holds what COMMAND DOCS tells about them, and `table` finds a command by name. `context`, `args` and `error` are what a
//! handler works with. Handlers begin with `use crate::command::prelude::*;`.

pub mod args;
pub mod context;
pub(crate) mod dispatch;
pub mod documentation;
pub mod error;
pub mod flags;
pub mod help;
pub mod keys;
mod redact;
pub mod spec;
pub mod table;

/// The names nearly every file under `commands/` uses.
pub mod prelude {
    pub use super::args::Args;
    pub use super::context::Context;
    pub use super::documentation::{Arg, Deprecation, change};
    pub(crate) use super::error::echoing;
    pub use super::error::{CommandError, CommandResult};
    pub use super::flags::*;
    pub use super::help::container_help;
    pub use super::keys::{
        ACCESS, Argv, DELETE, FindKeys, INCOMPLETE, INSERT, KeyRef, KeySpec, Keys, NOT_KEY, NoKeys, OW, RM, RO, RW,
        UPDATE, VARIABLE_FLAGS,
    };
    pub use super::spec::{Arity, Command, Group, Handler, Scope};
    pub use crate::resp::{Reply, until_nul};
}
