//! What each worker counts while it serves requests, and the sums over all workers.
//!
//! A worker is the only writer of its own counters: plain relaxed loads and stores, no locked instruction and no cache
//! line shared with another worker. Whoever wants to know adds them up. CONFIG RESETSTAT does not touch them either:
//! it remembers the sums of the moment, which are subtracted from then on.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;

/// Sub-buckets of each power of two: values differ from what is remembered by at most 1/16.
const SUB_BUCKET_BITS: u32 = 4;
/// Values below 2^this many nanoseconds share the first octave, which is linear.
const OCTAVE_MIN: u32 = 6;
/// Values from 2^this many nanoseconds on (about 69 s) share the last bucket.
const OCTAVE_MAX: u32 = 36;
/// Buckets of a latency histogram.
pub const LATENCY_BUCKETS: usize = ((OCTAVE_MAX - OCTAVE_MIN + 1) << SUB_BUCKET_BITS) as usize;

/// The bucket for a duration.
#[inline]
fn latency_bucket(nanos: u64) -> usize {
    let octave = (u64::BITS - nanos.leading_zeros()).saturating_sub(1);
    if octave < OCTAVE_MIN {
        return (nanos >> (OCTAVE_MIN - SUB_BUCKET_BITS)) as usize;
    }
    if octave >= OCTAVE_MAX {
        return LATENCY_BUCKETS - 1;
    }
    let sub_bucket = (nanos >> (octave - SUB_BUCKET_BITS)) & ((1 << SUB_BUCKET_BITS) - 1);
    (((octave - OCTAVE_MIN + 1) << SUB_BUCKET_BITS) as u64 + sub_bucket) as usize
}

/// The largest duration in nanoseconds that falls into a bucket.
pub fn latency_bucket_max_ns(bucket: usize) -> u64 {
    let (octave, sub_bucket) = ((bucket >> SUB_BUCKET_BITS) as u32, (bucket & ((1 << SUB_BUCKET_BITS) - 1)) as u64);
    if octave == 0 {
        return ((sub_bucket + 1) << (OCTAVE_MIN - SUB_BUCKET_BITS)) - 1;
    }
    let shift = octave + OCTAVE_MIN - 1 - SUB_BUCKET_BITS;
    (((1 << SUB_BUCKET_BITS) + sub_bucket + 1) << shift) - 1
}

/// Adds to a counter that only the calling thread writes.
#[inline]
fn add(counter: &AtomicU64, count: u64) {
    counter.store(counter.load(Relaxed).wrapping_add(count), Relaxed);
}

/// How long the calls of one command took: counts by logarithmic bucket.
struct Latency {
    buckets: [AtomicU64; LATENCY_BUCKETS],
}

/// One worker's counters for one command.
#[derive(Default)]
struct CommandCounters {
    calls: AtomicU64,
    nanos: AtomicU64,
    failed: AtomicU64,
    rejected: AtomicU64,
    /// Made when the command is first called: 4 KB.
    latency: OnceLock<Box<Latency>>,
}

/// One worker's counters, on cache lines of their own; two, because processors fetch them in pairs.
#[repr(align(128))]
pub struct WorkerCounters {
    commands: Box<[CommandCounters]>,
    /// Requests executed.
    requests: AtomicU64,
    /// Bytes read from clients.
    input_bytes: AtomicU64,
    /// Bytes written to clients.
    output_bytes: AtomicU64,
    /// Requests that broke the protocol.
    protocol_errors: AtomicU64,
    /// Handlers that panicked.
    panics: AtomicU64,
    /// Error replies by the first word of their text.
    errors: Mutex<Vec<(Box<[u8]>, u64)>>,
}

/// Most different first words of error replies that are told apart; later ones count as `OTHER`.
const ERROR_NAMES_MAX: usize = 128;

