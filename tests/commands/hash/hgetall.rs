//! `HGETALL key`

use rkvs_tests::{Value, expect::*, script};

#[test]
fn small_hashes_keep_the_order_of_their_fields() {
    script! {
        "HGETALL h" => Value::Map(vec![]),
        "HSET h z 26 a 1 m 13" => int(3),
        "HSET h a one" => int(0),
        "HSET h 5 five" => int(1),
        "HGETALL h" => map([("z", "26"), ("a", "one"), ("m", "13"), ("5", "five")]),
        "HDEL h a" => int(1),
        "HSET h a again" => int(1),
        "HGETALL h" => map([("z", "26"), ("m", "13"), ("5", "five"), ("a", "again")]),
    }
}

#[test]
fn large_hashes_are_returned_whole() {
    let long = "x".repeat(65);
    script! {
        format!("HSET h a {long} b 2 c 3") => int(3),
        "HGETALL h" => unordered(map([("a", &long), ("b", "2"), ("c", "3")])),
    }
}

#[test]
fn wrong_requests_are_refused() {
    script! {
        "HGETALL" => wrong_arity("hgetall"),
        "HGETALL h x" => wrong_arity("hgetall"),
        "SET s v" => ok(),
        "HGETALL s" => wrong_type(),
    }
}
