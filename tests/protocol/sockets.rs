//! Peers that hang up, half or wholly, at bad moments.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

use rkvs_tests::Value;

use crate::exchange::on_both;

#[test]
fn a_half_closed_connection_gets_its_replies() {
    on_both(&[], |name, server| {
        let mut client = server.client();
        client.raw(b"SET k v\r\nGET k\r\n*2\r\n$4\r\nECHO\r\n$3\r\nend\r\n");
        client.finish_sending();
        let got = client.rest();
        assert_eq!(got.escape_ascii().to_string(), r"+OK\r\n$1\r\nv\r\n$3\r\nend\r\n", "on {name}");
    });
}

#[test]
fn an_unfinished_request_is_dropped_with_its_connection() {
    on_both(&[], |name, server| {
        let whole = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n";
        for len in 0..whole.len() {
            let mut client = server.client();
            client.raw(&whole[..len]);
            client.finish_sending();
            assert_eq!(client.rest(), b"", "on {name}, cut at {len}");
        }
        assert_eq!(server.client().line("EXISTS k"), Value::Integer(0), "on {name}");
    });
}

#[test]
fn a_connection_that_vanishes_takes_its_transaction_with_it() {
    on_both(&[], |name, server| {
        let mut client = server.client();
        client.line("MULTI");
        client.line("SET k v");
        drop(client);
        assert_eq!(server.client().line("EXISTS k"), Value::Integer(0), "on {name}");
    });
}

/// Closing with replies unread resets the connection: the server's next write fails.
#[test]
fn resets_while_replies_are_on_their_way() {
    on_both(&[], |_, server| {
        server.client().cmd(&[b"SET", b"big", &vec![b'v'; 1_000_000][..]]);
        for round in 0..50 {
            let mut client = server.client();
            client.raw(&b"*2\r\n$3\r\nGET\r\n$3\r\nbig\r\n".repeat(20));
            if round % 2 == 0 {
                // Some are reset in the middle of a reply rather than before it.
                client.raw_reply();
            }
            drop(client);
        }
        server.assert_serving();
    });
}

#[test]
fn connections_that_come_and_go_leave_nothing_behind() {
    on_both(&[], |name, server| {
        for _ in 0..500 {
            drop(server.client());
        }
        for _ in 0..500 {
            assert_eq!(server.client().line("PING"), Value::Simple(b"PONG".to_vec()), "on {name}");
        }
        // The server notices the last ones in its own time; asking is what gives it that.
        let mut client = server.client();
        let connected = |info: &str| {
            let line = info.lines().find_map(|line| line.strip_prefix("connected_clients:"));
            line.and_then(|n| n.trim().parse::<usize>().ok()).expect("INFO counts the clients")
        };
        let mut last = usize::MAX;
        for _ in 0..1_000 {
            last = connected(&client.line("INFO clients").text().expect("INFO answers a text"));
            if last == 1 {
                return;
            }
        }
        panic!("on {name}: {last} clients counted where one is left");
    });
}

#[test]
fn a_unix_socket_serves_as_tcp_does() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("server.sock");
    let flags = ["--unixsocket", path.to_str().expect("a plain name"), "--unixsocketperm", "700"];
    on_both(&flags, |name, server| {
        let mode = std::fs::metadata(&path).expect("the socket is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "on {name}");
        let mut socket = UnixStream::connect(&path).expect("the socket accepts");
        socket.write_all(b"SET k v\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\nQUIT\r\n").expect("it takes requests");
        let mut got = String::new();
        socket.read_to_string(&mut got).expect("it answers and closes");
        assert_eq!(got, "+OK\r\n$1\r\nv\r\n+OK\r\n", "on {name}");
        assert_eq!(server.client().line("GET k"), Value::Bulk(b"v".to_vec()), "on {name}");
    });
}
