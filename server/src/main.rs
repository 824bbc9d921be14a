//! The server's entry point: reads arguments and configuration, builds the parts, and runs them until told to stop.

use std::process::ExitCode;
use std::sync::Arc;

use rkvs_server::cli::{self, Startup};
use rkvs_server::config::Settings;
use rkvs_server::log;
use rkvs_server::metrics::http::Endpoint;
use rkvs_server::metrics::observer::observe;
use rkvs_server::server::{self, Server};
use tokio::signal::unix::{Signal, SignalKind, signal};

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
    config.on_change("dir", Box::new(|_, after| enter_directory(after)));
    let bound = Server::bind(config)?;
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
    let running = bound.run()?;
    runtime.block_on(async {
        let server = &running.server;
        if let Some(endpoint) = endpoint {
            tokio::spawn(endpoint.serve(Arc::clone(server)));
        }
        tokio::select! {
            result = attend(Arc::clone(server), signals) => result,
            () = observe(server) => Ok(()),
        }
    })?;
    tracing::info!("User requested shutdown...");
    running.server.stop();
    let well = running.join();
    if let Some(path) = &pidfile {
        // Gone already: nothing to clean up.
        let _ = std::fs::remove_file(path);
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

/// Watches over the server from the main thread: signals, and a request to stop from elsewhere. A second SIGINT ends the
/// process at once.
async fn attend(server: Arc<Server>, mut signals: Signals) -> std::io::Result<()> {
    tracing::info!("Ready to accept connections");
    tokio::select! {
        _ = signals.interrupts.recv() => tracing::info!("Received SIGINT scheduling shutdown..."),
        _ = signals.terminations.recv() => tracing::info!("Received SIGTERM scheduling shutdown..."),
        () = server.shutdown.requested() => {}
    }
    // From now on the runtime sleeps, and with it this thread; an impatient second SIGINT still ends the process.
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        if let Ok(runtime) = runtime {
            runtime.block_on(async {
                if let Ok(mut interrupts) = signal(SignalKind::interrupt()) {
                    interrupts.recv().await;
                    tracing::warn!("You insist... exiting now.");
                    std::process::exit(1);
                }
            });
        }
    });
    Ok(())
}
