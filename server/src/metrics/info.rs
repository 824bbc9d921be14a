//! The sections of INFO.
//!
//! Monitoring programs parse these lines strictly, so names, order and number formats are the reference's. What this
//! server does not have is left out, unless the honest answer is a zero that those programs wait for.

use std::cell::OnceCell;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use rkvs_engine::namespace::Namespace;
use rkvs_engine::stats::Usage;

use super::counters::{LATENCY_BUCKETS, latency_bucket_max_ns};
use super::{observer::Memory, process};
use crate::command::table::CommandTable;
use crate::config::{Settings, percentile_text};
use crate::server::{REDIS_VERSION, Server};

/// A section: its name as asked for, its heading, whether INFO without arguments shows it, and what writes it.
struct Section {
    name: &'static str,
    heading: &'static str,
    by_default: bool,
    write: fn(&Facts<'_>, &mut String),
}

/// The sections in the reference's order.
const SECTIONS: &[Section] = &[
    Section { name: "server", heading: "Server", by_default: true, write: server },
    Section { name: "clients", heading: "Clients", by_default: true, write: clients },
    Section { name: "memory", heading: "Memory", by_default: true, write: memory },
    Section { name: "persistence", heading: "Persistence", by_default: true, write: persistence },
    Section { name: "stats", heading: "Stats", by_default: true, write: stats },
    Section { name: "replication", heading: "Replication", by_default: true, write: replication },
    Section { name: "cpu", heading: "CPU", by_default: true, write: cpu },
    Section { name: "modules", heading: "Modules", by_default: true, write: |_, _| {} },
    Section { name: "commandstats", heading: "Commandstats", by_default: false, write: commandstats },
    Section { name: "errorstats", heading: "Errorstats", by_default: true, write: errorstats },
    Section { name: "latencystats", heading: "Latencystats", by_default: false, write: latencystats },
    Section { name: "cluster", heading: "Cluster", by_default: true, write: |_, out| line(out, "cluster_enabled", 0) },
    Section { name: "keyspace", heading: "Keyspace", by_default: true, write: keyspace },
];

/// Numbers that several sections need, collected once.
struct Facts<'a> {
    server: &'a Server,
    settings: &'a Settings,
    now_ms: u64,
    data: OnceCell<Data>,
}

/// What takes a look at every shard, and is looked for only where it is shown.
struct Data {
    namespaces: Vec<(Arc<Namespace>, Usage)>,
    memory: Memory,
}

impl Facts<'_> {
    fn data(&self) -> &Data {
        self.data.get_or_init(|| {
            let namespaces: Vec<_> =
                self.server.engine.namespaces().into_iter().map(|one| (Arc::clone(&one), one.recent_usage())).collect();
            let mut sum = Usage::default();
            for (_, usage) in &namespaces {
                sum += *usage;
            }
            Data { memory: self.server.observer.memory(self.server, sum), namespaces }
        })
    }
}

/// The sections that are asked for by name (or by `all`, `everything`, `default`); the default ones when none is named.
/// Looks at one shard after another for as long as copying its counters takes, and waits for none: of a shard that is locked
/// for long it knows what was seen last.
pub(crate) fn sections<'n>(
    server: &Server,
    settings: &Settings,
    now_ms: u64,
    names: impl Iterator<Item = &'n [u8]> + Clone,
) -> String {
    let asks_for = |name: &str| names.clone().any(|asked| asked.eq_ignore_ascii_case(name.as_bytes()));
    let all = asks_for("all") || asks_for("everything");
    let default = names.clone().next().is_none() || asks_for("default");
    let facts = Facts { server, settings, now_ms, data: OnceCell::new() };
    let mut out = String::new();
    for section in SECTIONS {
        if all || (default && section.by_default) || asks_for(section.name) {
            if !out.is_empty() {
                out.push_str("\r\n");
            }
            out.push_str("# ");
            out.push_str(section.heading);
            out.push_str("\r\n");
            (section.write)(&facts, &mut out);
        }
    }
    out
}

fn line(out: &mut String, name: &str, value: impl std::fmt::Display) {
    // Writing into memory does not fail.
    let _ = write!(out, "{name}:{value}\r\n");
}

