//! Histories: what samples told over time, for charts and rates.
//!
//! A `Track` is a ring of the last `POINTS_MAX` points of one thing (the server, a namespace, a command); a column of it is a
//! `Series`. Counters are kept as rates: one that went down means that the server restarted, and then there is no rate; where
//! polls follow each other at once the rate before holds on, for what a poll costs would be all that it tells. Where
//! nothing is known (a lost connection, a field the server does not tell) the value is a gap, NaN in the ring. Everything
//! survives a reconnect.

use std::collections::{HashMap, HashSet, VecDeque};

use super::sample::{Command, Info, Namespace, Sample, percentile_of_all};
use crate::value::finite;

/// Points of a track.
pub const POINTS_MAX: usize = 600;
/// Namespaces whose history is kept: the busiest, and those that are looked at. One takes about 20 KB.
pub const NAMESPACE_TRACKS_MAX: usize = 1_024;
/// Commands whose history is kept; servers have fewer.
pub const COMMAND_TRACKS_MAX: usize = 512;

/// What is kept of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it; rates are per second, CPU is a share of one core")]
pub enum ServerMetric {
    Ops,
    NetInBytes,
    NetOutBytes,
    Hits,
    Misses,
    Expired,
    Evicted,
    Cpu,
    Errors,
    ConnectionsReceived,
    /// Hits among the lookups since the point before, 0 to 1.
    HitRatio,
    UsedBytes,
    ResidentBytes,
    Clients,
    BlockedClients,
    ChangesSinceSave,
    /// Keys of all namespaces.
    Keys,
    /// Those of them that expire.
    ExpiringKeys,
}

impl ServerMetric {
    const COUNT: usize = Self::ExpiringKeys as usize + 1;

    fn read(info: &Info) -> Vec<Raw> {
        let rate = |name| Raw::Counter(info.number(name));
        let gauge = |name| Raw::Gauge(info.number(name));
        let cpu = info.number("used_cpu_sys").zip(info.number("used_cpu_user")).map(|(sys, user)| sys + user);
        let number =
            |part: Option<&str>, name| -> f64 { part.and_then(|part| finite(part.strip_prefix(name)?)).unwrap_or(0.0) };
        let (keys, expiring) = info.with_prefix("db").fold((0.0, 0.0), |(keys, expiring), (_, value)| {
            let mut parts = value.split(',');
            (keys + number(parts.next(), "keys="), expiring + number(parts.next(), "expires="))
        });
        vec![
            rate("total_commands_processed"),
            rate("total_net_input_bytes"),
            rate("total_net_output_bytes"),
            rate("keyspace_hits"),
            rate("keyspace_misses"),
            rate("expired_keys"),
            rate("evicted_keys"),
            Raw::Counter(cpu),
            rate("total_error_replies"),
            rate("total_connections_received"),
            Raw::Share { part: Self::Hits as usize, rest: Self::Misses as usize },
            gauge("used_memory"),
            gauge("used_memory_rss"),
            gauge("connected_clients"),
            gauge("blocked_clients"),
            gauge("rdb_changes_since_last_save"),
            Raw::Gauge(Some(keys)),
            Raw::Gauge(Some(expiring)),
        ]
    }
}

/// What is kept of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it; rates are per second")]
pub enum NamespaceMetric {
    /// Reads and writes.
    Ops,
    Hits,
    Misses,
    Expired,
    Evicted,
    LockWaits,
    /// Hits among the lookups since the point before, 0 to 1.
    HitRatio,
    UsedBytes,
    Keys,
}

impl NamespaceMetric {
    const COUNT: usize = Self::Keys as usize + 1;

    fn read(namespace: &Namespace) -> Vec<Raw> {
        let float = |count: Option<u64>| count.map(|count| count as f64);
        let ops = namespace.reads.zip(namespace.writes).map(|(reads, writes)| reads.saturating_add(writes));
        vec![
            Raw::Counter(float(ops)),
            Raw::Counter(float(namespace.hits)),
            Raw::Counter(float(namespace.misses)),
            Raw::Counter(float(namespace.expired)),
            Raw::Counter(float(namespace.evicted)),
            Raw::Counter(float(namespace.lock_waits)),
            Raw::Share { part: Self::Hits as usize, rest: Self::Misses as usize },
            Raw::Gauge(float(namespace.used_bytes)),
            Raw::Gauge(float(namespace.keys)),
        ]
    }
}

