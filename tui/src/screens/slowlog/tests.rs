use std::sync::Arc;

use ratatui::layout::Size;

use super::*;
use crate::state::msg::Msg;
use crate::state::sample::{Sample, Server};
use crate::state::update::update;
use crate::state::{Options, Overlay};
use crate::testing::{picture, press, sent};

fn entry(id: u64, usec: u64, args: &[&str], client_name: &str) -> SlowCommand {
    let args = args.iter().map(|&arg| arg.to_owned()).collect();
    SlowCommand {
        id,
        at_s: 100_000 + id,
        usec,
        args,
        client: format!("10.0.0.7:{id}"),
        client_name: client_name.into(),
    }
}

fn app() -> App {
    let log = Log {
        total: 900,
        threshold_usec: Some(10_000),
        len_max: Some(1_000),
        entries: vec![
            entry(9, 48_210, &["keys", "user:*"], "web"),
            entry(8, 2_000_000, &["mset", "a", &"Q".repeat(500), "b c", "", "\x1b[2J"], ""),
            entry(7, 12_000, &["KEYS", "*"], "web"),
        ],
    };
    let server = Server { address: "h:1".into(), ..Server::default() };
    let sample = Sample { at_ms: 100_100_000, server, slowlog: Some(Arc::new(log)), ..Sample::default() };
    let mut app = App::new(Options { tab: Tab::Slowlog, ..Options::default() }, Size::new(120, 40));
    update(&mut app, Msg::Sample(Box::new(sample)), 1_000);
    app
}

fn ids(app: &App) -> Vec<u64> {
    app.list().rows.iter().filter_map(|row| row.id.as_number()).collect()
}

#[test]
fn the_newest_is_first_and_the_slowest_once_asked_for() {
    let mut app = app();
    assert_eq!(ids(&app), [9, 8, 7]);
    press(&mut app, "s");
    assert_eq!(ids(&app), [8, 9, 7]);
    press(&mut app, "/cmd=keys⏎");
    assert_eq!(ids(&app), [9, 7]);
    press(&mut app, "⎋/name=web !user⏎");
    assert_eq!(ids(&app), [7]);
}

#[test]
fn it_says_what_is_kept_and_which_commands_took_the_time() {
    let picture = picture(&app());
    for text in ["entries 3", "kept 900", "at most 1,000", "threshold 10.0 ms", "slowest 2.0 s!", "   2  max 48.2 ms"] {
        assert!(picture.contains(text), "{text}\n{picture}");
    }
}

#[test]
fn details_show_every_argument_whole_and_harmless() {
    let mut app = app();
    press(&mut app, "j⏎e");
    let picture = picture(&app);
    assert_eq!(picture.matches('Q').count(), 500);
    assert!(picture.contains(r"\x1b[2J") && picture.contains("\"\"") && !picture.contains('\x1b'), "{picture}");
    app.size = Size::new(60, 16);
    press(&mut app, &"J".repeat(50));
    assert!(self::picture(&app).contains(r"\x1b[2J"), "scrolled to the end");
}

#[test]
fn plus_and_minus_propose_the_next_threshold() {
    for (key, command) in [('+', "20000"), ('-', "5000")] {
        let mut app = app();
        press(&mut app, &key.to_string());
        assert!(picture(&app).contains(&format!("CONFIG SET slowlog-log-slower-than {command}")));
        let commands = [format!("CONFIG SET slowlog-log-slower-than {command}")];
        assert_eq!(sent(&press(&mut app, "⏎⏎⇥⏎")), commands);
    }
}

#[test]
fn threshold_and_length_are_checked_and_only_what_changes_is_sent() {
    let mut app = app();
    assert_eq!(sent(&press(&mut app, "T⏎⏎⇥⏎")), [""; 0]);
    assert!(picture(&app).contains("nothing would change"));
    for wrong in ["⌫x⏎⏎⇥⏎", "⌫-2⏎⏎⇥⏎", "⌫0⏎⌫-1⏎⇥⏎"] {
        press(&mut app, "⎋T");
        assert_eq!(sent(&press(&mut app, wrong)), [""; 0], "{wrong}");
    }
    press(&mut app, "⎋T");
    assert_eq!(
        sent(&press(&mut app, "⌫-1⏎⌫64⏎⇥⏎")),
        ["CONFIG SET slowlog-log-slower-than -1", "CONFIG SET slowlog-max-len 64"]
    );
}

#[test]
fn clearing_asks_and_readonly_refuses() {
    let mut app = app();
    assert_eq!(sent(&press(&mut app, "C⏎")), [""; 0]);
    assert_eq!(sent(&press(&mut app, "C⇥⏎")), ["SLOWLOG RESET"]);
    app.options.is_readonly = true;
    for keys in ["C", "T", "+"] {
        press(&mut app, keys);
        assert!(matches!(app.overlays.pop(), Some(Overlay::Dialog(dialog)) if !dialog.is_question()), "{keys}");
    }
}

#[test]
fn a_row_is_copied_as_it_would_be_typed() {
    let mut app = app();
    assert_eq!(press(&mut app, "y"), [Effect::Copy("keys user:*".into())]);
    let effects = press(&mut app, "o");
    let [Effect::Export { contents, .. }] = &effects[..] else { panic!("{effects:?}") };
    let rows: serde_json::Value = serde_json::from_str(contents).unwrap();
    let row = &rows["rows"][1];
    assert!(row["command"].as_str().is_some_and(|command| command.ends_with("\x1b[2J")), "{row}");
    assert_eq!((&row["duration_usec"], &rows["view"]), (&2_000_000.0.into(), &"slowlog".into()));
}
