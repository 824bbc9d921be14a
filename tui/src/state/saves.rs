//! The saves that were seen: servers tell the last one only, so each change of it is noted.

use std::collections::{HashMap, VecDeque};

use super::sample::Sample;

/// Saves that are kept.
pub const SAVES_MAX: usize = 200;

/// A save that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Save {
    /// The namespace; absent where it was everything.
    pub namespace: Option<String>,
    /// When it ended: seconds since 1970.
    pub at_s: u64,
    /// How long it took; absent when the server does not tell.
    pub duration_ms: Option<u64>,
    /// Whether `duration_ms` is whole seconds cut off: INFO tells no more.
    pub is_coarse: bool,
    /// The size of its file; absent when the server does not tell.
    pub bytes: Option<u64>,
    /// Why it failed.
    pub error: Option<String>,
}

/// The last saves that were seen, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Saves {
    saves: VecDeque<Save>,
    everything: Option<Everything>,
    /// When the last autosave of each namespace ended.
    autosaves: HashMap<String, u64>,
}

/// What INFO told of saves of everything.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Everything {
    run_id: Option<String>,
    saved_at_s: Option<u64>,
    is_ok: bool,
    is_running: bool,
    forks: Option<u64>,
}

impl Saves {
    /// Notes what a sample tells.
    pub fn note(&mut self, sample: &Sample) {
        self.note_everything(sample);
        self.note_autosaves(sample);
    }

    /// The saves, newest first.
    pub fn newest(&self) -> impl DoubleEndedIterator<Item = &Save> {
        self.saves.iter().rev()
    }

    fn note_everything(&mut self, sample: &Sample) {
        let info = &sample.info;
        let Some(status) = info.text("rdb_last_bgsave_status") else { return };
        let now = Everything {
            run_id: info.text("run_id").map(str::to_owned),
            saved_at_s: info.count("rdb_last_save_time"),
            is_ok: status == "ok",
            is_running: info.flag("rdb_bgsave_in_progress"),
            forks: info.count("total_forks"),
        };
        let seconds = info.count("rdb_last_bgsave_time_sec");
        let before = self.everything.replace(now.clone()).filter(|before| before.run_id == now.run_id);
        let (has_saved, has_failed, was_background) = match &before {
            // The server began with a time of its own; a duration says that there was a save.
            None => (now.is_ok && seconds.is_some(), false, true),
            Some(before) => (
                now.saved_at_s > before.saved_at_s,
                !now.is_ok && (before.is_ok || (before.is_running && !now.is_running)),
                // A SAVE leaves the duration of the background save before it.
                sample.server.is_rkvs() || before.is_running || now.forks > before.forks,
            ),
        };
        if has_saved || has_failed {
            self.push(Save {
                namespace: None,
                at_s: if has_failed { sample.at_ms / 1_000 } else { now.saved_at_s.unwrap_or(0) },
                duration_ms: seconds.filter(|_| was_background).map(|seconds| seconds * 1_000),
                is_coarse: true,
                bytes: info.count("rdb_last_bgsave_bytes").filter(|_| !has_failed),
                error: has_failed.then(|| "see the server's log".to_owned()),
            });
        }
    }

    fn note_autosaves(&mut self, sample: &Sample) {
        let Some(autosaves) = &sample.autosaves else { return };
        let mut ended = HashMap::with_capacity(autosaves.len());
        for autosave in autosaves.iter().filter(|autosave| autosave.last_save_s > 0) {
            if self.autosaves.get(&autosave.name) != Some(&autosave.last_save_s) {
                let is_ok = autosave.last_status == "ok";
                self.push(Save {
                    namespace: Some(autosave.name.clone()),
                    at_s: autosave.last_save_s + autosave.last_duration_ms / 1_000,
                    duration_ms: Some(autosave.last_duration_ms),
                    is_coarse: false,
                    bytes: Some(autosave.last_bytes).filter(|_| is_ok),
                    error: (!is_ok).then(|| autosave.last_error.clone()),
                });
            }
            ended.insert(autosave.name.clone(), autosave.last_save_s);
        }
        self.autosaves = ended;
    }

