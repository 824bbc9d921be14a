//! The data directory: what is cleared up, what is kept, what is told.

use std::fs;
use std::path::Path;

use rkvs_engine::snapshot::file::error::Action;
use rkvs_engine::snapshot::file::{Compression, Directory, NamePattern, WriteOptions, Writer};

use crate::sample::{Content, header, load, name};

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn abandoned_temporaries_are_removed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let ours = [".rkvs-tmp-00000000000000ff", ".rkvs-tmp-ffffffffffffffff"];
    let others = [".rkvs-tmp-", ".rkvs-tmp-00000000000000FF", ".rkvs-tmp-00000000000000ff0", "temp-1.rdb", "x.rkvs"];
    for name in ours.iter().chain(&others) {
        fs::write(folder.path().join(name), b"bytes").unwrap();
    }
    let folder_like_ours = ".rkvs-tmp-0123456789abcdef";
    fs::create_dir(folder.path().join(folder_like_ours)).unwrap();
    let link_like_ours = ".rkvs-tmp-0123456789abcdee";
    std::os::unix::fs::symlink("x.rkvs", folder.path().join(link_like_ours)).unwrap();

    let directory = Directory::open(folder.path()).unwrap();
    let mut kept = [&others[..], &[folder_like_ours, link_like_ours]].concat();
    kept.sort_unstable();
    assert_eq!(names(folder.path()), kept);
    let mut removed: Vec<_> = directory.cleared().removed.iter().map(|name| name.as_str()).collect();
    removed.sort_unstable();
    assert_eq!(removed, ours);
    assert!(directory.cleared().failed.is_empty());
    assert_eq!(directory.files().unwrap(), [name("temp-1.rdb"), name("x.rkvs")]);
}

#[test]
fn a_temporary_in_use_outlives_another_opening() {
    let folder = tempfile::tempdir().unwrap();
    let directory = Directory::open(folder.path()).unwrap();
    let writer = Writer::begin(&directory, name("dump.rkvs"), &header(0, 1), WriteOptions::default()).unwrap();
    assert!(Directory::open(folder.path()).unwrap().cleared().removed.is_empty());
    writer.block(0, 0, b"payload").unwrap();
    writer.finish(&[Default::default()], 0).unwrap();
    assert_eq!(names(folder.path()), ["dump.rkvs"]);
    load(&directory, &name("dump.rkvs"), 2).unwrap();
}

#[test]
fn two_saves_of_one_name_leave_one_of_them_whole() {
    let folder = tempfile::tempdir().unwrap();
    let directory = Directory::open(folder.path()).unwrap();
    let contents = [Content::random(1, 2, 40, 900), Content::random(2, 2, 40, 900)];
    std::thread::scope(|scope| {
        for content in &contents {
            scope.spawn(|| {
                for _ in 0..20 {
                    content.save(&directory, &name("dump.rkvs"), Compression::Lz4).unwrap();
                    assert!(contents.contains(&load(&directory, &name("dump.rkvs"), 1).unwrap()));
                }
            });
        }
    });
    assert_eq!(names(folder.path()), ["dump.rkvs"]);
}

#[test]
fn old_files_of_a_pattern_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let directory = Directory::open(folder.path()).unwrap();
    let pattern = NamePattern::parse("{ns}-{ts}").unwrap();
    for namespace in ["users", "users-2"] {
        for at_ms in 0..4 {
            fs::write(folder.path().join(pattern.name(namespace, at_ms).as_str()), b"").unwrap();
        }
    }
    let removed = directory.remove_expired(&pattern, "users", 3).unwrap();
    assert_eq!(removed, [pattern.name("users", 0)]);
    assert_eq!(directory.files().unwrap().len(), 7);
    assert!(directory.remove_expired(&pattern, "users", 3).unwrap().is_empty());
}

#[test]
fn errors_name_the_file_and_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let error = Directory::open(&missing).unwrap_err();
    assert_eq!((error.action, error.is_not_found()), (Action::OpenDirectory, true));
    assert!(error.to_string().starts_with(&format!("cannot open the directory {}: No such file", missing.display())));
    fs::write(folder.path().join("file"), b"").unwrap();
    assert!(Directory::open(&folder.path().join("file")).is_err());

    let directory = Directory::open(folder.path()).unwrap();
    let error = directory.remove(&name("dump.rkvs")).unwrap_err();
    assert!(error.to_string().starts_with("cannot remove dump.rkvs: No such file"), "{error}");
    fs::create_dir(folder.path().join("folder.rkvs")).unwrap();
    let error = directory.create(name("folder.rkvs")).unwrap_err();
    assert_eq!(error.to_string(), "cannot look at folder.rkvs: it is not a regular file");
}

/// Any file can be written this way: a Redis dump too.
#[test]
fn temporaries_become_files_when_they_are_committed() {
    let folder = tempfile::tempdir().unwrap();
    let directory = Directory::open(folder.path()).unwrap();
    let name = name("dump.rdb");
    let mut temporary = directory.create(name.clone()).unwrap();
    temporary.append(b"REDIS").unwrap();
    temporary.append(b"0011").unwrap();
    assert_eq!((temporary.len_bytes(), directory.len_bytes(&name).unwrap()), (9, None));
    temporary.commit().unwrap();
    assert_eq!(directory.len_bytes(&name).unwrap(), Some(9));
    let mut bytes = [0; 20];
    let file = directory.file(&name).unwrap();
    assert_eq!((file.read_at(&mut bytes, 5).unwrap(), file.len_bytes()), (4, 9));
    assert_eq!(&bytes[..4], b"0011");
}
