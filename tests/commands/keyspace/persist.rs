//! `PERSIST key`

use rkvs_tests::{expect::*, script};

#[test]
fn takes_the_deadline_away() {
    script! {
        "PERSIST k" => int(0),
        "SET k v" => ok(),
        "PERSIST k" => int(0),
        "EXPIRE k 100" => int(1),
        "PERSIST k" => int(1),
        "TTL k" => int(-1),
        "GET k" => bulk("v"),
        "SET k v PXAT 1" => ok(),
        "PERSIST k" => int(0),
        "PERSIST" => wrong_arity("persist"),
    }
}

#[test]
fn only_what_changes_breaks_a_watch() {
    script! {
        "SET k v" => ok(),
        "WATCH k" => ok(),
        "PERSIST k" => int(0),
        "MULTI" => ok(),
        "EXEC" => array([]),
        "EXPIRE k 100" => int(1),
        "WATCH k" => ok(),
        "PERSIST k" => int(1),
        "MULTI" => ok(),
        "EXEC" => nil_array(),
    }
}
