//! The requests that took longest.

use serde::{Deserialize, Serialize};

use super::{SLOWLOG_ARGS_MAX, SLOWLOG_MAX};
use crate::value::Value;

/// The slowlog, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Slowlog {
    /// How many the server holds.
    pub total: u64,
    /// From how many microseconds on a request is kept; absent when it is not known, negative when none is.
    pub threshold_usec: Option<i64>,
    /// How many the server keeps at most.
    pub len_max: Option<u64>,
    /// The newest `SLOWLOG_MAX` of them.
    pub entries: Vec<SlowCommand>,
}

/// A request that took long.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SlowCommand {
    /// The entry's number, unique until the server restarts.
    pub id: u64,
    /// When: seconds since 1970.
    pub at_s: u64,
    /// How long.
    pub usec: u64,
    /// Name and arguments, cut by the server; bytes that are no UTF-8 are replaced.
    pub args: Vec<String>,
    /// Whose.
    pub client: String,
    /// What that client called itself.
    pub client_name: String,
}

impl Slowlog {
    /// Reads SLOWLOG GET, SLOWLOG LEN and CONFIG GET slowlog-*.
    pub fn from_replies(entries: &Value, len: &Value, settings: &Value) -> Self {
        let entries: Vec<_> = entries.items().iter().filter_map(SlowCommand::from_reply).take(SLOWLOG_MAX).collect();
        Self {
            total: len.as_u64().unwrap_or(entries.len() as u64),
            threshold_usec: settings.text("slowlog-log-slower-than").and_then(|text| text.parse().ok()),
            len_max: settings.number("slowlog-max-len"),
            entries,
        }
    }
}

impl SlowCommand {
    fn from_reply(entry: &Value) -> Option<Self> {
        let [id, at, usec, args, rest @ ..] = entry.items() else { return None };
        let text = |index: usize| rest.get(index).and_then(Value::to_text).unwrap_or_default();
        Some(Self {
            id: id.as_u64()?,
            at_s: at.as_u64()?,
            usec: usec.as_u64()?,
            args: args.items().iter().filter_map(Value::to_text).take(SLOWLOG_ARGS_MAX).collect(),
            client: text(0),
            client_name: text(1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_old_and_odd_servers_are_read_as_far_as_they_go() {
        let number = Value::Integer;
        let text = |text: &str| Value::Bytes(text.as_bytes().to_vec());
        let args = Value::Array(vec![text("keys"), Value::Bytes(b"\xff*".to_vec())]);
        let full =
            Value::Array(vec![number(1), number(100), number(48_210), args.clone(), text("10.0.0.7:1"), text("web")]);
        let old = Value::Array(vec![number(0), number(99), number(5), args]);
        let log = Value::Array(vec![full, old, Value::Null, Value::Array(vec![number(3)])]);
        let settings = ["slowlog-log-slower-than", "-1", "slowlog-max-len", "128"];
        let settings = Value::Array(settings.map(text).to_vec());
        let slowlog = Slowlog::from_replies(&log, &Value::Integer(2), &settings);
        assert_eq!(slowlog.len_max, Some(128));
        assert_eq!((slowlog.total, slowlog.threshold_usec, slowlog.entries.len()), (2, Some(-1), 2));
        assert_eq!(slowlog.entries[0].args, ["keys", "\u{fffd}*"]);
        assert_eq!((slowlog.entries[0].client.as_str(), slowlog.entries[1].client.as_str()), ("10.0.0.7:1", ""));
    }
}
