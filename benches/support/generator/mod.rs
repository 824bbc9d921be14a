//! Puts load on one server: many connections, few threads.
//!
//! Every thread owns a poller, its share of the connections and its prebuilt batches; threads share nothing while they
//! run. In a *closed* loop a connection sends its next batch when the last one is answered. In an *open* loop batches
//! are due at fixed times whatever the server does, and latency counts from the time a batch was due, so a stall is felt
//! by every request that should have been sent meanwhile (no coordinated omission).

mod connection;
#[cfg(test)]
mod tests;
mod worker;

use std::io;
use std::iter::repeat_n;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::Serialize;

use self::connection::Connection;
use self::worker::Worker;
use crate::distribution::{Distribution, part_of};
use crate::endpoint::{Endpoint, Handshake, Socket};
use crate::process;
use crate::report::nanoseconds;
use crate::request::{Workload, WorkloadError};
use crate::scanner::{ReplyCounts, ScanError};

/// What to do, for how long, and how hard.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The server.
    pub endpoint: Endpoint,
    /// What every connection says first.
    #[serde(skip)]
    pub handshake: Handshake,
    /// What to ask.
    pub workload: Workload,
    /// Which keys to ask for.
    pub distribution: Distribution,
    /// Number of connections over all threads.
    pub connections: usize,
    /// Number of threads.
    pub threads: usize,
    /// Cores for the threads, in turn; none leaves that to the system.
    pub cores: Vec<usize>,
    /// Requests per batch.
    pub pipeline: usize,
    /// When batches are sent.
    pub pace: Pace,
    /// When to stop.
    pub length: Length,
    /// Seed of all chance.
    pub seed: u64,
    /// How long no reply may come while some are awaited.
    pub stall_timeout: Duration,
}

/// When batches are sent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// When the connection's last batch is answered.
    Closed,
    /// At a fixed rate.
    Open {
        /// Requests per second over all connections.
        rate: f64,
        /// Batches one connection may have unanswered; later ones wait here, and their latency grows.
        in_flight_max: usize,
    },
}

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Length {
    /// After this many requests.
    Requests(u64),
    /// After this time.
    Lasting {
        /// Load that is not measured.
        warm_up: Duration,
        /// Load that is.
        measured: Duration,
    },
}

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// No connection, or its handshake was refused.
    #[error("connection {connection} to {endpoint}: {source}")]
    Connect {
        /// Number of the connection.
        connection: usize,
        /// The server.
        endpoint: String,
        /// What happened.
        source: io::Error,
    },
    /// The server closed a connection.
    #[error("the server closed connection {connection} with {awaited} replies awaited")]
    Closed {
        /// Number of the connection.
        connection: usize,
        /// Replies that will not come.
        awaited: u64,
    },
    /// A socket failed.
    #[error("connection {connection}: {source}")]
    Socket {
        /// Number of the connection.
        connection: usize,
        /// What happened.
        source: io::Error,
    },
    /// A reply was no reply.
    #[error("connection {connection}: {source}")]
    Reply {
        /// Number of the connection.
        connection: usize,
        /// What it was.
        source: ScanError,
    },
    /// A reply nobody waited for.
    #[error("connection {0}: a reply without a request")]
    Unasked(usize),
    /// Nothing came for too long.
    #[error("no reply for {0:?} while {1} are awaited")]
    Stalled(Duration, u64),
    /// The requests cannot be laid out.
    #[error(transparent)]
    Workload(#[from] WorkloadError),
    /// The poller or the placement on cores failed.
    #[error("this machine: {0}")]
    Machine(io::Error),
    /// Another thread failed first.
    #[error("stopped because another thread failed")]
    Stopped,
    /// A plan without connections, threads, requests or keys.
    #[error("the plan has no {0}")]
    Nothing(&'static str),
}

/// What a run found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Latencies in nanoseconds, one per request that was sent (or due) while measuring.
    pub latency: Histogram<u64>,
    /// How late batches were sent, in nanoseconds; empty in a closed loop.
    pub lag: Histogram<u64>,
    /// All replies, those to the warm-up and those after the end too.
    pub replies: u64,
    /// Replies that came while measuring.
    pub measured_replies: u64,
    /// How long was measured.
    pub measured: Duration,
    /// Requests of an open loop that were due but found all connections full until the end. They are part of `latency`
    /// with the time they had waited by then.
    pub unsent: u64,
    /// Misses, pushes and errors of all replies.
    pub counts: ReplyCounts,
    /// Bytes sent in all.
    pub sent_bytes: u64,
    /// Bytes received in all.
    pub received_bytes: u64,
    /// CPU time of all threads of the generator.
    pub cpu: Duration,
    /// CPU time of the generator's busiest thread over its running time, 0 to 1.
    pub busiest_thread: f64,
    /// What `latency` sums up, one by one; empty unless [`Generator::with_timeline`] asked for it.
    pub timeline: Vec<Timed>,
}

/// When a request was sent (open loop: due), and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timed {
    /// Begin of its latency.
    pub start: Instant,
    /// Until its reply came, or until it was given up, in nanoseconds.
    pub latency_ns: u64,
}

