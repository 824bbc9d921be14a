//! `HSET key field value [field value …]`

use rkvs_tests::{expect::*, script};

#[test]
fn counts_the_fields_that_are_new() {
    script! {
        "HSET h a 1 b 2" => int(2),
        "HSET h b 3 c 4" => int(1),
        "HSET h a 1" => int(0),
        "HGETALL h" => unordered(map([("a", "1"), ("b", "3"), ("c", "4")])),
        "HSET h d 1 d 2" => int(1),
        "HGET h d" => bulk("2"),
        "HLEN h" => int(4),
    }
}

#[test]
fn large_fields_change_the_encoding_and_nothing_else() {
    let long = "x".repeat(65);
    script! {
        "HSET h f v" => int(1),
        "OBJECT ENCODING h" => bulk("listpack"),
        format!("HSET h g {long}") => int(1),
        "OBJECT ENCODING h" => bulk("hashtable"),
        "HGET h f" => bulk("v"),
        "HGET h g" => bulk(&long),
    }
}

#[test]
fn half_a_pair_is_an_error() {
    script! {
        "HSET h" => wrong_arity("hset"),
        "HSET h f" => wrong_arity("hset"),
        "HSET h f v g" => wrong_arity("hset"),
        "EXISTS h" => int(0),
        "SET s v" => ok(),
        "HSET s f v" => wrong_type(),
    }
}
