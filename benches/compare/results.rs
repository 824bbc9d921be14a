//! Figures of a comparison.

use rkvs_benches::results::median;
use serde::{Deserialize, Serialize};

/// Speed of all servers at one thing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SpeedCell {
    pub(crate) keys: u64,
    pub(crate) value_bytes: usize,
    pub(crate) operation: String,
    pub(crate) pipeline: usize,
    /// In the order of the servers.
    pub(crate) servers: Vec<SpeedFigures>,
}

/// One server's rounds of a cell, and what they come to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SpeedFigures {
    pub(crate) name: String,
    /// Median of the server's CPU time per command.
    pub(crate) cpu_ns: f64,
    /// Median of commands per second.
    pub(crate) rate: f64,
    /// Median of the rounds' median and 99th percentile latency.
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// Baseline's CPU time per command over this server's.
    pub(crate) cpu_ratio: Ratio,
    /// This server's commands per second over the baseline's.
    pub(crate) rate_ratio: Ratio,
    pub(crate) rounds: Vec<Round>,
}

/// One server in one round.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Round {
    pub(crate) cpu_ns: f64,
    pub(crate) rate: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// Share of its time the generator's busiest thread was computing.
    pub(crate) generator_busy: f64,
}

/// A ratio of medians, with the extremes of the rounds' own ratios.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ratio {
    pub(crate) of_medians: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// Memory of one server at one size.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MemoryCell {
    pub(crate) server: String,
    pub(crate) keys: u64,
    pub(crate) key_bytes: usize,
    pub(crate) value_bytes: usize,
    /// 0 is none.
    pub(crate) ttl_seconds: u64,
    pub(crate) resident_before: u64,
    pub(crate) resident_after: u64,
    /// `used_memory` of INFO, where the server tells it.
    pub(crate) used_before: Option<u64>,
    pub(crate) used_after: Option<u64>,
}

impl MemoryCell {
    /// Resident bytes per entry beyond key and value.
    pub(crate) fn resident_per_entry(&self) -> f64 {
        self.per_entry(self.resident_before, self.resident_after)
    }

    /// The same by the server's own account.
    pub(crate) fn used_per_entry(&self) -> Option<f64> {
        Some(self.per_entry(self.used_before?, self.used_after?))
    }

    fn per_entry(&self, before: u64, after: u64) -> f64 {
        (after as f64 - before as f64) / self.keys as f64 - (self.key_bytes + self.value_bytes) as f64
    }
}

impl SpeedFigures {
    /// Sums up a server's rounds beside the baseline's.
    pub(crate) fn new(name: &str, rounds: Vec<Round>, baseline: &[Round]) -> Self {
        let ratio = |figure: fn(&Round) -> f64, more_is_better: bool| {
            let over = |ours: f64, theirs: f64| if more_is_better { ours / theirs } else { theirs / ours };
            let pairs = rounds.iter().zip(baseline).map(|(ours, theirs)| over(figure(ours), figure(theirs)));
            Ratio {
                of_medians: over(median(rounds.iter().map(figure)), median(baseline.iter().map(figure))),
                low: pairs.clone().fold(f64::INFINITY, f64::min),
                high: pairs.fold(0.0, f64::max),
            }
        };
        Self {
            name: name.to_owned(),
            cpu_ns: median(rounds.iter().map(|round| round.cpu_ns)),
            rate: median(rounds.iter().map(|round| round.rate)),
            p50_us: median(rounds.iter().map(|round| round.p50_us)),
            p99_us: median(rounds.iter().map(|round| round.p99_us)),
            cpu_ratio: ratio(|round| round.cpu_ns, false),
            rate_ratio: ratio(|round| round.rate, true),
            rounds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(cpu_ns: f64, rate: f64) -> Round {
        Round { cpu_ns, rate, p50_us: 1.0, p99_us: 2.0, generator_busy: 0.5 }
    }

    #[test]
    fn ratios_above_one_are_better() {
        let baseline = [round(1_000.0, 100.0), round(1_200.0, 100.0), round(1_100.0, 100.0)];
        let ours = vec![round(500.0, 200.0), round(400.0, 150.0), round(550.0, 180.0)];
        let figures = SpeedFigures::new("ours", ours, &baseline);
        assert_eq!(figures.cpu_ratio, Ratio { of_medians: 2.2, low: 2.0, high: 3.0 });
        assert_eq!(figures.rate_ratio, Ratio { of_medians: 1.8, low: 1.5, high: 2.0 });
    }

    #[test]
    fn entries_cost_what_remains_without_key_and_value() {
        let cell = MemoryCell {
            server: "ours".to_owned(),
            keys: 1_000,
            key_bytes: 16,
            value_bytes: 64,
            ttl_seconds: 0,
            resident_before: 1_000_000,
            resident_after: 1_100_000,
            used_before: None,
            used_after: Some(5),
        };
        assert_eq!((cell.resident_per_entry(), cell.used_per_entry()), (20.0, None));
    }
}
