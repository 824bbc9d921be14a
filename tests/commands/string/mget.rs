//! `MGET key [key …]`

use rkvs_tests::{expect::*, script};

#[test]
fn answers_in_the_order_of_the_keys() {
    script! {
        "MSET a 1 b two" => ok(),
        "SET gone v PXAT 1" => ok(),
        "MGET b a" => bulks(["two", "1"]),
        "MGET a none b gone a" => array([bulk("1"), nil(), bulk("two"), nil(), bulk("1")]),
        "MGET none" => array([nil()]),
    }
}

#[test]
fn other_types_are_answered_like_absent_keys() {
    script! {
        "HSET h f v" => int(1),
        "SET a 1" => ok(),
        "MGET h a" => array([nil(), bulk("1")]),
        "MGET" => wrong_arity("mget"),
    }
}

#[test]
fn many_keys_are_answered_at_once() {
    let keys: Vec<String> = (0..300).map(|i| format!("key:{i}")).collect();
    let pairs: Vec<String> = keys.iter().map(|key| format!("{key} value-of-{key}")).collect();
    let values = keys.iter().map(|key| bulk(format!("value-of-{key}"))).collect();
    script! {
        format!("MSET {}", pairs.join(" ")) => ok(),
        format!("MGET {}", keys.join(" ")) => rkvs_tests::Value::Array(values),
    }
}
