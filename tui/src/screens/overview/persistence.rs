//! When everything was saved last, and what goes on about it.

use super::tiles::Note;
use crate::format;
use crate::state::App;
use crate::state::last_save::LastSave;
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
        let eta = count("loading_eta_seconds").map(|seconds| Note::new("eta", format::seconds(seconds)));
        return Some(Work { label: "loading", share, notes: eta.into_iter().collect() });
    }
    if !info.flag("rdb_bgsave_in_progress") {
        return None;
    }
    let (done, total) = (count("current_save_keys_processed"), count("current_save_keys_total"));
    let share = done.zip(total).map_or(f64::NAN, |(done, total)| format::share(done, total));
    let keys = done.map(|keys| Note::new("keys", format::count(keys)));
    let since = count("rdb_current_bgsave_time_sec").map(|seconds| Note::new("for", format::seconds(seconds)));
    Some(Work { label: "saving", share, notes: keys.into_iter().chain(since).collect() })
}

/// What is known of the last save, and of what it does not hold. The changes come early: they are what would be lost.
pub(super) fn notes(app: &App) -> Vec<Note> {
    let info = &app.sample().info;
    let mut notes = Vec::new();
    if let Some(last) = LastSave::of(app) {
        let at = last.good_at_s.map(|at_s| {
            let ago = format::age((app.sample().at_ms / 1_000).saturating_sub(at_s));
            let time = i64::try_from(at_s.saturating_mul(1_000)).unwrap_or(i64::MAX);
            format!("{} ({ago} ago)", format::time_of_day(time, app.options.utc_offset_s))
        });
        match (last.failure(), at) {
            (Some(failure), at) => {
                notes.push(Note::new("last save", failure).role(Role::Bad));
                notes.push(Note::new("last good one", at.unwrap_or("none since the start".to_owned())));
            }
            (None, Some(at)) => notes.extend([Note::new("last save", "ok").role(Role::Good), Note::new("at", at)]),
            (None, None) => notes.push(Note::new("", "no save since the start").role(Role::Label)),
        }
        let changes = info.count("rdb_changes_since_last_save");
        notes.extend(changes.map(|changes| Note::new("changes since", format::exact(changes))));
        notes.extend(last.took.map(|took| Note::new("took", took)));
        notes.extend(last.bytes.map(|bytes| Note::new("size", format::bytes(bytes))));
    } else {
        notes.push(Note::new("", "the server does not tell of saves").role(Role::Label));
    }
    if info.flag("aof_enabled") {
        let is_ok = info.text("aof_last_write_status").is_none_or(|status| status == "ok");
        let (word, role) = if is_ok { ("on", Role::Good) } else { ("write failed", Role::Bad) };
        notes.push(Note::new("aof", word).role(role));
    }
    notes
}