/// A number of bytes for people: `1.44M`.
fn human(bytes: u64) -> String {
    const UNITS: [char; 6] = ['K', 'M', 'G', 'T', 'P', 'E'];
    if bytes < 1024 {
        return format!("{bytes}B");
    }
    let power = (bytes.ilog2() / 10).min(UNITS.len() as u32);
    format!("{:.2}{}", bytes as f64 / (1_u64 << (10 * power)) as f64, UNITS[power as usize - 1])
}

/// How many times `part` holds `whole`, 0 when there is nothing to compare with.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn with_human(out: &mut String, name: &str, bytes: u64) {
    line(out, name, bytes);
    let _ = write!(out, "{name}_human:{}\r\n", human(bytes));
}

fn server(facts: &Facts<'_>, out: &mut String) {
    let (server, settings) = (facts.server, facts.settings);
    let uptime_s = facts.now_ms.saturating_sub(server.started_at_ms) / 1000;
    line(out, "redis_version", REDIS_VERSION);
    line(out, "rkvs_version", env!("CARGO_PKG_VERSION"));
    line(out, "redis_git_sha1", "00000000");
    line(out, "redis_git_dirty", 0);
    line(out, "redis_build_id", BUILD_ID);
    line(out, "redis_mode", "standalone");
    line(out, "os", process::operating_system());
    line(out, "arch_bits", usize::BITS);
    line(out, "monotonic_clock", "POSIX clock_gettime");
    line(out, "multiplexing_api", "epoll");
    line(out, "process_id", std::process::id());
    line(out, "process_supervised", "no");
    line(out, "run_id", &server.run_id);
    line(out, "tcp_port", settings.port);
    line(out, "server_time_usec", facts.now_ms * 1000);
    line(out, "uptime_in_seconds", uptime_s);
    line(out, "uptime_in_days", uptime_s / 86_400);
    line(out, "hz", settings.hz);
    line(out, "configured_hz", settings.hz);
    line(out, "lru_clock", (facts.now_ms / 1000) & 0xff_ffff);
    let executable = std::env::current_exe().map(|path| path.display().to_string()).unwrap_or_default();
    line(out, "executable", executable);
    line(out, "config_file", server.config.file().map(|path| path.display().to_string()).unwrap_or_default());
    line(out, "io_threads_active", u8::from(server.workers() > 1));
    line(out, "workers", server.workers());
}

/// Tells builds apart as far as the version does.
pub(super) const BUILD_ID: &str = concat!("rkvs-", env!("CARGO_PKG_VERSION"));

fn clients(facts: &Facts<'_>, out: &mut String) {
    let (mut input_bytes_max, mut output_bytes_max, mut blocked) = (0, 0, 0);
    facts.server.clients.for_each(|client| {
        let input = client.input_bytes.load(Relaxed) + client.input_free_bytes.load(Relaxed);
        input_bytes_max = input_bytes_max.max(input);
        output_bytes_max = output_bytes_max.max(client.output_bytes.load(Relaxed));
        blocked += u32::from(client.blocked.load(Relaxed));
    });
    line(out, "connected_clients", facts.server.clients.len());
    line(out, "cluster_connections", 0);
    line(out, "maxclients", facts.settings.maxclients);
    line(out, "client_recent_max_input_buffer", input_bytes_max);
    line(out, "client_recent_max_output_buffer", output_bytes_max);
    line(out, "blocked_clients", blocked);
    for name in ["tracking_clients", "clients_in_timeout_table"] {
        line(out, name, 0);
    }
}

