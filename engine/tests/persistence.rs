//! Files of namespaces: they come back as they were, and what does not go with what there is changes nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod sample;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rkvs_engine::clock::Clock;
use rkvs_engine::engine::{Engine, EngineOptions, NamespaceOptions};
use rkvs_engine::error::Error;
use rkvs_engine::fuzz;
use rkvs_engine::keyspace::DeadlineChange;
use rkvs_engine::namespace::{Handle, Limits, Namespace};
use rkvs_engine::persistence::{
    AutosaveSettings, Format, LoadError, LoadProgress, Loaded, SaveError, SaveOptions, SaveProgress, Saved, Scope,
    load_all, load_namespace, save,
};
use rkvs_engine::random::Random;
use rkvs_engine::rdb::{self, Content, Metadata, Writer};
use rkvs_engine::shard::multi_key::Reach;
use rkvs_engine::snapshot::file::disk::Disk;
use rkvs_engine::snapshot::file::testing::MemoryDisk;
use rkvs_engine::snapshot::file::{self, Compression, Directory, FileName, Header, Section, WriteOptions};

use sample::{Contents, Held, NOW_MS, contents, fill, on, transfer};

fn engine(default_shards: usize, databases: u32) -> Engine {
    let clock = Clock::manual(NOW_MS);
    Engine::new(EngineOptions { clock, databases, default_shards, ..EngineOptions::default() }).unwrap()
}

/// An engine with all kinds of values in databases and in namespaces with limits.
fn full() -> Engine {
    let engine = engine(8, 4);
    let mut random = Random::from_seed(7);
    for database in [0, 2] {
        fill(&engine, database, &mut random);
    }
    let limits = Limits { max_keys: 10_000, max_value_bytes: 8 << 20, max_memory_bytes: 1 << 30 };
    let options = NamespaceOptions { database: Some(9), shards: Some(3), limits };
    engine.create_namespace("users", options).unwrap();
    fill(&engine, 9, &mut random);
    engine.create_namespace("empty", NamespaceOptions { shards: Some(5), ..NamespaceOptions::default() }).unwrap();
    engine
}

fn memory() -> Directory {
    Directory::on(Arc::new(MemoryDisk::new()) as Arc<dyn Disk>, "memory")
}

fn named(name: &str) -> FileName {
    FileName::from_operator(name.as_bytes()).unwrap()
}

fn formats() -> [Format; 4] {
    let plain = rdb::Settings { compress: false, checksum: false, ..rdb::Settings::default() };
    [
        Format::Native(Compression::None),
        Format::Native(Compression::Lz4),
        Format::Rdb(rdb::Settings::default()),
        Format::Rdb(plain),
    ]
}

fn saved_as(engine: &Engine, directory: &Directory, scope: Scope<'_>, format: Format) -> Saved {
    let settings = |namespace: &Namespace| {
        let settings = AutosaveSettings { interval_ms: 5_000, pattern: "{ns}.rkvs".into(), keep: 3 };
        (namespace.name() == "users").then_some(settings)
    };
    let options = SaveOptions { format, threads: 3, writer: "test", begun: &|| {}, autosave: &settings };
    save(engine, directory, named("file"), scope, &options, &SaveProgress::default()).unwrap()
}

fn saved(engine: &Engine, directory: &Directory) -> Saved {
    saved_as(engine, directory, Scope::Everything, Format::Native(Compression::Lz4))
}

fn load(engine: &Engine, directory: &Directory) -> Result<Loaded, LoadError> {
    load_all(engine, directory, &named("file"), &|_| false, 3, &LoadProgress::default())
}

/// What an engine is like beside its keys.
fn described(engine: &Engine) -> Vec<(String, u32, Limits, usize)> {
    let describe = |namespace: Arc<Namespace>| {
        (namespace.name().into(), namespace.database(), namespace.limits(), namespace.shard_count())
    };
    engine.namespaces().into_iter().map(describe).collect()
}

