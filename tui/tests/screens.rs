//! Pictures of every screen at five sizes in every state: one snapshot a tab and state, `snapshots/screens__TAB__STATE.snap`.
//!
//! After a change of one screen, look at what became of it and then accept:
//!
//! ```text
//! cargo test -p rkvs-tui --test screens overview
//! INSTA_UPDATE=always cargo test -p rkvs-tui --test screens overview
//! ```

#[allow(dead_code, reason = "each test binary uses a part of the states")]
mod states;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use rkvs_tui::state::App;
use rkvs_tui::state::msg::Msg;
use rkvs_tui::state::tab::Tab;
use rkvs_tui::view::view;
use unicode_width::UnicodeWidthStr;

const SIZES: [(u16, u16); 5] = [(120, 40), (80, 24), (60, 16), (40, 8), (20, 4)];

fn draw_all(tab: Tab) {
    for state in states::ALL {
        let Some(mut app) = states::app(state, tab) else { continue };
        let pictures: Vec<String> = SIZES.iter().map(|&size| picture(&mut app, size)).collect();
        insta::assert_snapshot!(format!("{}__{}", tab.name(), state.name), pictures.join("\n"));
    }
}

/// What the terminal shows after it was given a size, below a line that tells the size.
fn picture(app: &mut App, (width, height): (u16, u16)) -> String {
    let now_ms = app.now_ms;
    states::happen(app, Msg::Resize(width, height), now_ms);
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view(app, frame)).unwrap();
    format!("===== {width}×{height}\n{}", lines(terminal.backend().buffer()))
}

fn lines(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let (mut line, mut x) = (String::new(), 0);
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            // The second half of a wide character is a cell of its own that is not shown.
            x += symbol.width().max(1) as u16;
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[test]
fn overview() {
    draw_all(Tab::Overview);
}

#[test]
fn namespaces() {
    draw_all(Tab::Namespaces);
}

#[test]
fn commands() {
    draw_all(Tab::Commands);
}

#[test]
fn clients() {
    draw_all(Tab::Clients);
}

#[test]
fn shards() {
    draw_all(Tab::Shards);
}

#[test]
fn persistence() {
    draw_all(Tab::Persistence);
}

#[test]
fn slowlog() {
    draw_all(Tab::Slowlog);
}

#[test]
fn config() {
    draw_all(Tab::Config);
}

#[test]
fn keys() {
    draw_all(Tab::Keys);
}