impl Outcome {
    fn new() -> Self {
        Self {
            latency: nanoseconds(),
            lag: nanoseconds(),
            replies: 0,
            measured_replies: 0,
            measured: Duration::ZERO,
            unsent: 0,
            counts: ReplyCounts::default(),
            sent_bytes: 0,
            received_bytes: 0,
            cpu: Duration::ZERO,
            busiest_thread: 0.0,
            timeline: Vec::new(),
        }
    }

    /// Books requests that were measured, with their begin if the timeline is kept.
    #[inline]
    fn record(&mut self, latency_ns: u64, requests: u64, start: Option<Instant>) {
        self.latency.saturating_record_n(latency_ns, requests);
        if let Some(start) = start {
            self.timeline.extend(repeat_n(Timed { start, latency_ns }, requests as usize));
        }
    }

    fn add(&mut self, mut other: Self) {
        let same_bounds = "all histograms have the same bounds";
        self.latency.add(&other.latency).expect(same_bounds);
        self.lag.add(&other.lag).expect(same_bounds);
        self.replies += other.replies;
        self.measured_replies += other.measured_replies;
        self.measured = self.measured.max(other.measured);
        self.unsent += other.unsent;
        self.cpu += other.cpu;
        self.counts.add(&other.counts);
        self.sent_bytes += other.sent_bytes;
        self.received_bytes += other.received_bytes;
        self.busiest_thread = self.busiest_thread.max(other.busiest_thread);
        self.timeline.append(&mut other.timeline);
    }

    /// Replies per second while measuring.
    pub fn rate(&self) -> f64 {
        self.measured_replies as f64 / self.measured.as_secs_f64().max(1e-9)
    }
}

/// A plan whose connections stand.
#[derive(Debug)]
pub struct Generator {
    workers: Vec<Worker>,
    cores: Vec<usize>,
}

impl Generator {
    /// Connects, shakes hands, lays out the requests. Nothing is asked yet.
    pub fn connect(plan: &Plan) -> Result<Self, LoadError> {
        let nothing = [
            (plan.connections == 0, "connections"),
            (plan.threads == 0, "threads"),
            (plan.pipeline == 0, "pipeline"),
            (plan.workload.keyspace.keys == 0, "keys"),
            (plan.workload.keyspace.fields == 0, "fields"),
            (plan.workload.mix.0.is_empty(), "requests"),
            (matches!(plan.pace, Pace::Open { rate, .. } if rate.is_nan() || rate <= 0.0), "rate"),
            (matches!(plan.pace, Pace::Open { in_flight_max: 0, .. }), "batches in flight"),
        ];
        if let Some((_, name)) = nothing.into_iter().find(|(is_nothing, _)| *is_nothing) {
            return Err(LoadError::Nothing(name));
        }
        let threads = plan.threads.min(plan.connections) as u64;
        let workers = (0..threads).map(|thread| {
            let connections = part_of(plan.connections as u64, thread, threads).map(|number| {
                let number = number as usize;
                let connect = || Socket::connect(&plan.endpoint, &plan.handshake)?.into_polled();
                let socket = connect().map_err(|source| LoadError::Connect {
                    connection: number,
                    endpoint: plan.endpoint.to_string(),
                    source,
                })?;
                Ok(Connection::new(number, socket))
            });
            Worker::new(plan, thread, threads, connections.collect::<Result<_, LoadError>>()?)
        });
        Ok(Self { workers: workers.collect::<Result<_, _>>()?, cores: plan.cores.clone() })
    }

    /// Keeps the time of every request that is measured (24 bytes each), so that what happened during something else
    /// can be told from the rest.
    #[must_use]
    pub fn with_timeline(mut self) -> Self {
        for worker in &mut self.workers {
            worker.keep_timeline();
        }
        self
    }

    /// Runs the plan to its end. The first thread that fails stops the others.
    pub fn run(self) -> Result<Outcome, LoadError> {
        self.run_until(&AtomicBool::new(false))
    }

    /// Runs the plan to its end, or until `end` is set, which ends the time that is measured.
    pub fn run_until(self, end: &AtomicBool) -> Result<Outcome, LoadError> {
        let stop = AtomicBool::new(false);
        let start = Barrier::new(self.workers.len());
        let (stop, start) = (&stop, &start);
        let cores = &self.cores;
        let results: Vec<_> = thread::scope(|scope| {
            let spawn = |(index, worker): (usize, Worker)| {
                scope.spawn(move || {
                    let pinned = match cores.get(index % cores.len().max(1)) {
                        Some(&core) => process::pin_thread(&[core]).map(drop).map_err(LoadError::Machine),
                        None => Ok(()),
                    };
                    start.wait();
                    let result = pinned.and_then(|()| worker.run(stop, end));
                    if result.is_err() {
                        stop.store(true, Ordering::Relaxed);
                    }
                    result
                })
            };
            let threads: Vec<_> = self.workers.into_iter().enumerate().map(spawn).collect();
            threads.into_iter().map(|thread| thread.join().expect("workers do not panic")).collect()
        });
        let mut outcome = Outcome::new();
        let mut failure = None;
        for result in results {
            match result {
                Ok(part) => outcome.add(part),
                Err(LoadError::Stopped) => {}
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        failure.map_or(Ok(outcome), Err)
    }
}

/// Connects and runs in one go.
pub fn run(plan: &Plan) -> Result<Outcome, LoadError> {
    Generator::connect(plan)?.run()
}
