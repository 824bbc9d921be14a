//! `HDEL key field [field …]`

use rkvs_tests::{expect::*, script};

#[test]
fn counts_the_fields_that_were_there() {
    script! {
        "HDEL h a" => int(0),
        "HSET h a 1 b 2 c 3" => int(3),
        "HDEL h a x b a" => int(2),
        "HGETALL h" => map([("c", "3")]),
        "HDEL h" => wrong_arity("hdel"),
        "SET s v" => ok(),
        "HDEL s a" => wrong_type(),
    }
}

#[test]
fn the_hash_goes_with_its_last_field() {
    script! {
        "HSET h a 1" => int(1),
        "EXPIRE h 100" => int(1),
        "HDEL h a" => int(1),
        "EXISTS h" => int(0),
        "HSET h a 1" => int(1),
        "TTL h" => int(-1),
        "HDEL h a b c" => int(1),
        "TYPE h" => simple("none"),
    }
}

#[test]
fn large_hashes_stay_large_until_they_are_gone() {
    let long = "x".repeat(65);
    script! {
        format!("HSET h a {long} b 1") => int(2),
        "HDEL h a" => int(1),
        "OBJECT ENCODING h" => bulk("hashtable"),
        "HDEL h b" => int(1),
        "HSET h a 1" => int(1),
        "OBJECT ENCODING h" => bulk("listpack"),
    }
}
