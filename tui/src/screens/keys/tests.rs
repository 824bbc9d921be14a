use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Size;

use super::browser::KEYS_MAX;
use super::*;
use crate::state::Options;
use crate::state::msg::Msg;
use crate::state::sample::{Namespace, Sample, Server};
use crate::state::update::update;
use crate::testing::picture;

fn bytes(text: impl AsRef<[u8]>) -> Value {
    Value::Bytes(text.as_ref().to_vec())
}

fn sample() -> Sample {
    let server = Server { address: "h:1".into(), rkvs_version: Some("0.4.0".into()), redis_version: None };
    let namespace =
        |name: &str, db, keys| Namespace { keys: Some(keys), db: Some(db), ..Namespace::named(name.into()) };
    let namespaces = vec![namespace("web", 0, 1_000), namespace("jobs", 3, 5), namespace("empty", 4, 0)];
    Sample { at_ms: 1_000, server, namespaces: Some(namespaces.into()), ..Sample::default() }
}

/// A server that answers what the browser asks for: keys in pages, each with the facts and values it was given.
#[derive(Default)]
struct Fake {
    /// Names of the pages that SCAN tells, one after another.
    pages: Vec<Vec<Vec<u8>>>,
    /// What it answers to commands that begin so.
    answers: Vec<(&'static str, Value)>,
    asked: Vec<String>,
}

impl Fake {
    fn of(pages: &[&[&str]]) -> Self {
        let pages = pages.iter().map(|page| page.iter().map(|name| name.as_bytes().to_vec()).collect()).collect();
        Self { pages, ..Self::default() }
    }

    fn answer(&mut self, command: &[Vec<u8>]) -> Value {
        let words: Vec<_> = command.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        let line = words.join(" ");
        self.asked.push(line.clone());
        if let Some((_, value)) = self.answers.iter().find(|(start, _)| line.starts_with(start)) {
            return value.clone();
        }
        match words[0].as_str() {
            "SCAN" => {
                let at: usize = words[1].parse().unwrap();
                let names = self.pages.get(at).cloned().unwrap_or_default();
                let next = if at + 1 < self.pages.len() { at + 1 } else { 0 };
                Value::Array(vec![bytes(next.to_string()), Value::Array(names.iter().map(bytes).collect())])
            }
            "TYPE" => bytes("string"),
            "PTTL" => Value::Integer(-1),
            "MEMORY" => Value::Integer(64),
            "OBJECT" => bytes("embstr"),
            "ECHO" => Value::Bytes(command[1].clone()),
            _ => Value::Integer(1),
        }
    }

    /// Answers until nothing more is asked for.
    fn serve(&mut self, app: &mut App, effects: Vec<Effect>) {
        let mut effects = effects;
        for _ in 0..10_000 {
            let Some(at) = effects.iter().position(|effect| matches!(effect, Effect::Run(_))) else { return };
            let Effect::Run(request) = effects.remove(at) else { continue };
            let replies = request.commands.iter().map(|command| self.answer(command)).collect();
            let now_ms = app.now_ms;
            effects.extend(update(app, Msg::Answer(request.answer(Ok(replies))), now_ms));
        }
        panic!("it never ends");
    }

    fn press(&mut self, app: &mut App, keys: &str) {
        for key in keys.chars() {
            let code = match key {
                '⏎' => KeyCode::Enter,
                '⎋' => KeyCode::Esc,
                '⇥' => KeyCode::Tab,
                key => KeyCode::Char(key),
            };
            let now_ms = app.now_ms + 10;
            let effects = update(app, Msg::Key(KeyEvent::from(code)), now_ms);
            self.serve(app, effects);
        }
    }

