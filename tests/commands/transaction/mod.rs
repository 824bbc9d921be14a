//! Transactions: what is queued runs as one, or not at all.

mod discard;
mod exec;
mod multi;
mod unwatch;
mod watch;
