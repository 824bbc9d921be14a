//! SAVE, BGSAVE, save points, and what clients do while a snapshot is under way.

use std::thread;
use std::time::{Duration, Instant};

use rkvs_tests::{Client, Server, Value, expect, skip};

use crate::tracer::Tracer;
use crate::{assert_ok, content, folder, info, names, text, wait_for_save};

/// Begins a snapshot; its moment is past then.
fn begin_save(client: &mut Client) {
    assert_eq!(client.line("BGSAVE"), expect::simple("Background saving started"));
}

#[test]
fn what_is_sent_behind_bgsave_is_not_in_the_file() {
    let dir = folder();
    for round in 0..20 {
        let server = Server::rkvs_in(dir.path(), &[]);
        let mut client = server.client();
        client.line("DEBUG POPULATE 1000");
        let replies = client.pipeline(&[vec!["BGSAVE"], vec!["FLUSHALL"]]);
        assert_eq!(replies, [expect::simple("Background saving started"), expect::ok()]);
        wait_for_save(&mut client);
        server.kill();
        let server = Server::rkvs_in(dir.path(), &[]);
        assert_eq!(server.client().line("DBSIZE"), expect::int(1_000), "round {round}");
    }
}

#[test]
fn what_is_answered_while_a_save_is_under_way_is_as_in_the_reference() {
    let what = "replies during a save";
    let dir = folder();
    let Some(reference) = Server::redis_or_skip(what, &["--rdb-key-save-delay", "100000000"]) else { return };
    let ours = Server::rkvs_in(dir.path(), &[]);
    let Some(_tracer) = Tracer::slow_disk_or_skip(&ours, 3_000, what) else { return };
    let replies = [&ours, &reference].map(|server| {
        let mut client = server.client();
        assert_ok(&client.line("SET key value"));
        ["BGSAVE foo", "BGSAVE SCHEDULE foo", "BGSAVE", "BGSAVE", "BGSAVE SCHEDULE", "SAVE", "MULTI", "BGSAVE", "EXEC"]
            .map(|request| (request, client.line(request)))
    });
    assert_eq!(replies[0], replies[1]);
    let mut client = ours.client();
    assert_eq!(info(&mut client, "rdb_bgsave_in_progress"), "1");
    assert_eq!(info(&mut client, "current_save_keys_total"), "1");
    assert_ne!(info(&mut client, "rdb_current_bgsave_time_sec"), "-1");
    assert_eq!(info(&mut client, "rdb_saves"), "0");
    assert_eq!(info(&mut client, "rdb_changes_since_last_save"), "1");
}

#[test]
fn info_and_lastsave_tell_what_was_saved() {
    let dir = folder();
    let server = Server::rkvs_in(dir.path(), &[]);
    let mut client = server.client();
    let started = client.line("LASTSAVE").integer().unwrap();
    assert_eq!(info(&mut client, "rdb_last_save_time"), started.to_string());
    assert_eq!(info(&mut client, "rdb_last_bgsave_time_sec"), "-1");
    for number in 1..=3 {
        assert_ok(&client.line(&format!("SET key {number}")));
        assert_eq!(info(&mut client, "rdb_changes_since_last_save"), "1");
        assert_ok(&client.line("SAVE"));
        for (name, value) in [
            ("rdb_saves", number.to_string()),
            ("rdb_changes_since_last_save", "0".into()),
            ("rdb_bgsave_in_progress", "0".into()),
            ("rdb_last_bgsave_status", "ok".into()),
            ("rdb_last_bgsave_time_sec", "0".into()),
            ("rdb_last_save_time", client.line("LASTSAVE").integer().unwrap().to_string()),
            ("rdb_last_bgsave_bytes", dir.path().join("dump.rkvs").metadata().unwrap().len().to_string()),
        ] {
            assert_eq!(info(&mut client, name), value, "{name}");
        }
    }
    assert!(client.line("LASTSAVE").integer().unwrap() >= started);
    assert_eq!(client.line("BGSAVE SCHEDULE"), expect::simple("Background saving started"));
    wait_for_save(&mut client);
    assert!(client.pipeline(&[vec!["MULTI"], vec!["BGSAVE"], vec!["SAVE"], vec!["EXEC"]])[2].is_error());
    client.pipeline(&[vec!["MULTI"], vec!["SET", "key", "4"], vec!["BGSAVE"], vec!["EXEC"]]);
    wait_for_save(&mut client);
    assert_eq!(info(&mut client, "rdb_saves"), "5");
    assert_eq!(info(&mut client, "rdb_changes_since_last_save"), "0");
}

