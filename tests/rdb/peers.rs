//! Files that a running server loads and writes.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::Command;

use rkvs_engine::rdb::{self, Encoder, Metadata, Pairs, Settings, Writer, restore};
use rkvs_tests::{Client, Server, Value, binary, skip};

use super::{Content, Plain, read};

/// Entries of the test that runs always, and of the one that runs when it is asked for.
const FEW: u64 = 3_000;
const MANY: u64 = 100_000;

/// Programs for the long test, parted by colons; the reference alone when it is not set.
const PROGRAMS: &str = "RKVS_RDB_SERVERS";

const DATABASES: [u64; 3] = [0, 1, 15];

/// An entry to be exchanged.
struct Given {
    database: u64,
    key: Vec<u8>,
    metadata: Metadata,
    value: rdb::Value<'static>,
}

/// Bytes that do not compress.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..len).map(step).collect()
}

fn hash(pairs: impl Iterator<Item = (String, Vec<u8>)>) -> rdb::Value<'static> {
    let pairs: BTreeMap<_, _> = pairs.collect();
    let pairs: Pairs = pairs.iter().map(|(field, value)| (field.as_bytes(), &value[..])).collect();
    rdb::Value::Hash(std::borrow::Cow::Owned(pairs))
}

fn string(bytes: impl Into<Vec<u8>>) -> rdb::Value<'static> {
    rdb::Value::String(std::borrow::Cow::Owned(bytes.into()))
}

/// An entry in one of all forms there are.
fn given(index: u64) -> Given {
    let len = (index * 37 % 600) as usize;
    let few = 1 + index % 128;
    let value = match index % 16 {
        0 => string(format!("{}", index as i64 % 300 - 150)),
        1 => string(format!("{}", 1i64.wrapping_shl(index as u32 % 64).wrapping_sub(index as i64 % 3))),
        2 => string(format!("text {index}")),
        3 => string(""),
        4 => string(noise(index, len)),
        5 => string(format!("{index:08},").repeat(len / 9)),
        6 => string("ab".repeat(1000 + len)),
        7 if index % 64 == 7 => string(noise(index, 5000)),
        7 => string(noise(index, 20)),
        8 => hash((0..few).map(|n| (format!("f{n}"), format!("{}", n * index).into()))),
        9 => {
            hash((0..few / 8 + 1).map(|n| (format!("{}", n as i64 - 9), noise(index + n, 1 + (len + n as usize) % 64))))
        }
        10 => hash((0..few / 4 + 1).map(|n| (format!("field {n}"), format!("{:>60}", n % 3).into()))),
        11 => hash((0..63).map(|n| (format!("{}", 1i64 << n), format!("{}", -(1i64 << n)).into()))),
        12 => hash((0..129 + index % 50).map(|n| (format!("field:{n}"), format!("{}", n * n).into()))),
        13 => hash([("wide".to_owned(), noise(index, 65 + len)), (String::new(), Vec::new())].into_iter()),
        14 => hash([(String::new(), Vec::new())].into_iter()),
        _ => hash((0..3).map(|n| (format!("field {n} ").repeat(6), "value".repeat(12).into()))),
    };
    let key = match index % 5 {
        0 => index.to_string().into_bytes(),
        1 => [&index.to_le_bytes()[..], b"\0\r\n\xff"].concat(),
        2 => format!("a key with a long name that comes again and again and again:{index}").into_bytes(),
        _ => format!("key:{index}").into_bytes(),
    };
    let deadline_ms = (index % 3 == 1).then_some(33_177_117_420_000 + index);
    let database = DATABASES[(index / 16 % 3) as usize];
    Given { database, key, metadata: Metadata { deadline_ms, ..Metadata::default() }, value }
}

fn all(count: u64) -> impl Iterator<Item = Given> {
    (0..count).map(given)
}

/// Writes all entries as a file that the server finds.
fn write(path: &Path, count: u64) {
    let mut writer = Writer::new(File::create(path).unwrap(), Settings::default()).unwrap();
    writer.aux(b"redis-ver", b"7.0.15").unwrap();
    writer.aux(b"redis-bits", b"64").unwrap();
    for database in DATABASES {
        writer.database(database).unwrap();
        let of_database = || all(count).filter(|given| given.database == database);
        let deadlines = of_database().filter(|given| given.metadata.deadline_ms.is_some()).count();
        writer.size_hint(of_database().count() as u64, deadlines as u64).unwrap();
        for given in of_database() {
            writer.entry(&given.key, &given.metadata, (&given.value).into()).unwrap();
        }
    }
    writer.finish().unwrap();
}

