use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Size;

use super::*;
use crate::output::Format;
use crate::state::Options;
use crate::state::events::Level;
use crate::state::msg::Msg;
use crate::state::sample::{Command, Info, Namespace, Sample, Server, Setting};
use crate::state::update::update;
use crate::testing::picture;

/// What a server told at its `second`.
fn sample(second: u64, rkvs: bool, more: &str) -> Msg {
    let info = format!(
        "run_id:1\r\ntotal_commands_processed:{}\r\nused_memory:3000000000\r\nused_memory_rss:3300000000\r\n\
         maxmemory:4000000000\r\ntotal_system_memory:16000000000\r\nconnected_clients:9500\r\nmaxclients:10000\r\n\
         keyspace_hits:{}\r\nkeyspace_misses:0\r\nmem_fragmentation_ratio:1.70\r\ndb0:keys=10,expires=5,avg_ttl=0\r\n\
         total_error_replies:0\r\nmaxmemory_policy:noeviction\r\nworkers:4\r\ntotal_net_input_bytes:1\r\n{more}",
        second * 1_000,
        second * 10,
    );
    let rkvs_version = rkvs.then(|| "0.4.0".to_owned());
    let at_ms = second * 1_000;
    let namespace = |name: &str, ops| Namespace {
        keys: Some(10),
        ops_per_sec: Some(ops),
        polled_at_ms: at_ms,
        ..Namespace::named(name.into())
    };
    let mut namespaces = vec![namespace("idle", 0), namespace("busy", 9), namespace("calm", 3)];
    namespaces.push(Namespace { keys: Some(0), ops_per_sec: Some(0), ..Namespace::named("empty".into()) });
    let get = Command {
        name: "get".into(),
        calls: second * 100,
        usec: second * 700,
        latency_usec: [("p50".into(), 5.0), ("p99".into(), 9.0), ("p99.9".into(), 20.0)].into(),
        ..Command::default()
    };
    Msg::Sample(Box::new(Sample {
        at_ms,
        server: Server { address: "h:1".into(), rkvs_version, redis_version: Some("7.2.4".into()) },
        info: Arc::new(Info::parse(&info)),
        namespaces: Some(Arc::new(namespaces)),
        commands: Some(Arc::new(vec![get])),
        ..Sample::default()
    }))
}

fn app(width: u16, height: u16) -> App {
    let mut app = App::new(Options::default(), Size::new(width, height));
    for second in 1..=3 {
        update(&mut app, sample(second, true, ""), second * 1_000);
    }
    app
}

fn press(app: &mut App, code: KeyCode) -> Vec<Effect> {
    let now_ms = app.now_ms;
    update(app, Msg::Key(KeyEvent::from(code)), now_ms)
}

fn note(app: &App, tile: usize, label: &str) -> Note {
    let tile = tiles::all(app).into_iter().nth(tile).unwrap();
    tile.all_notes(app).into_iter().find(|note| note.label == label).unwrap()
}

#[test]
fn numbers_come_from_histories_and_info() {
    let app = app(120, 40);
    let [ops, memory, hits, latency, _, clients, _, keys] = tiles::all(&app);
    assert_eq!((ops.value.as_str(), hits.value.as_str(), keys.value.as_str()), ("1.0k", "100 %", "10"));
    assert_eq!(latency.value, "7.0 µs");
    assert_eq!(note(&app, LATENCY, "p99").value, "9.0 µs");
    assert_eq!(memory.usage.unwrap().limit, Some(4_000_000_000));
    assert_eq!(note(&app, 1, "frag").role, Role::Warn);
    assert_eq!(clients.value_role, Role::Bad, "9,500 of 10,000 clients");
    assert_eq!(note(&app, 0, "max").value, "1.0k");
}

#[test]
fn each_panel_tells_more_where_there_is_room() {
    let shown = |width, height| picture(&app(width, height));
    let large = shown(160, 50);
    for words in [
        "5m ",
        "min 1.0k",
        "errors",
        "2.8G / 3.7G",
        "policy",
        "workers 4",
        "with ttl 50.0 %",
        "received",
        "since start",
    ] {
        assert!(large.contains(words), "{words} is not in\n{large}");
    }
    let small = shown(80, 24);
    for words in ["avg 1.0k", "max 1.0k", "errors 0/s", "2.8G / 3.7G"] {
        assert!(small.contains(words), "{words} is not in\n{small}");
    }
}