#[test]
fn save_points_save_after_changes_and_only_then() {
    let dir = folder();
    let server = Server::rkvs_in(dir.path(), &["--save", "1 3"]);
    let mut client = server.client();
    let quiet = |client: &mut Client, saves: &str| {
        let end = Instant::now() + Duration::from_millis(2_500);
        while Instant::now() < end {
            assert_eq!(info(client, "rdb_saves"), saves);
        }
    };
    for key in ["a", "b"] {
        assert_ok(&client.line(&format!("SET {key} 1")));
    }
    quiet(&mut client, "0");
    assert_eq!(info(&mut client, "rdb_changes_since_last_save"), "2");
    assert_ok(&client.line("SET c 1"));
    while info(&mut client, "rdb_saves") == "0" {}
    assert_eq!(names(dir.path()), ["dump.rkvs".to_owned()].into());
    quiet(&mut client, "1");
    // Reading, and setting what is set, is no change; a restart is none either.
    client.line("GET a");
    client.line("DEL no-such-key");
    server.kill();
    let server = Server::rkvs_in(dir.path(), &["--save", "1 1"]);
    quiet(&mut server.client(), "0");
}

/// What a client does after the moment is not in the file, and what it did before is.
#[test]
fn a_save_shows_its_moment_whatever_happens_meanwhile() {
    type Work = fn(&mut Client);
    let works: [(&str, Work); 7] = [
        ("FLUSHALL", |client| assert_ok(&client.line("FLUSHALL"))),
        ("FLUSHDB", |client| assert_ok(&client.line("FLUSHDB"))),
        ("SWAPDB", |client| {
            assert_ok(&client.line("SWAPDB 0 1"));
            content::write(client, 9);
        }),
        ("NAMESPACE DELETE", |client| {
            assert_ok(&client.line("NAMESPACE DELETE part"));
            assert_ok(&client.line("NAMESPACE CREATE part"));
        }),
        ("DEL of a large hash", |client| {
            assert_eq!(client.line("DEL large hash"), expect::int(2));
            client.line("HSET large a b");
        }),
        ("RENAME and COPY", |client| {
            assert_ok(&client.line("RENAME large hash"));
            assert_eq!(client.line("COPY key:1 key:2 REPLACE"), expect::int(1));
            assert_eq!(client.line("MOVE key:3 1"), expect::int(0));
        }),
        ("generations", |client| (3..8).for_each(|generation| content::write(client, generation))),
    ];
    for (name, work) in works {
        let dir = folder();
        let server = Server::rkvs_in(dir.path(), &["--snapshot-threads", "1"]);
        let mut client = server.client();
        assert_ok(&client.line("NAMESPACE CREATE part"));
        for place in ["SELECT 1", "NAMESPACE USE part", "SELECT 0"] {
            assert_ok(&client.line(place));
            content::write(&mut client, 1);
        }
        let fields: Vec<_> = (0..40_000).flat_map(|field| [format!("field:{field}"), field.to_string()]).collect();
        assert!(!client.cmd(&[vec!["HSET".to_owned(), "large".to_owned()], fields].concat()).is_error());
        assert_ok(&client.line("DEBUG POPULATE 50000 some 64"));
        let before = client.line("DEBUG DIGEST");
        begin_save(&mut client);
        work(&mut client);
        wait_for_save(&mut client);
        assert_eq!(info(&mut client, "rdb_last_bgsave_status"), "ok", "{name}:\n{}", server.log_tail());
        assert_ne!(client.line("DEBUG DIGEST"), before, "{name}");
        server.kill();
        let server = Server::rkvs_in(dir.path(), &[]);
        let mut client = server.client();
        assert_eq!(client.line("DEBUG DIGEST"), before, "{name}");
        assert_eq!(client.line("HLEN large"), expect::int(40_000), "{name}");
        assert_ok(&client.line("NAMESPACE USE part"));
        assert_eq!(content::read(&mut client), Some(1), "{name}");
    }
}

