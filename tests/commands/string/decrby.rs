//! `DECRBY key decrement`

use rkvs_tests::{expect::*, script};

#[test]
fn subtracts_what_is_said() {
    script! {
        "DECRBY k 40" => int(-40),
        "DECRBY k -42" => int(2),
        "DECRBY k 0" => int(2),
        "SET k -1" => ok(),
        "DECRBY k 9223372036854775807" => int(i64::MIN),
    }
}

#[test]
fn the_smallest_integer_has_no_negation() {
    script! {
        "DECRBY k -9223372036854775808" => error("ERR decrement would overflow"),
        "SET k -2" => ok(),
        "DECRBY k 9223372036854775807" => error("ERR increment or decrement would overflow"),
        "GET k" => bulk("-2"),
    }
}

#[test]
fn the_decrement_is_looked_at_before_the_key() {
    script! {
        "HSET h f v" => int(1),
        "DECRBY h x" => error("ERR value is not an integer or out of range"),
        "DECRBY h -9223372036854775808" => error("ERR decrement would overflow"),
        "DECRBY h 1" => wrong_type(),
        "DECRBY k" => wrong_arity("decrby"),
        "DECRBY k 1 2" => wrong_arity("decrby"),
    }
}
