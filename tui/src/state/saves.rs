//! The saves that were seen: servers tell the last one only, so each change of it is noted.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use super::sample::Sample;
use crate::format;

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

impl Save {
    /// How long it took in words, as far as the server tells.
    pub fn took(&self, micro: &str) -> Option<String> {
        let duration = Duration::from_millis(self.duration_ms?);
        Some(if self.is_coarse { format::whole_seconds(duration.as_secs()) } else { format::duration(duration, micro) })
    }
}

/// The last saves that were seen, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Saves {
    saves: VecDeque<Save>,
    everything: Option<Everything>,
    /// When the server said that it has begun one, until a later sample tells of it.
    begun_at_ms: Option<u64>,
    /// When the last autosave of each namespace ended.
    autosaves: HashMap<String, u64>,
    /// When each namespace was last saved, by itself or with all others.
    namespaces: HashMap<String, u64>,
    /// Those that were saved since they were asked about before, until it is known whether that was with all others.
    saved: Vec<(String, u64)>,
}

/// What INFO told of saves of everything.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Everything {
    run_id: Option<String>,
    saved_at_s: Option<u64>,
    is_ok: bool,
    is_running: bool,
    /// How many succeeded, where those are what is counted.
    saves: Option<u64>,
    /// Forks that have ended, those for the append-only file apart.
    forks_ended: Option<u64>,
}

impl Everything {
    fn of(sample: &Sample) -> Option<Self> {
        let info = &sample.info;
        let is_running = info.flag("rdb_bgsave_in_progress");
        let not_ended = u64::from(is_running).saturating_add(info.count("aof_rewrites").unwrap_or(0));
        Some(Self {
            run_id: info.text("run_id").map(str::to_owned),
            saved_at_s: info.count("rdb_last_save_time"),
            is_ok: info.text("rdb_last_bgsave_status")? == "ok",
            is_running,
            // Redis counts a save when it begins.
            saves: info.count("rdb_saves").filter(|_| sample.server.is_rkvs()),
            forks_ended: info.count("total_forks").map(|forks| forks.saturating_sub(not_ended)),
        })
    }
}

impl Saves {
    /// Notes what a sample tells; says which saves have ended since the one before, as far as someone should hear of them: those of
    /// everything, and autosaves that failed.
    pub fn note(&mut self, sample: &Sample) -> Vec<Save> {
        let mut ended: Vec<Save> = self.note_everything(sample).into_iter().collect();
        ended.extend(self.note_autosaves(sample));
        self.note_namespaces(sample);
        ended
    }

    /// Notes that the server has begun to save everything. It may be over before it is seen running, and fail as it did before.
    pub fn begun(&mut self, at_ms: u64) {
        self.begun_at_ms = Some(at_ms);
    }

    /// The saves, newest first.
    pub fn newest(&self) -> impl DoubleEndedIterator<Item = &Save> {
        self.saves.iter().rev()
    }

    fn note_everything(&mut self, sample: &Sample) -> Option<Save> {
        let info = &sample.info;
        let now = Everything::of(sample)?;
        let seconds = info.count("rdb_last_bgsave_time_sec");
        // A sample is as old as its first request: an older one does not know of it yet. One in which it runs tells no end.
        let was_begun = self.begun_at_ms.take_if(|at_ms| sample.at_ms >= *at_ms && !now.is_running).is_some();
        let before = self.everything.replace(now.clone()).filter(|before| before.run_id == now.run_id);
        let is_first = before.is_none();
        let (has_saved, has_failed, was_background) = match &before {
            // The server began with a time of its own; a duration says that there was a save.
            None => (now.is_ok && seconds.is_some(), false, true),
            Some(before) => {
                let has_run = was_begun || before.is_running || now.forks_ended > before.forks_ended;
                let has_ended = has_run && !now.is_running;
                // The time is that of an end, and moves with nothing else.
                let is_later = now.saved_at_s > before.saved_at_s || now.saves > before.saves;
                (
                    is_later || (now.is_ok && was_begun && has_ended),
                    // It may go on failing: then nothing but its end tells.
                    !now.is_ok && (before.is_ok || (has_ended && !is_later)),
                    // A SAVE leaves the duration of the background save before it.
                    sample.server.is_rkvs() || has_run,
                )
            }
        };
        if !has_saved && !has_failed {
            return None;
        }
        let save = Save {
            namespace: None,
            at_s: if has_failed { sample.at_ms / 1_000 } else { now.saved_at_s.unwrap_or(0) },
            duration_ms: seconds.filter(|_| was_background).map(|seconds| seconds.saturating_mul(1_000)),
            is_coarse: true,
            bytes: info.count("rdb_last_bgsave_bytes").filter(|_| !has_failed),
            error: has_failed.then(|| "see the server's log".to_owned()),
        };
        self.push(save.clone());
        // That one was there before anyone looked.
        Some(save).filter(|_| !is_first)
    }

