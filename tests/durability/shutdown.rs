//! Orderly stops: by SHUTDOWN, SIGTERM and SIGINT, with and without save points, and when nothing can be saved.

use std::fs;
use std::io;
use std::path::Path;
use std::thread;

use rkvs_tests::client::encode_into;
use rkvs_tests::{Client, Server, binary, expect, skip};

use crate::tracer::Tracer;
use crate::{assert_ok, folder, names, times};

/// How a server is asked to stop.
fn ask(server: &Server, how: &str) {
    match how.strip_prefix("SIG") {
        Some(signal) => server.signal(signal),
        None => server.client().raw(format!("{how}\r\n").as_bytes()),
    }
}

#[test]
fn a_stop_saves_when_there_are_save_points_or_it_is_told_to() {
    let cases = [
        ("SHUTDOWN", "", false),
        ("SHUTDOWN", "3600 1", true),
        ("SHUTDOWN NOSAVE", "3600 1", false),
        ("SHUTDOWN SAVE", "", true),
        ("SHUTDOWN NOW FORCE", "3600 1", true),
        ("SIGTERM", "", false),
        ("SIGTERM", "3600 1", true),
        ("SIGINT", "", false),
        ("SIGINT", "3600 1", true),
    ];
    for (how, save, is_saved) in cases {
        let dir = folder();
        let mut server = Server::rkvs_in(dir.path(), &["--save", save]);
        assert_ok(&server.client().line("SET key value"));
        ask(&server, how);
        assert_eq!(server.wait().code(), Some(0), "{how}, save '{save}':\n{}", server.log_tail());
        let expected = is_saved.then(|| "dump.rkvs".to_owned()).into_iter().collect();
        assert_eq!(names(dir.path()), expected, "{how}, save '{save}'");
        if is_saved {
            let server = Server::rkvs_in(dir.path(), &[]);
            assert_eq!(server.client().line("GET key"), expect::bulk("value"), "{how}");
        }
    }
}

/// Puts a directory where the snapshot should be, which no permission of the user overcomes.
fn block(dir: &Path, name: &str) {
    fs::create_dir(dir.join(name)).unwrap();
}

#[test]
fn what_cannot_be_saved_keeps_the_server_up_unless_it_is_forced() {
    let mut servers = vec![];
    let (our_dir, their_dir) = (folder(), folder());
    if binary::redis().is_some() {
        let flags = ["--dir", their_dir.path().to_str().unwrap(), "--save", "3600 1"];
        servers.push((Server::redis_with(&flags).unwrap(), their_dir.path(), "dump.rdb"));
    } else {
        skip::skipped("stops that fail, as the reference has them", "no redis-server on the search path");
    }
    servers.push((Server::rkvs_in(our_dir.path(), &["--save", "3600 1"]), our_dir.path(), "dump.rkvs"));
    for (mut server, dir, file) in servers {
        let mut client = server.client();
        assert_ok(&client.line("SET key value"));
        block(dir, file);
        for request in ["SHUTDOWN", "SHUTDOWN SAVE", "SHUTDOWN NOW", "SHUTDOWN SAVE NOW"] {
            assert_eq!(client.line(request), expect::error("ERR Errors trying to SHUTDOWN. Check logs."), "{request}");
        }
        assert_eq!(client.line("SHUTDOWN ABORT"), expect::error("ERR No shutdown in progress."));
        assert_eq!(client.line("GET key"), expect::bulk("value"));
        assert_eq!(names(dir), [file.to_owned()].into());
        client.raw(b"SHUTDOWN SAVE FORCE\r\n");
        assert_eq!(client.try_rest().0, b"");
        assert_eq!(server.wait().code(), Some(0), "{file}:\n{}", server.log_tail());
    }
}

/// A signal that could not be obeyed is forgotten: the next one counts as the first.
#[test]
fn after_a_stop_that_failed_the_next_signal_saves() {
    for (first, second) in [("TERM", "INT"), ("INT", "INT"), ("INT", "TERM")] {
        for _ in 0..times(5) {
            let dir = folder();
            let mut server = Server::rkvs_in(dir.path(), &["--save", "3600 1"]);
            let mut client = server.client();
            assert_ok(&client.line("SET key value"));
            block(dir.path(), "dump.rkvs");
            server.signal(first);
            assert!(server.wait_for_log("Error trying to save the DB, can't exit"), "{}", server.log_tail());
            // Writes that waited go on.
            assert_ok(&client.line("CONFIG SET stop-writes-on-bgsave-error no"));
            assert_ok(&client.line("SET key again"));
            fs::remove_dir(dir.path().join("dump.rkvs")).unwrap();
            server.signal(second);
            assert_eq!(server.wait().code(), Some(0), "{first}, {second}:\n{}", server.log_tail());
            let server = Server::rkvs_in(dir.path(), &[]);
            assert_eq!(server.client().line("GET key"), expect::bulk("again"), "{first}, {second}");
        }
    }
}