/// Nothing but what it was made with, and room for what it may hold.
fn assert_untouched(engine: &Engine, before: &[(String, u32, Limits, usize)]) {
    assert_eq!(described(engine), before);
    assert_eq!(engine.usage().keys, 0);
    assert!(engine.active_expiry());
    let tried = on(engine, 0, |keyspace| keyspace.set_string(keyspace.key(b"k"), b"v", DeadlineChange::Clear));
    assert_eq!(tried, Ok(()));
}

/// What an RDB file has no place for does not come back from it.
fn without_encodings(contents: Contents) -> Contents {
    contents.into_iter().map(|(key, held)| (key, Held { encoding: "", ..held })).collect()
}

#[test]
fn everything_comes_back_as_it_was() {
    let engine = full();
    let expected = contents(&engine);
    for format in formats() {
        let directory = memory();
        let saved = saved_as(&engine, &directory, Scope::Everything, format);
        assert_eq!(saved.keys, expected.len() as u64);
        assert_eq!((saved.moment_ms, saved.changes), (NOW_MS, engine.changes()));
        assert_eq!(directory.len_bytes(&named("file")).unwrap(), Some(saved.file_bytes));
        // Other shards, and hash keys of its own.
        let other = self::engine(5, 4);
        let progress = LoadProgress::default();
        let loaded = load_all(&other, &directory, &named("file"), &|_| false, 2, &progress).unwrap();
        let is_rdb = matches!(format, Format::Rdb(_));
        assert_eq!((loaded.keys, loaded.expired, loaded.is_rdb), (saved.keys, 0, is_rdb));
        assert_eq!(loaded.created_ms, NOW_MS);
        assert_eq!((loaded.file_bytes, progress.file_bytes()), (saved.file_bytes, progress.file_bytes_total()));
        let found = contents(&other);
        match is_rdb {
            true => assert!(without_encodings(found) == without_encodings(expected.clone()), "{format:?}"),
            false => assert!(found == expected, "{format:?}"),
        }
        assert_eq!(described(&other), described(&engine));
        let kept: Vec<_> =
            loaded.namespaces.iter().filter_map(|(namespace, kept)| Some((namespace.name(), kept.clone()?))).collect();
        let settings = AutosaveSettings { interval_ms: 5_000, pattern: "{ns}.rkvs".into(), keep: 3 };
        assert_eq!(kept, [("users", settings)]);
        for namespace in other.namespaces() {
            Handle::new(namespace).with(Reach::All, NOW_MS, |keyspace| keyspace.check_invariants()).unwrap();
        }
    }
}

#[test]
fn keys_whose_time_is_over_are_left_out() {
    let engine = engine(4, 1);
    on(&engine, 0, |keyspace| {
        for number in 0..100u64 {
            let name = format!("key:{number}");
            let deadline = DeadlineChange::At(NOW_MS + 1 + number);
            keyspace.set_string(keyspace.key(name.as_bytes()), b"v", deadline).unwrap();
        }
    });
    for format in formats() {
        let directory = memory();
        saved_as(&engine, &directory, Scope::Everything, format);
        let other = self::engine(4, 1);
        other.clock().advance_ms(40);
        let loaded = load(&other, &directory).unwrap();
        assert_eq!((loaded.keys, loaded.expired, other.usage().keys), (60, 40, 60));
    }
}

