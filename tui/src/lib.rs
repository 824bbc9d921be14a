//! `rkvs-tui`: a running server, live in the terminal. `ARCHITECTURE.md` tells how the parts share the work.

#![forbid(unsafe_code)]

pub mod app;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod failure;
pub mod format;
pub mod keymap;
pub mod layout;
pub mod log;
pub mod output;
pub mod screens;
pub mod signals;
pub mod source;
pub mod state;
pub mod terminal;
#[cfg(test)]
mod testing;
pub mod text;
pub mod theme;
pub mod value;
pub mod view;
pub mod widgets;
