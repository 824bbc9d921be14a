//! RDB files between this server and the reference, as whole servers write and load them.

use std::fs;
use std::path::Path;
use std::process::Command;

use rkvs_tests::{Client, Server, Value, binary, expect, skip};

use crate::{assert_ok, content, folder, info};

/// Values in all forms, in three databases.
fn fill(client: &mut Client) {
    for (database, generation) in [(0, 1), (3, 2), (15, 3)] {
        assert_ok(&client.line(&format!("SELECT {database}")));
        content::write(client, generation);
        assert_ok(&client.line("DEBUG POPULATE 2000 some 50"));
        for request in [
            "SET number -12345",
            "SET large 9223372036854775807",
            "SET empty ''",
            "SET soon gone PXAT 33177117420000",
            "HSET small a 1 b -7 c text",
            "HSET wide field 0123456789012345678901234567890123456789012345678901234567890123456789",
            "PEXPIREAT small 33177117420001",
        ] {
            assert!(!client.line(request).is_error(), "{request}");
        }
    }
}

fn check_file(path: &Path) {
    let Some(checker) = binary::on_search_path("redis-check-rdb") else {
        return skip::skipped("redis-check-rdb of our files", "it is not installed");
    };
    let output = Command::new(checker).arg(path).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("RDB looks OK"), "{text}");
}

/// What holds for each database beside the digest of all keys and values.
fn deadlines(client: &mut Client) -> Vec<Value> {
    let of_database = [0, 3, 15].into_iter().flat_map(|database| {
        assert_ok(&client.line(&format!("SELECT {database}")));
        ["PEXPIRETIME soon", "PEXPIRETIME small", "PEXPIRETIME number", "DBSIZE"].map(|request| client.line(request))
    });
    of_database.collect()
}

#[test]
fn the_reference_loads_our_file_and_we_load_its() {
    let dir = folder();
    let ours = Server::rkvs_in(dir.path(), &["--dbfilename", "dump.rdb"]);
    let mut client = ours.client();
    fill(&mut client);
    assert_ok(&client.line("SAVE"));
    let (digest, told) = (client.line("DEBUG DIGEST"), deadlines(&mut client));
    ours.kill();
    check_file(&dir.path().join("dump.rdb"));
    let path = dir.path().to_str().unwrap();
    let Some(reference) = Server::redis_or_skip("RDB files from server to server", &["--dir", path]) else { return };
    let mut client = reference.client();
    assert_eq!(client.line("DEBUG DIGEST"), digest);
    assert_eq!(deadlines(&mut client), told);
    assert!(!client.line("SET written-by reference").is_error());
    assert_ok(&client.line("SAVE"));
    let (digest, told) = (client.line("DEBUG DIGEST"), deadlines(&mut client));
    drop(reference);
    for flags in [&["--dbfilename", "dump.rdb"][..], &["--import", &format!("{path}/dump.rdb")]] {
        let other = folder();
        let dir = if flags[0] == "--import" { other.path() } else { dir.path() };
        let ours = Server::rkvs_in(dir, flags);
        let mut client = ours.client();
        assert_eq!(client.line("DEBUG DIGEST"), digest);
        assert_eq!(deadlines(&mut client), told);
    }
}

#[test]
fn namespaces_limits_and_shards_survive_both_forms() {
    for file in ["dump.rkvs", "dump.rdb"] {
        let dir = folder();
        let server = Server::rkvs_in(dir.path(), &["--dbfilename", file]);
        let mut client = server.client();
        assert_ok(&client.line("NAMESPACE CREATE part DB 40 SHARDS 4 MAXKEYS 5000 MAXVALUESIZE 100000"));
        assert_ok(&client.line("NAMESPACE CREATE empty SHARDS 2 MAXKEYS 7"));
        assert_ok(&client.line("NAMESPACE USE part"));
        content::write(&mut client, 4);
        let told = |client: &mut Client| {
            ["part", "empty"].map(|name| {
                let settings = client.line(&format!("NAMESPACE CONFIG GET {name} *"));
                let index = client.line(&format!("NAMESPACE INFO {name}"));
                let index = index
                    .items()
                    .unwrap()
                    .windows(2)
                    .find(|pair| pair[0].text().as_deref() == Some("db"))
                    .map(|pair| pair[1].clone());
                let shards = client.line(&format!("NAMESPACE SHARDS {name}")).items().map(|items| items.len());
                assert!(
                    !settings.is_error() && index.is_some() && shards.is_some(),
                    "{settings:?}, {index:?}, {shards:?}"
                );
                (settings, index, shards)
            })
        };
        let before = told(&mut client);
        assert_ok(&client.line("SAVE"));
        if file == "dump.rdb" {
            check_file(&dir.path().join(file));
        }
        server.kill();
        let server = Server::rkvs_in(dir.path(), &["--dbfilename", file]);
        let mut client = server.client();
        assert_eq!(told(&mut client), before, "{file}");
        assert_ok(&client.line("NAMESPACE USE part"));
        assert_eq!(content::read(&mut client), Some(4), "{file}");
    }
}

#[test]
fn types_that_are_not_there_yet_are_refused_by_name() {
    for (request, name) in [
        ("RPUSH key a b", "list"),
        ("SADD key a b", "set"),
        ("ZADD key 1 a", "sorted set"),
        ("XADD key 1-1 a b", "stream"),
    ] {
        let theirs = folder();
        let flags = ["--dir", theirs.path().to_str().unwrap()];
        let Some(reference) = Server::redis_or_skip("types that are refused", &flags) else { return };
        let mut client = reference.client();
        assert_ok(&client.line("SET before 1"));
        client.line(request);
        assert_ok(&client.line("SAVE"));
        drop(reference);
        let file = theirs.path().join("dump.rdb");
        let before = fs::read(&file).unwrap();
        for flags in [["--dbfilename", "dump.rdb"], ["--import", file.to_str().unwrap()]] {
            let own = folder();
            let dir = if flags[0] == "--import" { own.path() } else { theirs.path() };
            let log = Server::try_rkvs_in(dir, &flags).expect_err("it drops what it does not know").join("\n");
            assert!(log.contains(name) && log.contains("key"), "{name}: {log}");
        }
        assert!(fs::read(&file).unwrap() == before);
    }
}

/// A file of the reference under a name of ours is read, and the next save is of our own form.
#[test]
fn a_file_of_the_reference_may_simply_be_there() {
    let dir = folder();
    let flags = ["--dir", dir.path().to_str().unwrap(), "--dbfilename", "dump.rkvs"];
    let Some(reference) = Server::redis_or_skip("a file of the reference at start", &flags) else { return };
    let mut client = reference.client();
    fill(&mut client);
    let digest = client.line("DEBUG DIGEST");
    assert_ok(&client.line("SAVE"));
    drop(reference);
    for format in ["REDIS", "RKVS"] {
        let head = fs::read(dir.path().join("dump.rkvs")).unwrap()[..16].escape_ascii().to_string();
        assert!(head.contains(format), "{head}");
        let server = Server::rkvs_in(dir.path(), &[]);
        let mut client = server.client();
        assert_eq!(client.line("DEBUG DIGEST"), digest);
        assert_eq!(info(&mut client, "rdb_changes_since_last_save"), "0");
        assert_eq!(client.line("SELECT 3"), expect::ok());
        assert_ok(&client.line("SAVE"));
    }
}