    /// Puts a save in its place in time; the oldest one makes room.
    fn push(&mut self, save: Save) {
        let place = self.saves.partition_point(|other| other.at_s <= save.at_s);
        self.saves.insert(place, save);
        if self.saves.len() > SAVES_MAX {
            self.saves.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::sample::{Autosave, Info};
    use super::*;

    fn told(at_s: u64, info: &str) -> Sample {
        let info = format!("run_id:1\r\n{info}").replace(' ', "\r\n");
        Sample { at_ms: at_s * 1_000, info: Arc::new(Info::parse(&info)), ..Sample::default() }
    }

    fn ends(saves: &Saves) -> Vec<(u64, Option<u64>, bool)> {
        saves.newest().map(|save| (save.at_s, save.duration_ms, save.error.is_some())).collect()
    }

    #[test]
    fn each_save_of_everything_is_noted_once() {
        let mut saves = Saves::default();
        let start = "rdb_last_save_time:50 rdb_last_bgsave_status:ok rdb_last_bgsave_time_sec:-1 total_forks:0";
        saves.note(&told(100, start));
        assert_eq!(ends(&saves), [], "the time a server begins with is no save");
        let saved = "rdb_last_save_time:101 rdb_last_bgsave_status:ok rdb_last_bgsave_time_sec:3 total_forks:1";
        for at_s in [102, 103] {
            saves.note(&told(at_s, saved));
        }
        assert_eq!(ends(&saves), [(101, Some(3_000), false)]);
        let foreground = "rdb_last_save_time:110 rdb_last_bgsave_status:ok rdb_last_bgsave_time_sec:3 total_forks:1";
        saves.note(&told(111, foreground));
        assert_eq!(ends(&saves)[0], (110, None, false), "how long SAVE took is not told");
        let failed = "rdb_last_save_time:110 rdb_last_bgsave_status:err rdb_last_bgsave_time_sec:0 total_forks:2";
        for at_s in [120, 121] {
            saves.note(&told(at_s, failed));
        }
        assert_eq!((saves.saves.len(), ends(&saves)[0]), (3, (120, Some(0), true)));
    }

    #[test]
    fn a_restart_is_no_save() {
        let mut saves = Saves::default();
        saves.note(&told(100, "rdb_last_save_time:50 rdb_last_bgsave_status:ok rdb_last_bgsave_time_sec:-1"));
        let mut restarted = told(200, "rdb_last_save_time:199 rdb_last_bgsave_status:ok rdb_last_bgsave_time_sec:-1");
        restarted.info = Arc::new(Info::parse(
            "run_id:2\r\nrdb_last_save_time:199\r\nrdb_last_bgsave_status:ok\r\nrdb_last_bgsave_time_sec:-1\r\n",
        ));
        saves.note(&restarted);
        assert_eq!(ends(&saves), []);
    }

    #[test]
    fn autosaves_are_noted_and_the_oldest_make_room() {
        let mut saves = Saves::default();
        for second in 1..=SAVES_MAX as u64 + 5 {
            let autosave = Autosave {
                name: "a".into(),
                last_status: if second == 3 { "err" } else { "ok" }.into(),
                last_error: "disk full".into(),
                last_save_s: second,
                last_duration_ms: 12,
                ..Autosave::default()
            };
            for _ in 0..2 {
                saves.note(&Sample { autosaves: Some(Arc::new(vec![autosave.clone()])), ..Sample::default() });
            }
            if second == 3 {
                assert_eq!(ends(&saves)[0], (3, Some(12), true));
            }
        }
        assert_eq!((saves.saves.len(), saves.saves[0].at_s), (SAVES_MAX, 6));
    }
}
