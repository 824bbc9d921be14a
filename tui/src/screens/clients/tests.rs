use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Size;

use super::*;
use crate::state::msg::Msg;
use crate::state::sample::{Info, Namespace, Sample, Server};
use crate::state::update::update;
use crate::state::{Options, Overlay, requests};
use crate::testing::{picture, press, sent};

const LIST: &str = "\
    id=3 addr=10.0.0.7:51112 laddr=10.0.0.1:6379 fd=8 name=web-1 age=7200 idle=0 flags=N db=0 multi=-1 obl=0 omem=0 \
    tot-mem=1000 cmd=get user=default lib-name=redis-py lib-ver=8 resp=3 events=r\n\
    id=12 addr=10.0.0.9:40010 laddr=10.0.0.1:6379 fd=9 name=q age=300 idle=5 flags=b db=20 multi=-1 obl=7 omem=2097152 \
    tot-mem=3000000 cmd=blmove user=default lib-name=ioredis lib-ver=6 resp=2 events=rw tot-cmds=77\n\
    id=5 addr=10.0.0.9:40011 laddr=10.0.0.1:6379 fd=10 name=\x1b[2J age=1 idle=1 flags=xU db=1 multi=3 obl=0 omem=0 \
    tot-mem=2000 cmd=multi user=ops lib-name= lib-ver= resp=2 events=r\n\
    id=6 addr=127.0.0.1:1 laddr=127.0.0.1:6379 fd=11 name=rkvs-tui age=1 idle=0 flags=N db=0 multi=-1 obl=0 omem=0 \
    tot-mem=500 cmd=client|list user=default lib-name=rkvs-tui lib-ver=0 resp=3 events=r\n\
    id=7 addr=127.0.0.1:2 laddr=127.0.0.1:6379 fd=12 name=rkvs-tui age=1 idle=0 flags=N db=0 multi=-1 obl=0 omem=0 \
    tot-mem=500 cmd=ping user=default lib-name=rkvs-tui lib-ver=0 resp=3 events=r\n";

fn sample(list: &str) -> Sample {
    let server = Server { address: "h:1".into(), rkvs_version: Some("0.4.0".into()), redis_version: None };
    let sessions = Namespace { db: Some(20), ..Namespace::named("sessions".into()) };
    let mut clients = ClientList::parse(list);
    clients.own_id = Some(6);
    Sample {
        at_ms: 1_000,
        server,
        namespaces: Some(Arc::new(vec![sessions])),
        clients: Some(Arc::new(clients)),
        ..Sample::default()
    }
}

fn app(list: &str) -> App {
    let mut app = App::new(Options { tab: Tab::Clients, ..Options::default() }, Size::new(120, 40));
    update(&mut app, Msg::Sample(Box::new(sample(list))), 1_000);
    app
}

fn ids(app: &App) -> Vec<u64> {
    app.list().rows.iter().filter_map(|row| row.id.as_number()).collect()
}

/// Answers the request for the id of the acting connection.
fn own_id(app: &mut App, id: i64) {
    let request = Request::read(Tab::Clients, OWN_ID, "own id", Vec::new());
    update(app, Msg::Answer(request.answer(Ok(vec![Value::Integer(id)]))), 2_000);
}

#[test]
fn filters_go_by_what_is_shown_and_by_any_field_that_is_named() {
    let cases: [(&str, &[u64]); 16] = [
        ("age=2h", &[3]),
        ("output=2.0M", &[12]),
        ("idle=0s !cmd=client", &[3, 7]),
        ("memory=500B", &[6, 7]),
        ("memory=2.0k", &[5]),
        ("", &[3, 5, 6, 7, 12]),
        ("lib=redis-py", &[3]),
        ("addr=10.0.0.9", &[5, 12]),
        ("db=2", &[]),
        ("ns=sessions", &[12]),
        ("flags=b", &[12]),
        ("state=unix", &[5]),
        ("user=ops", &[5]),
        ("laddr=10.0.0.1", &[3, 5, 12]),
        ("10.0.0.1:6379", &[]),
        ("!name=rkvs !cmd=get", &[5, 12]),
    ];
    for (filter, fitting) in cases {
        let mut app = app(LIST);
        press(&mut app, &format!("/{filter}⏎"));
        assert_eq!(ids(&app), fitting, "{filter}");
    }
}

