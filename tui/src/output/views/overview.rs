//! Overview: the server as a whole.

use super::{Reading, View, hit_ratio, rate};
use crate::output::entry::{
    Entry, bytes, bytes_per_second, count, flag, number, per_second, ratio, seconds, text, time,
};
use crate::state::sample::{Namespace, Sample, Wants};
use crate::state::tab::Tab;

pub(super) static VIEW: View = View {
    tab: Tab::Overview,
    meaning: "the server as a whole: one row",
    wants: |_| Wants::default(),
    has_rates: true,
    is_one_row: true,
    rows: |reading| Some(vec![row(reading)]),
    fields: || row(&Reading { now: &Sample::default(), before: None, namespace: None }),
};

fn row(reading: &Reading<'_>) -> Vec<Entry> {
    let info = &reading.now.info;
    let growth = |name| rate(info.number(name), reading.before?.info.number(name), reading.seconds());
    let (hits, misses) = (growth("keyspace_hits"), growth("keyspace_misses"));
    let cpu = |sample: &Sample| Some(sample.info.number("used_cpu_sys")? + sample.info.number("used_cpu_user")?);
    let is_told = info.iter().next().is_some();
    let keys = || Namespace::keys_of(&Namespace::from_keyspace(info, 0));
    let is_set = |name| info.text(name).map(|value| value == "1");
    vec![
        text("role", info.text("role"), "`master` or `slave`"),
        seconds("uptime_s", info.count("uptime_in_seconds"), "since the server's start"),
        flag("loading", is_set("loading"), "whether the server is still reading its data"),
        per_second("ops_per_second", growth("total_commands_processed"), "commands").column("OPS/S"),
        ratio(
            "hit_ratio",
            hit_ratio(hits, misses),
            "hits among the lookups of the interval; null when there were none",
        )
        .column("HIT"),
        per_second("hits_per_second", hits, "lookups that found a key"),
        per_second("misses_per_second", misses, "lookups that found none"),
        count("keys", is_told.then(keys), "keys of all namespaces").column("KEYS"),
        bytes("used_memory_bytes", info.count("used_memory"), "memory for data").column("MEM"),
        bytes("used_memory_peak_bytes", info.count("used_memory_peak"), "its largest value"),
        bytes("maxmemory_bytes", info.count("maxmemory"), "its limit; 0 is none").zero_is("none"),
        bytes("resident_bytes", info.count("used_memory_rss"), "memory of the process").column("RSS"),
        number("fragmentation_ratio", info.number("mem_fragmentation_ratio"), "resident over used"),
        count("clients", info.count("connected_clients"), "connections").column("CLIENTS"),
        count("clients_blocked", info.count("blocked_clients"), "those that wait in a blocking command"),
        count("clients_max", info.count("maxclients"), "how many there may be"),
        per_second("connections_per_second", growth("total_connections_received"), "new connections"),
        bytes_per_second("net_in_bytes_per_second", growth("total_net_input_bytes"), "received").column("IN"),
        bytes_per_second("net_out_bytes_per_second", growth("total_net_output_bytes"), "sent").column("OUT"),
        per_second("expired_per_second", growth("expired_keys"), "keys whose time was over").column("EXPIRED/S"),
        per_second("evicted_per_second", growth("evicted_keys"), "keys that made room").column("EVICTED/S"),
        per_second("errors_per_second", growth("total_error_replies"), "error replies").column("ERR/S"),
        number(
            "cpu_cores",
            rate(cpu(reading.now), reading.before.and_then(cpu), reading.seconds()),
            "processor time per second: 1 is one core",
        )
        .column("CPU"),
        count("changes_since_save", info.count("rdb_changes_since_last_save"), "changes that are not on disk"),
        flag("save_in_progress", is_set("rdb_bgsave_in_progress"), "whether a background save is running"),
        text("last_save_status", info.text("rdb_last_bgsave_status"), "`ok` or `err`"),
        time("last_save_s", reading.now.saved_at_s(), "seconds since 1970; null when never"),
    ]
}
