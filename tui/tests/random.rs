//! Whatever is pressed, pasted, answered or resized, in whatever order: nothing panics, no cell holds what a terminal would take
//! for a command, and with `--readonly` nothing leaves that would change the server.
//!
//! `PROPTEST_CASES=2000 cargo test -p rkvs-tui --test random` looks for longer.

#[allow(dead_code, reason = "each test binary uses a part of the states")]
mod states;

use std::sync::LazyLock;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proptest::prelude::*;
use proptest::sample::select;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use rkvs_tui::keymap::BINDINGS;
use rkvs_tui::output::views::{self, Reading};
use rkvs_tui::output::{Format, Picture, writer};
use rkvs_tui::state::App;
use rkvs_tui::state::msg::{Effect, Msg, Request};
use rkvs_tui::state::sample::{Sample, Server};
use rkvs_tui::state::tab::Tab;
use rkvs_tui::state::update::update;
use rkvs_tui::value::Value;
use rkvs_tui::view::view;
use states::{extreme, hostile};

/// Rows of a list that are hostile: enough to scroll, few enough to be sorted a thousand times.
const ROWS: usize = 60;
/// A dashboard that slept for a year.
const WAIT_MAX_MS: u64 = 366 * 86_400_000;

/// Something that happens. What is large is a number into `SAMPLES`.
#[derive(Clone, Debug)]
enum Step {
    Press(KeyCode, KeyModifiers),
    Mouse(MouseEventKind, u16, u16),
    Paste(String),
    Resize(u16, u16),
    Sample(usize),
    Connected,
    Disconnected(String),
    Notice(String),
    /// The oldest request that is not answered yet is, with this.
    Answer(Reply),
    /// Time passes: milliseconds.
    Wait(u64),
}

#[derive(Clone, Debug)]
enum Reply {
    /// What a server answers.
    Usual,
    /// Something no server does.
    Odd(Value),
    Error(String),
    Lost(String),
    TooFew,
}

static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let mut samples: Vec<Sample> = states::RKVS.iter().rev().take(3).cloned().collect();
    samples.push(hostile::sample(0, ROWS));
    samples.push(Sample::default());
    samples.push(Sample { server: Server::default(), ..samples[0].clone() });
    samples.push(Sample { namespaces: None, clients: None, ..samples[0].clone() });
    for state in states::ALL {
        samples.extend(states::app(state, Tab::Overview).map(|app| app.latest().clone()));
    }
    samples.extend(EXTREME.iter().cloned());
    samples
});

/// Numbers of any size, in whatever is told of a server of each kind.
static EXTREME: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let states = states::ALL.iter().filter(|state| ["typical", "resizing", "plain"].contains(&state.name));
    let apps = states.filter_map(|&state| states::app(state, Tab::Overview));
    apps.flat_map(|app| extreme::samples(app.latest())).collect()
});

/// Applications to begin with; their first history takes its time.
static APPS: LazyLock<Vec<App>> =
    LazyLock::new(|| states::ALL.iter().filter_map(|&state| states::app(state, Tab::Overview)).collect());

fn key() -> impl Strategy<Value = Step> {
    let bound: Vec<KeyCode> = BINDINGS.iter().flat_map(|binding| binding.keys).map(|key| key.code).collect();
    let usual = vec![KeyCode::Enter, KeyCode::Esc, KeyCode::Tab, KeyCode::BackTab, KeyCode::Backspace, KeyCode::Delete];
    let arrows = vec![KeyCode::Up, KeyCode::Down, KeyCode::Left, KeyCode::Right, KeyCode::Home, KeyCode::End];
    let code = prop_oneof![
        6 => select(bound),
        3 => select(usual),
        1 => select(arrows),
        2 => any::<char>().prop_map(KeyCode::Char),
        1 => (0_u8..=255).prop_map(KeyCode::F),
    ];
    let modifiers = prop_oneof![
        8 => Just(KeyModifiers::NONE),
        1 => Just(KeyModifiers::SHIFT),
        1 => Just(KeyModifiers::CONTROL),
        1 => Just(KeyModifiers::ALT),
    ];
    (code, modifiers).prop_map(|(code, modifiers)| Step::Press(code, modifiers))
}

fn mouse() -> impl Strategy<Value = Step> {
    let kinds = vec![
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Down(MouseButton::Right),
        MouseEventKind::Up(MouseButton::Left),
        MouseEventKind::Drag(MouseButton::Left),
        MouseEventKind::Moved,
        MouseEventKind::ScrollDown,
        MouseEventKind::ScrollUp,
    ];
    let at = |most: u16| prop_oneof![9 => 0..most, 1 => any::<u16>()];
    (select(kinds), at(130), at(45)).prop_map(|(kind, column, row)| Step::Mouse(kind, column, row))
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        (1..hostile::NAMES).prop_map(hostile::name),
        any::<String>(),
        select(vec!["sessions", "16", "0", "-1", "99999999999999999999", "1gb", "*", "a b"]).prop_map(str::to_owned),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Double),
        (1..hostile::NAMES).prop_map(|number| Value::Bytes(hostile::bytes(number))),
        text().prop_map(|text| Value::Bytes(text.into_bytes())),
        text().prop_map(Value::Error),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec((inner.clone(), inner), 0..4).prop_map(Value::Map),
        ]
    })
}

