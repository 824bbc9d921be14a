//! One thread of the generator: its poller, its connections, its clock.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};

use super::connection::{Connection, Flight};
use super::{Length, LoadError, Outcome, Pace, Plan};
use crate::distribution::{KeySource, part_of};
use crate::process;
use crate::request::Batches;
use crate::scanner::LINE_BYTES_MAX;

/// Room for what one read returns, on top of the longest unfinished line.
const READ_BYTES: usize = LINE_BYTES_MAX + 256 * 1024;
/// Ready connections taken from the poller at once.
const EVENTS_MAX: usize = 1024;
/// Longest sleep; ends, stalls and failures of other threads are noticed within it.
const SLEEP_MAX: Duration = Duration::from_millis(50);
/// The poller sleeps in whole milliseconds: when a batch is due sooner than this, the worker does not sleep at all.
const AWAKE: Duration = Duration::from_micros(1_500);

#[derive(Debug)]
pub(super) struct Worker {
    poll: Poll,
    connections: Vec<Connection>,
    requests: Requests,
    schedule: Option<Schedule>,
    stall_timeout: Duration,
    buffer: Vec<u8>,
    outcome: Outcome,
    keeps_timeline: bool,
    start: Instant,
    last_reply_ns: u64,
    /// When the wait for the next reply began.
    waiting_since_ns: u64,
    /// Replies awaited on all connections.
    awaited: u64,
}

/// What is still to be asked.
#[derive(Debug)]
struct Requests {
    batches: Batches,
    source: KeySource,
    fields: u64,
    pipeline: usize,
    left: u64,
    /// Measuring begins and ends here, in nanoseconds since the start; nothing is sent after the end.
    measured_ns: std::ops::Range<u64>,
}

/// The fixed times of an open loop.
#[derive(Clone, Copy, Debug)]
struct Schedule {
    /// Between two batches of one connection.
    interval_ns: f64,
    in_flight_max: usize,
}

impl Worker {
    pub(super) fn new(
        plan: &Plan,
        thread: u64,
        threads: u64,
        mut connections: Vec<Connection>,
    ) -> Result<Self, LoadError> {
        let poll = Poll::new().map_err(LoadError::Machine)?;
        for (index, connection) in connections.iter_mut().enumerate() {
            poll.registry()
                .register(&mut connection.socket, Token(index), Interest::READABLE)
                .map_err(LoadError::Machine)?;
        }
        let schedule = match plan.pace {
            Pace::Closed => None,
            Pace::Open { rate, in_flight_max } => {
                let batch_ns = 1e9 * plan.pipeline as f64 / rate;
                for connection in &mut connections {
                    connection.due_ns = batch_ns * connection.number as f64;
                }
                Some(Schedule { interval_ns: batch_ns * plan.connections as f64, in_flight_max })
            }
        };
        let (left, measured_ns) = match plan.length {
            Length::Requests(requests) => {
                let part = part_of(requests, thread, threads);
                (part.end - part.start, 0..u64::MAX)
            }
            Length::Lasting { warm_up, measured } => {
                let warm_up_ns = warm_up.as_nanos() as u64;
                (u64::MAX, warm_up_ns..warm_up_ns.saturating_add(measured.as_nanos() as u64))
            }
        };
        let keys = plan.workload.keyspace.keys;
        let requests = Requests {
            batches: Batches::new(&plan.workload, plan.pipeline, plan.seed.wrapping_add(thread))?,
            source: KeySource::new(plan.distribution, keys, plan.seed, thread, threads),
            fields: plan.workload.keyspace.fields,
            pipeline: plan.pipeline,
            left,
            measured_ns,
        };
        Ok(Self {
            poll,
            connections,
            requests,
            schedule,
            stall_timeout: plan.stall_timeout,
            buffer: vec![0; READ_BYTES],
            outcome: Outcome::new(),
            keeps_timeline: false,
            start: Instant::now(),
            last_reply_ns: 0,
            waiting_since_ns: 0,
            awaited: 0,
        })
    }

    /// Keeps the time of every batch that is measured.
    pub(super) fn keep_timeline(&mut self) {
        self.keeps_timeline = true;
    }