#[test]
fn a_small_buffer_makes_writes_wait_and_nothing_else() {
    let dir = folder();
    let server = Server::rkvs_in(dir.path(), &["--snapshot-buffer", "1mb", "--snapshot-threads", "1"]);
    let mut client = server.client();
    content::write(&mut client, 1);
    assert_ok(&client.line("DEBUG POPULATE 20000 some 4000"));
    let end = Instant::now() + Duration::from_secs(2);
    thread::scope(|scope| {
        for worker in 0..3 {
            let mut writer = server.client();
            scope.spawn(move || {
                for index in (0..20_000).cycle().skip(worker * 7_000) {
                    assert_ok(&writer.cmd(&["SET", &format!("some:{index}"), &"x".repeat(4_000)]));
                    if Instant::now() >= end {
                        break;
                    }
                }
            });
        }
        let mut saves = 0;
        while Instant::now() < end {
            assert_ok(&client.line("SAVE"));
            saves += 1;
        }
        assert!(saves > 1, "{saves} saves");
    });
    let peak: u64 = info(&mut client, "current_cow_peak").parse().unwrap();
    skip::note(&format!("most bytes that waited: {peak}"));
    assert!(peak < 4 << 20, "{peak} bytes waited, of 1 MiB");
    assert_ok(&client.line("SAVE"));
    let digest = client.line("DEBUG DIGEST");
    server.kill();
    assert_eq!(Server::rkvs_in(dir.path(), &[]).client().line("DEBUG DIGEST"), digest);
}

/// A request that waits for a save answers for that save and no other.
#[test]
fn what_a_client_waited_for_is_forgotten_with_its_request() {
    let dir = folder();
    let server = Server::rkvs_in(dir.path(), &[]);
    let (mut client, mut other) = (server.client(), server.client());
    assert_ok(&client.line("NAMESPACE CREATE part"));
    let Some(tracer) = Tracer::slow_disk_or_skip(&server, 700, "a namespace that goes while it is saved") else {
        return;
    };
    client.send(&["NAMESPACE", "SAVE", "part"]);
    while !names(dir.path()).iter().any(|name| name.starts_with(".rkvs-tmp-")) {}
    assert_ok(&other.line("NAMESPACE DELETE part"));
    let first = client.reply();
    assert!(first == expect::ok() || first.is_error());
    drop(tracer);
    assert_ok(&client.line("SET key value"));
    assert_ok(&client.line("SAVE"));
    assert!(dir.path().join("dump.rkvs").exists(), "SAVE answered for another save");
    assert_eq!(info(&mut client, "rdb_saves"), "1");
}

#[test]
fn pipelined_requests_after_save_are_answered_in_order() {
    let dir = folder();
    let server = Server::rkvs_in(dir.path(), &[]);
    let mut client = server.client();
    let requests = ["SET key 1", "SAVE", "INCR key", "NAMESPACE SAVE 0 zero", "INCR key", "SAVE", "GET key"];
    let replies = client.pipeline(&requests.map(rkvs_tests::line::split));
    let expected = [
        expect::ok(),
        expect::ok(),
        expect::int(2),
        expect::ok(),
        expect::int(3),
        expect::ok(),
        Value::Bulk(b"3".to_vec()),
    ];
    assert_eq!(replies, expected);
    assert_eq!(names(dir.path()), ["dump.rkvs".to_owned(), "zero.rkvs".to_owned()].into());
    let missing = client.line("NAMESPACE SAVE no-such");
    assert!(missing.is_error() && text(&missing).contains("namespace"), "{missing:?}");
}