fn reply() -> impl Strategy<Value = Reply> {
    prop_oneof![
        4 => Just(Reply::Usual),
        2 => value().prop_map(Reply::Odd),
        1 => text().prop_map(Reply::Error),
        1 => text().prop_map(Reply::Lost),
        1 => Just(Reply::TooFew),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let size = prop_oneof![
        4 => select(vec![(120, 40), (80, 24), (60, 16), (40, 8), (20, 4)]),
        1 => (0_u16..=300, 0_u16..=100),
        1 => (0_u16..=45, 0_u16..=12),
    ];
    prop_oneof![
        24 => key(),
        4 => mouse(),
        1 => text().prop_map(Step::Paste),
        2 => size.prop_map(|(width, height)| Step::Resize(width, height)),
        4 => any::<usize>().prop_map(Step::Sample),
        1 => Just(Step::Connected),
        1 => text().prop_map(Step::Disconnected),
        1 => text().prop_map(Step::Notice),
        6 => reply().prop_map(Step::Answer),
        2 => prop_oneof![0_u64..3_000, 0..WAIT_MAX_MS].prop_map(Step::Wait),
    ]
}

/// Carries out a step; says what follows from it.
fn take(app: &mut App, step: Step, waiting: &mut Vec<Request>) -> Vec<Effect> {
    let now_ms = app.now_ms.saturating_add(7);
    let msg = match step {
        Step::Press(code, modifiers) => Msg::Key(KeyEvent::new(code, modifiers)),
        Step::Mouse(kind, column, row) => Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }),
        Step::Paste(text) => Msg::Paste(text),
        Step::Resize(width, height) => Msg::Resize(width, height),
        Step::Sample(number) => {
            Msg::Sample(Box::new(Sample { at_ms: now_ms, ..SAMPLES[number % SAMPLES.len()].clone() }))
        }
        Step::Connected => Msg::Connected(SAMPLES[3].server.clone()),
        Step::Disconnected(error) => Msg::Disconnected { error, retry_at_ms: now_ms.saturating_add(1_000) },
        Step::Notice(text) => Msg::Notice(Err(text)),
        Step::Answer(_) if waiting.is_empty() => Msg::Tick,
        Step::Answer(reply) => {
            let request = waiting.remove(0);
            let all = |value: Value| Ok(vec![value; request.commands.len()]);
            Msg::Answer(match reply {
                Reply::Usual => states::answers::answer(&request),
                Reply::Odd(value) => request.answer(all(value)),
                Reply::Error(error) => request.answer(all(Value::Error(error))),
                Reply::Lost(error) => request.answer(Err(error)),
                Reply::TooFew => request.answer(Ok(Vec::new())),
            })
        }
        Step::Wait(ms) => return update(app, Msg::Tick, now_ms.saturating_add(ms)),
    };
    update(app, msg, now_ms)
}

/// Draws, and looks at every cell.
fn draw(app: &App, width: u16, height: u16) {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view(app, frame)).unwrap();
    for cell in &terminal.backend().buffer().content {
        let is_bad = |c: char| {
            c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        };
        assert!(!cell.symbol().contains(is_bad), "{:?} is on the screen of {}", cell.symbol(), app.tab.title());
    }
}

/// Commands that leave a server as it was.
const READS: [&str; 36] = [
    "SCAN",
    "TYPE",
    "TTL",
    "PTTL",
    "EXPIRETIME",
    "PEXPIRETIME",
    "MEMORY",
    "OBJECT",
    "DBSIZE",
    "EXISTS",
    "STRLEN",
    "GET",
    "GETRANGE",
    "HLEN",
    "HSCAN",
    "HGETALL",
    "HMGET",
    "HGET",
    "LLEN",
    "LRANGE",
    "SCARD",
    "SSCAN",
    "SMEMBERS",
    "ZCARD",
    "ZRANGE",
    "ZSCAN",
    "XLEN",
    "XRANGE",
    "XREVRANGE",
    "XINFO",
    "INFO",
    "LASTSAVE",
    "PING",
    "PFCOUNT",
    "DUMP",
    "RANDOMKEY",
];

fn only_reads(request: &Request) -> bool {
    let words = |command: &Vec<Vec<u8>>| -> Vec<String> {
        command.iter().take(4).map(|word| String::from_utf8_lossy(word).to_uppercase()).collect()
    };
    request.commands.iter().map(words).all(|words| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match &words[..] {
            ["CLIENT", word, ..] => ["LIST", "INFO", "ID", "GETNAME"].contains(word),
            ["CONFIG" | "SLOWLOG", word, ..] => ["GET", "LEN"].contains(word),
            ["NAMESPACE", "RESIZE", _, "STATUS"] | ["NAMESPACE", "CONFIG", "GET", _] => true,
            ["NAMESPACE", word, ..] => ["INFO", "LIST", "SHARDS"].contains(word) || words[1..] == ["AUTOSAVE", "LIST"],
            [name, ..] => READS.contains(name),
            [] => false,
        }
    })
}

