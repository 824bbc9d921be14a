//! `PTTL key`

use rkvs_tests::{expect::*, script};

#[test]
fn answers_milliseconds() {
    script! {
        "PTTL k" => int(-2),
        "SET k v" => ok(),
        "PTTL k" => int(-1),
        "PEXPIRE k 99600" => int(1),
        "PTTL k" => between(90_000, 99_600),
        "SET k v PXAT 1" => ok(),
        "PTTL k" => int(-2),
        "PTTL" => wrong_arity("pttl"),
        "PTTL k k" => wrong_arity("pttl"),
    }
}
