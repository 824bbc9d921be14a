//! `SETEX key seconds value`

use rkvs_tests::{expect::*, script};

#[test]
fn sets_a_string_with_a_deadline() {
    script! {
        "HSET k f v" => int(1),
        "SETEX k 100 v" => ok(),
        "GET k" => bulk("v"),
        "TTL k" => between(98, 100),
        "SETEX k 100 12" => ok(),
        "OBJECT ENCODING k" => bulk("int"),
    }
}

#[test]
fn wrong_times_change_nothing() {
    let invalid = error("ERR invalid expire time in 'setex' command");
    let not_an_integer = error("ERR value is not an integer or out of range");
    script! {
        "SET k old" => ok(),
        "SETEX k 0 v" => invalid.clone(),
        "SETEX k -10 v" => invalid.clone(),
        "SETEX k 9223372036854776 v" => invalid,
        "SETEX k x v" => not_an_integer.clone(),
        "SETEX k 1.5 v" => not_an_integer,
        "SETEX k 10" => wrong_arity("setex"),
        "SETEX k 10 v EX" => wrong_arity("setex"),
        "GET k" => bulk("old"),
        "TTL k" => int(-1),
    }
}
