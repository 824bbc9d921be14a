//! `MSETNX key value [key value …]`

use rkvs_tests::{expect::*, script};

#[test]
fn sets_all_keys_or_none() {
    script! {
        "MSETNX a 1 b 2" => int(1),
        "MSETNX c 3 b 4" => int(0),
        "MGET a b c" => array([bulk("1"), bulk("2"), nil()]),
        "HSET h f v" => int(1),
        "MSETNX d 1 h 2" => int(0),
        "EXISTS d" => int(0),
    }
}

#[test]
fn an_expired_key_is_absent() {
    script! {
        "SET k old PXAT 1" => ok(),
        "MSETNX k new l 1" => int(1),
        "GET k" => bulk("new"),
        "TTL k" => int(-1),
    }
}

#[test]
fn of_a_key_named_twice_the_last_value_stays() {
    script! {
        "MSETNX a 1 a 2" => int(1),
        "GET a" => bulk("2"),
        "MSETNX a" => wrong_arity("msetnx"),
        "MSETNX b 1 c" => wrong_arity("msetnx"),
        "EXISTS b" => int(0),
    }
}
