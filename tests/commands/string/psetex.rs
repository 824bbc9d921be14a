//! `PSETEX key milliseconds value`

use rkvs_tests::{expect::*, script};

#[test]
fn sets_a_string_with_a_deadline() {
    script! {
        "HSET k f v" => int(1),
        "PSETEX k 100000 v" => ok(),
        "GET k" => bulk("v"),
        "PTTL k" => between(90_000, 100_000),
        "PSETEX k 100000 12" => ok(),
        "OBJECT ENCODING k" => bulk("int"),
    }
}

#[test]
fn wrong_times_change_nothing() {
    let invalid = error("ERR invalid expire time in 'psetex' command");
    let not_an_integer = error("ERR value is not an integer or out of range");
    script! {
        "SET k old" => ok(),
        "PSETEX k 0 v" => invalid.clone(),
        "PSETEX k -10 v" => invalid.clone(),
        "PSETEX k 9223372036854775807 v" => invalid,
        "PSETEX k x v" => not_an_integer.clone(),
        "PSETEX k 1.5 v" => not_an_integer,
        "PSETEX k 10" => wrong_arity("psetex"),
        "PSETEX k 10 v EX" => wrong_arity("psetex"),
        "GET k" => bulk("old"),
        "TTL k" => int(-1),
    }
}
