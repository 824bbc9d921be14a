//! Saving at intervals: when files appear, and when they must not. Time is driven by hand.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};

use rkvs_engine::clock::Clock;
use rkvs_engine::engine::{Engine, EngineOptions, NamespaceOptions};
use rkvs_engine::keyspace::DeadlineChange;
use rkvs_engine::namespace::{Handle, Namespace};
use rkvs_engine::persistence::autosave::{Attempt, Due, SaveFiles};
use rkvs_engine::persistence::{
    Autosave, AutosaveError, AutosaveSettings, Format, LoadProgress, SaveError, SaveOptions, Saved, load_all, save,
};
use rkvs_engine::shard::multi_key::Reach;
use rkvs_engine::snapshot::file::{Compression, Directory, FileError, FileName, NamePattern};

/// 2026-11-25T09:30:15.123Z.
const START_MS: u64 = 1_795_599_015_123;

fn engine() -> Arc<Engine> {
    let clock = Clock::manual(START_MS);
    let options = EngineOptions { clock, databases: 1, default_shards: 2, ..EngineOptions::default() };
    Arc::new(Engine::new(options).unwrap())
}

fn namespace(engine: &Engine, name: &str) -> Arc<Namespace> {
    engine.create_namespace(name, NamespaceOptions::default()).unwrap()
}

fn write(namespace: &Arc<Namespace>, key: &str) {
    let mut handle = Handle::new(Arc::clone(namespace));
    let set = handle.with(Reach::All, START_MS, |keyspace| {
        let hashed = keyspace.key(key.as_bytes());
        keyspace.set_string(hashed, b"value", DeadlineChange::Clear)
    });
    set.unwrap().unwrap();
}

