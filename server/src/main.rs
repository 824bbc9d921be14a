//! The server's entry point: reads arguments and configuration, builds the parts, and runs them until told to stop.

use std::process::ExitCode;
use std::sync::Arc;

use rkvs_server::cli::{self, Startup};
use rkvs_server::log;
use rkvs_server::server::{self, Server};
use tokio::signal::unix::{SignalKind, signal};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let startup = match cli::parse(std::env::args_os(), std::env::vars_os(), &mut std::io::stdin()) {
        Ok(startup) => startup,
        Err(exit) => return exit.leave(),
    };
    if let Err(error) = log::start(&startup.settings) {
        eprintln!("Can't open the log file: {error}");
        return ExitCode::FAILURE;
    }
    match serve(&startup) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a server until it is told to stop.
fn serve(startup: &Startup) -> Result<(), Box<dyn std::error::Error>> {
    let settings = &startup.settings;
    for warning in &startup.warnings {
        tracing::warn!("{warning}");
    }
    std::env::set_current_dir(settings.dir.path())
        .map_err(|error| format!("Can't chdir to '{}': {error}", settings.dir.path().display()))?;
    server::raise_descriptor_limit(settings.maxclients);
    let config = startup.config();
    log::follow_level(&config);
    let bound = Server::bind(config)?;
    tracing::info!(
        "rkvs {} is starting (Redis {} compatible), PID: {}, configuration: {}, listening on: {}, metrics: {}",
        env!("CARGO_PKG_VERSION"),
        server::REDIS_VERSION,
        std::process::id(),
        startup.file.as_ref().map_or("built-in defaults".into(), |file| file.display().to_string()),
        bound.addresses().join(" "),
        settings.metrics_listen.map_or("off".into(), |address| format!("http://{address}/metrics")),
    );
    let pidfile = settings.pidfile.as_ref().map(|path| settings.path(path));
    if let Some(path) = &pidfile {
        std::fs::write(path, format!("{}\n", std::process::id()))
            .map_err(|error| format!("Can't write the pid file {}: {error}", path.display()))?;
    }
    let running = bound.run()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(attend(Arc::clone(&running.server)))?;
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

/// Watches over the server from the main thread: signals, and a request to stop from elsewhere. A second SIGINT ends the
/// process at once.
async fn attend(server: Arc<Server>) -> std::io::Result<()> {
    let mut interrupts = signal(SignalKind::interrupt())?;
    let mut terminations = signal(SignalKind::terminate())?;
    tracing::info!("Ready to accept connections");
    tokio::select! {
        _ = interrupts.recv() => tracing::info!("Received SIGINT scheduling shutdown..."),
        _ = terminations.recv() => tracing::info!("Received SIGTERM scheduling shutdown..."),
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
