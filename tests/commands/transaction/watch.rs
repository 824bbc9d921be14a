//! `WATCH key [key …]`

use rkvs_tests::{Client, Server, binary, expect::*, script};

/// Runs `test` with two connections to an empty server, ours and then the reference where it is installed.
fn with_two(test: impl Fn(&mut Client, &mut Client)) {
    let mut servers = vec![Server::rkvs()];
    servers.extend(Server::redis().filter(|_| !binary::rkvs_is_the_reference()));
    for server in servers {
        test(&mut server.client(), &mut server.client());
    }
}

/// What EXEC answers after `before` on the watching connection, and `meanwhile` on another, in a transaction of PING.
fn exec_after(before: &[&str], meanwhile: &[&str]) -> Vec<bool> {
    let aborted = std::cell::RefCell::new(Vec::new());
    with_two(|a, b| {
        for line in before {
            let reply = a.line(line);
            assert!(!reply.is_error(), "{line}: {reply:?}");
        }
        for line in meanwhile {
            let reply = b.line(line);
            assert!(!reply.is_error(), "{line}: {reply:?}");
        }
        a.line("MULTI");
        a.line("PING");
        let reply = a.line("EXEC");
        assert!(reply == nil_array() || reply == array([simple("PONG")]), "{reply:?}");
        aborted.borrow_mut().push(reply == nil_array());
    });
    aborted.into_inner()
}

#[test]
fn a_change_of_a_watched_key_aborts() {
    for meanwhile in [
        &["SET k w"][..],
        &["SET k v"],
        &["DEL k"],
        &["INCR n"],
        &["HSET h f 2"],
        &["APPEND k x"],
        &["EXPIRE k 100"],
        &["RENAME k other"],
        &["MSET x 1 k 2"],
        &["FLUSHDB"],
        &["FLUSHALL"],
        &["SWAPDB 0 1"],
        &["MOVE k 1"],
        &["MULTI", "SET k w", "EXEC"],
        &["PEXPIREAT k 1"],
    ] {
        let before = ["MSET k v n 1", "HSET h f 1", "WATCH k n h"];
        for aborted in exec_after(&before, meanwhile) {
            assert!(aborted, "{meanwhile:?}");
        }
    }
}

#[test]
fn what_changes_nothing_does_not_abort() {
    for meanwhile in [
        &["GET k"][..],
        &["SET other w"],
        &["SET k w NX"],
        &["DEL none"],
        &["SELECT 1", "SET k w"],
        &["MULTI", "SET k w", "DISCARD"],
        &["PERSIST k"],
        &["HDEL h none"],
        &["TOUCH k"],
        &["COPY k other"],
        &["SWAPDB 2 3"],
    ] {
        let before = ["MSET k v n 1", "HSET h f 1", "WATCH k n h"];
        for aborted in exec_after(&before, meanwhile) {
            assert!(!aborted, "{meanwhile:?}");
        }
    }
}

#[test]
fn a_missing_key_can_be_watched() {
    assert!(exec_after(&["WATCH k"], &["SET k v"]).into_iter().all(|aborted| aborted));
    assert!(exec_after(&["WATCH k"], &["DEL k"]).into_iter().all(|aborted| !aborted));
    assert!(exec_after(&["WATCH k"], &["SET k v", "DEL k"]).into_iter().all(|aborted| aborted));
}

#[test]
fn ones_own_changes_count_as_well() {
    assert!(exec_after(&["WATCH k", "SET k v"], &[]).into_iter().all(|aborted| aborted));
}

#[test]
fn exec_ends_the_watch_whatever_it_answers() {
    with_two(|a, b| {
        a.line("WATCH k");
        b.line("SET k 1");
        a.line("MULTI");
        assert_eq!(a.line("EXEC"), nil_array());
        b.line("SET k 2");
        a.line("MULTI");
        assert_eq!(a.line("EXEC"), array([]));
    });
}

#[test]
fn is_refused_inside_multi() {
    script! {
        "WATCH" => wrong_arity("watch"),
        "MULTI" => ok(),
        "WATCH k" => error("ERR WATCH inside MULTI is not allowed"),
        "SET k v" => simple("QUEUED"),
        "EXEC" => array([ok()]),
    }
}
