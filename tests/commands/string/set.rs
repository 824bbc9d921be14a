//! `SET key value [NX | XX] [GET] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]`

use rkvs_tests::{expect::*, script};

#[test]
fn replaces_whatever_was_there() {
    script! {
        "SET k 1" => ok(),
        "SET k two" => ok(),
        "GET k" => bulk("two"),
        "HSET h f v" => int(1),
        "SET h v" => ok(),
        "TYPE h" => simple("string"),
    }
}

#[test]
fn nx_and_xx_ask_whether_the_key_exists() {
    script! {
        "SET k a XX" => nil(),
        "SET k a NX" => ok(),
        "SET k b NX" => nil(),
        "SET k c XX" => ok(),
        "GET k" => bulk("c"),
        "SET k d NX XX" => error("ERR syntax error"),
    }
}

#[test]
fn get_answers_the_old_value() {
    script! {
        "SET k a GET" => nil(),
        "SET k b GET" => bulk("a"),
        "SET k c NX GET" => bulk("b"),
        "GET k" => bulk("b"),
        "HSET h f v" => int(1),
        "SET h v GET" => wrong_type(),
        "TYPE h" => simple("hash"),
    }
}

#[test]
fn deadlines_are_set_kept_and_dropped() {
    script! {
        "SET k v EX 100" => ok(),
        "TTL k" => between(99, 100),
        "SET k v KEEPTTL" => ok(),
        "TTL k" => between(98, 100),
        "SET k v" => ok(),
        "TTL k" => int(-1),
        "SET k v PX 100000" => ok(),
        "PTTL k" => between(90_000, 100_000),
        "SET k v EXAT 33177117420" => ok(),
        "EXPIRETIME k" => int(33_177_117_420),
        "SET k v PXAT 33177117420123" => ok(),
        "PEXPIRETIME k" => int(33_177_117_420_123),
    }
}

#[test]
fn wrong_options_change_nothing() {
    script! {
        "SET k v" => ok(),
        "SET k w EX" => error("ERR syntax error"),
        "SET k w EX 0" => error("ERR invalid expire time in 'set' command"),
        "SET k w PX -1" => error("ERR invalid expire time in 'set' command"),
        "SET k w EX 9223372036854775807" => error("ERR invalid expire time in 'set' command"),
        "SET k w EX x" => error("ERR value is not an integer or out of range"),
        "SET k w EX 1 PX 1" => error("ERR syntax error"),
        "SET k w EX 1 KEEPTTL" => error("ERR syntax error"),
        "SET k w BOGUS" => error("ERR syntax error"),
        "SET k" => wrong_arity("set"),
        "GET k" => bulk("v"),
    }
}
