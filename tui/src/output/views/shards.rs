//! Shards of one namespace.

use super::{Reading, View};
use crate::output::entry::{Entry, bytes, count, ratio, text};
use crate::state::sample::{Shard, Shards, Wants};
use crate::state::tab::Tab;

/// The namespace that is shown unless another is asked for: that of database 0.
const FIRST: &str = "0";

pub(super) static VIEW: View = View {
    tab: Tab::Shards,
    meaning: "a row for each shard of one namespace: --namespace, or \"0\"; not on Redis",
    wants: |namespace| Wants { shards_of: Some(namespace.unwrap_or(FIRST).to_owned()), ..Wants::default() },
    has_rates: false,
    is_one_row: false,
    rows,
    fields: || row(&Shards::default(), &Shard::default()),
};

fn rows(reading: &Reading<'_>) -> Option<Vec<Vec<Entry>>> {
    let shards = reading.now.shards.as_deref()?;
    let is_asked_for = reading.namespace.is_none_or(|name| name == shards.namespace);
    is_asked_for.then(|| shards.shards.iter().map(|shard| row(shards, shard)).collect())
}

fn row(shards: &Shards, shard: &Shard) -> Vec<Entry> {
    let resize = shards.resize.as_ref().filter(|resize| resize.is_running());
    vec![
        text("namespace", shards.namespace.as_str(), "whose shards these are").always().column("NAMESPACE"),
        count("shard", shard.shard, "its index; those that a resize makes follow the ones there were")
            .always()
            .column("SHARD"),
        count("keys", shard.keys, "keys it holds").always().column("KEYS"),
        count("expires", shard.expires, "keys with a time to live").always().column("EXPIRES"),
        bytes("used_bytes", shard.used_bytes, "memory it takes").always().column("MEM"),
        count("lock_waits", shard.lock_waits, "times it was waited for, since the start").always().column("WAITS"),
        text(
            "resize_state",
            resize.map(|resize| resize.state.as_str()),
            "`waiting`, `moving` or `cancelling`; null when the shards are not changed",
        )
        .column("RESIZE"),
        count("resize_target", resize.map(|resize| resize.target), "the number of shards there are to be"),
        ratio("resize_progress_ratio", resize.map(|resize| resize.fraction()), "how far it is").column("DONE"),
    ]
}