    fn started(&mut self, size: Size) -> App {
        let mut app = App::new(Options { tab: Tab::Keys, ..Options::default() }, size);
        let effects = update(&mut app, Msg::Sample(Box::new(sample())), 1_000);
        self.serve(&mut app, effects);
        app
    }
}

const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
const SIZE: Size = Size { width: 120, height: 30 };

fn names(app: &App) -> Vec<String> {
    app.list_of(Tab::Keys).rows.iter().map(|row| String::from_utf8_lossy(name(&row.id)).into_owned()).collect()
}

#[test]
fn keys_are_scanned_never_listed_and_told_once() {
    let mut server = Fake::of(&[&["b", "a"], &["a", "c"]]);
    let app = server.started(SIZE);
    assert_eq!(names(&app), ["a", "b", "c"]);
    assert_eq!(app.screens.keys.cursor, Cursor::End);
    let asked = server.asked.join("\n");
    assert!(asked.starts_with("SCAN 0 COUNT 500\nSCAN 1 COUNT 500\n") && !asked.contains("KEYS"), "{asked}");
    assert!(asked.contains("TYPE a\nPTTL a\nMEMORY USAGE a\nOBJECT ENCODING a"));
    assert!(picture(&app).contains("embstr") && picture(&app).contains("all loaded"));
}

#[test]
fn only_keys_that_can_be_seen_are_asked_about_until_it_is_sorted_by_that() {
    let page: Vec<Vec<u8>> = (0..250).map(|number| format!("k{number:03}").into_bytes()).collect();
    let mut server = Fake { pages: vec![page], ..Fake::default() };
    let mut app = server.started(SIZE);
    let asked = |server: &Fake| server.asked.iter().filter(|line| line.starts_with("TYPE")).count();
    let height = draw::list_area(&app, layout::areas(&app).body).height;
    assert_eq!(asked(&server), usize::from(height));
    server.press(&mut app, "sss");
    assert_eq!(asked(&server), 250);
}

#[test]
fn a_page_is_loaded_when_the_selection_comes_near_the_end() {
    let page = |number: usize| (0..300).map(|at| format!("k{:05}", number * 300 + at).into_bytes()).collect();
    let mut server = Fake { pages: (0..5).map(page).collect(), ..Fake::default() };
    let mut app = server.started(SIZE);
    assert_eq!(app.screens.keys.keys.len(), 300, "one page at first");
    server.press(&mut app, "G");
    assert_eq!(app.screens.keys.keys.len(), 600);
    server.press(&mut app, "m");
    assert_eq!(app.screens.keys.keys.len(), 900);
    server.press(&mut app, "L");
    assert_eq!((app.screens.keys.keys.len(), &app.screens.keys.cursor), (1_500, &Cursor::End));
}

#[test]
fn no_more_than_a_bound_is_kept_and_the_next_part_follows() {
    let page = |number: usize| (0..1_000).map(|at| format!("k{:05}", number * 1_000 + at).into_bytes()).collect();
    let mut server = Fake { pages: (0..22).map(page).collect(), ..Fake::default() };
    let mut app = server.started(SIZE);
    server.press(&mut app, "L");
    assert_eq!(app.screens.keys.keys.len(), KEYS_MAX);
    assert!(picture(&app).contains("at most 20,000 are kept"), "{}", picture(&app));
    server.press(&mut app, "mL");
    assert_eq!(names(&app)[0], "k20000");
    assert_eq!((app.screens.keys.keys.len(), &app.screens.keys.cursor), (2_000, &Cursor::End));
}

#[test]
fn a_rare_pattern_ends_by_itself_and_by_esc() {
    let mut server = Fake { pages: vec![Vec::new(); 5_000], ..Fake::default() };
    let mut app = server.started(SIZE);
    assert_eq!(server.asked.len(), 200, "a page is no endless search");
    assert!(picture(&app).contains("none found so far"));
    let effects = update(&mut app, Msg::Key(KeyEvent::from(KeyCode::Char('m'))), 2_000);
    assert_eq!(effects.len(), 1);
    assert!(picture(&app).contains("Esc stops"));
    update(&mut app, Msg::Key(KeyEvent::from(KeyCode::Esc)), 2_010);
    assert_eq!((app.tab, app.screens.keys.wanted), (Tab::Keys, None));
    server.serve(&mut app, effects);
    assert_eq!(server.asked.len(), 201, "the one under way is the last");
}

#[test]
fn the_pattern_narrows_while_it_is_typed_and_is_scanned_for_then() {
    let mut server = Fake::of(&[&["user:1", "user:2", "job:1"]]);
    let mut app = server.started(SIZE);
    server.asked.clear();
    server.press(&mut app, "/job:*");
    assert_eq!(names(&app), ["job:1"]);
    assert!(server.asked.is_empty());
    server.pages = vec![vec![b"job:1".to_vec(), b"job:2".to_vec()]];
    server.press(&mut app, "⏎");
    assert_eq!(server.asked[0], "SCAN 0 COUNT 500 MATCH job:*");
    assert_eq!(names(&app), ["job:1", "job:2"]);
    server.press(&mut app, "f");
    assert!(server.asked.contains(&"SCAN 0 COUNT 500 MATCH job:* TYPE string".to_owned()));
    server.press(&mut app, "⎋");
    assert_eq!(app.screens.keys.typed, "");
    server.press(&mut app, "/!2⏎");
    assert_eq!(names(&app), ["job:1"]);
    assert!(!server.asked.last().unwrap().contains("MATCH"));
}

#[test]
fn the_namespace_decides_the_database() {
    let mut server = Fake::of(&[&["a"]]);
    let mut app = server.started(SIZE);
    let effects = update(&mut app, Msg::Key(KeyEvent::from(KeyCode::Char('n'))), 2_000);
    assert_eq!((app.namespace.as_deref(), keyspaces(&effects)), (Some("jobs"), vec![named("jobs")]));
    server.serve(&mut app, effects);
    assert!(picture(&app).contains("keys of namespace jobs"));
}

#[test]
fn answers_to_what_is_no_longer_wanted_are_dropped() {
    let mut server = Fake::of(&[&["old"]]);
    let mut app = App::new(Options { tab: Tab::Keys, ..Options::default() }, SIZE);
    let late = update(&mut app, Msg::Sample(Box::new(sample())), 1_000);
    let effects = update(&mut app, Msg::Key(KeyEvent::from(KeyCode::Char('n'))), 2_000);
    server.serve(&mut app, late);
    assert!(names(&app).is_empty());
    server.pages = vec![vec![b"new".to_vec()]];
    server.serve(&mut app, effects);
    assert_eq!(names(&app), ["new"]);
}

#[test]
fn failures_are_said_and_not_repeated() {
    let mut app = App::new(Options { tab: Tab::Keys, ..Options::default() }, SIZE);
    let mut effects = update(&mut app, Msg::Sample(Box::new(sample())), 1_000);
    for _ in 0..2 {
        let Some(Effect::Run(request)) = effects.iter().find(|effect| matches!(effect, Effect::Run(_))).cloned() else {
            panic!()
        };
        effects = update(&mut app, Msg::Answer(request.answer(Err("too \x1b[2Jlarge".into()))), 1_000);
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Run(_))));
        assert!(picture(&app).contains(r"failed: too \x1b[2Jlarge"));
        effects = update(&mut app, Msg::Key(KeyEvent::from(KeyCode::Char('m'))), 1_000);
    }
    let mut server = Fake::of(&[&["a"]]);
    server.serve(&mut app, effects);
    assert!(server.asked[0].contains("COUNT 10"), "what was too large is asked for in smaller pages");
    assert_eq!(names(&app), ["a"]);
}

