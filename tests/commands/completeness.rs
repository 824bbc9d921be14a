//! No command is left out: a command that no test in this folder calls is named here.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use rkvs_tests::{Server, Value, binary, calls, skip};

const NAME: &str = "completeness::every_command_is_called";

/// Reads the command table of the server, runs all other tests of this executable once more in a process that notes
/// what they call, and compares the two.
#[test]
fn every_command_is_called() {
    if binary::rkvs_is_the_reference() {
        return skip::skipped(NAME, "the reference has commands that are not ours to test");
    }
    let mut names = BTreeSet::new();
    let reply = Server::rkvs().client().line("COMMAND");
    for command in reply.items().expect("COMMAND answers a list") {
        collect(command, &mut names);
    }
    assert!(names.contains("get") && names.contains("command|count"), "COMMAND lists commands: {names:?}");

    let called = tempfile::NamedTempFile::new().expect("a temporary file");
    let exe = std::env::current_exe().expect("a process knows its executable");
    // Whether those tests pass is told by the run this test is part of.
    Command::new(exe)
        .args(["--skip", NAME, "--quiet"])
        .env(calls::FILE_VARIABLE, called.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("the tests run once more");
    let called = std::fs::read_to_string(called.path()).expect("the calls were written");
    let called: BTreeSet<&str> = called.lines().collect();
    let missing: Vec<_> = names.iter().filter(|name| !called.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "no test in tests/commands calls: {missing:?}");
}

/// Adds the name of one entry of COMMAND, and of its subcommands.
fn collect(command: &Value, names: &mut BTreeSet<String>) {
    let parts = command.items().expect("an entry is a list");
    names.insert(parts[0].text().expect("it starts with its name"));
    for sub in parts.get(9).and_then(|subcommands| subcommands.items()).unwrap_or_default() {
        collect(sub, names);
    }
}
