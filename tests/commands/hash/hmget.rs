//! `HMGET key field [field …]`

use rkvs_tests::{expect::*, script};

#[test]
fn answers_in_the_order_asked() {
    script! {
        "HMGET h a b" => array([nil(), nil()]),
        "HSET h a 1 b two" => int(2),
        "HMGET h b x a b" => array([bulk("two"), nil(), bulk("1"), bulk("two")]),
        "HMGET h" => wrong_arity("hmget"),
        "SET s v" => ok(),
        "HMGET s a b" => wrong_type(),
    }
}