/// A server that loads what we write, checked by its own checker where that is given.
fn loaded(program: &Path, dir: &Path, count: u64) -> Server {
    write(&dir.join("dump.rdb"), count);
    if let Some(checker) = binary::on_search_path("redis-check-rdb") {
        let output = Command::new(checker).arg(dir.join("dump.rdb")).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("RDB looks OK"), "{text}");
    }
    Server::peer_with(program, &["--dir", dir.to_str().unwrap()])
}

/// Compares what the server answers with what was given to it.
fn compare(client: &mut Client, entries: &[Given], compares_payloads: bool) {
    let requests = entries.iter().flat_map(|Given { database, key, value, .. }| {
        let read = if matches!(value, rdb::Value::String(_)) { "GET" } else { "HGETALL" };
        let request = |name: &str| vec![name.as_bytes().to_vec(), key.clone()];
        let select = vec![b"SELECT".to_vec(), database.to_string().into_bytes()];
        [select, request("PEXPIRETIME"), request("DUMP"), request(read)]
    });
    let replies = client.pipeline(&requests.collect::<Vec<_>>());
    for (Given { key, metadata, value, .. }, replies) in entries.iter().zip(replies.chunks(4)) {
        let key = key.escape_ascii();
        let deadline_ms = metadata.deadline_ms.map_or(-1, u64::cast_signed);
        assert_eq!(replies[1], Value::Integer(deadline_ms), "{key}");
        let found = match &replies[3] {
            Value::Array(items) => Plain::Hash(
                items
                    .chunks(2)
                    .map(|pair| (pair[0].bytes().unwrap().to_vec(), pair[1].bytes().unwrap().to_vec()))
                    .collect(),
            ),
            other => Plain::String(other.bytes().unwrap().to_vec()),
        };
        assert_eq!(found, Plain::from(value), "{key}");
        let payload = replies[2].bytes().unwrap();
        assert_eq!(Plain::from(&restore(payload, u64::MAX).unwrap()), found, "{key}");
        let ours = Encoder::new(Settings::default()).dump(value.into());
        // The order inside a hash table is nobody's promise.
        let is_ordered = ours[0] == 0 || ours[0] == 16;
        if compares_payloads && is_ordered {
            assert_eq!(payload.escape_ascii().to_string(), ours.escape_ascii().to_string(), "{key}");
        }
        // Compressed or not, each of them takes what we dump.
        assert!(!client.cmd(&[b"RESTORE", &b"copy"[..], b"0", &ours, b"REPLACE"]).is_error(), "{key}");
    }
}

fn exchange(program: &Path, count: u64) {
    let dir = tempfile::tempdir().unwrap();
    let server = loaded(program, dir.path(), count);
    let mut client = server.client();
    // One version of the format, one implementation: equal values have equal payloads.
    let compares_payloads = program.file_name().is_some_and(|name| name == "redis-server");
    let mut entries = all(count);
    loop {
        let batch: Vec<_> = entries.by_ref().take(500).collect();
        if batch.is_empty() {
            break;
        }
        compare(&mut client, &batch, compares_payloads);
    }
    for database in DATABASES {
        client.line(&format!("SELECT {database}"));
        client.line("DEL copy");
    }
    assert_eq!(client.line("SAVE"), Value::Simple(b"OK".to_vec()));
    let saved = read(File::open(dir.path().join("dump.rdb")).unwrap()).unwrap();
    let expected: Content = all(count)
        .map(|Given { database, key, metadata, value }| ((database, key), (metadata, Plain::from(&value))))
        .collect();
    assert_eq!(saved.len() as u64, count);
    assert!(saved == expected, "the server wrote other entries than it was given");
}

#[test]
fn the_reference_loads_what_we_write_and_we_read_what_it_writes() {
    match binary::redis() {
        Some(program) => exchange(program, FEW),
        None => skip::skipped("exchange of RDB files", "no redis-server on the search path"),
    }
}

#[test]
#[ignore = "takes a minute; RKVS_RDB_SERVERS names other servers"]
fn many_entries_are_exchanged_with_every_server() {
    let programs = std::env::var_os(PROGRAMS);
    let programs: Vec<_> = match &programs {
        Some(programs) => std::env::split_paths(programs).collect(),
        None => binary::redis().map(Path::to_path_buf).into_iter().collect(),
    };
    assert!(!programs.is_empty(), "no redis-server on the search path, and none in {PROGRAMS}");
    for program in programs {
        exchange(&program, MANY);
        skip::note(&format!("{MANY} entries exchanged with {}", program.display()));
    }
}
