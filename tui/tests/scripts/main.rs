//! `rkvs-tui` as scripts use it: the program itself, against a server in this process, a recording and, where there are any, real
//! servers.

#![expect(clippy::unwrap_used, reason = "a test that meets one has failed, which is its job")]

mod commands;
mod output;
mod recordings;
mod server;
mod tls;

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The program, in a world without configuration.
fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rkvs-tui"));
    command.args(args).stdin(Stdio::null());
    command.env_clear().env("XDG_CONFIG_HOME", Path::new("/nonexistent"));
    command
}

/// What the program says: exit code, standard output, standard error.
fn run(args: &[&str]) -> (i32, String, String) {
    told(program(args).output().unwrap())
}

fn told(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// What it says when all goes well.
fn ok(args: &[&str]) -> String {
    let (code, out, error) = run(args);
    assert_eq!((code, error.as_str()), (0, ""), "{args:?}: {out}");
    out
}

/// Its one line of complaint.
fn complaint(args: &[&str], expected: i32) -> String {
    let (code, out, error) = run(args);
    assert_eq!((code, out.as_str()), (expected, ""), "{args:?}: {error}");
    assert!(error.starts_with("rkvs-tui: ") && error.matches('\n').count() == 1, "{args:?}: {error}");
    error
}