/// Sends rising numbers in pipelines until the server hangs up; returns the last that was acknowledged.
fn write_until_the_end(mut client: Client, key: &str) -> u64 {
    let (mut number, mut acknowledged) = (0_u64, 0);
    loop {
        let mut bytes = Vec::new();
        for _ in 0..20 {
            number += 1;
            match number % 3 {
                0 => encode_into(&mut bytes, &["HSET", &format!("{key}:hash"), "number", &number.to_string()]),
                1 => encode_into(&mut bytes, &["SET", &format!("{key}:string"), &number.to_string()]),
                _ => encode_into(
                    &mut bytes,
                    &["MSET", &format!("{key}:a"), &number.to_string(), &format!("{key}:b"), "1"],
                ),
            }
        }
        if client.try_raw(&bytes).is_err() {
            return acknowledged;
        }
        for _ in 0..20 {
            match client.try_raw_reply() {
                Ok(reply) => {
                    assert!(matches!(&reply[..], b"+OK\r\n" | b":0\r\n" | b":1\r\n"), "{}", reply.escape_ascii());
                    acknowledged += 1;
                }
                Err(error) => {
                    assert_ne!(error.kind(), io::ErrorKind::InvalidData);
                    return acknowledged;
                }
            }
        }
    }
}

#[test]
fn what_was_acknowledged_before_an_orderly_stop_is_in_the_file() {
    const CLIENTS: usize = 6;
    for round in 0..times(12) {
        let dir = folder();
        let mut server = Server::rkvs_in(dir.path(), &["--save", "3600 1", "--workers", "2"]);
        assert_ok(&server.client().line("DEBUG POPULATE 20000"));
        let acknowledged: Vec<u64> = thread::scope(|scope| {
            let writers: Vec<_> = (0..CLIENTS)
                .map(|index| {
                    let client = server.client();
                    scope.spawn(move || write_until_the_end(client, &format!("key:{index}")))
                })
                .collect();
            // Under way, all of them.
            let mut observer = server.client();
            while (0..CLIENTS).any(|index| observer.line(&format!("EXISTS key:{index}:a")) == expect::int(0)) {}
            ask(&server, ["SIGTERM", "SHUTDOWN", "SHUTDOWN SAVE", "SIGINT"][round % 4]);
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        assert_eq!(server.wait().code(), Some(0), "{}", server.log_tail());
        let server = Server::rkvs_in(dir.path(), &[]);
        let mut client = server.client();
        for (index, acknowledged) in acknowledged.into_iter().enumerate() {
            let found = [
                client.line(&format!("GET key:{index}:string")),
                client.line(&format!("GET key:{index}:a")),
                client.line(&format!("HGET key:{index}:hash number")),
            ];
            let found = found.iter().map(|reply| reply.text().unwrap().parse::<u64>().unwrap()).max().unwrap();
            assert!(found >= acknowledged, "{acknowledged} was acknowledged, {found} is there");
        }
    }
}

#[test]
fn a_stop_that_saves_can_be_called_off() {
    let dir = folder();
    let mut server = Server::rkvs_in(dir.path(), &["--save", "3600 1"]);
    let (mut client, mut other, mut writer) = (server.client(), server.client(), server.client());
    assert_ok(&client.line("SET key before"));
    let Some(tracer) = Tracer::slow_disk_or_skip(&server, 1_000, "SHUTDOWN ABORT") else { return };
    client.raw(b"SHUTDOWN\r\n");
    // Everything is written, and the disk is waited for.
    while crate::info(&mut other, "current_save_keys_processed") == "0" {}
    (0..100).for_each(|_| drop(other.line("PING")));
    writer.send(&["SET", "key", "after"]);
    assert_eq!(other.line("GET key"), expect::bulk("before"), "a write does not wait for the last save");
    assert_ok(&other.line("SHUTDOWN ABORT"));
    assert_eq!(client.reply(), expect::error("ERR Errors trying to SHUTDOWN. Check logs."));
    assert_ok(&writer.reply());
    assert_eq!(other.line("SHUTDOWN ABORT"), expect::error("ERR No shutdown in progress."));
    drop(tracer);
    server.assert_serving();
    client.raw(b"SHUTDOWN\r\n");
    assert_eq!(server.wait().code(), Some(0));
    let server = Server::rkvs_in(dir.path(), &[]);
    assert_eq!(server.client().line("GET key"), expect::bulk("after"));
}

#[test]
fn a_second_interrupt_does_not_wait_for_the_disk() {
    let dir = folder();
    let mut server = Server::rkvs_in(dir.path(), &["--save", "3600 1"]);
    let mut client = server.client();
    assert_ok(&client.line("SET key before"));
    let Some(tracer) = Tracer::slow_disk_or_skip(&server, 20_000, "a second SIGINT") else { return };
    server.signal("INT");
    while crate::info(&mut client, "rdb_bgsave_in_progress") == "0" {}
    server.signal("INT");
    assert_eq!(server.wait().code(), Some(1), "{}", server.log_tail());
    tracer.wait();
}

#[test]
fn a_stop_calls_off_the_save_under_way_and_saves_more() {
    let dir = folder();
    let mut server = Server::rkvs_in(dir.path(), &[]);
    let (mut client, mut saver) = (server.client(), server.client());
    assert_ok(&client.line("SET key before"));
    let Some(tracer) = Tracer::slow_disk_or_skip(&server, 500, "SHUTDOWN during SAVE") else { return };
    saver.send(&["SAVE"]);
    while crate::info(&mut client, "rdb_bgsave_in_progress") == "0" {}
    assert_ok(&client.line("SET key after"));
    client.raw(b"SHUTDOWN SAVE\r\n");
    assert_eq!(client.try_rest().0, b"");
    assert_eq!(server.wait().code(), Some(0), "{}", server.log_tail());
    tracer.wait();
    assert_eq!(names(dir.path()), ["dump.rkvs".to_owned()].into());
    let server = Server::rkvs_in(dir.path(), &[]);
    assert_eq!(server.client().line("GET key"), expect::bulk("after"));
}
