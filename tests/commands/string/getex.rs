//! `GETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST]`

use rkvs_tests::{expect::*, script};

#[test]
fn without_options_it_only_reads() {
    script! {
        "GETEX k" => nil(),
        "SET k v EX 100" => ok(),
        "GETEX k" => bulk("v"),
        "TTL k" => between(98, 100),
        "SET k 12" => ok(),
        "GETEX k" => bulk("12"),
        "TTL k" => int(-1),
    }
}

#[test]
fn deadlines_are_set_and_dropped() {
    script! {
        "SET k v" => ok(),
        "GETEX k EX 100" => bulk("v"),
        "TTL k" => between(98, 100),
        "getex k px 200000" => bulk("v"),
        "PTTL k" => between(190_000, 200_000),
        "GETEX k EXAT 33177117420" => bulk("v"),
        "EXPIRETIME k" => int(33_177_117_420),
        "GETEX k PXAT 33177117420123" => bulk("v"),
        "PEXPIRETIME k" => int(33_177_117_420_123),
        "GETEX k PERSIST" => bulk("v"),
        "TTL k" => int(-1),
        "GETEX k PERSIST" => bulk("v"),
        "GETEX k PXAT 9223372036854775807" => bulk("v"),
        "PEXPIRETIME k" => int(i64::MAX),
    }
}

#[test]
fn a_deadline_in_the_past_removes_the_key() {
    script! {
        "SET k v" => ok(),
        "GETEX k EXAT 1" => bulk("v"),
        "EXISTS k" => int(0),
        "SET k w" => ok(),
        "GETEX k PXAT 1" => bulk("w"),
        "GET k" => nil(),
    }
}

#[test]
fn an_option_may_be_repeated_but_not_joined_by_another() {
    script! {
        "SET k v" => ok(),
        "GETEX k EX 100 EX 200" => bulk("v"),
        "TTL k" => between(198, 200),
        "GETEX k PERSIST persist" => bulk("v"),
        "GETEX k EX 1 PX 1" => error("ERR syntax error"),
        "GETEX k EX 1 PERSIST" => error("ERR syntax error"),
        "GETEX k PERSIST EX 1" => error("ERR syntax error"),
        "GETEX k EXAT 1 PXAT 1" => error("ERR syntax error"),
        "GETEX k KEEPTTL" => error("ERR syntax error"),
        "GETEX k NX" => error("ERR syntax error"),
        "GETEX k GET" => error("ERR syntax error"),
        "GETEX k EX" => error("ERR syntax error"),
        "GETEX k BOGUS" => error("ERR syntax error"),
        "TTL k" => int(-1),
    }
}

#[test]
fn wrong_times_change_nothing() {
    let invalid = error("ERR invalid expire time in 'getex' command");
    script! {
        "SET k v EX 100" => ok(),
        "GETEX k EX 0" => invalid.clone(),
        "GETEX k PX -1" => invalid.clone(),
        "GETEX k EXAT 0" => invalid.clone(),
        "GETEX k EX 9223372036854775807" => invalid.clone(),
        "GETEX k EXAT 9223372036854776" => invalid.clone(),
        "GETEX k PX 9223372036854775807" => invalid,
        "GETEX k EX x" => error("ERR value is not an integer or out of range"),
        "TTL k" => between(98, 100),
    }
}

#[test]
fn the_time_is_looked_at_after_the_key() {
    script! {
        "GETEX none EX 0" => nil(),
        "GETEX none EX x" => nil(),
        "GETEX none EX" => error("ERR syntax error"),
        "HSET h f v" => int(1),
        "GETEX h EX 0" => wrong_type(),
        "GETEX h BOGUS" => error("ERR syntax error"),
        "GETEX" => wrong_arity("getex"),
    }
}
