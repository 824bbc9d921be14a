use std::sync::Arc;

use ratatui::layout::Size;

use super::*;
use crate::state::msg::Msg;
use crate::state::sample::{Info, Sample, Server};
use crate::state::update::update;
use crate::state::{Options, Overlay};
use crate::testing::{picture, press};
use crate::value::Value;

fn told(at_ms: u64, settings: &[(&str, &str)]) -> Msg {
    let words = settings.iter().flat_map(|(name, value)| [name, value]);
    let reply = Value::Array(words.map(|word| Value::Bytes(word.as_bytes().to_vec())).collect());
    Msg::Sample(Box::new(Sample {
        at_ms,
        server: Server { address: "h:1".into(), ..Server::default() },
        info: Arc::new(Info::parse("config_file:/etc/redis.conf\r\n")),
        config: Some(Arc::new(Setting::from_reply(&reply))),
        ..Sample::default()
    }))
}

const SETTINGS: [(&str, &str); 5] =
    [("maxmemory", "104857600"), ("requirepass", "s3cret"), ("save", "3600 1 300 100"), ("timeout", "0"), ("zzz", "")];

fn app() -> App {
    let mut app = App::new(Options { tab: Tab::Config, ..Options::default() }, Size::new(120, 40));
    update(&mut app, told(1_000, &SETTINGS), 1_000);
    app
}

fn sent(effects: &[Effect]) -> Vec<Vec<String>> {
    let requests =
        effects.iter().filter_map(|effect| if let Effect::Run(request) = effect { Some(request) } else { None });
    let text = |word: &Vec<u8>| String::from_utf8_lossy(word).into_owned();
    requests.flat_map(|request| request.commands.iter().map(move |words| words.iter().map(text).collect())).collect()
}

#[test]
fn old_new_and_the_command_show_while_the_value_is_typed() {
    let mut app = app();
    press(&mut app, "⏎⌫200mb");
    let picture = picture(&app);
    assert!(picture.contains("104857600 → 200mb") && picture.contains("CONFIG SET maxmemory 200mb"), "{picture}");
    assert_eq!(sent(&press(&mut app, "⏎⇥⏎")), [["CONFIG", "SET", "maxmemory", "200mb"]]);
    press(&mut app, "jj⏎⌫60 1");
    assert!(self::picture(&app).contains("CONFIG SET save \"60 1\""));
    assert_eq!(sent(&press(&mut app, "⏎⇥⏎")), [["CONFIG", "SET", "save", "60 1"]]);
}

#[test]
fn a_value_that_is_the_same_is_not_sent() {
    let mut app = app();
    assert_eq!(sent(&press(&mut app, "⏎⏎⇥⏎")).len(), 0);
    assert!(picture(&app).contains("that is the value already"));
}

#[test]
fn what_the_server_refuses_can_be_corrected() {
    let mut app = app();
    let effects = press(&mut app, "⏎⌫lots⏎⇥⏎");
    let Some(Effect::Run(request)) = effects.first() else { panic!("{effects:?}") };
    update(&mut app, Msg::Answer(request.answer(Ok(vec![Value::Error("ERR must be a memory value".into())]))), 3_000);
    let picture = picture(&app);
    assert!(
        picture.contains("ERR must be a memory value") && picture.contains("CONFIG SET maxmemory lots"),
        "{picture}"
    );
    let effects = press(&mut app, "⌫1gb⏎⇥⏎");
    assert_eq!(sent(&effects), [["CONFIG", "SET", "maxmemory", "1gb"]]);
    let Some(Effect::Run(request)) = effects.first() else { panic!("{effects:?}") };
    update(&mut app, Msg::Answer(request.answer(Ok(vec![Value::Bytes(b"OK".to_vec())]))), 3_000);
    assert!(app.overlays.is_empty());
    // Somebody else's refusal does not bring it back.
    update(&mut app, Msg::Answer(request.answer(Ok(vec![Value::Error("ERR".into())]))), 3_000);
    assert!(app.overlays.is_empty());
}

#[test]
fn a_password_is_never_seen() {
    let mut app = app();
    press(&mut app, "j⏎");
    let effects = press(&mut app, "hunter2⏎⇥⏎");
    assert_eq!(sent(&effects), [["CONFIG", "SET", "requirepass", "hunter2"]]);
    let Some(Effect::Run(request)) = effects.first() else { panic!("{effects:?}") };
    assert!(!request.label.contains("hunter2"));
    update(&mut app, Msg::Answer(request.answer(Ok(vec![Value::Error("ERR no".into())]))), 3_000);
    let picture = picture(&app);
    assert!(picture.contains("CONFIG SET requirepass *******"), "{picture}");
    press(&mut app, "⎋");
    let effects = press(&mut app, "o");
    let [Effect::Export { contents, .. }] = &effects[..] else { panic!("{effects:?}") };
    for secret in ["hunter2", "s3cret"] {
        assert!(!picture.contains(secret) && !contents.contains(secret));
        assert!(!format!("{:?}", app.events).contains(secret));
    }
    assert_eq!(press(&mut app, "y"), [Effect::Copy("requirepass (hidden)".into())]);
}