#[test]
fn groups_are_unfolded() {
    let mut server = Fake::of(&[&["user:1:a", "user:1:b", "user:2", "x:1", "z"]]);
    let mut app = server.started(SIZE);
    server.press(&mut app, "v");
    assert_eq!(names(&app), ["user:", "x:1", "z"]);
    assert!(picture(&app).contains("+ user: (3)"));
    server.press(&mut app, "⏎j⏎");
    assert_eq!(names(&app), ["user:", "user:1:", "user:1:a", "user:1:b", "user:2", "x:1", "z"]);
    let picture = picture(&app);
    assert!(
        picture.contains("- user: (3)") && picture.contains("  - 1: (2)") && picture.contains("      a "),
        "{picture}"
    );
    server.press(&mut app, "k⏎");
    assert_eq!(names(&app), ["user:", "x:1", "z"]);
}

#[test]
fn hostile_names_are_shown_harmlessly_and_acted_upon_exactly() {
    let hostile: [&[u8]; 5] = [b"\x1b[2J\x07", b"a\nb", "x\u{202e}y".as_bytes(), b"\xff\xfe", &[b'n'; 1 << 20]];
    for key in hostile {
        let mut server = Fake { pages: vec![vec![key.to_vec()]], ..Fake::default() };
        let mut app = server.started(SIZE);
        for view in 0..2 {
            let drawn = picture(&app);
            assert!(!drawn.contains(['\x1b', '\x07', '\u{202e}']), "view {view}: {drawn}");
            server.press(&mut app, "v");
        }
        let effects = update(&mut app, Msg::Key(KeyEvent::from(KeyCode::Char('x'))), 2_000);
        assert!(effects.is_empty() && !picture(&app).contains(['\x1b', '\u{202e}']));
        update(&mut app, Msg::Key(KeyEvent::from(KeyCode::Tab)), 2_000);
        let effects = update(&mut app, Msg::Key(KeyEvent::from(KeyCode::Enter)), 2_000);
        let [Effect::Run(request)] = &effects[..] else { panic!("{effects:?}") };
        assert_eq!(request.commands, [vec![b"UNLINK".to_vec(), key.to_vec()]]);
        server.serve(&mut app, effects);
        assert!(names(&app).is_empty());
    }
}

