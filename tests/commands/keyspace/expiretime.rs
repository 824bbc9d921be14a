//! `EXPIRETIME key`

use rkvs_tests::{expect::*, script};

#[test]
fn answers_the_nearest_second() {
    script! {
        "EXPIRETIME k" => int(-2),
        "SET k v" => ok(),
        "EXPIRETIME k" => int(-1),
        "PEXPIREAT k 33177117420499" => int(1),
        "EXPIRETIME k" => int(33_177_117_420),
        "PEXPIREAT k 33177117420500" => int(1),
        "EXPIRETIME k" => int(33_177_117_421),
        "PEXPIREAT k 9223372036854775807" => int(1),
        "EXPIRETIME k" => int(9_223_372_036_854_776),
        "SET k v PXAT 1" => ok(),
        "EXPIRETIME k" => int(-2),
        "EXPIRETIME" => wrong_arity("expiretime"),
        "EXPIRETIME k k" => wrong_arity("expiretime"),
    }
}
