//! `TYPE key`

use rkvs_tests::{expect::*, script};

#[test]
fn names_the_type() {
    script! {
        "TYPE k" => simple("none"),
        "SET k v" => ok(),
        "TYPE k" => simple("string"),
        "SET k 1" => ok(),
        "TYPE k" => simple("string"),
        "HSET h f v" => int(1),
        "TYPE h" => simple("hash"),
        "SET k v PXAT 1" => ok(),
        "TYPE k" => simple("none"),
        "TYPE" => wrong_arity("type"),
        "TYPE a b" => wrong_arity("type"),
    }
}
