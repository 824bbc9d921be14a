//! `HSET key field value [field value …]`

use rkvs_tests::{expect::*, script};

#[test]
fn counts_the_fields_that_are_new() {
    script! {
        "HSET h a 1 b 2" => int(2),
        "HSET h b 3 c 4" => int(1),
        "HSET h a 1" => int(0),
        "HGETALL h" => unordered(map([("a", "1"), ("b", "3"), ("c", "4")])),
        "HSET h d 1 d 2" => int(1),
        "HGET h d" => bulk("2"),
        "HLEN h" => int(4),
    }
}

#[test]
fn large_fields_change_the_encoding_and_nothing_else() {
    let long = "x".repeat(65);
    script! {
        "HSET h f v" => int(1),
        "OBJECT ENCODING h" => bulk("listpack"),
        format!("HSET h g {long}") => int(1),
        "OBJECT ENCODING h" => bulk("hashtable"),
        "HGET h f" => bulk("v"),
        "HGET h g" => bulk(&long),
    }
}

#[test]
fn half_a_pair_is_an_error() {
    script! {
        "HSET h" => wrong_arity("hset"),
        "HSET h f" => wrong_arity("hset"),
        "HSET h f v g" => wrong_arity("hset"),
        "EXISTS h" => int(0),
        "SET s v" => ok(),
        "HSET s f v" => wrong_type(),
    }
}

#[test]
fn the_number_of_fields_changes_the_encoding() {
    let pairs = |range: std::ops::Range<usize>| range.map(|n| format!(" f{n} {n}")).collect::<String>();
    script! {
        format!("HSET h{}", pairs(0..512)) => int(512),
        "OBJECT ENCODING h" => bulk("listpack"),
        "HSET h f0 x" => int(0),
        "OBJECT ENCODING h" => bulk("listpack"),
        "HSET h f512 x" => int(1),
        "OBJECT ENCODING h" => bulk("hashtable"),
        format!("HSET h{}", pairs(0..520)) => int(7),
        "HLEN h" => int(520),
        "HDEL h f0" => int(1),
        "OBJECT ENCODING h" => bulk("hashtable"),
        "DEL h" => int(1),
        format!("HSET h{}", pairs(0..513)) => int(513),
        "OBJECT ENCODING h" => bulk("hashtable"),
    }
}

#[test]
fn deadlines_stay() {
    script! {
        "HSET h a 1" => int(1),
        "EXPIRE h 100" => int(1),
        "HSET h a 2 b 3" => int(1),
        "TTL h" => between(99, 100),
    }
}
