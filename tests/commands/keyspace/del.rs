//! `DEL key [key …]`

use rkvs_tests::{expect::*, script};

#[test]
fn counts_what_was_there() {
    script! {
        "DEL a" => int(0),
        "MSET a 1 b 2 c 3" => ok(),
        "DEL a b missing a" => int(2),
        "EXISTS a b c" => int(1),
        "DEL" => wrong_arity("del"),
    }
}

#[test]
fn large_values_go_too() {
    let long = "x".repeat(1_000_000);
    script! {
        format!("SET a {long}") => ok(),
        "DEL a" => int(1),
        "GET a" => nil(),
    }
}

#[test]
fn an_expired_key_was_not_there() {
    script! {
        "SET a 1 PXAT 1" => ok(),
        "DEL a" => int(0),
    }
}
