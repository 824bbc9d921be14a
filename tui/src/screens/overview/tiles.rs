//! What the panels with charts show: numbers of the server, its history, and what stands beside them.

use std::borrow::Cow;
use std::time::Duration;

use super::super::plot::{Plot, Unit, window_name};
use crate::format;
use crate::state::App;
use crate::state::history::{LatencyMetric, ServerMetric};
use crate::state::sample::Info;
use crate::text;
use crate::theme::Role;
use crate::widgets::gauge::Gauge;

/// From here on a share of a limit is worth a look.
pub(super) const FULL_WARN: f64 = 0.80;
/// From here on it needs someone.
pub(super) const FULL_BAD: f64 = 0.95;
/// Below this much memory, fragmentation is that of an empty process.
const FRAGMENTATION_FROM_BYTES: u64 = 64 << 20;

/// A number with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) label: Cow<'static, str>,
    pub(super) value: String,
    pub(super) role: Role,
}

impl Note {
    pub(super) fn new(label: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), role: Role::Text }
    }

    pub(super) fn role(self, role: Role) -> Self {
        Self { role, ..self }
    }
}

/// A series of a panel with its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Curve<'a> {
    pub(super) name: &'static str,
    pub(super) plot: Plot<'a>,
}

/// How much of a limit is used.
#[derive(Clone, Debug)]
pub(super) struct Usage {
    pub(super) used: u64,
    pub(super) limit: Option<u64>,
    /// What sets the limit.
    of: &'static str,
}

/// A row that has room for what sets the limit.
const LIMIT_WIDTH: u16 = 46;

impl Usage {
    pub(super) fn gauge<'a>(&self, words: &'a str) -> Gauge<'a> {
        Gauge { used: self.used, limit: self.limit, amounts: words, warn: FULL_WARN, bad: FULL_BAD }
    }

    /// The amounts, for a row of that width.
    pub(super) fn words(&self, width: u16) -> String {
        let Some(limit) = self.limit else { return String::new() };
        let amounts = format!("{} / {}", format::bytes(self.used), format::bytes(limit));
        if width < LIMIT_WIDTH { amounts } else { format!("{amounts} {}", self.of) }
    }
}

/// A panel with charts.
#[derive(Clone, Debug)]
pub(super) struct Tile<'a> {
    pub(super) title: &'static str,
    /// The newest value.
    pub(super) value: String,
    pub(super) value_role: Role,
    pub(super) usage: Option<Usage>,
    /// The most important first.
    pub(super) curves: Vec<Curve<'a>>,
    /// How many of the curves stand side by side when the panel is small; all show when it is large.
    pub(super) beside: usize,
    /// The most important first.
    pub(super) notes: Vec<Note>,
    /// Whether minimum, average and maximum are worth a note when there is no room for the chart's own.
    pub(super) has_spread: bool,
}

impl Tile<'_> {
    /// The notes of a small panel.
    pub(super) fn all_notes(&self, app: &App) -> Vec<Note> {
        let mut notes = if self.has_spread { self.spread(app) } else { Vec::new() };
        notes.extend(self.notes.iter().cloned());
        notes
    }

    fn spread(&self, app: &App) -> Vec<Note> {
        let Some(curve) = self.curves.first() else { return Vec::new() };
        let Some(summary) = curve.plot.series.summary(app.window()) else { return Vec::new() };
        let write = |value| curve.plot.unit.write(value, app.options.theme);
        let mut notes = vec![Note::new("", window_name(app)).role(Role::Dim)];
        notes.extend([("min", summary.min), ("avg", summary.avg), ("max", summary.max)].map(|(name, value)| {
            // Of the whole numbers that are counted the average is hardly one.
            Note::new(name, write(if curve.plot.unit == Unit::Count { value.round() } else { value }))
        }));
        notes
    }
}

/// The panels in order.
pub(super) fn all(app: &App) -> [Tile<'_>; super::TILES] {
    [ops(app), memory(app), hit_ratio(app), latency(app), network(app), clients(app), cpu(app), keys(app)]
}

fn ops(app: &App) -> Tile<'_> {
    let ops = server(app, ServerMetric::Ops, Unit::Rate);
    let errors = server(app, ServerMetric::Errors, Unit::Rate);
    let errors_now = errors.now(app);
    Tile {
        has_spread: true,
        notes: vec![
            Note::new("errors", per_second(errors, app)).role(warn_if(errors_now.is_some_and(|rate| rate > 0.0))),
        ],
        ..tile("ops/s", app, vec![("ops/s", ops), ("errors/s", warning(errors))])
    }
}

