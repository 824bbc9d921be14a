//! `FLUSHDB [ASYNC | SYNC]`

use rkvs_tests::{expect::*, script};

#[test]
fn empties_one_database() {
    script! {
        "MSET a 1 b 2" => ok(),
        "SELECT 1" => ok(),
        "SET c 3" => ok(),
        "SELECT 0" => ok(),
        "FLUSHDB" => ok(),
        "DBSIZE" => int(0),
        "SELECT 1" => ok(),
        "DBSIZE" => int(1),
        "SELECT 0" => ok(),
    }
}

#[test]
fn both_modes_and_no_other() {
    script! {
        "FLUSHDB ASYNC" => ok(),
        "SET a 1" => ok(),
        "FLUSHDB async" => ok(),
        "EXISTS a" => int(0),
        "SET a 1" => ok(),
        "FLUSHDB SYNC" => ok(),
        "EXISTS a" => int(0),
        "SET a 1" => ok(),
        "FLUSHDB foo" => error("ERR syntax error"),
        "FLUSHDB SYNC ASYNC" => error("ERR syntax error"),
        "FLUSHDB ''" => error("ERR syntax error"),
        "EXISTS a" => int(1),
    }
}

#[test]
fn watched_keys_that_were_there_have_changed() {
    script! {
        "SET a 1" => ok(),
        "WATCH a" => ok(),
        "FLUSHDB" => ok(),
        "MULTI" => ok(),
        "EXEC" => nil_array(),
        "WATCH a" => ok(),
        "FLUSHDB" => ok(),
        "MULTI" => ok(),
        "EXEC" => array([]),
    }
}

#[test]
fn a_transaction_goes_on_behind_it() {
    script! {
        "SET a 1" => ok(),
        "MULTI" => ok(),
        "SET b 2" => simple("QUEUED"),
        "FLUSHDB" => simple("QUEUED"),
        "DBSIZE" => simple("QUEUED"),
        "SET c 3" => simple("QUEUED"),
        "EXEC" => array([ok(), ok(), int(0), ok()]),
        "KEYS *" => bulks(["c"]),
    }
}
