//! What is kept of a scenario.

use std::fmt::Write;
use std::time::Duration;

use hdrhistogram::Histogram;
use rkvs_benches::machine::Machine;
use serde::Serialize;

/// Longest call told apart from longer ones, in nanoseconds.
const CALL_NS_MAX: u64 = 60_000_000_000;

/// Everything a run found.
#[derive(Debug, Serialize)]
pub(crate) struct Results {
    pub(crate) tool: String,
    pub(crate) date: String,
    pub(crate) machine: Machine,
    pub(crate) scale: f64,
    pub(crate) rounds: u32,
    pub(crate) scenarios: Vec<Scenario>,
}

/// One set of parameters, on every cache.
#[derive(Debug, Serialize)]
pub(crate) struct Scenario {
    /// Family, and kind of call where a family has several: a chart of its own.
    pub(crate) chart: String,
    /// What is fixed.
    pub(crate) panel: String,
    /// What varies, and its value here.
    pub(crate) parameter: &'static str,
    pub(crate) value: u64,
    /// Items per call: 1, or the size of the batch.
    pub(crate) items: u64,
    /// In the order of the caches: the older crate, ours, none.
    pub(crate) figures: Vec<Figures>,
}

impl Scenario {
    /// Median time of the older crate over ours: above 1 is better. An average says little on a shared machine: one call
    /// that is interrupted outweighs ten thousand that are not.
    pub(crate) fn ratio(&self) -> f64 {
        self.times().map_or(1.0, |[theirs, ours, _]| theirs / ours)
    }

    /// The same without what the harness takes by itself; `None` where ours takes hardly more than that, so that it would be
    /// the ratio of two errors.
    pub(crate) fn net_ratio(&self) -> Option<f64> {
        let [theirs, ours, harness] = self.times()?;
        (ours > 1.1 * harness).then(|| (theirs - harness) / (ours - harness))
    }

    fn times(&self) -> Option<[f64; 3]> {
        let [theirs, ours, harness] = &*self.figures else { return None };
        Some([theirs, ours, harness].map(|figures| figures.p50_item_ns))
    }
}

/// One cache's times, in nanoseconds per call.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) cache: &'static str,
    pub(crate) calls: u64,
    /// Calls that did not do what they were for: a key not found, a batch not done.
    pub(crate) failures: u64,
    pub(crate) min_ns: u64,
    pub(crate) avg_ns: f64,
    pub(crate) p50_ns: u64,
    pub(crate) p99_ns: u64,
    pub(crate) max_ns: u64,
    /// Median and average per item of a batch.
    pub(crate) p50_item_ns: f64,
    pub(crate) avg_item_ns: f64,
    /// Items per second of wall time, harness included, where many tasks run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) items_per_second: Option<f64>,
    /// Mean absolute deviation of shard sizes from even, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shard_deviation_percent: Option<f64>,
}

/// Times of calls, gathered over slices and tasks.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    histogram: Histogram<u64>,
    sum: Duration,
    failures: u64,
    /// Wall time of slices with many tasks.
    pub(crate) wall: Duration,
}

impl Times {
    pub(crate) fn new() -> Self {
        let histogram = Histogram::new_with_bounds(1, CALL_NS_MAX, 3).expect("the bounds are constants that agree");
        Self { histogram, sum: Duration::ZERO, failures: 0, wall: Duration::ZERO }
    }

    pub(crate) fn record(&mut self, call: Duration, is_right: bool) {
        self.histogram.saturating_record(call.as_nanos() as u64);
        self.sum += call;
        self.failures += u64::from(!is_right);
    }

    /// Adds another task's times; wall time is not theirs to add.
    pub(crate) fn add(&mut self, other: &Self) {
        self.histogram.add(&other.histogram).expect("all histograms have the same bounds");
        self.sum += other.sum;
        self.failures += other.failures;
    }

