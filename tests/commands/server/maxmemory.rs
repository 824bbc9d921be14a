//! `maxmemory` as a gate: what is refused while memory is short, and when it opens again.

use rkvs_tests::{Client, Server, Value, expect::*};

const SHORT: &str = "OOM command not allowed when used memory > 'maxmemory'.";
const ABORTED: &str =
    "EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.";

/// The server under test, and the reference where it is installed.
fn servers() -> impl Iterator<Item = Server> {
    std::iter::once(Server::rkvs()).chain(Server::redis())
}

fn assert_replies(client: &mut Client, expected: &[(&str, Value)]) {
    for (request, reply) in expected {
        assert_eq!(client.line(request), *reply, "{request}");
    }
}

#[test]
fn what_may_need_memory_is_refused_and_the_rest_goes_on() {
    for server in servers() {
        let mut client = server.client();
        assert_replies(&mut client, &[("SET k v", ok()), ("HSET h f v", int(1)), ("CONFIG SET maxmemory 1", ok())]);
        for request in [
            "SET k v",
            "SET k",
            "APPEND k v",
            "INCR n",
            "SETRANGE k 0 ''",
            "MSET a b",
            "GETSET k v",
            "COPY k c",
            "HSET h f v",
            "HINCRBY h n 1",
        ] {
            let expected = if request == "SET k" { wrong_arity("set") } else { error(SHORT) };
            assert_eq!(client.line(request), expected, "{request}");
        }
        assert_replies(
            &mut client,
            &[
                ("GET k", bulk("v")),
                ("GETEX k EX 100", bulk("v")),
                ("EXPIRE k 200", int(1)),
                ("RENAME k r", ok()),
                ("HDEL h f", int(1)),
                ("SELECT 1", ok()),
                // A database that was never used is under the same limit.
                ("SET k v", error(SHORT)),
                ("SELECT 0", ok()),
                ("DEL r", int(1)),
                ("CONFIG SET maxmemory 0", ok()),
                ("SET k v", ok()),
            ],
        );
    }
}

#[test]
fn nothing_is_queued_and_only_what_ends_a_transaction_passes() {
    for server in servers() {
        let mut client = server.client();
        assert_eq!(client.line("CONFIG SET maxmemory 1"), ok());
        assert_eq!(client.line("MULTI"), ok());
        for request in ["GET k", "MULTI", "WATCH a", "UNWATCH", "PING", "SELECT 1"] {
            assert_eq!(client.line(request), error(SHORT), "{request}");
        }
        assert_replies(
            &mut client,
            &[
                ("EXEC", error("EXECABORT Transaction discarded because of previous errors.")),
                ("MULTI", ok()),
                ("DISCARD", ok()),
                ("MULTI", ok()),
                ("RESET", simple("RESET")),
                ("MULTI", ok()),
                ("EXEC", array([])),
                ("MULTI", ok()),
                ("QUIT", ok()),
            ],
        );
    }
}

#[test]
fn a_transaction_that_writes_is_aborted_by_a_limit_set_meanwhile() {
    for server in servers() {
        let (mut client, mut other) = (server.client(), server.client());
        let mut limit = |bytes: u32| assert_eq!(other.line(&format!("CONFIG SET maxmemory {bytes}")), ok());
        assert_replies(&mut client, &[("MULTI", ok()), ("SET k 1", simple("QUEUED")), ("GET k", simple("QUEUED"))]);
        limit(1);
        assert_replies(&mut client, &[("EXEC", error(ABORTED)), ("EXEC", error("ERR EXEC without MULTI"))]);
        limit(0);
        assert_replies(&mut client, &[("MULTI", ok()), ("GET k", simple("QUEUED"))]);
        limit(1);
        assert_eq!(client.line("EXEC"), array([nil()]), "a transaction that only reads goes on");
        limit(0);
        assert_replies(&mut client, &[("MULTI", ok()), ("SET k 1", simple("QUEUED"))]);
        limit(1);
        assert_replies(&mut client, &[("GET k", error(SHORT)), ("EXEC", error(ABORTED))]);
        limit(0);
        assert_eq!(client.line("EXISTS k"), int(0));
    }
}

#[test]
fn the_gate_agrees_with_info_and_opens_when_something_goes() {
    const LIMIT_BYTES: i64 = 2 << 20;
    let server = Server::rkvs_with(&["--maxmemory", "2mb"]);
    let mut client = server.client();
    let (mut keys, value) = (0, "x".repeat(3_000));
    while client.cmd(&["SET", &format!("k{keys}"), &value]) == ok() {
        keys += 1;
    }
    let mut small = 0;
    while client.line(&format!("SET s{small} x")) == ok() {
        small += 1;
    }
    assert!((500..800).contains(&keys) && small < 2_000, "{keys} large and {small} small keys");
    let field = |client: &mut Client, name: &str| -> i64 {
        let text = client.line("INFO memory").text().expect("a text");
        let line = text.lines().find_map(|line| line.strip_prefix(name)).expect("the field is there");
        line.trim_start_matches(':').parse().expect("a number")
    };
    let counted = field(&mut client, "used_memory") - field(&mut client, "mem_not_counted_for_evict");
    assert!((LIMIT_BYTES * 95 / 100..LIMIT_BYTES + 8_192).contains(&counted), "{counted} bytes count");
    // Below what is in use even what would fit in the place of what is there is refused, as in the reference.
    assert_eq!(client.line("CONFIG SET maxmemory 1mb"), ok());
    assert_eq!(client.line("SET k0 x"), error(SHORT));
    assert_eq!(client.line("STRLEN k0"), int(3_000));
    let mut removed = 0;
    while client.line("SET k0 x") == error(SHORT) {
        removed += 1;
        assert_eq!(client.line(&format!("DEL k{removed}")), int(1));
    }
    let counted = field(&mut client, "used_memory") - field(&mut client, "mem_not_counted_for_evict");
    assert!(
        (LIMIT_BYTES * 45 / 100..=LIMIT_BYTES / 2).contains(&counted),
        "{counted} bytes count, {removed} keys went"
    );
    assert_eq!(client.line("CONFIG SET maxmemory 3mb"), ok());
    assert_eq!(client.cmd(&["SET", "more", &value]), ok());
}

#[test]
fn the_limit_of_a_namespace_is_a_gate_as_well() {
    let server = Server::rkvs();
    let mut client = server.client();
    assert_replies(
        &mut client,
        &[
            ("SET k v", ok()),
            ("NAMESPACE CREATE small MAXMEMORY 10", ok()),
            ("NAMESPACE USE small", ok()),
            ("SET k v", error(SHORT)),
            ("MULTI", ok()),
            ("PING", error(SHORT)),
            ("DISCARD", ok()),
            ("SELECT 0", ok()),
            ("SET k w", ok()),
        ],
    );
}
