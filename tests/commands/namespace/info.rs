//! `NAMESPACE INFO name`

use std::time::{Duration, Instant};

use super::{NONE, facts};
use rkvs_tests::{Protocol, Server, Value, expect::*, script_of_ours};

#[test]
fn counts_what_the_namespace_holds_and_did() {
    let server = Server::rkvs();
    for protocol in [Protocol::Resp2, Protocol::Resp3] {
        let mut client = server.client_speaking(protocol);
        client.line("NAMESPACE CREATE a SHARDS 3");
        let fresh = client.line("NAMESPACE INFO a");
        assert_eq!(matches!(fresh, Value::Map(_)), protocol == Protocol::Resp3);
        let fresh = facts(&fresh);
        assert_eq!((&*fresh["keys"], &*fresh["shards"], &*fresh["used_bytes"]), ("0", "3", "0"));
        client.line("NAMESPACE USE a");
        for request in ["SET key value", "SET late v PX 3600000", "HSET h field value", "GET key", "GET none"] {
            client.line(request);
        }
        let after = facts(&client.line("NAMESPACE INFO a"));
        let expected = [
            ("keys", "3"),
            ("expires", "1"),
            ("key_bytes", "8"),
            ("value_bytes", "16"),
            ("hits", "1"),
            ("misses", "1"),
            ("reads", "2"),
            ("writes", "3"),
            ("expired", "0"),
            ("evicted", "0"),
        ];
        for (name, value) in expected {
            assert_eq!(after[name], value, "{name}");
        }
        assert!(after["used_bytes"].parse::<u64>().unwrap() > 100);
        assert!(after.contains_key("ops_per_sec") && after.contains_key("lock_waits"));
        client.line("SELECT 0");
        client.line("NAMESPACE DELETE a");
    }
}

#[test]
fn operations_per_second_rise_and_fall() {
    let server = Server::rkvs();
    let mut client = server.client();
    let mut wait_for = |busy: bool| {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            for _ in 0..100 {
                client.line(if busy { "SET k v" } else { "PING" });
            }
            let rate: u64 = facts(&client.line("NAMESPACE INFO 0"))["ops_per_sec"].parse().unwrap();
            if (rate > 0) == busy {
                return;
            }
            assert!(Instant::now() < deadline, "ops_per_sec stays at {rate}");
        }
    };
    wait_for(true);
    wait_for(false);
}

#[test]
fn needs_a_namespace() {
    script_of_ours! {
        "NAMESPACE INFO nowhere" => error(NONE),
        "NAMESPACE INFO" => wrong_arity("namespace|info"),
        "NAMESPACE INFO 0 1" => wrong_arity("namespace|info"),
    }
}
