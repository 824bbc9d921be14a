//! `rkvs-tui`: a running server, live in the terminal.
#![forbid(unsafe_code)]

fn main() {}
