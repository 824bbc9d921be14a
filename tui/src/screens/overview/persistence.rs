//! When everything was saved last, and what goes on about it.

use std::time::Duration;

use super::tiles::Note;
use crate::format;
use crate::state::App;
use crate::theme::Role;

/// Something that takes its time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Work {
    pub(super) label: &'static str,
    /// Not a number when nobody knows.
    pub(super) share: f64,
    pub(super) notes: Vec<Note>,
}

/// A save or a load that goes on.
pub(super) fn work(app: &App) -> Option<Work> {
    let info = &app.sample().info;
    let count = |name| info.count(name);
    if info.flag("loading") {
        let share = info.number("loading_loaded_perc").map_or(f64::NAN, |percent| percent / 100.0);
        let eta = count("loading_eta_seconds").map(|seconds| Note::new("eta", format::age(seconds)));
        return Some(Work { label: "loading", share, notes: eta.into_iter().collect() });
    }
    if !info.flag("rdb_bgsave_in_progress") {
        return None;
    }
    let (done, total) = (count("current_save_keys_processed"), count("current_save_keys_total"));
    let share = done.zip(total).map_or(f64::NAN, |(done, total)| format::share(done, total));
    let keys = done.map(|keys| Note::new("keys", format::count(keys)));
    let since = count("rdb_current_bgsave_time_sec").map(|seconds| Note::new("for", format::age(seconds)));
    Some(Work { label: "saving", share, notes: keys.into_iter().chain(since).collect() })
}

/// What is known of the last save, and of what it does not hold. The changes come early: they are what would be lost.
pub(super) fn notes(app: &App) -> Vec<Note> {
    let info = &app.sample().info;
    let micro = app.options.theme.symbols().micro;
    let changes = info.count("rdb_changes_since_last_save");
    let changes = changes.map(|changes| Note::new("changes since", format::exact(changes)));
    let took = info.count("rdb_last_bgsave_time_sec");
    let mut notes = Vec::new();
    match (took, info.text("rdb_last_bgsave_status")) {
        (_, Some(status)) if status != "ok" => notes.push(Note::new("last save", "failed").role(Role::Bad)),
        // The server counts from its start, and calls that a save.
        (None, _) => notes.push(Note::new("", "no save since the start").role(Role::Label)),
        (Some(_), _) => notes.push(Note::new("last save", "ok").role(Role::Good)),
    }
    if took.is_some() {
        let at_s = info.count("rdb_last_save_time");
        if let Some(at_s) = at_s {
            let ago = format::age((app.sample().at_ms / 1_000).saturating_sub(at_s));
            let time = i64::try_from(at_s.saturating_mul(1_000)).unwrap_or(i64::MAX);
            let time = format::time_of_day(time, app.options.utc_offset_s);
            notes.push(Note::new("at", format!("{time} ({ago} ago)")));
        }
    }
    notes.extend(changes);
    notes.extend(took.map(|seconds| {
        // The server tells whole seconds.
        let words = match seconds {
            0 => "<1 s".to_owned(),
            seconds => format::duration(Duration::from_secs(seconds), micro),
        };
        Note::new("took", words)
    }));
    let size = info.count("rdb_last_bgsave_bytes").filter(|bytes| *bytes > 0);
    notes.extend(size.map(|bytes| Note::new("size", format::bytes(bytes))));
    if info.flag("aof_enabled") {
        let is_ok = info.text("aof_last_write_status").is_none_or(|status| status == "ok");
        let (word, role) = if is_ok { ("on", Role::Good) } else { ("write failed", Role::Bad) };
        notes.push(Note::new("aof", word).role(role));
    }
    notes
}
