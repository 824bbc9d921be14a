//! `TOUCH key [key …]`

use rkvs_tests::{expect::*, script};

#[test]
fn counts_keys_as_often_as_they_are_named() {
    script! {
        "TOUCH a" => int(0),
        "MSET a 1 b 2" => ok(),
        "TOUCH a b c a" => int(3),
        "SET a 1 PXAT 1" => ok(),
        "TOUCH a" => int(0),
        "TOUCH" => wrong_arity("touch"),
    }
}
