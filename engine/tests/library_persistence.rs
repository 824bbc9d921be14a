//! What embedding programs are promised about snapshots and autosave, by the library's public names.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rkvs_engine::clock::Clock;
use rkvs_engine::error::Error;
use rkvs_engine::persistence::{AutosaveSettings, Format, SaveOptions, SaveProgress, Scope, save};
use rkvs_engine::rdb::Settings;
use rkvs_engine::snapshot::file::{Directory, FileName, NameError};
use rkvs_engine::{
    BatchMode, ManagerAutosaveConfig, NamespaceAutosaveConfig, NamespaceConfig, Result, RkvsError, StorageConfig,
    StorageManager,
};

/// 2026-11-25T09:30:15.123Z.
const START_MS: u64 = 1_795_599_015_123;

async fn built(directory: &Path, config: StorageConfig) -> (Arc<StorageManager>, Clock) {
    let clock = Clock::manual(START_MS);
    let builder = StorageManager::builder().with_config(config).with_persistence(directory.into());
    (builder.with_clock(clock.clone()).build().await.unwrap(), clock)
}

/// A manager that is ready, with the namespaces named, which have a key each.
async fn ready(directory: &Path, names: &[&str]) -> (Arc<StorageManager>, Clock) {
    let (storage, clock) = built(directory, StorageConfig::default()).await;
    storage.initialize(None).await.unwrap();
    for name in names {
        storage.create_namespace(name, None).await.unwrap();
        set(&storage, name, "k", name).await;
    }
    (storage, clock)
}

async fn set(storage: &StorageManager, name: &str, key: &str, value: &str) {
    storage.namespace(name).await.unwrap().set(key, value.into()).await.unwrap();
}

async fn get(storage: &StorageManager, name: &str, key: &str) -> Option<String> {
    let value = storage.namespace(name).await.unwrap().get(key).await?;
    Some(String::from_utf8(value.to_vec()).unwrap())
}

fn files(directory: &Path) -> Vec<String> {
    Directory::open(directory).unwrap().files().unwrap().iter().map(ToString::to_string).collect()
}

fn of(name: &str, seconds: u64, pattern: &str) -> NamespaceAutosaveConfig {
    let (namespace_name, filename_pattern) = (name.to_owned(), pattern.to_owned());
    NamespaceAutosaveConfig { namespace_name, interval: Duration::from_secs(seconds), filename_pattern }
}

fn everything(seconds: u64, filename: &str) -> StorageConfig {
    let interval = Duration::from_secs(seconds);
    let manager_autosave = Some(ManagerAutosaveConfig { interval, filename: filename.into() });
    StorageConfig { manager_autosave, ..StorageConfig::default() }
}

/// Lets time pass and saves what is due then.
async fn pass(storage: &StorageManager, clock: &Clock, seconds: u64) {
    clock.advance_ms(seconds * 1_000);
    storage.run_due_autosave_tasks().await.unwrap();
}

#[tokio::test]
async fn what_was_saved_is_there_after_a_start() {
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().join("made/with/parents");
    let (storage, _) = ready(&directory, &["a", "b"]).await;
    let config = NamespaceConfig::default();
    config.set_max_keys(3);
    config.set_max_value_size(5);
    config.set_shard_count(7);
    storage.create_namespace("limited", Some(config.clone())).await.unwrap();
    set(&storage, "limited", "k", "12345").await;
    storage.save_all("all.bin").await.unwrap();
    set(&storage, "a", "k", "too late").await;
    drop(storage);
    let (storage, _) = built(&directory, StorageConfig::default()).await;
    assert_eq!(storage.save_all("all.bin").await, Err(RkvsError::NotInitialized));
    storage.initialize(Some("all.bin")).await.unwrap();
    // The second time nothing happens, whatever the file.
    storage.initialize(Some("other")).await.unwrap();
    assert_eq!(storage.list_namespaces().await.unwrap(), ["a", "b", "limited"]);
    assert_eq!(get(&storage, "a", "k").await.as_deref(), Some("a"));
    let limited = storage.namespace("limited").await.unwrap();
    assert_eq!(limited.get_config().await, config);
    assert_eq!(limited.set("l", vec![0; 6]).await, Err(RkvsError::ValueTooLarge { size: 6, max: 5 }));
    assert_eq!((storage.get_total_key_count().await, files(&directory)), (Ok(3), vec!["all.bin".to_owned()]));
}

