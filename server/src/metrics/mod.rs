//! What the server knows about itself.
//!
//! `counters` are bumped by the workers and summed when asked; `slowlog` and `latency` remember what took long; `observer`
//! looks at them all ten times a second for rates and peaks; `namespace_rates` samples how much each namespace is used;
//! `process` asks the system. `info` makes INFO's sections of them, `export` the page for Prometheus, which `http` serves.

pub mod counters;
mod export;
pub mod http;
pub(crate) mod info;
pub mod latency;
pub mod namespace_rates;
pub mod observer;
pub mod process;
pub mod slowlog;

pub use counters::{CommandTotals, Counters, Totals};
pub use latency::LatencyMonitor;
pub use namespace_rates::NamespaceRates;
pub use observer::Observer;
pub use slowlog::Slowlog;
