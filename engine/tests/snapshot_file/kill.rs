//! A process is killed at each of its calls to the system while it saves.

use std::env;
use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rkvs_engine::snapshot::file::{Compression, Directory, LoadError, NamePattern, WriteOptions};

use crate::sample::{Content, load, name};
use crate::skip::skipped;

/// Tells a process which folder it is to save into.
const FOLDER: &str = "RKVS_TEST_SNAPSHOT_FOLDER";

/// The calls at which processes are killed, by what they do.
const CALLS: [&str; 7] = [
    "openat,openat2",
    "write",
    "fadvise64",
    "fsync",
    "rename,renameat,renameat2",
    "unlink,unlinkat",
    "flock,fstat,newfstatat",
];

const SIGKILL: i32 = 9;

const OPTIONS: WriteOptions =
    WriteOptions { compression: Compression::Lz4, gathered_bytes: 8_000, unsynced_bytes_max: 20_000 };

fn content(number: u64) -> Content {
    Content::random(number, 2, 30, 900)
}

/// What the process does that is killed: opens the folder, saves twice under one name, then once by a pattern and clears
/// up. It is this test, run again; when it runs by itself, it has nothing to do.
#[test]
fn saver() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let directory = Directory::open(Path::new(&folder)).unwrap();
    let pattern = NamePattern::parse("{ns}-{ts}").unwrap();
    let mut out = std::io::stdout();
    for number in 1..=2 {
        content(number).save_with(&directory, &name("dump.rkvs"), OPTIONS).unwrap();
        out.write_all(b"saved\n").unwrap();
    }
    content(3).save_with(&directory, &pattern.name("users", 3), OPTIONS).unwrap();
    directory.remove_expired(&pattern, "users", 1).unwrap();
}

#[test]
fn a_killed_save_leaves_the_old_or_the_new() {
    if let Err(error) = Command::new("strace").arg("-V").output() {
        return skipped("killing a save at each system call", &format!("no strace: {error}"));
    }
    let (contents, mut kills) = ([0, 1, 2, 3].map(content), 0);
    let pattern = NamePattern::parse("{ns}-{ts}").unwrap();
    for calls in CALLS {
        for has_old in [false, true] {
            for when in 1.. {
                let folder = tempfile::tempdir().unwrap();
                let directory = Directory::open(folder.path()).unwrap();
                if has_old {
                    contents[0].save(&directory, &name("dump.rkvs"), Compression::None).unwrap();
                    contents[0].save(&directory, &pattern.name("users", 0), Compression::None).unwrap();
                }
                fs::write(folder.path().join(".rkvs-tmp-00000000ffffffff"), b"left by another").unwrap();

                let output = Command::new("strace")
                    .args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={calls}")])
                    .args(["-e", &format!("inject={calls}:signal=SIGKILL:when={when}")])
                    .arg(env::current_exe().unwrap())
                    .args(["--exact", "kill::saver", "--test-threads=1", "--nocapture"])
                    .env(FOLDER, folder.path())
                    .stderr(Stdio::null())
                    .output()
                    .unwrap();
                let saved = output.stdout.windows(6).filter(|line| line == b"saved\n").count();
                let context = format!("killed at {calls} number {when}, {saved} saved");
                if output.status.success() {
                    assert_eq!(saved, 2, "{context}");
                } else {
                    assert_eq!(output.status.signal(), Some(SIGKILL), "{context}: {output:?}");
                    kills += 1;
                }

                let directory = Directory::open(folder.path()).unwrap();
                for entry in fs::read_dir(folder.path()).unwrap() {
                    let name = entry.unwrap().file_name().into_string().unwrap();
                    assert!(!name.starts_with('.'), "{context}: {name}");
                }
                match load(&directory, &name("dump.rkvs"), 1) {
                    Ok(found) => {
                        let found = contents.iter().position(|content| *content == found).unwrap();
                        let first = if has_old { 0 } else { 1 };
                        assert!((first.max(saved)..=saved + 1).contains(&found), "{context}: {found}");
                    }
                    Err(LoadError::File(error)) if error.is_not_found() => assert!(!has_old && saved == 0, "{context}"),
                    Err(error) => panic!("{context}: {error}"),
                }
                for file in directory.files().unwrap() {
                    let found = load(&directory, &file, 1).unwrap();
                    assert!(contents.contains(&found), "{context}: {file}");
                }
                if output.status.success() {
                    break;
                }
            }
        }
    }
    eprintln!("{kills} kills");
    assert!(kills >= 50, "{kills} kills");
}