#[tokio::test]
async fn a_file_that_is_missing_is_an_empty_start_and_one_that_is_damaged_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (storage, _) = ready(dir.path(), &["a", "b"]).await;
    storage.save_all("all").await.unwrap();
    let sound = std::fs::read(dir.path().join("all")).unwrap();
    let mut damaged: Vec<Vec<u8>> = vec![vec![], vec![0; 4_096], sound[..sound.len() - 1].to_vec()];
    damaged.push([&sound[..], b"x"].concat());
    for at in [0, sound.len() / 2, sound.len() - 1] {
        let mut flipped = sound.clone();
        flipped[at] ^= 1;
        damaged.push(flipped);
    }
    let (storage, _) = built(dir.path(), StorageConfig::default()).await;
    for bytes in damaged {
        std::fs::write(dir.path().join("all"), &bytes).unwrap();
        let refused = storage.initialize(Some("all")).await;
        assert!(matches!(&refused, Err(RkvsError::SnapshotInvalid(what)) if what.starts_with("all ")), "{refused:?}");
        assert!(!storage.is_initialized());
        assert_eq!(std::fs::read(dir.path().join("all")).unwrap(), bytes, "the file is left alone");
    }
    storage.initialize(Some("none")).await.unwrap();
    assert_eq!(storage.get_namespace_count().await, Ok(0));
}

#[tokio::test]
async fn one_namespace_is_saved_loaded_and_copied() {
    let dir = tempfile::tempdir().unwrap();
    let (storage, _) = ready(dir.path(), &["a", "b"]).await;
    storage.save_namespace("a", "one").await.unwrap();
    assert_eq!(storage.load_namespace("one").await, Err(RkvsError::NamespaceAlreadyExists("a".into())));
    storage.delete_namespace("a").await.unwrap();
    assert_eq!(storage.load_namespace("one").await.as_deref(), Ok("a"));
    assert_eq!(storage.load_namespace_with_name("one", "c").await.as_deref(), Ok("c"));
    assert_eq!(storage.load_namespace_with_name("one", "d").await.as_deref(), Ok("d"));
    set(&storage, "c", "k", "changed").await;
    assert_eq!(get(&storage, "a", "k").await.as_deref(), Some("a"));
    assert_eq!(get(&storage, "d", "k").await.as_deref(), Some("a"));
    assert_eq!(get(&storage, "b", "k").await.as_deref(), Some("b"));
}

#[tokio::test]
async fn what_cannot_be_done_says_why_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (storage, _) = ready(dir.path(), &["a", "b"]).await;
    storage.save_namespace("a", "one").await.unwrap();
    storage.save_all("all").await.unwrap();
    let missing = |name: &str| Err(RkvsError::NamespaceNotFound(name.into()));
    assert_eq!(storage.save_namespace("x", "f").await, missing("x"));
    assert_eq!(storage.load_namespace("none").await, Err(RkvsError::SnapshotNotFound("none".into())));
    assert!(matches!(storage.load_namespace("all").await, Err(RkvsError::SnapshotConflict(_))));
    let refused = storage.load_namespace_with_name("one", "../x").await;
    assert_eq!(refused, Err(RkvsError::Engine(Error::NameInvalid)));
    storage.update_config(StorageConfig { max_namespaces: Some(2), ..StorageConfig::default() }).await.unwrap();
    assert_eq!(storage.load_namespace_with_name("one", "c").await, Err(RkvsError::MaxNamespacesReached(2)));
    let bytes = std::fs::read(dir.path().join("one")).unwrap();
    std::fs::write(dir.path().join("one"), &bytes[..bytes.len() - 9]).unwrap();
    assert!(matches!(storage.load_namespace("one").await, Err(RkvsError::SnapshotInvalid(_))));
    std::fs::create_dir(dir.path().join("folder")).unwrap();
    for refused in [storage.save_all("folder").await, storage.load_namespace("folder").await.map(drop)] {
        let Err(RkvsError::Io(error)) = refused else { panic!("{refused:?}") };
        assert!(error.to_string().contains("folder"), "{error}");
    }
    for name in ["../x", "/abs/x", "a/../../x", ".x", "", "a b"] {
        let refused = |answer: Result<()>| assert!(matches!(answer, Err(RkvsError::FileNameInvalid(_))), "{name}");
        refused(storage.save_all(name).await);
        refused(storage.save_namespace("a", name).await);
        refused(storage.load_namespace(name).await.map(drop));
    }
    assert_eq!(storage.save_all("").await, Err(RkvsError::FileNameInvalid(NameError::Empty)));
    assert_eq!(storage.list_namespaces().await.unwrap(), ["a", "b"]);
    // A limit of the configuration holds for what is loaded at the start.
    let (other, _) = built(dir.path(), StorageConfig { max_namespaces: Some(1), ..StorageConfig::default() }).await;
    assert_eq!(other.initialize(Some("all")).await, Err(RkvsError::MaxNamespacesReached(1)));
    other.update_config(StorageConfig::default()).await.unwrap();
    other.initialize(Some("all")).await.unwrap();
    // A directory that is a file.
    let build = StorageManager::builder().with_persistence(dir.path().join("all")).build().await;
    assert!(matches!(build, Err(RkvsError::Io(_))));
}

