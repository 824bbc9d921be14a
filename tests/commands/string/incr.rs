//! `INCR key`

use rkvs_tests::{expect::*, script};

#[test]
fn counts_from_zero_where_there_is_nothing() {
    script! {
        "INCR k" => int(1),
        "INCR k" => int(2),
        "GET k" => bulk("2"),
        "OBJECT ENCODING k" => bulk("int"),
        "SET k -1" => ok(),
        "INCR k" => int(0),
    }
}

#[test]
fn the_largest_integer_stays() {
    script! {
        "SET k 9223372036854775806" => ok(),
        "INCR k" => int(i64::MAX),
        "INCR k" => error("ERR increment or decrement would overflow"),
        "GET k" => bulk("9223372036854775807"),
    }
}

#[test]
fn only_canonical_integers_are_counted() {
    let not_an_integer = error("ERR value is not an integer or out of range");
    script! {
        r#"MSET a "" b 01 c +1 d " 1" e "1 " f 1.0 g -0 h 9223372036854775808 i x"# => ok(),
        "INCR a" => not_an_integer.clone(),
        "INCR b" => not_an_integer.clone(),
        "INCR c" => not_an_integer.clone(),
        "INCR d" => not_an_integer.clone(),
        "INCR e" => not_an_integer.clone(),
        "INCR f" => not_an_integer.clone(),
        "INCR g" => not_an_integer.clone(),
        "INCR h" => not_an_integer.clone(),
        "INCR i" => not_an_integer,
        "GET i" => bulk("x"),
    }
}

#[test]
fn the_deadline_is_kept() {
    script! {
        "SET k 1 EX 100" => ok(),
        "INCR k" => int(2),
        "TTL k" => between(98, 100),
        "SET gone 5 PXAT 1" => ok(),
        "INCR gone" => int(1),
        "TTL gone" => int(-1),
    }
}

#[test]
fn other_types_and_other_arities_are_errors() {
    script! {
        "HSET h f v" => int(1),
        "INCR h" => wrong_type(),
        "INCR" => wrong_arity("incr"),
        "INCR k 2" => wrong_arity("incr"),
    }
}
