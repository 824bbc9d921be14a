//! Many requests in one go: every one is answered, in order, and no other client starves.

use rkvs_tests::{Protocol, Server, Value, binary};

use crate::exchange::on_both;

const COUNT: usize = 10_000;

fn requests() -> Vec<Vec<Vec<u8>>> {
    (0..COUNT)
        .map(|i| {
            let key = format!("key:{}", i % 97);
            let line = match i % 7 {
                0 => format!("SET {key} value:{i}"),
                1 | 2 => format!("GET {key}"),
                3 => format!("HSET hash:{} field:{} {i}", i % 5, i % 300),
                4 => format!("HGET hash:{} field:{}", i % 5, i % 301),
                5 => format!("INCR counter:{}", i % 3),
                _ => format!("INCR {key}"),
            };
            rkvs_tests::line::split(&line)
        })
        .collect()
}

#[test]
fn ten_thousand_requests_are_answered_in_order() {
    let requests = requests();
    let mut answers: Vec<Vec<u8>> = Vec::new();
    let servers = [Some(Server::rkvs()), Server::redis()];
    for server in servers.iter().flatten() {
        for protocol in [Protocol::Resp2, Protocol::Resp3] {
            server.client().line("FLUSHALL");
            let (replies, broken) = server.client_speaking(protocol).raw_pipeline(&requests);
            assert!(broken.is_none(), "{broken:?}");
            assert_eq!(replies.len(), COUNT);
            answers.push(replies.concat());
        }
    }
    for (i, answer) in answers.iter().enumerate().skip(2) {
        assert!(*answer == answers[i - 2], "the servers answer differently");
    }
}

#[test]
fn a_pipeline_means_the_same_as_single_requests() {
    let requests = requests();
    on_both(&[], |name, server| {
        let (pipelined, broken) = server.client().raw_pipeline(&requests);
        assert!(broken.is_none(), "on {name}: {broken:?}");
        server.client().line("FLUSHALL");
        let mut client = server.client();
        for (request, expected) in requests.iter().zip(&pipelined) {
            client.send(request);
            assert_eq!(client.raw_reply(), *expected, "on {name}: {}", rkvs_tests::line::join(request));
        }
    });
}

#[test]
fn many_connections_with_deep_pipelines_keep_their_order() {
    on_both(&[], |name, server| {
        std::thread::scope(|scope| {
            for connection in 0..16 {
                let mut client = server.client();
                scope.spawn(move || {
                    let requests: Vec<Vec<Vec<u8>>> =
                        (0..2_000).map(|i| vec![b"ECHO".to_vec(), format!("{connection}:{i}").into_bytes()]).collect();
                    for (reply, request) in client.pipeline(&requests).iter().zip(&requests) {
                        assert_eq!(reply.bytes(), Some(&request[1][..]), "on {name}");
                    }
                });
            }
        });
    });
}

/// One connection asks for far more than it reads. Others are served meanwhile, and the server holds no more of the
/// replies than its limit for one client; when the reader wakes up, it gets every byte.
#[test]
fn a_slow_reader_is_waited_for_and_delays_nobody() {
    const VALUE: usize = 100_000;
    const ASKED: usize = 2_000;
    on_both(&[], |name, server| {
        let value = vec![b'v'; VALUE];
        let mut other = server.client();
        other.cmd(&[b"SET", b"big", &value[..]]);
        let before = server.resident_bytes();
        let mut slow = server.client();
        slow.raw(&b"*2\r\n$3\r\nGET\r\n$3\r\nbig\r\n".repeat(ASKED));
        for _ in 0..1_000 {
            assert_eq!(other.line("PING"), Value::Simple(b"PONG".to_vec()), "on {name}");
        }
        let grown = server.resident_bytes().saturating_sub(before);
        // The reference has no such limit for ordinary clients.
        if name == "the server under test" && !binary::rkvs_is_the_reference() {
            assert!(grown < 64 << 20, "{grown} bytes held for a client that reads nothing");
        }
        for i in 0..ASKED {
            let reply = slow.raw_reply();
            assert!(reply.len() == VALUE + 11 && reply.ends_with(b"v\r\n"), "on {name}: reply {i}");
        }
        assert_eq!(slow.line("PING"), Value::Simple(b"PONG".to_vec()), "on {name}");
    });
}
