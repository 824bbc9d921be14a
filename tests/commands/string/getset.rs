//! `GETSET key value`

use rkvs_tests::{expect::*, script};

#[test]
fn answers_the_old_value() {
    script! {
        "GETSET k a" => nil(),
        "GETSET k 12" => bulk("a"),
        "OBJECT ENCODING k" => bulk("int"),
        "GETSET k c" => bulk("12"),
        "GET k" => bulk("c"),
    }
}

#[test]
fn the_deadline_is_dropped() {
    script! {
        "SET k v EX 100" => ok(),
        "GETSET k w" => bulk("v"),
        "TTL k" => int(-1),
        "SET k v PXAT 1" => ok(),
        "GETSET k w" => nil(),
        "GET k" => bulk("w"),
    }
}

#[test]
fn other_types_stay() {
    script! {
        "HSET h f v" => int(1),
        "GETSET h v" => wrong_type(),
        "TYPE h" => simple("hash"),
        "GETSET k" => wrong_arity("getset"),
        "GETSET k a b" => wrong_arity("getset"),
    }
}