#[test]
fn one_namespace_comes_back_beside_others() {
    let engine = full();
    let users = engine.namespace("users").unwrap();
    let before = contents(&engine);
    let of_users = |contents: &Contents, name: &str| -> Vec<(Vec<u8>, Held)> {
        contents.iter().filter(|((of, _), _)| of == name).map(|((_, key), held)| (key.clone(), held.clone())).collect()
    };
    for compression in [Compression::None, Compression::Lz4] {
        let directory = memory();
        let saved = saved_as(&engine, &directory, Scope::Namespace(&users), Format::Native(compression));
        assert_eq!((saved.keys, saved.changes), (users.usage().keys as u64, users.usage().counters.changes));
        let load = |name| load_namespace(&engine, &directory, &named("file"), name, 2, &LoadProgress::default());
        let refused = load(None).unwrap_err();
        assert!(matches!(refused, LoadError::Engine { cause: Error::NamespaceExists, .. }), "{refused}");
        let loaded = load(Some("copy")).unwrap();
        let (copy, kept) = &loaded.namespaces[0];
        assert_eq!((copy.limits(), copy.shard_count(), kept.is_some()), (users.limits(), 3, true));
        assert!(copy.database() != 9 && copy.database() >= 4);
        let after = contents(&engine);
        assert!(of_users(&after, "copy") == of_users(&before, "users"));
        engine.delete_namespace("copy").unwrap();
        assert!(contents(&engine) == before);
    }
    // A database of another engine, under its name there.
    let directory = memory();
    saved_as(&engine, &directory, Scope::Everything, Format::Native(Compression::None));
    let refused = load_namespace(&engine, &directory, &named("file"), Some("x"), 1, &LoadProgress::default());
    assert!(matches!(refused, Err(LoadError::Conflict { .. })));
}

/// Writes a file of our own without keys, whose sections are these.
fn write_sections(directory: &Directory, sections: Vec<Section>) {
    let totals = vec![Default::default(); sections.len()];
    let header = Header { created_ms: NOW_MS, writer: "test".into(), features: 0, autosave: None, sections };
    let writer = file::Writer::begin(directory, named("file"), &header, WriteOptions::default()).unwrap();
    writer.finish(&totals, NOW_MS).unwrap();
}

fn section(name: &str, database: u32) -> Section {
    Section { name: name.into(), database, shard_count: 2, ..Section::default() }
}

#[test]
fn what_does_not_go_with_what_there_is_changes_nothing() {
    let directory = memory();
    let source = full();
    saved(&source, &directory);
    let refused_where = |engine: &Engine, keeps: bool| {
        let before = described(engine);
        let loaded = load_all(engine, &directory, &named("file"), &|_| keeps, 3, &LoadProgress::default());
        assert_untouched(engine, &before);
        loaded.unwrap_err()
    };
    let refused = |engine: &Engine| refused_where(engine, false);
    let engine_error = |error: LoadError| match error {
        LoadError::Engine { cause, namespace, .. } => (cause, namespace),
        other => panic!("{other}"),
    };
    // The index of a namespace is another's.
    let engine = engine(4, 4);
    engine.create_namespace("other", NamespaceOptions { database: Some(9), ..Default::default() }).unwrap();
    assert!(matches!(refused(&engine), LoadError::Conflict { .. }));
    // There are too many namespaces.
    let engine = self::engine(4, 4);
    engine.set_max_namespaces(Some(1));
    assert_eq!(engine_error(refused(&engine)).0, Error::MaxNamespaces);
    engine.set_max_namespaces(Some(2));
    assert!(load(&self::engine(4, 4), &directory).is_ok());
    // One that stays as it is set up here may not hold as many keys, whatever its index.
    for name in ["users", "2"] {
        let engine = self::engine(4, 4);
        let limits = Limits { max_keys: 100, ..Limits::default() };
        match engine.namespace(name) {
            Some(namespace) => namespace.set_limits(limits).unwrap(),
            None => {
                let options = NamespaceOptions { limits, database: Some(9), shards: None };
                drop(engine.create_namespace(name, options).unwrap());
            }
        }
        engine.set_max_memory_bytes(64 << 20);
        assert_eq!(engine_error(refused_where(&engine, true)), (Error::MaxKeysBelowCount, name.to_owned()));
        assert_eq!(engine.max_memory_bytes(), 64 << 20);
    }
    // Two sections that would be one namespace: by its name, and by its index.
    write_sections(&directory, vec![section("3", 5), section("three", 3)]);
    assert!(matches!(refused(&self::engine(4, 4)), LoadError::Conflict { .. }));
}

