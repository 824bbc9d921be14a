//! `DBSIZE`

use rkvs_tests::{expect::*, script};

#[test]
fn counts_the_keys_of_one_database() {
    script! {
        "DBSIZE" => int(0),
        "MSET a 1 b 2 c 3" => ok(),
        "DBSIZE" => int(3),
        "DEL a" => int(1),
        "DBSIZE" => int(2),
        "SELECT 1" => ok(),
        "DBSIZE" => int(0),
        "SELECT 0" => ok(),
        "DBSIZE x" => wrong_arity("dbsize"),
    }
}

#[test]
fn a_transaction_counts_its_own_writes() {
    script! {
        "MULTI" => ok(),
        "SET a 1" => simple("QUEUED"),
        "DBSIZE" => simple("QUEUED"),
        "DEL a" => simple("QUEUED"),
        "DBSIZE" => simple("QUEUED"),
        "EXEC" => array([ok(), int(1), int(1), int(0)]),
    }
}
