//! What writing commands answer when memory is short: an error that changes nothing.
//!
//! The reference counts its own structures as used memory and takes no write at all under a limit this small, so this
//! runs on the server under test alone.

use rkvs_tests::{Server, Value, binary, expect::*, skip};

const NAME: &str = "string::limits::writes_beyond_maxmemory_change_nothing";

#[test]
fn writes_beyond_maxmemory_change_nothing() {
    if binary::rkvs_is_the_reference() {
        return skip::skipped(NAME, "the reference needs more than this limit for itself");
    }
    let mut server = Server::rkvs_with(&["--maxmemory", "1mb"]);
    let mut client = server.client();
    let long = "x".repeat(600_000);
    assert_eq!(client.cmd(&["SET", "k", &long]), ok());
    let short = error("OOM command not allowed when used memory > 'maxmemory'.");
    let refused: [&[&str]; 10] = [
        &["SET", "new", &long],
        &["SET", "new", &long, "EX", "100"],
        &["SETEX", "new", "100", &long],
        &["SETNX", "new", &long],
        &["GETSET", "new", &long],
        &["APPEND", "new", &long],
        &["SETRANGE", "new", "600000", "x"],
        &["MSET", "small", "1", "new", &long],
        &["MSETNX", "small", "1", "new", &long],
        &["APPEND", "k", &long],
    ];
    for request in refused {
        assert_eq!(client.cmd(request), short, "{request:.20?}");
    }
    assert_eq!(client.line("MGET small new"), array([nil(), nil()]));
    assert_eq!(client.line("STRLEN k"), int(600_000));
    // What fits goes on, and what is removed makes room.
    assert_eq!(client.line("INCR small"), int(1));
    let Value::Bulk(taken) = client.line("GETDEL k") else { panic!("the string is there") };
    assert_eq!(taken.len(), long.len());
    assert_eq!(client.cmd(&["MSET", "a", "1", "new", &long]), ok());
    server.assert_serving();
}