type Step = Box<dyn Fn(&Due<'_>) -> Result<(), SaveError> + Send + Sync>;

/// Saves into a directory, and does something before each save.
struct Files {
    engine: Arc<Engine>,
    directory: Directory,
    before: Step,
    saves: Arc<AtomicUsize>,
}

impl SaveFiles for Files {
    fn save(&self, due: Due<'_>) -> Result<Saved, SaveError> {
        self.saves.fetch_add(1, Ordering::SeqCst);
        (self.before)(&due)?;
        let options = SaveOptions {
            format: Format::Native(Compression::None),
            threads: 1,
            writer: "test",
            begun: &|| {},
            autosave: due.settings_of,
        };
        save(&self.engine, &self.directory, due.file.clone(), due.target.scope(), &options, due.progress)
    }

    fn remove_expired(&self, pattern: &NamePattern, namespace: &str, keep: usize) -> Result<(), FileError> {
        self.directory.remove_expired(pattern, namespace, keep).map(drop)
    }
}

/// An engine with a directory and its autosave.
struct Setup {
    engine: Arc<Engine>,
    autosave: Autosave,
    directory: Directory,
    saves: Arc<AtomicUsize>,
    _dir: tempfile::TempDir,
}

impl Setup {
    fn new() -> Self {
        Self::with(|_| Ok(()))
    }

    fn with(before: impl Fn(&Due<'_>) -> Result<(), SaveError> + Send + Sync + 'static) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (engine, directory, saves) = (engine(), Directory::open(dir.path()).unwrap(), Arc::default());
        let files = Files {
            engine: Arc::clone(&engine),
            directory: directory.clone(),
            before: Box::new(before),
            saves: Arc::clone(&saves),
        };
        let autosave = Autosave::new(Arc::clone(&engine), files);
        Self { engine, autosave, directory, saves, _dir: dir }
    }

    /// Lets time pass and does what is due then.
    fn pass(&self, ms: u64) -> Option<u64> {
        self.engine.clock().advance_ms(ms);
        self.autosave.step()
    }

    fn files(&self) -> Vec<String> {
        self.directory.files().unwrap().iter().map(ToString::to_string).collect()
    }

    fn saves(&self) -> usize {
        self.saves.load(Ordering::SeqCst)
    }

    fn last(&self, at: usize) -> Attempt {
        self.autosave.list()[at].last.clone().unwrap()
    }
}

fn every(interval_ms: u64, pattern: &str, keep: u32) -> AutosaveSettings {
    AutosaveSettings { interval_ms, pattern: pattern.into(), keep }
}

fn file(name: &str) -> FileName {
    FileName::from_operator(name.as_bytes()).unwrap()
}

#[test]
fn the_first_file_appears_after_one_interval_and_the_next_only_after_a_change() {
    let setup = Setup::new();
    let users = namespace(&setup.engine, "users");
    setup.autosave.set(&users, &every(60_000, "{ns}-{ts}", 0)).unwrap();
    assert_eq!(setup.autosave.step(), Some(60_000));
    assert_eq!(setup.pass(59_999), Some(1));
    assert!(setup.files().is_empty());
    // One that holds nothing is saved as well: it was never saved before.
    assert_eq!(setup.pass(1), Some(60_000));
    assert_eq!(setup.files(), ["users-20261125T093115.123Z.rkvs"]);
    setup.pass(60_000);
    assert_eq!(setup.files().len(), 1, "nothing had changed");
    write(&users, "k");
    setup.pass(60_000);
    assert_eq!(setup.files(), ["users-20261125T093115.123Z.rkvs", "users-20261125T093315.123Z.rkvs"]);
    let last = setup.last(0);
    assert_eq!((last.started_ms, last.file.as_str()), (START_MS + 180_000, "users-20261125T093315.123Z.rkvs"));
    let saved = last.result.unwrap();
    assert_eq!((saved.keys, saved.changes), (1, users.usage().counters.changes));
    assert_eq!(setup.saves(), 2);
}

#[test]
fn everything_is_saved_when_anything_has_changed() {
    let setup = Setup::new();
    setup.autosave.set_everything(1_000, file("all.bin"), None).unwrap();
    setup.pass(1_000);
    assert_eq!((setup.files(), setup.saves()), (vec!["all.bin".to_owned()], 1));
    setup.pass(1_000);
    assert_eq!(setup.saves(), 1);
    write(&setup.engine.database(0).unwrap(), "k");
    setup.pass(1_000);
    assert_eq!(setup.saves(), 2);
    // Namespaces that come and go are changes too.
    namespace(&setup.engine, "new");
    setup.pass(1_000);
    assert_eq!(setup.saves(), 3);
    setup.engine.delete_namespace("new").unwrap();
    setup.pass(1_000);
    assert_eq!(setup.saves(), 4);
    setup.pass(1_000);
    assert_eq!(setup.saves(), 4);
}

#[test]
fn what_the_file_holds_already_is_not_saved_again() {
    let setup = Setup::new();
    write(&setup.engine.database(0).unwrap(), "k");
    setup.autosave.set_everything(1_000, file("all.bin"), Some(setup.engine.changes())).unwrap();
    setup.pass(1_000);
    assert_eq!(setup.saves(), 0);
    write(&setup.engine.database(0).unwrap(), "k");
    setup.pass(1_000);
    assert_eq!(setup.saves(), 1);
}

#[test]
fn ticks_that_were_missed_are_not_made_up_for() {
    let clock_of: Arc<Mutex<Option<Clock>>> = Arc::default();
    let clock = Arc::clone(&clock_of);
    let setup = Setup::with(move |_| {
        // Saving takes three intervals and a bit.
        if let Some(clock) = &*clock.lock().unwrap() {
            clock.advance_ms(3_500);
        }
        Ok(())
    });
    let users = namespace(&setup.engine, "users");
    setup.autosave.set(&users, &every(1_000, "{ns}", 0)).unwrap();
    *clock_of.lock().unwrap() = Some(setup.engine.clock().clone());
    assert_eq!(setup.pass(1_000), Some(1_000));
    assert_eq!(setup.saves(), 1);
    write(&users, "k");
    assert_eq!(setup.pass(999), Some(1));
    assert_eq!(setup.saves(), 1);
    // Late by less than an interval, it keeps its beat.
    *clock_of.lock().unwrap() = None;
    assert_eq!(setup.pass(401), Some(600));
    assert_eq!((setup.saves(), setup.last(0).duration.as_millis()), (2, 0));
}

#[test]
fn a_save_that_failed_is_told_and_tried_again_at_the_next_tick() {
    let fails = Arc::new(AtomicUsize::new(2));
    let left = Arc::clone(&fails);
    let setup = Setup::with(move |_| match left.fetch_sub(1, Ordering::SeqCst) {
        2 => Err(SaveError::Cancelled),
        1 => panic!("a part that fails hard"),
        _ => Ok(()),
    });
    setup.autosave.set_everything(1_000, file("all.bin"), None).unwrap();
    setup.pass(1_000);
    assert_eq!(&*setup.last(0).result.unwrap_err(), "saving was cancelled");
    setup.pass(1_000);
    assert_eq!(&*setup.last(0).result.unwrap_err(), "a part of the program panicked");
    assert!(setup.files().is_empty());
    setup.pass(1_000);
    assert!(setup.last(0).result.is_ok());
    assert_eq!(setup.files(), ["all.bin"]);
}

#[test]
fn files_beyond_those_to_keep_are_removed() {
    let setup = Setup::new();
    let (users, others) = (namespace(&setup.engine, "users"), namespace(&setup.engine, "others"));
    setup.autosave.set(&users, &every(1_000, "{ns}-{ts}", 2)).unwrap();
    setup.autosave.set(&others, &every(1_000, "{ns}-{ts}", 0)).unwrap();
    for _ in 0..5 {
        setup.pass(1_000);
        [&users, &others].into_iter().for_each(|namespace| write(namespace, "k"));
    }
    let files = setup.files();
    let kept: Vec<_> = files.iter().filter(|name| name.starts_with("users-")).collect();
    assert_eq!(kept, ["users-20261125T093019.123Z.rkvs", "users-20261125T093020.123Z.rkvs"]);
    assert_eq!(files.len(), 7);
}

#[test]
fn a_task_that_is_set_again_replaces_the_first() {
    let setup = Setup::new();
    let users = namespace(&setup.engine, "users");
    setup.autosave.set(&users, &every(1_000, "first-{ts}", 0)).unwrap();
    setup.autosave.set(&users, &every(5_000, "second-{ts}", 3)).unwrap();
    assert_eq!(setup.autosave.settings_of(&users), Some(every(5_000, "second-{ts}.rkvs", 3)));
    setup.pass(4_999);
    assert!(setup.files().is_empty());
    setup.pass(1);
    assert_eq!(setup.files(), ["second-20261125T093020.123Z.rkvs"]);
    assert_eq!(setup.autosave.list().len(), 1);
    assert_eq!(setup.autosave.list()[0].keep, 3);
}

#[test]
fn a_task_that_was_stopped_is_gone() {
    let setup = Setup::new();
    let users = namespace(&setup.engine, "users");
    assert!(matches!(setup.autosave.stop(Some("users")), Err(AutosaveError::Unknown)));
    assert!(matches!(setup.autosave.stop(None), Err(AutosaveError::Unknown)));
    setup.autosave.set(&users, &every(1_000, "{ns}", 0)).unwrap();
    setup.autosave.set_everything(1_000, file("all.bin"), None).unwrap();
    assert_eq!(setup.autosave.list().len(), 2);
    setup.autosave.stop(Some("users")).unwrap();
    setup.autosave.stop(None).unwrap();
    assert!(matches!(setup.autosave.stop(Some("users")), Err(AutosaveError::Unknown)));
    assert_eq!(setup.pass(10_000), None);
    assert!(setup.files().is_empty() && setup.autosave.list().is_empty());
    assert_eq!(setup.autosave.settings_of(&users), None);
}

#[test]
fn stopping_waits_for_a_save_that_runs_and_cancels_it() {
    let (begun, go_on) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (b, g) = (Arc::clone(&begun), Arc::clone(&go_on));
    let setup = Setup::with(move |_| {
        b.wait();
        g.wait();
        Ok(())
    });
    let users = namespace(&setup.engine, "users");
    write(&users, "k");
    setup.autosave.set(&users, &every(1_000, "{ns}", 0)).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| setup.pass(1_000));
        begun.wait();
        assert!(setup.autosave.list()[0].running.is_some());
        let ending = setup.autosave.begin_stop(Some("users")).unwrap();
        assert!(!ending.is_over());
        assert!(setup.autosave.list().is_empty());
        go_on.wait();
        ending.wait();
        assert!(setup.files().is_empty(), "a cancelled save leaves no file");
    });
    // The same when it is replaced: the new one has not saved yet.
    setup.autosave.set(&users, &every(1_000, "old", 0)).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| setup.pass(1_000));
        begun.wait();
        let ending = setup.autosave.set(&users, &every(60_000, "new", 0)).unwrap();
        assert!(!ending.is_over());
        go_on.wait();
        ending.wait();
    });
    assert!(setup.files().is_empty());
    let [task] = &setup.autosave.list()[..] else { panic!("one task") };
    assert!(task.last.is_none() && task.due_in_ms == 60_000 && task.file == "new.rkvs");
}

