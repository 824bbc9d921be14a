//! Persistence: the saves of the server, and those of single namespaces.

use super::{Reading, View};
use crate::output::entry::{Entry, bytes, count, flag, milliseconds, seconds, text, time, words};
use crate::state::sample::{Autosave, Sample, Wants};
use crate::state::tab::Tab;

pub(super) static VIEW: View = View {
    tab: Tab::Persistence,
    meaning: "a row for the saves of the server, then one for each namespace that is saved at intervals",
    wants: |_| Wants { autosaves: true, ..Wants::default() },
    has_rates: false,
    is_one_row: false,
    rows,
    fields: || Save::default().row(),
};

/// What is told of saves.
#[derive(Default)]
struct Save<'a> {
    namespace: Option<&'a str>,
    in_progress: Option<bool>,
    last_status: Option<&'a str>,
    last_error: &'a str,
    last_save_s: Option<u64>,
    last_duration_ms: Option<u64>,
    last_bytes: Option<u64>,
    last_file: &'a str,
    changes: Option<u64>,
    interval_s: Option<u64>,
    due_in_s: Option<u64>,
    keep: Option<u64>,
}

fn rows(reading: &Reading<'_>) -> Option<Vec<Vec<Entry>>> {
    let autosaves = reading.now.autosaves.as_deref().map_or(&[][..], Vec::as_slice);
    let saves = std::iter::once(of_server(reading.now)).chain(autosaves.iter().map(of_namespace));
    Some(saves.map(|save| save.row()).collect())
}

fn of_server(sample: &Sample) -> Save<'_> {
    let (info, last_save_s) = (&sample.info, sample.saved_at_s());
    Save {
        in_progress: info.text("rdb_bgsave_in_progress").map(|value| value == "1"),
        last_status: info.text("rdb_last_bgsave_status"),
        last_save_s,
        // Before the first save the server says -1, which is no count.
        last_duration_ms: info.count("rdb_last_bgsave_time_sec").map(|seconds| seconds.saturating_mul(1_000)),
        // Before it, how large nothing was.
        last_bytes: info.count("rdb_last_bgsave_bytes").filter(|_| last_save_s.is_some()),
        changes: info.count("rdb_changes_since_last_save"),
        ..Save::default()
    }
}

fn of_namespace(autosave: &Autosave) -> Save<'_> {
    let has_saved = autosave.last_status != "none";
    Save {
        namespace: Some(&autosave.name),
        in_progress: Some(autosave.in_progress),
        last_status: Some(&autosave.last_status),
        last_error: &autosave.last_error,
        last_save_s: Some(autosave.last_save_s),
        last_duration_ms: has_saved.then_some(autosave.last_duration_ms),
        last_bytes: has_saved.then_some(autosave.last_bytes),
        last_file: &autosave.last_file,
        changes: None,
        interval_s: Some(autosave.seconds),
        due_in_s: Some(autosave.due_in_s),
        keep: Some(autosave.keep),
    }
}

impl Save<'_> {
    fn row(&self) -> Vec<Entry> {
        let scope = if self.namespace.is_some() { "namespace" } else { "server" };
        vec![
            text("scope", scope, "`server` or `namespace`").always().column("SCOPE"),
            text("namespace", self.namespace, "which namespace; null for the server").column("NAMESPACE"),
            flag("in_progress", self.in_progress, "whether it is being saved").column("SAVING"),
            text("last_status", self.last_status, "`ok`, `err` or, for a namespace, `none`").column("STATUS"),
            words("last_error", self.last_error, "why the last save failed").column("ERROR"),
            time("last_save_s", self.last_save_s, "seconds since 1970; null when never").column("LAST SAVE"),
            milliseconds("last_duration_ms", self.last_duration_ms, "how long it took; whole seconds for the server")
                .in_whole_seconds(self.namespace.is_none())
                .column("TOOK"),
            bytes("last_bytes", self.last_bytes, "size of the file").column("SIZE"),
            words("last_file", self.last_file, "its name"),
            count("changes_since_save", self.changes, "changes that are not on disk; null for a namespace")
                .column("CHANGES"),
            seconds("interval_s", self.interval_s, "how often; null for the server").column("EVERY"),
            seconds("due_in_s", self.due_in_s, "until the next; null for the server").column("DUE IN"),
            count("keep", self.keep, "files that are kept, 0 is all; null for the server")
                .zero_is("all")
                .column("KEEP"),
        ]
    }
}
