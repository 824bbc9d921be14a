//! `MULTI`

use rkvs_tests::{Server, expect::*, script};

#[test]
fn queues_instead_of_running() {
    script! {
        "SET n 1" => ok(),
        "MULTI" => ok(),
        "INCR n" => simple("QUEUED"),
        "GET n" => simple("QUEUED"),
        "EXEC" => array([int(2), bulk("2")]),
        "MULTI now" => wrong_arity("multi"),
    }
}

#[test]
fn does_not_nest() {
    script! {
        "MULTI" => ok(),
        "SET k v" => simple("QUEUED"),
        "MULTI" => error("ERR MULTI calls can not be nested"),
        "EXEC" => array([ok()]),
        "GET k" => bulk("v"),
    }
}

#[test]
fn others_see_nothing_before_exec() {
    let server = Server::rkvs();
    let (mut a, mut b) = (server.client(), server.client());
    a.line("MULTI");
    assert_eq!(a.line("SET k v"), simple("QUEUED"));
    assert_eq!(b.line("GET k"), nil());
    assert_eq!(a.line("EXEC"), array([ok()]));
    assert_eq!(b.line("GET k"), bulk("v"));
}
