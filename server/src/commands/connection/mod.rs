//! Commands about the connection itself.

mod auth;
mod echo;
mod hello;
mod ping;
mod quit;
mod reset;
mod select;

use crate::command::spec::Command;

pub(super) static COMMANDS: &[&[Command]] = &[
    auth::COMMANDS,
    echo::COMMANDS,
    hello::COMMANDS,
    ping::COMMANDS,
    quit::COMMANDS,
    reset::COMMANDS,
    select::COMMANDS,
];