#[test]
fn what_a_redis_file_says_of_namespaces_is_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    let directory = Directory::open(dir.path()).unwrap();
    let write = |namespaces: &[u8]| {
        let output = std::fs::File::create(dir.path().join("file")).unwrap();
        let mut writer = Writer::new(output, rdb::Settings::default()).unwrap();
        writer.aux(b"rkvs-namespaces", namespaces).unwrap();
        writer.entry(b"k", &Metadata::default(), Content::String(b"v")).unwrap();
        writer.finish().unwrap();
    };
    let json = |sections: &[Section]| serde_json::to_vec(sections).unwrap();
    let hostile = [
        vec![section("3", 5), section("three", 3)],
        vec![section("new", 20), section("new", 21)],
        vec![section("0", 5), section("zero", 0)],
        vec![section("a/b", 6)],
        vec![section("new", 16_384)],
        vec![section("new", u32::MAX)],
        vec![Section { shard_count: u32::MAX, ..section("new", 5) }],
    ];
    for sections in hostile {
        write(&json(&sections));
        let engine = engine(4, 4);
        let before = described(&engine);
        let error = load(&engine, &directory).expect_err("no such namespaces can be");
        assert!(matches!(error, LoadError::Conflict { .. } | LoadError::Engine { .. }), "{error}");
        assert_untouched(&engine, &before);
    }
    // Whatever else is somebody else's, and passed over.
    for text in [&b"[1, 2"[..], b"", b"{}", b"[[]]", b"\xff"] {
        write(text);
        let engine = engine(4, 4);
        assert_eq!(load(&engine, &directory).unwrap().keys, 1);
        assert_eq!(engine.namespace_count(), 4);
    }
    write(&json(&[section("zero", 0), section("new", 20)]));
    let engine = engine(4, 4);
    load(&engine, &directory).unwrap();
    assert_eq!((engine.database(0).unwrap().usage().keys, engine.namespace("new").unwrap().database()), (1, 20));
}

#[test]
fn a_refused_namespace_gives_its_memory_back() {
    let directory = memory();
    let source = full();
    saved_as(
        &source,
        &directory,
        Scope::Namespace(&source.namespace("users").unwrap()),
        Format::Native(Compression::None),
    );
    let engine = engine(4, 1);
    engine.set_max_memory_bytes(2 << 20);
    let load = || load_namespace(&engine, &directory, &named("file"), None, 2, &LoadProgress::default());
    for _ in 0..3 {
        assert!(matches!(load(), Err(LoadError::File(file::LoadError::Refused { .. }))));
        assert_eq!(engine.namespace_count(), 1);
        // All of the limit is there for others.
        on(&engine, 0, |keyspace| {
            let key = keyspace.key(b"k");
            keyspace.set_string(key, &vec![b'x'; 1_800 << 10], DeadlineChange::Clear).unwrap();
            keyspace.remove(key);
        });
    }
    engine.set_max_memory_bytes(0);
    load().unwrap();
}

#[test]
fn a_damaged_file_changes_nothing() {
    let source = engine(4, 2);
    on(&source, 1, |keyspace| {
        for number in 0..200u32 {
            keyspace.set_string(keyspace.key(&number.to_le_bytes()), b"some value", DeadlineChange::Clear).unwrap();
        }
        keyspace.hash_mut(keyspace.key(b"hash")).unwrap().set(b"field", b"value").unwrap();
    });
    source.create_namespace("named", NamespaceOptions::default()).unwrap();
    let target = engine(2, 2);
    let before = described(&target);
    for format in formats().into_iter().take(3) {
        let dir = tempfile::tempdir().unwrap();
        let directory = Directory::open(dir.path()).unwrap();
        let saved = saved_as(&source, &directory, Scope::Everything, format);
        let path = dir.path().join("file");
        let sound = std::fs::read(&path).unwrap();
        let mut random = Random::from_seed(saved.file_bytes);
        for round in 0..300 {
            let at = random.below(saved.file_bytes) as usize;
            let damaged = match round % 3 {
                0 => sound[..at].to_vec(),
                _ => {
                    let mut flipped = sound.clone();
                    flipped[at] ^= 1 << random.below(8);
                    flipped
                }
            };
            std::fs::write(&path, &damaged).unwrap();
            let error = load(&target, &directory).expect_err("damage is found");
            assert!(!error.is_not_found());
            assert!(error.to_string().contains("file"), "{error}");
            assert_eq!((described(&target), target.usage().keys), (before.clone(), 0));
        }
        std::fs::write(&path, &sound).unwrap();
        assert!(load(&engine(2, 2), &directory).is_ok());
    }
    assert!(load(&target, &memory()).unwrap_err().is_not_found());
    assert_untouched(&target, &before);
}