#[test]
fn all_that_is_shown_is_deleted_in_batches_once_the_word_is_typed() {
    let page = (0..1_200).map(|at| format!("tmp:{at:05}").into_bytes()).chain([b"keep".to_vec()]).collect();
    let mut server = Fake { pages: vec![page], ..Fake::default() };
    let mut app = server.started(SIZE);
    server.press(&mut app, "/!keep⏎");
    server.press(&mut app, "X");
    assert!(picture(&app).contains("1,200 keys"), "{}", picture(&app));
    server.press(&mut app, "del⏎⇥⏎⇥");
    assert!(!server.asked.iter().any(|line| line.starts_with("UNLINK")));
    server.press(&mut app, "⎋Xdelete⏎⇥⏎");
    assert_eq!(server.asked.iter().filter(|line| line.starts_with("UNLINK tmp:")).count(), 1_200);
    assert_eq!(app.screens.keys.keys.len(), 1, "the others stay");
}

#[test]
fn names_and_times_to_live_are_changed() {
    let mut server = Fake::of(&[&["a", "b"]]);
    let mut app = server.started(SIZE);
    server.press(&mut app, "E10m⏎⇥⏎");
    assert!(server.asked.contains(&"EXPIRE a 600".to_owned()));
    server.press(&mut app, "E⏎⇥⏎");
    assert!(server.asked.contains(&"PERSIST a".to_owned()));
    server.press(&mut app, r"R\n⏎⇥⏎");
    assert!(server.asked.contains(&"RENAMENX a a\n".to_owned()));
    assert_eq!(names(&app), ["a\n", "b"]);
    assert_eq!(app.list().selected, Some(id(KEY, b"a\n")));
    server.answers = vec![("COPY", Value::Integer(0))];
    server.press(&mut app, "jC2⏎⇥⏎");
    assert_eq!(names(&app), ["a\n", "b"]);
    assert!(app.events.newest().next().unwrap().text.contains("already"));
    server.answers.clear();
    server.press(&mut app, "⎋C2⏎⇥⏎");
    assert_eq!(names(&app), ["a\n", "b", "b2"]);
}

