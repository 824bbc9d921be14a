//! `SUBSTR key start end`, the old name of GETRANGE

use rkvs_tests::{expect::*, script};

#[test]
fn answers_what_getrange_answers() {
    script! {
        "SET k 'This is a string'" => ok(),
        "SUBSTR k 0 3" => bulk("This"),
        "SUBSTR k -6 -1" => bulk("string"),
        "SUBSTR k 0 -100" => bulk("T"),
        "SUBSTR k 5 4" => bulk(""),
        "SUBSTR none 0 -1" => bulk(""),
    }
}

#[test]
fn errors_are_those_of_getrange_but_for_the_name() {
    script! {
        "HSET h f v" => int(1),
        "SUBSTR h 0 1" => wrong_type(),
        "SUBSTR h x 1" => error("ERR value is not an integer or out of range"),
        "SUBSTR k 1" => wrong_arity("substr"),
    }
}