#[test]
fn damage_that_no_checksum_tells_of_does_no_harm() {
    let source = engine(2, 2);
    on(&source, 1, |keyspace| {
        for number in 0..20u32 {
            keyspace.set_string(keyspace.key(&number.to_le_bytes()), b"some value", DeadlineChange::Clear).unwrap();
        }
        let mut hash = keyspace.hash_mut(keyspace.key(b"hash")).unwrap();
        for field in 0..300u32 {
            hash.set(&field.to_le_bytes(), b"value").unwrap();
        }
    });
    source.create_namespace("named", NamespaceOptions::default()).unwrap();
    for compression in [Compression::None, Compression::Lz4] {
        let dir = tempfile::tempdir().unwrap();
        let directory = Directory::open(dir.path()).unwrap();
        saved_as(&source, &directory, Scope::Everything, Format::Native(compression));
        let sound = std::fs::read(dir.path().join("file")).unwrap();
        assert!(fuzz::snapshot_load::file(&sound), "it can be loaded");
        let mut random = Random::from_seed(sound.len() as u64);
        for _ in 0..2_000 {
            let mut damaged = sound.clone();
            for _ in 0..=random.below(3) {
                let at = random.below(damaged.len() as u64) as usize;
                damaged[at] = random.next_u64() as u8;
            }
            fuzz::snapshot_load::file(&damaged);
        }
    }
}