#[test]
fn without_a_limit_memory_is_measured_by_the_machine() {
    let mut app = app(120, 40);
    update(&mut app, sample(4, true, "maxmemory:0\r\n"), 4_000);
    let usage = tiles::all(&app).into_iter().nth(1).unwrap().usage.unwrap();
    assert_eq!((usage.used, usage.limit), (3_300_000_000, Some(16_000_000_000)));
    assert_eq!(usage.words(60), "3.1G / 14.9G of the machine");
    assert_eq!(usage.words(30), "3.1G / 14.9G");
}

#[test]
fn the_busiest_namespaces_come_first_and_unused_ones_not_at_all() {
    let app = app(120, 40);
    assert_eq!(tail::names_on_top(&app), ["busy", "calm", "idle"]);
    assert_eq!(Overview.wants(&app).visible_namespaces, ["busy", "calm", "idle"]);
}

#[test]
fn keys_move_the_focus_and_zoom_shows_its_panel() {
    let mut app = app(120, 40);
    press(&mut app, KeyCode::Left);
    assert_eq!(focus(&app), EVENTS);
    press(&mut app, KeyCode::Char('l'));
    press(&mut app, KeyCode::Right);
    press(&mut app, KeyCode::Char('e'));
    let zoomed = picture(&app);
    assert!(zoomed.contains("memory") && zoomed.contains("rss, 5m") && !zoomed.contains("hit ratio"), "{zoomed}");
    for _ in 0..PANELS {
        press(&mut app, KeyCode::Right);
        assert!(app.is_zoomed && picture(&app).contains('╭'));
    }
    press(&mut app, KeyCode::Esc);
    assert!(!app.is_zoomed);
    assert!(picture(&app).contains("hit ratio"));
}

#[test]
fn every_panel_draws_at_any_size() {
    let mut app = app(120, 40);
    for (width, height) in [(1, 1_u16), (40, 8), (41, 9), (71, 30), (72, 22), (89, 33), (151, 14), (200, 60)] {
        update(&mut app, Msg::Resize(width, height), 3_000);
        for panel in 0..PANELS {
            for is_zoomed in [false, true] {
                (app.focus, app.is_zoomed) = (panel, is_zoomed);
                assert_eq!(picture(&app).lines().count(), usize::from(height));
            }
        }
    }
}

#[test]
fn enter_goes_to_the_screen_that_tells_more() {
    let mut app = app(120, 40);
    app.focus = 5;
    press(&mut app, KeyCode::Enter);
    assert_eq!(app.tab, Tab::Clients);
    let mut app = self::app(120, 40);
    app.focus = EVENTS;
    press(&mut app, KeyCode::Enter);
    assert_eq!(app.tab, Tab::Overview);
}

#[test]
fn clicks_focus_a_panel_and_then_give_it_the_body() {
    let mut app = app(120, 40);
    let places = Places::of(crate::layout::areas(&app).body);
    let area = places.areas[LATENCY];
    let click = |app: &mut App| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        let modifiers = crossterm::event::KeyModifiers::NONE;
        update(app, Msg::Mouse(MouseEvent { kind, column: area.x + 3, row: area.y + 1, modifiers }), 3_000);
    };
    click(&mut app);
    assert_eq!((focus(&app), app.is_zoomed), (LATENCY, false));
    click(&mut app);
    assert!(app.is_zoomed);
    click(&mut app);
    assert!(!app.is_zoomed);
}

#[test]
fn events_scroll_as_far_as_there_are_any() {
    let mut app = app(120, 40);
    for number in 0..50 {
        app.events.push(number * 1_000, Level::Info, format!("event {number}."));
    }
    app.focus = EVENTS;
    assert!(picture(&app).contains("event 49."));
    for _ in 0..100 {
        press(&mut app, KeyCode::Down);
    }
    let bottom = picture(&app);
    assert!(bottom.contains("event 0.") && !bottom.contains("event 49."), "{bottom}");
    for _ in 0..100 {
        press(&mut app, KeyCode::Up);
    }
    assert!(picture(&app).contains("event 49."));
}

