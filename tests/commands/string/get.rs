//! `GET key`

use rkvs_tests::{expect::*, script};

#[test]
fn answers_the_value_or_nil() {
    script! {
        "GET k" => nil(),
        "SET k v" => ok(),
        "GET k" => bulk("v"),
        r#"SET k "a\r\n\x00\xff""# => ok(),
        "GET k" => bulk(b"a\r\n\0\xff"),
        "SET k ''" => ok(),
        "GET k" => bulk(""),
    }
}

#[test]
fn other_types_and_other_arities_are_errors() {
    script! {
        "HSET h f v" => int(1),
        "GET h" => wrong_type(),
        "GET" => wrong_arity("get"),
        "get a b" => wrong_arity("get"),
    }
}

#[test]
fn an_expired_key_is_a_miss() {
    script! {
        "SET k v PXAT 1" => ok(),
        "GET k" => nil(),
        "EXISTS k" => int(0),
    }
}
