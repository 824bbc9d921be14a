//! Replays the committed corpora of the fuzz targets, and everything they ever found, through the same functions.
//!
//! `tests/fuzz/corpus/TARGET/` holds what the targets learned, `tests/fixtures/TARGET/` what once broke: see
//! `tests/fuzz/README.md`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

/// Files under a folder, in order; none when there is no such folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Runs a target's function on every file there is for it.
fn replay(target: &str, property: fn(&[u8])) {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = files(&tests.join("fuzz/corpus").join(target));
    assert!(corpus.len() >= 10, "the corpus of {target} is where it should be");
    for file in corpus.iter().chain(&files(&tests.join("fixtures").join(target))) {
        let data = fs::read(file).unwrap();
        assert!(catch_unwind(|| property(&data)).is_ok(), "{}", file.display());
    }
}

#[test]
fn decode() {
    replay("decode", rkvs_server::resp::fuzz::decode);
}

#[test]
fn sequence() {
    replay("sequence", rkvs_engine::fuzz::sequence::sequence);
}

#[test]
fn glob() {
    replay("glob", rkvs_engine::fuzz::glob::matches);
}

#[test]
fn packed_map() {
    replay("packed_map", rkvs_engine::fuzz::packed_map::packed_map);
}

#[test]
fn snapshot() {
    replay("snapshot", rkvs_engine::fuzz::snapshot::snapshot);
}

#[test]
fn snapshot_load() {
    // Whether a file can be loaded is its own affair.
    replay("snapshot_load", |data| {
        rkvs_engine::fuzz::snapshot_load::file(data);
    });
}

#[test]
fn config() {
    replay("config", rkvs_server::config::fuzz::file);
}

#[test]
fn rdb() {
    replay("rdb", rkvs_engine::fuzz::rdb::stream);
}

#[test]
fn restore() {
    replay("restore", rkvs_engine::fuzz::rdb::payload);
}

#[test]
fn rdb_packed() {
    replay("rdb_packed", rkvs_engine::fuzz::rdb::packed);
}

#[test]
fn every_target_is_replayed() {
    let targets = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/targets"));
    let names: Vec<_> = targets.iter().map(|target| target.file_stem().unwrap().to_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "config",
            "decode",
            "glob",
            "packed_map",
            "rdb",
            "rdb_packed",
            "restore",
            "sequence",
            "snapshot",
            "snapshot_load"
        ],
        "a target needs a test here"
    );
}
