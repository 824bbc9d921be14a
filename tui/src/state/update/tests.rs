use crossterm::event::KeyModifiers;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::state::Options;
use crate::state::dialog::Dialog;
use crate::state::msg::Request;
use crate::state::sample::{Info, Namespace, Resize, Server};
use crate::value::Value;

fn sample(at_ms: u64, info: &str) -> Sample {
    let server = Server { address: "h:1".into(), rkvs_version: Some("0.4.0".into()), redis_version: None };
    let namespace = |name: &str, keys| Namespace {
        keys: Some(keys),
        shards: Some(4),
        db: Some(keys),
        polled_at_ms: at_ms,
        ..Namespace::named(name.into())
    };
    let namespaces = vec![namespace("a", 3), namespace("b", 1), namespace("c", 2)];
    Sample {
        at_ms,
        server,
        info: Arc::new(Info::parse(info)),
        namespaces: Some(Arc::new(namespaces)),
        ..Sample::default()
    }
}

fn app() -> App {
    let mut app = App::new(Options::default(), Size::new(100, 24));
    update(&mut app, Msg::Sample(Box::new(sample(1_000, "run_id:1\r\n"))), 1_000);
    app
}

fn readonly() -> App {
    let mut app = app();
    app.options.is_readonly = true;
    app
}

/// Presses keys: characters stand for themselves, `⏎ ⎋ ⇥` for Enter, Esc, Tab.
fn type_in(app: &mut App, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in keys.chars() {
        let code = match key {
            '⏎' => KeyCode::Enter,
            '⎋' => KeyCode::Esc,
            '⇥' => KeyCode::Tab,
            '↓' => KeyCode::Down,
            key => KeyCode::Char(key),
        };
        let now_ms = app.now_ms + 10;
        effects.extend(update(app, Msg::Key(KeyEvent::from(code)), now_ms));
    }
    effects
}

fn requests(effects: &[Effect]) -> Vec<String> {
    let commands = effects.iter().filter_map(|effect| if let Effect::Run(run) = effect { Some(run) } else { None });
    let words = commands.flat_map(|request| &request.commands).map(|words| {
        let words: Vec<_> = words.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        words.join(" ")
    });
    words.collect()
}

fn picture(app: &App) -> String {
    let mut terminal = Terminal::new(TestBackend::new(app.size.width, app.size.height)).unwrap();
    terminal.draw(|frame| view::view(app, frame)).unwrap();
    terminal.backend().to_string()
}

#[test]
fn tabs_are_reached_by_digit_and_around() {
    let mut app = app();
    let effects = type_in(&mut app, "4");
    assert_eq!(app.tab, Tab::Clients);
    assert!(matches!(&effects[..], [Effect::SetWants(wants)] if wants.clients));
    type_in(&mut app, "9⇥");
    assert_eq!(app.tab, Tab::Overview);
    update(&mut app, Msg::Key(KeyEvent::from(KeyCode::BackTab)), 0);
    assert_eq!(app.tab, Tab::Keys);
}

#[test]
fn a_plain_server_has_no_shards() {
    let mut app = app();
    type_in(&mut app, "5");
    assert_eq!(app.tab, Tab::Shards);
    let mut plain = sample(2_000, "run_id:1\r\n");
    plain.server.rkvs_version = None;
    update(&mut app, Msg::Sample(Box::new(plain)), 2_000);
    assert_eq!(app.tab, Tab::Overview);
    type_in(&mut app, "5");
    assert_eq!(app.tab, Tab::Overview);
    assert!(app.events.newest().next().is_some_and(|event| event.text.contains("Shards")));
    assert!(!picture(&app).contains("5 Shards"));
}

#[test]
fn what_is_selected_stays_so_while_the_order_changes() {
    let mut app = app();
    type_in(&mut app, "2j");
    assert_eq!(app.list().selected, Some("b".into()));
    type_in(&mut app, "sss");
    assert_eq!(app.list().selected, Some("b".into()));
    let ids: Vec<_> = app.list().rows.iter().filter_map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["a", "c", "b"], "most keys first");
    type_in(&mut app, "r");
    assert_eq!(app.list().position(), Some(0));
}

