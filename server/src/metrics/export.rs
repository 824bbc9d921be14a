//! The page that Prometheus reads.
//!
//! Two families: `redis_*`, by the names that the exporter in common use makes of INFO, so that its dashboards work
//! unchanged; and our own `rkvs_*`. Workers count in plain cells of their own; only here, when somebody asks, are the sums
//! copied into the handles of a recorder, which writes them down. What that recorder has no form for is written as text
//! beside it: counters of seconds, which are no integers; histograms and summaries that were counted before; and series that
//! must end with their namespace.

use std::collections::HashMap;
use std::fmt::{Display, Write};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use metrics::{Counter, Gauge, Key, KeyName, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use rkvs_engine::stats::Usage;

use super::counters::latency_bucket_max_ns;
use super::info::{BUILD_ID, avg_ttl_ms, percentile_ns, policy};
use super::process;
use crate::command::spec::Command;
use crate::command::table::CommandTable;
use crate::persistence::{DURATION_BUCKETS_S, Status};
use crate::server::{REDIS_VERSION, Server};
use crate::session::Address;

/// Ends of the buckets of `rkvs_command_duration_seconds`: the label, and nanoseconds.
const BUCKETS: [(&str, u64); 12] = [
    ("0.000025", 25_000),
    ("0.00005", 50_000),
    ("0.0001", 100_000),
    ("0.00025", 250_000),
    ("0.0005", 500_000),
    ("0.001", 1_000_000),
    ("0.0025", 2_500_000),
    ("0.005", 5_000_000),
    ("0.01", 10_000_000),
    ("0.025", 25_000_000),
    ("0.1", 100_000_000),
    ("1", 1_000_000_000),
];
/// Databases that are shown though they are empty.
const EMPTY_DATABASES_MAX: u32 = 16;
/// Namespaces shown one by one; those with the lowest indexes come first.
const NAMESPACES_MAX: usize = 256;
/// Shards shown one by one over all namespaces.
const SHARDS_MAX: usize = 512;
/// Shards of a namespace that are shown one by one.
const SHARDS_OF_NAMESPACE_MAX: usize = 64;
/// Client libraries that are told apart; the others count as `other`.
const LIBRARIES_MAX: usize = 20;
/// Longest name of a client library that is shown, in bytes.
const LIBRARY_NAME_MAX: usize = 64;

const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

/// Makes the page. Handles are registered when they are first used, and kept.
pub(super) struct Exporter {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    gauges: HashMap<&'static str, Gauge>,
    /// By name and the index of the command; `usize::MAX` for those without one.
    counters: HashMap<(&'static str, usize), Counter>,
}

impl Exporter {
    pub(super) fn new() -> Self {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        Self { recorder, handle, gauges: HashMap::new(), counters: HashMap::new() }
    }

    /// The whole page. Looks at one shard after another for as long as copying its counters takes, and waits for none.
    pub(super) fn page(&mut self, server: &Server) -> String {
        let now_ms = server.engine.now_ms();
        let namespaces: Vec<_> = server.engine.namespaces();
        let usages: Vec<Vec<Usage>> = namespaces.iter().map(|namespace| namespace.recent_shard_usage()).collect();
        let mut data = Usage::default();
        usages.iter().flatten().for_each(|usage| data += *usage);
        let status = server.persistence.status(server, server.engine.changes_of(&data));
        self.server(server, data, &status, now_ms);
        self.commands(server);
        self.handle.run_upkeep();
        let mut text = Text(self.handle.render());
        text.server(server);
        text.commands(server);
        text.clients(server);
        text.snapshots(&status);

        let namespaces = namespaces.iter().zip(&usages).map(|(namespace, shards)| {
            let mut sum = Usage::default();
            shards.iter().for_each(|usage| sum += *usage);
            Row { namespace, shards, sum }
        });
        // Those that were never used are shown as databases alone, and the first of them only.
        let rows: Vec<Row<'_>> = namespaces
            .filter(|row| !row.shards.is_empty() || row.namespace.database() < EMPTY_DATABASES_MAX)
            .take(NAMESPACES_MAX)
            .collect();
        text.databases(&rows, now_ms);
        text.namespaces(&rows);
        text.shards(&rows);
        text.0
    }

    fn gauge(&mut self, name: &'static str, help: &'static str, value: f64) {
        let Self { recorder, gauges, .. } = self;
        let gauge = gauges.entry(name).or_insert_with(|| {
            recorder.describe_gauge(KeyName::from_const_str(name), None, help.into());
            recorder.register_gauge(&Key::from_static_name(name), &METADATA)
        });
        gauge.set(value);
    }

    fn counter(&mut self, name: &'static str, help: &'static str, value: u64) {
        self.labelled_counter(name, help, None, value);
    }

    fn labelled_counter(
        &mut self,
        name: &'static str,
        help: &'static str,
        command: Option<&'static Command>,
        value: u64,
    ) {
        let Self { recorder, counters, .. } = self;
        let index = command.map_or(usize::MAX, Command::index);
        let counter = counters.entry((name, index)).or_insert_with(|| {
            recorder.describe_counter(KeyName::from_const_str(name), None, help.into());
            let labels: Vec<Label> =
                command.map(|one| Label::from_static_parts("cmd", one.full_name())).into_iter().collect();
            recorder.register_counter(&Key::from_parts(name, labels), &METADATA)
        });
        counter.absolute(value);
    }

    /// Numbers of the server as a whole.
    fn server(&mut self, server: &Server, data: Usage, status: &Status, now_ms: u64) {
        let settings = server.config.current();
        let memory = server.observer.memory(server, data);
        let totals = server.counters.totals_ever();
        let (used, resident) = (memory.used_bytes(), process::resident_bytes());
        let host = process::total_memory_bytes();
        let dataset = memory.dataset_bytes();
        let started_s = server.started_at_ms as f64 / 1000.0;
        let limit = if settings.maxmemory_bytes == 0 { host } else { settings.maxmemory_bytes };
        let fragmentation = if used == 0 { 0.0 } else { resident as f64 / used as f64 };
        let newest = server.slowlog.newest(1);
        let newest = newest.first();
        let (mut output_bytes, mut blocked) = (0, 0);
        server.clients.for_each(|client| {
            output_bytes += client.output_bytes.load(Relaxed);
            blocked += u32::from(client.blocked.load(Relaxed));
        });

        for (name, help, value) in [
            ("redis_up", "Whether the server answers.", 1.0),
            (
                "redis_uptime_in_seconds",
                "Time since the start in seconds.",
                (now_ms as f64 / 1000.0 - started_s).max(0.0),
            ),
            ("redis_start_time_seconds", "Unix time of the start in seconds.", started_s),
            ("redis_process_id", "Process id.", f64::from(std::process::id())),
            ("redis_connected_clients", "Connected clients.", server.clients.len() as f64),
            ("redis_blocked_clients", "Clients that wait for a value or for the end of a pause.", f64::from(blocked)),
            ("redis_tracking_clients", "Clients with client-side caching.", 0.0),
            ("redis_max_clients", "Most clients at the same time.", f64::from(settings.maxclients)),
            ("redis_config_maxclients", "The setting maxclients.", f64::from(settings.maxclients)),
            ("redis_config_maxmemory", "The setting maxmemory in bytes.", settings.maxmemory_bytes as f64),
            ("redis_memory_used_bytes", "Memory in use in bytes.", used as f64),
            ("redis_memory_used_rss_bytes", "Resident memory in bytes.", resident as f64),
            ("redis_memory_used_peak_bytes", "Most memory ever in use in bytes.", server.observer.peak_bytes() as f64),
            ("redis_memory_used_dataset_bytes", "Memory of keys and values in bytes.", dataset as f64),
            ("redis_memory_used_overhead_bytes", "Memory of everything else in bytes.", (used - dataset) as f64),
            ("redis_memory_used_lua_bytes", "Memory of scripts in bytes.", 0.0),
            ("redis_memory_max_bytes", "Memory that may be used in bytes: maxmemory, or the machine's.", limit as f64),
            ("redis_total_system_memory_bytes", "Memory of the machine in bytes.", host as f64),
            ("redis_mem_fragmentation_ratio", "Resident memory over memory in use.", fragmentation),
            ("redis_memory_fragmentation_ratio", "Resident memory over memory in use.", fragmentation),
            ("redis_allocator_allocated_bytes", "Memory in use in bytes.", used as f64),
            ("redis_allocator_active_bytes", "Memory the allocator holds in bytes.", resident as f64),
            ("redis_allocator_resident_bytes", "Memory the allocator holds in bytes.", resident as f64),
            ("redis_loading_dump_file", "Whether a snapshot is being loaded.", flag(status.loading.is_some())),
            ("redis_rdb_changes_since_last_save", "Changes since the last save.", status.changes as f64),
            ("redis_rdb_bgsave_in_progress", "Whether a snapshot is being written.", flag(status.saving.is_some())),
            (
                "redis_rdb_last_save_timestamp_seconds",
                "Unix time of the last save in seconds.",
                status.saved_at_s as f64,
            ),
            ("redis_rdb_last_bgsave_status", "Whether the last save succeeded.", flag(status.is_ok)),
            (
                "redis_rdb_last_bgsave_duration_sec",
                "Duration of the last save in seconds, -1 for none.",
                seconds(status.took),
            ),
            (
                "redis_rdb_current_bgsave_duration_sec",
                "Duration of the save under way, -1 for none.",
                seconds(status.saving.map(|(elapsed, ..)| elapsed)),
            ),
            ("redis_rdb_last_cow_size_bytes", "Memory the last save needed in bytes.", status.peak_bytes as f64),
            ("rkvs_snapshot_bytes", "Size of the last snapshot of everything in bytes.", status.file_bytes as f64),
            (
                "rkvs_snapshot_waiting_bytes",
                "Memory of what was changed before the snapshot under way has come to it.",
                status.waiting_bytes as f64,
            ),
            ("redis_aof_enabled", "Whether there is an append-only file.", 0.0),
            ("redis_aof_rewrite_in_progress", "Whether the append-only file is being rewritten.", 0.0),
            ("redis_aof_last_bgrewrite_status", "Whether the last rewrite succeeded.", 1.0),
            ("redis_aof_last_write_status", "Whether the last write succeeded.", 1.0),
            ("redis_aof_current_size_bytes", "Size of the append-only file in bytes.", 0.0),
            ("redis_aof_base_size_bytes", "Size of the append-only file after its last rewrite in bytes.", 0.0),
            ("redis_pubsub_channels", "Channels with subscribers.", 0.0),
            ("redis_pubsub_patterns", "Patterns with subscribers.", 0.0),
            ("redis_pubsubshard_channels", "Shard channels with subscribers.", 0.0),
            ("redis_slowlog_length", "Entries of the slow log.", server.slowlog.len() as f64),
            (
                "redis_slowlog_last_id",
                "Id of the newest entry of the slow log.",
                newest.map_or(0.0, |one| one.id as f64),
            ),
            (
                "redis_last_slow_execution_duration_seconds",
                "Duration of the newest entry of the slow log in seconds.",
                newest.map_or(0.0, |one| one.duration_us as f64 / 1e6),
            ),
            ("redis_connected_slaves", "Connected replicas.", 0.0),
            ("redis_master_repl_offset", "Length of the replication stream in bytes.", 0.0),
            ("redis_cluster_enabled", "Whether cluster mode is on.", 0.0),
            ("redis_number_of_cached_scripts", "Scripts that are known.", 0.0),
            ("rkvs_workers", "Threads that serve clients.", server.workers() as f64),
            ("rkvs_client_output_buffer_bytes", "Reply bytes that clients have not read yet.", output_bytes as f64),
            ("process_resident_memory_bytes", "Resident memory size in bytes.", resident as f64),
            ("process_open_fds", "Number of open file descriptors.", process::open_descriptors() as f64),
            ("process_max_fds", "Maximum number of open file descriptors.", process::descriptors_max() as f64),
            ("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", started_s),
        ] {
            self.gauge(name, help, value);
        }
        for (name, help, value) in [
            ("redis_connections_received_total", "Connections accepted.", totals.connections),
            ("redis_rejected_connections_total", "Connections refused.", totals.rejected_connections),
            ("redis_commands_processed_total", "Requests executed.", totals.requests),
            ("redis_keyspace_hits_total", "Look-ups that found their key.", data.counters.hits),
            ("redis_keyspace_misses_total", "Look-ups that did not find their key.", data.counters.misses),
            ("redis_expired_keys_total", "Keys removed because their time was over.", data.counters.expired),
            ("redis_evicted_keys_total", "Keys removed to free memory.", 0),
            ("redis_expired_subkeys_total", "Fields removed because their time was over.", 0),
            ("redis_net_input_bytes_total", "Bytes received.", totals.input_bytes),
            ("redis_net_output_bytes_total", "Bytes sent.", totals.output_bytes),
            ("redis_rdb_saves_total", "Snapshots written.", status.everything.succeeded),
            ("rkvs_protocol_errors_total", "Requests that broke the protocol.", totals.protocol_errors),
            ("rkvs_panics_total", "Requests that failed inside the server.", totals.panics),
            (
                "rkvs_expire_cycles_cut_total",
                "Runs of active expiry that ran out of time.",
                server.observer.expire_cycles_cut(),
            ),
        ] {
            self.counter(name, help, value);
        }
    }

    /// Counters of each command that was ever called or refused.
    fn commands(&mut self, server: &Server) {
        for &command in CommandTable::of_server().commands() {
            let totals = server.counters.command_ever(command.index());
            if totals.calls + totals.rejected == 0 {
                continue;
            }
            for (name, help, value) in [
                ("redis_commands_total", "Calls by command.", totals.calls),
                ("redis_commands_failed_calls_total", "Calls that failed by command.", totals.failed),
                ("redis_commands_rejected_calls_total", "Requests refused by command.", totals.rejected),
            ] {
                self.labelled_counter(name, help, Some(command), value);
            }
        }
    }
}

/// A yes or no as a gauge.
fn flag(on: bool) -> f64 {
    f64::from(u8::from(on))
}

/// A duration as a gauge, -1 for none.
fn seconds(duration: Option<Duration>) -> f64 {
    duration.map_or(-1.0, |duration| duration.as_secs_f64())
}

/// A namespace and what it holds.
struct Row<'a> {
    namespace: &'a std::sync::Arc<rkvs_engine::namespace::Namespace>,
    shards: &'a [Usage],
    sum: Usage,
}

/// The part of the page that is written by hand.
struct Text(String);

impl Text {
    /// Begins a family: all its samples follow.
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing into memory does not fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (position, (label, text)) in labels.iter().enumerate() {
            let _ = write!(self.0, "{}{label}=\"", if position == 0 { '{' } else { ',' });
            for letter in text.chars() {
                match letter {
                    '\\' => self.0.push_str("\\\\"),
                    '"' => self.0.push_str("\\\""),
                    '\n' => self.0.push_str("\\n"),
                    letter => self.0.push(letter),
                }
            }
            self.0.push('"');
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.0, "{end} {value}");
    }

    fn server(&mut self, server: &Server) {
        let settings = server.config.current();
        self.family("redis_instance_info", "gauge", "What this server is.");
        let labels = [
            ("role", "master"),
            ("redis_version", REDIS_VERSION),
            ("redis_build_id", BUILD_ID),
            ("redis_mode", "standalone"),
            ("os", &process::operating_system()),
            ("maxmemory_policy", &policy(&settings)),
            ("tcp_port", &settings.port.to_string()),
            ("run_id", &server.run_id),
            ("process_id", &std::process::id().to_string()),
            ("master_replid", &server.run_id),
        ];
        self.sample("redis_instance_info", &labels, 1);
        self.family("rkvs_build_info", "gauge", "The version of this server.");
        let labels = [("version", env!("CARGO_PKG_VERSION")), ("redis_version", REDIS_VERSION)];
        self.sample("rkvs_build_info", &labels, 1);

        let times = process::cpu_times();
        for (name, help, value) in [
            ("redis_cpu_sys_seconds_total", "Processor time in the system in seconds.", times.system_s),
            ("redis_cpu_user_seconds_total", "Processor time in the program in seconds.", times.user_s),
            (
                "process_cpu_seconds_total",
                "Total user and system CPU time spent in seconds.",
                times.system_s + times.user_s,
            ),
        ] {
            self.family(name, "counter", help);
            self.sample(name, &[], value);
        }
        self.family("redis_errors_total", "counter", "Error replies by the first word of their text.");
        for (name, count) in server.counters.errors_ever() {
            self.sample("redis_errors_total", &[("err", &String::from_utf8_lossy(&name))], count);
        }
    }

    /// Times of each command that was ever called.
    fn commands(&mut self, server: &Server) {
        let counters = &server.counters;
        let called: Vec<_> = CommandTable::of_server()
            .commands()
            .iter()
            .map(|command| {
                (command.full_name(), counters.command_ever(command.index()), counters.latency_ever(command.index()))
            })
            .filter(|(_, totals, _)| totals.calls > 0)
            .collect();
        let name = "redis_commands_duration_seconds_total";
        self.family(name, "counter", "Time spent by command in seconds.");
        for (command, totals, _) in &called {
            self.sample(name, &[("cmd", command)], totals.nanos as f64 / 1e9);
        }
        let percentiles = &server.config.current().latency_tracking_info_percentiles;
        let name = "redis_latency_percentiles_usec";
        self.family(name, "summary", "Percentiles of the calls' durations by command in microseconds.");
        for (command, totals, buckets) in &called {
            let Some(buckets) = buckets else { continue };
            for &percentile in percentiles {
                let quantile = crate::config::percentile_text(percentile);
                let micros = percentile_ns(buckets, percentile) as f64 / 1000.0;
                self.sample(name, &[("cmd", command), ("quantile", &quantile)], micros);
            }
            self.sample("redis_latency_percentiles_usec_sum", &[("cmd", command)], totals.nanos as f64 / 1000.0);
            self.sample("redis_latency_percentiles_usec_count", &[("cmd", command)], buckets.iter().sum::<u64>());
        }
        let name = "rkvs_command_duration_seconds";
        self.family(name, "histogram", "Durations of the calls by command in seconds.");
        for (command, totals, buckets) in &called {
            let Some(buckets) = buckets else { continue };
            let mut counts = buckets.iter().enumerate().peekable();
            let mut seen = 0;
            for (label, end_ns) in BUCKETS {
                while let Some((_, count)) = counts.next_if(|(bucket, _)| latency_bucket_max_ns(*bucket) <= end_ns) {
                    seen += count;
                }
                self.sample("rkvs_command_duration_seconds_bucket", &[("cmd", command), ("le", label)], seen);
            }
            let all = seen + counts.map(|(_, count)| count).sum::<u64>();
            self.sample("rkvs_command_duration_seconds_bucket", &[("cmd", command), ("le", "+Inf")], all);
            self.sample("rkvs_command_duration_seconds_sum", &[("cmd", command)], totals.nanos as f64 / 1e9);
            self.sample("rkvs_command_duration_seconds_count", &[("cmd", command)], all);
        }
    }

    /// How saving went, of everything and of single namespaces.
    fn snapshots(&mut self, status: &Status) {
        let kinds = [("everything", status.everything), ("namespace", status.namespaces)];
        let name = "rkvs_snapshots_total";
        self.family(name, "counter", "Snapshots by what was saved and how it went.");
        for (kind, counts) in kinds {
            self.sample(name, &[("kind", kind), ("result", "ok")], counts.succeeded);
            self.sample(name, &[("kind", kind), ("result", "error")], counts.failed);
        }
        self.family(
            "rkvs_snapshot_duration_seconds",
            "histogram",
            "Durations of snapshots by what was saved in seconds.",
        );
        for (kind, counts) in kinds {
            let mut seen = 0;
            for (bound, count) in DURATION_BUCKETS_S.iter().zip(counts.buckets) {
                seen += count;
                let labels = [("kind", kind), ("le", &bound.to_string())];
                self.sample("rkvs_snapshot_duration_seconds_bucket", &labels, seen);
            }
            self.sample("rkvs_snapshot_duration_seconds_bucket", &[("kind", kind), ("le", "+Inf")], counts.succeeded);
            self.sample("rkvs_snapshot_duration_seconds_sum", &[("kind", kind)], counts.sum_s);
            self.sample("rkvs_snapshot_duration_seconds_count", &[("kind", kind)], counts.succeeded);
        }
        let name = "rkvs_snapshot_last_success_timestamp_seconds";
        self.family(name, "gauge", "Unix time at which everything was last saved, or the server started, in seconds.");
        self.sample(name, &[], status.saved_at_s);
    }

    fn clients(&mut self, server: &Server) {
        let mut connections = [0_u64; 4];
        let mut libraries: HashMap<String, u64> = HashMap::new();
        server.clients.for_each(|client| {
            let over_unix = matches!(client.peer, Address::Unix(_));
            connections[usize::from(over_unix) * 2 + usize::from(client.resp.load(Relaxed) == 3)] += 1;
            let name = client.names().lib_name;
            if !name.is_empty() {
                let name = String::from_utf8_lossy(&name[..name.len().min(LIBRARY_NAME_MAX)]).into_owned();
                *libraries.entry(name).or_default() += 1;
            }
        });
        let name = "rkvs_connections";
        self.family(name, "gauge", "Connections by kind of listener and version of the protocol.");
        for (count, (listener, proto)) in
            connections.into_iter().zip([("tcp", "2"), ("tcp", "3"), ("unix", "2"), ("unix", "3")])
        {
            self.sample(name, &[("listener", listener), ("proto", proto)], count);
        }
        let mut libraries: Vec<_> = libraries.into_iter().collect();
        libraries.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let others: u64 = libraries.drain(libraries.len().min(LIBRARIES_MAX)..).map(|(_, count)| count).sum();
        let name = "rkvs_clients_by_lib";
        self.family(name, "gauge", "Clients by the library they say they use.");
        libraries.retain(|(library, _)| library != "other");
        libraries.push(("other".to_owned(), others));
        for (library, count) in libraries {
            self.sample(name, &[("lib", &library)], count);
        }
    }

    /// The databases as the exporter in common use shows them.
    fn databases(&mut self, rows: &[Row<'_>], now_ms: u64) {
        let mut family = |name: &str, help: &str, value: &dyn Fn(&Row<'_>) -> f64| {
            self.family(name, "gauge", help);
            for row in rows {
                self.sample(name, &[("db", &format!("db{}", row.namespace.database()))], value(row));
            }
        };
        family("redis_db_keys", "Keys by database.", &|row| row.sum.keys as f64);
        family("redis_db_keys_expiring", "Keys with a time to live by database.", &|row| row.sum.expires as f64);
        family(
            "redis_db_avg_ttl_seconds",
            "Average time to live by database in seconds.",
            &|row| match row.sum.expires {
                0 => 0.0,
                _ => avg_ttl_ms(row.namespace, row.sum.keys, now_ms) as f64 / 1000.0,
            },
        );
    }

    fn namespaces(&mut self, rows: &[Row<'_>]) {
        let mut family = |name: &str, kind: &str, help: &str, value: fn(&Row<'_>) -> u64| {
            self.family(name, kind, help);
            for row in rows.iter().filter(|row| !row.shards.is_empty()) {
                self.sample(name, &[("ns", row.namespace.name())], value(row));
            }
        };
        family("rkvs_namespace_keys", "gauge", "Keys by namespace.", |row| row.sum.keys as u64);
        family("rkvs_namespace_keys_expiring", "gauge", "Keys with a time to live by namespace.", |row| {
            row.sum.expires as u64
        });
        family("rkvs_namespace_keys_limit", "gauge", "Most keys by namespace, 0 for no limit.", |row| {
            row.namespace.limits().max_keys
        });
        family("rkvs_namespace_memory_bytes", "gauge", "Memory in use by namespace in bytes.", |row| {
            row.sum.used_bytes as u64
        });
        family(
            "rkvs_namespace_memory_limit_bytes",
            "gauge",
            "Most memory by namespace in bytes, 0 for no limit.",
            |row| row.namespace.limits().max_memory_bytes,
        );
        family("rkvs_namespace_hits_total", "counter", "Look-ups that found their key.", |row| row.sum.counters.hits);
        family("rkvs_namespace_misses_total", "counter", "Look-ups that did not find their key.", |row| {
            row.sum.counters.misses
        });
        family("rkvs_namespace_writes_total", "counter", "Operations that changed a key.", |row| {
            row.sum.counters.writes
        });
        family("rkvs_namespace_expired_keys_total", "counter", "Keys removed because their time was over.", |row| {
            row.sum.counters.expired
        });
        family("rkvs_namespace_lock_waits_total", "counter", "Times a shard's lock was found taken.", |row| {
            row.sum.counters.lock_waits
        });
        family("rkvs_shards", "gauge", "Shards by namespace.", |row| row.namespace.shard_count() as u64);
        family("rkvs_shard_keys_min", "gauge", "Keys of the emptiest shard.", |row| {
            row.shards.iter().map(|usage| usage.keys as u64).min().unwrap_or(0)
        });
        family("rkvs_shard_keys_max", "gauge", "Keys of the fullest shard.", |row| {
            row.shards.iter().map(|usage| usage.keys as u64).max().unwrap_or(0)
        });
        family("rkvs_shard_resize_in_progress", "gauge", "Whether the namespace is being resized.", |row| {
            u64::from(row.namespace.resize_state().is_some())
        });
        let name = "rkvs_shard_resize_progress_ratio";
        self.family(name, "gauge", "The part of the keys that is in the new shards, 0 while no resize goes on.");
        for row in rows.iter().filter(|row| !row.shards.is_empty()) {
            let progress = row.namespace.resize_state().map_or(0.0, |state| state.progress);
            self.sample(name, &[("ns", row.namespace.name())], progress);
        }
        let name = "rkvs_shard_resizes_total";
        self.family(name, "counter", "Resizes that have ended.");
        for row in rows.iter().filter(|row| !row.shards.is_empty()) {
            let counts = row.namespace.resize_counts();
            for (result, count) in [("done", counts.done), ("cancelled", counts.cancelled), ("no_room", counts.no_room)]
            {
                self.sample(name, &[("ns", row.namespace.name()), ("result", result)], count);
            }
        }
    }

    /// Single shards, as long as they are few enough to be looked at. While a namespace is resized its new ones follow the others.
    fn shards(&mut self, rows: &[Row<'_>]) {
        let mut left = SHARDS_MAX;
        let shown: Vec<&Row<'_>> = rows
            .iter()
            .filter(|row| row.shards.len() <= SHARDS_OF_NAMESPACE_MAX)
            .take_while(|row| {
                let fits = row.shards.len() <= left;
                left = left.saturating_sub(row.shards.len());
                fits
            })
            .collect();
        let mut family = |name: &str, help: &str, value: fn(&Usage) -> usize| {
            self.family(name, "gauge", help);
            for row in &shown {
                for (index, usage) in row.shards.iter().enumerate() {
                    self.sample(name, &[("ns", row.namespace.name()), ("shard", &index.to_string())], value(usage));
                }
            }
        };
        family("rkvs_shard_keys", "Keys by shard.", |usage| usage.keys);
        family("rkvs_shard_memory_bytes", "Memory in use by shard in bytes.", |usage| usage.used_bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_values_cannot_break_out() {
        let mut text = Text(String::new());
        text.sample("a", &[("b", "x\"y\\z\n")], 1);
        text.sample("a", &[], 2.5);
        assert_eq!(text.0, "a{b=\"x\\\"y\\\\z\\n\"} 1\na 2.5\n");
    }

    #[test]
    fn handles_keep_their_values_between_pages() {
        let mut exporter = Exporter::new();
        exporter.counter("x_total", "Help.", 5);
        exporter.counter("x_total", "Help.", 7);
        exporter.gauge("y", "Other help.", 1.5);
        let page = exporter.handle.render();
        for line in ["# HELP x_total Help.", "# TYPE x_total counter", "x_total 7", "# TYPE y gauge", "y 1.5"] {
            assert!(page.lines().any(|found| found == line), "{line} is missing in\n{page}");
        }
    }
}
