//! What is only known by looking again and again: rates, peaks, and the sums at the latest reset.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use parking_lot::Mutex;
use rkvs_engine::memory::allocator;
use rkvs_engine::stats::{Counters as EngineCounters, Usage};

use crate::duty_cycle::DutyCycle;
use crate::server::Server;

/// Time between two looks, as in the reference.
pub const SAMPLE_PERIOD: Duration = Duration::from_millis(100);
/// Share of the time that looking at all shards takes, in percent. With some thousand of them that is ten times a second.
const DATA_PERCENT: u32 = 1;
/// Looks over which rates are averaged, as in the reference.
const SAMPLES: usize = 16;

/// Memory in use, by what for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory {
    /// What the data take.
    pub data: Usage,
    /// What connections take: buffers, sessions, queued requests.
    pub clients_bytes: usize,
}

impl Memory {
    /// Everything together: `used_memory`.
    pub fn used_bytes(&self) -> u64 {
        (self.data.used_bytes + self.clients_bytes) as u64
    }

    /// Keys and values as clients see them, as far as they lie in the data's memory.
    pub fn dataset_bytes(&self) -> u64 {
        (self.data.key_bytes + self.data.value_bytes).min(self.data.used_bytes) as u64
    }
}

/// Averages over the latest 1.6 seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rates {
    /// Requests per second.
    pub requests: f64,
    /// Bytes received per second.
    pub input_bytes: f64,
    /// Bytes sent per second.
    pub output_bytes: f64,
}

/// The sums at one look.
#[derive(Debug, Clone, Copy, Default)]
struct Sample {
    at_ms: u64,
    requests: u64,
    input_bytes: u64,
    output_bytes: u64,
}

/// Remembers what the counters cannot tell by themselves.
#[derive(Debug, Default)]
pub struct Observer {
    /// Most memory ever seen in use.
    peak_bytes: AtomicU64,
    /// The latest looks, oldest first.
    samples: Mutex<VecDeque<Sample>>,
    /// The engine's counters at the latest reset.
    baseline: Mutex<EngineCounters>,
    /// Time spent on active expiry.
    expire_cycle_us: AtomicU64,
    /// How often active expiry ran out of its time.
    expire_cycles_cut: AtomicU64,
}

impl Observer {
    /// Looks once at what has been counted. To be called every [`SAMPLE_PERIOD`].
    pub fn look(&self, server: &Server) {
        let totals = server.counters.totals_ever();
        let mut samples = self.samples.lock();
        // One more than there are periods: rates are differences.
        if samples.len() > SAMPLES {
            samples.pop_front();
        }
        samples.push_back(Sample {
            at_ms: server.engine.now_ms(),
            requests: totals.requests,
            input_bytes: totals.input_bytes,
            output_bytes: totals.output_bytes,
        });
    }

    /// Rates of late.
    pub fn rates(&self) -> Rates {
        let samples = self.samples.lock();
        let (Some(first), Some(last)) = (samples.front(), samples.back()) else { return Rates::default() };
        let elapsed_s = last.at_ms.saturating_sub(first.at_ms) as f64 / 1000.0;
        if elapsed_s == 0.0 {
            return Rates::default();
        }
        let rate = |sum: fn(&Sample) -> u64| (sum(last) - sum(first)) as f64 / elapsed_s;
        Rates {
            requests: rate(|sample| sample.requests),
            input_bytes: rate(|sample| sample.input_bytes),
            output_bytes: rate(|sample| sample.output_bytes),
        }
    }

    /// Adds the connections' memory to that of the data, and keeps the peak. O(connections).
    pub fn memory(&self, server: &Server, data: Usage) -> Memory {
        let memory = Memory { data, clients_bytes: server.clients.memory_bytes() };
        self.peak_bytes.fetch_max(memory.used_bytes(), Relaxed);
        memory
    }

    /// Most memory ever seen in use.
    pub fn peak_bytes(&self) -> u64 {
        self.peak_bytes.load(Relaxed)
    }

    /// Notes a run of active expiry.
    pub(crate) fn expire_cycle(&self, took: Duration, was_cut: bool) {
        self.expire_cycle_us.fetch_add(took.as_micros() as u64, Relaxed);
        self.expire_cycles_cut.fetch_add(u64::from(was_cut), Relaxed);
    }

    /// Milliseconds spent on active expiry since the start.
    pub fn expire_cycle_ms(&self) -> u64 {
        self.expire_cycle_us.load(Relaxed) / 1000
    }

    /// How often active expiry ran out of its time.
    pub fn expire_cycles_cut(&self) -> u64 {
        self.expire_cycles_cut.load(Relaxed)
    }

    /// What the engine has done since the latest reset. A namespace that is deleted takes its counts along.
    pub fn since_reset(&self, now: EngineCounters) -> EngineCounters {
        let before = *self.baseline.lock();
        EngineCounters {
            hits: now.hits.saturating_sub(before.hits),
            misses: now.misses.saturating_sub(before.misses),
            reads: now.reads.saturating_sub(before.reads),
            writes: now.writes.saturating_sub(before.writes),
            expired: now.expired.saturating_sub(before.expired),
            ..now
        }
    }

    /// Begins to count from zero (CONFIG RESETSTAT), and takes what is in use now for the peak.
    pub fn reset(&self, server: &Server) {
        let usage = server.engine.recent_usage();
        *self.baseline.lock() = usage.counters;
        self.peak_bytes.store(0, Relaxed);
        self.expire_cycle_us.store(0, Relaxed);
        self.expire_cycles_cut.store(0, Relaxed);
        self.samples.lock().clear();
        self.memory(server, usage);
    }
}

/// Looks at a server until the caller drops this, and has the allocator give back what is free: no worker does it meanwhile, and
/// no client waits for this thread.
pub async fn observe(server: &Server) {
    let mut ticks = tokio::time::interval(SAMPLE_PERIOD);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut data_cycle = DutyCycle::new(DATA_PERCENT);
    loop {
        ticks.tick().await;
        server.observer.look(server);
        server.persistence.tell_loading();
        data_cycle.run(|| {
            let usage = server.engine.recent_usage();
            server.observer.memory(server, usage);
            server.persistence.save_if_due(server, server.engine.changes_of(&usage));
        });
        allocator::purge();
    }
}
