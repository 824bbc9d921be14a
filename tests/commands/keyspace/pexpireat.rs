//! `PEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT]`

use rkvs_tests::{expect::*, script};

#[test]
fn sets_the_deadline_itself() {
    script! {
        "PEXPIREAT k 33177117420123" => int(0),
        "SET k v" => ok(),
        "PEXPIREAT k 33177117420123" => int(1),
        "PEXPIRETIME k" => int(33_177_117_420_123),
        "PEXPIREAT k 33177117420123 GT" => int(0),
        "PEXPIREAT k 33177117420122 LT" => int(1),
        "PEXPIREAT k 9223372036854775807" => int(1),
        "PEXPIRETIME k" => int(i64::MAX),
        "GET k" => bulk("v"),
        "PEXPIREAT k 1" => int(1),
        "EXISTS k" => int(0),
    }
}

#[test]
fn wrong_times_change_nothing() {
    script! {
        "SET k v" => ok(),
        "PEXPIREAT k 9223372036854775808" => error("ERR value is not an integer or out of range"),
        "PEXPIREAT k 1 2" => error("ERR Unsupported option 2"),
        "PEXPIREAT k" => wrong_arity("pexpireat"),
        "TTL k" => int(-1),
        "PEXPIREAT k -9223372036854775808" => int(1),
        "EXISTS k" => int(0),
    }
}