#[test]
fn new_events_lie_over_the_screen_only_where_none_are_listed() {
    let mut app = app(120, 40);
    app.happened(Level::Bad, "it broke");
    assert_eq!(picture(&app).matches(" ! it broke ").count(), 1, "the mark is no part of the words");
    press(&mut app, KeyCode::Char('e'));
    assert_eq!(picture(&app).matches("it broke").count(), 1, "over the panel that has the body");
    app.tell(Level::Info, "nothing is here");
    assert_eq!(picture(&app).matches("nothing is here").count(), 1, "that did not happen to the server");
    assert!(!app.events.newest().any(|event| event.text.contains("nothing")));
}

#[test]
fn saves_are_told_in_words() {
    let mut app = app(120, 40);
    let words = |app: &App| -> String {
        persistence::notes(app).iter().map(|note| format!("{} {};", note.label, note.value)).collect()
    };
    assert_eq!(words(&app), " the server does not tell of saves;");
    let started = "rdb_last_bgsave_time_sec:-1\r\nrdb_last_bgsave_status:ok\r\nrdb_last_save_time:1\r\n";
    update(&mut app, sample(3, true, started), 3_000);
    assert_eq!(words(&app), " no save since the start;");
    let saved = "rdb_last_bgsave_time_sec:0\r\nrdb_last_bgsave_status:ok\r\nrdb_last_save_time:2\r\nrdb_saves:1\r\n\
                 rdb_last_bgsave_bytes:2048\r\nrdb_changes_since_last_save:1234\r\n";
    update(&mut app, sample(4, true, saved), 4_000);
    assert_eq!(words(&app), "last save ok;at 00:00:02 (2s ago);changes since 1,234;took <1 s;size 2.0K;");
    assert!(!Overview.wants(&app).config);
    // What is told of the one that failed is not what the good one took.
    let failed = saved.replace(":ok", ":err").replace("time_sec:0", "time_sec:9");
    update(&mut app, sample(5, true, &failed), 5_000);
    let good = "last good one 00:00:02 (3s ago);changes since 1,234;took <1 s;size 2.0K;";
    assert_eq!(words(&app), format!("last save FAILED;{good}"));
    assert_eq!(persistence::notes(&app)[0].role, Role::Bad);
    assert!(Overview.wants(&app).config, "whether writes are refused is a setting");
    let Msg::Sample(mut refusing) = sample(6, true, &failed) else { unreachable!("it is one") };
    let setting = Setting { name: "stop-writes-on-bgsave-error".into(), value: "yes".into() };
    refusing.config = Some(Arc::new(vec![setting]));
    update(&mut app, Msg::Sample(refusing), 6_000);
    assert!(words(&app).starts_with("last save FAILED, writes are refused;"), "{}", words(&app));
    let running = "rdb_bgsave_in_progress:1\r\ncurrent_save_keys_processed:5\r\ncurrent_save_keys_total:10\r\n";
    update(&mut app, sample(7, true, running), 7_000);
    assert_eq!(persistence::work(&app).unwrap().share, 0.5);
    assert!(picture(&app).contains("50.0 %"));
}

#[test]
fn a_plain_server_has_databases() {
    let mut app = App::new(Options::default(), Size::new(120, 40));
    update(&mut app, sample(1, false, ""), 1_000);
    let picture = picture(&app);
    assert!(picture.contains("databases by keys") && picture.contains("with ttl %"), "{picture}");
}

#[test]
fn what_is_focused_is_copied_and_all_is_exported() {
    let mut app = app(120, 40);
    assert_eq!(Overview.copy(&app).unwrap(), "ops/s  1.0k  5m  min 1.0k  avg 1.0k  max 1.0k  errors 0/s");
    app.focus = NAMESPACES;
    assert_eq!(Overview.copy(&app).unwrap(), "top namespaces  busy calm idle");
    let (extension, contents) = Overview.export(&app, Format::Json).unwrap();
    let value: serde_json::Value = serde_json::from_str(&contents).unwrap();
    assert_eq!((extension, &value["version"], &value["view"]), ("json", &1.into(), &"overview".into()));
    assert_eq!(value["rows"][0]["ops_per_second"], 1000.0);
    assert!(value["rows"][0]["cpu_cores"].is_null(), "not told is not zero");
}