#[test]
fn what_has_changed_is_marked_with_its_former_value() {
    let mut app = app();
    let mut settings = SETTINGS;
    settings[3].1 = "300";
    update(&mut app, told(5_000, &settings), 5_000);
    press(&mut app, "/changed=⏎");
    assert_eq!(app.list().rows.len(), 1);
    let picture = picture(&app);
    for text in ["changed 1", "300  5m 00s", "0 before, changed 0s ago"] {
        assert!(picture.contains(text), "{text}\n{picture}");
    }
    press(&mut app, "⎋ss");
    assert_eq!(app.list().rows[0].id, "timeout".into(), "by the former value those that changed come first");
}

#[test]
fn rewriting_names_the_file_and_needs_one() {
    let mut app = app();
    press(&mut app, "w");
    assert!(picture(&app).contains("/etc/redis.conf"));
    assert_eq!(sent(&press(&mut app, "⇥⏎")), [["CONFIG", "REWRITE"]]);
    let mut sample = Sample { at_ms: 2, info: Arc::new(Info::parse("config_file:\r\n")), ..Sample::default() };
    sample.server.address = "h:1".into();
    update(&mut app, Msg::Sample(Box::new(sample)), 3_000);
    press(&mut app, "w");
    assert!(matches!(app.overlays.pop(), Some(Overlay::Dialog(dialog)) if !dialog.is_question()));
}

#[test]
fn readonly_refuses() {
    let mut app = app();
    app.options.is_readonly = true;
    for keys in ["⏎", "w"] {
        press(&mut app, keys);
        assert!(matches!(app.overlays.pop(), Some(Overlay::Dialog(dialog)) if !dialog.is_question()), "{keys}");
    }
}

#[test]
fn what_is_fixed_is_marked_and_not_asked_about() {
    let mut app = app();
    update(&mut app, told(3_000, &[("databases", "16"), ("timeout", "0")]), 3_000);
    assert!(picture(&app).contains("fixed while the server runs"));
    press(&mut app, "⏎");
    assert!(matches!(app.overlays.pop(), Some(Overlay::Dialog(dialog)) if !dialog.is_question()));
    press(&mut app, "j");
    assert!(picture(&app).contains("Enter changes it"));
}

#[test]
fn what_is_protected_is_marked_and_says_so_before_it_is_sent() {
    let mut app = app();
    let with = |enabled| [("dir", "/data"), ("enable-protected-configs", enabled), ("maxmemory", "0")];
    update(&mut app, told(3_000, &with("no")), 3_000);
    press(&mut app, "/change=protected⏎");
    assert_eq!(app.list().rows.len(), 1);
    press(&mut app, "⏎");
    assert!(picture(&app).contains("dir is protected, and enable-protected-configs is no"), "{}", picture(&app));
    assert!(matches!(app.overlays.pop(), Some(Overlay::Dialog(dialog)) if !dialog.is_question()));
    press(&mut app, "⎋");
    update(&mut app, told(4_000, &with("local")), 4_000);
    press(&mut app, "⏎");
    assert!(picture(&app).contains("only clients on its own machine may change it"), "{}", picture(&app));
    press(&mut app, "⎋");
    update(&mut app, told(5_000, &with("yes")), 5_000);
    press(&mut app, "/change=protected⏎");
    assert!(app.list().rows.is_empty());
}

#[test]
fn a_zero_that_is_no_amount_says_what_it_is() {
    let mut app = app();
    update(&mut app, told(3_000, &[("maxmemory", "0"), ("timeout", "60"), ("zzz", "0")]), 3_000);
    let picture = picture(&app);
    for text in ["0  no limit", "60  1m 00s"] {
        assert!(picture.contains(text), "{text}\n{picture}");
    }
    press(&mut app, "⏎");
    assert!(self::picture(&app).contains("0 (no limit)"), "{}", self::picture(&app));
}

#[test]
fn a_column_that_is_not_there_is_named() {
    let mut app = app();
    press(&mut app, "/valeu=1⏎");
    assert!(picture(&app).contains("no column valeu (Esc clears the filter)"));
    press(&mut app, "/⌫value=none⏎");
    assert!(picture(&app).contains("no settings match the filter (Esc clears it)"));
}