/// What is kept of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it; rates are per second")]
pub enum CommandMetric {
    Calls,
    /// Microseconds that its calls took in a second.
    Usec,
    Failed,
    Rejected,
    P50Usec,
    P99Usec,
    /// Microseconds of a call, of those since the point before.
    MeanUsec,
}

impl CommandMetric {
    const COUNT: usize = Self::MeanUsec as usize + 1;

    fn read(command: &Command) -> Vec<Raw> {
        let rate = |count: u64| Raw::Counter(Some(count as f64));
        vec![
            rate(command.calls),
            rate(command.usec),
            rate(command.failed),
            rate(command.rejected),
            Raw::Gauge(command.percentile("p50")),
            Raw::Gauge(command.percentile("p99")),
            Raw::Quotient { of: Self::Usec as usize, by: Self::Calls as usize },
        ]
    }
}

/// What is kept of the latency of all commands together, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum LatencyMetric {
    Calls,
    Usec,
    /// Of the calls since the point before.
    Mean,
    /// Since the server started, as the server tells percentiles: see `sample::percentile_of_all`.
    P50,
    P99,
    P999,
}

impl LatencyMetric {
    const COUNT: usize = Self::P999 as usize + 1;

    fn read(commands: &[Command]) -> Vec<Raw> {
        let sum = |count: fn(&Command) -> u64| commands.iter().map(|command| count(command) as f64).sum();
        let percentile = |name| Raw::Gauge(percentile_of_all(commands, name));
        vec![
            Raw::Counter(Some(sum(|command| command.calls))),
            Raw::Counter(Some(sum(|command| command.usec))),
            Raw::Quotient { of: Self::Usec as usize, by: Self::Calls as usize },
            percentile("p50"),
            percentile("p99"),
            percentile("p99.9"),
        ]
    }
}

/// A column's value before it becomes a point.
enum Raw {
    Gauge(Option<f64>),
    /// Becomes a rate per second.
    Counter(Option<f64>),
    /// One column's rate for each of another's; both stand before this one.
    Quotient {
        of: usize,
        by: usize,
    },
    /// The share of one column's rate in its sum with another's; both stand before this one.
    Share {
        part: usize,
        rest: usize,
    },
}

/// A span of time, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "milliseconds since 1970")]
pub struct Window {
    pub from_ms: u64,
    pub to_ms: u64,
}

/// The values of a series within a window.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Summary {
    pub min: f64,
    pub avg: f64,
    pub max: f64,
    /// The newest.
    pub last: f64,
}

/// A ring of points of several columns.
#[derive(Clone, Debug)]
pub struct Track {
    columns: usize,
    times_ms: VecDeque<u64>,
    /// Row by row; NaN is a gap.
    values: VecDeque<f32>,
    /// The counters that rates are taken from, and when they were told.
    counters: Vec<Option<f64>>,
    counters_ms: Option<u64>,
}

impl Track {
    fn new(columns: usize) -> Self {
        Self {
            columns,
            times_ms: VecDeque::new(),
            values: VecDeque::new(),
            counters: vec![None; columns],
            counters_ms: None,
        }
    }

    fn last_ms(&self) -> Option<u64> {
        self.times_ms.back().copied()
    }

