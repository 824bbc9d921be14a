//! Says which tests did not run, and why, where nobody can miss it.

use std::io::Write;

/// Announces that `what` was skipped because of `why`, past the capture of the test runner.
pub(crate) fn skipped(what: &str, why: &str) {
    // A closed stream leaves nobody to tell.
    let _ = std::io::stderr().write_all(format!("\n*** SKIPPED: {what}: {why}\n").as_bytes());
}
