//! `UNWATCH`

use rkvs_tests::{Server, expect::*, script};

#[test]
fn forgets_what_was_watched() {
    let server = Server::rkvs();
    let (mut a, mut b) = (server.client(), server.client());
    a.line("WATCH k");
    b.line("SET k v");
    assert_eq!(a.line("UNWATCH"), ok());
    a.line("MULTI");
    assert_eq!(a.line("EXEC"), array([]));
}

#[test]
fn is_queued_inside_multi() {
    script! {
        "UNWATCH" => ok(),
        "UNWATCH now" => wrong_arity("unwatch"),
        "MULTI" => ok(),
        "UNWATCH" => simple("QUEUED"),
        "EXEC" => array([ok()]),
    }
}
