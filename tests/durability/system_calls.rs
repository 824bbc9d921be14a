//! The server is killed at every system call of a save (D1): what is there afterwards is the state before or the state after.

use std::path::Path;

use rkvs_tests::{Server, skip};

use crate::tracer::Tracer;
use crate::{assert_ok, content, folder, names};

/// What a save may call, and of which there is at least one.
const CALLS: &[(&str, bool)] = &[
    ("?open,?openat,?openat2", true),
    ("?stat,?newfstatat,?statx,?fstat,?fstatfs", false),
    ("?flock,?fcntl", false),
    ("?write,?writev,?pwrite64,?pwritev,?pwritev2", true),
    ("?fadvise64,?sync_file_range,?fallocate,?ftruncate", false),
    ("?fsync,?fdatasync,?syncfs", true),
    ("?rename,?renameat,?renameat2,?link,?linkat", true),
    ("?unlink,?unlinkat", false),
    ("?close", false),
];

/// What is saved, and how it is seen again.
#[derive(Clone, Copy, Debug)]
enum Save {
    Everything,
    /// As an RDB file.
    Rdb,
    Namespace,
}

impl Save {
    fn request(self) -> &'static str {
        match self {
            Self::Everything | Self::Rdb => "SAVE",
            Self::Namespace => "NAMESPACE SAVE part saved",
        }
    }

    fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Rdb => &["--snapshot-threads", "1", "--dbfilename", "dump.rdb"],
            Self::Everything | Self::Namespace => &["--snapshot-threads", "1"],
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Everything => "dump.rkvs",
            Self::Rdb => "dump.rdb",
            Self::Namespace => "saved.rkvs",
        }
    }
}

fn write(server: &Server, generation: u64) {
    let mut client = server.client();
    content::write(&mut client, generation);
    assert_ok(&client.line("NAMESPACE USE part"));
    content::write(&mut client, generation);
}

/// The generation that the file holds, seen by a fresh server.
fn read(dir: &Path, save: Save) -> Option<u64> {
    let server = Server::rkvs_in(dir, save.flags());
    let left: Vec<_> = names(dir).into_iter().filter(|name| name.starts_with('.')).collect();
    assert!(left.is_empty(), "left behind after a restart: {left:?}");
    let mut client = server.client();
    let everything = content::read(&mut client);
    let part = match save {
        Save::Everything | Save::Rdb => client.line("NAMESPACE USE part"),
        Save::Namespace => client.line("NAMESPACE LOAD saved AS part-again"),
    };
    if part.is_error() {
        assert!(!dir.join(save.file()).exists(), "{part:?}");
        return None;
    }
    assert_ok(&part);
    if let Save::Namespace = save {
        assert_ok(&client.line("NAMESPACE USE part-again"));
    }
    let part = content::read(&mut client);
    if !matches!(save, Save::Namespace) {
        assert_eq!(everything, part, "two namespaces show two moments");
    }
    part
}

/// Kills at every call there is. `false` where that is not possible.
fn sweep(save: Save, is_first: bool) -> bool {
    let mut kills = 0;
    for (calls, is_expected) in CALLS {
        for number in 1.. {
            let dir = folder();
            let server = Server::rkvs_in(dir.path(), save.flags());
            let mut client = server.client();
            assert_ok(&client.line("NAMESPACE CREATE part"));
            write(&server, 1);
            if !is_first {
                assert_ok(&client.line(save.request()));
            }
            write(&server, 2);
            let trap = format!("{calls}:signal=SIGKILL:when={number}");
            let Some(tracer) = Tracer::attach(&server, &[&trap]) else { return false };
            client.send(&rkvs_tests::line::split(save.request()));
            let was_killed = client.try_raw_reply().map(|reply| assert_eq!(reply, b"+OK\r\n")).is_err();
            server.kill();
            tracer.wait();
            let found = read(dir.path(), save);
            let is_old = found == if is_first { None } else { Some(1) };
            assert!(found == Some(2) || (was_killed && is_old), "{save:?}, killed at {calls} {number}: {found:?}");
            if !was_killed {
                assert!(!is_expected || number > 1, "a save makes none of {calls}");
                break;
            }
            kills += 1;
        }
    }
    skip::note(&format!("{save:?}, {}: {kills} kills", if is_first { "first" } else { "replaced" }));
    true
}

fn sweep_or_skip(save: Save) {
    for is_first in [true, false] {
        if !sweep(save, is_first) {
            return skip::skipped("kills at system calls", "no strace that may attach to a process");
        }
    }
}

#[test]
fn a_kill_at_any_system_call_of_save_leaves_the_old_file_or_the_new() {
    sweep_or_skip(Save::Everything);
}

#[test]
fn a_kill_at_any_system_call_of_save_as_rdb_leaves_the_old_file_or_the_new() {
    sweep_or_skip(Save::Rdb);
}

#[test]
fn a_kill_at_any_system_call_of_namespace_save_leaves_the_old_file_or_the_new() {
    sweep_or_skip(Save::Namespace);
}
