//! What a run found, for people and for programs.

use std::collections::BTreeMap;
use std::fmt;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::check::CheckOutcome;
use crate::generator::{Outcome, Pace, Plan};
use crate::machine::{Machine, today};

/// Longest latency that is told apart from longer ones, in nanoseconds.
const LATENCY_NS_MAX: u64 = 600_000_000_000;

/// Returns an empty histogram of nanoseconds; all of them have the same bounds.
pub fn nanoseconds() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LATENCY_NS_MAX, 3).expect("the bounds are constants that agree")
}

/// One run of the load generator with everything needed to repeat it.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Name and version of the program.
    pub tool: String,
    /// Day of the run, UTC.
    pub date: String,
    /// Where generator and server ran.
    pub machine: Machine,
    /// What was done.
    pub plan: Plan,
    /// RESP version spoken.
    pub resp: u8,
    /// What was found.
    pub result: RunResult,
    /// What reading back found, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<CheckOutcome>,
}

/// The figures of a run.
#[derive(Clone, Debug, Serialize)]
pub struct RunResult {
    /// Replies while measuring.
    pub requests: u64,
    /// How long was measured.
    pub seconds: f64,
    /// Requests per second while measuring.
    pub requests_per_second: f64,
    /// From sending (open loop: from the due time) to the reply.
    pub latency_us: Quantiles,
    /// How late the generator itself sent batches that were due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lag_us: Option<Quantiles>,
    /// Requests of an open loop that were due but could not be sent before the end.
    pub unsent: u64,
    /// Null replies, warm-up included.
    pub misses: u64,
    /// Error replies by text, warm-up included.
    pub errors: BTreeMap<String, u64>,
    /// Bytes sent, warm-up included.
    pub sent_bytes: u64,
    /// Bytes received, warm-up included.
    pub received_bytes: u64,
    /// CPU time of the generator per request, in nanoseconds.
    pub generator_cpu_ns: f64,
    /// CPU time of the generator's busiest thread over its running time.
    pub generator_busy: f64,
}

/// A distribution of times, in microseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Quantiles {
    /// Smallest.
    pub min: f64,
    /// Average.
    pub mean: f64,
    /// Median.
    pub p50: f64,
    /// 90 % are at most this.
    pub p90: f64,
    /// 99 % are at most this.
    pub p99: f64,
    /// 99.9 % are at most this.
    pub p999: f64,
    /// 99.99 % are at most this.
    pub p9999: f64,
    /// Largest.
    pub max: f64,
}

impl Quantiles {
    /// Reads a histogram of nanoseconds; an empty one gives zeros.
    pub fn of(histogram: &Histogram<u64>) -> Self {
        if histogram.is_empty() {
            return Self::default();
        }
        let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1e3;
        Self {
            min: histogram.min() as f64 / 1e3,
            mean: histogram.mean() / 1e3,
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            p9999: at(0.9999),
            max: histogram.max() as f64 / 1e3,
        }
    }
}

impl Report {
    /// Puts a run's figures beside its plan.
    pub fn new(tool: &str, plan: Plan, outcome: &Outcome, check: Option<CheckOutcome>) -> Self {
        let lag_us = matches!(plan.pace, Pace::Open { .. }).then(|| Quantiles::of(&outcome.lag));
        Self {
            tool: tool.to_owned(),
            date: today(),
            machine: Machine::here(),
            resp: plan.handshake.resp,
            plan,
            result: RunResult {
                requests: outcome.measured_replies,
                seconds: outcome.measured.as_secs_f64(),
                requests_per_second: outcome.rate(),
                latency_us: Quantiles::of(&outcome.latency),
                lag_us,
                unsent: outcome.unsent,
                misses: outcome.counts.misses,
                errors: outcome.counts.errors.clone(),
                sent_bytes: outcome.sent_bytes,
                received_bytes: outcome.received_bytes,
                generator_cpu_ns: outcome.cpu.as_nanos() as f64 / outcome.replies.max(1) as f64,
                generator_busy: outcome.busiest_thread,
            },
            check,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plan, result, .. } = self;
        let loop_name = match plan.pace {
            Pace::Closed => "closed loop".to_owned(),
            Pace::Open { rate, .. } => format!("open loop at {rate} requests/s"),
        };
        writeln!(
            f,
            "{} | {} | {} keys, {} | values of {} B | {} connections, pipeline {}, {} threads | RESP{} | {loop_name}",
            plan.endpoint,
            plan.workload.mix,
            plan.workload.keyspace.keys,
            plan.distribution,
            plan.workload.value_bytes,
            plan.connections,
            plan.pipeline,
            plan.threads,
            self.resp,
        )?;
        writeln!(
            f,
            "{} requests in {:.2} s: {:.0} requests/s, {:.1} MB/s out, {:.1} MB/s in",
            result.requests,
            result.seconds,
            result.requests_per_second,
            result.sent_bytes as f64 / 1e6 / result.seconds.max(1e-9),
            result.received_bytes as f64 / 1e6 / result.seconds.max(1e-9),
        )?;
        writeln!(
            f,
            "{:>12} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}",
            "", "min", "mean", "p50", "p90", "p99", "p99.9", "p99.99", "max"
        )?;
        write_quantiles(f, "latency µs", &result.latency_us)?;
        if let Some(lag) = &result.lag_us {
            write_quantiles(f, "lag µs", lag)?;
        }
        writeln!(
            f,
            "misses {} | generator busy {:.0} %, {:.0} ns of CPU per request",
            result.misses,
            result.generator_busy * 100.0,
            result.generator_cpu_ns,
        )?;
        if matches!(plan.pace, Pace::Closed) && result.generator_busy > 0.95 {
            writeln!(f, "note: the generator had no time left; the server may do more (--threads)")?;
        }
        if result.unsent > 0 {
            writeln!(f, "note: {} requests were due but could not be sent: the rate is too high", result.unsent)?;
        }
        for (text, count) in &result.errors {
            writeln!(f, "error replies: {count} x {text}")?;
        }
        if let Some(check) = &self.check {
            writeln!(
                f,
                "read back {}: {} right, {} absent, {} wrong",
                check.asked, check.right, check.absent, check.wrong
            )?;
            for difference in &check.differences {
                writeln!(f, "wrong: {difference}")?;
            }
        }
        Ok(())
    }
}

fn write_quantiles(f: &mut fmt::Formatter<'_>, name: &str, times: &Quantiles) -> fmt::Result {
    let Quantiles { min, mean, p50, p90, p99, p999, p9999, max } = times;
    writeln!(
        f,
        "{name:>12} {min:>9.1} {mean:>9.1} {p50:>9.1} {p90:>9.1} {p99:>9.1} {p999:>9.1} {p9999:>9.1} {max:>9.1}"
    )
}