    /// Adds a point. Rates are those of `rate_ms` at least: within less the one before holds on.
    fn push(&mut self, at_ms: u64, raws: &[Raw], rate_ms: u64) {
        debug_assert_eq!(raws.len(), self.columns, "a value for each column");
        match self.last_ms() {
            Some(last_ms) if last_ms == at_ms => return,
            // The clock was set back: what was noted then cannot be put in order.
            Some(last_ms) if last_ms > at_ms => *self = Self::new(self.columns),
            _ => {}
        }
        let since_ms = self.counters_ms.map(|counters_ms| at_ms - counters_ms);
        let went_down = |(raw, before): (&Raw, &Option<f64>)| matches!((raw, before), (Raw::Counter(Some(now)), Some(before)) if now < before);
        let is_restart = raws.iter().zip(&self.counters).any(went_down);
        let is_early = since_ms.is_some_and(|since_ms| since_ms < rate_ms) && !is_restart;
        if !is_early {
            self.counters_ms = Some(at_ms);
        }
        let seconds = since_ms.map(|since_ms| since_ms as f64 / 1_000.0);
        let mut row: Vec<f64> = Vec::with_capacity(self.columns);
        for (column, raw) in raws.iter().enumerate() {
            row.push(match *raw {
                Raw::Gauge(value) => value.unwrap_or(f64::NAN),
                Raw::Counter(_) if is_early => self.newest(column),
                Raw::Counter(now) => {
                    let before = std::mem::replace(&mut self.counters[column], now);
                    match (now, before, seconds) {
                        (Some(now), Some(before), Some(seconds)) if now >= before => (now - before) / seconds,
                        _ => f64::NAN,
                    }
                }
                // 0 / 0 is a gap: nothing was called, nothing was looked up.
                Raw::Quotient { of, by } => row[of] / row[by],
                Raw::Share { part, rest } => row[part] / (row[part] + row[rest]),
            });
        }
        self.append(at_ms, row.into_iter());
    }

    /// Marks that from here on nothing is known; the next point has no rates, for nobody knows what happened between.
    fn gap(&mut self, at_ms: u64) {
        if self.last_ms().is_some_and(|last_ms| last_ms < at_ms) {
            self.append(at_ms, std::iter::repeat_n(f64::NAN, self.columns));
        }
        self.counters.fill(None);
        self.counters_ms = None;
    }

    fn newest(&self, column: usize) -> f64 {
        let first = self.values.len().checked_sub(self.columns);
        first.and_then(|first| self.values.get(first + column)).map_or(f64::NAN, |value| (*value).into())
    }

    fn append(&mut self, at_ms: u64, row: impl Iterator<Item = f64>) {
        if self.times_ms.len() == POINTS_MAX {
            self.times_ms.pop_front();
            self.values.drain(..self.columns);
        }
        self.times_ms.push_back(at_ms);
        self.values.extend(row.map(|value| value as f32));
    }

    fn series(&self, column: usize) -> Series<'_> {
        Series { track: Some(self), column }
    }
}

/// Slots of time at most.
const SLOTS_MAX: u64 = 10_000;

/// A series in slots of the same length, oldest first; `None` is a gap.
#[derive(Clone, Debug, PartialEq)]
pub struct Slots {
    /// The values.
    pub values: Vec<Option<f64>>,
    /// Slots from 1970 to the last of these: charts that show several in a column group them by it, so that none shimmers.
    pub count: u64,
}

/// One column of a track: what a chart shows. A thing of which nothing is known has an empty one.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    track: Option<&'a Track>,
    column: usize,
}

impl Series<'_> {
    /// The points in a window, oldest first: milliseconds and value, NaN where there is a gap.
    pub fn points(&self, window: Window) -> impl Iterator<Item = (u64, f64)> {
        self.track.into_iter().flat_map(move |track| {
            let from = track.times_ms.partition_point(|&at_ms| at_ms < window.from_ms);
            let to = track.times_ms.partition_point(|&at_ms| at_ms <= window.to_ms);
            (from..to.max(from))
                .map(move |row| (track.times_ms[row], track.values[row * track.columns + self.column].into()))
        })
    }

    /// The values in a window, one for each slot of time, of `slot_ms` each: the largest of what was noted in it. A rate is that
    /// of all the time since the point before, so it fills the slots between; what follows a gap does not.
    pub fn slots(&self, window: Window, slot_ms: u64) -> Slots {
        let slot_ms = slot_ms.max(1);
        let slot = |at_ms: u64| at_ms / slot_ms;
        // The slot that the window begins in does not wholly belong to it.
        let (before, last) = (slot(window.from_ms), slot(window.to_ms));
        let len = last.saturating_sub(before).min(SLOTS_MAX);
        let first = (last - len).saturating_add(1);
        let mut values: Vec<Option<f64>> = vec![None; len as usize];
        // The point before the window tells from where on the first one within holds.
        let reach = window.to_ms.saturating_sub(window.from_ms);
        let wider = Window { from_ms: window.from_ms.saturating_sub(reach), ..window };
        let mut filled_to = None;
        for (at_ms, value) in self.points(wider) {
            let at = slot(at_ms);
            if !value.is_finite() {
                filled_to = None;
                continue;
            }
            for slot in filled_to.map_or(at, |before: u64| (before + 1).min(at)).max(first)..=at {
                if let Some(place) = values.get_mut((slot - first) as usize) {
                    *place = Some(place.map_or(value, |known| known.max(value)));
                }
            }
            filled_to = Some(at);
        }
        Slots { values, count: last.saturating_add(1) }
    }

    /// The newest value at or before a time, unless there is a gap: what stands beside the chart.
    pub fn at(&self, at_ms: u64) -> Option<f64> {
        let track = self.track?;
        let row = track.times_ms.partition_point(|&time_ms| time_ms <= at_ms).checked_sub(1)?;
        let value = track.values[row * track.columns + self.column];
        value.is_finite().then(|| value.into())
    }

    /// Smallest, average and largest value in a window; absent when it holds none.
    pub fn summary(&self, window: Window) -> Option<Summary> {
        let mut values = self.points(window).map(|(_, value)| value).filter(|value| value.is_finite());
        let first = values.next()?;
        let (mut summary, mut sum, mut count) =
            (Summary { min: first, avg: first, max: first, last: first }, first, 1.0);
        for value in values {
            summary.min = summary.min.min(value);
            summary.max = summary.max.max(value);
            summary.last = value;
            sum += value;
            count += 1.0;
        }
        summary.avg = sum / count;
        Some(summary)
    }
}