    fn note_autosaves(&mut self, sample: &Sample) -> Vec<Save> {
        let Some(autosaves) = &sample.autosaves else { return Vec::new() };
        let mut ended = HashMap::with_capacity(autosaves.len());
        let mut failed = Vec::new();
        for autosave in autosaves.iter().filter(|autosave| autosave.last_save_s > 0) {
            let before = self.autosaves.get(&autosave.name);
            if before != Some(&autosave.last_save_s) {
                let is_ok = autosave.last_status == "ok";
                let save = Save {
                    namespace: Some(autosave.name.clone()),
                    at_s: autosave.last_save_s.saturating_add(autosave.last_duration_ms / 1_000),
                    duration_ms: Some(autosave.last_duration_ms),
                    is_coarse: false,
                    bytes: Some(autosave.last_bytes).filter(|_| is_ok),
                    error: (!is_ok).then(|| autosave.last_error.clone()),
                };
                failed.extend((!is_ok && before.is_some()).then(|| save.clone()));
                // That it was saved was seen before anyone asked how.
                let is_same = |other: &Save| {
                    other.namespace == save.namespace
                        && other.duration_ms.is_none()
                        && other.at_s.abs_diff(save.at_s) <= 1
                };
                self.saves.retain(|other| !is_same(other));
                self.push(save);
            }
            ended.insert(autosave.name.clone(), autosave.last_save_s);
        }
        self.autosaves = ended;
        failed
    }

