//! `DECR key`

use rkvs_tests::{expect::*, script};

#[test]
fn counts_down_from_zero_where_there_is_nothing() {
    script! {
        "DECR k" => int(-1),
        "DECR k" => int(-2),
        "SET k 1" => ok(),
        "DECR k" => int(0),
        "GET k" => bulk("0"),
    }
}

#[test]
fn the_smallest_integer_stays() {
    script! {
        "SET k -9223372036854775807" => ok(),
        "DECR k" => int(i64::MIN),
        "DECR k" => error("ERR increment or decrement would overflow"),
        "GET k" => bulk("-9223372036854775808"),
    }
}

#[test]
fn other_values_types_and_arities_are_errors() {
    script! {
        "SET s x" => ok(),
        "DECR s" => error("ERR value is not an integer or out of range"),
        "HSET h f v" => int(1),
        "DECR h" => wrong_type(),
        "DECR" => wrong_arity("decr"),
        "DECR k 1" => wrong_arity("decr"),
    }
}