#[test]
fn the_task_of_a_deleted_namespace_is_gone_with_it() {
    let setup = Setup::new();
    let users = namespace(&setup.engine, "users");
    setup.autosave.set(&users, &every(1_000, "{ns}", 0)).unwrap();
    setup.engine.delete_namespace("users").unwrap();
    assert!(setup.autosave.list().is_empty());
    assert!(matches!(setup.autosave.stop(Some("users")), Err(AutosaveError::Unknown)));
    assert!(matches!(setup.autosave.set(&users, &every(1_000, "{ns}", 0)), Err(AutosaveError::NamespaceDeleted)));
    // Another one of that name has none, and keeps one it is given.
    let again = namespace(&setup.engine, "users");
    assert_eq!(setup.autosave.settings_of(&again), None);
    setup.autosave.set(&again, &every(1_000, "{ns}", 0)).unwrap();
    assert!(setup.autosave.forget(&users).is_over());
    setup.pass(1_000);
    assert_eq!((setup.files(), setup.saves()), (vec!["users.rkvs".to_owned()], 1));
    // Found dead when it is due, it is dropped.
    setup.engine.delete_namespace("users").unwrap();
    assert_eq!(setup.pass(1_000), None);
    assert_eq!(setup.saves(), 1);
}

#[test]
fn what_cannot_be_is_refused_and_leaves_what_was_set() {
    let setup = Setup::new();
    let users = namespace(&setup.engine, "users");
    setup.autosave.set(&users, &every(1_000, "{ns}", 0)).unwrap();
    for interval_ms in [0, 1, 999] {
        let refused = setup.autosave.set(&users, &every(interval_ms, "{ns}", 0)).err();
        assert!(matches!(refused, Some(AutosaveError::Interval(found)) if found == interval_ms));
        assert!(setup.autosave.set_everything(interval_ms, file("all"), None).is_err());
    }
    for pattern in ["", "../{ns}", "/tmp/{ns}", "{name}", "a/b"] {
        let refused = setup.autosave.set(&users, &every(1_000, pattern, 0)).err();
        assert!(matches!(refused, Some(AutosaveError::Pattern(_))), "{pattern}");
    }
    assert_eq!(setup.autosave.list().len(), 1);
    assert_eq!(setup.autosave.settings_of(&users), Some(every(1_000, "{ns}.rkvs", 0)));
    // An interval of more than all time is never over.
    setup.autosave.set(&users, &every(u64::MAX, "{ns}", 0)).unwrap();
    setup.pass(1 << 40);
    assert_eq!(setup.saves(), 0);
}