fn memory(facts: &Facts<'_>, out: &mut String) {
    let memory = &facts.data().memory;
    let (used, peak) = (memory.used_bytes(), facts.server.observer.peak_bytes());
    let (resident, total) = (process::resident_bytes(), process::total_memory_bytes());
    let (dataset, fragmentation) = (memory.dataset_bytes(), resident as i64 - used as i64);
    with_human(out, "used_memory", used);
    with_human(out, "used_memory_rss", resident);
    with_human(out, "used_memory_peak", peak);
    line(out, "used_memory_peak_perc", format_args!("{:.2}%", 100.0 * ratio(used, peak)));
    line(out, "used_memory_overhead", used - dataset);
    line(out, "used_memory_startup", 0);
    line(out, "used_memory_dataset", dataset);
    line(out, "used_memory_dataset_perc", format_args!("{:.2}%", 100.0 * ratio(dataset, used)));
    line(out, "allocator_allocated", used);
    line(out, "allocator_active", resident);
    line(out, "allocator_resident", resident);
    with_human(out, "total_system_memory", total);
    line(out, "used_memory_lua", 0);
    line(out, "used_memory_vm_eval", 0);
    line(out, "used_memory_lua_human", "0B");
    line(out, "used_memory_scripts_eval", 0);
    line(out, "number_of_cached_scripts", 0);
    line(out, "number_of_functions", 0);
    line(out, "number_of_libraries", 0);
    line(out, "used_memory_vm_functions", 0);
    with_human(out, "used_memory_vm_total", 0);
    line(out, "used_memory_functions", 0);
    with_human(out, "used_memory_scripts", 0);
    with_human(out, "maxmemory", facts.settings.maxmemory_bytes);
    line(out, "maxmemory_policy", policy(facts.settings));
    line(out, "allocator_frag_ratio", format_args!("{:.2}", ratio(resident, used)));
    line(out, "allocator_frag_bytes", fragmentation);
    line(out, "allocator_rss_ratio", "1.00");
    line(out, "allocator_rss_bytes", 0);
    line(out, "rss_overhead_ratio", "1.00");
    line(out, "rss_overhead_bytes", 0);
    line(out, "mem_fragmentation_ratio", format_args!("{:.2}", ratio(resident, used)));
    line(out, "mem_fragmentation_bytes", fragmentation);
    // `maxmemory` limits the data.
    line(out, "mem_not_counted_for_evict", memory.clients_bytes);
    for name in ["mem_replication_backlog", "mem_total_replication_buffers"] {
        line(out, name, 0);
    }
    line(out, "mem_clients_slaves", 0);
    line(out, "mem_clients_normal", memory.clients_bytes);
    line(out, "mem_cluster_links", 0);
    line(out, "mem_aof_buffer", 0);
    line(out, "mem_allocator", "mimalloc");
    line(out, "active_defrag_running", 0);
}

/// The eviction policy's name.
pub(super) fn policy(settings: &Settings) -> String {
    crate::config::setting("maxmemory-policy").map(|setting| setting.text(settings)).unwrap_or_default()
}

fn persistence(facts: &Facts<'_>, out: &mut String) {
    let status =
        facts.server.persistence.status(facts.server, facts.server.engine.changes_of(&facts.data().memory.data));
    line(out, "loading", u8::from(status.loading.is_some()));
    line(out, "async_loading", 0);
    // What a snapshot costs in memory is what waits to be saved.
    line(out, "current_cow_peak", facts.server.engine.snapshot_bound().peak_bytes());
    line(out, "current_cow_size", status.waiting_bytes);
    line(out, "current_cow_size_age", 0);
    let (elapsed, keys, total) = status.saving.unwrap_or_default();
    line(out, "current_fork_perc", format_args!("{:.2}", 100.0 * ratio(keys, total)));
    line(out, "current_save_keys_processed", keys);
    line(out, "current_save_keys_total", total);
    line(out, "rdb_changes_since_last_save", status.changes);
    line(out, "rdb_bgsave_in_progress", u8::from(status.saving.is_some()));
    line(out, "rdb_last_save_time", status.saved_at_s);
    line(out, "rdb_last_bgsave_status", if status.is_ok { "ok" } else { "err" });
    line(out, "rdb_last_bgsave_time_sec", status.took.map_or(-1, |took| took.as_secs() as i64));
    line(out, "rdb_current_bgsave_time_sec", status.saving.map_or(-1, |_| elapsed.as_secs() as i64));
    line(out, "rdb_saves", status.everything.succeeded);
    line(out, "rdb_last_cow_size", status.peak_bytes);
    line(out, "rdb_last_load_keys_expired", status.keys_expired);
    line(out, "rdb_last_load_keys_loaded", status.keys_loaded);
    line(out, "rdb_last_bgsave_bytes", status.file_bytes);
    if let Some((started_s, elapsed, read, total)) = status.loading {
        line(out, "loading_start_time", started_s);
        line(out, "loading_total_bytes", total);
        line(out, "loading_rdb_used_mem", 0);
        line(out, "loading_loaded_bytes", read);
        line(out, "loading_loaded_perc", format_args!("{:.2}", 100.0 * ratio(read, total)));
        let left = elapsed.as_secs_f64() * ratio(total.saturating_sub(read), read);
        line(out, "loading_eta_seconds", format_args!("{:.0}", left.max(1.0)));
    }
    line(out, "aof_enabled", 0);
    line(out, "aof_rewrite_in_progress", 0);
    line(out, "aof_rewrite_scheduled", 0);
    line(out, "aof_last_rewrite_time_sec", -1);
    line(out, "aof_current_rewrite_time_sec", -1);
    line(out, "aof_last_bgrewrite_status", "ok");
    line(out, "aof_rewrites", 0);
    line(out, "aof_rewrites_consecutive_failures", 0);
    line(out, "aof_last_write_status", "ok");
    line(out, "aof_last_cow_size", 0);
    line(out, "module_fork_in_progress", 0);
    line(out, "module_fork_last_cow_size", 0);
}