/// All histories of one server.
#[derive(Clone, Debug)]
pub struct History {
    /// Milliseconds that a rate is taken over at least.
    pub rate_ms: u64,
    server: Track,
    /// Has a point only when commands were polled.
    latency: Track,
    namespaces: HashMap<String, Track>,
    commands: HashMap<String, Track>,
}

impl Default for History {
    fn default() -> Self {
        Self {
            rate_ms: 0,
            server: Track::new(ServerMetric::COUNT),
            latency: Track::new(LatencyMetric::COUNT),
            namespaces: HashMap::new(),
            commands: HashMap::new(),
        }
    }
}

impl History {
    /// Notes a sample as it was polled. `looked_at` are namespaces whose history is kept whether they are busy or not.
    /// `O(n)`, and `O(tracks log tracks)` once where there are more namespaces than tracks.
    pub fn record(&mut self, sample: &Sample, looked_at: &[String]) {
        self.server.push(sample.at_ms, &ServerMetric::read(&sample.info), self.rate_ms);
        if let Some(namespaces) = &sample.namespaces {
            self.record_namespaces(namespaces, sample.at_ms, looked_at);
        }
        if let Some(commands) = &sample.commands {
            self.latency.push(sample.at_ms, &LatencyMetric::read(commands), self.rate_ms);
        }
        for command in sample.commands.iter().flat_map(|commands| commands.iter()) {
            if self.commands.contains_key(&command.name) || self.commands.len() < COMMAND_TRACKS_MAX {
                let track = self.commands.entry(command.name.clone());
                let track = track.or_insert_with(|| Track::new(CommandMetric::COUNT));
                track.push(sample.at_ms, &CommandMetric::read(command), self.rate_ms);
            }
        }
    }

    fn record_namespaces(&mut self, namespaces: &[Namespace], at_ms: u64, looked_at: &[String]) {
        let names: HashSet<&str> = namespaces.iter().map(|namespace| namespace.name.as_str()).collect();
        self.namespaces.retain(|name, _| names.contains(name.as_str()));
        let looked_at: HashSet<&str> = looked_at.iter().map(String::as_str).collect();
        let mut candidates = None;
        for namespace in namespaces.iter().filter(|namespace| namespace.polled_at_ms == at_ms) {
            let name = namespace.name.as_str();
            if !self.namespaces.contains_key(name) && self.namespaces.len() >= NAMESPACE_TRACKS_MAX {
                // The idlest makes room for one that is busier or looked at.
                let candidates = candidates.get_or_insert_with(|| self.idlest_last(namespaces, &looked_at));
                let makes_room = |(idlest, _): &mut (u64, _)| ops(namespace) > *idlest || looked_at.contains(name);
                let Some((_, idlest)) = candidates.pop_if(makes_room) else { continue };
                self.namespaces.remove(&idlest);
            }
            let track = self.namespaces.entry(namespace.name.clone());
            let track = track.or_insert_with(|| Track::new(NamespaceMetric::COUNT));
            track.push(at_ms, &NamespaceMetric::read(namespace), self.rate_ms);
        }
    }