#[test]
fn a_save_that_is_cancelled_or_fails_leaves_the_old_file() {
    let engine = full();
    for format in formats() {
        let dir = tempfile::tempdir().unwrap();
        let directory = Directory::open(dir.path()).unwrap();
        std::fs::write(dir.path().join("file"), b"old").unwrap();
        let progress = SaveProgress::default();
        progress.cancel();
        let none = |_: &Namespace| None;
        let options = SaveOptions { format, threads: 2, writer: "test", begun: &|| {}, autosave: &none };
        let cancelled = save(&engine, &directory, named("file"), Scope::Everything, &options, &progress);
        assert!(matches!(cancelled, Err(SaveError::Cancelled)));
        assert_eq!(std::fs::read(dir.path().join("file")).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        // Nothing is held on to: the next one works.
        let users = engine.create_namespace("gone", NamespaceOptions::default()).unwrap();
        engine.delete_namespace("gone").unwrap();
        let deleted =
            save(&engine, &directory, named("file"), Scope::Namespace(&users), &options, &SaveProgress::default());
        assert!(matches!(deleted, Err(SaveError::NamespaceDeleted)));
        saved_as(&engine, &directory, Scope::Everything, format);
    }
}

#[test]
fn transfers_between_namespaces_never_show_halfway_in_a_file() {
    const ACCOUNTS: u64 = 64;
    let engine = engine(8, 2);
    for database in 0..2 {
        on(&engine, database, |keyspace| {
            for account in 0..ACCOUNTS {
                keyspace.set_integer(keyspace.key(&account.to_le_bytes()), 1_000, DeadlineChange::Clear).unwrap();
            }
            for number in 0..4_000u32 {
                let filler = format!("filler:{number}");
                keyspace.set_string(keyspace.key(filler.as_bytes()), b"x", DeadlineChange::Clear).unwrap();
            }
        });
    }
    let (stop, transfers) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (engine, stop, transfers) = (&engine, &stop, &transfers);
            scope.spawn(move || transfers.fetch_add(transfer(engine, thread, ACCOUNTS, stop), Ordering::Relaxed));
        }
        for round in 0..20 {
            let directory = memory();
            saved_as(&engine, &directory, Scope::Everything, formats()[round % 4]);
            let target = self::engine(3, 2);
            load(&target, &directory).unwrap();
            let sum: i64 = (0..2)
                .flat_map(|database| (0..ACCOUNTS).map(move |account| (database, account.to_le_bytes())))
                .map(|(database, account)| {
                    on(&target, database, |keyspace| {
                        keyspace.string(keyspace.key(&account)).unwrap().unwrap().integer().unwrap()
                    })
                })
                .sum();
            assert_eq!(sum, 2 * 1_000 * ACCOUNTS as i64);
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(transfers.into_inner() > 0);
}

#[test]
fn a_namespace_that_keeps_what_it_is_takes_the_keys_alone() {
    let engine = full();
    let directory = memory();
    saved(&engine, &directory);
    let other = self::engine(5, 4);
    let limits = Limits { max_keys: 1 << 40, ..Limits::default() };
    other.database(1).unwrap().set_limits(limits).unwrap();
    let keeps = |namespace: &Namespace| namespace.database() == 1;
    load_all(&other, &directory, &named("file"), &keeps, 2, &LoadProgress::default()).unwrap();
    assert!(contents(&other) == contents(&engine));
    let mut wanted = described(&engine);
    (wanted[1].2, wanted[1].3) = (limits, 5);
    assert_eq!(described(&other), wanted);
}

#[test]
fn a_redis_file_in_which_a_key_stands_twice_or_more_follows_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let directory = Directory::open(dir.path()).unwrap();
    let write = |keys: &[(u64, &str)]| {
        let output = std::fs::File::create(dir.path().join("file")).unwrap();
        let mut writer = Writer::new(output, rdb::Settings::default()).unwrap();
        for (database, key) in keys {
            writer.database(*database).unwrap();
            writer.entry(key.as_bytes(), &Metadata::default(), Content::String(b"v")).unwrap();
        }
        writer.finish().unwrap();
    };
    let engine = engine(4, 2);
    let before = described(&engine);
    write(&[(0, "a"), (7, "a"), (0, "b"), (0, "a")]);
    assert!(matches!(load(&engine, &directory), Err(LoadError::Conflict { .. })));
    assert_untouched(&engine, &before);
    // What an append-only file says behind its first part must not be lost in silence.
    write(&[(0, "a")]);
    let mut file = std::fs::File::options().append(true).open(dir.path().join("file")).unwrap();
    file.write_all(b"*1\r\n$8\r\nFLUSHALL\r\n").unwrap();
    let refused = load(&engine, &directory).unwrap_err().to_string();
    assert!(refused.contains("something follows the end"), "{refused}");
    assert_untouched(&engine, &before);
    // The same key in two databases is two keys; databases there are none of are made.
    write(&[(0, "a"), (7, "a"), (0, "b")]);
    let engine = self::engine(4, 2);
    assert_eq!(load(&engine, &directory).unwrap().keys, 3);
    assert_eq!(engine.namespace("7").unwrap().database(), 7);
    // A database that no namespace can be.
    write(&[(0, "a"), (u64::from(u32::MAX) + 5, "a")]);
    let engine = self::engine(4, 2);
    assert!(matches!(load(&engine, &directory), Err(LoadError::Engine { cause: Error::MaxNamespaces, .. })));
    assert_untouched(&engine, &before);
}

/// Says that `what` was skipped because of `why`, past the capture of the test runner.
fn skipped(what: &str, why: &str) {
    use std::io::Write;
    // A closed stream leaves nobody to tell.
    let _ = std::io::stderr().write_all(format!("\n*** SKIPPED: {what}: {why}\n").as_bytes());
}

fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

/// A reference server on a socket in the directory, which ends with this.
struct Redis(std::process::Child);

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Redis {
    /// Starts it and returns it with a connection once it has loaded its file.
    fn start(program: &Path, dir: &Path) -> (Self, std::os::unix::net::UnixStream) {
        let socket = dir.join("socket");
        let mut command = Command::new(program);
        command.args(["--port", "0", "--save", "", "--dbfilename", "file", "--daemonize", "no", "--unixsocket"]);
        command.arg(&socket).arg("--dir").arg(dir).stdout(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        let log = std::io::BufReader::new(child.stdout.take().unwrap());
        let server = Self(child);
        let mut lines = Vec::new();
        for line in std::io::BufRead::lines(log) {
            let line = line.unwrap();
            let is_ready = line.contains("eady to accept connections");
            lines.push(line);
            if is_ready {
                return (server, std::os::unix::net::UnixStream::connect(socket).unwrap());
            }
        }
        panic!("the server ended: {lines:#?}");
    }
}

#[test]
fn the_reference_loads_what_is_saved_as_a_redis_file() {
    use std::io::{Read, Write};
    let Some(redis) = program("redis-server") else {
        return skipped("loading of a saved RDB file", "no redis-server on the search path");
    };
    let engine = full();
    // Deadlines are those of the clock that the reference goes by: later ones.
    let expiring: Vec<_> = contents(&engine).into_iter().filter(|(_, held)| held.deadline_ms.is_some()).collect();
    for ((namespace, key), held) in &expiring {
        let mut handle = Handle::new(engine.namespace(namespace).unwrap());
        let set = handle.with(Reach::All, NOW_MS, |keyspace| {
            keyspace.set_deadline_ms(keyspace.key(key), held.deadline_ms.map(|deadline_ms| deadline_ms * 2))
        });
        assert!(set.unwrap());
    }
    for format in &formats()[2..] {
        let dir = tempfile::tempdir().unwrap();
        let saved = saved_as(&engine, &Directory::open(dir.path()).unwrap(), Scope::Everything, *format);
        if let Some(checker) = program("redis-check-rdb") {
            let output = Command::new(checker).arg(dir.path().join("file")).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        }
        let (_server, mut connection) = Redis::start(&redis, dir.path());
        let mut ask = |request: &str, end: &str| {
            connection.write_all(request.as_bytes()).unwrap();
            let mut reply = Vec::new();
            while !reply.ends_with(end.as_bytes()) {
                let mut byte = [0];
                connection.read_exact(&mut byte).unwrap();
                reply.push(byte[0]);
            }
            String::from_utf8(reply).unwrap()
        };
        let mut keys = 0;
        for namespace in engine.namespaces() {
            assert_eq!(ask(&format!("SELECT {}\r\n", namespace.database()), "\r\n"), "+OK\r\n");
            let size: usize = ask("DBSIZE\r\n", "\r\n")[1..].trim().parse().unwrap();
            assert_eq!(size, namespace.usage().keys, "{}", namespace.name());
            keys += size as u64;
        }
        assert_eq!(keys, saved.keys);
        for ((namespace, key), held) in &expiring {
            let database = engine.namespace(namespace).unwrap().database();
            ask(&format!("SELECT {database}\r\n"), "\r\n");
            let asked = format!("PEXPIRETIME {}\r\n", std::str::from_utf8(key).unwrap());
            assert_eq!(ask(&asked, "\r\n"), format!(":{}\r\n", held.deadline_ms.unwrap() * 2));
        }
        ask("SELECT 2\r\n", "\r\n");
        assert_eq!(ask("STRLEN long:0\r\n", "\r\n"), format!(":{}\r\n", 3 << 20));
        assert_eq!(ask("HLEN large:3\r\n", "\r\n"), ":1501\r\n");
        assert_eq!(ask("HSTRLEN large:3 long\r\n", "\r\n"), ":5000\r\n");
    }
}
