use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Size;

use super::*;
use crate::output::Format;
use crate::state::msg::Msg;
use crate::state::sample::{Info, Resize, Sample, Server};
use crate::state::update::update;
use crate::state::{Options, Overlay};
use crate::testing::{self, picture};

fn namespace(name: &str, db: u64, ops: u64) -> Namespace {
    Namespace {
        db: Some(db),
        shards: Some(4),
        keys: Some(ops * 10),
        expires: Some(0),
        used_bytes: Some(ops * 1_000),
        ops_per_sec: Some(ops),
        maxmemory: Some(0),
        polled_at_ms: 1_000,
        ..Namespace::named(name.into())
    }
}

fn app_of(namespaces: Vec<Namespace>, rkvs: bool) -> App {
    let server = Server {
        address: "h:1".into(),
        rkvs_version: rkvs.then(|| "0.4.0".into()),
        redis_version: Some("7.0.15".into()),
    };
    let sample = Sample {
        at_ms: 1_000,
        server,
        info: Arc::new(Info::parse("run_id:1\r\n")),
        namespaces: Some(Arc::new(namespaces)),
        ..Sample::default()
    };
    let options = Options { tab: Tab::Namespaces, ..Options::default() };
    let mut app = App::new(options, Size::new(120, 40));
    update(&mut app, Msg::Sample(Box::new(sample)), 1_000);
    app
}

fn app() -> App {
    app_of(vec![namespace("0", 0, 0), namespace("1", 1, 0), namespace("10", 10, 0), namespace("busy", 20, 9)], true)
}

fn order(app: &App) -> Vec<&str> {
    app.list().rows.iter().filter_map(|row| row.id.as_str()).collect()
}

/// Presses keys; what is sent then.
fn press(app: &mut App, keys: &str) -> Vec<String> {
    testing::sent(&testing::press(app, keys))
}

#[test]
fn the_busiest_come_first_and_the_idle_ones_stay_in_their_order() {
    let mut app = app();
    assert_eq!(order(&app), ["busy", "0", "1", "10"]);
    press(&mut app, "s");
    assert_eq!(order(&app), ["0", "1", "10", "busy"], "by name");
    press(&mut app, "/bu⏎");
    assert_eq!(order(&app), ["busy"]);
    press(&mut app, "⎋/db=10⏎");
    assert_eq!(order(&app), ["10"]);
}

#[test]
fn any_column_is_filtered_by_what_its_cells_show() {
    let mut app = app();
    for (filter, shown) in [
        ("keys=0", vec!["0", "1", "10"]),
        ("keys=90", vec!["busy"]),
        ("memory=8.8K", vec!["busy"]),
        ("use%=-", vec!["busy", "0", "1", "10"]),
        ("shards=4 !ops/s=0", vec!["busy"]),
        ("shards=64", vec![]),
    ] {
        press(&mut app, &format!("/⌫{filter}⏎"));
        assert_eq!(order(&app), shown, "{filter}");
    }
    let mut app = app_of(vec![namespace("0", 0, 1), namespace("3", 3, 9)], false);
    press(&mut app, "/keys=90 avgttl=-⏎");
    assert_eq!(order(&app), ["3"]);
}

#[test]
fn equal_rows_stand_in_the_order_of_their_numbers() {
    let mut app = app_of(["10", "2", "b", "1"].map(|name| namespace(name, 1, 1)).to_vec(), true);
    for _ in 0..app.list().rows.len() {
        press(&mut app, "s");
        assert_eq!(order(&app), ["1", "2", "10", "b"]);
    }
}

#[test]
fn actions_are_about_the_selected_one() {
    let cases = [
        ("R⏎⇥⏎", "NAMESPACE RESIZE busy 8"),
        ("xbusy⏎⇥⏎", "NAMESPACE DELETE busy"),
        ("Xbusy⏎⇥⏎", "busy> FLUSHDB ASYNC"),
        ("w⏎⇥⏎", "NAMESPACE SAVE busy"),
        ("lf⏎⏎⇥⏎", "NAMESPACE LOAD f"),
        ("nnew⏎⏎⏎⏎⏎⏎⇥⏎", "NAMESPACE CREATE new"),
        ("a⏎⏎⇥⏎", "NAMESPACE AUTOSAVE SET busy SECONDS 300 KEEP 5"),
    ];
    for (keys, sends) in cases {
        let mut app = app();
        assert_eq!(press(&mut app, keys), [sends], "{keys}");
    }
    for keys in ["R⏎⏎", "xbusy⏎⏎"] {
        assert_eq!(press(&mut app(), keys), [""; 0], "Enter alone leads to Cancel: {keys}");
    }
    let mut app = app();
    assert_eq!(press(&mut app, "R⏎⇥⏎"), ["NAMESPACE RESIZE busy 8"]);
    press(&mut app, "c");
    assert!(app.overlays.is_empty(), "there is nothing to cancel");
    press(&mut app, "K");
    assert_eq!((app.tab, app.namespace.as_deref()), (Tab::Keys, Some("busy")));
    press(&mut app, "2jh");
    assert_eq!((app.tab, app.namespace.as_deref()), (Tab::Shards, Some("0")));
}

