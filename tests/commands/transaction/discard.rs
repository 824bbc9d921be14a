//! `DISCARD`

use rkvs_tests::{Server, expect::*, script};

#[test]
fn forgets_the_queue() {
    script! {
        "DISCARD" => error("ERR DISCARD without MULTI"),
        "MULTI" => ok(),
        "SET k v" => simple("QUEUED"),
        "DISCARD" => ok(),
        "GET k" => nil(),
        "EXEC" => error("ERR EXEC without MULTI"),
        "DISCARD now" => wrong_arity("discard"),
    }
}

#[test]
fn unwatches_too() {
    let server = Server::rkvs();
    let (mut a, mut b) = (server.client(), server.client());
    a.line("WATCH k");
    b.line("SET k changed");
    a.line("MULTI");
    assert_eq!(a.line("DISCARD"), ok());
    a.line("MULTI");
    a.line("GET k");
    assert_eq!(a.line("EXEC"), array([bulk("changed")]));
}
