//! Files of every released version of the format are read, and the present version is written as it always was.

use std::fs;
use std::path::{Path, PathBuf};

use rkvs_engine::snapshot::file::{Compression, Header, Opaque, Section, SectionTotals};

use crate::sample::{Content, load_bytes};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshot_file/fixtures").join(name)
}

/// What the files of version 1 hold.
fn version_1() -> Content {
    let users = Section {
        name: "users".into(),
        database: 16,
        shard_count: 64,
        max_keys: 1_000_000,
        max_value_bytes: 1 << 20,
        max_memory_bytes: 1 << 33,
        policy: "allkeys-lfu".into(),
        autosave: Some(Opaque { version: 2, bytes: b"\x00\x01\xfe\xff".to_vec() }),
    };
    let first = Section { name: "0".into(), shard_count: 32, ..Section::default() };
    Content {
        header: Header {
            created_ms: 1_795_599_015_123,
            writer: "rkvs 0.4.0".into(),
            features: 0,
            autosave: Some(Opaque { version: 1, bytes: vec![60] }),
            sections: vec![first, users],
        },
        blocks: vec![
            (0, 1, b"key\0value\0".repeat(100)),
            (1, 1, (0..=255).collect()),
            (1, 2, Vec::new()),
            (0, 255, vec![7; 1 << 20]),
        ],
        totals: vec![SectionTotals { keys: 101, bytes: 1 << 20 }, SectionTotals { keys: 1, bytes: 256 }],
    }
}

#[test]
fn version_1_is_read() {
    for name in ["version-1-lz4.rkvs", "version-1-short.rkvs"] {
        let content = load_bytes(&fs::read(path(name)).unwrap()).unwrap();
        let mut expected = version_1();
        if name.contains("short") {
            expected.blocks.pop();
        }
        assert_eq!(content, expected, "{name}");
    }
}

#[test]
fn version_1_is_written_as_it_was() {
    let mut content = version_1();
    content.blocks.pop();
    assert!(content.bytes(Compression::None) == fs::read(path("version-1-short.rkvs")).unwrap());
}

/// Writes the files anew, which changes nothing as long as the version is the same.
#[test]
#[ignore = "a format that was released never changes"]
fn write_fixtures() {
    fs::create_dir_all(path("")).unwrap();
    let mut content = version_1();
    fs::write(path("version-1-lz4.rkvs"), content.bytes(Compression::Lz4)).unwrap();
    content.blocks.pop();
    fs::write(path("version-1-short.rkvs"), content.bytes(Compression::None)).unwrap();
}