fn stats(facts: &Facts<'_>, out: &mut String) {
    let server = facts.server;
    let (totals, observer) = (server.counters.totals(), &server.observer);
    let (rates, done) = (observer.rates(), observer.since_reset(facts.data().memory.data.counters));
    line(out, "total_connections_received", totals.connections);
    line(out, "total_commands_processed", totals.requests);
    line(out, "instantaneous_ops_per_sec", format_args!("{:.0}", rates.requests));
    line(out, "total_net_input_bytes", totals.input_bytes);
    line(out, "total_net_output_bytes", totals.output_bytes);
    line(out, "total_net_repl_input_bytes", 0);
    line(out, "total_net_repl_output_bytes", 0);
    line(out, "instantaneous_input_kbps", format_args!("{:.2}", rates.input_bytes / 1024.0));
    line(out, "instantaneous_output_kbps", format_args!("{:.2}", rates.output_bytes / 1024.0));
    line(out, "instantaneous_input_repl_kbps", "0.00");
    line(out, "instantaneous_output_repl_kbps", "0.00");
    line(out, "rejected_connections", totals.rejected_connections);
    line(out, "sync_full", 0);
    line(out, "sync_partial_ok", 0);
    line(out, "sync_partial_err", 0);
    line(out, "expired_keys", done.expired);
    line(out, "expired_time_cap_reached_count", observer.expire_cycles_cut());
    line(out, "expire_cycle_cpu_milliseconds", observer.expire_cycle_ms());
    for name in ["evicted_keys", "evicted_clients", "total_eviction_exceeded_time", "current_eviction_exceeded_time"] {
        line(out, name, 0);
    }
    line(out, "keyspace_hits", done.hits);
    line(out, "keyspace_misses", done.misses);
    for name in ["pubsub_channels", "pubsub_patterns", "pubsubshard_channels", "latest_fork_usec", "total_forks"] {
        line(out, name, 0);
    }
    for name in ["migrate_cached_sockets", "slave_expires_tracked_keys", "active_defrag_hits", "active_defrag_misses"] {
        line(out, name, 0);
    }
    for name in ["tracking_total_keys", "tracking_total_items", "tracking_total_prefixes"] {
        line(out, name, 0);
    }
    line(out, "unexpected_error_replies", totals.panics);
    line(out, "total_error_replies", server.counters.errors().iter().map(|(_, count)| count).sum::<u64>());
    line(out, "dump_payload_sanitizations", 0);
}

fn replication(facts: &Facts<'_>, out: &mut String) {
    line(out, "role", "master");
    line(out, "connected_slaves", 0);
    line(out, "master_failover_state", "no-failover");
    line(out, "master_replid", &facts.server.run_id);
    line(out, "master_replid2", "0".repeat(40));
    line(out, "master_repl_offset", 0);
    line(out, "second_repl_offset", -1);
    for name in ["repl_backlog_active", "repl_backlog_size", "repl_backlog_first_byte_offset", "repl_backlog_histlen"] {
        line(out, name, 0);
    }
}

fn cpu(_: &Facts<'_>, out: &mut String) {
    let mut times = |suffix: &str, times: process::CpuTimes| {
        let _ = write!(out, "used_cpu_sys{suffix}:{:.6}\r\n", times.system_s);
        let _ = write!(out, "used_cpu_user{suffix}:{:.6}\r\n", times.user_s);
    };
    times("", process::cpu_times());
    times("_children", process::CpuTimes::default());
    times("_main_thread", process::main_thread_cpu_times());
}

