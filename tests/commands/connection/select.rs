//! `SELECT index`

use rkvs_tests::{expect::*, script};

#[test]
fn databases_are_apart() {
    script! {
        "SET k zero" => ok(),
        "SELECT 1" => ok(),
        "GET k" => nil(),
        "SET k one" => ok(),
        "SELECT 0" => ok(),
        "GET k" => bulk("zero"),
        "SELECT 15" => ok(),
        "GET k" => nil(),
    }
}

#[test]
fn other_indexes_leave_the_database_as_it_is() {
    const BEYOND: &str = "ERR value is out of range, value must between -2147483648 and 2147483647";
    script! {
        "SET k zero" => ok(),
        "SELECT 16" => error("ERR DB index is out of range"),
        "SELECT -1" => error("ERR DB index is out of range"),
        "SELECT 2147483648" => error(BEYOND),
        "SELECT 4294967296" => error(BEYOND),
        "SELECT x" => error("ERR value is not an integer or out of range"),
        "SELECT ''" => error("ERR value is not an integer or out of range"),
        "SELECT 9223372036854775808" => error("ERR value is not an integer or out of range"),
        "SELECT" => wrong_arity("select"),
        "GET k" => bulk("zero"),
    }
}