#[test]
fn a_filter_works_while_it_is_typed_and_esc_takes_it_back() {
    let mut app = app();
    type_in(&mut app, "2/!b");
    assert_eq!(app.list().rows.len(), 2);
    assert!(picture(&app).contains("/!b"));
    type_in(&mut app, "⏎");
    assert_eq!((app.list().rows.len(), app.overlays.len()), (2, 0));
    type_in(&mut app, "⎋");
    assert_eq!((app.list().rows.len(), app.tab), (3, Tab::Namespaces));
}

#[test]
fn a_save_asks_first_and_cancel_has_the_focus() {
    let mut app = app();
    type_in(&mut app, "b");
    let picture = picture(&app);
    assert!(picture.contains("h:1 (rkvs 0.4.0)") && picture.contains("[ Cancel ]"), "{picture}");
    assert_eq!(requests(&type_in(&mut app, "⏎")), [""; 0]);
    assert!(app.overlays.is_empty());
    assert_eq!(requests(&type_in(&mut app, "b⇥⏎")), ["BGSAVE"]);
    assert!(app.overlays.is_empty());
}

#[test]
fn a_resize_names_the_selected_namespace_and_checks_the_number() {
    let mut app = app();
    type_in(&mut app, "2jR");
    update(&mut app, Msg::Key(KeyEvent::from(KeyCode::Backspace)), 0);
    assert_eq!(requests(&type_in(&mut app, "x⏎⇥⏎")), [""; 0]);
    assert_eq!(app.overlays.len(), 1);
    update(&mut app, Msg::Key(KeyEvent::from(KeyCode::Backspace)), 0);
    assert_eq!(requests(&type_in(&mut app, "16⏎⇥⏎")), ["NAMESPACE RESIZE b 16"]);
    assert_eq!(requests(&type_in(&mut app, ":resize 64⏎⏎⇥⏎")), ["NAMESPACE RESIZE b 64"]);
}

#[test]
fn readonly_refuses_dialogs_and_whatever_gets_past_them() {
    let mut app = readonly();
    for keys in ["b⇥⏎", "B⇥⏎", "2R⏎⏎⇥⏎", "c⇥⏎", ":bgsave⏎⇥⏎", ":resize 9⏎⏎⇥⏎"] {
        assert_eq!(requests(&type_in(&mut app, keys)), [""; 0], "{keys}");
        app.overlays.clear();
    }
    // A dialog that was opened in another way.
    let confirm = |_: &[String]| Ok(vec![Effect::Run(Request::change("x", ["SAVE"]))]);
    app.overlays.push(Overlay::Dialog(Dialog::confirm("x", "x", confirm)));
    assert_eq!(requests(&type_in(&mut app, "⇥⏎")), [""; 0]);
    assert!(app.events.newest().next().is_some_and(|event| event.text.contains("refused")));
}

#[test]
fn pause_freezes_the_picture_but_not_the_history() {
    let mut app = app();
    type_in(&mut app, " ");
    update(&mut app, Msg::Sample(Box::new(sample(2_000, "run_id:1\r\nused_memory:5\r\n"))), 2_000);
    assert_eq!((app.sample().at_ms, app.latest().at_ms, app.window().to_ms), (1_000, 2_000, 1_000));
    assert!(picture(&app).contains("PAUSED"));
    type_in(&mut app, " ");
    assert_eq!((app.sample().at_ms, app.window().to_ms), (2_000, 2_000));
    let used = app.history.server(crate::state::history::ServerMetric::UsedBytes).at(2_000);
    assert_eq!(used, Some(5.0));
}

#[test]
fn a_lost_connection_shows_why_until_it_is_back() {
    let mut app = app();
    let lost = |retry_at_ms| Msg::Disconnected { error: "refused\u{1b}[2J".into(), retry_at_ms };
    update(&mut app, lost(5_000), 2_000);
    update(&mut app, lost(9_000), 5_000);
    let picture = picture(&app);
    assert!(picture.contains("DISCONNECTED") && picture.contains("retry 4s"), "{picture}");
    assert!(!picture.contains('\u{1b}'));
    let told = app.events.newest().filter(|event| event.text.starts_with("disconnected")).count();
    assert_eq!(told, 1, "the same reason is told once");
    update(&mut app, Msg::Sample(Box::new(sample(9_000, "run_id:2\r\n"))), 9_000);
    assert_eq!(app.connection, Connection::Connected);
    assert!(app.events.newest().any(|event| event.text.contains("restarted")));
}

