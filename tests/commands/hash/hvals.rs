//! `HVALS key`

use rkvs_tests::{expect::*, script};

#[test]
fn lists_the_values_in_the_order_of_their_fields() {
    script! {
        "HVALS h" => array([]),
        "HSET h z 26 a same b same" => int(3),
        "HVALS h" => bulks(["26", "same", "same"]),
        "HVALS" => wrong_arity("hvals"),
        "HVALS h x" => wrong_arity("hvals"),
        "SET s v" => ok(),
        "HVALS s" => wrong_type(),
    }
}

#[test]
fn large_hashes_have_no_order() {
    let long = "x".repeat(65);
    script! {
        format!("HSET h a {long} b 2 c 2") => int(3),
        "HVALS h" => unordered(bulks([&long, "2", "2"])),
    }
}
