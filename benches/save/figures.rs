//! Figures of saving and loading, and which of them are compared.

use std::collections::BTreeMap;

use rkvs_benches::report::Quantiles;
use rkvs_benches::results::median;
use serde::{Deserialize, Serialize};

/// One server in one round.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Round {
    /// Before the first save.
    pub(crate) idle: Latency,
    /// Of requests due while a save ran, the one whose memory was looked at left out.
    pub(crate) saving: Latency,
    /// Durations of these saves.
    pub(crate) saves_loaded_ms: Vec<f64>,
    /// Duration of a save without load.
    pub(crate) save_alone_ms: f64,
    /// Memory of the process just before a save under load.
    pub(crate) memory_before_bytes: u64,
    /// Peak of the process and its children while it ran.
    pub(crate) memory_peak_bytes: u64,
    /// How often it was looked at.
    pub(crate) memory_samples: usize,
    pub(crate) file_bytes: u64,
    /// From the start of the process until it answers.
    pub(crate) load_ms: f64,
    /// How late the generator itself was, at 99.9 %, warm-up left out, the save whose memory was looked at included.
    pub(crate) lag_us_p999: f64,
    /// Requests that were due but could not be sent until the end.
    pub(crate) unsent: u64,
}

/// Latencies of an open loop, from the time a request was due.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Latency {
    pub(crate) requests: u64,
    pub(crate) us_p50: f64,
    pub(crate) us_p99: f64,
    pub(crate) us_p999: f64,
    pub(crate) us_max: f64,
}

impl Latency {
    /// Sums up some latencies in nanoseconds.
    pub(crate) fn of(latencies_ns: impl Iterator<Item = u64>) -> Self {
        let mut histogram = rkvs_benches::report::nanoseconds();
        latencies_ns.for_each(|latency_ns| histogram.saturating_record(latency_ns));
        let Quantiles { p50, p99, p999, max, .. } = Quantiles::of(&histogram);
        Self { requests: histogram.len(), us_p50: p50, us_p99: p99, us_p999: p999, us_max: max }
    }
}

impl Round {
    fn memory_extra_bytes(&self) -> u64 {
        self.memory_peak_bytes.saturating_sub(self.memory_before_bytes)
    }

    /// Says it in one line.
    pub(crate) fn line(&self) -> String {
        let metric = |metric: &Metric| format!("{} {}", metric.label, metric.unit.text((metric.figure)(self)));
        METRICS.iter().map(metric).collect::<Vec<_>>().join(", ")
    }
}

/// A figure that is compared; of each, less is better.
pub(crate) struct Metric {
    /// Name in JSON, with its unit.
    pub(crate) name: &'static str,
    /// Name in tables.
    pub(crate) label: &'static str,
    pub(crate) unit: Unit,
    pub(crate) figure: fn(&Round) -> f64,
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Microseconds,
    Milliseconds,
    Bytes,
}

impl Unit {
    /// Writes a figure with its unit.
    pub(crate) fn text(self, figure: f64) -> String {
        match self {
            Self::Microseconds if figure >= 10_000.0 => format!("{:.1} ms", figure / 1e3),
            Self::Microseconds => format!("{figure:.0} µs"),
            Self::Milliseconds if figure >= 10_000.0 => format!("{:.2} s", figure / 1e3),
            Self::Milliseconds => format!("{figure:.0} ms"),
            Self::Bytes => format!("{:.1} MiB", figure / f64::from(1 << 20)),
        }
    }
}