#[tokio::test]
async fn a_start_never_writes_over_what_it_is_to_load() {
    let dir = tempfile::tempdir().unwrap();
    let (storage, _) = ready(dir.path(), &["a"]).await;
    storage.save_all("all").await.unwrap();
    let saved = std::fs::read(dir.path().join("all")).unwrap();
    let (storage, clock) = built(dir.path(), everything(1, "all")).await;
    clock.advance_ms(10_000);
    assert_eq!(storage.run_due_autosave_tasks().await, Err(RkvsError::NotInitialized));
    assert_eq!(std::fs::read(dir.path().join("all")).unwrap(), saved);
    storage.initialize(Some("all")).await.unwrap();
    assert_eq!(storage.list_running_autosave_tasks().await, Ok((true, vec![])));
    // What was loaded is in the file already.
    pass(&storage, &clock, 1).await;
    assert_eq!(std::fs::read(dir.path().join("all")).unwrap(), saved);
    set(&storage, "a", "k", "new").await;
    pass(&storage, &clock, 1).await;
    assert_ne!(std::fs::read(dir.path().join("all")).unwrap(), saved);
    storage.stop_manager_autosave().await.unwrap();
    storage.stop_manager_autosave().await.unwrap();
    storage.start_missing_autosave_tasks().await.unwrap();
    assert_eq!(storage.list_running_autosave_tasks().await, Ok((true, vec![])));
}