impl WorkerCounters {
    fn new(commands: usize) -> Self {
        Self {
            commands: (0..commands).map(|_| CommandCounters::default()).collect(),
            requests: AtomicU64::new(0),
            input_bytes: AtomicU64::new(0),
            output_bytes: AtomicU64::new(0),
            protocol_errors: AtomicU64::new(0),
            panics: AtomicU64::new(0),
            errors: Mutex::new(Vec::new()),
        }
    }

    /// Counts a call of the command with this index. Only the owning worker may call this.
    #[inline]
    pub(crate) fn called(&self, command: usize, nanos: u64, failed: bool, histogram: bool) {
        let counters = &self.commands[command];
        add(&counters.calls, 1);
        add(&counters.nanos, nanos);
        if failed {
            add(&counters.failed, 1);
        }
        if histogram {
            let latency = counters
                .latency
                .get_or_init(|| Box::new(Latency { buckets: [const { AtomicU64::new(0) }; LATENCY_BUCKETS] }));
            add(&latency.buckets[latency_bucket(nanos)], 1);
        }
    }

    /// Counts a request that a gate refused. Only the owning worker may call this.
    #[cold]
    pub(crate) fn rejected(&self, command: usize) {
        add(&self.commands[command].rejected, 1);
    }

    /// Counts what a turn did. Only the owning worker may call this.
    #[inline]
    pub(crate) fn turn(&self, requests: u64, input_bytes: u64, output_bytes: u64) {
        add(&self.requests, requests);
        add(&self.input_bytes, input_bytes);
        add(&self.output_bytes, output_bytes);
    }

    /// Counts a request that broke the protocol.
    #[cold]
    pub(crate) fn protocol_error(&self) {
        add(&self.protocol_errors, 1);
    }

    /// Counts a handler that panicked.
    #[cold]
    pub(crate) fn panicked(&self) {
        add(&self.panics, 1);
    }

    /// Counts an error reply by the first word of its text.
    #[cold]
    pub(crate) fn error(&self, text: &[u8]) {
        let name = text.split(|&byte| byte == b' ').next().unwrap_or_default();
        let mut errors = self.errors.lock();
        if let Some((_, count)) = errors.iter_mut().find(|(known, _)| **known == *name) {
            *count += 1;
        } else if errors.len() < ERROR_NAMES_MAX {
            errors.push((name.into(), 1));
        } else if let Some((_, count)) = errors.iter_mut().find(|(known, _)| **known == *b"OTHER") {
            *count += 1;
        } else {
            errors.push((b"OTHER".as_slice().into(), 1));
        }
    }
}

/// The calls of one command on all workers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CommandTotals {
    /// Times it was executed.
    pub calls: u64,
    /// Time spent executing it.
    pub nanos: u64,
    /// Executions that replied with an error.
    pub failed: u64,
    /// Requests refused before execution.
    pub rejected: u64,
}

/// Sums over all workers since the start or the latest reset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Requests executed.
    pub requests: u64,
    /// Bytes read from clients.
    pub input_bytes: u64,
    /// Bytes written to clients.
    pub output_bytes: u64,
    /// Requests that broke the protocol.
    pub protocol_errors: u64,
    /// Handlers that panicked.
    pub panics: u64,
    /// Connections accepted.
    pub connections: u64,
    /// Connections refused because of `maxclients`.
    pub rejected_connections: u64,
}

/// What was counted up to the latest reset.
#[derive(Default)]
struct Baseline {
    commands: Vec<CommandTotals>,
    latencies: Vec<Option<Box<[u64]>>>,
    totals: Totals,
    errors: Vec<(Box<[u8]>, u64)>,
}

/// The counters of all workers.
pub struct Counters {
    workers: Box<[WorkerCounters]>,
    connections: AtomicU64,
    rejected_connections: AtomicU64,
    /// Read before the counters it is subtracted from: they only rise, so none is below it, whoever resets meanwhile.
    baseline: Mutex<Baseline>,
}

