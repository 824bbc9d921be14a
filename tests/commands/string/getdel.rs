//! `GETDEL key`

use rkvs_tests::{expect::*, script};

#[test]
fn answers_the_value_and_removes_the_key() {
    let long = "x".repeat(50_000);
    script! {
        "SET k v EX 100" => ok(),
        "GETDEL k" => bulk("v"),
        "GETDEL k" => nil(),
        "EXISTS k" => int(0),
        "SET k 12" => ok(),
        "GETDEL k" => bulk("12"),
        "SET k v PXAT 1" => ok(),
        "GETDEL k" => nil(),
        format!("SET k {long}") => ok(),
        "GETDEL k" => bulk(&long),
        "GET k" => nil(),
    }
}

#[test]
fn other_types_stay() {
    script! {
        "HSET h f v" => int(1),
        "GETDEL h" => wrong_type(),
        "TYPE h" => simple("hash"),
        "GETDEL" => wrong_arity("getdel"),
        "GETDEL a b" => wrong_arity("getdel"),
    }
}