fn memory(app: &App) -> Tile<'_> {
    let info = &app.sample().info;
    let (used, resident) = (info.count("used_memory"), info.count("used_memory_rss"));
    let known = |bytes: Option<u64>| bytes.map_or(format::UNKNOWN.to_owned(), format::bytes);
    let limit = info.count("maxmemory").filter(|limit| *limit > 0);
    let system = info.count("total_system_memory").filter(|system| *system > 0);
    // Without a limit of its own the process, with all it keeps beside the data, meets that of the machine.
    let (used_of, limit, of) = match (limit, system) {
        (Some(limit), _) => (used, Some(limit), "maxmemory"),
        (None, Some(system)) => (resident.max(used), Some(system), "of the machine"),
        (None, None) => (used, None, ""),
    };
    let usage = used_of.map(|used| Usage { used, limit, of });
    let fragmentation = info.number("mem_fragmentation_ratio").filter(|_| used >= Some(FRAGMENTATION_FROM_BYTES));
    let mut notes = vec![Note::new("rss", known(resident))];
    notes.extend(fragmentation.map(|ratio| Note::new("frag", format!("{ratio:.2}")).role(warn_if(ratio > 1.5))));
    notes.push(Note::new("peak", known(info.count("used_memory_peak"))));
    notes.extend(info.text("maxmemory_policy").map(|policy| Note::new("policy", harmless(policy))));
    let role = usage.as_ref().map_or(Role::Text, |usage| usage.gauge("").role());
    let value = known(used);
    let used = server(app, ServerMetric::UsedBytes, Unit::Bytes);
    let resident = Plot { role: Role::Series2, ..server(app, ServerMetric::ResidentBytes, Unit::Bytes) };
    Tile { usage, notes, value, value_role: role, ..tile("memory", app, vec![("used", used), ("rss", resident)]) }
}

fn hit_ratio(app: &App) -> Tile<'_> {
    let ratio = Plot { top: Some(1.0), empty: "no lookups", ..server(app, ServerMetric::HitRatio, Unit::Share) };
    let hits = server(app, ServerMetric::Hits, Unit::Rate);
    let misses = Plot { role: Role::Series2, ..server(app, ServerMetric::Misses, Unit::Rate) };
    let info = &app.sample().info;
    let since_start = info.count("keyspace_hits").zip(info.count("keyspace_misses"));
    let since_start =
        since_start.map(|(hits, misses)| format::percent(format::share(hits, hits.saturating_add(misses))));
    Tile {
        notes: vec![
            Note::new("hits", per_second(hits, app)),
            Note::new("misses", per_second(misses, app)),
            Note::new("since start", since_start.unwrap_or(format::UNKNOWN.to_owned())),
        ],
        ..tile("hit ratio", app, vec![("hit ratio", ratio), ("hits/s", hits), ("misses/s", misses)])
    }
}

fn latency(app: &App) -> Tile<'_> {
    let of = |metric| Plot { empty: "no calls", ..Plot::of(app.history.latency(metric), Unit::Latency) };
    let percentile = |name, metric| Note::new(name, known(of(metric), app));
    let p99 = Plot { role: Role::Series2, ..of(LatencyMetric::P99) };
    Tile {
        notes: vec![
            percentile("p50", LatencyMetric::P50),
            percentile("p99", LatencyMetric::P99),
            percentile("p99.9", LatencyMetric::P999),
        ],
        ..tile("latency, mean", app, vec![("mean", of(LatencyMetric::Mean)), ("p99 since start", p99)])
    }
}

fn network(app: &App) -> Tile<'_> {
    let received = server(app, ServerMetric::NetInBytes, Unit::BytesRate);
    let sent = Plot { role: Role::Series2, ..server(app, ServerMetric::NetOutBytes, Unit::BytesRate) };
    let info = &app.sample().info;
    let total = |name| info.count(name).map_or(format::UNKNOWN.to_owned(), format::bytes);
    Tile {
        value: format!("in {}  out {}", known(received, app), known(sent, app)),
        beside: 2,
        notes: vec![
            Note::new("received", total("total_net_input_bytes")),
            Note::new("sent", total("total_net_output_bytes")),
        ],
        ..tile("network", app, vec![("in", received), ("out", sent)])
    }
}