    /// Runs until everything is asked and answered; nothing is asked any more once `end` is set.
    pub(super) fn run(mut self, stop: &AtomicBool, end: &AtomicBool) -> Result<Outcome, LoadError> {
        self.start = Instant::now();
        let cpu_before = process::thread_cpu();
        let mut events = Events::with_capacity(EVENTS_MAX);
        if self.schedule.is_none() {
            for index in 0..self.connections.len() {
                let now_ns = self.now_ns();
                self.send(index, now_ns)?;
            }
        }
        loop {
            let now_ns = self.now_ns();
            let sleep = self.send_due(now_ns)?;
            if now_ns < self.requests.measured_ns.end && end.load(Ordering::Relaxed) {
                self.requests.measured_ns.end = now_ns.max(self.requests.measured_ns.start);
            }
            if now_ns >= self.requests.measured_ns.end && self.requests.left > 0 {
                self.give_up_due(now_ns);
                self.requests.left = 0;
            }
            if self.requests.left == 0 && self.awaited == 0 {
                break;
            }
            if stop.load(Ordering::Relaxed) {
                return Err(LoadError::Stopped);
            }
            self.check_stall(now_ns)?;
            match self.poll.poll(&mut events, Some(sleep)) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                result => result.map_err(LoadError::Machine)?,
            }
            for event in &events {
                let Token(index) = event.token();
                if event.is_writable() && self.connections[index].has_unsent() {
                    self.flush(index)?;
                }
                if event.is_readable() {
                    self.receive(index)?;
                }
            }
        }
        Ok(self.finish(cpu_before))
    }

    fn now_ns(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    /// Sends the batches of an open loop that are due. Returns how long there is nothing to send.
    fn send_due(&mut self, now_ns: u64) -> Result<Duration, LoadError> {
        let Some(schedule) = self.schedule else {
            return Ok(SLEEP_MAX);
        };
        let mut next_due_ns = f64::INFINITY;
        for index in 0..self.connections.len() {
            self.send_due_on(index, schedule, now_ns)?;
            let connection = &self.connections[index];
            if self.requests.left > 0 && connection.flights.len() < schedule.in_flight_max {
                next_due_ns = next_due_ns.min(connection.due_ns);
            }
        }
        let wait = Duration::from_nanos((next_due_ns - now_ns as f64).clamp(0.0, 1e9) as u64);
        Ok(if wait < AWAKE { Duration::ZERO } else { (wait - Duration::from_millis(1)).min(SLEEP_MAX) })
    }

    fn send_due_on(&mut self, index: usize, schedule: Schedule, now_ns: u64) -> Result<(), LoadError> {
        loop {
            let connection = &mut self.connections[index];
            let due_ns = connection.due_ns;
            let is_due = due_ns <= now_ns as f64
                && (due_ns as u64) < self.requests.measured_ns.end
                && connection.flights.len() < schedule.in_flight_max;
            if !is_due || self.requests.left == 0 {
                return Ok(());
            }
            connection.due_ns += schedule.interval_ns;
            if self.requests.measured_ns.contains(&(due_ns as u64)) {
                self.outcome.lag.saturating_record((now_ns - due_ns as u64).max(1));
            }
            self.send(index, due_ns as u64)?;
        }
    }

    /// Books what was due before the end but finds its connection full: it waited until now at least, and leaving it out
    /// would make an overloaded server look fast.
    fn give_up_due(&mut self, now_ns: u64) {
        let Some(schedule) = self.schedule else { return };
        for connection in &mut self.connections {
            while (connection.due_ns as u64) < self.requests.measured_ns.end {
                let due_ns = connection.due_ns as u64;
                connection.due_ns += schedule.interval_ns;
                let requests = self.requests.pipeline as u64;
                self.outcome.unsent += requests;
                if self.requests.measured_ns.contains(&due_ns) {
                    let waited_ns = (now_ns - due_ns).max(1);
                    let due = self.keeps_timeline.then(|| self.start + Duration::from_nanos(due_ns));
                    self.outcome.record(waited_ns, requests, due);
                }
            }
        }
    }

    /// Sends the next batch; its latency counts from `start_ns`.
    #[inline]
    fn send(&mut self, index: usize, start_ns: u64) -> Result<(), LoadError> {
        let requests = &mut self.requests;
        let count = requests.left.min(requests.pipeline as u64);
        if count == 0 {
            return Ok(());
        }
        requests.left -= count;
        if self.awaited == 0 {
            self.waiting_since_ns = start_ns;
        }
        self.awaited += count;
        let bytes = requests.batches.next_batch(count as usize, &mut requests.source, requests.fields);
        self.outcome.sent_bytes += bytes.len() as u64;
        let connection = &mut self.connections[index];
        connection.flights.push_back(Flight { start_ns, replies_left: count });
        let had_unsent = connection.has_unsent();
        if connection.send(bytes)? && !had_unsent {
            self.watch(index, Interest::READABLE | Interest::WRITABLE)?;
        }
        Ok(())
    }

    #[cold]
    fn flush(&mut self, index: usize) -> Result<(), LoadError> {
        if !self.connections[index].flush()? {
            self.watch(index, Interest::READABLE)?;
        }
        Ok(())
    }

    #[cold]
    fn watch(&mut self, index: usize, interest: Interest) -> Result<(), LoadError> {
        let socket = &mut self.connections[index].socket;
        self.poll.registry().reregister(socket, Token(index), interest).map_err(LoadError::Machine)
    }

    #[inline]
    fn receive(&mut self, index: usize) -> Result<(), LoadError> {
        let (replies, received_bytes) = self.connections[index].receive(&mut self.buffer)?;
        let now_ns = self.now_ns();
        self.outcome.received_bytes += received_bytes;
        if replies > 0 {
            self.account(index, replies, now_ns)?;
        }
        match self.schedule {
            None if self.connections[index].flights.is_empty() && now_ns < self.requests.measured_ns.end => {
                self.send(index, now_ns)
            }
            None => Ok(()),
            Some(schedule) => self.send_due_on(index, schedule, now_ns),
        }
    }

    /// Books replies to the connection's oldest batches.
    #[inline]
    fn account(&mut self, index: usize, replies: u64, now_ns: u64) -> Result<(), LoadError> {
        let connection = &mut self.connections[index];
        self.last_reply_ns = now_ns;
        self.waiting_since_ns = now_ns;
        self.outcome.replies += replies;
        if self.requests.measured_ns.contains(&now_ns) {
            self.outcome.measured_replies += replies;
        }
        let mut left = replies;
        while left > 0 {
            let Some(flight) = connection.flights.front_mut() else {
                return Err(LoadError::Unasked(connection.number));
            };
            let count = left.min(flight.replies_left);
            left -= count;
            flight.replies_left -= count;
            if self.requests.measured_ns.contains(&flight.start_ns) {
                let start = self.keeps_timeline.then(|| self.start + Duration::from_nanos(flight.start_ns));
                self.outcome.record((now_ns - flight.start_ns).max(1), count, start);
            }
            if flight.replies_left == 0 {
                connection.flights.pop_front();
            }
        }
        self.awaited -= replies;
        Ok(())
    }

    fn check_stall(&self, now_ns: u64) -> Result<(), LoadError> {
        let quiet = Duration::from_nanos(now_ns.saturating_sub(self.waiting_since_ns));
        if self.awaited > 0 && quiet > self.stall_timeout {
            return Err(LoadError::Stalled(self.stall_timeout, self.awaited));
        }
        Ok(())
    }

    fn finish(mut self, cpu_before: Duration) -> Outcome {
        let running = self.start.elapsed();
        let cpu = process::thread_cpu() - cpu_before;
        self.outcome.cpu = cpu;
        self.outcome.busiest_thread = cpu.as_secs_f64() / running.as_secs_f64().max(1e-9);
        let measured_ns = &self.requests.measured_ns;
        // A run of so many requests ends with its last reply.
        let end_ns = if measured_ns.end == u64::MAX { self.last_reply_ns } else { measured_ns.end };
        self.outcome.measured = Duration::from_nanos(end_ns - measured_ns.start);
        for connection in &self.connections {
            self.outcome.counts.add(connection.scanner.counts());
        }
        self.outcome
    }
}
