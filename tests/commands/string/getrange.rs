//! `GETRANGE key start end`

use rkvs_tests::{expect::*, script};

#[test]
fn positions_count_from_either_end() {
    script! {
        "SET k 'This is a string'" => ok(),
        "GETRANGE k 0 3" => bulk("This"),
        "GETRANGE k -3 -1" => bulk("ing"),
        "GETRANGE k 0 -1" => bulk("This is a string"),
        "GETRANGE k 10 100" => bulk("string"),
        "GETRANGE k 5 5" => bulk("i"),
        "GETRANGE k -100 3" => bulk("This"),
        "GETRANGE k 5 -1000" => bulk(""),
        "GETRANGE k 16 20" => bulk(""),
        "GETRANGE k 5 4" => bulk(""),
        "GETRANGE k -1 -2" => bulk(""),
    }
}

#[test]
fn an_end_before_the_string_is_its_first_byte() {
    script! {
        "SET k abc" => ok(),
        "GETRANGE k 0 -100" => bulk("a"),
        "GETRANGE k -100 -99" => bulk("a"),
        "GETRANGE k -99 -100" => bulk(""),
        "GETRANGE k -9223372036854775808 9223372036854775807" => bulk("abc"),
        "GETRANGE k 9223372036854775807 -9223372036854775808" => bulk(""),
    }
}

#[test]
fn integers_and_long_strings_are_cut_like_others() {
    let long = "0123456789".repeat(5_000);
    script! {
        "SET n -12345" => ok(),
        "GETRANGE n 0 2" => bulk("-12"),
        "GETRANGE n -2 -1" => bulk("45"),
        format!("SET k {long}") => ok(),
        "GETRANGE k 0 -1" => bulk(&long),
        "GETRANGE k 0 -2" => bulk(&long[..49_999]),
        "GETRANGE k 49998 60000" => bulk("89"),
    }
}

#[test]
fn nothing_is_an_empty_string() {
    script! {
        "GETRANGE none 0 -1" => bulk(""),
        "SET k ''" => ok(),
        "GETRANGE k 0 -1" => bulk(""),
        "GETRANGE k 0 0" => bulk(""),
    }
}

#[test]
fn positions_are_looked_at_before_the_key() {
    let not_an_integer = error("ERR value is not an integer or out of range");
    script! {
        "HSET h f v" => int(1),
        "GETRANGE h x 1" => not_an_integer.clone(),
        "GETRANGE h 1 x" => not_an_integer.clone(),
        "GETRANGE h 0 1" => wrong_type(),
        "GETRANGE none 0 9223372036854775808" => not_an_integer,
        "GETRANGE k 1" => wrong_arity("getrange"),
        "GETRANGE k 1 2 3" => wrong_arity("getrange"),
    }
}