#[test]
fn a_resize_can_be_cancelled() {
    let resize = Resize { state: "moving".into(), target: 64, ..Resize::default() };
    let mut app = app_of(vec![Namespace { resize: Some(resize), ..namespace("busy", 20, 9) }], true);
    assert!(picture(&app).contains("4→64"));
    assert_eq!(press(&mut app, "c⇥⏎"), ["NAMESPACE RESIZE busy CANCEL"]);
}

#[test]
fn nothing_is_changed_when_the_dashboard_only_reads() {
    for key in ["R", "x", "X", "w", "l", "n", "a", "L"] {
        let mut app = app();
        app.options.is_readonly = true;
        assert!(press(&mut app, key).is_empty());
        assert!(matches!(&app.overlays[..], [Overlay::Dialog(dialog)] if !dialog.is_question()), "{key}");
    }
}

#[test]
fn a_plain_server_has_databases_that_can_be_flushed() {
    let mut app = app_of(vec![namespace("0", 0, 1), namespace("3", 3, 9)], false);
    assert_eq!(order(&app), ["3", "0"], "most keys first");
    assert!(picture(&app).contains("databases 2") && picture(&app).contains("avg ttl"));
    for key in ["R", "x", "w", "l", "n", "a", "L", "h"] {
        press(&mut app, key);
        assert!(app.overlays.is_empty() && app.tab == Tab::Namespaces, "{key}");
    }
    press(&mut app, "X");
    assert!(picture(&app).contains("│ database"), "a plain server's word: {}", picture(&app));
    assert!(!picture(&app).contains("limits"), "databases have none: {}", picture(&app));
    assert_eq!(press(&mut app, "3⏎⇥⏎"), ["3> FLUSHDB ASYNC"]);
}

#[test]
fn details_open_beside_the_table_or_over_it_and_follow_the_selection() {
    let mut app = app();
    press(&mut app, "⏎");
    assert!(picture(&app).contains("╭ busy ─") && picture(&app).contains("hit%"));
    press(&mut app, "j");
    assert!(picture(&app).contains("╭ 0 ─"));
    update(&mut app, Msg::Resize(80, 24), 1_000);
    assert!(picture(&app).contains("database") && !picture(&app).contains("hit%"));
    update(&mut app, Msg::Resize(40, 8), 1_000);
    assert!(picture(&app).contains(" namespace   0"), "{}", picture(&app));
    update(&mut app, Msg::Resize(80, 24), 1_000);
    press(&mut app, "⎋");
    assert!(picture(&app).contains("hit%"));
}

#[test]
fn headings_sort_and_charts_take_the_focus() {
    let mut app = app();
    let body = layout::areas(&app).body;
    let parts = parts(&app, body);
    let click = |app: &mut App, column, row| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        let event = MouseEvent { kind, column, row, modifiers: crossterm::event::KeyModifiers::NONE };
        update(app, Msg::Mouse(event), 1_000);
    };
    let rows = parts.rows();
    click(&mut app, rows.x + 2, rows.y);
    assert_eq!(order(&app), ["0", "1", "10", "busy"]);
    let chart = parts.charts[1].1;
    click(&mut app, chart.x + 1, chart.y + 1);
    press(&mut app, "Ge");
    assert!(picture(&app).contains("busy · memory") && !picture(&app).contains("ops trend"));
    update(&mut app, Msg::Key(KeyEvent::from(KeyCode::Right)), 1_000);
    assert!(picture(&app).contains("busy · hit ratio") && !picture(&app).contains("busy · memory"));
    press(&mut app, "⎋");
    click(&mut app, rows.x + 2, rows.y + 4);
    assert_eq!(app.list().selected, Some("busy".into()));
}

#[test]
fn what_is_shown_is_exported_in_its_order() {
    let mut app = app();
    press(&mut app, "/!1⏎");
    let (ending, text) = Namespaces.export(&app, Format::Json).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let names: Vec<_> = value["rows"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!((ending, names), ("json", vec!["busy", "0"]));
}
