use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Size;

use super::*;
use crate::state::Options;
use crate::state::msg::Msg;
use crate::state::sample::{Info, Namespace, Sample, Server, Setting};
use crate::state::update::update;
use crate::testing::{self, picture};

const SAVED: &str = "run_id:1 rdb_last_save_time:900 rdb_last_bgsave_status:ok rdb_last_bgsave_time_sec:2 rdb_saves:1 \
     rdb_last_bgsave_bytes:4096 rdb_changes_since_last_save:5 aof_enabled:0 loading:0 rdb_bgsave_in_progress:0";

fn sample(at_s: u64, info: &str, rkvs: bool) -> Sample {
    let autosave = |name: &str, seconds| Autosave {
        name: name.into(),
        pattern: "{ns}-{ts}".into(),
        seconds,
        keep: 3,
        due_in_s: 7,
        last_status: "ok".into(),
        last_file: format!("{name}.rkvs"),
        last_save_s: 950,
        last_bytes: 2_048,
        last_duration_ms: 12,
        ..Autosave::default()
    };
    let setting = |name: &str, value: &str| Setting { name: name.into(), value: value.into() };
    Sample {
        at_ms: at_s * 1_000,
        server: Server {
            address: "h:1".into(),
            rkvs_version: rkvs.then(|| "0.4.0".into()),
            redis_version: Some("7.0.15".into()),
        },
        info: Arc::new(Info::parse(&info.replace(' ', "\r\n"))),
        namespaces: Some(Arc::new(["0", "api", "jobs"].map(|name| Namespace::named(name.into())).into())),
        autosaves: rkvs.then(|| Arc::new(vec![autosave("jobs", 300), autosave("api", 60)])),
        config: Some(Arc::new(vec![
            setting("dir", "/data"),
            setting("dbfilename", "dump.rkvs"),
            setting("save", "3600 1 60 1000"),
            setting("stop-writes-on-bgsave-error", "yes"),
        ])),
        ..Sample::default()
    }
}

fn app(info: &str, rkvs: bool) -> App {
    let mut app = App::new(Options { tab: Tab::Persistence, ..Options::default() }, Size::new(120, 40));
    update(&mut app, Msg::Sample(Box::new(sample(1_000, info, rkvs))), 1_000_000);
    app
}

/// The picture must tell all of it.
fn tells(app: &App, words: &[&str]) {
    let picture = picture(app);
    for words in words {
        assert!(picture.contains(words), "{words:?} is not in\n{picture}");
    }
}

/// Presses keys; what is sent then.
fn press(app: &mut App, keys: &str) -> Vec<String> {
    testing::sent(&testing::press(app, keys))
}

#[test]
fn the_last_save_and_the_next_one_are_told() {
    let app = app(SAVED, true);
    tells(&app, &["ok  00:15:00 (1m ago)", "2 s, 4.0K", "in 58m 20s", "1 in 1h, 1,000 in 1m", "dump.rkvs", "/data"]);
    tells(&app, &["everything", "jobs.rkvs", "12.0 ms", "2.0K"]);
    assert!(!picture(&app).contains("aof"));
}

#[test]
fn a_failed_save_says_what_follows_from_it() {
    let app = app(&SAVED.replace("status:ok", "status:err"), true);
    tells(&app, &["FAILED, writes are refused!", "last good one"]);
}

#[test]
fn a_running_save_and_loading_show_how_far_they_are() {
    let saving = |keys| {
        let running = SAVED.replace("in_progress:0", "in_progress:1");
        format!(
            "{running} current_save_keys_processed:{keys} current_save_keys_total:100 rdb_current_bgsave_time_sec:3"
        )
    };
    let mut app = app(&saving(10), true);
    update(&mut app, Msg::Sample(Box::new(sample(1_001, &saving(30), true))), 1_001_000);
    tells(&app, &["saving", "30.0 %", "eta 4 s", "for 3 s", "keys 30 of 100", "saving now"]);
    let loading = "run_id:1 loading:1 loading_loaded_perc:50 loading_loaded_bytes:1024 loading_total_bytes:2048";
    update(&mut app, Msg::Sample(Box::new(sample(1_002, loading, true))), 1_002_000);
    tells(&app, &["loading", "50.0 %", "read 1.0K of 2.0K"]);
}

