//! `MSET key value [key value …]`

use rkvs_tests::{expect::*, script};

#[test]
fn sets_every_key_whatever_was_there() {
    script! {
        "HSET h f v" => int(1),
        "SET a old EX 100" => ok(),
        "MSET a 1 h two c ''" => ok(),
        "MGET a h c" => bulks(["1", "two", ""]),
        "TYPE h" => simple("string"),
        "TTL a" => int(-1),
        "OBJECT ENCODING a" => bulk("int"),
    }
}

#[test]
fn of_a_key_named_twice_the_last_value_stays() {
    script! {
        "MSET a 1 b 2 a 3" => ok(),
        "MGET a b" => bulks(["3", "2"]),
        "DBSIZE" => int(2),
    }
}

#[test]
fn a_key_without_value_changes_nothing() {
    script! {
        "MSET a 1 b" => wrong_arity("mset"),
        "MSET a" => wrong_arity("mset"),
        "MSET a 1 b 2 c" => wrong_arity("mset"),
        "DBSIZE" => int(0),
    }
}

#[test]
fn long_values_are_kept_whole() {
    let (long, longer) = ("x".repeat(3_000), "y".repeat(40_000));
    script! {
        format!("MSET a {long} b {longer} c short") => ok(),
        "MGET b c a" => bulks([&longer, "short", &long]),
    }
}
