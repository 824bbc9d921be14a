//! What was saved is there again: after kills, full disks, damaged files, hostile names and orderly stops.
//!
//! Every test starts real servers, as processes, and looks at the files they leave. `RKVS_DURABILITY=10` makes the numbers of kills,
//! cycles, snapshots and damages ten times as large.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod consistency;
mod content;
mod full_disk;
mod kills;
mod loading;
mod redis_files;
mod refusals;
mod saving;
mod shutdown;
mod system_calls;
mod tracer;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::OnceLock;

use rkvs_tests::{Client, Server, Value};

/// How many times the usual number.
fn times(number: usize) -> usize {
    static FACTOR: OnceLock<usize> = OnceLock::new();
    number
        * FACTOR.get_or_init(|| match std::env::var("RKVS_DURABILITY") {
            Ok(factor) => factor.parse().expect("RKVS_DURABILITY is a number"),
            Err(_) => 1,
        })
}

/// A folder that goes with the test.
fn folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("rkvs-durability-").tempdir().unwrap()
}

/// The names in a folder.
fn names(dir: &Path) -> BTreeSet<String> {
    std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

/// A field of INFO.
fn info(client: &mut Client, name: &str) -> String {
    let info = client.line("INFO everything").text().unwrap();
    let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("INFO has no {name}:\n{info}")).trim().to_owned()
}

/// Waits for the save under way to end.
fn wait_for_save(client: &mut Client) {
    while info(client, "rdb_bgsave_in_progress") == "1" {}
}

/// Status line and body of a page of the endpoint for metrics.
fn http(server: &Server, path: &str) -> (String, String) {
    let log = server.log().join("\n");
    let address = log.split("metrics: http://").nth(1).and_then(|rest| rest.split("/metrics").next());
    let mut stream = TcpStream::connect(address.expect("the log tells the address")).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap_or_default().to_owned(), body.to_owned())
}

/// The text of a reply, of an error as well.
fn text(reply: &Value) -> String {
    match reply {
        Value::Error(text) => String::from_utf8_lossy(text).into_owned(),
        other => other.text().unwrap_or_else(|| panic!("no text: {other:?}")),
    }
}

/// Random numbers that are the same in every run.
#[derive(Clone, Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Bytes that do not compress.
    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len.div_ceil(8)).flat_map(|_| self.next().to_le_bytes()).take(len).collect()
    }
}

/// `+OK`, or the test fails with what came instead.
#[track_caller]
fn assert_ok(reply: &Value) {
    assert_eq!(*reply, Value::Simple(b"OK".to_vec()));
}
