//! `rkvs-tui`: a running server, live in the terminal. `ARCHITECTURE.md` tells how the parts share the work.
#![forbid(unsafe_code)]

pub mod state;
pub mod value;
