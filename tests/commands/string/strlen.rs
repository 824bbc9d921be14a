//! `STRLEN key`

use rkvs_tests::{expect::*, script};

#[test]
fn counts_bytes() {
    let long = "x".repeat(50_000);
    script! {
        "STRLEN none" => int(0),
        "SET k ''" => ok(),
        "STRLEN k" => int(0),
        r#"SET k "a\x00\xc3\xa4""# => ok(),
        "STRLEN k" => int(4),
        "SET k -9223372036854775808" => ok(),
        "STRLEN k" => int(20),
        "SET k 10" => ok(),
        "STRLEN k" => int(2),
        format!("SET k {long}") => ok(),
        "STRLEN k" => int(50_000),
        "SET k v PXAT 1" => ok(),
        "STRLEN k" => int(0),
    }
}

#[test]
fn other_types_and_other_arities_are_errors() {
    script! {
        "HSET h f v" => int(1),
        "STRLEN h" => wrong_type(),
        "STRLEN" => wrong_arity("strlen"),
        "STRLEN a b" => wrong_arity("strlen"),
    }
}
