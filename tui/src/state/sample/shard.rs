//! The shards of a namespace, and how far their change of number is.

use serde::{Deserialize, Serialize};

use super::SHARDS_MAX;
use crate::value::Value;

/// One shard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields are those of NAMESPACE SHARDS, under its names")]
pub struct Shard {
    pub shard: u64,
    pub keys: u64,
    pub expires: u64,
    pub used_bytes: u64,
    pub lock_waits: u64,
}

/// All shards of one namespace. While it is resized the new ones follow the ones there were.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shards {
    /// Whose.
    pub namespace: String,
    /// By index.
    pub shards: Vec<Shard>,
    /// How far a resize is, and how the last one ended.
    pub resize: Option<Resize>,
}

impl Shards {
    /// Reads a reply of NAMESPACE SHARDS and, if there is one, of NAMESPACE RESIZE … STATUS.
    pub fn from_replies(namespace: String, shards: &Value, status: Option<&Value>) -> Self {
        let shards = shards.items().iter().take(SHARDS_MAX).map(|shard| {
            let number = |field| shard.number(field).unwrap_or(0);
            Shard {
                shard: number("shard"),
                keys: number("keys"),
                expires: number("expires"),
                used_bytes: number("used_bytes"),
                lock_waits: number("lock_waits"),
            }
        });
        Self { namespace, shards: shards.collect(), resize: status.and_then(Resize::from_status) }
    }

    /// The fullest shard's keys over the average; absent when there are none.
    pub fn skew(&self) -> Option<f64> {
        let total = self.shards.iter().map(|shard| shard.keys).fold(0, u64::saturating_add);
        let most = self.shards.iter().map(|shard| shard.keys).max()?;
        (total > 0).then(|| most as f64 * self.shards.len() as f64 / total as f64)
    }
}

/// A change of the number of shards.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields are those of NAMESPACE RESIZE STATUS, under its names")]
pub struct Resize {
    /// `none`, `waiting`, `moving` or `cancelling`.
    pub state: String,
    pub shards: u64,
    pub target: u64,
    /// 0 to 1; absent where only NAMESPACE INFO was asked.
    pub progress: Option<f64>,
    pub keys_moved: u64,
    pub keys_total: u64,
    /// Seconds since 1970.
    pub since_s: u64,
    pub last_result: Option<String>,
    pub last_from: u64,
    pub last_to: u64,
    pub last_time_s: u64,
    pub last_duration_ms: u64,
}

impl Resize {
    /// Reads a reply of NAMESPACE RESIZE … STATUS.
    fn from_status(reply: &Value) -> Option<Self> {
        let number = |field| reply.number(field).unwrap_or(0);
        Some(Self {
            state: reply.text("state")?,
            shards: number("shards"),
            target: number("target"),
            progress: reply.field("progress").and_then(Value::as_f64).map(|progress| progress.clamp(0.0, 1.0)),
            keys_moved: number("keys_moved"),
            keys_total: number("keys_total"),
            since_s: number("since"),
            last_result: reply.text("last_result"),
            last_from: number("last_from"),
            last_to: number("last_to"),
            last_time_s: number("last_time"),
            last_duration_ms: number("last_duration_ms"),
        })
    }

    /// Reads what NAMESPACE INFO tells while one goes on.
    pub(super) fn from_info(reply: &Value) -> Option<Self> {
        let number = |field| reply.number(field).unwrap_or(0);
        let resize = Self {
            state: reply.text("resize_state")?,
            shards: number("shards"),
            target: number("resize_target"),
            keys_moved: number("resize_keys_moved"),
            keys_total: number("resize_keys_total"),
            ..Self::default()
        };
        resize.is_running().then_some(resize)
    }

    /// Whether something is waiting or moving.
    pub fn is_running(&self) -> bool {
        matches!(self.state.as_str(), "waiting" | "moving" | "cancelling")
    }

    /// How far it is, 0 to 1.
    pub fn fraction(&self) -> f64 {
        let counted = if self.keys_total > 0 { self.keys_moved as f64 / self.keys_total as f64 } else { 0.0 };
        self.progress.unwrap_or(counted).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skew_compares_the_fullest_with_the_average() {
        let of = |keys: &[u64]| Shards {
            shards: keys.iter().map(|&keys| Shard { keys, ..Shard::default() }).collect(),
            ..Shards::default()
        };
        assert_eq!(of(&[10, 20, 30]).skew(), Some(1.5));
        assert_eq!(of(&[0, 0]).skew(), None);
        assert_eq!(of(&[]).skew(), None);
    }
}
