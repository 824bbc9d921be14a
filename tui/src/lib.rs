//! `rkvs-tui`: a running server, live in the terminal. `ARCHITECTURE.md` tells how the parts share the work.

#![forbid(unsafe_code)]

pub mod app;
pub mod cli;
pub mod clock;
pub mod format;
pub mod keymap;
pub mod layout;
pub mod screens;
pub mod source;
pub mod state;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod value;
pub mod view;
pub mod widgets;
