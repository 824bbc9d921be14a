//! Commands about the connection itself.

mod auth;
mod client;
mod echo;
mod hello;
mod ping;
mod quit;
mod reset;
mod select;

use crate::command::spec::Command;

pub(super) static COMMANDS: &[&[Command]] = &[
    auth::COMMANDS,
    client::COMMANDS,
    echo::COMMANDS,
    hello::COMMANDS,
    ping::COMMANDS,
    quit::COMMANDS,
    reset::COMMANDS,
    select::COMMANDS,
];

/// Whether a name shows in CLIENT LIST without breaking its lines.
fn is_plain(name: &[u8]) -> bool {
    name.iter().all(|byte| (b'!'..=b'~').contains(byte))
}
