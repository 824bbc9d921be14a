//! `PEXPIRE key milliseconds [NX | XX | GT | LT]`

use rkvs_tests::{expect::*, script};

#[test]
fn sets_a_deadline_from_now_on() {
    script! {
        "PEXPIRE k 100000" => int(0),
        "SET k v" => ok(),
        "PEXPIRE k 100000" => int(1),
        "PTTL k" => between(90_000, 100_000),
        "PEXPIRE k 200000 GT" => int(1),
        "PEXPIRE k 300000 LT" => int(0),
        "PEXPIRE k 300000 NX" => int(0),
        "TTL k" => between(190, 200),
        "PEXPIRE k 0" => int(1),
        "EXISTS k" => int(0),
    }
}

#[test]
fn wrong_times_change_nothing() {
    script! {
        "SET k v" => ok(),
        "PEXPIRE k 9223372036854775807" => error("ERR invalid expire time in 'pexpire' command"),
        "PEXPIRE k x" => error("ERR value is not an integer or out of range"),
        "PEXPIRE k 1 FOO" => error("ERR Unsupported option FOO"),
        "PEXPIRE k" => wrong_arity("pexpire"),
        "TTL k" => int(-1),
        "PEXPIRE k -9223372036854775808" => int(1),
        "EXISTS k" => int(0),
    }
}
