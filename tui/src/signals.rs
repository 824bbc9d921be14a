//! Signals: what ends the dashboard, what stops it, and what lets it go on. Whoever sends them gets the terminal back first.

use std::io;
use std::process::exit;
use std::thread;
use std::time::Duration;

use rustix::process::Signal as Number;
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{sleep, timeout};

/// The number of the signal that tells that the terminal is gone.
pub const HANG_UP: i32 = Number::HUP.as_raw();
/// How long the loop may take to end after a signal said so.
const PATIENCE: Duration = Duration::from_secs(2);
/// How much later than the signal that lets a process go on another one may be told that was sent before it.
const GRACE: Duration = Duration::from_millis(20);

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To end; the number is the signal's.
    End(i32),
    /// To stop until it is told to go on.
    Stop,
    /// To go on after it was stopped, whoever stopped it.
    GoOn,
}

/// The signals of the process from now on: none of them has its usual effect any more.
#[derive(Debug)]
pub struct Signals {
    ends: Ends,
    stop: Signal,
    go_on: Signal,
}

impl Signals {
    /// Begins to listen, within the running tokio runtime.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn listen() -> io::Result<Self> {
        Ok(Self { ends: Ends::listen()?, stop: of(Number::TSTP)?, go_on: of(Number::CONT)? })
    }

    /// Waits for the next one, those that end first. Nothing is lost when it is dropped before.
    pub async fn next(&mut self) -> Asked {
        tokio::select! {
            biased;
            number = self.ends.recv() => Asked::End(number),
            _ = self.stop.recv() => Asked::Stop,
            _ = self.go_on.recv() => Asked::GoOn,
        }
    }

    /// Stops the process until somebody lets it go on. Answers the signal that was to end it meanwhile: whoever ends a stopped job
    /// then lets it go on, so that it learns of it.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub async fn stop(&mut self) -> io::Result<Option<i32>> {
        // TSTP is caught: only STOP still stops.
        rustix::process::kill_process(rustix::process::getpid(), Number::STOP)?;
        self.go_on.recv().await;
        Ok(timeout(GRACE, self.ends.recv()).await.ok())
    }
}

/// Those that end the process.
#[derive(Debug)]
struct Ends {
    terminate: Signal,
    hang_up: Signal,
    interrupt: Signal,
    quit: Signal,
}

impl Ends {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: of(Number::TERM)?,
            hang_up: of(Number::HUP)?,
            interrupt: of(Number::INT)?,
            quit: of(Number::QUIT)?,
        })
    }

    /// Waits for the next one; answers its number.
    async fn recv(&mut self) -> i32 {
        let number = tokio::select! {
            _ = self.terminate.recv() => Number::TERM,
            _ = self.hang_up.recv() => Number::HUP,
            _ = self.interrupt.recv() => Number::INT,
            _ = self.quit.recv() => Number::QUIT,
        };
        number.as_raw()
    }
}

fn of(number: Number) -> io::Result<Signal> {
    signal(SignalKind::from_raw(number.as_raw()))
}

/// The exit code that a shell gives to who dies of a signal.
pub fn exit_code(number: i32) -> u8 {
    128_u8.saturating_add(number.try_into().unwrap_or(u8::MAX))
}

/// Ends the process where a signal said so and the loop does not: a terminal that takes no output holds whoever writes to it.
/// `give_up` is called before, and must not write to the terminal.
///
/// # Errors
///
/// When the system refuses.
pub fn watch(give_up: fn()) -> io::Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let mut ends = {
        let _entered = runtime.enter();
        Ends::listen()?
    };
    let wait = move || {
        let number = runtime.block_on(async {
            let number = ends.recv().await;
            sleep(PATIENCE).await;
            number
        });
        give_up();
        exit(exit_code(number).into());
    };
    thread::Builder::new().name("watchdog".into()).spawn(wait)?;
    Ok(())
}

/// Whether there is a shell that could let this process go on once it is stopped: one that leads its session has none.
pub fn has_shell() -> bool {
    rustix::process::getsid(None).is_ok_and(|session| session != rustix::process::getpid())
}
