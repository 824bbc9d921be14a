//! Sub-commands: what they send, what they say, how they end.

use crate::server::{Fake, REDIS, RKVS, Real};
use crate::{complaint, ok};

/// What a command sent beyond the greeting.
fn sent(server: &Fake) -> Vec<String> {
    let greeting = ["HELLO", "CLIENT SETNAME", "CLIENT SETINFO", "INFO", "CONFIG GET"];
    let mut requests = server.requests.lock().unwrap();
    let changes = requests.drain(..).filter(|request| !greeting.iter().any(|words| request.starts_with(words)));
    changes.collect()
}

const CHANGES: [(&[&str], &str); 11] = [
    (&["save"], "SAVE"),
    (&["save", "sessions", "s.rkvs"], "NAMESPACE SAVE sessions s.rkvs"),
    (&["bgsave", "--wait"], "BGSAVE"),
    (&["resize", "sessions", "64"], "NAMESPACE RESIZE sessions 64"),
    (&["resize", "sessions", "--cancel"], "NAMESPACE RESIZE sessions CANCEL"),
    (&["namespaces", "create", "a", "--shards", "4", "--max-keys", "9"], "NAMESPACE CREATE a SHARDS 4 MAXKEYS 9"),
    (&["namespaces", "delete", "a", "--yes"], "NAMESPACE DELETE a"),
    (&["kill", "7"], "CLIENT KILL ID 7 SKIPME YES"),
    (&["kill", "--addr", "1.2.3.4:5"], "CLIENT KILL ADDR 1.2.3.4:5 SKIPME YES"),
    (&["config", "set", "maxmemory", "1gb"], "CONFIG SET maxmemory 1gb"),
    (&["config", "rewrite"], "CONFIG REWRITE"),
];

#[test]
fn each_sends_its_request_and_says_what_was_done() {
    let replies =
        CHANGES.map(|(_, request)| (request, if request.starts_with("CLIENT KILL") { ":1\r\n" } else { "+OK\r\n" }));
    let server = Fake::start(RKVS, &replies);
    for (args, request) in CHANGES {
        let out = ok(&[&[server.address.as_str()], args].concat());
        assert_eq!((out.matches('\n').count(), sent(&server)), (1, vec![request.to_owned()]), "{args:?}: {out}");
    }
}

#[test]
fn what_the_server_refuses_is_3() {
    let server = Fake::start(RKVS, &[]);
    for (args, _) in CHANGES {
        let error = complaint(&[&[server.address.as_str()], args].concat(), 3);
        let is_said =
            ["ERR unknown command", "this server has no namespaces"].iter().any(|words| error.contains(words));
        assert!(is_said, "{args:?}: {error}");
    }
}

#[test]
fn a_server_without_namespaces_is_told_apart() {
    let server = Fake::start(REDIS, &[]);
    for args in [&["resize", "a", "2"][..], &["save", "a"], &["namespaces", "create", "a"]] {
        let error = complaint(&[&[server.address.as_str()], args].concat(), 3);
        assert!(error.contains("this server has no namespaces"), "{args:?}: {error}");
    }
}

#[test]
fn connections_that_are_not_there_are_named() {
    let server =
        Fake::start(RKVS, &[("CLIENT KILL ID 7 SKIPME YES", ":1\r\n"), ("CLIENT KILL ID 8 SKIPME YES", ":0\r\n")]);
    assert_eq!(ok(&[&server.address, "kill", "7", "8"]), "closed 1 connection; there is no 8\n");
    complaint(&[&server.address, "kill", "8"], 3);
}

#[test]
fn readonly_refuses_before_anything_is_sent() {
    let server = Fake::start(RKVS, &[]);
    for (args, _) in CHANGES {
        let error = complaint(&[&[server.address.as_str(), "--readonly"], args].concat(), 3);
        assert!(error.contains("--readonly"), "{args:?}: {error}");
    }
    assert!(server.requests.lock().unwrap().is_empty());
}

#[test]
fn what_cannot_be_had_back_needs_a_yes() {
    let server = Fake::start(RKVS, &[("NAMESPACE DELETE a", "+OK\r\n")]);
    let error = complaint(&[&server.address, "namespaces", "delete", "a"], 2);
    assert!(error.contains("--yes"), "{error}");
    assert!(server.requests.lock().unwrap().is_empty());
}

#[test]
fn passwords_among_settings_are_hidden() {
    let replies = [
        ("CONFIG GET requirepass", "%1\r\n+requirepass\r\n+s3cret\r\n"),
        ("CONFIG SET requirepass s3cret2", "+OK\r\n"),
    ];
    let server = Fake::start(RKVS, &replies);
    let out = ok(&[&server.address, "config", "get", "requirepass"])
        + &ok(&[&server.address, "config", "set", "requirepass", "s3cret2"]);
    assert!(out.contains("(hidden)") && !out.contains("s3cret"), "{out}");
}

#[test]
fn a_real_server_does_it() {
    let Some(server) = Real::rkvs(&[]) else { return };
    let port = server.port();
    let run = |args: &[&str]| ok(&[&["-p", &port], args].concat());
    run(&["namespaces", "create", "sessions", "--shards", "16"]);
    assert!(run(&["resize", "sessions", "64", "--wait"]).contains("64 shards"));
    let csv = run(&["--view", "shards", "--namespace", "sessions", "--format", "csv"]);
    assert_eq!(csv.lines().count(), 65);
    run(&["bgsave", "--wait"]);
    run(&["save", "sessions", "mine.rkvs"]);
    assert!(server.folder.path().join("mine.rkvs").is_file());
    run(&["config", "set", "maxmemory", "100mb"]);
    assert!(run(&["config", "get", "maxmemory", "--format", "csv"]).contains("maxmemory,104857600"));
    run(&["namespaces", "delete", "sessions", "--yes"]);
    complaint(&["-p", &port, "save", "sessions"], 3);
    complaint(&["-p", &port, "resize", "nobody", "4"], 3);
    complaint(&["-p", &port, "kill", "999999"], 3);
}
