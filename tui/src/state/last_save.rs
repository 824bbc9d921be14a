//! What a server tells of its last save of everything, and what follows from one that failed.

use super::App;
use super::sample::Setting;
use crate::format;

/// What a server tells of its last save of everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastSave {
    /// Whether it succeeded, or there was none.
    pub is_ok: bool,
    /// Whether writes are refused because it failed.
    pub refuses_writes: bool,
    /// When one last succeeded, in seconds since 1970; absent when none did since the start.
    pub good_at_s: Option<u64>,
    /// How long that one took, in words.
    pub took: Option<String>,
    /// The size of its file.
    pub bytes: Option<u64>,
}

impl LastSave {
    /// What the shown sample tells; nothing where the server does not.
    pub fn of(app: &App) -> Option<Self> {
        let (sample, info) = (app.sample(), &app.sample().info);
        let is_ok = info.text("rdb_last_bgsave_status")? == "ok";
        let seconds = info.count("rdb_last_bgsave_time_sec");
        let good_at_s = sample.saved_at_s();
        let has_saved = good_at_s.is_some();
        let seen = app.saves.newest().find(|save| save.namespace.is_none() && save.error.is_none());
        let took = seen.and_then(|save| save.took(app.options.theme.symbols().micro));
        // What is told of the last one is no matter of the one before.
        let took = took.or_else(|| seconds.filter(|_| is_ok).map(format::whole_seconds));
        let settings = sample.config.as_deref().map_or(&[][..], Vec::as_slice);
        let stops = |setting: &Setting| setting.name == "stop-writes-on-bgsave-error" && setting.value == "yes";
        Some(Self {
            is_ok,
            refuses_writes: !is_ok && settings.iter().any(stops),
            good_at_s,
            took: took.filter(|_| has_saved),
            bytes: info.count("rdb_last_bgsave_bytes").filter(|bytes| *bytes > 0 && has_saved),
        })
    }

    /// That it failed, in words, and what follows from it.
    pub fn failure(&self) -> Option<&'static str> {
        match (self.is_ok, self.refuses_writes) {
            (true, _) => None,
            (false, false) => Some("FAILED"),
            (false, true) => Some("FAILED, writes are refused"),
        }
    }
}