    /// Notes saves of single namespaces that somebody asked for; whoever did was answered.
    fn note_namespaces(&mut self, sample: &Sample) {
        // INFO is asked for first: only the next one tells of a save of everything that came between.
        let everything_at_s = sample.info.count("rdb_last_save_time");
        for (name, at_s) in std::mem::take(&mut self.saved) {
            // How long an autosave took, and so when it ended, may be a second off.
            let is_known = |save: &Save| save.namespace.as_ref() == Some(&name) && save.at_s.abs_diff(at_s) <= 1;
            if Some(at_s) != everything_at_s && !self.saves.iter().any(is_known) {
                let namespace = Some(name);
                self.push(Save { namespace, at_s, duration_ms: None, is_coarse: false, bytes: None, error: None });
            }
        }
        let Some(namespaces) = sample.namespaces.as_deref().filter(|_| sample.server.is_rkvs()) else { return };
        for namespace in namespaces.iter().filter(|namespace| namespace.polled_at_ms == sample.at_ms) {
            let Some(at_s) = namespace.last_save_s else { continue };
            match self.namespaces.get_mut(&namespace.name) {
                Some(before) if at_s > *before => {
                    *before = at_s;
                    if self.saved.len() < SAVES_MAX {
                        self.saved.push((namespace.name.clone(), at_s));
                    }
                }
                Some(_) => {}
                None => drop(self.namespaces.insert(namespace.name.clone(), at_s)),
            }
        }
        if self.namespaces.len() > namespaces.len() {
            let names: HashSet<&str> = namespaces.iter().map(|namespace| namespace.name.as_str()).collect();
            self.namespaces.retain(|name, _| names.contains(name.as_str()));
        }
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

    use super::super::sample::{Autosave, Info, Namespace};
    use super::*;

    fn told(at_s: u64, info: &str) -> Sample {
        let info = format!("run_id:1\r\n{info}").replace(' ', "\r\n");
        Sample { at_ms: at_s * 1_000, info: Arc::new(Info::parse(&info)), ..Sample::default() }
    }

    #[test]
    fn a_save_is_told_when_it_ends_where_its_beginning_is_counted() {
        // As Redis 7, Redis 8 and Valkey 9 tell it.
        let plain = |at_s, saved_s, is_running, status, took, saves| {
            told(
                at_s,
                &format!(
                    "server_time_usec:{at_s}000000 uptime_in_seconds:{} rdb_bgsave_in_progress:{} \
                     rdb_last_save_time:{saved_s} rdb_last_bgsave_status:{status} rdb_last_bgsave_time_sec:{took} \
                     rdb_saves:{saves} total_forks:{saves}",
                    at_s - 1_000,
                    u8::from(is_running),
                ),
            )
        };
        let mut saves = Saves::default();
        let mut note =
            |sample| saves.note(&sample).iter().map(|save| (save.at_s, save.error.is_some())).collect::<Vec<_>>();
        assert_eq!(note(plain(1_010, 1_000, false, "ok", "-1", 0)), []);
        assert_eq!(note(plain(1_011, 1_000, true, "ok", "-1", 1)), [], "it has only begun");
        assert_eq!(note(plain(1_012, 1_000, true, "ok", "-1", 1)), []);
        assert_eq!(note(plain(1_013, 1_000, false, "err", "2", 1)), [(1_013, true)], "none succeeded");
        assert_eq!(note(plain(1_014, 1_000, true, "err", "2", 2)), []);
        assert_eq!(note(plain(1_015, 1_015, false, "ok", "1", 2)), [(1_015, false)]);
        assert_eq!(note(plain(1_016, 1_015, true, "ok", "1", 3)), [], "the one before is not told again");
        assert_eq!(note(plain(1_018, 1_018, true, "ok", "2", 4)), [(1_018, false)], "the next one runs already");
        assert_eq!(note(plain(1_019, 1_019, false, "ok", "1", 4)), [(1_019, false)]);
        assert_eq!(ends(&saves).len(), 4, "each of them once");
    }

    #[test]
    fn a_save_that_was_begun_and_ends_in_the_second_of_the_one_before_is_told() {
        let mut saves = Saves::default();
        let sample = |is_running| {
            let info = "rdb_last_save_time:100 rdb_last_bgsave_status:ok rdb_last_bgsave_time_sec:0";
            told(100, &format!("{info} rdb_bgsave_in_progress:{}", u8::from(is_running)))
        };
        saves.note(&sample(false));
        saves.begun(100_000);
        assert_eq!(saves.note(&sample(true)), []);
        assert_eq!(saves.note(&sample(false)).len(), 1);
        assert_eq!(saves.note(&sample(false)), []);
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
    fn a_save_that_is_over_between_two_polls_is_told_however_it_ends() {
        let err = |forks| {
            format!("rdb_last_save_time:50 rdb_last_bgsave_status:err rdb_last_bgsave_time_sec:0 total_forks:{forks}")
        };
        let ok = "rdb_last_save_time:50 rdb_last_bgsave_status:ok rdb_last_bgsave_time_sec:0 total_forks:0";
        let mut saves = Saves::default();
        let mut failed = |at_s, info: &str, begun_at_s: Option<u64>| {
            if let Some(at_s) = begun_at_s {
                saves.begun(at_s * 1_000);
            }
            let ended = saves.note(&told(at_s, info));
            assert!(ended.len() <= 1, "{ended:?}");
            ended.first().map(|save| save.error.is_some())
        };
        assert_eq!(failed(100, ok, None), None, "that save was there before");
        assert_eq!(failed(101, &err(0), None), Some(true));
        assert_eq!(failed(102, &err(0), None), None);
        // Once more, while it is known to have failed already.
        assert_eq!(failed(103, &err(0), Some(103)), Some(true));
        assert_eq!(failed(104, &err(0), Some(105)), None, "that sample is older than the save");
        assert_eq!(failed(105, &err(0), None), Some(true));
        assert_eq!(failed(106, &err(1), None), Some(true), "a fork tells of one that somebody else began");
        let rewritten = err(2) + " aof_rewrites:1";
        assert_eq!(failed(107, &rewritten, None), None, "another fork is none");
        let running = ok.replace(":ok", ":err") + " rdb_bgsave_in_progress:1";
        assert_eq!(failed(108, &running, Some(108)), None);
        assert_eq!(failed(109, &err(0), None), Some(true));
        assert_eq!(failed(110, &err(0), None), None);
        // Twice within a second: the time of the last save stays.
        assert_eq!(failed(111, ok, Some(111)), Some(false));
        assert_eq!(failed(111, ok, Some(111)), Some(false));
        assert_eq!(failed(112, ok, None), None);
    }

    #[test]
    fn an_autosave_that_fails_is_told_once_it_is_seen_to() {
        let mut saves = Saves::default();
        let mut failed = |second, status: &str| {
            let autosave = Autosave {
                name: "a".into(),
                last_status: status.into(),
                last_error: "disk full".into(),
                last_save_s: second,
                ..Autosave::default()
            };
            saves.note(&Sample { autosaves: Some(Arc::new(vec![autosave])), ..Sample::default() }).len()
        };
        assert_eq!((failed(1, "err"), failed(2, "ok"), failed(3, "err"), failed(3, "err")), (0, 0, 1, 0));
    }

    #[test]
    fn a_save_of_a_namespace_alone_is_noted_once() {
        let mut saves = Saves::default();
        let mut seen = |at_s: u64, everything_s: u64, a_s: u64, autosave_s: Option<u64>| {
            let of = |name: &str, last_save_s| Namespace {
                polled_at_ms: at_s * 1_000,
                last_save_s: Some(last_save_s),
                ..Namespace::named(name.into())
            };
            let autosave = |last_save_s| Autosave {
                name: "a".into(),
                last_status: "ok".into(),
                last_save_s,
                last_duration_ms: 1_700,
                ..Autosave::default()
            };
            let mut sample = told(at_s, &format!("rdb_last_save_time:{everything_s}"));
            sample.server.rkvs_version = Some("0.4.0".into());
            sample.namespaces = Some(Arc::new(vec![of("a", a_s), of("b", everything_s)]));
            sample.autosaves = autosave_s.map(|at_s| Arc::new(vec![autosave(at_s)]));
            assert_eq!(saves.note(&sample), [], "whoever asked was answered");
            let seen =
                saves.newest().map(|save| (save.namespace.clone().unwrap_or_default(), save.at_s, save.duration_ms));
            seen.collect::<Vec<_>>()
        };
        let a = |at_s, duration_ms| ("a".to_owned(), at_s, duration_ms);
        assert_eq!(seen(100, 50, 90, None), [], "that one was there before anyone looked");
        seen(110, 50, 110, None);
        assert_eq!(seen(111, 50, 110, None), [a(110, None)]);
        assert_eq!(seen(112, 50, 110, None), [a(110, None)]);
        // All of them are saved, while INFO is known already and the namespaces are not.
        seen(120, 50, 120, None);
        assert_eq!(seen(121, 120, 120, None), [a(110, None)], "that was with all others");
        // An autosave, first seen by its end, then by what is told of it; then the other way round.
        seen(131, 120, 131, None);
        assert_eq!(seen(132, 120, 131, None), [a(131, None), a(110, None)]);
        assert_eq!(seen(133, 120, 131, Some(129)), [a(130, Some(1_700)), a(110, None)]);
        seen(142, 120, 142, Some(140));
        assert_eq!(seen(143, 120, 142, Some(140)), [a(141, Some(1_700)), a(130, Some(1_700)), a(110, None)]);
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
