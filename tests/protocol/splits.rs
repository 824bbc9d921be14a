//! A request means the same wherever the network cuts it.

use rkvs_tests::{Client, Server};

use crate::exchange::{cut, on_both};

/// Requests of all shapes, end to end.
const REQUESTS: &[&[u8]] = &[
    b"*1\r\n$7\r\nFLUSHDB\r\n",
    b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhello\r\n",
    b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
    b"PING\r\n",
    b"\r\n",
    b"SET \"quoted key\" 'quoted value'\r\n",
    b"*0\r\n",
    b"*2\r\n$3\r\nGET\r\n$10\r\nquoted key\r\n",
    b"*-1\r\n",
    b"*3\r\n$3\r\nSET\r\n$4\r\n\r\n$1\r\n$12\r\n*1\r\n$4\r\nPING\r\n",
    b"*2\r\n$3\r\nGET\r\n$4\r\n\r\n$1\r\n",
    b"*6\r\n$4\r\nHSET\r\n$1\r\nh\r\n$1\r\na\r\n$0\r\n\r\n$1\r\nb\r\n$2\r\n22\r\n",
    b"*2\r\n$4\r\nHLEN\r\n$1\r\nh\r\n",
    b"MULTI\n",
    b"*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n",
    b"EXEC\r\n",
    b"*1\r\n$6\r\nNOSUCH\r\n",
    b"*2\r\n$4\r\nECHO\r\n$11\r\nthe very end\r\n",
];

/// Requests that get a reply.
const REPLIES: usize = REQUESTS.len() - 3;

/// One worker, so that an answer to a later request on another connection proves that earlier bytes were read.
const FLAGS: &[&str] = &["--workers", "1"];

/// Sends the parts so that the server reads each by itself.
fn send_apart(server: &Server, parts: &[&[u8]]) -> Vec<Vec<u8>> {
    let (mut client, mut other) = (server.client(), server.client());
    let (last, firsts) = parts.split_last().expect("there are parts");
    for part in firsts {
        client.raw(part);
        // Twice: the first may be answered in the turn that is about to read the part.
        other.line("PING");
        other.line("PING");
    }
    whole(&mut client, last)
}

fn whole(client: &mut Client, bytes: &[u8]) -> Vec<Vec<u8>> {
    let (replies, broken) = client.exchange(bytes, REPLIES);
    assert!(broken.is_none(), "{broken:?} after {}", cut(&replies.concat()));
    replies
}

#[test]
fn at_every_offset() {
    let bytes = REQUESTS.concat();
    on_both(FLAGS, |name, server| {
        let expected = whole(&mut server.client(), &bytes);
        for at in 1..bytes.len() {
            let got = send_apart(server, &[&bytes[..at], &bytes[at..]]);
            assert!(got == expected, "on {name}, cut at {at}: {}", cut(&got.concat()));
        }
    });
}

#[test]
fn after_every_byte() {
    let bytes = REQUESTS.concat();
    let parts: Vec<&[u8]> = bytes.chunks(1).collect();
    on_both(FLAGS, |name, server| {
        let expected = whole(&mut server.client(), &bytes);
        let got = send_apart(server, &parts);
        assert!(got == expected, "on {name}: {}", cut(&got.concat()));
    });
}

#[test]
fn in_chunks_of_every_size() {
    let bytes = REQUESTS.concat();
    on_both(FLAGS, |name, server| {
        let expected = whole(&mut server.client(), &bytes);
        for size in 2..64 {
            let parts: Vec<&[u8]> = bytes.chunks(size).collect();
            let got = send_apart(server, &parts);
            assert!(got == expected, "on {name}, chunks of {size}: {}", cut(&got.concat()));
        }
    });
}

/// The cuts also fall into a large argument, where readers change to another way of receiving.
#[test]
fn inside_a_large_argument() {
    let value = vec![b'x'; 300_000];
    let mut bytes = format!("*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n${}\r\n", value.len()).into_bytes();
    bytes.extend_from_slice(&value);
    bytes.extend_from_slice(b"\r\n*2\r\n$3\r\nGET\r\n$3\r\nbig\r\n");
    let expected = format!("+OK\r\n${}\r\n{}\r\n", value.len(), "x".repeat(value.len()));
    on_both(FLAGS, |name, server| {
        for at in [1, 20, 29, 34, 35, 40, 16_384, 32_768, 65_536, 300_030, 300_035, 300_036, 300_040, bytes.len() - 1] {
            let (mut client, mut other) = (server.client(), server.client());
            client.raw(&bytes[..at]);
            other.line("PING");
            other.line("PING");
            let (replies, broken) = client.exchange(&bytes[at..], 2);
            assert!(broken.is_none() && replies.concat() == expected.as_bytes(), "on {name}, cut at {at}");
        }
    });
}
