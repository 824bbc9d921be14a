//! Namespaces: one row each; the databases of a plain Redis.

use std::collections::HashMap;

use super::{Reading, View, count_rate, hit_ratio, seconds_between};
use crate::output::entry::{Entry, bytes, count, milliseconds, per_second, ratio, seconds, text, time};
use crate::state::sample::{Namespace, Wants};
use crate::state::tab::Tab;

pub(super) static VIEW: View = View {
    tab: Tab::Namespaces,
    meaning: "a row for each namespace, by database index; on Redis the databases that hold keys, of which less is told",
    wants: |_| Wants { namespaces: true, ..Wants::default() },
    has_rates: true,
    is_one_row: false,
    rows,
    fields: || row(&Namespace::default(), None),
};

fn rows(reading: &Reading<'_>) -> Option<Vec<Vec<Entry>>> {
    let before = reading.before.and_then(|before| before.namespaces.as_deref()).map_or(&[][..], Vec::as_slice);
    let before: HashMap<&str, &Namespace> =
        before.iter().map(|namespace| (namespace.name.as_str(), namespace)).collect();
    let asked_for = |namespace: &&Namespace| reading.namespace.is_none_or(|name| name == namespace.name);
    let namespaces = reading.now.namespaces.as_deref()?.iter().filter(asked_for);
    Some(namespaces.map(|namespace| row(namespace, before.get(namespace.name.as_str()).copied())).collect())
}

fn row(now: &Namespace, before: Option<&Namespace>) -> Vec<Entry> {
    let growth = |of: fn(&Namespace) -> Option<u64>| {
        let before = before?;
        count_rate(of(now), of(before), seconds_between(before.polled_at_ms, now.polled_at_ms))
    };
    let (hits, misses) = (growth(|of| of.hits), growth(|of| of.misses));
    vec![
        text("name", now.name.as_str(), "its name; on Redis the database's index").always().column("NAME"),
        count("db", now.db, "the database index that SELECT takes").column("DB"),
        count("keys", now.keys, "keys it holds").column("KEYS"),
        count("expires", now.expires, "keys with a time to live").column("EXPIRES"),
        milliseconds("avg_ttl_ms", now.avg_ttl_ms, "average of what they have left"),
        bytes("used_bytes", now.used_bytes, "memory it takes").column("MEM"),
        bytes("key_bytes", now.key_bytes, "of the keys alone"),
        bytes("value_bytes", now.value_bytes, "of the values alone"),
        bytes("maxmemory_bytes", now.maxmemory, "limit of its memory; 0 is none").zero_is("none"),
        count("max_keys", now.max_keys, "limit of its keys; 0 is none").zero_is("none"),
        bytes("max_value_size_bytes", now.max_value_size, "limit of a value; 0 is none").zero_is("none"),
        text("maxmemory_policy", now.maxmemory_policy.as_deref(), "which keys make room at its limit"),
        ratio("fullness_ratio", now.fullness(), "use of the limit that is nearest; null when nothing is limited")
            .column("USE"),
        per_second("ops_per_second", growth(|of| Some(of.reads?.saturating_add(of.writes?))), "reads and writes")
            .column("OPS/S"),
        per_second("reads_per_second", growth(|of| of.reads), "reads"),
        per_second("writes_per_second", growth(|of| of.writes), "writes"),
        ratio(
            "hit_ratio",
            hit_ratio(hits, misses),
            "hits among the lookups of the interval; null when there were none",
        )
        .column("HIT"),
        count("hits", now.hits, "since the start"),
        count("misses", now.misses, "since the start"),
        per_second("expired_per_second", growth(|of| of.expired), "keys whose time was over"),
        per_second("evicted_per_second", growth(|of| of.evicted), "keys that made room").column("EVICTED/S"),
        count("shards", now.shards, "its shards").column("SHARDS"),
        text(
            "resize_state",
            now.resize.as_ref().map(|resize| resize.state.as_str()),
            "`waiting`, `moving` or `cancelling`; null when its shards are not changed",
        ),
        count("resize_target", now.resize.as_ref().map(|resize| resize.target), "the number of shards it is to have"),
        count("lock_waits", now.lock_waits, "times that a shard was waited for, since the start"),
        seconds("autosave_interval_s", now.autosave_s, "it is saved that often; 0 is never").zero_is("never"),
        time("last_save_s", now.last_save_s, "seconds since 1970; null when never"),
    ]
}
