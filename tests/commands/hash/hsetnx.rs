//! `HSETNX key field value`

use rkvs_tests::{expect::*, script};

#[test]
fn sets_only_what_is_absent() {
    script! {
        "HSETNX h a 1" => int(1),
        "HSETNX h a 2" => int(0),
        "HSETNX h b 2" => int(1),
        "HGETALL h" => map([("a", "1"), ("b", "2")]),
        "HSETNX h a" => wrong_arity("hsetnx"),
        "HSETNX h a 1 b 2" => wrong_arity("hsetnx"),
        "SET s v" => ok(),
        "HSETNX s a 1" => wrong_type(),
    }
}

#[test]
fn long_values_change_the_encoding_only_when_they_are_stored() {
    let long = "x".repeat(65);
    script! {
        "HSETNX h a 1" => int(1),
        format!("HSETNX h a {long}") => int(0),
        "OBJECT ENCODING h" => bulk("listpack"),
        format!("HSETNX h b {long}") => int(1),
        "OBJECT ENCODING h" => bulk("hashtable"),
    }
}
