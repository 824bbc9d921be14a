//! What all dialogs that change a server have in common, whichever screen opens them.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Size;

use super::of;
use crate::keymap;
use crate::state::dialog::Dialog;
use crate::state::msg::{Effect, Msg};
use crate::state::sample::{Autosave, Clients, Command, Info, Namespace, Resize, Sample, Server, Setting};
use crate::state::sample::{Shard, Shards, SlowCommand, Slowlog};
use crate::state::tab::Tab;
use crate::state::update::update;
use crate::state::{App, Options, Overlay};
use crate::value::Value;

const SETTINGS: [&str; 6] = ["appendonly", "maxmemory", "maxmemory-policy", "requirepass", "save", "timeout"];

fn bytes(text: &str) -> Value {
    Value::Bytes(text.into())
}

/// A server with one of everything.
fn sample(is_rkvs: bool) -> Sample {
    let resize = Resize { state: "moving".into(), shards: 4, target: 8, ..Resize::default() };
    let namespace = Namespace {
        db: Some(0),
        shards: Some(4),
        keys: Some(9),
        resize: is_rkvs.then(|| resize.clone()),
        ..Namespace::named("0".into())
    };
    let setting = |name: &&str| Setting { name: (*name).into(), value: "1".into() };
    let slow = SlowCommand { id: 1, usec: 9, args: vec!["GET".into()], ..SlowCommand::default() };
    Sample {
        at_ms: 1_000,
        server: Server { address: "h:1".into(), rkvs_version: is_rkvs.then(|| "0.4.0".into()), redis_version: None },
        info: Arc::new(Info::parse("run_id:1\r\nconfig_file:/etc/redis.conf\r\n")),
        namespaces: Some(Arc::new(vec![namespace])),
        shards: is_rkvs
            .then(|| Arc::new(Shards { namespace: "0".into(), shards: vec![Shard::default()], resize: Some(resize) })),
        commands: Some(Arc::new(vec![Command { name: "get".into(), calls: 1, ..Command::default() }])),
        clients: Some(Arc::new(Clients::parse("id=7 addr=h:9 db=0\n"))),
        slowlog: Some(Arc::new(Slowlog {
            entries: vec![slow],
            total: 1,
            threshold_usec: Some(10_000),
            len_max: Some(128),
        })),
        autosaves: is_rkvs.then(|| {
            Arc::new(vec![Autosave {
                name: "0".into(),
                seconds: 60,
                last_file: "0.rkvs".into(),
                ..Autosave::default()
            }])
        }),
        config: Some(Arc::new(SETTINGS.iter().map(setting).collect())),
        ..Sample::default()
    }
}

/// Answers what is read, as long as anything is; what would be changed is not.
fn serve(app: &mut App, mut effects: Vec<Effect>) {
    while let Some(effect) = effects.pop() {
        let Effect::Run(request) = effect else { continue };
        assert!(!request.is_change, "nothing was confirmed: {}", request.label);
        let replies = request.commands.iter().map(|command| match command[0].as_slice() {
            b"SCAN" => Value::Array(vec![bytes("0"), Value::Array(vec![bytes("a:1"), bytes("b")])]),
            b"TYPE" => bytes("string"),
            _ => Value::Integer(1),
        });
        let answer = request.answer(Ok(replies.collect()));
        effects.extend(update(app, Msg::Answer(answer), 1_000));
    }
}

/// A dashboard that shows this tab.
pub(super) fn app(tab: Tab, is_rkvs: bool) -> App {
    let mut app = App::new(Options { tab, ..Options::default() }, Size::new(120, 40));
    let effects = update(&mut app, Msg::Sample(Box::new(sample(is_rkvs))), 1_000);
    serve(&mut app, effects);
    app
}

/// The dialog that these keys open, if they do.
fn dialog(app: &mut App, keys: &[KeyEvent]) -> Option<Dialog> {
    for key in keys {
        let effects = update(app, Msg::Key(*key), 1_000);
        serve(app, effects);
    }
    match app.overlays.pop() {
        Some(Overlay::Dialog(dialog)) => Some(dialog),
        _ => None,
    }
}

fn check(dialog: &Dialog, opened_by: &str) {
    assert!(dialog.is_question(), "{opened_by}: {dialog:?}");
    let told: Vec<(String, String)> = dialog.lines.iter().cloned().chain(dialog.previewed()).collect();
    for label in ["server", "effect", "cost"] {
        let words = told.iter().find(|(told, _)| told == label).map(|(_, words)| words.as_str());
        assert!(words.is_some_and(|words| !words.is_empty()), "{opened_by}: {} tells no {label}", dialog.title);
    }
}

#[test]
fn every_change_names_server_effect_and_cost() {
    for is_rkvs in [true, false] {
        for tab in Tab::ALL.into_iter().filter(|&tab| of(tab).is_available(&app(tab, is_rkvs))) {
            let is_offered = |binding: &&keymap::Binding| of(tab).offers(&app(tab, is_rkvs), binding.action);
            let changes = keymap::valid(tab, of(tab).has_list()).filter(|binding| binding.is_change);
            for binding in changes.filter(is_offered) {
                let key = KeyEvent::new(binding.keys[0].code, KeyModifiers::NONE);
                let opened_by = format!("{} on {tab:?}, rkvs: {is_rkvs}", binding.labels());
                let dialog = dialog(&mut app(tab, is_rkvs), &[key]);
                check(&dialog.unwrap_or_else(|| panic!("{opened_by}: no dialog")), &opened_by);
            }
        }
    }
}

#[test]
fn changes_of_settings_and_groups_of_keys_do_as_well() {
    let press = |codes: &[KeyCode]| codes.iter().map(|&code| KeyEvent::from(code)).collect::<Vec<_>>();
    for (place, name) in SETTINGS.iter().enumerate() {
        let codes = [vec![KeyCode::Down; place], vec![KeyCode::Enter]].concat();
        check(&dialog(&mut app(Tab::Config, true), &press(&codes)).unwrap(), name);
    }
    let codes = [KeyCode::Char('v'), KeyCode::Home, KeyCode::Char('x')];
    check(&dialog(&mut app(Tab::Keys, true), &press(&codes)).unwrap(), "a group");
}