#[test]
fn who_only_reads_changes_nothing() {
    let mut server = Fake::of(&[&["a", "b"]]);
    let mut app = server.started(SIZE);
    app.options.is_readonly = true;
    server.asked.clear();
    server.press(&mut app, "x⇥⏎⎋Xdelete⏎⇥⏎⎋E10⏎⇥⏎⎋Rc⏎⇥⏎⎋Cc⏎⇥⏎");
    let changes = ["UNLINK", "EXPIRE", "PERSIST", "RENAMENX", "COPY"];
    assert!(
        !server.asked.iter().any(|line| changes.iter().any(|change| line.starts_with(change))),
        "{:?}",
        server.asked
    );
}

/// Opens the only key of this type, of which the server answers this.
fn opened(kind: &'static str, answers: Vec<(&'static str, Value)>) -> (Fake, App) {
    let mut server = Fake::of(&[&["key"]]);
    server.answers = vec![("TYPE", bytes(kind))];
    server.answers.extend(answers);
    let mut app = server.started(SIZE);
    server.press(&mut app, "⏎");
    (server, app)
}

#[test]
fn pieces_of_a_long_line_are_one_line() {
    let text = format!("{}\nsecond", "x".repeat(150));
    let answers = vec![("STRLEN", Value::Integer(157)), ("GETRANGE", bytes(text.as_str()))];
    let (mut server, mut app) = opened("string", answers);
    let numbers: Vec<_> = app.screens.keys.opened.as_ref().unwrap().lines.iter().map(|line| line.number).collect();
    assert_eq!(numbers, [Some(1), None, None, Some(2)]);
    server.press(&mut app, "j");
    assert!(picture(&app).contains("text  line 1 of 2"), "{}", picture(&app));
    let (extension, exported) = Keys.export(&app, Format::Json).unwrap();
    assert_eq!((extension, exported), ("txt", text + "\n"));
    server.press(&mut app, "v");
    assert!(picture(&app).contains("00000000  78 78") && !picture(&app).contains("line 1"), "{}", picture(&app));
}

#[test]
fn each_type_is_shown_its_way() {
    let pairs = |words: &[&str]| Value::Array(words.iter().map(bytes).collect());
    let page = |items| Value::Array(vec![bytes("0"), items]);
    let nested = Value::Array(vec![Value::Array(vec![bytes("ann"), Value::Double(1.5)])]);
    let stream = Value::Array(vec![Value::Array(vec![bytes("7-1"), pairs(&["temp", "21"])])]);
    for (kind, answers, command, shown) in [
        (
            "string",
            vec![("STRLEN", Value::Integer(9)), ("GETRANGE", bytes("{\"a\":[1]}"))],
            "GETRANGE key 0 16383",
            "\"a\": [",
        ),
        ("hash", vec![("HSCAN", page(pairs(&["name", "Ann"])))], "HSCAN key 0 COUNT 100", "name"),
        ("set", vec![("SSCAN", page(pairs(&["red"])))], "SSCAN key 0 COUNT 100", "red"),
        ("list", vec![("LRANGE", pairs(&["first"]))], "LRANGE key 0 99", "first"),
        ("zset", vec![("ZRANGE", pairs(&["ann", "1.5"]))], "ZRANGE key 0 99 WITHSCORES", "1.5"),
        ("zset", vec![("ZRANGE", nested)], "ZRANGE key 0 99 WITHSCORES", "1.5"),
        (
            "stream",
            vec![("XRANGE key -", stream), ("XRANGE", Value::Array(Vec::new()))],
            "XRANGE key - + COUNT 100",
            "temp=21",
        ),
    ] {
        let (server, app) = opened(kind, answers);
        assert!(server.asked.contains(&command.to_owned()), "{:?}", server.asked);
        assert!(picture(&app).contains(shown), "{}", picture(&app));
    }
}

#[test]
fn a_value_that_cannot_be_shown_is_named() {
    for (kind, shown) in [("ReJSON-RL", "values of the type ReJSON-RL cannot be shown"), ("none", "not there any more")]
    {
        let (_, app) = opened(kind, Vec::new());
        assert!(picture(&app).contains(shown), "{}", picture(&app));
    }
    let (_, app) = opened("hash", vec![("HSCAN", Value::Error("WRONGTYPE no".into()))]);
    assert!(picture(&app).contains("WRONGTYPE no"));
}

