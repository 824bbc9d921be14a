//! Files that Redis 7.0.15, Redis 8.0.6 and Valkey 9.1.2 wrote: one of each with all we can hold, and small ones with one key
//! `k` that we cannot, or that comes close to it.
//!
//! `-lfu` was written under `allkeys-lfu`; `-plain` under `allkeys-lru` with neither compression nor checksum.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::{Content, Plain, read};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rdb")
}

fn fixture(name: &str) -> File {
    File::open(folder().join(format!("{name}.rdb"))).unwrap()
}

fn string(text: &[u8]) -> Plain {
    Plain::String(text.to_vec())
}

fn hash<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Plain {
    Plain::Hash(pairs.into_iter().map(|(field, value)| (field.into(), value.into())).collect())
}

/// What was put into the servers before they saved: database, key, deadline, value.
fn expected() -> Vec<(u64, &'static [u8], Option<u64>, Plain)> {
    let incompressible: Vec<u8> = (0..300u32).map(|i| (i * i * 7 + i / 3) as u8).collect();
    let large: Vec<_> = (0..200u32).map(|i| (format!("field:{i}"), (i * i * i).to_string())).collect();
    let (w, z) = ("w".repeat(65), "z".repeat(300));
    vec![
        (0, b"text", None, string(b"hello world")),
        (0, b"binary\0\r\n\xff", None, string(b"\0\r\n\xff")),
        (0, b"empty", None, string(b"")),
        (0, b"i8", None, string(b"-128")),
        (0, b"i16", None, string(b"32767")),
        (0, b"i32", None, string(b"-2147483648")),
        (0, b"i64", None, string(b"9223372036854775807")),
        (0, b"compressible", None, string("abc".repeat(700).as_bytes())),
        (0, b"incompressible", None, string(&incompressible)),
        (0, b"raw", None, string(b"appended")),
        (0, b"long", None, string(&[b'x'; 5000])),
        (0, b"deadline", Some(33_177_117_420_123), string(b"v")),
        (
            0,
            b"small",
            None,
            hash([("name", "Ada"), ("born", "1815"), ("", ""), ("n", "-300"), ("big", "9223372036854775807")]),
        ),
        (0, b"large", None, hash(large.iter().map(|(field, value)| (&field[..], &value[..])))),
        (0, b"wide", None, hash([("f", &w[..]), ("g", &z[..])])),
        (0, b"hash-deadline", Some(33_177_117_420_456), hash([("f", "v")])),
        (1, b"text", None, string(b"another database")),
        (1, b"small", None, hash([("f", "v")])),
        (15, b"last", None, string(b"15")),
    ]
}

/// Checks keys, values and deadlines, and returns all with what else is said of them.
fn checked(name: &str) -> Content {
    let content = read(fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let expected = expected();
    assert_eq!(content.len(), expected.len(), "{name}");
    for (database, key, deadline_ms, value) in expected {
        let (metadata, found) = &content[&(database, key.to_vec())];
        assert_eq!((metadata.deadline_ms, found), (deadline_ms, &value), "{name}: {}", key.escape_ascii());
    }
    content
}

#[test]
fn files_of_every_server_hold_what_was_put_into_it() {
    for name in ["redis-7.0.15", "redis-8.0.6", "valkey-9.1.2"] {
        let content = checked(name);
        assert!(content.values().all(|(metadata, _)| metadata.frequency.is_none() && metadata.idle_seconds.is_none()));
    }
}

#[test]
fn files_say_how_keys_were_used() {
    // Keys begin with 5; one that was changed again has 6.
    let lfu = checked("redis-7.0.15-lfu");
    assert!(lfu.values().all(|(metadata, _)| matches!(metadata.frequency, Some(5 | 6))));
    assert_eq!(lfu[&(0, b"hash-deadline".to_vec())].0.access_frequency(), 1);
    assert_eq!(lfu[&(0, b"text".to_vec())].0.access_frequency(), 0);
    assert!(checked("redis-7.0.15-plain").values().all(|(metadata, _)| metadata.idle_seconds.is_some()));
}

#[test]
fn what_cannot_be_held_is_refused_by_name() {
    for (name, what) in [
        ("redis-7.0.15-list", "in key \"k\": a list"),
        ("redis-7.0.15-set", "in key \"k\": a set"),
        ("redis-7.0.15-sorted-set", "in key \"k\": a sorted set"),
        ("redis-7.0.15-stream", "in key \"k\": a stream"),
        ("redis-7.0.15-function", ": a function library that begins with \"#!lua name=l\""),
        ("redis-8.0.6-stream", "in key \"k\": a stream"),
        ("redis-8.0.6-field-deadlines", "in key \"k\": a hash whose fields have deadlines"),
        ("valkey-9.1.2-stream", "in key \"k\": a stream"),
        ("valkey-9.1.2-field-deadlines", "in key \"k\": a hash whose fields have deadlines"),
    ] {
        let error = read(fixture(name)).expect_err(name).to_string();
        assert!(error.contains(&format!("{what} cannot be loaded: it is not supported")), "{name}: {error}");
    }
}

#[test]
fn fields_that_have_no_deadlines_any_more_are_read() {
    for name in ["redis-8.0.6-field-deadlines-gone", "valkey-9.1.2-field-deadlines-gone"] {
        let content = read(fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(content[&(0, b"k".to_vec())].1, hash([("f", "v"), ("g", "w")]), "{name}");
    }
}

#[test]
fn every_file_is_cut_off_everywhere_and_refused() {
    let files = std::fs::read_dir(folder()).unwrap();
    for path in files.map(|entry| entry.unwrap().path()) {
        let whole = std::fs::read(&path).unwrap();
        for len in 0..whole.len() {
            let error = read(&whole[..len]).expect_err("something is missing");
            assert!(error.offset() <= len as u64, "{}, {len} bytes: {error}", path.display());
        }
    }
}
