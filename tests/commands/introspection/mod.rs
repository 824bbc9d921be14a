//! What the server tells about its own commands.

mod command;
