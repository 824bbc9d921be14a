//! `PEXPIRETIME key`

use rkvs_tests::{expect::*, script};

#[test]
fn answers_milliseconds() {
    script! {
        "PEXPIRETIME k" => int(-2),
        "SET k v" => ok(),
        "PEXPIRETIME k" => int(-1),
        "PEXPIREAT k 33177117420499" => int(1),
        "PEXPIRETIME k" => int(33_177_117_420_499),
        "SET k v PXAT 1" => ok(),
        "PEXPIRETIME k" => int(-2),
        "PEXPIRETIME" => wrong_arity("pexpiretime"),
        "PEXPIRETIME k k" => wrong_arity("pexpiretime"),
    }
}
