//! Commands about the server as a whole.

mod config;
mod debug;
mod info;
mod latency;
mod memory;
mod role;
mod save;
mod shutdown;
mod slowlog;
mod time;

use crate::command::spec::Command;

pub(super) static COMMANDS: &[&[Command]] = &[
    config::COMMANDS,
    debug::COMMANDS,
    info::COMMANDS,
    latency::COMMANDS,
    memory::COMMANDS,
    role::COMMANDS,
    save::COMMANDS,
    shutdown::COMMANDS,
    slowlog::COMMANDS,
    time::COMMANDS,
];
