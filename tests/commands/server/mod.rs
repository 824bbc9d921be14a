//! Commands about the server as a whole, and its metrics.

mod config;
mod debug;
mod info;
mod latency;
mod maxmemory;
mod memory;
mod metrics;
mod role;
mod save;
mod shutdown;
mod slowlog;
mod time;

use rkvs_tests::Value;

/// The text of a reply, without the format that RESP3 tells before it.
fn prose(reply: &Value) -> String {
    let text = reply.text().unwrap_or_default();
    text.strip_prefix("txt:").map(str::to_owned).unwrap_or(text)
}
