//! Recordings: made, told again, refused.

use std::fs;
use std::process::Stdio;

use crate::server::{Fake, RKVS};
use crate::{complaint, ok, program, run};

#[test]
fn a_recording_tells_the_same_as_the_server() {
    let server = Fake::start(RKVS, &[]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recording");
    let file = path.to_str().unwrap();
    let view = ["--view", "namespaces", "--format", "json"];
    let live =
        ok(&[&[server.address.as_str(), "--record", file, "--interval", "0.1", "--namespace", "sessions"][..], &view]
            .concat());
    let replayed = ok(&[&["--replay", file, "--namespace", "sessions"][..], &view].concat());
    assert_eq!(live, replayed);
    let watched =
        ok(&[&["--replay", file, "--watch", "--speed", "100"][..], &["--view", "shards", "--format", "csv"]].concat());
    assert_eq!(watched.lines().count(), 1 + 2 * 16, "one header, two pictures");
    // Everything is in it, whatever was looked at.
    assert!(ok(&["--replay", file, "--view", "config"]).contains("maxmemory-policy"));
    complaint(&[&server.address, "--once", "--record", file], 1);
}

#[test]
fn a_recording_ends_before_it_is_too_large() {
    let server = Fake::start(RKVS, &[]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recording");
    let args = [&server.address, "--watch", "0.1", "--record", path.to_str().unwrap(), "--record-max-bytes", "60000"];
    let mut watch = program(&args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    // It goes on without: the line about the end is what is waited for.
    let mut error = String::new();
    let mut lines = std::io::BufReader::new(watch.stderr.take().unwrap());
    std::io::BufRead::read_line(&mut lines, &mut error).unwrap();
    assert!(error.contains("the recording has ended"), "{error}");
    watch.kill().unwrap();
    watch.wait().unwrap();
    let size = fs::metadata(&path).unwrap().len();
    assert!(size > 0 && size <= 60_000, "{size}");
    ok(&["--replay", path.to_str().unwrap(), "--once"]);
}

#[test]
fn a_damaged_recording_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recording");
    let file = path.to_str().unwrap();
    fs::write(&path, "{\"at_ms\":1}\n{\"at_ms\":2}\n{\"at_ms\":3,\"inf").unwrap();
    for how in ["--once", "--watch"] {
        let (code, _, error) = run(&["--replay", file, how]);
        assert!(code == 1 && error.contains("line 3: "), "{how}: {error}");
    }
    fs::write(&path, "").unwrap();
    complaint(&["--replay", file], 1);
    complaint(&["--replay", "/nonexistent/file"], 1);
}

#[test]
fn the_log_holds_what_happened_and_no_password() {
    let server = Fake::start(RKVS, &[("HELLO 3 AUTH default s3cret", "%0\r\n"), ("BGSAVE", "+OK\r\n")]);
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let address = format!("redis://:s3cret@{}", server.address);
    ok(&[&address, "bgsave", "--log-file", log.to_str().unwrap()]);
    let log = fs::read_to_string(log).unwrap();
    assert!(log.contains("background save") && log.contains(&server.address) && !log.contains("s3cret"), "{log}");
}

#[test]
fn a_lost_connection_is_told_and_the_watch_goes_on() {
    let server = Fake::start(RKVS, &[]);
    let mut watch = program(&[&server.address, "--watch", "0.1", "--format", "json"]);
    let mut watch = watch.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = std::io::BufRead::lines(std::io::BufReader::new(watch.stdout.take().unwrap()));
    out.next().unwrap().unwrap();
    server.hang_up();
    let mut error = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(watch.stderr.take().unwrap()), &mut error).unwrap();
    assert!(error.contains("trying again"), "{error}");
    let again = out.map(Result::unwrap).find(|line| line.contains("\"ops_per_second\":null"));
    assert!(again.is_some(), "it is told again, without rates");
    watch.kill().unwrap();
    watch.wait().unwrap();
}
