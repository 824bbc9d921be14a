//! Pictures of the screens for people who have not started the dashboard yet: `screenshots/TAB.svg`, drawn from the recording.
//!
//! ```text
//! cargo test -p rkvs-tui --test screenshots -- --ignored
//! ```

#[allow(dead_code, reason = "each test binary uses a part of the states")]
mod states;

use std::fs;
use std::path::Path;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use rkvs_tui::state::tab::Tab;
use rkvs_tui::text;
use rkvs_tui::view::view;

const CELL_WIDTH: f64 = 8.4;
const CELL_HEIGHT: f64 = 17.0;
const FOREGROUND: &str = "#d4d4d4";
const BACKGROUND: &str = "#16181d";
/// The sixteen colours of a terminal.
const PALETTE: [&str; 16] = [
    "#16181d", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#abb2bf", "#5c6370", "#ff7b86",
    "#b5e890", "#ffd68a", "#7cc4ff", "#e08bff", "#6fd6e2", "#ffffff",
];

#[test]
#[ignore = "writes pictures; run it when screens have changed"]
fn screenshots_are_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    fs::create_dir_all(&folder).unwrap();
    let typical = states::ALL.into_iter().find(|state| state.name == "typical").unwrap();
    for tab in Tab::ALL {
        let app = states::app(typical, tab).unwrap();
        let mut terminal = Terminal::new(TestBackend::new(app.size.width, app.size.height)).unwrap();
        terminal.draw(|frame| view(&app, frame)).unwrap();
        fs::write(folder.join(format!("{}.svg", tab.name())), svg(terminal.backend().buffer())).unwrap();
    }
}

fn svg(buffer: &Buffer) -> String {
    let (width, height) = (f64::from(buffer.area.width) * CELL_WIDTH, f64::from(buffer.area.height) * CELL_HEIGHT);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" font-size=\"14\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" xml:space=\"preserve\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"{BACKGROUND}\"/>\n"
    );
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let first = &buffer[(x, y)];
            let (mut words, mut end) = (String::new(), x);
            while end < buffer.area.width && has_same_style(first, &buffer[(end, y)]) {
                let symbol = buffer[(end, y)].symbol();
                words.push_str(symbol);
                // The second half of a wide character is a cell of its own that is not shown.
                end += text::width(symbol).max(1) as u16;
            }
            run(&mut svg, first, &words, (x, y), end - x);
            x = end;
        }
    }
    svg + "</svg>\n"
}

fn has_same_style(a: &Cell, b: &Cell) -> bool {
    (a.fg, a.bg, a.modifier) == (b.fg, b.bg, b.modifier)
}

/// Draws cells of one style.
fn run(svg: &mut String, style: &Cell, words: &str, (x, y): (u16, u16), cells: u16) {
    let (mut ink, mut paper) = (colour(style.fg, FOREGROUND), colour(style.bg, BACKGROUND));
    if style.modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut ink, &mut paper);
    }
    let (left, top, width) = (f64::from(x) * CELL_WIDTH, f64::from(y) * CELL_HEIGHT, f64::from(cells) * CELL_WIDTH);
    if paper != BACKGROUND {
        svg.push_str(&format!(
            "<rect x=\"{left:.1}\" y=\"{top}\" width=\"{width:.1}\" height=\"{CELL_HEIGHT}\" fill=\"{paper}\"/>\n"
        ));
    }
    if words.trim().is_empty() {
        return;
    }
    let mut attributes = String::new();
    if style.modifier.contains(Modifier::BOLD) {
        attributes.push_str(" font-weight=\"bold\"");
    }
    if style.modifier.contains(Modifier::DIM) {
        attributes.push_str(" opacity=\"0.6\"");
    }
    if style.modifier.contains(Modifier::UNDERLINED) {
        attributes.push_str(" text-decoration=\"underline\"");
    }
    let base = top + CELL_HEIGHT - 4.0;
    let mut at = f64::from(x);
    for piece in pieces(words) {
        let escaped = piece.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let left = at * CELL_WIDTH;
        svg.push_str(&format!("<text x=\"{left:.1}\" y=\"{base}\" fill=\"{ink}\"{attributes}>{escaped}</text>\n"));
        at += text::width(piece) as f64;
    }
}

/// Cuts a text so that each character beyond ASCII stands alone, at its place: where a font lacks one, another stands in for it, of
/// another width.
fn pieces(words: &str) -> impl Iterator<Item = &str> {
    let mut rest = words;
    std::iter::from_fn(move || {
        let ascii = rest.find(|character: char| !character.is_ascii()).unwrap_or(rest.len());
        let end = if ascii > 0 { ascii } else { rest.chars().next()?.len_utf8() };
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

fn colour(colour: Color, usual: &str) -> String {
    let index = match colour {
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Rgb(red, green, blue) => return format!("#{red:02x}{green:02x}{blue:02x}"),
        Color::Indexed(index @ 0..16) => index.into(),
        Color::Indexed(_) | Color::Reset => return usual.to_owned(),
    };
    PALETTE[index].to_owned()
}