#[test]
fn answers_become_events_and_a_poll() {
    let mut app = app();
    let request = Request::change("save", ["SAVE"]);
    let effects = update(&mut app, Msg::Answer(request.answer(Ok(vec![Value::Error("ERR no".into())]))), 2_000);
    assert_eq!(effects, [Effect::PollNow]);
    assert_eq!(app.events.newest().next().map(|event| event.text.as_str()), Some("save: ERR no"));
    update(&mut app, Msg::Answer(request.answer(Ok(vec![Value::Bytes(b"OK".to_vec())]))), 2_000);
    assert_eq!(app.events.newest().next().map(|event| event.text.as_str()), Some("save: ok"));
}

#[test]
fn a_resize_that_ends_is_told() {
    let mut app = app();
    let at = |at_ms, shards, resize| {
        let mut sample = sample(at_ms, "run_id:1\r\n");
        let mut namespaces = sample.namespaces.as_deref().cloned().unwrap();
        (namespaces[1].shards, namespaces[1].resize) = (Some(shards), resize);
        sample.namespaces = Some(Arc::new(namespaces));
        Msg::Sample(Box::new(sample))
    };
    let moving = Resize { state: "moving".into(), target: 8, ..Resize::default() };
    for (at_ms, shards, told) in
        [(2_000, 8, "resize of b done: 8 shards"), (4_000, 4, "resize of b taken back: 4 shards")]
    {
        update(&mut app, at(at_ms, 4, Some(moving.clone())), at_ms);
        update(&mut app, at(at_ms + 1_000, shards, None), at_ms + 1_000);
        assert_eq!(app.events.newest().next().map(|event| event.text.as_str()), Some(told));
    }
}

#[test]
fn what_is_pasted_does_not_act() {
    let mut app = app();
    assert_eq!(update(&mut app, Msg::Paste("bq\n".into()), 2_000), []);
    assert!(app.overlays.is_empty());
    type_in(&mut app, ":");
    update(&mut app, Msg::Paste("ns\n".into()), 2_000);
    type_in(&mut app, "⏎");
    assert_eq!(app.tab, Tab::Namespaces);
}

#[test]
fn a_released_key_does_nothing() {
    let mut app = app();
    let mut key = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
    key.kind = KeyEventKind::Release;
    assert_eq!(update(&mut app, Msg::Key(key), 2_000), []);
    assert_eq!(type_in(&mut app, "q"), [Effect::Quit]);
}

#[test]
fn the_palette_chooses_sets_and_complains() {
    let mut app = app();
    assert_eq!(type_in(&mut app, ":interval 2⏎"), [Effect::SetIntervalMs(2_000)]);
    assert_eq!(type_in(&mut app, "-"), [Effect::SetIntervalMs(1_000)]);
    type_in(&mut app, ":theme mono⏎");
    assert_eq!(app.options.theme.palette, Palette::Mono);
    type_in(&mut app, ":keys b⏎");
    assert_eq!((app.tab, app.namespace.as_deref()), (Tab::Keys, Some("b")));
    type_in(&mut app, ":window x⏎");
    assert!(app.events.newest().next().is_some_and(|event| event.text.contains("window")));
    type_in(&mut app, ":zzz⏎");
    assert_eq!(app.overlays.len(), 1, "what cannot be done stays to be changed");
    type_in(&mut app, "⎋");
    assert_eq!(app.overlays.len(), 0);
}

#[test]
fn the_mouse_selects_rows_tabs_and_buttons() {
    let mut app = app();
    let click = |app: &mut App, text: &str| {
        let picture = picture(app);
        let (row, line) = picture.lines().enumerate().find(|(_, line)| line.contains(text)).unwrap();
        let column = line[..line.find(text).unwrap()].chars().count() - 1;
        let at = (column as u16, row as u16);
        let kind = MouseEventKind::Down(MouseButton::Left);
        let event = MouseEvent { kind, column: at.0, row: at.1, modifiers: KeyModifiers::NONE };
        update(app, Msg::Mouse(event), 2_000)
    };
    click(&mut app, "Namespaces");
    assert_eq!(app.tab, Tab::Namespaces);
    click(&mut app, "c   ");
    assert_eq!(app.list().selected, Some("c".into()));
    type_in(&mut app, "b");
    assert_eq!(requests(&click(&mut app, "Background")), [""; 0], "the title is no button");
    assert_eq!(click(&mut app, "Cancel"), []);
    assert!(app.overlays.is_empty());
}
