//! How long a message and a picture take, screen by screen, on large servers. Measures, so it is run by hand, optimized:
//!
//! ```text
//! cargo test --release -p rkvs-tui --test speed -- --ignored --nocapture
//! ```

#[allow(dead_code, reason = "each test binary uses a part of the states")]
mod states;

use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;
use rkvs_tui::state::msg::Msg;
use rkvs_tui::state::sample::{Client, Clients, Namespace, Sample};
use rkvs_tui::state::tab::Tab;
use rkvs_tui::state::update::update;
use rkvs_tui::state::{App, Options};
use rkvs_tui::view::view;
use states::hostile;

const ROUNDS: u32 = 20;
/// What a key and the picture that shows its effect may take together: two of them fit between two frames.
const KEY_TO_PICTURE_MAX: Duration = Duration::from_millis(16);
/// What a sample and its picture may take: with a poll a second, less than 5 % of a core.
const SAMPLE_TO_PICTURE_MAX: Duration = Duration::from_millis(50);

/// A server with that many namespaces and clients, of which a slice was polled at this time.
fn large(base: &Sample, count: usize, at_ms: u64) -> Sample {
    let known = base.namespaces.as_ref().and_then(|namespaces| namespaces.last()).cloned().unwrap_or_default();
    let namespaces = (0..count).map(|n| Namespace {
        name: format!("tenant-{n:05}"),
        db: Some(n as u64),
        keys: Some((n as u64).wrapping_mul(7_919) % 100_003),
        polled_at_ms: if n % 40 == (at_ms / 1_000) as usize % 40 { at_ms } else { 1 },
        ..known.clone()
    });
    let lines: Vec<String> = (0..count)
        .map(|n| {
            let client = base.clients.as_ref().map(|clients| &clients.clients[n % clients.clients.len()]);
            let fields = client.into_iter().flat_map(Client::iter).filter(|(field, _)| *field != "id");
            fields.fold(format!("id={n}"), |line, (field, value)| format!("{line} {field}={value}"))
        })
        .collect();
    Sample {
        at_ms,
        namespaces: Some(Arc::new(namespaces.collect())),
        clients: Some(Arc::new(Clients::parse(&lines.join("\n")))),
        ..base.clone()
    }
}

fn typical(at_ms: u64) -> Sample {
    Sample { at_ms, ..states::RKVS[states::RKVS.len() - 1].clone() }
}

fn timed(mut what: impl FnMut(u32)) -> Duration {
    let begun = Instant::now();
    (0..ROUNDS).for_each(&mut what);
    begun.elapsed() / ROUNDS
}

#[test]
#[ignore = "measures; run it optimized"]
fn keys_samples_and_pictures_are_quick() {
    let base = typical(0);
    let large = |at_ms| large(&base, 10_000, at_ms);
    let hostile = |at_ms| hostile::sample(at_ms, hostile::NAMES);
    let servers: [(&str, &dyn Fn(u64) -> Sample); 3] =
        [("typical", &typical), ("10,000 namespaces and clients", &large), ("1,000 hostile names", &hostile)];
    let (mut table, mut slow) = (String::new(), Vec::new());
    for (name, sample) in servers {
        writeln!(table, "{name}\n{:12}{:>12}{:>12}{:>12}{:>12}", "ms", "sample", "key", "120x40", "300x100").unwrap();
        for tab in Tab::ALL {
            let mut app = App::new(Options::default(), Size::new(120, 40));
            let mut at_ms = base.at_ms + 1_796_002_070_000;
            update(&mut app, Msg::Sample(Box::new(sample(at_ms))), at_ms);
            states::happen(&mut app, Msg::Key(KeyEvent::from(KeyCode::Char(tab.digit()))), at_ms);
            let samples: Vec<Msg> =
                (0..ROUNDS).map(|n| Msg::Sample(Box::new(sample(at_ms + u64::from(n + 1) * 1_000)))).collect();
            let mut samples = samples.into_iter();
            let of_sample = timed(|_| {
                at_ms += 1_000;
                samples.next().into_iter().for_each(|sample| drop(states::happen(&mut app, sample, at_ms)));
            });
            let of_key = timed(|round| {
                let code = if round % 2 == 0 { KeyCode::Down } else { KeyCode::PageDown };
                states::happen(&mut app, Msg::Key(KeyEvent::from(code)), at_ms);
            });
            let mut pictures = [(120, 40), (300, 100)].map(|(width, height)| {
                states::happen(&mut app, Msg::Resize(width, height), at_ms);
                let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
                timed(|_| {
                    terminal.draw(|frame| view(&app, frame)).unwrap();
                })
            });
            let ms = |duration: Duration| format!("{:.3}", duration.as_secs_f64() * 1_000.0);
            let [of_sample_ms, of_key_ms] = [of_sample, of_key].map(ms);
            let [small, large] = pictures.map(ms);
            writeln!(table, "{:12}{of_sample_ms:>12}{of_key_ms:>12}{small:>12}{large:>12}", tab.name()).unwrap();
            pictures.sort();
            for (words, took, most) in [
                ("key", of_key + pictures[1], KEY_TO_PICTURE_MAX),
                ("sample", of_sample + pictures[1], SAMPLE_TO_PICTURE_MAX),
            ] {
                if took > most {
                    slow.push(format!("{name}, {}: {words} to picture {took:?}", tab.name()));
                }
            }
        }
    }
    eprintln!("{table}");
    assert!(slow.is_empty(), "too slow: {slow:#?}");
}
