//! Starts servers on free ports and talks to them: what every test of this package stands on.
//!
//! [`Server`] is a running process, ours or the reference; [`Client`] is a blocking connection that keeps the exact
//! bytes of every reply; [`frame`] finds and decodes replies; [`mod@script`] runs tables of requests and expected
//! replies; [`calls`] remembers which commands a test run has called.

pub mod binary;
pub mod calls;
pub mod client;
pub mod expect;
pub mod frame;
pub mod line;
pub mod script;
pub mod server;
pub mod skip;

pub use client::{Client, Protocol};
pub use frame::Value;
pub use server::Server;
