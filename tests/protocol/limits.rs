//! What a connection may do before it has authenticated, and how many connections there may be.

use rkvs_tests::{Protocol, Value};

use crate::exchange::Then::{Closes, Serves, Waits};
use crate::exchange::{case, check, on_both};

const LOCKED: &[&str] = &["--requirepass", "secret"];

#[test]
fn strangers_send_few_and_short_arguments() {
    check(
        LOCKED,
        &[
            case("*10\r\n", "", Waits),
            case("*11\r\n", "-ERR Protocol error: unauthenticated multibulk length\r\n", Closes),
            case("*1\r\n$16384\r\n", "", Waits),
            case("*1\r\n$16385\r\n", "-ERR Protocol error: unauthenticated bulk length\r\n", Closes),
            case("*2\r\n$4\r\nAUTH\r\n$16385\r\n", "-ERR Protocol error: unauthenticated bulk length\r\n", Closes),
            // The general limits are told first.
            case("*2147483648\r\n", "-ERR Protocol error: invalid multibulk length\r\n", Closes),
            case("*1\r\n$536870913\r\n", "-ERR Protocol error: invalid bulk length\r\n", Closes),
        ],
    );
}

#[test]
fn strangers_are_told_to_authenticate() {
    const NOAUTH: &str = "-NOAUTH Authentication required.\r\n";
    check(
        LOCKED,
        &[
            case("GET k\r\nPING\r\nMULTI\r\nCOMMAND\r\n", NOAUTH.repeat(4), Serves).locked(),
            // Unknown commands and wrong arities are told to anyone.
            case("NOSUCH\r\n", "-ERR unknown command 'NOSUCH', with args beginning with: \r\n", Serves).locked(),
            case("GET\r\n", "-ERR wrong number of arguments for 'get' command\r\n", Serves).locked(),
            case("AUTH wrong\r\n", "-WRONGPASS invalid username-password pair or user is disabled.\r\n", Serves)
                .locked(),
            case(
                "AUTH nobody secret\r\n",
                "-WRONGPASS invalid username-password pair or user is disabled.\r\n",
                Serves,
            )
            .locked(),
            case("AUTH secret\r\nPING\r\n", "+OK\r\n+PONG\r\n", Serves),
            case("AUTH default secret\r\nPING\r\n", "+OK\r\n+PONG\r\n", Serves),
            case("AUTH a b c\r\n", "-ERR syntax error\r\n", Serves).locked(),
            case("AUTH secret\r\nRESET\r\nPING\r\n", format!("+OK\r\n+RESET\r\n{NOAUTH}"), Serves).locked(),
            case("QUIT\r\n", "+OK\r\n", Closes),
            case(
                "HELLO 3\r\n",
                "-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH \
                 <user> <pass> option can be used to authenticate the client and select the RESP protocol version at \
                 the same time\r\n",
                Serves,
            )
            .locked(),
            case(
                "HELLO 3 AUTH default wrong\r\n",
                "-WRONGPASS invalid username-password pair or user is disabled.\r\n",
                Serves,
            )
            .locked(),
        ],
    );
}

#[test]
fn limits_fall_with_the_right_password() {
    on_both(LOCKED, |name, server| {
        let mut client = server.client();
        assert_eq!(client.line("AUTH secret"), Value::Simple(b"OK".to_vec()), "on {name}");
        let mut args = vec![b"DEL".to_vec()];
        args.extend((0..50).map(|i| format!("k{i}").into_bytes()));
        assert_eq!(client.cmd(&args), Value::Integer(0), "on {name}");
        let long = vec![b'x'; 100_000];
        assert_eq!(client.cmd(&[b"ECHO", &long[..]]), Value::Bulk(long), "on {name}");
    });
}

#[test]
fn the_connection_beyond_maxclients_is_refused() {
    on_both(&["--maxclients", "4"], |name, server| {
        // The one that asked whether the server is up may still be on its way out, so only sure things are counted:
        // four that answer, then one more.
        let mut held = Vec::new();
        while held.len() < 4 {
            let mut client = server.client();
            let _ = client.try_raw(b"PING\r\n");
            if client.try_raw_reply().is_ok_and(|reply| reply == b"+PONG\r\n") {
                held.push(client);
            }
        }
        let refused = server.client().rest();
        assert_eq!(refused.escape_ascii().to_string(), r"-ERR max number of clients reached\r\n", "on {name}");
        for client in &mut held {
            assert_eq!(client.line("PING"), Value::Simple(b"PONG".to_vec()), "on {name}");
        }
        held.pop();
        // The place is free as soon as the server has seen the end of the connection.
        let mut attempts = 0;
        loop {
            let mut client = server.client();
            let _ = client.try_raw(b"PING\r\n");
            if client.try_raw_reply().is_ok_and(|reply| reply == b"+PONG\r\n") {
                break;
            }
            attempts += 1;
            assert!(attempts < 10_000, "on {name}: the place of a closed connection is not given again");
        }
        drop(held);
    });
}

/// A header costs nothing: memory follows the bytes received, not the lengths declared.
#[test]
fn declared_lengths_take_no_memory() {
    const CONNECTIONS: usize = 50;
    on_both(&[], |name, server| {
        let before = server.resident_bytes();
        let mut clients = Vec::new();
        for _ in 0..CONNECTIONS {
            let mut client = server.client();
            assert_eq!(client.line("PING"), Value::Simple(b"PONG".to_vec()));
            client.raw(b"*1000000\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nabc");
            clients.push(client);
        }
        let mut other = server.client_speaking(Protocol::Resp3);
        for _ in 0..100 {
            other.line("PING");
        }
        let grown = server.resident_bytes().saturating_sub(before);
        assert!(grown < CONNECTIONS as u64 * 256 * 1024, "on {name}: {grown} bytes for {CONNECTIONS} headers");
    });
}
