//! What is counted of a command.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::PERCENTILES_MAX;
use super::info::{Info, pairs};
use crate::value::{finite, whole};

/// A command that was called, counted since the start of the server or the last CONFIG RESETSTAT.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Command {
    /// `get`, `config|set`.
    pub name: String,
    /// Calls.
    pub calls: u64,
    /// Time they took altogether.
    pub usec: u64,
    /// Calls that were not run.
    pub rejected: u64,
    /// Calls that ended in an error.
    pub failed: u64,
    /// Percentiles of their latency in microseconds, by the server's name for them: `p50`, `p99`, `p99.9`.
    pub latency_usec: BTreeMap<String, f64>,
}

impl Command {
    /// Reads INFO commandstats and latencystats, by name.
    pub fn from_info(info: &Info) -> Vec<Self> {
        let latency = |name: &str| info.text(&format!("latency_percentiles_usec_{name}"));
        info.with_prefix("cmdstat_")
            .map(|(name, value)| {
                let count = |field| pairs(value).find(|(name, _)| *name == field).and_then(|(_, n)| whole(n));
                let percentiles = latency(name).into_iter().flat_map(pairs);
                Self {
                    name: name.to_owned(),
                    calls: count("calls").unwrap_or(0),
                    usec: count("usec").unwrap_or(0),
                    rejected: count("rejected_calls").unwrap_or(0),
                    failed: count("failed_calls").unwrap_or(0),
                    latency_usec: percentiles
                        .filter_map(|(name, usec)| Some((name.to_owned(), finite(usec)?)))
                        .take(PERCENTILES_MAX)
                        .collect(),
                }
            })
            .collect()
    }

    /// A percentile of its latency in microseconds, such as `p99`.
    pub fn percentile(&self, name: &str) -> Option<f64> {
        self.latency_usec.get(name).copied()
    }

    /// Average time of a call in microseconds.
    pub fn usec_per_call(&self) -> Option<f64> {
        (self.calls > 0).then(|| self.usec as f64 / self.calls as f64)
    }
}

/// A percentile of the latency of all commands together, such as `p99`: an upper bound as good as the server's own. Of each
/// command the server tells that, say, 50 % of its calls took at most this long, 99 % at most that long. So that half of its calls
/// counts as just as long as its p50, the next 49 % as its p99, and what is beyond the last percentile as that one; the answer is
/// where enough calls of all commands lie. `O(n log n)`.
pub fn percentile_of_all(commands: &[Command], name: &str) -> Option<f64> {
    let share: f64 = share_of(name)?;
    let mut parts: Vec<(f64, f64)> = Vec::new();
    for command in commands {
        let mut known: Vec<(f64, f64)> =
            command.latency_usec.iter().filter_map(|(name, &usec)| Some((share_of(name)?, usec))).collect();
        known.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut below = 0.0;
        for (index, &(share, usec)) in known.iter().enumerate() {
            let upper = if index + 1 == known.len() { 1.0 } else { share };
            parts.push((usec, (upper - below) * command.calls as f64));
            below = share;
        }
    }
    parts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let calls: f64 = parts.iter().map(|(_, calls)| calls).sum();
    let mut seen = 0.0;
    // Sums of many shares are a little off.
    let enough = calls * share * (1.0 - 1e-9);
    parts.into_iter().find_map(|(usec, calls)| {
        seen += calls;
        (calls > 0.0 && seen >= enough).then_some(usec)
    })
}

/// `p99.9` is 0.999.
pub(crate) fn share_of(percentile: &str) -> Option<f64> {
    let percent: f64 = percentile.strip_prefix('p')?.parse().ok()?;
    (0.0..=100.0).contains(&percent).then_some(percent / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_percentiles_come_together() {
        let info = Info::parse(
            "cmdstat_config|get:calls=2,usec=9,usec_per_call=4.50,rejected_calls=1,failed_calls=0\r\n\
             cmdstat_odd:calls=x\r\n\
             latency_percentiles_usec_config|get:p50=5.023,p99=6.500,p99.9=7.000\r\n",
        );
        let commands = Command::from_info(&info);
        assert_eq!(commands[0].name, "config|get");
        assert_eq!((commands[0].calls, commands[0].usec, commands[0].rejected), (2, 9, 1));
        assert_eq!(commands[0].percentile("p99.9"), Some(7.0));
        assert_eq!(commands[0].usec_per_call(), Some(4.5));
        assert_eq!((commands[1].calls, commands[1].usec_per_call()), (0, None));
    }

    #[test]
    fn percentiles_of_all_weigh_by_calls() {
        let command = |calls, percentiles: [f64; 3]| Command {
            calls,
            latency_usec: ["p50", "p99", "p99.9"].into_iter().map(str::to_owned).zip(percentiles).collect(),
            ..Command::default()
        };
        let get = command(900, [3.0, 11.0, 40.0]);
        let set = command(100, [5.0, 20.0, 100.0]);
        let of = |commands: &[Command], name| percentile_of_all(commands, name);
        for (name, alone) in [("p50", 3.0), ("p99", 11.0), ("p99.9", 40.0)] {
            assert_eq!(of(std::slice::from_ref(&get), name), Some(alone));
        }
        let both = [get.clone(), set];
        // 450 calls are of 3 µs, 50 of 5, 441 of 11.
        assert_eq!(of(&both, "p50"), Some(5.0));
        assert_eq!(of(&both, "p99"), Some(20.0));
        assert_eq!(of(&both, "p99.9"), Some(40.0));
        assert_eq!(of(&[Command { calls: 7, ..Command::default() }], "p99"), None);
        assert_eq!(of(&[], "p99"), None);
        assert_eq!(of(&both, "odd"), None);
    }
}
