//! The server's entry point: reads arguments and configuration, builds the parts, and runs them until told to stop.

use std::process::ExitCode;
use std::sync::Arc;

use rkvs_server::cli::{self, Startup};
use rkvs_server::config::Settings;
use rkvs_server::log;
use rkvs_server::metrics::http::Endpoint;
use rkvs_server::metrics::observer::observe;
use rkvs_server::persistence::{Source, saves_by_itself};
use rkvs_server::server::{self, Server};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut startup = match cli::parse(std::env::args_os(), std::env::vars_os(), &mut std::io::stdin()) {
        Ok(startup) => startup,
        Err(exit) => return exit.leave(),
    };
    if let Err(error) = log::start(&startup.settings) {
        eprintln!("Can't open the log file: {error}");
        return ExitCode::FAILURE;
    }
    match serve(&mut startup) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a server until it is told to stop.
fn serve(startup: &mut Startup) -> Result<(), Box<dyn std::error::Error>> {
    for warning in &startup.warnings {
        tracing::warn!("{warning}");
    }
    enter_directory(&startup.settings)?;
    server::provide_descriptors(&mut startup.settings)?;
    let (startup, settings) = (&*startup, &startup.settings);
    let config = startup.config();
    log::follow_level(&config);
    let bound = Server::bind(config)?;
    follow_directory(&bound.server);
    let endpoint = metrics_endpoint(startup)?;
    tracing::info!(
        "rkvs {} is starting (Redis {} compatible), PID: {}, configuration: {}, listening on: {}, metrics: {}",
        env!("CARGO_PKG_VERSION"),
        server::REDIS_VERSION,
        std::process::id(),
        startup.file.as_ref().map_or("built-in defaults".into(), |file| file.display().to_string()),
        bound.addresses().join(" "),
        endpoint
            .as_ref()
            .and_then(|endpoint| endpoint.address().ok())
            .map_or("off".into(), |address| format!("http://{address}/metrics")),
    );
    let pidfile = settings.pidfile.as_ref().map(|path| settings.path(path));
    if let Some(path) = &pidfile {
        std::fs::write(path, format!("{}\n", std::process::id()))
            .map_err(|error| format!("Can't write the pid file {}: {error}", path.display()))?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Before the first client is served: from then on a signal stops the server in order.
    let signals = runtime.block_on(async { Signals::new() })?;
    bound.server.persistence.expect_data();
    let running = bound.run()?;
    let loading = load(&running.server, startup.source.clone())?;
    let refused = runtime.block_on(async {
        let server = &running.server;
        if let Some(endpoint) = endpoint {
            tokio::spawn(endpoint.serve(Arc::clone(server)));
        }
        tokio::select! {
            refused = attend(server, signals, loading) => refused,
            () = observe(server) => None,
        }
    });
    running.server.stop();
    let server = Arc::clone(&running.server);
    let well = running.join();
    if server.resizer.has_failed() {
        return Err("a resize failed: what was in memory was not saved".into());
    }
    let saved = server.persistence.save_rest(&server);
    server.persistence.end_jobs();
    saved?;
    if let Some(path) = &pidfile {
        // Gone already: nothing to clean up.
        let _ = std::fs::remove_file(path);
    }
    if let Some(refused) = refused {
        return Err(refused.into());
    }
    if !well {
        return Err("a worker failed".into());
    }
    tracing::info!("rkvs is now ready to exit, bye bye...");
    Ok(())
}

/// Makes `dir` the working directory of the process.
fn enter_directory(settings: &Settings) -> Result<(), String> {
    let path = settings.dir.path();
    std::env::set_current_dir(path).map_err(|error| format!("Can't chdir to '{}': {error}", path.display()))
}

/// Has the process and what is saved go where `dir` says.
fn follow_directory(server: &Arc<Server>) {
    let of_hook = Arc::downgrade(server);
    let follow = move |before: &Settings, after: &Settings| {
        let Some(server) = of_hook.upgrade() else { return Ok(()) };
        server.persistence.change_directory(after.dir.path()).map_err(|error| error.to_string())?;
        enter_directory(after).inspect_err(|_| {
            // What could be used a moment ago can be used again; if not, saving says so.
            let _ = server.persistence.change_directory(before.dir.path());
        })
    };
    server.config.on_change("dir", Box::new(follow));
}

/// Begins to load the data; clients are answered meanwhile. What comes of it arrives in the channel.
fn load(server: &Arc<Server>, source: Source) -> std::io::Result<oneshot::Receiver<Result<(), String>>> {
    let (loaded, loading) = oneshot::channel();
    let server = Arc::clone(server);
    std::thread::Builder::new().name("rkvs-load".into()).spawn(move || {
        // Nobody waits any more when the server stops meanwhile.
        let _ = loaded.send(server.persistence.load_at_start(&server, &source));
    })?;
    Ok(loading)
}

/// Listens for those who collect metrics. An address nobody asked for may be taken, by another server of this kind as a
/// rule: then this one has none.
fn metrics_endpoint(startup: &Startup) -> Result<Option<Endpoint>, String> {
    let Some(address) = startup.settings.metrics_listen else { return Ok(None) };
    let is_default = startup.origins.get("metrics-listen").is_none_or(|origin| origin == "default");
    match Endpoint::bind(address) {
        Ok(endpoint) => Ok(Some(endpoint)),
        Err(error) if is_default => {
            tracing::warn!("No metrics: could not listen on {address}: {error}");
            Ok(None)
        }
        Err(error) => Err(format!("Could not create the metrics listening socket {address}: {error}")),
    }
}

/// The signals that stop a server.
struct Signals {
    interrupts: Signal,
    terminations: Signal,
}

impl Signals {
    /// Begins to take them; must run inside a runtime.
    fn new() -> std::io::Result<Self> {
        Ok(Self { interrupts: signal(SignalKind::interrupt())?, terminations: signal(SignalKind::terminate())? })
    }
}

/// Watches over the server from the main thread: loading, signals, and a request to stop from elsewhere. Returns why the server
/// cannot go on, if that is why it stops.
async fn attend(
    server: &Arc<Server>,
    mut signals: Signals,
    mut loading: oneshot::Receiver<Result<(), String>>,
) -> Option<String> {
    let (mut is_loading, mut was_signalled) = (true, false);
    loop {
        tokio::select! {
            loaded = &mut loading, if is_loading => {
                is_loading = false;
                match loaded {
                    Ok(Ok(())) => tracing::info!("Ready to accept connections"),
                    Ok(Err(reason)) => return Some(reason),
                    Err(_) => return Some("loading the data failed".into()),
                }
            }
            _ = signals.interrupts.recv() => {
                if was_signalled && server.persistence.is_stopping() {
                    insist();
                }
                tracing::info!("Received SIGINT scheduling shutdown...");
                if stops_by_signal(server) {
                    break;
                }
                was_signalled = true;
            }
            _ = signals.terminations.recv() => {
                tracing::info!("Received SIGTERM scheduling shutdown...");
                if stops_by_signal(server) {
                    break;
                }
                was_signalled = true;
            }
            () = server.shutdown.requested() => break,
        }
    }
    tracing::info!("User requested shutdown...");
    exit_at_second_interrupt();
    None
}

/// Stops after saving if there are save points, and goes on when that fails; without, at once: then it returns true.
fn stops_by_signal(server: &Arc<Server>) -> bool {
    if server.persistence.is_loading() || !saves_by_itself(server) {
        return true;
    }
    if let Err(refused) = server.persistence.save_and_stop(false) {
        tracing::warn!("{refused}");
    }
    false
}

/// From now on a SIGINT ends the process at once. The main thread may be asleep by then, so another one waits for it.
fn exit_at_second_interrupt() {
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        if let Ok(runtime) = runtime {
            runtime.block_on(async {
                if let Ok(mut interrupts) = signal(SignalKind::interrupt()) {
                    interrupts.recv().await;
                    insist();
                }
            });
        }
    });
}

/// Ends the process without waiting for anything.
fn insist() -> ! {
    tracing::warn!("You insist... exiting now.");
    std::process::exit(1)
}