/// What is compared, in the order of the tables' rows.
pub(crate) const METRICS: [Metric; 14] = {
    use Unit::{Bytes, Microseconds, Milliseconds};
    const fn metric(name: &'static str, label: &'static str, unit: Unit, figure: fn(&Round) -> f64) -> Metric {
        Metric { name, label, unit, figure }
    }
    [
        metric("idle_us_p50", "idle p50", Microseconds, |round| round.idle.us_p50),
        metric("idle_us_p99", "idle p99", Microseconds, |round| round.idle.us_p99),
        metric("idle_us_p999", "idle p99.9", Microseconds, |round| round.idle.us_p999),
        metric("idle_us_max", "idle max", Microseconds, |round| round.idle.us_max),
        metric("saving_us_p50", "saving p50", Microseconds, |round| round.saving.us_p50),
        metric("saving_us_p99", "saving p99", Microseconds, |round| round.saving.us_p99),
        metric("saving_us_p999", "saving p99.9", Microseconds, |round| round.saving.us_p999),
        metric("saving_us_max", "saving max", Microseconds, |round| round.saving.us_max),
        metric("save_loaded_ms", "save under load", Milliseconds, |round| {
            median(round.saves_loaded_ms.iter().copied())
        }),
        metric("save_alone_ms", "save alone", Milliseconds, |round| round.save_alone_ms),
        metric("memory_before_bytes", "memory before", Bytes, |round| round.memory_before_bytes as f64),
        metric("memory_extra_bytes", "extra while saving", Bytes, |round| round.memory_extra_bytes() as f64),
        metric("file_bytes", "file", Bytes, |round| round.file_bytes as f64),
        metric("load_ms", "load", Milliseconds, |round| round.load_ms),
    ]
};

/// One server's rounds, and what they come to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ServerFigures {
    pub(crate) name: String,
    /// Medians over the rounds, by the name of the figure.
    pub(crate) medians: BTreeMap<String, f64>,
    /// The first server's median over this one's; below 1 the first one takes less. None over zero.
    pub(crate) ratios: BTreeMap<String, Option<f64>>,
    pub(crate) rounds: Vec<Round>,
}

impl ServerFigures {
    /// Sums up a server's rounds beside the first server's.
    pub(crate) fn new(name: &str, rounds: Vec<Round>, first: &[Round]) -> Self {
        let (mut medians, mut ratios) = (BTreeMap::new(), BTreeMap::new());
        for metric in &METRICS {
            let own = median(rounds.iter().map(metric.figure));
            let ratio = (own > 0.0).then(|| median(first.iter().map(metric.figure)) / own);
            medians.insert(metric.name.to_owned(), own);
            ratios.insert(metric.name.to_owned(), ratio);
        }
        Self { name: name.to_owned(), medians, ratios, rounds }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A round in which everything took so many milliseconds, and saving this much memory.
    pub(crate) fn round(ms: f64, extra_bytes: u64) -> Round {
        let latency = Latency::of([(ms * 1e6) as u64].into_iter());
        Round {
            idle: latency,
            saving: latency,
            saves_loaded_ms: vec![ms, ms],
            save_alone_ms: ms,
            memory_before_bytes: 1 << 30,
            memory_peak_bytes: (1 << 30) + extra_bytes,
            memory_samples: 3,
            file_bytes: 1 << 20,
            load_ms: ms,
            lag_us_p999: 1.0,
            unsent: 0,
        }
    }

    #[test]
    fn ratios_below_one_are_better_for_the_first() {
        let ours = vec![round(10.0, 0), round(30.0, 0), round(20.0, 0)];
        let theirs = ServerFigures::new("theirs", vec![round(40.0, 0), round(50.0, 5)], &ours);
        assert_eq!((theirs.medians["load_ms"], theirs.ratios["load_ms"]), (45.0, Some(20.0 / 45.0)));
        assert_eq!(theirs.ratios["memory_extra_bytes"], Some(0.0));
        let none = ServerFigures::new("ours", ours.clone(), &ours);
        assert_eq!((none.ratios["file_bytes"], none.ratios["memory_extra_bytes"]), (Some(1.0), None));
    }

    #[test]
    fn latencies_are_told_in_microseconds() {
        let latency = Latency::of((1..=1_000).map(|us| us * 1_000));
        assert_eq!(latency.requests, 1_000);
        assert!((latency.us_p99 - 990.0).abs() < 2.0 && (latency.us_max - 1_000.0).abs() < 2.0, "{latency:?}");
    }
}
