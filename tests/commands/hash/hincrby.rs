//! `HINCRBY key field increment`

use rkvs_tests::{expect::*, script};

#[test]
fn adds_to_the_field_or_to_zero() {
    script! {
        "HINCRBY h a 5" => int(5),
        "HINCRBY h a -7" => int(-2),
        "HINCRBY h b 0" => int(0),
        "HGETALL h" => map([("a", "-2"), ("b", "0")]),
    }
}

#[test]
fn sums_stay_within_64_bits() {
    script! {
        "HSET h max 9223372036854775806 min -9223372036854775807" => int(2),
        "HINCRBY h max 1" => int(i64::MAX),
        "HINCRBY h max 1" => error("ERR increment or decrement would overflow"),
        "HINCRBY h min -1" => int(i64::MIN),
        "HINCRBY h min -1" => error("ERR increment or decrement would overflow"),
        "HINCRBY h min 9223372036854775807" => int(-1),
        "HINCRBY h max -9223372036854775808" => int(-1),
    }
}

#[test]
fn what_is_no_integer_is_refused() {
    script! {
        r#"HSET h word v space " 1" zero 01 float 1.5 empty "" big 9223372036854775808"# => int(6),
        "HINCRBY h word 1" => error("ERR hash value is not an integer"),
        "HINCRBY h space 1" => error("ERR hash value is not an integer"),
        "HINCRBY h zero 1" => error("ERR hash value is not an integer"),
        "HINCRBY h float 1" => error("ERR hash value is not an integer"),
        "HINCRBY h empty 1" => error("ERR hash value is not an integer"),
        "HINCRBY h big 1" => error("ERR hash value is not an integer"),
        "HINCRBY h a x" => error("ERR value is not an integer or out of range"),
        "HINCRBY h a 9223372036854775808" => error("ERR value is not an integer or out of range"),
        "HINCRBY h a 1.0" => error("ERR value is not an integer or out of range"),
        "HINCRBY none a x" => error("ERR value is not an integer or out of range"),
        "EXISTS none" => int(0),
        "HINCRBY h a" => wrong_arity("hincrby"),
        "HINCRBY h a 1 2" => wrong_arity("hincrby"),
        "HLEN h" => int(6),
        "SET s v" => ok(),
        "HINCRBY s a 1" => wrong_type(),
        "HINCRBY s a x" => error("ERR value is not an integer or out of range"),
    }
}

#[test]
fn long_field_names_and_deadlines_are_kept() {
    let long = "x".repeat(65);
    script! {
        "HINCRBY h a 1" => int(1),
        "EXPIRE h 100" => int(1),
        format!("HINCRBY h {long} 1") => int(1),
        "OBJECT ENCODING h" => bulk("hashtable"),
        "HINCRBY h a 1" => int(2),
        "TTL h" => between(99, 100),
    }
}
