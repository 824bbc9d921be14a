use crossterm::event::KeyModifiers;

use super::*;
use crate::state::Options;
use crate::state::dialog::Dialog;
use crate::state::msg::Request;
use crate::state::sample::{Info, Namespace, Resize, Server};
use crate::testing::{picture, press as type_in, sent as requests};
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
fn few_namespaces_are_asked_about_whatever_screen_is_seen() {
    let mut app = app();
    type_in(&mut app, "3");
    assert!(app.wants.namespaces, "their histories have no gaps");
    let many = (0..=NAMESPACES_FEW).map(|index| Namespace::named(index.to_string())).collect();
    let many = Sample { namespaces: Some(Arc::new(many)), ..sample(2_000, "run_id:1\r\n") };
    update(&mut app, Msg::Sample(Box::new(many)), 2_000);
    assert!(!app.wants.namespaces, "that would cost the server more than it is worth");
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
    assert!(app.said.as_ref().is_some_and(|said| said.text.contains("Shards")));
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
fn rates_of_what_is_exported_are_not_those_between_two_polls_at_once() {
    let mut app = App::new(Options::default(), Size::new(80, 24));
    let mut before = |at_ms| {
        update(&mut app, Msg::Sample(Box::new(sample(at_ms, "run_id:1\r\n"))), at_ms);
        app.sample_before().map(|before| before.at_ms)
    };
    assert_eq!(
        [1_000, 1_010, 2_010, 2_030, 3_010].map(&mut before),
        [None, None, Some(1_010), Some(1_010), Some(2_030)]
    );
}

#[test]
fn how_a_save_ends_is_told_by_what_the_server_knows_of_it_then() {
    let mut app = app();
    let told = |app: &App| app.events.newest().next().map(|event| (event.level, event.text.clone())).unwrap();
    let last = |status, at_s| {
        format!(
            "run_id:1\r\nrdb_last_bgsave_status:{status}\r\nrdb_last_save_time:{at_s}\r\nrdb_last_bgsave_time_sec:0\r\n\
             rdb_last_bgsave_bytes:2048\r\n"
        )
    };
    update(&mut app, Msg::Sample(Box::new(sample(2_000, &last("ok", 1)))), 2_000);
    // The second one fails while it is known that the first one did, and neither is ever seen running.
    for (at_ms, status, at_s, words) in [
        (4_000, "err", 1, (Level::Bad, "save failed: see the server's log")),
        (6_000, "err", 1, (Level::Bad, "save failed: see the server's log")),
        (8_000, "ok", 8, (Level::Good, "save done in <1 s, 2.0K")),
    ] {
        type_in(&mut app, "b⇥");
        let effects = type_in(&mut app, "⏎");
        let [Effect::Run(request)] = &effects[..] else { panic!("{effects:?}") };
        let begun = Value::Bytes(b"Background saving started".to_vec());
        update(&mut app, Msg::Answer(request.answer(Ok(vec![begun]))), at_ms);
        assert_eq!(told(&app), (Level::Info, "background save: begun".into()));
        update(&mut app, Msg::Sample(Box::new(sample(at_ms + 100, &last(status, at_s)))), at_ms + 100);
        assert_eq!(told(&app), (words.0, words.1.to_owned()));
        let count = app.events.newest().count();
        update(&mut app, Msg::Sample(Box::new(sample(at_ms + 200, &last(status, at_s)))), at_ms + 200);
        assert_eq!(app.events.newest().count(), count, "once");
    }
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
    update(&mut app, at(6_000, 16, None), 6_000);
    let told = app.events.newest().next().map(|event| event.text.as_str());
    assert_eq!(told, Some("resize of b done: 16 shards"), "it was over before it was seen");
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
    type_in(&mut app, "1:shards nosuch⏎");
    assert_eq!((app.tab, app.namespace.as_deref()), (Tab::Overview, Some("b")), "there is none of that name");
    assert!(app.said.as_ref().is_some_and(|said| said.text == "there is no namespace nosuch"));
    assert_eq!(app.events.newest().count(), 0, "nothing happened to the server");
    type_in(&mut app, ":window x⏎");
    assert!(app.said.as_ref().is_some_and(|said| said.text.contains("window")));
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

#[test]
fn a_recording_says_what_it_is() {
    let options = Options { is_readonly: true, is_replay: true, ..Options::default() };
    let mut app = App::new(options, Size::new(100, 24));
    update(&mut app, Msg::Sample(Box::new(sample(1_000, "run_id:1\r\n"))), 1_000);
    assert!(picture(&app).contains("REPLAY") && !picture(&app).contains("LIVE"));
    type_in(&mut app, "b");
    assert!(picture(&app).contains("this is a recording") && !picture(&app).contains("--readonly"));
    type_in(&mut app, "⎋");
    update(&mut app, Msg::Ended, 2_000);
    assert!(picture(&app).contains("REPLAY ended"));
}

#[test]
fn exports_are_json_or_csv() {
    let mut app = app();
    type_in(&mut app, "2");
    for (command, ending, begin) in
        [(":export⏎", ".json", "{\"version\":1,\"view\":\"namespaces\""), (":export csv⏎", ".csv", "at_ms,name,db,")]
    {
        let effects = type_in(&mut app, command);
        let Some(Effect::Export { file, contents }) = effects.first() else { panic!("{effects:?}") };
        assert!(file.ends_with(ending) && contents.starts_with(begin), "{file}: {contents}");
    }
    assert!(type_in(&mut app, ":export xml⏎").is_empty());
    type_in(&mut app, "6");
    let effects = type_in(&mut app, "o");
    let Some(Effect::Export { contents, .. }) = effects.first() else { panic!("{effects:?}") };
    assert!(contents.contains("\"scope\":\"server\""), "{contents}");
}

fn last_said(app: &App) -> &str {
    app.said.as_ref().map_or("", |said| said.text.as_str())
}

#[test]
fn commands_of_the_palette_go_where_they_can_be_carried_out() {
    let mut app = app();
    type_in(&mut app, ":create new⏎");
    assert_eq!((app.tab, app.overlays.len()), (Tab::Namespaces, 1));
    let mut app = self::app();
    type_in(&mut app, ":resize 16⏎");
    assert_eq!((app.tab, app.overlays.len()), (Tab::Namespaces, 0), "nobody has chosen a namespace");
    assert_eq!(last_said(&app), "choose one first");
    type_in(&mut app, "j4");
    assert_eq!(requests(&type_in(&mut app, ":resize 16⏎⏎⇥⏎")), ["NAMESPACE RESIZE b 16"]);
    assert_eq!(app.tab, Tab::Namespaces);
    type_in(&mut app, "4:bgsave⏎");
    assert_eq!((app.tab, app.overlays.len()), (Tab::Clients, 1), "what works everywhere stays where it is");
    for command in ["⎋:load file⏎", "⎋4:save-namespace⏎"] {
        type_in(&mut app, command);
        assert_eq!((app.tab, app.overlays.len()), (Tab::Persistence, 1), "{command}");
    }
    type_in(&mut app, "⎋4:delete⏎");
    assert_eq!((app.tab, app.overlays.len()), (Tab::Clients, 0));
    assert!(last_said(&app).contains("Namespaces or Keys"), "{}", last_said(&app));
}

#[test]
fn no_command_of_the_palette_does_nothing_without_a_word() {
    for command in keymap::PALETTE {
        for tab in Tab::ALL {
            let mut app = app();
            type_in(&mut app, &tab.digit().to_string());
            assert_eq!(app.tab, tab);
            let seen = |app: &App| (picture(app), app.said.clone(), app.window_s, app.options.theme.palette);
            let before = seen(&app);
            let argument =
                if command.argument.starts_with('s') || command.argument.starts_with('m') { "3" } else { "" };
            let effects = type_in(&mut app, &format!(":{} {argument}⏎", command.names[0]));
            let is_same_tab = command.action == Action::GoTo(tab);
            let is_told = seen(&app) != before;
            // What Keys loads is seen once it has come.
            let is_loading = matches!(command.action, Action::Reload | Action::LoadAll | Action::TypeFilter);
            assert!(is_same_tab || is_told || !effects.is_empty() || is_loading, "{} on {tab:?}", command.names[0]);
        }
    }
}

#[test]
fn readonly_offers_no_changes() {
    let mut app = readonly();
    type_in(&mut app, ":");
    assert!(!palette::candidates(&app, "").iter().any(|command| keymap::is_change(command.action)));
    type_in(&mut app, "resize 9⏎");
    assert!(last_said(&app).contains("--readonly"), "{}", last_said(&app));
    type_in(&mut app, "⎋⎋2?resize");
    assert!(picture(&app).contains("no key does that"), "{}", picture(&app));
}

#[test]
fn keys_that_this_server_can_only_refuse_are_not_offered() {
    let mut app = app();
    type_in(&mut app, "2");
    assert!(picture(&app).contains("R resize"));
    let mut plain = sample(2_000, "run_id:1\r\n");
    plain.server.rkvs_version = None;
    update(&mut app, Msg::Sample(Box::new(plain)), 2_000);
    let databases = picture(&app);
    assert!(databases.contains("X flush") && databases.contains("Databases"), "{databases}");
    assert!(
        !["R resize", "n new", "x delete", "autosave", "limits", "shards"].iter().any(|key| databases.contains(key))
    );
    type_in(&mut app, "6");
    let saves = picture(&app);
    assert!(!["autosave", "filter", "sort"].iter().any(|key| saves.contains(key)), "{saves}");
    type_in(&mut app, ":resize⏎");
    assert!(last_said(&app).contains("nothing like that"), "{}", last_said(&app));
}

#[test]
fn before_the_first_answer_nothing_is_asked_of_the_server() {
    for keys in ["b", "B", "2R", "2n", "2X", "4x", " ", "o", "4/"] {
        let mut app = App::new(Options { address: "h:1".into(), ..Options::default() }, Size::new(100, 24));
        assert_eq!(requests(&type_in(&mut app, keys)), [""; 0]);
        assert!(app.overlays.is_empty() && !app.is_paused(), "{keys}");
        assert_eq!(last_said(&app), "not connected to h:1 yet", "{keys}");
        let picture = picture(&app);
        assert!(picture.contains("not connected to h:1") && !picture.contains("b bgsave"), "{picture}");
    }
}

#[test]
fn why_nobody_is_let_in_is_told_whole() {
    let mut app = App::new(Options { address: "h:1".into(), ..Options::default() }, Size::new(60, 16));
    let error = "WRONGPASS invalid username-password pair or user is disabled, says the server at the other end";
    update(&mut app, Msg::Disconnected { error: error.into(), retry_at_ms: 5_000 }, 1_000);
    let picture = picture(&app);
    let words = picture.replace(['"', '\n'], " ");
    let words: Vec<&str> = words.split_whitespace().collect();
    assert!(words.join(" ").contains(error), "{picture}");
    assert!(picture.contains("REDISCLI_AUTH") && picture.contains("-a"), "{picture}");
}

#[test]
fn why_nobody_is_let_in_any_more_is_told_whole() {
    let mut app = app();
    app.size = Size::new(80, 24);
    let error = "WRONGPASS invalid username-password pair or user is disabled.";
    let body = layout::areas(&app).body;
    update(&mut app, Msg::Disconnected { error: error.into(), retry_at_ms: 5_000 }, 1_000);
    assert!(picture(&app).contains(error) && picture(&app).contains("retry 4s"), "{}", picture(&app));
    assert_eq!(layout::areas(&app).body.height, body.height - 2);
    update(&mut app, Msg::Disconnected { error: "refused".into(), retry_at_ms: 5_000 }, 1_000);
    assert_eq!(layout::areas(&app).body.height, body.height - 1);
}

#[test]
fn a_plain_server_has_databases_in_all_words() {
    let mut plain = sample(2_000, "run_id:1\r\n");
    plain.server.rkvs_version = None;
    let mut app = App::new(Options::default(), Size::new(120, 140));
    update(&mut app, Msg::Sample(Box::new(plain)), 2_000);
    for keys in ["1?", "6?", "9?"] {
        type_in(&mut app, keys);
        let picture = picture(&app);
        assert!(picture.contains("choose the database"), "{picture}");
        assert!(
            !picture.to_lowercase().contains("namespace")
                && !picture.contains("autosave")
                && !picture.contains("shards"),
            "{picture}"
        );
        type_in(&mut app, "⎋");
    }
    type_in(&mut app, "9");
    assert!(picture(&app).contains("n database"), "{}", picture(&app));
}

#[test]
fn one_key_leads_to_the_tab_before_and_back() {
    let mut app = app();
    type_in(&mut app, "`");
    assert_eq!(app.tab, Tab::Overview, "there was none before");
    for (keys, tab) in [("4", Tab::Clients), ("`", Tab::Overview), ("`", Tab::Clients), ("44`", Tab::Overview)] {
        type_in(&mut app, keys);
        assert_eq!(app.tab, tab, "{keys}");
    }
}

#[test]
fn what_something_is_done_with_stays_selected() {
    let mut app = app();
    type_in(&mut app, "2s");
    let first = app.list().selected.clone();
    assert_eq!(first.as_ref().and_then(|id| id.as_str()), Some("a"));
    type_in(&mut app, "r");
    assert_ne!(app.list().selected, first, "nothing was chosen yet");
    type_in(&mut app, "⏎r");
    assert_eq!(app.list().position(), Some(2));
}

#[test]
fn a_server_that_is_late_is_not_live() {
    let mut app = app();
    update(&mut app, Msg::Tick, 2_900);
    assert!(picture(&app).contains("LIVE 1s"));
    update(&mut app, Msg::Tick, 4_100);
    assert!(picture(&app).contains("WAITING 3s") && !picture(&app).contains("LIVE"));
    update(&mut app, Msg::Sample(Box::new(sample(4_000, "run_id:1\r\n"))), 4_200);
    assert!(picture(&app).contains("LIVE 1s"));
    app.options.is_replay = true;
    update(&mut app, Msg::Tick, 60_000);
    assert!(picture(&app).contains("REPLAY"), "a recording that has ended is not late");
}

#[test]
fn what_is_tried_now_is_not_retried_in_0_seconds() {
    let mut app = app();
    update(&mut app, Msg::Disconnected { error: "refused".into(), retry_at_ms: 5_000 }, 2_000);
    type_in(&mut app, " ");
    assert!(
        picture(&app).contains("PAUSED") && picture(&app).contains("OFFLINE") && picture(&app).contains("retry 3s")
    );
    let ctrl_r = KeyEvent::new(KeyCode::Char('r'), KeyModifiers::CONTROL);
    assert_eq!(update(&mut app, Msg::Key(ctrl_r), 3_000), [Effect::PollNow]);
    assert!(picture(&app).contains("trying now"));
}

#[test]
fn a_change_is_pending_until_it_is_answered() {
    let mut app = app();
    let effects = type_in(&mut app, "4b⇥⏎");
    let Some(Effect::Run(request)) = effects.iter().find(|effect| matches!(effect, Effect::Run(_))) else {
        panic!("{effects:?}")
    };
    assert!(picture(&app).contains("PENDING 0s"));
    let now_ms = app.now_ms + 3_000;
    update(&mut app, Msg::Tick, now_ms);
    assert!(picture(&app).contains("PENDING 3s") && picture(&app).contains("background save: no answer yet"));
    update(&mut app, Msg::Answer(request.answer(Ok(vec![Value::Bytes(b"OK".to_vec())]))), now_ms);
    assert!(!picture(&app).contains("PENDING"));
}

#[test]
fn esc_with_nothing_to_close_does_nothing() {
    let mut app = app();
    type_in(&mut app, "42");
    let before = picture(&app);
    assert_eq!(type_in(&mut app, "⎋⎋"), []);
    assert_eq!((app.tab, picture(&app)), (Tab::Namespaces, before));
}

#[test]
fn where_nothing_can_be_seen_keys_only_quit_or_redraw() {
    let mut app = app();
    type_in(&mut app, "2");
    for size in [Size::new(39, 24), Size::new(100, 7)] {
        app.size = size;
        assert_eq!(type_in(&mut app, "b4R /x:⏎"), []);
        assert_eq!((app.tab, app.overlays.len(), app.is_paused()), (Tab::Namespaces, 0, false));
        let ctrl_l = KeyEvent::new(KeyCode::Char('l'), KeyModifiers::CONTROL);
        assert_eq!(update(&mut app, Msg::Key(ctrl_l), 2_000), [Effect::Redraw]);
        // Also with a dialog that waits below.
        app.overlays.push(Overlay::Dialog(actions::save(&app)));
        update(&mut app, Msg::Paste("x".into()), 2_000);
        assert_eq!(type_in(&mut app, "⇥⏎q"), [Effect::Quit]);
        app.overlays.clear();
    }
}

#[test]
fn the_help_begins_with_this_tab_and_scrolls_to_its_end() {
    let mut app = app();
    type_in(&mut app, "4?");
    let lines = picture(&app);
    let place = |words: &str| lines.find(words).unwrap_or(usize::MAX);
    assert!(place("kill the selected client") < place("filter the rows"), "{lines}");
    let wheel = |app: &mut App, kind| {
        let event = MouseEvent { kind, column: 1, row: 1, modifiers: KeyModifiers::NONE };
        update(app, Msg::Mouse(event), 2_000);
    };
    for _ in 0..200 {
        wheel(&mut app, MouseEventKind::ScrollDown);
    }
    let end = picture(&app);
    assert_ne!(end, lines);
    wheel(&mut app, MouseEventKind::ScrollUp);
    assert_ne!(picture(&app), end, "it is not scrolled beyond the end");
    type_in(&mut app, "⎋2?resiz");
    assert!(picture(&app).contains("change the number of shards"), "{}", picture(&app));
}

#[test]
fn a_dialog_that_does_not_fit_is_scrolled() {
    let mut app = app();
    app.size = Size::new(40, 8);
    type_in(&mut app, "2R");
    let typing = picture(&app);
    assert!(typing.contains("shards     8") && typing.contains("more"), "{typing}");
    for _ in 0..9 {
        update(&mut app, Msg::Key(KeyEvent::from(KeyCode::PageUp)), 2_000);
    }
    assert!(picture(&app).contains("server     h:1"), "{}", picture(&app));
    type_in(&mut app, "4");
    assert!(picture(&app).contains("shards     84"), "{}", picture(&app));
}

#[test]
fn without_colours_themes_are_not_chosen() {
    let mut app = app();
    app.options.has_colours = false;
    type_in(&mut app, "t");
    assert_eq!((app.options.theme.palette, last_said(&app).contains("NO_COLOR")), (Palette::Dark, true));
}

#[test]
fn what_comes_to_nothing_is_said() {
    let mut app = app();
    type_in(&mut app, "8y");
    assert_eq!(last_said(&app), "nothing to copy");
    type_in(&mut app, "M");
    let first = last_said(&app).to_owned();
    type_in(&mut app, "M");
    let mut words = [first.as_str(), last_said(&app)];
    words.sort();
    assert_eq!(words, ["mouse: off, the terminal selects", "mouse: on"]);
}

#[test]
fn a_command_that_is_refused_is_no_unknown_one() {
    let mut app = readonly();
    type_in(&mut app, ":flus");
    let words = "flush: refused: started with --readonly";
    assert!(picture(&app).contains(words), "{}", picture(&app));
    type_in(&mut app, "⏎");
    assert_eq!(last_said(&app), words);
    type_in(&mut app, "zzz");
    assert!(picture(&app).contains("no such command"), "{}", picture(&app));
}

#[test]
fn the_help_tells_what_the_filter_of_the_screen_understands() {
    let mut app = app();
    type_in(&mut app, "9?filter");
    assert!(picture(&app).contains("type=hash"), "{}", picture(&app));
    type_in(&mut app, "⎋4?filter");
    assert!(!picture(&app).contains("type=hash") && picture(&app).contains("column=word"), "{}", picture(&app));
}

#[test]
fn what_was_asked_about_a_server_is_not_asked_about_another_one() {
    let plain = |mut sample: Sample| {
        sample.server.rkvs_version = None;
        sample
    };
    let same = sample(2_000, "run_id:1\r\n");
    for (next, stays) in [(same.clone(), true), (sample(2_000, "run_id:2\r\n"), false), (plain(same), false)] {
        let mut app = app();
        type_in(&mut app, "b");
        app.overlays.insert(0, Overlay::Dialog(Dialog::message("Read-only", "no")));
        update(&mut app, Msg::Sample(Box::new(next)), 2_000);
        assert_eq!(app.overlays.len(), if stays { 2 } else { 1 }, "what only tells stays");
        assert_eq!(last_said(&app) == "closed: the server was restarted", !stays);
    }
}

#[test]
fn nothing_of_a_server_is_kept_once_it_was_restarted() {
    let mut app = app();
    let anew = Sample { namespaces: None, ..sample(2_000, "run_id:2\r\n") };
    update(&mut app, Msg::Sample(Box::new(anew)), 2_000);
    assert!(app.latest().namespaces.is_none());
}

#[test]
fn a_change_is_meant_for_the_process_that_is_known() {
    let mut app = app();
    let effects = type_in(&mut app, "b⇥⏎");
    assert!(matches!(&effects[..], [Effect::Run(request)] if request.run_id.as_deref() == Some("1")));
}