#[test]
fn an_append_only_file_is_told_where_there_is_one() {
    let aof = SAVED.replace("aof_enabled:0", "aof_enabled:1");
    let app = app(&format!("{aof} aof_last_write_status:err aof_current_size:2048 aof_base_size:1024"), false);
    tells(&app, &["append-only file", "err!", "2.0K, 1.0K when rewritten"]);
}

#[test]
fn actions_are_about_the_selected_autosave() {
    let mut app = app(SAVED, true);
    assert_eq!(press(&mut app, "b⇥⏎"), ["BGSAVE"]);
    assert_eq!(press(&mut app, "B⇥⏎"), ["SAVE"]);
    assert_eq!(press(&mut app, "w⏎⏎⇥⏎"), ["NAMESPACE SAVE api"]);
    let set = "NAMESPACE AUTOSAVE SET jobs SECONDS 300 KEEP 3 PATTERN {ns}-{ts}";
    assert_eq!(press(&mut app, "ja⏎⏎⏎⇥⏎"), [set]);
    assert_eq!(press(&mut app, "lx⏎y⏎⇥⏎"), ["NAMESPACE LOAD x AS y"]);
    press(&mut app, "⏎");
    tells(&app, &["keeps 3", "{ns}-{ts}", "00:15:50"]);
}

#[test]
fn without_an_autosave_actions_are_about_the_namespace_that_was_chosen() {
    let mut app = app(SAVED, true);
    let mut none = sample(1_001, SAVED, true);
    none.autosaves = Some(Arc::default());
    update(&mut app, Msg::Sample(Box::new(none)), 1_001_000);
    tells(&app, &["no autosaves: a begins one"]);
    assert_eq!(press(&mut app, "w⏎⏎⇥⏎"), ["NAMESPACE SAVE 0"]);
}

#[test]
fn where_there_is_little_room_the_saves_that_were_seen_stand_where_no_autosaves_are() {
    let mut app = app(SAVED, true);
    let size = |app: &mut App, width, height| drop(update(app, Msg::Resize(width, height), 1_000_000));
    size(&mut app, 80, 24);
    let with = picture(&app);
    assert!(with.contains("autosaves") && !with.contains("saves seen"), "{with}");
    let mut none = sample(1_001, SAVED, true);
    none.autosaves = Some(Arc::default());
    update(&mut app, Msg::Sample(Box::new(none)), 1_001_000);
    tells(&app, &["saves seen", "everything", "no autosaves: a begins one"]);
    press(&mut app, "e");
    tells(&app, &["saves seen", "everything"]);
    press(&mut app, "e");
    size(&mut app, 40, 8);
    tells(&app, &["last save", "saved", "jobs"]);
}

#[test]
fn nothing_is_proposed_where_it_is_refused() {
    let mut app = app(SAVED, true);
    app.options.is_readonly = true;
    let mut none = sample(1_001, SAVED, true);
    none.autosaves = Some(Arc::default());
    update(&mut app, Msg::Sample(Box::new(none)), 1_001_000);
    let picture = picture(&app);
    assert!(picture.contains("no autosaves") && !picture.contains("a begins"), "{picture}");
}

#[test]
fn any_namespace_can_be_saved_at_intervals() {
    let mut app = app(SAVED, true);
    press(&mut app, "a");
    tells(&app, &["namespace", "api", "every 60 s"]);
    for _ in 0.."api".len() {
        update(&mut app, Msg::Key(KeyEvent::from(KeyCode::Backspace)), 1_000_000);
    }
    let set = "NAMESPACE AUTOSAVE SET 0 SECONDS 60 KEEP 3";
    assert_eq!(press(&mut app, "0⏎⏎⏎⇥⏎"), [set]);
}

#[test]
fn a_plain_server_saves_everything_only() {
    let mut app = app(SAVED, false);
    assert!(!picture(&app).contains("autosaves"));
    assert_eq!(press(&mut app, "b⇥⏎"), ["BGSAVE"]);
    for key in ["a", "w", "l"] {
        assert!(press(&mut app, key).is_empty() && app.overlays.is_empty(), "{key}");
    }
}
