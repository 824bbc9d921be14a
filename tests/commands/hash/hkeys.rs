//! `HKEYS key`

use rkvs_tests::{expect::*, script};

#[test]
fn names_the_fields_in_their_order() {
    script! {
        "HKEYS h" => array([]),
        "HSET h z 26 a 1 7 seven" => int(3),
        "HKEYS h" => bulks(["z", "a", "7"]),
        "HKEYS" => wrong_arity("hkeys"),
        "HKEYS h x" => wrong_arity("hkeys"),
        "SET s v" => ok(),
        "HKEYS s" => wrong_type(),
    }
}

#[test]
fn large_hashes_have_no_order() {
    let long = "x".repeat(65);
    script! {
        format!("HSET h a {long} b 2 {long} 3") => int(3),
        "HKEYS h" => unordered(bulks(["a", "b", &long])),
    }
}
