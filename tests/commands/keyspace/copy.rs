//! `COPY source destination [DB index] [REPLACE]`

use rkvs_tests::{expect::*, script};

#[test]
fn copies_value_and_deadline() {
    script! {
        "COPY a b" => int(0),
        "SET a 1 PXAT 33177117420123" => ok(),
        "COPY a b" => int(1),
        "GET b" => bulk("1"),
        "PEXPIRETIME b" => int(33_177_117_420_123),
        "SET a 2" => ok(),
        "COPY a b" => int(0),
        "GET b" => bulk("1"),
        "COPY a b REPLACE" => int(1),
        "GET b" => bulk("2"),
        "TTL b" => int(-1),
        "EXISTS a" => int(1),
    }
}

#[test]
fn large_values_are_copied_whole() {
    let long = "x".repeat(100_000);
    script! {
        format!("SET a {long}") => ok(),
        "COPY a b" => int(1),
        "APPEND a y" => int(100_001),
        "GET b" => bulk(&long),
    }
}

#[test]
fn another_database_takes_the_copy() {
    script! {
        "SELECT 0" => ok(),
        "SET a 1" => ok(),
        "COPY a a DB 1" => int(1),
        "COPY a a DB 1" => int(0),
        "COPY a b DB 1 DB 2 REPLACE REPLACE" => int(1),
        "EXISTS b" => int(0),
        "SELECT 1" => ok(),
        "GET a" => bulk("1"),
        "EXISTS b" => int(0),
        "COPY a b DB 1" => int(1),
        "GET b" => bulk("1"),
        "SELECT 2" => ok(),
        "GET b" => bulk("1"),
        "COPY b b DB 1" => int(0),
        "SELECT 0" => ok(),
    }
}

#[test]
fn an_expired_key_is_neither_copied_nor_in_the_way() {
    script! {
        "SET a 1 PXAT 1" => ok(),
        "COPY a b" => int(0),
        "SET b 2" => ok(),
        "SET a 1 PXAT 1" => ok(),
        "COPY b a" => int(1),
        "GET a" => bulk("2"),
        "TTL a" => int(-1),
    }
}

#[test]
fn wrong_requests_change_nothing() {
    let not_an_int = "ERR value is not an integer or out of range";
    script! {
        "SET k 1" => ok(),
        "COPY k k" => error("ERR source and destination objects are the same"),
        "COPY no no" => error("ERR source and destination objects are the same"),
        "COPY k k DB 0 REPLACE" => error("ERR source and destination objects are the same"),
        "COPY k l DB" => error("ERR syntax error"),
        "COPY k l FOO" => error("ERR syntax error"),
        "COPY k l REPLACE DB" => error("ERR syntax error"),
        "COPY k l DB x" => error(not_an_int),
        "COPY k l DB 9223372036854775808" => error(not_an_int),
        "COPY k l DB 2147483648" => error("ERR value is out of range, value must between -2147483648 and 2147483647"),
        "COPY k l DB 2147483647" => error("ERR DB index is out of range"),
        "COPY no l DB -1" => error("ERR DB index is out of range"),
        "COPY k" => wrong_arity("copy"),
        "EXISTS l" => int(0),
    }
}

#[test]
fn a_transaction_copies_within_and_beyond_its_database() {
    script! {
        "MULTI" => ok(),
        "SET a 1" => simple("QUEUED"),
        "COPY a b" => simple("QUEUED"),
        "COPY a c DB 1" => simple("QUEUED"),
        "SELECT 1" => simple("QUEUED"),
        "GET c" => simple("QUEUED"),
        "SELECT 0" => simple("QUEUED"),
        "GET b" => simple("QUEUED"),
        "EXEC" => array([ok(), int(1), int(1), ok(), bulk("1"), ok(), bulk("1")]),
    }
}

#[test]
fn hashes_of_both_sizes_stay_whole() {
    let long = "x".repeat(65);
    script! {
        "HSET h f v n 1" => int(2),
        "COPY h g" => int(1),
        "HSET h f w" => int(0),
        "HGETALL g" => unordered(map([("f", "v"), ("n", "1")])),
        format!("HSET big f v n {long}") => int(2),
        "COPY big large" => int(1),
        "OBJECT ENCODING large" => bulk("hashtable"),
        "HGETALL large" => unordered(map([("f", "v"), ("n", &long)])),
    }
}
