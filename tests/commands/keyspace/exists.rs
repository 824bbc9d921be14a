//! `EXISTS key [key …]`

use rkvs_tests::{expect::*, script};

#[test]
fn counts_keys_as_often_as_they_are_named() {
    script! {
        "EXISTS a" => int(0),
        "MSET a 1 b 2" => ok(),
        "EXISTS a b c a a" => int(4),
        "EXISTS" => wrong_arity("exists"),
        "SET a 1 PXAT 1" => ok(),
        "EXISTS a a b" => int(1),
    }
}
