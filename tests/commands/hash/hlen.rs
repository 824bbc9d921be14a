//! `HLEN key`

use rkvs_tests::{expect::*, script};

#[test]
fn counts_the_fields() {
    let long = "x".repeat(65);
    script! {
        "HLEN h" => int(0),
        "HSET h a 1 b 2" => int(2),
        "HLEN h" => int(2),
        format!("HSET h c {long}") => int(1),
        "HLEN h" => int(3),
        "HDEL h a" => int(1),
        "HLEN h" => int(2),
        "HLEN" => wrong_arity("hlen"),
        "HLEN h x" => wrong_arity("hlen"),
        "SET s v" => ok(),
        "HLEN s" => wrong_type(),
    }
}
