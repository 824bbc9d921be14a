//! Figures of a comparison, as they are kept in JSON.

use std::error::Error;
use std::fs;
use std::path::Path;

use rkvs_benches::machine::{Machine, today};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Everything a run found, with its setup.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Results<C> {
    pub(crate) tool: String,
    pub(crate) date: String,
    pub(crate) machine: Machine,
    /// The setup in words: what one needs to repeat it.
    pub(crate) setup: String,
    /// Servers in the order of the columns; the first is the baseline.
    pub(crate) servers: Vec<ServerNote>,
    pub(crate) cells: Vec<C>,
    /// What was left out, and why.
    pub(crate) skipped: Vec<String>,
}

/// Who took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServerNote {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) command: String,
}

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

/// Returns the middle of some numbers, or the average of the middle two; 0 of none.
pub(crate) fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    match numbers.len() {
        0 => 0.0,
        length if length % 2 == 1 => numbers[length / 2],
        length => (numbers[length / 2 - 1] + numbers[length / 2]) / 2.0,
    }
}

impl<C: Serialize + DeserializeOwned> Results<C> {
    /// Begins a run: empty, or with the cells of an earlier one with the same setup if `resume` names its file.
    pub(crate) fn begin(
        setup: String,
        servers: Vec<ServerNote>,
        resume: Option<&Path>,
    ) -> Result<Self, Box<dyn Error>> {
        let mut results = Self {
            tool: concat!("compare ", env!("CARGO_PKG_VERSION")).to_owned(),
            date: today(),
            machine: Machine::here(),
            setup,
            servers,
            cells: Vec::new(),
            skipped: Vec::new(),
        };
        if let Some(path) = resume.filter(|path| path.exists()) {
            let earlier: Self = serde_json::from_str(&fs::read_to_string(path)?)?;
            if (&earlier.setup, &earlier.servers) != (&results.setup, &results.servers) {
                return Err(format!("{}: made by another setup, cannot be resumed", path.display()).into());
            }
            results.cells = earlier.cells;
        }
        Ok(results)
    }

    /// Writes everything found so far.
    pub(crate) fn save(&self, path: Option<&Path>) -> Result<(), Box<dyn Error>> {
        if let Some(path) = path {
            // Never half a file: a run may be cut short at any time.
            let partial = path.with_extension("partial");
            fs::write(&partial, serde_json::to_string_pretty(self)? + "\n")?;
            fs::rename(&partial, path)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(cpu_ns: f64, rate: f64) -> Round {
        Round { cpu_ns, rate, p50_us: 1.0, p99_us: 2.0, generator_busy: 0.5 }
    }

    #[test]
    fn medians_are_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5);
        assert_eq!(median([].into_iter()), 0.0);
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

    #[test]
    fn results_are_resumed_only_with_the_same_setup() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.json");
        let begin = |setup: &str| Results::<SpeedCell>::begin(setup.to_owned(), Vec::new(), Some(&path));
        let mut results = begin("five rounds").unwrap();
        let cell = SpeedCell { keys: 1, value_bytes: 2, operation: "GET".to_owned(), pipeline: 3, servers: Vec::new() };
        results.cells.push(cell);
        results.save(Some(&path)).unwrap();
        assert_eq!(begin("five rounds").unwrap().cells.len(), 1);
        assert!(begin("six rounds").is_err());
    }
}