#[test]
fn large_values_come_in_pages_and_are_bounded() {
    let (mut server, mut app) =
        opened("string", vec![("STRLEN", Value::Integer(10_000_000)), ("GETRANGE", bytes(vec![b'x'; 16 << 10]))]);
    let asked = |server: &Fake| server.asked.iter().filter(|line| line.starts_with("GETRANGE")).count();
    assert_eq!(asked(&server), 1);
    server.press(&mut app, "G");
    assert_eq!(asked(&server), 2);
    server.press(&mut app, &"G".repeat(40));
    assert_eq!(asked(&server), 16, "no more is kept");
    assert!(picture(&app).contains("no more of it is kept"));

    let fields = (0..200).map(|at| bytes(format!("f{at}"))).collect();
    let (server, _) = opened(
        "hash",
        vec![
            ("MEMORY", Value::Integer(100 << 20)),
            ("HLEN", Value::Integer(1_000)),
            ("HSCAN", Value::Array(vec![bytes("0"), Value::Array(fields)])),
        ],
    );
    assert!(server.asked.contains(&"HSCAN key 0 COUNT 1".to_owned()), "values may be large: {:?}", server.asked);
}

#[test]
fn back_closes_the_value_and_the_selection_is_where_it_was() {
    let mut server = Fake::of(&[&["a", "b", "c"]]);
    server.answers = vec![("STRLEN", Value::Integer(1)), ("GETRANGE", bytes("x"))];
    let mut app = server.started(SIZE);
    server.press(&mut app, "j⏎");
    assert!(app.screens.keys.opened.is_some() && picture(&app).contains("keys of namespace web"));
    server.press(&mut app, "z");
    assert!(!picture(&app).contains("keys of namespace web"));
    server.press(&mut app, "⎋⎋");
    assert!(app.screens.keys.opened.is_none());
    assert_eq!((app.tab, app.list().selected.clone()), (Tab::Keys, Some(id(KEY, b"b"))));
    server.press(&mut app, "⏎x⇥⏎");
    assert!(app.screens.keys.opened.is_none(), "what is gone is closed");
    assert_eq!(names(&app), ["a", "c"]);
}

#[test]
fn values_fit_where_they_are_shown() {
    let pairs: Vec<Value> = (0..60).map(|at| bytes(format!("field-{at} 数据 \x1b[2J"))).collect();
    let answers = vec![("HSCAN", Value::Array(vec![bytes("0"), Value::Array(pairs)])), ("HLEN", Value::Integer(30))];
    for (width, height) in [(120, 40), (80, 24), (60, 16), (40, 8), (20, 4), (300, 100)] {
        let (mut server, mut app) = opened("hash", answers.clone());
        let effects = update(&mut app, Msg::Resize(width, height), 5_000);
        server.serve(&mut app, effects);
        server.press(&mut app, "jjGks");
        assert!(!picture(&app).contains('\x1b'));
    }
}

#[test]
fn what_is_loaded_is_exported() {
    let mut server = Fake::of(&[&["a,b", "x\n"]]);
    let app = server.started(SIZE);
    let (extension, text) = Keys.export(&app, Format::Csv).unwrap();
    assert_eq!(extension, "csv");
    assert_eq!(text, "name,type,ttl_ms,used_bytes,encoding\n\"a,b\",string,,64,embstr\nx\\n,string,,64,embstr\n");
    let (extension, text) = Keys.export(&app, Format::Json).unwrap();
    let rows: Json = serde_json::from_str(&text).unwrap();
    assert_eq!((extension, &rows[1]["name"], &rows[1]["ttl_ms"]), ("json", &r"x\n".into(), &Json::Null));
}

fn at_every_size(server: &mut Fake, app: &mut App) -> String {
    let pictures = [(120, 24), (80, 20), (60, 16), (40, 8)].map(|(width, height)| {
        let now_ms = app.now_ms;
        let effects = update(app, Msg::Resize(width, height), now_ms);
        server.serve(app, effects);
        picture(app)
    });
    pictures.join("\n")
}

