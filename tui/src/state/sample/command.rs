//! What is counted of a command.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::info::{Info, pairs};

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
                let count = |field| pairs(value).find(|(name, _)| *name == field).and_then(|(_, n)| n.parse().ok());
                let percentiles = latency(name).into_iter().flat_map(pairs);
                Self {
                    name: name.to_owned(),
                    calls: count("calls").unwrap_or(0),
                    usec: count("usec").unwrap_or(0),
                    rejected: count("rejected_calls").unwrap_or(0),
                    failed: count("failed_calls").unwrap_or(0),
                    latency_usec: percentiles
                        .filter_map(|(name, usec)| Some((name.to_owned(), usec.parse().ok()?)))
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
}
