//! `INCRBY key increment`

use rkvs_tests::{expect::*, script};

#[test]
fn adds_what_is_said() {
    script! {
        "INCRBY k 40" => int(40),
        "INCRBY k 2" => int(42),
        "INCRBY k -50" => int(-8),
        "INCRBY k 0" => int(-8),
        "INCRBY small -9223372036854775808" => int(i64::MIN),
        "INCRBY small 9223372036854775807" => int(-1),
    }
}

#[test]
fn a_sum_beyond_64_bits_is_refused() {
    let overflow = error("ERR increment or decrement would overflow");
    script! {
        "SET k 1" => ok(),
        "INCRBY k 9223372036854775807" => overflow.clone(),
        "SET k -2" => ok(),
        "INCRBY k -9223372036854775807" => overflow,
        "GET k" => bulk("-2"),
    }
}

#[test]
fn the_increment_is_looked_at_before_the_key() {
    let not_an_integer = error("ERR value is not an integer or out of range");
    script! {
        "HSET h f v" => int(1),
        "INCRBY h x" => not_an_integer.clone(),
        "INCRBY h 1" => wrong_type(),
        "INCRBY k 1.5" => not_an_integer.clone(),
        "INCRBY k ''" => not_an_integer.clone(),
        "INCRBY k 9223372036854775808" => not_an_integer,
        "EXISTS k" => int(0),
        "INCRBY k" => wrong_arity("incrby"),
        "INCRBY k 1 2" => wrong_arity("incrby"),
    }
}
