//! The protocol as bytes: requests cut anywhere, pipelined, oversized, malformed, and sockets that misbehave.
//!
//! Each case states the exact bytes that must come back. Where the reference is installed it must send the same, which
//! proves the case.

mod exchange;
mod handshake;
mod inline;
mod limits;
mod malformed;
mod pipelines;
mod sockets;
mod splits;
