//! Signals: what ends the dashboard, what stops it, and what lets it go on. Whoever sends them gets the terminal back first.

use std::io;

use rustix::process::Signal as Number;
use tokio::signal::unix::{Signal, SignalKind, signal};

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
    terminate: Signal,
    hang_up: Signal,
    interrupt: Signal,
    quit: Signal,
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
        let of = |number: Number| signal(SignalKind::from_raw(number.as_raw()));
        Ok(Self {
            terminate: of(Number::TERM)?,
            hang_up: of(Number::HUP)?,
            interrupt: of(Number::INT)?,
            quit: of(Number::QUIT)?,
            stop: of(Number::TSTP)?,
            go_on: of(Number::CONT)?,
        })
    }

    /// Waits for the next one. Nothing is lost when it is dropped before.
    pub async fn next(&mut self) -> Asked {
        let end = |number: Number| Asked::End(number.as_raw());
        tokio::select! {
            _ = self.terminate.recv() => end(Number::TERM),
            _ = self.hang_up.recv() => end(Number::HUP),
            _ = self.interrupt.recv() => end(Number::INT),
            _ = self.quit.recv() => end(Number::QUIT),
            _ = self.stop.recv() => Asked::Stop,
            _ = self.go_on.recv() => Asked::GoOn,
        }
    }

    /// Stops the process until somebody lets it go on.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub async fn stop(&mut self) -> io::Result<()> {
        // TSTP is caught: only STOP still stops.
        rustix::process::kill_process(rustix::process::getpid(), Number::STOP)?;
        self.go_on.recv().await;
        Ok(())
    }
}

/// Whether there is a shell that could let this process go on once it is stopped: one that leads its session has none.
pub fn has_shell() -> bool {
    rustix::process::getsid(None).is_ok_and(|session| session != rustix::process::getpid())
}
