//! What the server knows about itself.
//!
//! `counters` are bumped by the workers and summed when asked; `slowlog` and `latency` remember what took long.

pub mod counters;
pub mod latency;
pub mod slowlog;

pub use counters::{CommandTotals, Counters, Totals};
pub use latency::LatencyMonitor;
pub use slowlog::Slowlog;
