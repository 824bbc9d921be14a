//! `rkvs-tui`: a running server, live in the terminal, or a line at a time.

#![forbid(unsafe_code)]

use std::io::{self, BufReader, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, Parser};
use rkvs_tui::app::{self, End};
use rkvs_tui::cli::setup::Setup;
use rkvs_tui::cli::{Cli, Command, one_line};
use rkvs_tui::failure::Failure;
use rkvs_tui::output::run::{self as output, Plan, complain};
use rkvs_tui::output::{contract, views::View};
use rkvs_tui::signals::{self, Signals};
use rkvs_tui::source::record::{Recorder, Recording};
use rkvs_tui::source::{live, replay};
use rkvs_tui::state::sample::Wants;
use rkvs_tui::state::tab::Tab;
use rkvs_tui::state::{App, Options};
use rkvs_tui::theme::{Charset, Theme};
use rkvs_tui::{clock, commands, log, terminal};
use tokio::sync::mpsc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => return fail(&Failure::Usage(one_line(&error))),
        // Help and version.
        Err(text) => return written(text.print()).map_or_else(|failure| fail(&failure), success),
    };
    match run(cli) {
        Ok(code) => code,
        Err(failure) => fail(&failure),
    }
}

fn fail(failure: &Failure) -> ExitCode {
    tracing::error!(failure = ?failure.to_string(), "ended");
    complain(&failure.to_string());
    ExitCode::from(failure.code())
}

fn run(mut cli: Cli) -> Result<ExitCode, Failure> {
    if let Some(argument) = cli.idle_argument() {
        return Err(Failure::Usage(format!("{argument} means nothing to this command")));
    }
    match cli.command {
        Some(Command::Completions { shell }) => return completions(shell).map(success),
        Some(Command::Schema { view }) => {
            let schema = contract::schema(view_of(view)?);
            return print(format!("{schema:#}\n").as_bytes()).map(success);
        }
        _ => {}
    }
    let setup = Setup::new(&cli)?;
    if let Some(path) = &setup.log_file {
        log::to_file(path).map_err(|error| in_file(path, &error))?;
    }
    tracing::info!(version = env!("CARGO_PKG_VERSION"), address = %setup.address, "started");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(local)?;
    if let Some(command) = cli.command.take() {
        return runtime.block_on(commands::run(command, &setup, &mut io::stdout())).map(success);
    }
    let is_told = cli.once || cli.watch.is_some() || setup.asked_format.is_some() || !io::stdout().is_terminal();
    if is_told { runtime.block_on(tell(&cli, setup)).map(success) } else { runtime.block_on(dashboard(&cli, setup)) }
}

fn success(_: ()) -> ExitCode {
    ExitCode::SUCCESS
}

/// `--once` and `--watch`.
async fn tell(cli: &Cli, setup: Setup) -> Result<(), Failure> {
    let view = view_of(setup.view)?;
    if setup.view == Tab::Shards && setup.namespace.is_none() && setup.address.db.is_some_and(|db| db > 0) {
        return Err(Failure::Usage("shards are told of a namespace: --namespace NAME rather than a database".into()));
    }
    let plan = Plan { view, format: setup.format, namespace: setup.namespace.clone(), recorder: recorder(cli)? };
    let out = io::stdout();
    match (&cli.replay, cli.watch) {
        (Some(path), Some(_)) => output::watch_recording(plan, path, cli.speed, out).await,
        (Some(path), None) => output::once_of_recording(&plan, path, out),
        (None, Some(seconds)) => {
            let interval = seconds.map_or(setup.interval, Duration::from_secs_f64);
            output::watch(plan, setup.address, interval, out).await
        }
        (None, None) => {
            let apart = if setup.has_interval { setup.interval } else { output::APART };
            output::once(plan, &setup.address, apart, out).await
        }
    }
}

/// The dashboard. Ended by a signal it has the exit code that a shell gives to who dies of it.
async fn dashboard(cli: &Cli, setup: Setup) -> Result<ExitCode, Failure> {
    let no_color = std::env::var_os("NO_COLOR");
    let palette = setup.theme.unless_no_color(no_color.as_deref());
    let place = cli.replay.as_ref().map_or_else(|| setup.address.to_string(), |file| file.display().to_string());
    let options = Options {
        is_readonly: setup.is_readonly || cli.replay.is_some(),
        theme: Theme::new(palette, if setup.is_ascii { Charset::Ascii } else { Charset::Unicode }),
        interval_ms: setup.interval.as_millis() as u64,
        has_mouse: setup.has_mouse,
        has_colours: no_color.is_none_or(|value| value.is_empty()),
        is_replay: cli.replay.is_some(),
        namespace: setup.namespace.clone(),
        db: setup.address.db,
        address: place,
        tab: setup.view,
        utc_offset_s: clock::utc_offset_s(),
    };
    let recorder = recorder(cli)?;
    let recording = cli.replay.as_deref().map(checked).transpose()?;
    // From here on no signal leaves the terminal behind as it is.
    let signals = Signals::listen().map_err(local)?;
    signals::watch(terminal::give_up).map_err(local)?;
    let guard = terminal::enter(options.has_mouse).map_err(local)?;
    let interval_ms = options.interval_ms;
    let state = App::new(options, terminal::size().map_err(local)?);
    let (messages_out, messages) = mpsc::channel(app::MESSAGES_MAX);
    let source = match recording {
        Some(recording) => replay::spawn(recording, cli.speed, messages_out),
        None => live::spawn(setup.address, interval_ms, Wants::default(), messages_out),
    };
    Ok(match app::run(state, guard, signals, source, messages, recorder).await.map_err(local)? {
        End::Quit => ExitCode::SUCCESS,
        End::Signal(number) => ExitCode::from(signals::exit_code(number)),
    })
}

fn recorder(cli: &Cli) -> Result<Option<Recorder>, Failure> {
    let create = |path| Recorder::create(path, cli.record_max_bytes).map_err(|error| in_file(path, &error));
    cli.record.as_deref().map(create).transpose()
}

/// A recording that can be read to its end.
fn checked(path: &Path) -> Result<Recording<BufReader<std::fs::File>>, Failure> {
    Recording::check(path).map_err(|error| in_file(path, &error))?;
    Recording::open(path).map_err(|error| in_file(path, &error))
}

fn view_of(tab: Tab) -> Result<&'static View, Failure> {
    View::of(tab).ok_or_else(|| Failure::Usage(format!("the view {} is of the dashboard alone", tab.name())))
}

fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "rkvs-tui", &mut script);
    print(&script)
}

fn print(bytes: &[u8]) -> Result<(), Failure> {
    written(io::stdout().write_all(bytes))
}

/// Whether all is written. That nobody reads it to the end is no failure.
fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result.and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(local(error)),
        _ => Ok(()),
    }
}

fn local(error: io::Error) -> Failure {
    Failure::Connection(error.to_string())
}

fn in_file(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::Connection(format!("{}: {error}", path.display()))
}
