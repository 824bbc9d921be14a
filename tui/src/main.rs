//! `rkvs-tui`: a running server, live in the terminal.

#![forbid(unsafe_code)]

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use ratatui::layout::Size;
use rkvs_tui::cli::Cli;
use rkvs_tui::source::record::{Recorder, Recording};
use rkvs_tui::source::{live, replay};
use rkvs_tui::state::{App, Options};
use rkvs_tui::theme::{Charset, Theme};
use rkvs_tui::{app, clock, terminal};
use tokio::sync::mpsc;

/// Something could not be read, written or reached.
const FAILED: u8 = 1;
/// The arguments cannot be carried out.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return fail(USAGE, "standard input and output are no terminal");
    }
    match dashboard(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(FAILED, &error),
    }
}

fn fail(code: u8, error: &str) -> ExitCode {
    // There is nowhere else to tell it.
    let _ = writeln!(io::stderr(), "rkvs-tui: {error}");
    ExitCode::from(code)
}

fn dashboard(cli: &Cli) -> Result<(), String> {
    let text = |error: io::Error| error.to_string();
    let address = cli.address();
    let palette = cli.theme.unless_no_color(std::env::var_os("NO_COLOR").as_deref());
    let options = Options {
        is_readonly: cli.readonly || cli.replay.is_some(),
        theme: Theme::new(palette, if cli.ascii { Charset::Ascii } else { Charset::Unicode }),
        interval_ms: cli.interval,
        has_mouse: !cli.no_mouse,
        namespace: cli.namespace.clone(),
        address: cli.replay.as_ref().map_or_else(|| address.to_string(), |file| file.display().to_string()),
        tab: cli.view,
        utc_offset_s: clock::utc_offset_s(),
    };
    let in_file = |path: &std::path::Path, error: io::Error| format!("{}: {error}", path.display());
    let recorder = match &cli.record {
        Some(path) => Some(Recorder::create(path).map_err(|error| in_file(path, error))?),
        None => None,
    };
    let recording = match &cli.replay {
        Some(path) => Some(Recording::open(path).map_err(|error| in_file(path, error))?),
        None => None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(text)?;
    let has_mouse = options.has_mouse;
    let guard = terminal::enter(has_mouse).map_err(text)?;
    let (width, height) = crossterm::terminal::size().map_err(text)?;
    let state = App::new(options, Size::new(width, height));
    runtime.block_on(async {
        let (messages_out, messages) = mpsc::channel(app::MESSAGES_MAX);
        let source = match recording {
            Some(recording) => replay::spawn(recording, cli.speed, messages_out),
            None => live::spawn(address, cli.interval, messages_out),
        };
        app::run(state, guard, source, messages, recorder).await.map_err(text)
    })
}
