//! The states that screens are drawn in: recordings made from real servers (`rkvs.jsonl`, `redis.jsonl`), and what can be
//! constructed from them. Time is that of the recording, the time zone is UTC: the same states give the same pictures.

pub(crate) mod answers;
mod edit;
#[allow(dead_code, reason = "only one of the test binaries draws them")]
pub(crate) mod extreme;
pub(crate) mod hostile;

use std::sync::{Arc, LazyLock};

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Size;
use rkvs_tui::source::record::Recording;
use rkvs_tui::state::msg::{Effect, Msg};
use rkvs_tui::state::sample::{Info, Resize, Sample, Server, Shard};
use rkvs_tui::state::tab::Tab;
use rkvs_tui::state::update::update;
use rkvs_tui::state::{App, Options};

/// The largest of the sizes; an application begins with it.
pub(crate) const SIZE: Size = Size::new(120, 40);
/// Seconds of history before a recording.
const HISTORY_S: u64 = 280;
/// Requests that follow from one message at most: a screen that never stops asking is a bug.
const REQUESTS_MAX: usize = 64;

/// A situation that a screen has to cope with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct State {
    /// Its name in the names of snapshots.
    pub(crate) name: &'static str,
    is_readonly: bool,
    /// What has happened until then.
    story: fn() -> Vec<Msg>,
}

/// All of them.
pub(crate) const ALL: [State; 8] = [
    State { name: "empty", is_readonly: false, story: || vec![sample(empty())] },
    State { name: "typical", is_readonly: false, story: || samples(&RKVS) },
    State { name: "huge", is_readonly: false, story: || samples(&HUGE) },
    State { name: "wide", is_readonly: false, story: || samples(&WIDE) },
    State { name: "disconnected", is_readonly: false, story: disconnected },
    State { name: "readonly", is_readonly: true, story: || samples(&RKVS) },
    State { name: "resizing", is_readonly: false, story: || samples(&RESIZING) },
    State { name: "plain", is_readonly: false, story: || samples(&recorded(include_str!("redis.jsonl"))) },
];

/// The application in a state, at a tab; none when the server of that state has nothing for it.
pub(crate) fn app(state: State, tab: Tab) -> Option<App> {
    let mut app = App::new(Options { is_readonly: state.is_readonly, ..Options::default() }, SIZE);
    for msg in (state.story)() {
        let now_ms = match &msg {
            Msg::Sample(sample) => sample.at_ms,
            _ => app.now_ms + 2_000,
        };
        happen(&mut app, msg, now_ms);
    }
    // What was told at the start is read by then.
    let now_ms = app.now_ms + 500;
    happen(&mut app, Msg::Key(KeyEvent::from(KeyCode::Char(tab.digit()))), now_ms);
    (app.tab == tab).then_some(app)
}

/// Brings the application up to date with a message and with the answers to all requests that follow from it. Says what else
/// was to be done.
pub(crate) fn happen(app: &mut App, msg: Msg, now_ms: u64) -> Vec<Effect> {
    let mut effects = update(app, msg, now_ms);
    for _ in 0..REQUESTS_MAX {
        let is_request = |effect: &Effect| matches!(effect, Effect::Run(_));
        let Some(index) = effects.iter().position(is_request) else { return effects };
        let Effect::Run(request) = effects.remove(index) else { unreachable!("it was found as one") };
        let answer = answers::answer(&request);
        effects.extend(update(app, Msg::Answer(answer), now_ms));
    }
    panic!("requests follow from requests without end: {effects:?}");
}

fn recorded(text: &'static str) -> Vec<Sample> {
    let samples: Result<_, _> = Recording::new(text.as_bytes()).collect();
    samples.expect("the recording is one")
}

/// A busy server, with some minutes of history before what was recorded.
pub(crate) static RKVS: LazyLock<Vec<Sample>> = LazyLock::new(rkvs);
static HUGE: LazyLock<Vec<Sample>> = LazyLock::new(|| RKVS.iter().map(edit::huge).collect());
static WIDE: LazyLock<Vec<Sample>> = LazyLock::new(|| RKVS.iter().map(edit::wide).collect());
static RESIZING: LazyLock<Vec<Sample>> = LazyLock::new(|| RKVS.iter().cloned().map(resizing).collect());

fn rkvs() -> Vec<Sample> {
    let recorded = recorded(include_str!("rkvs.jsonl"));
    let traffic = edit::Traffic::between(&recorded[0], &recorded[recorded.len() - 1]);
    // Traffic swells and ebbs: seconds of traffic that lie between a moment and the first sample.
    let mut ago = vec![0.0];
    for second in 1..=HISTORY_S {
        ago.push(ago[second as usize - 1] + 0.7 + 0.3 * (second as f64 / 14.0).sin());
    }
    let total = ago[HISTORY_S as usize] + 60.0;
    let before = (1..=HISTORY_S).rev().map(|second| {
        let mut sample = traffic.later(&recorded[0], total - ago[second as usize]);
        sample.at_ms -= second * 1_000;
        let growth = 1.0 - 0.4 * second as f64 / HISTORY_S as f64;
        edit::used_bytes(&mut sample, growth);
        sample
    });
    before.chain(recorded.iter().map(|sample| traffic.later(sample, total))).collect()
}

/// A server that has nothing yet.
fn empty() -> Sample {
    Sample {
        at_ms: 1_796_002_060_000,
        server: Server {
            address: "127.0.0.1:6379".into(),
            rkvs_version: Some("0.4.0".into()),
            redis_version: Some("7.2.4".into()),
        },
        info: Arc::new(Info::parse("rkvs_version:0.4.0\r\nredis_version:7.2.4\r\nuptime_in_seconds:1\r\n")),
        namespaces: Some(Arc::default()),
        commands: Some(Arc::default()),
        clients: Some(Arc::default()),
        shards: Some(Arc::default()),
        slowlog: Some(Arc::default()),
        config: Some(Arc::default()),
        autosaves: Some(Arc::default()),
        ..Sample::default()
    }
}

/// In the middle of the change of a namespace from 16 to 64 shards.
fn resizing(mut sample: Sample) -> Sample {
    let resize = Resize {
        state: "moving".into(),
        shards: 16,
        target: 64,
        progress: Some(0.42),
        keys_moved: 40_891,
        keys_total: 97_361,
        since_s: sample.at_ms / 1_000 - 4,
        ..Resize::default()
    };
    for namespace in sample.namespaces.iter_mut().flat_map(Arc::make_mut) {
        if namespace.name == "sessions" {
            namespace.resize = Some(resize.clone());
        }
    }
    if let Some(shards) = sample.shards.as_mut().map(Arc::make_mut) {
        let new = (0..64).map(|n| Shard { shard: n, keys: 600 + n * 7 % 90, used_bytes: 78_000, ..Shard::default() });
        shards.shards.extend(new);
        shards.resize = Some(resize);
    }
    sample
}

fn disconnected() -> Vec<Msg> {
    let lost = |retry_at_ms| Msg::Disconnected { error: "Connection refused (os error 111)".into(), retry_at_ms };
    let last_ms = RKVS[RKVS.len() - 1].at_ms;
    let mut story = samples(&RKVS);
    story.extend([lost(last_ms + 3_000), lost(last_ms + 8_000), Msg::Tick]);
    story
}

fn sample(sample: Sample) -> Msg {
    Msg::Sample(Box::new(sample))
}

fn samples(samples: &[Sample]) -> Vec<Msg> {
    samples.iter().cloned().map(sample).collect()
}
