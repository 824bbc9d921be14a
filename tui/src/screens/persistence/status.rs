//! How saving stands: the last save, what has changed since, when the next one is due, where it goes, and what is running.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::save_points::{self, Next};
use crate::state::App;
use crate::state::last_save::LastSave;
use crate::state::pace::{self, Pace};
use crate::state::sample::Sample;
use crate::theme::Role;
use crate::widgets::progress::Progress;
use crate::widgets::properties::Section;
use crate::{format, text};

/// What is known of the server's saves, most important first.
pub(super) fn sections(app: &App) -> Vec<Section<'static>> {
    vec![last(app), next(app), files(app), append_only(app)]
}

fn last(app: &App) -> Section<'static> {
    let section = Section::new("");
    let Some(last) = LastSave::of(app) else {
        return section.with_role("last save", "the server does not tell", Role::Label);
    };
    let when = last.good_at_s.map_or("none since the start".to_owned(), |at_s| when(app, at_s));
    let section = match last.failure() {
        Some(failure) => section.with_role("last save", failure, Role::Bad).with("last good one", when),
        None if last.good_at_s.is_some() => section.with_role("last save", format!("ok  {when}"), Role::Good),
        None => section.with_role("last save", when, Role::Good),
    };
    let took = match (last.took, last.bytes.map(format::bytes)) {
        (Some(took), Some(size)) => Some(format!("{took}, {size}")),
        (took, size) => took.or(size),
    };
    let changes = app.sample().info.count("rdb_changes_since_last_save").map(format::exact);
    section.with_some("took", took).with_some("changes since", changes)
}

fn next(app: &App) -> Section<'static> {
    let info = &app.sample().info;
    let Some(setting) = setting(app, "save") else { return Section::new("") };
    let points = save_points::parse(setting);
    let now_s = app.sample().at_ms / 1_000;
    let since_s = now_s.saturating_sub(info.count("rdb_last_save_time").unwrap_or(now_s));
    let changes = info.count("rdb_changes_since_last_save").unwrap_or(0);
    let next = match save_points::next(&points, since_s, changes) {
        _ if info.flag("rdb_bgsave_in_progress") => "saving now".to_owned(),
        Next::Off => "only when asked for".to_owned(),
        Next::Unchanged => "nothing to save".to_owned(),
        Next::InSeconds(0) => "due now".to_owned(),
        Next::InSeconds(seconds) => format!("in {}", format::seconds(seconds)),
        Next::AfterChanges(1) => "after 1 more change".to_owned(),
        Next::AfterChanges(changes) => format!("after {} more changes", format::exact(changes)),
    };
    let points: Vec<String> = points
        .iter()
        .map(|point| format!("{} in {}", format::exact(point.changes), format::interval(point.seconds)))
        .collect();
    let points = if points.is_empty() { "off".to_owned() } else { points.join(", ") };
    Section::new("").with("next save", next).with("save points", points)
}

fn files(app: &App) -> Section<'static> {
    let setting = |name| setting(app, name).map(|value| text::harmless(value.as_bytes()).into_owned());
    Section::new("").with_some("file", setting("dbfilename")).with_some("directory", setting("dir"))
}

fn append_only(app: &App) -> Section<'static> {
    let info = &app.sample().info;
    let section = Section::new("append-only file");
    if !info.flag("aof_enabled") {
        return section;
    }
    let status = |name| match info.text(name) {
        Some("ok") | None => ("ok".to_owned(), Role::Good),
        Some(other) => (text::harmless(other.as_bytes()).into_owned(), Role::Bad),
    };
    let (write, write_role) = status("aof_last_write_status");
    let (rewrite, rewrite_role) = status("aof_last_bgrewrite_status");
    let sizes = info.count("aof_current_size").map(|bytes| match info.count("aof_base_size") {
        Some(base) => format!("{}, {} when rewritten", format::bytes(bytes), format::bytes(base)),
        None => format::bytes(bytes),
    });
    let delayed = info.count("aof_delayed_fsync").filter(|count| *count > 0).map(format::exact);
    section
        .with_role("aof write", write, write_role)
        .with_role("aof rewrite", rewrite, rewrite_role)
        .with_some("aof size", sizes)
        .with_some("aof fsync", setting(app, "appendfsync").map(|value| text::harmless(value.as_bytes()).into_owned()))
        .with_some("fsync late", delayed)
}

/// Something that is running.
pub(super) struct Work<'a> {
    label: &'static str,
    /// Absent where the server does not tell.
    share: Option<f64>,
    pace: &'a Pace,
    details: Vec<(&'static str, String)>,
}

/// What is running: a save, loading.
pub(super) fn running(app: &App) -> Vec<Work<'_>> {
    let sample = app.sample();
    let info = &sample.info;
    let mut running = Vec::new();
    if info.flag("loading") {
        let of = |name| info.count(name).map_or(format::UNKNOWN.to_owned(), format::bytes);
        let read = format!("{} of {}", of("loading_loaded_bytes"), of("loading_total_bytes"));
        let share = pace::load_fraction(sample);
        running.push(Work { label: "loading", share, pace: app.paces.load(), details: vec![("read", read)] });
    }
    if info.flag("rdb_bgsave_in_progress") {
        running.push(Work {
            label: "saving",
            share: pace::save_fraction(sample),
            pace: app.paces.save(),
            details: save_details(sample),
        });
    }
    running
}

fn save_details(sample: &Sample) -> Vec<(&'static str, String)> {
    let info = &sample.info;
    let mut details = Vec::new();
    if let Some(seconds) = info.count("rdb_current_bgsave_time_sec") {
        details.push(("for", format::seconds(seconds)));
    }
    let counts = info.count("current_save_keys_processed").zip(info.count("current_save_keys_total"));
    if let Some((done, total)) = counts {
        details.push(("keys", format!("{} of {}", format::count(done), format::count(total))));
    }
    if let Some(bytes) = info.count("current_cow_size").filter(|bytes| *bytes > 0) {
        details.push(("extra memory", format::bytes(bytes)));
    }
    details
}

impl Work<'_> {
    pub(super) fn draw(&self, app: &App, area: Rect, buffer: &mut Buffer) {
        let theme = app.options.theme;
        let eta = self.pace.seconds_left(1.0).map(|seconds| ("eta", format::seconds(seconds.ceil() as u64)));
        let details: Vec<(&str, &str)> =
            eta.iter().chain(&self.details).map(|(name, value)| (*name, value.as_str())).collect();
        let share = self.share.unwrap_or(f64::NAN);
        Progress { label: self.label, share, details: &details }.draw(area, buffer, theme);
    }
}

/// When something was: how long ago, and the time of day where that was today.
pub(super) fn when(app: &App, at_s: u64) -> String {
    let age_s = (app.sample().at_ms / 1_000).saturating_sub(at_s);
    let at_ms = i64::try_from(at_s.saturating_mul(1_000)).unwrap_or(i64::MAX);
    let offset_s = app.options.utc_offset_s;
    let at = if age_s < 86_400 { format::time_of_day(at_ms, offset_s) } else { format::date_time(at_ms, offset_s) };
    format!("{at} ({} ago)", format::age(age_s))
}

fn setting<'a>(app: &'a App, name: &str) -> Option<&'a str> {
    let settings = app.sample().config.as_deref()?;
    settings.iter().find(|setting| setting.name == name).map(|setting| setting.value.as_str())
}