impl Counters {
    /// Counters for so many workers and commands.
    pub(crate) fn new(workers: usize, commands: usize) -> Self {
        Self {
            workers: (0..workers).map(|_| WorkerCounters::new(commands)).collect(),
            connections: AtomicU64::new(0),
            rejected_connections: AtomicU64::new(0),
            baseline: Mutex::new(Baseline::default()),
        }
    }

    /// A worker's own counters.
    pub(crate) fn worker(&self, index: usize) -> &WorkerCounters {
        &self.workers[index]
    }

    /// Counts an accepted connection.
    pub(crate) fn accepted(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    /// Counts a connection refused because of `maxclients`.
    pub(crate) fn refused(&self) {
        self.rejected_connections.fetch_add(1, Relaxed);
    }

    /// The sums since the start or the latest reset.
    pub fn totals(&self) -> Totals {
        let before = self.baseline.lock().totals;
        let now = self.totals_ever();
        Totals {
            requests: now.requests - before.requests,
            input_bytes: now.input_bytes - before.input_bytes,
            output_bytes: now.output_bytes - before.output_bytes,
            protocol_errors: now.protocol_errors - before.protocol_errors,
            panics: now.panics - before.panics,
            connections: now.connections - before.connections,
            rejected_connections: now.rejected_connections - before.rejected_connections,
        }
    }

    /// The sums since the start.
    pub fn totals_ever(&self) -> Totals {
        let sum = |counter: fn(&WorkerCounters) -> &AtomicU64| {
            self.workers.iter().map(|worker| counter(worker).load(Relaxed)).sum()
        };
        Totals {
            requests: sum(|worker| &worker.requests),
            input_bytes: sum(|worker| &worker.input_bytes),
            output_bytes: sum(|worker| &worker.output_bytes),
            protocol_errors: sum(|worker| &worker.protocol_errors),
            panics: sum(|worker| &worker.panics),
            connections: self.connections.load(Relaxed),
            rejected_connections: self.rejected_connections.load(Relaxed),
        }
    }

    /// The calls of the command with this index since the start or the latest reset.
    pub fn command(&self, index: usize) -> CommandTotals {
        let before = self.baseline.lock().commands.get(index).copied().unwrap_or_default();
        let now = self.command_ever(index);
        CommandTotals {
            calls: now.calls - before.calls,
            nanos: now.nanos - before.nanos,
            failed: now.failed - before.failed,
            rejected: now.rejected - before.rejected,
        }
    }

    pub(crate) fn command_ever(&self, index: usize) -> CommandTotals {
        let mut totals = CommandTotals::default();
        for worker in &self.workers {
            let counters = &worker.commands[index];
            totals.calls += counters.calls.load(Relaxed);
            totals.nanos += counters.nanos.load(Relaxed);
            totals.failed += counters.failed.load(Relaxed);
            totals.rejected += counters.rejected.load(Relaxed);
        }
        totals
    }

    /// How often the command's duration fell into each bucket ([`latency_bucket_max_ns`]) since the start or the latest
    /// reset; `None` if it was never called.
    pub fn latency(&self, index: usize) -> Option<Box<[u64]>> {
        let before = self.baseline.lock().latencies.get(index).cloned().flatten();
        let mut now = self.latency_ever(index)?;
        if let Some(before) = before {
            now.iter_mut().zip(before.iter()).for_each(|(now, before)| *now -= before);
        }
        now.iter().any(|&count| count > 0).then_some(now)
    }

    pub(crate) fn latency_ever(&self, index: usize) -> Option<Box<[u64]>> {
        let mut sums: Option<Box<[u64]>> = None;
        for latency in self.workers.iter().filter_map(|worker| worker.commands[index].latency.get()) {
            let sums = sums.get_or_insert_with(|| vec![0; LATENCY_BUCKETS].into_boxed_slice());
            sums.iter_mut().zip(&latency.buckets).for_each(|(sum, count)| *sum += count.load(Relaxed));
        }
        sums
    }

    /// Error replies by the first word of their text, in alphabetical order, since the start or the latest reset.
    pub fn errors(&self) -> Vec<(Box<[u8]>, u64)> {
        let before = self.baseline.lock().errors.clone();
        let mut errors = self.errors_ever();
        for (name, count) in &mut errors {
            if let Some((_, before)) = before.iter().find(|(known, _)| known == name) {
                *count -= before;
            }
        }
        errors.retain(|(_, count)| *count > 0);
        errors
    }

    pub(crate) fn errors_ever(&self) -> Vec<(Box<[u8]>, u64)> {
        let mut sums: Vec<(Box<[u8]>, u64)> = Vec::new();
        for worker in &self.workers {
            for (name, count) in worker.errors.lock().iter() {
                match sums.iter_mut().find(|(known, _)| known == name) {
                    Some((_, sum)) => *sum += count,
                    None => sums.push((name.clone(), *count)),
                }
            }
        }
        sums.sort_unstable();
        sums
    }

    /// Begins to count from zero (CONFIG RESETSTAT).
    pub fn reset(&self) {
        let commands = self.workers.first().map_or(0, |worker| worker.commands.len());
        let now = Baseline {
            commands: (0..commands).map(|index| self.command_ever(index)).collect(),
            latencies: (0..commands).map(|index| self.latency_ever(index)).collect(),
            totals: self.totals_ever(),
            errors: self.errors_ever(),
        };
        *self.baseline.lock() = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_bounds_enclose_their_values() {
        for nanos in (0..200_u64).chain((7..45).flat_map(|power| {
            let base = 1_u64 << power;
            [base - 1, base, base + 1, base + base / 3, base + base / 2]
        })) {
            let bucket = latency_bucket(nanos);
            if bucket < LATENCY_BUCKETS - 1 {
                assert!(nanos <= latency_bucket_max_ns(bucket), "{nanos} above bucket {bucket}");
            }
            if bucket > 0 {
                assert!(nanos > latency_bucket_max_ns(bucket - 1), "{nanos} below bucket {bucket}");
            }
        }
    }

    #[test]
    fn reset_counts_from_zero() {
        let counters = Counters::new(2, 3);
        counters.worker(0).called(1, 100, true, true);
        counters.worker(1).called(1, 300, false, true);
        counters.worker(1).error(b"ERR no");
        assert_eq!(counters.command(1), CommandTotals { calls: 2, nanos: 400, failed: 1, rejected: 0 });
        counters.reset();
        assert_eq!(counters.command(1), CommandTotals::default());
        assert_eq!(counters.latency(1), None);
        assert!(counters.errors().is_empty());
        counters.worker(0).called(1, 7, false, true);
        assert_eq!(counters.command(1).calls, 1);
        assert_eq!(counters.latency(1).map(|buckets| buckets.iter().sum::<u64>()), Some(1));
    }

    #[test]
    fn a_reset_beside_a_reader_leaves_no_count_below_zero() {
        let counters = Counters::new(1, 1);
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..20_000 {
                    counters.worker(0).called(0, 1, true, true);
                    counters.worker(0).turn(1, 1, 1);
                    counters.worker(0).error(b"ERR");
                    counters.reset();
                }
                done.store(true, Relaxed);
            });
            while !done.load(Relaxed) {
                // Each panics where a number would fall below zero.
                let seen = (counters.totals().requests, counters.command(0).calls, counters.errors().len());
                assert!(seen.0 <= 20_000 && seen.1 <= 20_000 && seen.2 <= 1);
                counters.latency(0);
            }
        });
    }

    #[test]
    fn error_names_are_bounded() {
        let counters = Counters::new(1, 1);
        for number in 0..1000 {
            counters.worker(0).error(format!("E{number} text").as_bytes());
        }
        let errors = counters.errors();
        assert_eq!(errors.len(), ERROR_NAMES_MAX + 1);
        assert_eq!(errors.iter().map(|(_, count)| count).sum::<u64>(), 1000);
    }
}
