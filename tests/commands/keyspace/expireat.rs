//! `EXPIREAT key unix-time-seconds [NX | XX | GT | LT]`

use rkvs_tests::{expect::*, script};

#[test]
fn sets_the_deadline_itself() {
    script! {
        "EXPIREAT k 33177117420" => int(0),
        "SET k v" => ok(),
        "EXPIREAT k 33177117420" => int(1),
        "PEXPIRETIME k" => int(33_177_117_420_000),
        "EXPIREAT k 33177117420 GT" => int(0),
        "EXPIREAT k 33177117420 LT" => int(0),
        "EXPIREAT k 33177117421 GT" => int(1),
        "EXPIREAT k 9223372036854775" => int(1),
        "PEXPIRETIME k" => int(9_223_372_036_854_775_000),
        "EXPIREAT k 1" => int(1),
        "EXISTS k" => int(0),
    }
}

#[test]
fn wrong_times_change_nothing() {
    script! {
        "SET k v" => ok(),
        "EXPIREAT k 9223372036854776" => error("ERR invalid expire time in 'expireat' command"),
        "EXPIREAT k -9223372036854776" => error("ERR invalid expire time in 'expireat' command"),
        "EXPIREAT k x" => error("ERR value is not an integer or out of range"),
        "EXPIREAT k" => wrong_arity("expireat"),
        "TTL k" => int(-1),
        "EXPIREAT k -1" => int(1),
        "EXISTS k" => int(0),
    }
}
