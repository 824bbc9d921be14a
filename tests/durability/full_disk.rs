//! A disk that is really full (D5): saving fails with the reason, nothing is lost, and goes on when there is room again.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use rkvs_tests::{Client, Server, Value, expect, skip};

use crate::{Random, assert_ok, folder, info, names, text, times, wait_for_save};

const CYCLES: usize = 20;
/// Size of the disk in KiB.
const DISK_KIB: usize = 2_048;

/// A file system of memory, unmounted when dropped.
struct Disk(tempfile::TempDir);

impl Disk {
    /// `None` where mounting is not allowed.
    fn mount() -> Option<Self> {
        let dir = folder();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={DISK_KIB}k"), "none"]).arg(dir.path());
        mount.output().is_ok_and(|output| output.status.success()).then_some(Self(dir))
    }

    fn mount_or_skip(what: &str) -> Option<Self> {
        let disk = Self::mount();
        if disk.is_none() {
            skip::skipped(what, "a file system of memory cannot be mounted");
        }
        disk
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all the room there is.
    fn fill(&self) {
        let mut file = fs::File::create(self.path().join("filler")).unwrap();
        while file.write_all(&[1; 4096]).is_ok() {}
    }

    fn free(&self) {
        fs::remove_file(self.path().join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A server that still looks at it keeps it until it has ended.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// Writes and others while the last save has failed.
const REFUSED: &[&str] = &[
    "SET key value",
    "PING",
    "STRLEN key:1",
    "DEL key:1",
    "HSET hash field value",
    "FLUSHALL",
    "EXISTS key:1",
    "MULTI",
    "SET key value",
    "EXEC",
    "MULTI",
    "STRLEN key:1",
    "PING",
    "EXEC",
    "MULTI",
    "STRLEN key:1",
    "EXEC",
    "ECHO text",
    "CONFIG SET stop-writes-on-bgsave-error no",
    "PING",
    "SET key value",
    "CONFIG SET stop-writes-on-bgsave-error yes",
    "DEL key",
    "CONFIG SET save ''",
    "DEL key",
    "PING",
];

fn fill_keys(client: &mut Client) {
    let mut random = Random(5);
    for index in 0..200 {
        assert_ok(&client.cmd(&[b"SET", format!("key:{index}").as_bytes(), &random.bytes(4096)]));
    }
}

#[test]
fn a_full_disk_fails_saves_with_the_reason_and_loses_nothing() {
    let Some(disk) = Disk::mount_or_skip("a full disk") else { return };
    let flags = ["--save", "3600 1000000", "--metrics-listen", "127.0.0.1:0"];
    let server = Server::rkvs_in(disk.path(), &flags);
    let mut client = server.client();
    fill_keys(&mut client);
    assert_ok(&client.line("SAVE"));
    for cycle in 0..times(CYCLES) as u64 {
        let before = fs::read(disk.path().join("dump.rkvs")).unwrap();
        assert_ok(&client.line(&format!("SET cycle {cycle}")));
        let last_save = client.line("LASTSAVE");
        disk.fill();
        match cycle % 2 {
            0 => {
                let reply = client.line("SAVE");
                let text = text(&reply);
                assert!(reply.is_error() && text.contains("No space left on device"), "{text}");
                assert!(!text.contains(disk.path().to_str().unwrap()), "{text}");
            }
            _ => {
                assert_eq!(client.line("BGSAVE"), expect::simple("Background saving started"));
                wait_for_save(&mut client);
            }
        }
        assert_eq!(info(&mut client, "rdb_last_bgsave_status"), "err");
        assert_eq!(client.line("LASTSAVE"), last_save);
        assert_eq!(metric(&server, "redis_rdb_last_bgsave_status"), "0");
        let failed = metric(&server, "rkvs_snapshots_total{kind=\"everything\",result=\"error\"}");
        assert_eq!(failed, (cycle + 1).to_string());
        for refused in ["SET cycle x", "PING", "FLUSHALL"] {
            let text = text(&client.line(refused));
            assert!(text.starts_with("MISCONF "), "{refused}: {text}");
        }
        assert_eq!(client.line("GET cycle").text(), Some(cycle.to_string()));
        assert_eq!(fs::read(disk.path().join("dump.rkvs")).unwrap(), before);
        assert_eq!(names(disk.path()), ["dump.rkvs".to_owned(), "filler".to_owned()].into());
        disk.free();
        assert_ok(&client.line("SAVE"));
        assert_eq!(info(&mut client, "rdb_last_bgsave_status"), "ok");
        assert_eq!(metric(&server, "redis_rdb_last_bgsave_status"), "1");
        assert_ok(&client.line(&format!("SET cycle {cycle}")));
        assert_eq!(names(disk.path()), ["dump.rkvs".to_owned()].into());
    }
    server.kill();
    let server = Server::rkvs_in(disk.path(), &[]);
    assert_eq!(server.client().line("DBSIZE"), expect::int(201));
}

/// A sample of the page for Prometheus.
fn metric(server: &Server, series: &str) -> String {
    let page = crate::http(server, "/metrics").1;
    let value = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    value.unwrap_or_else(|| panic!("there is no {series} in\n{page}")).to_owned()
}

#[test]
fn refusals_after_a_failed_save_read_as_those_of_the_reference() {
    let what = "refusals after a failed save";
    let (Some(ours), Some(theirs)) = (Disk::mount_or_skip(what), Disk::mount_or_skip(what)) else { return };
    let (dir, save) = (theirs.path().to_str().unwrap(), "3600 1000000");
    let Some(reference) = Server::redis_or_skip(what, &["--dir", dir, "--save", save]) else { return };
    let servers = [(Server::rkvs_in(ours.path(), &["--save", save]), &ours), (reference, &theirs)];
    let replies = servers.map(|(server, disk)| {
        let mut client = server.client();
        fill_keys(&mut client);
        disk.fill();
        // Of SAVE the reference does not remember that it failed.
        client.line("BGSAVE");
        wait_for_save(&mut client);
        REFUSED.iter().map(|request| (*request, client.line(request))).collect::<Vec<_>>()
    });
    assert!(replies[0].iter().any(|(_, reply)| matches!(reply, Value::Error(text) if text.starts_with(b"MISCONF "))));
    for (ours, theirs) in replies[0].iter().zip(&replies[1]) {
        assert_eq!(ours, theirs);
    }
}