fn commandstats(facts: &Facts<'_>, out: &mut String) {
    for command in CommandTable::of_server().commands() {
        let totals = facts.server.counters.command(command.index());
        if totals.calls + totals.failed + totals.rejected == 0 {
            continue;
        }
        let micros = totals.nanos / 1000;
        let _ = write!(
            out,
            "cmdstat_{}:calls={},usec={micros},usec_per_call={:.2},rejected_calls={},failed_calls={}\r\n",
            command.full_name(),
            totals.calls,
            ratio(micros, totals.calls),
            totals.rejected,
            totals.failed
        );
    }
}

fn errorstats(facts: &Facts<'_>, out: &mut String) {
    for (name, count) in facts.server.counters.errors() {
        let _ = write!(out, "errorstat_{}:count={count}\r\n", String::from_utf8_lossy(&name));
    }
}

fn latencystats(facts: &Facts<'_>, out: &mut String) {
    for command in CommandTable::of_server().commands() {
        let Some(buckets) = facts.server.counters.latency(command.index()) else { continue };
        let _ = write!(out, "latency_percentiles_usec_{}:", command.full_name());
        for (position, &percentile) in facts.settings.latency_tracking_info_percentiles.iter().enumerate() {
            let comma = if position > 0 { "," } else { "" };
            let micros = percentile_ns(&buckets, percentile) as f64 / 1000.0;
            let _ = write!(out, "{comma}p{}={micros:.3}", percentile_text(percentile));
        }
        out.push_str("\r\n");
    }
}

/// The duration in nanoseconds that so many percent of the calls did not exceed, to the precision of the buckets.
pub(super) fn percentile_ns(buckets: &[u64], percentile: f64) -> u64 {
    let total: u64 = buckets.iter().sum();
    let rank = ((percentile.min(100.0) / 100.0 * total as f64 + 0.5) as u64).max(1);
    let mut seen = 0;
    let bucket = buckets.iter().position(|count| {
        seen += count;
        seen >= rank
    });
    latency_bucket_max_ns(bucket.unwrap_or(LATENCY_BUCKETS - 1))
}

fn keyspace(facts: &Facts<'_>, out: &mut String) {
    for (namespace, usage) in facts.data().namespaces.iter().filter(|(_, usage)| usage.keys > 0) {
        let avg_ttl_ms = if usage.expires > 0 { avg_ttl_ms(namespace, usage.keys, facts.now_ms) } else { 0 };
        let (keys, expires) = (usage.keys, usage.expires);
        let _ = write!(out, "db{}:keys={keys},expires={expires},avg_ttl={avg_ttl_ms}\r\n", namespace.database());
    }
}

/// Keys looked at for the average time to live.
const TTL_SAMPLE: usize = 64;

/// The average time to live of the keys that have one, estimated from the first keys in the order of their hashes, which
/// is as random as any.
pub(super) fn avg_ttl_ms(namespace: &Namespace, keys: usize, now_ms: u64) -> u64 {
    let (mut sum_ms, mut count) = (0_u64, 0);
    namespace.sample_deadlines(TTL_SAMPLE, keys, |deadline_ms| {
        // One that has passed belongs to a key that is gone for everybody.
        if deadline_ms > now_ms {
            sum_ms = sum_ms.saturating_add(deadline_ms - now_ms);
            count += 1;
        }
    });
    sum_ms.checked_div(count).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_as_the_reference_shows_them() {
        let cases = [(0, "0B"), (1023, "1023B"), (1024, "1.00K"), (1_508_856, "1.44M"), (25_276_502_016, "23.54G")];
        for (bytes, shown) in cases {
            assert_eq!(human(bytes), shown);
        }
        assert_eq!(human(u64::MAX), "16.00E");
    }

    #[test]
    fn percentiles_are_those_of_the_counts() {
        let mut buckets = vec![0; LATENCY_BUCKETS];
        (buckets[10], buckets[20], buckets[30]) = (50, 49, 1);
        assert_eq!(percentile_ns(&buckets, 0.0), latency_bucket_max_ns(10));
        assert_eq!(percentile_ns(&buckets, 50.0), latency_bucket_max_ns(10));
        assert_eq!(percentile_ns(&buckets, 99.0), latency_bucket_max_ns(20));
        assert_eq!(percentile_ns(&buckets, 99.9), latency_bucket_max_ns(30));
    }
}
