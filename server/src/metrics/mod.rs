//! What the server knows about itself.
//!
//! `counters` are bumped by the workers and summed when asked; `slowlog` and `latency` remember what took long;
//! `namespace_rates` samples how much each namespace is used.

pub mod counters;
pub mod latency;
pub mod namespace_rates;
pub mod slowlog;

pub use counters::{CommandTotals, Counters, Totals};
pub use latency::LatencyMonitor;
pub use namespace_rates::NamespaceRates;
pub use slowlog::Slowlog;