fn clients(app: &App) -> Tile<'_> {
    let info = &app.sample().info;
    let count = |name: &str| info.count(name);
    let connected = server(app, ServerMetric::Clients, Unit::Count);
    let blocked = Plot { role: Role::Series2, ..server(app, ServerMetric::BlockedClients, Unit::Count) };
    let received = server(app, ServerMetric::ConnectionsReceived, Unit::Rate);
    let max = count("maxclients");
    let share = count("connected_clients").zip(max).map_or(f64::NAN, |(now, max)| format::share(now, max));
    let mut notes = vec![Note::new("blocked", written(count("blocked_clients")))];
    notes.push(Note::new("max", max.map_or(format::UNKNOWN.to_owned(), format::exact)));
    notes.push(Note::new("new", per_second(received, app)));
    for (label, name) in
        [("pubsub", "pubsub_clients"), ("tracking", "tracking_clients"), ("replicas", "connected_slaves")]
    {
        notes.extend(count(name).filter(|count| *count > 0).map(|clients| Note::new(label, format::count(clients))));
    }
    if let Some(rejected) = count("rejected_connections").filter(|rejected| *rejected > 0) {
        notes.insert(0, Note::new("rejected", format::count(rejected)).role(Role::Bad));
    }
    Tile {
        notes,
        value: written(count("connected_clients")),
        value_role: Role::of_level(share, FULL_WARN, FULL_BAD),
        ..tile("clients", app, vec![("connected", connected), ("blocked", blocked), ("new/s", received)])
    }
}

fn cpu(app: &App) -> Tile<'_> {
    let info = &app.sample().info;
    let seconds = |name| {
        let seconds = info.number(name).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        seconds
            .map_or(format::UNKNOWN.to_owned(), |seconds| format::duration(seconds, app.options.theme.symbols().micro))
    };
    let mut notes = vec![];
    notes.extend(count_of(info, "workers").map(|workers| Note::new("workers", workers)));
    notes.push(Note::new("user", seconds("used_cpu_user")));
    notes.push(Note::new("system", seconds("used_cpu_sys")));
    let cpu = server(app, ServerMetric::Cpu, Unit::Share);
    Tile { has_spread: true, notes, ..tile("cpu, of one core", app, vec![("cpu", cpu)]) }
}

fn keys(app: &App) -> Tile<'_> {
    let keys = server(app, ServerMetric::Keys, Unit::Count);
    let expired = Plot { role: Role::Series2, ..server(app, ServerMetric::Expired, Unit::Rate) };
    let evicted = warning(server(app, ServerMetric::Evicted, Unit::Rate));
    let is_evicting = evicted.now(app).is_some_and(|rate| rate > 0.0);
    let expiring = server(app, ServerMetric::ExpiringKeys, Unit::Count).now(app);
    let expiring = expiring.zip(keys.now(app)).map_or(f64::NAN, |(expiring, keys)| expiring / keys);
    Tile {
        notes: vec![
            Note::new("expired", per_second(expired, app)),
            Note::new("evicted", per_second(evicted, app)).role(warn_if(is_evicting)),
            Note::new("with ttl", format::percent(expiring)),
        ],
        ..tile("keys", app, vec![("keys", keys), ("expired/s", expired), ("evicted/s", evicted)])
    }
}

/// A tile of these curves; the first one's newest value is that of the tile.
fn tile<'a>(title: &'static str, app: &App, curves: Vec<(&'static str, Plot<'a>)>) -> Tile<'a> {
    Tile {
        title,
        value: curves.first().map_or(String::new(), |(_, plot)| known(*plot, app)),
        value_role: Role::Text,
        usage: None,
        curves: curves.into_iter().map(|(name, plot)| Curve { name, plot }).collect(),
        beside: 1,
        notes: Vec::new(),
        has_spread: false,
    }
}

fn server(app: &App, metric: ServerMetric, unit: Unit) -> Plot<'_> {
    Plot::of(app.history.server(metric), unit)
}

fn warning(plot: Plot<'_>) -> Plot<'_> {
    Plot { role: Role::Series3, ..plot }
}

fn known(plot: Plot<'_>, app: &App) -> String {
    plot.unit.write_known(plot.now(app), app.options.theme)
}

fn per_second(plot: Plot<'_>, app: &App) -> String {
    let rate = known(plot, app);
    if rate == format::UNKNOWN { rate } else { rate + "/s" }
}

fn written(count: Option<u64>) -> String {
    count.map_or(format::UNKNOWN.to_owned(), format::count)
}

fn count_of(info: &Info, name: &str) -> Option<String> {
    info.count(name).map(format::count)
}

fn warn_if(is_bad: bool) -> Role {
    if is_bad { Role::Warn } else { Role::Text }
}

/// Text of the server, for the screen.
pub(super) fn harmless(text: &str) -> String {
    text::harmless(text.as_bytes()).into_owned()
}