#[test]
fn tasks_are_kept_in_snapshots() {
    let setup = Setup::new();
    let users = namespace(&setup.engine, "users");
    namespace(&setup.engine, "others");
    setup.autosave.set(&users, &every(5_000, "{ns}-{ts}", 7)).unwrap();
    setup.autosave.set_everything(1_000, file("all.bin"), None).unwrap();
    setup.pass(1_000);
    let other = engine();
    let loaded = load_all(&other, &setup.directory, &file("all.bin"), &|_| false, 2, &LoadProgress::default()).unwrap();
    let kept: Vec<_> = loaded.namespaces.iter().map(|(namespace, kept)| (namespace.name(), kept.clone())).collect();
    assert_eq!(kept, [("0", None), ("users", Some(every(5_000, "{ns}-{ts}.rkvs", 7))), ("others", None)]);
}

#[test]
fn the_thread_ends_with_the_autosave() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Arc::new(Engine::new(EngineOptions::default()).unwrap());
    let held = Arc::downgrade(&engine);
    let files = Files {
        engine: Arc::clone(&engine),
        directory: Directory::open(dir.path()).unwrap(),
        before: Box::new(|_| Ok(())),
        saves: Arc::default(),
    };
    let autosave = Autosave::new(Arc::clone(&engine), files);
    autosave.set_everything(u64::MAX, file("all.bin"), None).unwrap();
    drop(engine);
    assert!(held.upgrade().is_some());
    drop(autosave);
    assert!(held.upgrade().is_none(), "somebody still holds the engine");
    assert!(is_empty(dir.path()));
}

fn is_empty(path: &Path) -> bool {
    std::fs::read_dir(path).unwrap().next().is_none()
}
