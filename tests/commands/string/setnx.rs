//! `SETNX key value`

use rkvs_tests::{expect::*, script};

#[test]
fn sets_a_key_that_is_not_in_use() {
    script! {
        "SETNX k a" => int(1),
        "SETNX k b" => int(0),
        "GET k" => bulk("a"),
        "HSET h f v" => int(1),
        "SETNX h v" => int(0),
        "TYPE h" => simple("hash"),
    }
}

#[test]
fn an_expired_key_is_not_in_use() {
    script! {
        "SET k old PXAT 1" => ok(),
        "SETNX k 12" => int(1),
        "TTL k" => int(-1),
        "OBJECT ENCODING k" => bulk("int"),
        "SET k v EX 100" => ok(),
        "SETNX k w" => int(0),
        "TTL k" => between(98, 100),
    }
}

#[test]
fn other_arities_are_errors() {
    script! {
        "SETNX k" => wrong_arity("setnx"),
        "SETNX k v NX" => wrong_arity("setnx"),
    }
}
