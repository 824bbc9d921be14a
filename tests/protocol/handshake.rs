//! HELLO and what else decides how a connection is talked to.

use rkvs_tests::{Protocol, Value};

use crate::exchange::Then::{Closes, Serves};
use crate::exchange::{case, check, on_both};

#[test]
fn hello_answers_who_it_is() {
    on_both(&[], |name, server| {
        for (line, proto) in
            [("HELLO", 2), ("HELLO 2", 2), ("HELLO 3", 3), ("hello 3 setname me", 3), ("HELLO 3 AUTH default x", 3)]
        {
            let mut client = server.client();
            let reply = client.line(line);
            assert_eq!(matches!(reply, Value::Map(_)), proto == 3, "on {name}: {line} answers {reply:?}");
            let parts = reply.items().expect("a map, or a list of its fields and values");
            let fields: Vec<_> = parts.iter().step_by(2).map(|field| field.text().expect("names")).collect();
            assert_eq!(fields, ["server", "version", "proto", "id", "mode", "role", "modules"], "on {name}: {line}");
            let text = |i: usize| parts[i * 2 + 1].text();
            assert_eq!(text(0).as_deref(), Some("redis"), "on {name}");
            assert!(text(1).is_some_and(|version| version.starts_with("7.")), "on {name}: {reply:?}");
            assert_eq!(parts[5], &Value::Integer(proto), "on {name}: {line}");
            assert_eq!(Some(parts[7]), Some(&client.line("CLIENT ID")), "on {name}");
            assert_eq!(text(4).as_deref(), Some("standalone"), "on {name}");
            assert_eq!(text(5).as_deref(), Some("master"), "on {name}");
            assert_eq!(parts[13], &Value::Array(Vec::new()), "on {name}");
        }
    });
}

#[test]
fn hello_refuses_what_it_does_not_know() {
    check(
        &[],
        &[
            case("HELLO 1\r\n", "-NOPROTO unsupported protocol version\r\n", Serves),
            case("HELLO 4\r\n", "-NOPROTO unsupported protocol version\r\n", Serves),
            case("HELLO -3\r\n", "-NOPROTO unsupported protocol version\r\n", Serves),
            case("HELLO x\r\n", "-ERR Protocol version is not an integer or out of range\r\n", Serves),
            case("HELLO ''\r\n", "-ERR Protocol version is not an integer or out of range\r\n", Serves),
            case(
                "HELLO 9223372036854775808\r\n",
                "-ERR Protocol version is not an integer or out of range\r\n",
                Serves,
            ),
            case("HELLO 3 FOO\r\n", "-ERR Syntax error in HELLO option 'FOO'\r\n", Serves),
            case("HELLO 3 AUTH x\r\n", "-ERR Syntax error in HELLO option 'AUTH'\r\n", Serves),
            case("HELLO 3 SETNAME\r\n", "-ERR Syntax error in HELLO option 'SETNAME'\r\n", Serves),
            case(
                "HELLO 3 SETNAME 'a b'\r\n",
                "-ERR Client names cannot contain spaces, newlines or special characters.\r\n",
                Serves,
            ),
            case(
                "HELLO 3 AUTH nobody x\r\nGET k\r\n",
                "-WRONGPASS invalid username-password pair or user is disabled.\r\n$-1\r\n",
                Serves,
            ),
        ],
    );
}

#[test]
fn the_protocol_changes_with_the_reply_and_back_with_reset() {
    on_both(&[], |name, server| {
        let mut client = server.client();
        let mut raw = |line: &str| {
            client.send(&rkvs_tests::line::split(line));
            client.raw_reply().escape_ascii().to_string()
        };
        assert_eq!(raw("GET k"), r"$-1\r\n", "on {name}");
        assert!(raw("HELLO 3").starts_with('%'), "on {name}");
        assert_eq!(raw("GET k"), r"_\r\n", "on {name}");
        assert_eq!(raw("HGETALL h"), r"%0\r\n", "on {name}");
        assert!(raw("HELLO").starts_with('%'), "on {name}");
        assert!(raw("HELLO 2").starts_with('*'), "on {name}");
        assert_eq!(raw("HGETALL h"), r"*0\r\n", "on {name}");
        assert!(raw("HELLO 3").starts_with('%'), "on {name}");
        assert_eq!(raw("RESET"), r"+RESET\r\n", "on {name}");
        assert_eq!(raw("GET k"), r"$-1\r\n", "on {name}");
    });
}

#[test]
fn reset_forgets_everything_about_the_connection() {
    check(
        &[],
        &[case(
            "SELECT 3\r\nCLIENT SETNAME me\r\nMULTI\r\nSET k v\r\nRESET\r\nCLIENT GETNAME\r\nEXEC\r\nEXISTS k\r\n\
             SET zero 1\r\nSELECT 0\r\nEXISTS zero\r\n",
            "+OK\r\n+OK\r\n+OK\r\n+QUEUED\r\n+RESET\r\n$-1\r\n-ERR EXEC without MULTI\r\n:0\r\n+OK\r\n+OK\r\n:1\r\n",
            Serves,
        )],
    );
}

#[test]
fn quit_answers_and_closes_with_nothing_after() {
    check(
        &[],
        &[
            case("QUIT\r\n", "+OK\r\n", Closes),
            case("PING\r\nquit\r\nSET after 1\r\n", "+PONG\r\n+OK\r\n", Closes),
            case("MULTI\r\nSET after 1\r\nQUIT\r\n", "+OK\r\n+QUEUED\r\n+OK\r\n", Closes),
            case("EXISTS after\r\n", ":0\r\n", Serves),
        ],
    );
}

#[test]
fn client_reply_silences_replies() {
    check(
        &[],
        &[
            case("CLIENT REPLY ON\r\n", "+OK\r\n", Serves),
            case("CLIENT REPLY SKIP\r\nPING\r\nECHO a\r\n", "$1\r\na\r\n", Serves),
            case(
                "CLIENT REPLY OFF\r\nPING\r\nNOSUCH\r\nSET k v\r\nCLIENT REPLY ON\r\nGET k\r\n",
                "+OK\r\n$1\r\nv\r\n",
                Serves,
            ),
            case("CLIENT REPLY OFF\r\nCLIENT REPLY SKIP\r\nPING\r\nCLIENT REPLY ON\r\n", "+OK\r\n", Serves),
            case("CLIENT REPLY maybe\r\n", "-ERR syntax error\r\n", Serves),
        ],
    );
}

#[test]
fn two_connections_may_speak_two_protocols() {
    on_both(&[], |name, server| {
        let mut old = server.client_speaking(Protocol::Resp2);
        let mut new = server.client_speaking(Protocol::Resp3);
        new.line("HSET h f v");
        assert!(matches!(old.line("HGETALL h"), Value::Array(_)), "on {name}");
        assert!(matches!(new.line("HGETALL h"), Value::Map(_)), "on {name}");
    });
}