#[test]
fn columns_sort_and_what_is_unknown_is_last() {
    let mut app = app(LIST);
    let mut order = |column: usize| {
        app.list_of_mut(Tab::Clients).sort_by(column);
        update(&mut app, Msg::Tick, 2_000);
        ids(&app)
    };
    assert_eq!(order(4)[..2], [3, 12], "the oldest first");
    assert_eq!(order(7)[0], 12, "most output first");
    assert_eq!(order(9), [12, 3, 6, 7, 5], "those without a library last");
}

#[test]
fn a_click_on_a_heading_sorts() {
    let mut app = app(LIST);
    let picture = picture(&app);
    let (row, line) = picture.lines().enumerate().find(|(_, line)| line.contains("address")).unwrap();
    // A line of the picture is in quotes.
    let column = line[..line.find("idle").unwrap()].chars().count() - 1;
    let click = crossterm::event::MouseEvent {
        kind: crossterm::event::MouseEventKind::Down(crossterm::event::MouseButton::Left),
        column: column as u16,
        row: row as u16,
        modifiers: crossterm::event::KeyModifiers::NONE,
    };
    update(&mut app, Msg::Mouse(click), 2_000);
    assert_eq!((app.list().sort, ids(&app)[0]), (5, 12), "the longest idle first");
}

#[test]
fn a_client_is_killed_by_id_and_never_the_dashboard() {
    let mut app = app(LIST);
    assert_eq!(sent(&press(&mut app, "x⏎")), [""; 0], "Cancel has the focus");
    assert_eq!(sent(&press(&mut app, "x⇥⏎")), ["CLIENT KILL ID 3 ADDR 10.0.0.7:51112 SKIPME YES"]);
    press(&mut app, "jj");
    assert_eq!(app.list().selected, Some(6.into()));
    assert_eq!(sent(&press(&mut app, "x⇥⏎")), [""; 0]);
    press(&mut app, "⎋k");
    update(&mut app, Msg::Key(KeyEvent::from(KeyCode::Char(' '))), 2_000);
    update(&mut app, Msg::Sample(Box::new(sample("id=9 addr=a:1\n"))), 3_000);
    assert_eq!(sent(&press(&mut app, "x⇥⏎")), [""; 0], "it is gone, though the paused picture shows it");
}

#[test]
fn all_that_fit_are_killed_but_for_the_connections_of_the_dashboard() {
    let mut app = app(LIST);
    press(&mut app, "/!cmd=get⏎");
    assert_eq!(sent(&press(&mut app, "X")), ["CLIENT ID"]);
    own_id(&mut app, 7);
    let picture = picture(&app);
    assert!(picture.contains("2 of 5, never this dashboard") && picture.contains("!cmd=get"), "{picture}");
    assert_eq!(
        sent(&press(&mut app, "⇥⏎")),
        ["CLIENT KILL ID 12 ADDR 10.0.0.9:40010 SKIPME YES", "CLIENT KILL ID 5 ADDR 10.0.0.9:40011 SKIPME YES"],
        "in the server's order"
    );
    let request = requests::kill(&[(12, ""), (5, "")]).reply_to(Tab::Clients, KILL);
    update(&mut app, Msg::Answer(request.answer(Ok(vec![Value::Integer(1), Value::Integer(0)]))), 3_000);
    assert!(app.events.newest().any(|event| event.text == "1 killed; 1 had left already"));
}

#[test]
fn an_id_that_is_anothers_since_the_server_was_started_anew_kills_nobody() {
    let mut app = app(LIST);
    press(&mut app, " ");
    assert!(app.is_paused());
    let mut anew = sample(&LIST.replace("addr=10.", "addr=11."));
    anew.at_ms = 2_000;
    anew.info = Info::parse("run_id:2").into();
    update(&mut app, Msg::Sample(Box::new(anew)), 2_000);
    press(&mut app, "x");
    assert!(matches!(app.overlays.pop(), Some(Overlay::Dialog(dialog)) if !dialog.is_question()));
}

#[test]
fn without_a_filter_the_number_must_be_typed() {
    let mut app = app(LIST);
    press(&mut app, "X");
    own_id(&mut app, 7);
    assert_eq!(sent(&press(&mut app, "⏎⇥⏎")), [""; 0]);
    assert_eq!(sent(&press(&mut app, "3⏎⇥⏎")).len(), 3);
    press(&mut app, "X");
    press(&mut app, "7");
    own_id(&mut app, 7);
    assert!(app.overlays.is_empty(), "whoever left the screen meanwhile is not asked");
}