    /// The namespaces whose tracks may go, with their operations per second as the server tells them: one that came into sight a
    /// moment ago has no rate of ours yet.
    fn idlest_last(&self, namespaces: &[Namespace], looked_at: &HashSet<&str>) -> Vec<(u64, String)> {
        let has_track = |name: &str| self.namespaces.contains_key(name) && !looked_at.contains(name);
        let candidates = namespaces.iter().filter(|namespace| has_track(&namespace.name));
        let mut candidates: Vec<_> = candidates.map(|namespace| (ops(namespace), namespace.name.clone())).collect();
        candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.0));
        candidates
    }

    /// Marks a lost connection.
    pub fn gap(&mut self, at_ms: u64) {
        self.server.gap(at_ms);
        self.latency.gap(at_ms);
        self.namespaces.values_mut().chain(self.commands.values_mut()).for_each(|track| track.gap(at_ms));
    }

    /// A series of the server.
    pub fn server(&self, metric: ServerMetric) -> Series<'_> {
        self.server.series(metric as usize)
    }

    /// A series of the latency of all commands.
    pub fn latency(&self, metric: LatencyMetric) -> Series<'_> {
        self.latency.series(metric as usize)
    }

    /// A series of a namespace; empty when its history is not kept.
    pub fn namespace(&self, name: &str, metric: NamespaceMetric) -> Series<'_> {
        Series { track: self.namespaces.get(name), column: metric as usize }
    }

    /// A series of a command; empty when it was never called.
    pub fn command(&self, name: &str, metric: CommandMetric) -> Series<'_> {
        Series { track: self.commands.get(name), column: metric as usize }
    }
}