    pub(crate) fn figures(&self, cache: &'static str, items: u64) -> Figures {
        let calls = self.histogram.len();
        let avg_ns = self.sum.as_nanos() as f64 / calls.max(1) as f64;
        let wall = self.wall.as_secs_f64();
        Figures {
            cache,
            calls,
            failures: self.failures,
            min_ns: self.histogram.min(),
            avg_ns,
            p50_ns: self.histogram.value_at_quantile(0.5),
            p99_ns: self.histogram.value_at_quantile(0.99),
            max_ns: self.histogram.max(),
            p50_item_ns: self.histogram.value_at_quantile(0.5) as f64 / items as f64,
            avg_item_ns: avg_ns / items as f64,
            items_per_second: (wall > 0.0).then(|| (calls * items) as f64 / wall),
            shard_deviation_percent: None,
        }
    }
}

/// Mean absolute deviation from an even split, in percent of it.
pub(crate) fn deviation_percent(counts: &[usize]) -> f64 {
    let even = counts.iter().sum::<usize>() as f64 / counts.len() as f64;
    counts.iter().map(|&count| (count as f64 - even).abs() / even * 100.0).sum::<f64>() / counts.len() as f64
}

/// A line per scenario: median and average per item, 99th percentile per call, the ratio of medians; then a line per chart.
pub(crate) fn summary(results: &Results) -> String {
    let mut text = format!("{}, {}\n", results.date, results.machine.note());
    for scenario in &results.scenarios {
        let Scenario { chart, panel, parameter, value, .. } = scenario;
        let _ = write!(text, "{:<58}", format!("{chart}, {panel}, {parameter} {value}"));
        for figures in &scenario.figures {
            let Figures { cache, p50_item_ns, avg_item_ns, p99_ns, items_per_second, failures, .. } = figures;
            let rate = items_per_second.map_or_else(String::new, |rate| format!(" {:>6.0} k/s", rate / 1e3));
            let _ = write!(text, " | {cache} p50 {p50_item_ns:>6.0} avg {avg_item_ns:>6.0} p99 {p99_ns:>8}{rate}");
            if *failures > 0 {
                let _ = write!(text, " ({failures} FAILED)");
            }
        }
        let net = scenario.net_ratio().map_or_else(String::new, |net| format!(" ({net:.2}× without the harness)"));
        let _ = writeln!(text, " | {:.2}×{net}", scenario.ratio());
    }
    for (chart, scenarios) in by_chart(results) {
        let of = |ratio: &dyn Fn(&Scenario) -> Option<f64>| {
            let mut ratios: Vec<f64> = scenarios.iter().filter_map(|scenario| ratio(scenario)).collect();
            ratios.sort_by(f64::total_cmp);
            match &*ratios {
                [] => "-".to_owned(),
                [least, .., most] => format!("{least:.2}× / {:.2}× / {most:.2}×", ratios[ratios.len() / 2]),
                [only] => format!("{only:.2}×"),
            }
        };
        let (gross, net) = (of(&|scenario| Some(scenario.ratio())), of(&Scenario::net_ratio));
        let _ = writeln!(text, "{chart:<28} least / median / most: {gross}; without the harness: {net}");
    }
    text
}

/// The scenarios of each chart, in the order they were run.
fn by_chart(results: &Results) -> Vec<(&str, Vec<&Scenario>)> {
    let mut charts: Vec<(&str, Vec<&Scenario>)> = Vec::new();
    for scenario in &results.scenarios {
        match charts.iter_mut().find(|(chart, _)| *chart == scenario.chart) {
            Some((_, scenarios)) => scenarios.push(scenario),
            None => charts.push((&scenario.chart, vec![scenario])),
        }
    }
    charts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_the_calls() {
        let mut times = Times::new();
        for ns in [100, 200, 300, 400] {
            times.record(Duration::from_nanos(ns), ns != 300);
        }
        let figures = times.figures("ours", 2);
        assert_eq!((figures.calls, figures.min_ns, figures.p50_ns, figures.max_ns), (4, 100, 200, 400));
        assert_eq!(figures.failures, 1);
        assert_eq!((figures.avg_ns, figures.avg_item_ns, figures.items_per_second), (250.0, 125.0, None));
    }

    #[test]
    fn deviation_is_relative_to_an_even_split() {
        assert_eq!(deviation_percent(&[100, 100]), 0.0);
        assert_eq!(deviation_percent(&[90, 110]), 10.0);
    }
}
