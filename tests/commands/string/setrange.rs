//! `SETRANGE key offset value`

use rkvs_tests::{expect::*, script};

#[test]
fn overwrites_and_grows() {
    script! {
        "SET k 'Hello World'" => ok(),
        "SETRANGE k 6 Redis" => int(11),
        "GET k" => bulk("Hello Redis"),
        "SETRANGE k 6 everybody" => int(15),
        "GET k" => bulk("Hello everybody"),
        "SETRANGE k 0 J" => int(15),
        "SETRANGE k 15 !" => int(16),
        "GET k" => bulk("Jello everybody!"),
    }
}

#[test]
fn gaps_are_zero_bytes() {
    script! {
        "SETRANGE k 3 x" => int(4),
        "GET k" => bulk(b"\0\0\0x"),
        "SETRANGE k 6 yz" => int(8),
        "GET k" => bulk(b"\0\0\0x\0\0yz"),
        "SETRANGE k 50000 end" => int(50_003),
        "GETRANGE k 6 9" => bulk(b"yz\0\0"),
        "GETRANGE k 49999 -1" => bulk(b"\0end"),
        "SETRANGE new 30000 end" => int(30_003),
        "GETRANGE new 29998 -1" => bulk(b"\0\0end"),
    }
}

#[test]
fn nothing_to_write_changes_nothing() {
    script! {
        "SETRANGE none 0 ''" => int(0),
        "SETRANGE none 9223372036854775807 ''" => int(0),
        "EXISTS none" => int(0),
        "SET k 123" => ok(),
        "SETRANGE k 9223372036854775807 ''" => int(3),
        "OBJECT ENCODING k" => bulk("int"),
    }
}

#[test]
fn the_string_is_raw_afterwards_and_keeps_its_deadline() {
    script! {
        "SET k 123 EX 100" => ok(),
        "SETRANGE k 1 9" => int(3),
        "GET k" => bulk("193"),
        "OBJECT ENCODING k" => bulk("raw"),
        "TTL k" => between(98, 100),
        "SETRANGE new 0 12" => int(2),
        "OBJECT ENCODING new" => bulk("raw"),
        "SET gone v PXAT 1" => ok(),
        "SETRANGE gone 1 x" => int(2),
        "GET gone" => bulk(b"\0x"),
        "TTL gone" => int(-1),
    }
}

#[test]
fn the_longest_string_is_bounded() {
    let too_long = error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    script! {
        "SET k v" => ok(),
        "SETRANGE k 536870912 x" => too_long.clone(),
        "SETRANGE k 536870911 xy" => too_long.clone(),
        "SETRANGE k 9223372036854775807 x" => too_long.clone(),
        "SETRANGE none 536870912 x" => too_long,
        "EXISTS none" => int(0),
        "GET k" => bulk("v"),
    }
}

#[test]
fn wrong_offsets_and_types_are_errors() {
    script! {
        "HSET h f v" => int(1),
        "SETRANGE h 0 x" => wrong_type(),
        "SETRANGE h 0 ''" => wrong_type(),
        "SETRANGE h 536870912 x" => wrong_type(),
        "SETRANGE h -1 x" => error("ERR offset is out of range"),
        "SETRANGE k -9223372036854775808 ''" => error("ERR offset is out of range"),
        "SETRANGE h x x" => error("ERR value is not an integer or out of range"),
        "SETRANGE k 9223372036854775808 x" => error("ERR value is not an integer or out of range"),
        "SETRANGE k 0" => wrong_arity("setrange"),
        "SETRANGE k 0 a b" => wrong_arity("setrange"),
        "EXISTS k" => int(0),
    }
}