fn ops(namespace: &Namespace) -> u64 {
    namespace.ops_per_sec.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const ALL: Window = Window { from_ms: 0, to_ms: u64::MAX };

    fn server(at_ms: u64, ops: u64, used: u64) -> Sample {
        let info = Info::parse(&format!("total_commands_processed:{ops}\r\nused_memory:{used}\r\n"));
        Sample { at_ms, info: Arc::new(info), ..Sample::default() }
    }

    fn values(series: Series<'_>) -> Vec<String> {
        series.points(ALL).map(|(at_ms, value)| format!("{at_ms}:{value}")).collect()
    }

    #[test]
    fn counters_become_rates_and_a_restart_is_a_gap() {
        let mut history = History::default();
        for (at_ms, ops) in [(1_000, 100), (3_000, 300), (4_000, 50), (5_000, 60)] {
            history.record(&server(at_ms, ops, 7), &[]);
        }
        assert_eq!(values(history.server(ServerMetric::Ops)), ["1000:NaN", "3000:100", "4000:NaN", "5000:10"]);
        assert_eq!(values(history.server(ServerMetric::UsedBytes)), ["1000:7", "3000:7", "4000:7", "5000:7"]);
        assert_eq!(history.server(ServerMetric::Ops).at(4_500), None);
        assert_eq!(history.server(ServerMetric::Ops).at(9_000), Some(10.0));
        assert_eq!(history.server(ServerMetric::ResidentBytes).summary(ALL), None);
    }

    #[test]
    fn a_lost_connection_is_a_gap_and_what_was_before_stays() {
        let mut history = History::default();
        history.record(&server(1_000, 10, 1), &[]);
        history.record(&server(2_000, 20, 2), &[]);
        history.gap(2_500);
        history.record(&server(9_000, 500, 3), &[]);
        history.record(&server(10_000, 505, 3), &[]);
        let ops = history.server(ServerMetric::Ops);
        assert_eq!(values(ops), ["1000:NaN", "2000:10", "2500:NaN", "9000:NaN", "10000:5"]);
        assert_eq!(ops.summary(ALL), Some(Summary { min: 5.0, avg: 7.5, max: 10.0, last: 5.0 }));
        let window = Window { from_ms: 1_500, to_ms: 2_400 };
        assert_eq!(ops.summary(window), Some(Summary { min: 10.0, avg: 10.0, max: 10.0, last: 10.0 }));
    }

    #[test]
    fn polls_at_once_after_each_other_make_no_peaks() {
        let mut history = History { rate_ms: 500, ..History::default() };
        let mut note = |at_ms, ops, used| {
            history.record(&server(at_ms, ops, used), &[]);
            let now = |metric| history.server(metric).at(at_ms);
            (now(ServerMetric::Ops), now(ServerMetric::UsedBytes))
        };
        // The second poll counts the commands of the first.
        assert_eq!(note(1_000, 0, 1), (None, Some(1.0)));
        assert_eq!(note(1_010, 20, 2), (None, Some(2.0)), "nobody knows yet");
        assert_eq!(note(2_000, 40, 3), (Some(40.0), Some(3.0)), "since the first one");
        assert_eq!(note(2_020, 60, 4), (Some(40.0), Some(4.0)), "the rate before holds on");
        assert_eq!(note(2_400, 80, 5), (Some(40.0), Some(5.0)));
        assert_eq!(note(3_000, 100, 6), (Some(60.0), Some(6.0)), "nothing is left out");
        assert_eq!(note(3_100, 5, 7), (None, Some(7.0)), "it was restarted");
        assert_eq!(note(3_110, 25, 8), (None, Some(8.0)));
        history.gap(4_200);
        history.record(&server(4_300, 400, 8), &[]);
        history.record(&server(4_310, 420, 8), &[]);
        assert_eq!(history.server(ServerMetric::Ops).at(4_310), None);
        history.record(&server(5_300, 420, 8), &[]);
        assert_eq!(history.server(ServerMetric::Ops).summary(ALL).unwrap().max, 60.0);
    }

    #[test]
    fn what_is_taken_from_rates_holds_on_with_them() {
        let mut history = History { rate_ms: 500, ..History::default() };
        for (at_ms, calls) in [(1_000, 0), (2_000, 10), (2_010, 30)] {
            let get = Command { name: "get".into(), calls, usec: 5 * calls, ..Command::default() };
            let namespace = Namespace { reads: Some(calls), writes: Some(0), ..Namespace::named("a".into()) };
            let namespaces = Some(Arc::new(vec![Namespace { polled_at_ms: at_ms, ..namespace }]));
            history
                .record(&Sample { at_ms, commands: Some(Arc::new(vec![get])), namespaces, ..Sample::default() }, &[]);
        }
        assert_eq!(history.latency(LatencyMetric::Mean).at(2_010), Some(5.0));
        assert_eq!(history.command("get", CommandMetric::Calls).at(2_010), Some(10.0));
        assert_eq!(history.namespace("a", NamespaceMetric::Ops).at(2_010), Some(10.0));
    }

    #[test]
    fn slots_hold_the_rate_of_the_time_since_the_point_before() {
        let mut history = History::default();
        // Polls are never quite on time, and once one was left out.
        for (at_ms, ops) in [(990, 0), (2_010, 10), (2_990, 30), (5_005, 90)] {
            history.record(&server(at_ms, ops, 7), &[]);
        }
        history.gap(5_600);
        history.record(&server(9_010, 100, 8), &[]);
        let ops = history.server(ServerMetric::Ops);
        let slots = ops.slots(Window { from_ms: 0, to_ms: 5_900 }, 1_000);
        let rounded: Vec<_> = slots.values.iter().map(|value| value.map(f64::round)).collect();
        assert_eq!(rounded, [None, Some(20.0), Some(30.0), Some(30.0), Some(30.0)]);
        assert_eq!(slots.count, 6);
        let bytes = history.server(ServerMetric::UsedBytes).slots(Window { from_ms: 5_000, to_ms: 10_000 }, 1_000);
        assert_eq!(bytes.values, [None, None, None, Some(8.0), None], "what follows a gap does not fill it");
        let coarse = ops.slots(Window { from_ms: 0, to_ms: 5_900 }, 3_000);
        assert_eq!(coarse.values.len(), 1);
        assert_eq!(ops.slots(Window { from_ms: 0, to_ms: u64::MAX }, 1).values.len(), SLOTS_MAX as usize);
    }

    #[test]
    fn latency_is_that_of_all_calls_and_has_points_when_commands_were_polled() {
        let mut history = History::default();
        let polled = |at_ms, calls, usec| {
            let of = |name: &str| Command { name: name.into(), calls, usec, ..Command::default() };
            Sample { at_ms, commands: Some(Arc::new(vec![of("get"), of("set")])), ..Sample::default() }
        };
        for sample in [polled(1_000, 10, 100), Sample { at_ms: 2_000, ..Sample::default() }, polled(3_000, 20, 400)] {
            history.record(&sample, &[]);
        }
        assert_eq!(values(history.latency(LatencyMetric::Mean)), ["1000:NaN", "3000:30"]);
        assert_eq!(values(history.latency(LatencyMetric::Calls)), ["1000:NaN", "3000:10"]);
        history.record(&polled(4_000, 20, 400), &[]);
        assert_eq!(history.latency(LatencyMetric::Mean).at(4_000), None, "nothing was called");
    }

    #[test]
    fn a_ring_keeps_the_newest_points() {
        let mut history = History::default();
        for second in 0..POINTS_MAX as u64 + 50 {
            history.record(&server(second * 1_000, second, second), &[]);
        }
        let points: Vec<_> = history.server(ServerMetric::UsedBytes).points(ALL).collect();
        assert_eq!((points.len(), points[0], points[POINTS_MAX - 1]), (600, (50_000, 50.0), (649_000, 649.0)));
    }

    #[test]
    fn a_clock_set_back_starts_anew() {
        let mut history = History::default();
        history.record(&server(9_000, 1, 1), &[]);
        history.record(&server(1_000, 2, 2), &[]);
        assert_eq!(values(history.server(ServerMetric::UsedBytes)), ["1000:2"]);
    }

    fn namespaces(at_ms: u64, names: impl Iterator<Item = (String, u64)>) -> Sample {
        let of = |(name, ops)| Namespace {
            polled_at_ms: at_ms,
            reads: Some(ops * at_ms / 1_000),
            writes: Some(0),
            ops_per_sec: Some(ops),
            ..Namespace::named(name)
        };
        Sample { at_ms, namespaces: Some(Arc::new(names.map(of).collect())), ..Sample::default() }
    }

    #[test]
    fn the_busiest_and_the_looked_at_namespaces_are_kept() {
        let mut history = History::default();
        let all =
            || (0..NAMESPACE_TRACKS_MAX as u64 + 2).map(|n| (format!("n{n}"), if n == 1_025 { 99 } else { n % 7 + 1 }));
        let looked_at = ["n0".to_owned()];
        for at_ms in [1_000, 2_000, 3_000] {
            history.record(&namespaces(at_ms, all()), &looked_at);
        }
        assert_eq!(history.namespaces.len(), NAMESPACE_TRACKS_MAX);
        assert_eq!(history.namespace("n1025", NamespaceMetric::Ops).at(3_000), Some(99.0));
        assert!(history.namespace("n0", NamespaceMetric::Ops).at(3_000).is_some());
    }

    #[test]
    fn deleted_namespaces_are_forgotten() {
        let mut history = History::default();
        history.record(&namespaces(1_000, [("a".into(), 1), ("b".into(), 1)].into_iter()), &[]);
        history.record(&namespaces(2_000, [("b".into(), 1)].into_iter()), &[]);
        assert_eq!(history.namespace("a", NamespaceMetric::Ops).points(ALL).count(), 0);
        assert_eq!(history.namespace("b", NamespaceMetric::Ops).points(ALL).count(), 2);
    }

    #[test]
    fn hit_ratio_is_that_of_the_last_interval() {
        let at = |at_ms, hits: u64, misses: u64| {
            let info = Info::parse(&format!("keyspace_hits:{hits}\r\nkeyspace_misses:{misses}\r\n"));
            Sample { at_ms, info: Arc::new(info), ..Sample::default() }
        };
        let mut history = History::default();
        for sample in [at(1_000, 0, 100), at(2_000, 30, 110), at(3_000, 30, 110)] {
            history.record(&sample, &[]);
        }
        assert_eq!(values(history.server(ServerMetric::HitRatio)), ["1000:NaN", "2000:0.75", "3000:NaN"]);
    }
}