#[tokio::test]
async fn tasks_are_added_replaced_stopped_listed_and_started() {
    let dir = tempfile::tempdir().unwrap();
    let config = StorageConfig { namespace_autosave: vec![of("b", 1, "b-{ts}")], ..StorageConfig::default() };
    let (storage, clock) = built(dir.path(), config).await;
    storage.initialize(None).await.unwrap();
    storage.create_namespace("a", None).await.unwrap();
    assert_eq!(storage.list_running_autosave_tasks().await, Ok((false, vec![])));
    // The configured one begins when its namespace is there.
    storage.create_namespace("b", None).await.unwrap();
    storage.add_namespace_autosave_task(of("a", 1, "old-{ts}")).await.unwrap();
    storage.add_namespace_autosave_task_keeping(of("a", 1, "{ns}-{ts}"), 2).await.unwrap();
    assert_eq!(storage.list_running_autosave_tasks().await, Ok((false, vec!["a".into(), "b".into()])));
    for _ in 0..4 {
        pass(&storage, &clock, 1).await;
        set(&storage, "a", "k", "v").await;
    }
    let expected = ["a-20261125T093018.123Z.rkvs", "a-20261125T093019.123Z.rkvs", "b-20261125T093016.123Z.rkvs"];
    assert_eq!(files(dir.path()), expected);
    let taken = RkvsError::AutosaveTaskAlreadyExists("b".into());
    assert_eq!(storage.start_namespace_autosave_task("b").await, Err(taken));
    let unknown = RkvsError::AutosaveConfigNotFound("c".into());
    assert_eq!(storage.start_namespace_autosave_task("c").await, Err(unknown));
    storage.stop_namespace_autosave("b").await.unwrap();
    storage.stop_namespace_autosave("a").await.unwrap();
    let gone = RkvsError::AutosaveTaskNotFound("b".into());
    assert_eq!(storage.stop_namespace_autosave("b").await, Err(gone));
    set(&storage, "b", "k", "v").await;
    pass(&storage, &clock, 10).await;
    assert_eq!(files(dir.path()), expected);
    storage.start_namespace_autosave_task("b").await.unwrap();
    storage.delete_namespace("b").await.unwrap();
    assert_eq!(storage.list_running_autosave_tasks().await, Ok((false, vec![])));
    assert!(matches!(storage.start_namespace_autosave_task("b").await, Err(RkvsError::NamespaceNotFound(_))));
    let refused = storage.add_namespace_autosave_task(of("x", 1, "{ns}")).await;
    assert_eq!(refused, Err(RkvsError::NamespaceNotFound("x".into())));
    let refused = storage.add_namespace_autosave_task(of("a", 0, "{ns}")).await;
    assert_eq!(refused, Err(RkvsError::AutosaveIntervalInvalid(Duration::ZERO)));
    let refused = storage.add_namespace_autosave_task(of("a", 1, "../{ns}")).await;
    assert!(matches!(refused, Err(RkvsError::FileNameInvalid(_))));
    // Such configurations are refused before they are in force.
    for config in [everything(0, "all"), everything(1, "/all")] {
        assert!(storage.update_config(config.clone()).await.is_err());
        let builder = StorageManager::builder().with_persistence(dir.path().into()).with_config(config);
        assert!(builder.build().await.is_err());
    }
}

#[tokio::test]
async fn autosave_is_kept_in_files_but_the_configuration_counts() {
    let dir = tempfile::tempdir().unwrap();
    let (storage, _) = ready(dir.path(), &["a", "b"]).await;
    for name in ["a", "b"] {
        storage.add_namespace_autosave_task(of(name, 1, "{ns}")).await.unwrap();
    }
    storage.save_all("all").await.unwrap();
    storage.save_namespace("a", "one").await.unwrap();
    drop(storage);
    let config = StorageConfig { namespace_autosave: vec![of("b", 5, "configured")], ..StorageConfig::default() };
    let (storage, clock) = built(dir.path(), config.clone()).await;
    storage.initialize(Some("all")).await.unwrap();
    assert_eq!(storage.get_config().await, config);
    pass(&storage, &clock, 5).await;
    assert_eq!(files(dir.path()), ["a.rkvs", "all", "configured.rkvs", "one"]);
    // A copy has none of its own.
    storage.load_namespace_with_name("one", "copy").await.unwrap();
    storage.delete_namespace("a").await.unwrap();
    assert_eq!(storage.list_running_autosave_tasks().await, Ok((false, vec!["b".into()])));
    storage.load_namespace("one").await.unwrap();
    assert_eq!(storage.list_running_autosave_tasks().await, Ok((false, vec!["a".into(), "b".into()])));
}

#[tokio::test]
async fn a_manager_that_is_dropped_saves_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let config = everything(3_600, "all");
    let storage =
        StorageManager::builder().with_config(config).with_persistence(dir.path().into()).build().await.unwrap();
    storage.initialize(Some("all")).await.unwrap();
    storage.create_namespace("a", None).await.unwrap();
    drop(storage);
    assert!(files(dir.path()).is_empty());
}

#[tokio::test]
async fn two_that_initialize_at_once_load_once() {
    let dir = tempfile::tempdir().unwrap();
    let (storage, _) = ready(dir.path(), &["a"]).await;
    storage.save_all("all").await.unwrap();
    let (storage, _) = built(dir.path(), StorageConfig::default()).await;
    let (one, other) = tokio::join!(storage.initialize(Some("all")), storage.initialize(Some("all")));
    assert_eq!((one, other, storage.get_total_key_count().await), (Ok(()), Ok(()), Ok(1)));
}

