//! `RENAME key newkey`

use rkvs_tests::{expect::*, script};

#[test]
fn takes_value_and_deadline_along_and_replaces() {
    script! {
        "SET a 1 PXAT 33177117420123" => ok(),
        "SET b 2" => ok(),
        "RENAME a b" => ok(),
        "EXISTS a" => int(0),
        "GET b" => bulk("1"),
        "PEXPIRETIME b" => int(33_177_117_420_123),
        "SET a 3" => ok(),
        "RENAME a b" => ok(),
        "GET b" => bulk("3"),
        "TTL b" => int(-1),
        "DBSIZE" => int(1),
    }
}

#[test]
fn a_key_that_is_not_there_has_no_name_to_change() {
    script! {
        "RENAME a b" => error("ERR no such key"),
        "RENAME a a" => error("ERR no such key"),
        "SET b 2" => ok(),
        "SET a 1 PXAT 1" => ok(),
        "RENAME a b" => error("ERR no such key"),
        "GET b" => bulk("2"),
        "RENAME a" => wrong_arity("rename"),
    }
}

#[test]
fn its_own_name_changes_nothing() {
    script! {
        "SET a 1" => ok(),
        "WATCH a" => ok(),
        "RENAME a a" => ok(),
        "MULTI" => ok(),
        "EXEC" => array([]),
        "GET a" => bulk("1"),
    }
}

#[test]
fn both_names_break_a_watch() {
    script! {
        "SET a 1" => ok(),
        "WATCH b" => ok(),
        "RENAME a b" => ok(),
        "MULTI" => ok(),
        "EXEC" => nil_array(),
        "WATCH b" => ok(),
        "RENAME b a" => ok(),
        "MULTI" => ok(),
        "EXEC" => nil_array(),
    }
}

#[test]
fn hashes_of_both_sizes_stay_whole() {
    let long = "x".repeat(65);
    script! {
        "HSET h f v n 1" => int(2),
        "RENAME h g" => ok(),
        "HGETALL g" => unordered(map([("f", "v"), ("n", "1")])),
        "EXISTS h" => int(0),
        format!("HSET big f v n {long}") => int(2),
        "RENAME big large" => ok(),
        "OBJECT ENCODING large" => bulk("hashtable"),
        "HGETALL large" => unordered(map([("f", "v"), ("n", &long)])),
    }
}