#[test]
fn groups_and_values_at_every_size() {
    let note = "a long note ".repeat(30);
    let fields = ["name", "Ann", "note", &note, "json", r#"{"a":[1,2],"b":null}"#, "数据", "значение"];
    let fields = Value::Array(vec![bytes("0"), Value::Array(fields.iter().map(bytes).collect())]);
    let mut server = Fake::of(&[&["user:1:cart", "user:1:name", "user:2:name", "session:9", "数据:1", "数据:2", "z"]]);
    server.answers =
        vec![("TYPE", bytes("hash")), ("PTTL", Value::Integer(45_000)), ("HLEN", Value::Integer(4)), ("HSCAN", fields)];
    let mut app = server.started(SIZE);
    server.press(&mut app, "vj⏎j⏎");
    insta::assert_snapshot!("groups", at_every_size(&mut server, &mut app));
    server.press(&mut app, "j⏎j");
    insta::assert_snapshot!("value", at_every_size(&mut server, &mut app));
}

/// The keyspaces that keys were asked for in.
fn keyspaces(effects: &[Effect]) -> Vec<Option<Keyspace>> {
    let keyspace = |effect: &Effect| if let Effect::Run(run) = effect { Some(run.keyspace.clone()) } else { None };
    effects.iter().filter_map(keyspace).collect()
}

fn named(name: &str) -> Option<Keyspace> {
    Some(Keyspace::Named(name.into()))
}

#[test]
fn the_database_of_the_address_is_browsed() {
    let of = |db, is_rkvs: bool| {
        let mut app = App::new(Options { tab: Tab::Keys, db: Some(db), ..Options::default() }, SIZE);
        let mut sample = sample();
        if !is_rkvs {
            sample.server.rkvs_version = None;
        }
        let effects = update(&mut app, Msg::Sample(Box::new(sample)), 1_000);
        (app.screens.keys.target.as_ref().map(|target| target.name.clone()), keyspaces(&effects))
    };
    assert_eq!(of(3, true), (Some("jobs".into()), vec![named("jobs")]));
    assert_eq!(of(0, true), (Some("web".into()), vec![named("web")]));
    // It has none of that index, as far as it has told.
    assert_eq!(of(7, true), (None, vec![]));
    assert_eq!(of(7, false), (Some("7".into()), vec![Some(Keyspace::Numbered(7))]));
}

#[test]
fn keys_are_loaded_again_when_they_are_gone_at_once() {
    let told = |run_id: &str, keys| {
        let mut sample = sample();
        sample.info = crate::state::sample::Info::parse(&format!("run_id:{run_id}")).into();
        sample.namespaces =
            Some(vec![Namespace { keys: Some(keys), db: Some(0), ..Namespace::named("web".into()) }].into());
        Msg::Sample(Box::new(sample))
    };
    let mut server = Fake::of(&[&["a", "b"]]);
    let mut app = server.started(SIZE);
    for (run_id, keys, pages, left) in [
        ("x", 2, vec!["a"], 2),
        ("x", 0, vec![], 0),
        ("x", 1, vec!["c"], 0),
        ("y", 1, vec!["c"], 1),
        ("y", 1, vec![], 1),
    ] {
        server.pages = vec![pages.iter().map(|name| name.as_bytes().to_vec()).collect()];
        let effects = update(&mut app, told(run_id, keys), 2_000);
        server.serve(&mut app, effects);
        assert_eq!(names(&app).len(), left, "{run_id} {keys}");
    }
    assert!(app.events.newest().any(|event| event.text.contains("the server was restarted")));
}

#[test]
fn a_new_name_is_taken_as_it_is_typed() {
    let mut server = Fake::of(&[&["a"]]);
    server.answers = vec![("RENAMENX a  b ", Value::Integer(0))];
    let mut app = server.started(SIZE);
    server.press(&mut app, "R");
    let clear = |app: &mut App| update(app, Msg::Key(KeyEvent::new(KeyCode::Char('u'), CONTROL)), 2_000);
    clear(&mut app);
    server.press(&mut app, "⇥⇥⏎");
    assert!(picture(&app).contains("a name is missing"));
    server.press(&mut app, " b ⇥⇥⏎");
    assert!(server.asked.iter().any(|line| line == "RENAMENX a  b "), "{:?}", server.asked);
    let shown = picture(&app);
    assert!(shown.contains("there is a key of that name already"), "{shown}");
    let Some(Overlay::Dialog(dialog)) = app.overlays.last() else { panic!("what was typed is lost") };
    assert_eq!(dialog.fields[0].input.text(), " b ");
    assert_eq!(names(&app), ["a"]);
}

#[test]
fn a_key_without_a_name_is_seen() {
    let mut server = Fake::of(&[&["", "a"]]);
    let mut app = server.started(SIZE);
    assert!(picture(&app).contains("\"\""));
    server.press(&mut app, "gx");
    let Some(Overlay::Dialog(dialog)) = app.overlays.last() else { panic!() };
    assert!(dialog.lines.contains(&("key".into(), "\"\"".into())), "{:?}", dialog.lines);
}

#[test]
fn a_type_that_is_typed_is_looked_for_like_one_that_f_chooses() {
    let mut server = Fake::of(&[&["a", "b"]]);
    let mut app = server.started(SIZE);
    server.press(&mut app, "/type=hash user:*");
    assert!(!server.asked.iter().any(|line| line.contains("TYPE hash")), "not before it is typed whole");
    server.press(&mut app, "⏎");
    assert!(server.asked.contains(&"SCAN 0 COUNT 500 MATCH user:* TYPE hash".to_owned()), "{:?}", server.asked);
    assert_eq!(app.list().filter.text(), "user:*");
    server.press(&mut app, "f");
    assert!(server.asked.contains(&"SCAN 0 COUNT 500 MATCH user:* TYPE list".to_owned()), "{:?}", server.asked);
    server.press(&mut app, "⎋/type=nosuch⏎");
    assert!(app.said.as_ref().unwrap().text.starts_with("type: any, string"));
    server.press(&mut app, "/type=any⏎");
    assert_eq!(server.asked.iter().rfind(|line| line.starts_with("SCAN")).unwrap(), "SCAN 0 COUNT 500");
    assert!(!server.asked.iter().any(|line| line.contains("*type")), "{:?}", server.asked);
}

#[test]
fn the_title_counts_what_is_shown_while_a_pattern_is_typed() {
    let mut server = Fake::of(&[&["a", "ab", "c"]]);
    let mut app = server.started(SIZE);
    assert!(picture(&app).contains("3 of 1,000 keys"), "{}", picture(&app));
    for (keys, shown) in [("/a", "2 of 3 loaded"), ("x", "0 of 3 loaded"), ("⎋/!a⏎", "1 of 3 loaded")] {
        server.press(&mut app, keys);
        assert!(picture(&app).contains(shown), "{shown}: {}", picture(&app));
    }
}

#[test]
fn a_score_is_shown_whole() {
    let pairs = ["Palermo", "3479099956230698"].iter().map(bytes).collect();
    let (_, app) = opened("zset", vec![("ZRANGE", Value::Array(pairs))]);
    assert!(picture(&app).contains(" 3479099956230698 "), "{}", picture(&app));
    assert!(picture(&app).contains("member, score 3479099956230698"), "{}", picture(&app));
}

#[test]
fn values_are_filtered_by_their_headings() {
    let fields = ["name", "Ann", "age", "7"].iter().map(bytes).collect();
    let (mut server, mut app) = opened("hash", vec![("HSCAN", Value::Array(vec![bytes("0"), Value::Array(fields)]))]);
    for (filter, rows) in [("field=na", 1), ("value=7", 1), ("size=3B", 1), ("name=a", 2), ("value=70", 0)] {
        server.press(&mut app, &format!("/{filter}⏎"));
        assert_eq!(app.list().rows.len(), rows, "{filter}");
        server.press(&mut app, "/⎋");
    }
}
