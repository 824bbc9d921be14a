//! System calls of a running server that go wrong, or take long, at the wish of a test: with strace.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use rkvs_tests::{Server, skip};

/// A tracer that is attached to a server, until it is dropped.
pub(crate) struct Tracer(Child);

impl Tracer {
    /// Injects faults as the manual of strace describes them. `None` where there is no strace, or it may not attach.
    pub(crate) fn attach(server: &Server, faults: &[&str]) -> Option<Self> {
        let mut tracer = Command::new("strace")
            .args(["-f", "-o", "/dev/null"])
            .args(faults.iter().flat_map(|fault| ["-e".to_owned(), format!("inject={fault}")]))
            .args(["-p", &server.pid().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .ok()?;
        let mut told = BufReader::new(tracer.stderr.take()?);
        let mut line = String::new();
        told.read_line(&mut line).ok()?;
        if line.contains(" attached") {
            // It goes on writing there.
            std::thread::spawn(move || std::io::copy(&mut told, &mut std::io::sink()));
            return Some(Self(tracer));
        }
        tracer.wait().ok()?;
        None
    }

    /// Whether there is one that may trace.
    pub(crate) fn is_possible() -> bool {
        let status = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }

    /// Makes every sync of a file take so long. Says aloud what is skipped where that cannot be had.
    pub(crate) fn slow_disk_or_skip(server: &Server, milliseconds: u32, what: &str) -> Option<Self> {
        let tracer = Self::attach(server, &[&format!("?fsync,?fdatasync:delay_enter={}", milliseconds * 1000)]);
        if tracer.is_none() {
            skip::skipped(what, "no strace that may attach to a process");
        }
        tracer
    }

    /// Waits until the server has ended.
    pub(crate) fn wait(mut self) {
        // Killed together with the server it is gone all the same.
        let _ = self.0.wait();
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        if self.0.try_wait().is_ok_and(|status| status.is_none()) {
            // SIGTERM, so that it lets go of the server.
            let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
            let _ = self.0.wait();
        }
    }
}
