//! `NAMESPACE RESIZE name shards`, `NAMESPACE RESIZE name STATUS`, `NAMESPACE RESIZE name CANCEL`

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{NONE, facts};
use rkvs_tests::{Client, Protocol, Server, Value, expect::*, script_of_ours};

/// Enough that a resize is met at work.
const KEYS: usize = 300_000;

fn status(client: &mut Client, name: &str) -> BTreeMap<String, String> {
    facts(&client.line(&format!("NAMESPACE RESIZE {name} STATUS")))
}

/// Asks until the state is one of these, and returns the status.
fn wait_for(client: &mut Client, name: &str, states: &[&str]) -> BTreeMap<String, String> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let status = status(client, name);
        if states.contains(&&*status["state"]) {
            return status;
        }
        assert!(Instant::now() < deadline, "{status:?}");
    }
}

#[test]
fn shards_become_more_and_fewer_under_the_keys() {
    let server = Server::rkvs();
    for protocol in [Protocol::Resp2, Protocol::Resp3] {
        let mut client = server.client_speaking(protocol);
        assert_eq!(client.line("NAMESPACE CREATE a SHARDS 4"), ok());
        client.line("NAMESPACE USE a");
        assert_eq!(client.line("NAMESPACE RESIZE a 3"), ok(), "never used so far");
        assert_eq!(wait_for(&mut client, "a", &["none"])["shards"], "3");
        for number in 0..1_000 {
            assert_eq!(client.line(&format!("SET key:{number} {number}")), ok());
        }
        for shards in ["9", "9", "64", "2"] {
            assert_eq!(client.line(&format!("NAMESPACE RESIZE a {shards}")), ok());
            let reply = client.line("NAMESPACE RESIZE a STATUS");
            assert_eq!(matches!(reply, Value::Map(_)), protocol == Protocol::Resp3);
            let status = wait_for(&mut client, "a", &["none"]);
            assert_eq!((&*status["shards"], &*status["target"], &*status["last_result"]), (shards, shards, "done"));
            assert_eq!((&*status["last_to"], &*status["progress"]), (shards, "0.0000"));
            let info = facts(&client.line("NAMESPACE INFO a"));
            assert_eq!((&*info["shards"], &*info["resize_state"], &*info["keys"]), (shards, "none", "1000"));
            let count = client.line("NAMESPACE SHARDS a").items().expect("an array").len();
            assert_eq!(count.to_string(), shards);
            for number in (0..1_000).step_by(7) {
                assert_eq!(client.line(&format!("GET key:{number}")), bulk(number.to_string()));
            }
            assert_eq!(client.line("DBSIZE"), int(1_000));
        }
        client.line("SELECT 0");
        client.line("NAMESPACE DELETE a");
    }
    let log = server.log().join("\n");
    assert!(log.contains("Resizing has begun") && log.contains("Resizing is done"), "{log}");
}

#[test]
fn what_cannot_be_done_meanwhile_is_refused_and_the_rest_goes_on() {
    let server = Server::rkvs_with(&["--enable-debug-command", "yes", "--default-shards", "4"]);
    let mut client = server.client();
    assert_eq!(client.line(&format!("DEBUG POPULATE {KEYS}")), ok());
    let busy = error("BUSYRESIZE the namespace is being resized");
    let (mut refused, mut cancelled) = (false, false);
    // A resize may have ended before the next request comes: then once more.
    for shards in (5..25).cycle().take(100) {
        if refused && cancelled {
            break;
        }
        assert_eq!(client.line(&format!("NAMESPACE RESIZE 0 {shards}")), ok());
        let status = wait_for(&mut client, "0", &["moving", "none"]);
        let swap = client.line("SWAPDB 0 1");
        if swap == busy {
            refused = true;
            assert_eq!(status["target"], shards.to_string());
            let again = client.line("NAMESPACE RESIZE 0 7");
            assert_eq!(client.line("DBSIZE"), int(KEYS as i64));
            assert_eq!(client.line("SET key:0 mine"), ok());
            assert_eq!(client.line("MGET key:0 key:1"), bulks(["mine", "value:1"]));
            if client.line("NAMESPACE RESIZE 0 CANCEL") == ok() {
                assert_eq!(again, busy);
                let status = wait_for(&mut client, "0", &["none"]);
                if status["last_result"] == "cancelled" {
                    cancelled = true;
                    assert_eq!(status["shards"], status["last_from"]);
                }
            }
        } else {
            assert_eq!(swap, ok());
            assert_eq!(client.line("SWAPDB 0 1"), ok());
        }
        wait_for(&mut client, "0", &["none"]);
        assert_eq!(client.line("DBSIZE"), int(KEYS as i64));
    }
    assert!(refused && cancelled);
}

#[test]
fn wrong_requests_are_told_so() {
    script_of_ours! {
        "NAMESPACE RESIZE nowhere 4" => error(NONE),
        "NAMESPACE RESIZE nowhere STATUS" => error(NONE),
        "NAMESPACE RESIZE 0 0" => error("ERR the number of shards is out of range"),
        "NAMESPACE RESIZE 0 4097" => error("ERR the number of shards is out of range"),
        "NAMESPACE RESIZE 0 -1" => error("ERR the number of shards is out of range"),
        "NAMESPACE RESIZE 0 many" => error("ERR value is not an integer or out of range"),
        "NAMESPACE RESIZE 0 CANCEL" => error("ERR the namespace is not being resized"),
        "NAMESPACE RESIZE 0" => wrong_arity("namespace|resize"),
        "NAMESPACE RESIZE 0 4 5" => wrong_arity("namespace|resize"),
        "MULTI" => ok(),
        "NAMESPACE RESIZE 0 4" => error("ERR Command not allowed inside a transaction"),
    }
}
