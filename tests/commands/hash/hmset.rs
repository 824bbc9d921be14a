//! `HMSET key field value [field value …]`

use rkvs_tests::{expect::*, script};

#[test]
fn sets_fields_and_answers_ok() {
    script! {
        "HMSET h a 1 b 2" => ok(),
        "HMSET h b 3" => ok(),
        "HGETALL h" => map([("a", "1"), ("b", "3")]),
    }
}

#[test]
fn half_a_pair_is_an_error() {
    script! {
        "HMSET h" => wrong_arity("hmset"),
        "HMSET h a" => wrong_arity("hmset"),
        "HMSET h a 1 b" => wrong_arity("hmset"),
        "EXISTS h" => int(0),
        "SET s v" => ok(),
        "HMSET s a 1" => wrong_type(),
        "HMSET s a 1 b" => wrong_arity("hmset"),
    }
}