/// Runs a future on this thread with no runtime at all.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(value) => return value,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}

#[test]
fn no_runtime_is_needed() {
    let dir = tempfile::tempdir().unwrap();
    block_on(async {
        let (storage, _) = ready(dir.path(), &["a"]).await;
        storage.save_namespace("a", "one").await.unwrap();
        storage.load_namespace_with_name("one", "b").await.unwrap();
        assert_eq!(get(&storage, "b", "k").await.as_deref(), Some("a"));
    });
}

#[tokio::test]
async fn writers_wait_while_a_snapshot_has_as_much_in_memory_as_it_may() {
    let namespace = Arc::new(rkvs_engine::Namespace::new("a", &NamespaceConfig::default()).unwrap());
    for number in 0..4_000u32 {
        namespace.set_bytes(&number.to_le_bytes(), vec![b'x'; 1_000]).await.unwrap();
    }
    let engine = namespace.engine();
    engine.snapshot_bound().set_max_bytes(64 << 10);
    let taking = engine.take_snapshot();
    for number in 0..4_000u32 {
        if engine.snapshot_bound().is_reached() {
            break;
        }
        namespace.set_bytes(&number.to_le_bytes(), b"new".to_vec()).await.unwrap();
    }
    assert!(engine.snapshot_bound().is_reached());
    // Readers go on.
    assert!(namespace.exists_bytes(&1u32.to_le_bytes()).await);
    let waiting: Vec<_> = (0..4u32)
        .map(|writer| {
            let namespace = Arc::clone(&namespace);
            tokio::spawn(async move {
                let key = 3_000u32.to_le_bytes();
                match writer {
                    0 => drop(namespace.set_bytes(&key, b"late".to_vec()).await.unwrap()),
                    1 => assert!(!namespace.delete_bytes(b"none").await),
                    2 => drop(namespace.consume_bytes(b"none").await),
                    _ => drop(namespace.delete_multiple_bytes(vec![b"none".to_vec()], BatchMode::BestEffort).await),
                }
            })
        })
        .collect();
    // One thread runs all tasks: each has had its turn, and none has come to its end.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(waiting.iter().all(|writer| !writer.is_finished()));
    drop(taking);
    for writer in waiting {
        writer.await.unwrap();
    }
    assert_eq!(namespace.get_bytes(&3_000u32.to_le_bytes()).await.as_deref(), Some(&b"late".to_vec()));
}

#[tokio::test]
async fn a_redis_file_is_loaded_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    // Written with the engine beneath, by a manager's rules.
    let engine = Arc::new(rkvs_engine::engine::Engine::new(Default::default()).unwrap());
    let database = engine.database(3).unwrap();
    let mut handle = rkvs_engine::namespace::Handle::new(database);
    handle
        .with(rkvs_engine::shard::multi_key::Reach::All, START_MS, |keyspace| {
            let key = keyspace.key(b"k");
            keyspace.set_string(key, b"v", rkvs_engine::keyspace::DeadlineChange::Clear).unwrap();
        })
        .unwrap();
    let none = |_: &_| -> Option<AutosaveSettings> { None };
    let format = Format::Rdb(Settings::default());
    let options = SaveOptions { format, threads: 1, writer: "test", begun: &|| {}, autosave: &none };
    let (directory, file) = (Directory::open(dir.path()).unwrap(), FileName::from_operator(b"dump.rdb").unwrap());
    save(&engine, &directory, file, Scope::Everything, &options, &SaveProgress::default()).unwrap();
    let (storage, _) = built(dir.path(), StorageConfig::default()).await;
    storage.initialize(Some("dump.rdb")).await.unwrap();
    assert_eq!(get(&storage, "3", "k").await.as_deref(), Some("v"));
    std::fs::write(dir.path().join("bad.rdb"), b"REDIS0011").unwrap();
    let (storage, _) = built(dir.path(), StorageConfig::default()).await;
    assert!(matches!(storage.initialize(Some("bad.rdb")).await, Err(RkvsError::SnapshotInvalid(_))));
}
