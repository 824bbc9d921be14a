//! Commands that make a transaction of others.

mod multi;
mod watch;

use crate::command::spec::Command;

pub(super) static COMMANDS: &[&[Command]] = &[multi::COMMANDS, watch::COMMANDS];
