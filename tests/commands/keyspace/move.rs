//! `MOVE key db`

use rkvs_tests::{expect::*, script};

#[test]
fn takes_value_and_deadline_along() {
    script! {
        "MOVE a 1" => int(0),
        "SET a 1 PXAT 33177117420123" => ok(),
        "MOVE a 1" => int(1),
        "EXISTS a" => int(0),
        "SELECT 1" => ok(),
        "GET a" => bulk("1"),
        "PEXPIRETIME a" => int(33_177_117_420_123),
        "SELECT 0" => ok(),
    }
}

#[test]
fn stays_where_the_other_database_has_it() {
    script! {
        "SET a here" => ok(),
        "SELECT 1" => ok(),
        "SET a there" => ok(),
        "SELECT 0" => ok(),
        "MOVE a 1" => int(0),
        "GET a" => bulk("here"),
        "SELECT 1" => ok(),
        "GET a" => bulk("there"),
        "SET a there PXAT 1" => ok(),
        "SELECT 0" => ok(),
        "MOVE a 1" => int(1),
        "SELECT 1" => ok(),
        "GET a" => bulk("here"),
        "TTL a" => int(-1),
        "SELECT 0" => ok(),
        "SET a v PXAT 1" => ok(),
        "MOVE a 2" => int(0),
    }
}

#[test]
fn wrong_requests_change_nothing() {
    let not_an_int = "ERR value is not an integer or out of range";
    let not_32_bits = "ERR value is out of range, value must between -2147483648 and 2147483647";
    script! {
        "SET k v" => ok(),
        "MOVE k 0" => error("ERR source and destination objects are the same"),
        "MOVE no 0" => error("ERR source and destination objects are the same"),
        "MOVE k 2147483647" => error("ERR DB index is out of range"),
        "MOVE no -1" => error("ERR DB index is out of range"),
        "MOVE k x" => error(not_an_int),
        "MOVE k 2147483648" => error(not_32_bits),
        "MOVE k -2147483649" => error(not_32_bits),
        "MOVE k" => wrong_arity("move"),
        "MOVE k 1 2" => wrong_arity("move"),
        "GET k" => bulk("v"),
    }
}

#[test]
fn a_transaction_sees_it_there_at_once() {
    script! {
        "SET a 1" => ok(),
        "MULTI" => ok(),
        "MOVE a 1" => simple("QUEUED"),
        "EXISTS a" => simple("QUEUED"),
        "SELECT 1" => simple("QUEUED"),
        "GET a" => simple("QUEUED"),
        "SELECT 0" => simple("QUEUED"),
        "EXEC" => array([int(1), int(0), ok(), bulk("1"), ok()]),
    }
}

#[test]
fn hashes_of_both_sizes_stay_whole() {
    let long = "x".repeat(65);
    script! {
        "HSET h f v n 1" => int(2),
        "MOVE h 1" => int(1),
        "SELECT 1" => ok(),
        "HLEN h" => int(2),
        "RENAME h g" => ok(),
        "HGETALL g" => unordered(map([("f", "v"), ("n", "1")])),
        "SELECT 0" => ok(),
        format!("HSET big f v n {long}") => int(2),
        "MOVE big 1" => int(1),
        "SELECT 1" => ok(),
        "HGETALL big" => unordered(map([("f", "v"), ("n", &long)])),
    }
}
