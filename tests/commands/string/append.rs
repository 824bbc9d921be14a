//! `APPEND key value`

use rkvs_tests::{expect::*, script};

#[test]
fn answers_the_new_length() {
    script! {
        "APPEND k abc" => int(3),
        r#"APPEND k "\x00\xff""# => int(5),
        "APPEND k ''" => int(5),
        "GET k" => bulk(b"abc\0\xff"),
        "APPEND empty ''" => int(0),
        "EXISTS empty" => int(1),
    }
}

#[test]
fn short_strings_grow_into_long_ones() {
    let (short, long) = ("a".repeat(2_040), "b".repeat(20_000));
    script! {
        format!("APPEND k {short}") => int(2_040),
        "APPEND k 12345678" => int(2_048),
        "APPEND k 9" => int(2_049),
        format!("APPEND k {long}") => int(22_049),
        "GETRANGE k 2038 2050" => bulk("aa123456789bb"),
        "STRLEN k" => int(22_049),
    }
}

#[test]
fn an_integer_is_raw_once_something_was_appended() {
    script! {
        "APPEND k 12" => int(2),
        "OBJECT ENCODING k" => bulk("int"),
        "APPEND k ''" => int(2),
        "OBJECT ENCODING k" => bulk("raw"),
        "APPEND k 3" => int(3),
        "INCR k" => int(124),
        "OBJECT ENCODING k" => bulk("int"),
        "SET k -5" => ok(),
        "APPEND k .5" => int(4),
        "GET k" => bulk("-5.5"),
    }
}

#[test]
fn the_deadline_is_kept() {
    script! {
        "SET k v EX 100" => ok(),
        "APPEND k w" => int(2),
        "TTL k" => between(98, 100),
        "SET gone v PXAT 1" => ok(),
        "APPEND gone w" => int(1),
        "TTL gone" => int(-1),
    }
}

#[test]
fn other_types_and_other_arities_are_errors() {
    script! {
        "HSET h f v" => int(1),
        "APPEND h v" => wrong_type(),
        "APPEND k" => wrong_arity("append"),
        "append k v w" => wrong_arity("append"),
        "EXISTS k" => int(0),
    }
}
