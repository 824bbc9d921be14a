//! Clients of other languages.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rkvs_tests::{binary, skip};

use crate::on_both;

#[test]
fn redis_py_and_hiredis() {
    const NAME: &str = "clients: redis-py with hiredis";
    // `RKVS_PYTHON` names an interpreter that has the packages of python/requirements.txt.
    let python = std::env::var_os("RKVS_PYTHON").map(PathBuf::from).or_else(|| binary::on_search_path("python3"));
    let Some(python) = python else { return skip::skipped(NAME, "no python3 on the search path") };
    let probe = Command::new(&python).args(["-c", "import redis, hiredis"]).stderr(Stdio::null()).status();
    if !probe.is_ok_and(|status| status.success()) {
        return skip::skipped(NAME, "python3 has no redis and hiredis; tests/run installs them");
    }
    run(&folder("python"), &python, &["-B", "test_redis_py.py"]);
}

#[test]
fn ioredis_and_node_redis() {
    const NAME: &str = "clients: ioredis and node-redis";
    let Some(node) = binary::on_search_path("node") else {
        return skip::skipped(NAME, "no node on the search path");
    };
    let folder = folder("node");
    if !folder.join("node_modules").is_dir() {
        return skip::skipped(NAME, "their packages are not installed; tests/run installs them");
    }
    // One file at a time, since each empties the server.
    run(&folder, &node, &["--test", "--test-concurrency=1", "--test-timeout=60000"]);
}

fn folder(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(language)
}

/// Runs a program against each server; it fails by its exit status and says why in its output.
fn run(folder: &Path, program: &Path, args: &[&str]) {
    on_both(|name, server| {
        let output = Command::new(program)
            .args(args)
            .current_dir(folder)
            .env("RKVS_ADDR", server.addr().to_string())
            .output()
            .expect("the program starts");
        assert!(
            output.status.success(),
            "on {name}:\n{}\n{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
            server.log_tail(),
        );
    });
}
