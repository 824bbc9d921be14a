//! `TTL key`

use rkvs_tests::{expect::*, script};

#[test]
fn answers_the_nearest_second() {
    script! {
        "TTL k" => int(-2),
        "SET k v" => ok(),
        "TTL k" => int(-1),
        "PEXPIRE k 99600" => int(1),
        "TTL k" => between(99, 100),
        "EXPIRE k 1000" => int(1),
        "TTL k" => between(999, 1000),
        "SET k v PXAT 1" => ok(),
        "TTL k" => int(-2),
        "TTL" => wrong_arity("ttl"),
        "TTL k k" => wrong_arity("ttl"),
    }
}
