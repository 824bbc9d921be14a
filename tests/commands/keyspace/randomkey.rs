//! `RANDOMKEY`

use std::collections::BTreeSet;

use rkvs_tests::{Server, expect::*, script};

#[test]
fn answers_a_key_that_is_there() {
    script! {
        "RANDOMKEY" => nil(),
        "SET k v" => ok(),
        "RANDOMKEY" => bulk("k"),
        "SET k v PXAT 1" => ok(),
        "RANDOMKEY" => nil(),
        "RANDOMKEY x" => wrong_arity("randomkey"),
        "MULTI" => ok(),
        "SET a 1" => simple("QUEUED"),
        "RANDOMKEY" => simple("QUEUED"),
        "EXEC" => array([ok(), bulk("a")]),
    }
}

#[test]
fn every_key_comes_up() {
    let server = Server::rkvs();
    let mut client = server.client();
    client.line("MSET a 1 b 2 c 3 d 4");
    // A key is missed 500 times in a row with a chance of 10^-62.
    let seen: BTreeSet<String> = (0..500).filter_map(|_| client.line("RANDOMKEY").text()).collect();
    assert_eq!(seen, ["a", "b", "c", "d"].map(String::from).into());
}
