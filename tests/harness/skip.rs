//! Says which tests did not run, and why, where nobody can miss it.

use std::io::Write;

/// Announces that `what` was skipped because of `why`.
///
/// The line goes to the standard error stream itself, past the capture of the test runner, since a skip that only
/// shows when a test fails would never be read.
pub fn skipped(what: &str, why: &str) {
    let line = format!("\n*** SKIPPED: {what}: {why}\n");
    // A closed stream leaves nobody to tell.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Prints `line` past the capture of the test runner: progress and totals of long tests.
pub fn note(line: &str) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}