#[test]
fn a_filter_looks_at_as_much_of_a_name_as_people_do() {
    let name = format!("needle{}haystack", "x".repeat(VALUE_SIZE_MAX));
    let mut app = app(&LIST.replace("name=web-1", &format!("name={name}")));
    for (filter, fitting) in [("needle", 1), ("haystack", 0), ("name=haystack", 0)] {
        press(&mut app, &format!("/{filter}⏎"));
        assert_eq!(ids(&app).len(), fitting, "{filter}");
        press(&mut app, "⎋");
    }
}

#[test]
fn readonly_refuses_without_asking_the_server() {
    let mut app = app(LIST);
    app.options.is_readonly = true;
    for keys in ["x", "X"] {
        assert_eq!(sent(&press(&mut app, keys)), [""; 0]);
        assert!(matches!(app.overlays.pop(), Some(Overlay::Dialog(dialog)) if !dialog.is_question()));
    }
}

#[test]
fn details_tell_every_field_once_and_scroll() {
    let mut app = app(LIST);
    app.size = Size::new(120, 50);
    press(&mut app, "G⏎");
    let picture = picture(&app);
    for text in ["client 12", "namespace sessions", "b  blocked: waits in a blocking", "tot-cmds", "5m (300 s)"] {
        assert!(picture.contains(text), "{text}\n{picture}");
    }
    update(&mut app, Msg::Resize(60, 16), 2_000);
    press(&mut app, &"J".repeat(99));
    let bottom = picture_lines(&app);
    assert!(bottom.iter().any(|line| line.contains("tot-cmds")), "{bottom:?}");
    press(&mut app, "K");
    assert!(!picture_lines(&app).iter().any(|line| line.contains("tot-cmds")), "one step back leaves the end");
    press(&mut app, "k");
    assert!(picture_lines(&app).iter().any(|line| line.contains("10.0.0.9:40011") || line.contains("127.0.0.1")));
}

fn picture_lines(app: &App) -> Vec<String> {
    picture(app).lines().map(str::to_owned).collect()
}

#[test]
fn names_are_harmless_on_the_screen_and_exact_in_a_file() {
    let mut app = app(LIST);
    assert!(picture(&app).contains(r"\x1b[2J"));
    press(&mut app, "/id=5⏎");
    let effects = press(&mut app, "o");
    let [Effect::Export { file, contents }] = &effects[..] else { panic!("{effects:?}") };
    assert!(file.ends_with(".json"));
    let rows: serde_json::Value = serde_json::from_str(contents).unwrap();
    assert_eq!(
        (rows["rows"].as_array().map(Vec::len), &rows["rows"][0]["name"], &rows["rows"][0]["db"]),
        (Some(1), &"\x1b[2J".into(), &1.into())
    );
    assert!(
        press(&mut app, "y")
            .iter()
            .any(|effect| matches!(effect, Effect::Copy(text) if text.starts_with("id=5 addr=")))
    );
}

#[test]
fn a_server_that_tells_little_is_shown_as_far_as_it_goes() {
    let app = app("id=1 addr=/tmp/s:0\nid=2\n");
    let picture = picture(&app);
    assert!(picture.contains("/tmp/s:0") && picture.contains("(does not say)"), "{picture}");
    let mut app = App::new(Options { tab: Tab::Clients, ..Options::default() }, Size::new(80, 24));
    update(&mut app, Msg::Sample(Box::new(Sample { at_ms: 1, ..Sample::default() })), 1_000);
    assert!(self::picture(&app).contains("no clients"));
}

#[test]
fn both_own_connections_are_named_and_stay() {
    let mut app = app(LIST);
    update(&mut app, Msg::ActsAs(7), 1_500);
    for (id, words) in [(6, "dashboard itself: polls"), (7, "dashboard itself: requests")] {
        press(&mut app, &format!("/id={id}⏎⏎"));
        assert!(picture(&app).contains(words), "{id} {}", picture(&app));
        press(&mut app, "x");
        assert!(picture(&app).contains("That is this dashboard itself."));
        press(&mut app, "⎋⎋⎋");
    }
}