fn config() -> ProptestConfig {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() { config } else { ProptestConfig { cases: 150, ..config } }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn nothing_that_happens_panics_or_writes_when_it_must_not(
        begin in any::<usize>(),
        is_readonly in any::<bool>(),
        steps in prop::collection::vec(step(), 1..80),
        other in (0_u16..=300, 0_u16..=100),
    ) {
        let mut app = APPS[begin % APPS.len()].clone();
        app.options.is_readonly = is_readonly;
        let mut waiting = Vec::new();
        for step in steps {
            for effect in take(&mut app, step, &mut waiting) {
                let Effect::Run(request) = effect else { continue };
                prop_assert!(request.is_change || only_reads(&request), "{request:?} says that it only reads");
                prop_assert!(!request.is_change || !is_readonly, "{request:?} changes a server that is only read");
                if waiting.len() < 16 {
                    waiting.push(request);
                }
            }
            draw(&app, app.size.width, app.size.height);
        }
        // The terminal may have another size already than the one that was told, and then tells it.
        draw(&app, other.0, other.1);
        update(&mut app, Msg::Resize(other.0, other.1), 0);
        draw(&app, other.0, other.1);
    }
}

/// Every row of every list, its details, the filter, the help, the dialogs of every key: all of it over hostile names.
#[test]
fn hostile_names_stay_text() {
    let sample = hostile::sample(1_796_002_060_000, ROWS);
    for tab in Tab::ALL {
        let mut app = states::app(states::ALL[0], Tab::Overview).unwrap();
        let at_ms = app.now_ms + 1;
        update(&mut app, Msg::Sample(Box::new(Sample { at_ms, ..sample.clone() })), at_ms);
        update(&mut app, Msg::Notice(Err(hostile::name(0))), at_ms);
        let happen = |app: &mut App, code| {
            let now_ms = app.now_ms + 1;
            states::happen(app, Msg::Key(KeyEvent::from(code)), now_ms);
        };
        let press = |app: &mut App, code| {
            happen(app, code);
            draw(app, states::SIZE.width, states::SIZE.height);
        };
        press(&mut app, KeyCode::Char(tab.digit()));
        assert_eq!(app.tab, tab);
        let rows = app.list().rows.len();
        for _ in 0..=rows / 20 {
            press(&mut app, KeyCode::PageDown);
        }
        press(&mut app, KeyCode::Home);
        // What is asked about each of the keys in turn, and what follows from a confirmation.
        let codes: Vec<KeyCode> = BINDINGS.iter().flat_map(|binding| binding.keys).map(|key| key.code).collect();
        for code in codes {
            press(&mut app, code);
            happen(&mut app, KeyCode::Tab);
            press(&mut app, KeyCode::Enter);
            for code in [KeyCode::Esc, KeyCode::Esc, KeyCode::Char(tab.digit())] {
                happen(&mut app, code);
            }
        }
        update(&mut app, Msg::Disconnected { error: hostile::name(0), retry_at_ms: 0 }, at_ms);
        draw(&app, 120, 40);
    }
}

/// Numbers that no server tells, one sample after the other, on every screen with its details and dialogs, and in every view.
#[test]
fn numbers_of_any_size_are_drawn_and_told() {
    for tab in Tab::ALL {
        let mut app = states::app(states::ALL[1], tab).unwrap();
        for sample in &*EXTREME {
            let now_ms = app.now_ms + 1_000;
            states::happen(&mut app, Msg::Sample(Box::new(Sample { at_ms: now_ms, ..sample.clone() })), now_ms);
            if !app.tabs().any(|shown| shown == tab) {
                continue;
            }
            for code in [KeyCode::Char(tab.digit()), KeyCode::Enter, KeyCode::Char('R'), KeyCode::Char('b')] {
                states::happen(&mut app, Msg::Key(KeyEvent::from(code)), now_ms);
                draw(&app, states::SIZE.width, states::SIZE.height);
                draw(&app, 80, 24);
            }
            for _ in 0..3 {
                states::happen(&mut app, Msg::Key(KeyEvent::from(KeyCode::Esc)), now_ms);
            }
        }
    }
    for pair in EXTREME.windows(2) {
        for view in views::ALL {
            let (now, before) = (Sample { at_ms: pair[0].at_ms + 1, ..pair[1].clone() }, Some(&pair[0]));
            let Some(rows) = view.rows(&Reading { now: &now, before, namespace: None }) else { continue };
            for format in [Format::Table, Format::Json, Format::Csv] {
                let mut out = Vec::new();
                writer(format, false, &mut out).write(&Picture { view, sample: &now, rows: rows.clone() }).unwrap();
                assert!(std::str::from_utf8(&out).is_ok_and(|text| text.ends_with('\n')), "{}", view.name());
            }
        }
    }
}
