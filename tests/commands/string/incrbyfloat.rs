//! `INCRBYFLOAT key increment`

use rkvs_tests::{expect::*, script};

#[test]
fn sums_have_no_more_digits_than_they_need() {
    script! {
        "INCRBYFLOAT k 0.1" => bulk("0.1"),
        "INCRBYFLOAT k 0.2" => bulk("0.3"),
        "INCRBYFLOAT k -0.3" => bulk("0"),
        "SET k 10.50" => ok(),
        "INCRBYFLOAT k 0.1" => bulk("10.6"),
        "INCRBYFLOAT k -5" => bulk("5.6"),
        "SET k 5.0e3" => ok(),
        "INCRBYFLOAT k 2.0e2" => bulk("5200"),
        "INCRBYFLOAT k 0x10" => bulk("5216"),
        "SET k 3" => ok(),
        "INCRBYFLOAT k 1.17" => bulk("4.17"),
        "INCRBYFLOAT k 1e-20" => bulk("4.17"),
        "SET k 17179869184" => ok(),
        "INCRBYFLOAT k 1.5" => bulk("17179869185.5"),
    }
}

#[test]
fn a_whole_sum_is_no_integer_by_encoding_but_counts_as_one() {
    script! {
        "SET k 1.5" => ok(),
        "INCRBYFLOAT k 1.5" => bulk("3"),
        "OBJECT ENCODING k" => bulk("embstr"),
        "INCR k" => int(4),
        "OBJECT ENCODING k" => bulk("int"),
        "INCRBYFLOAT k 1" => bulk("5"),
        "OBJECT ENCODING k" => bulk("embstr"),
    }
}

#[test]
fn the_deadline_is_kept() {
    script! {
        "SET k 1 EX 100" => ok(),
        "INCRBYFLOAT k 0.5" => bulk("1.5"),
        "TTL k" => between(98, 100),
        "SET gone 1 PXAT 1" => ok(),
        "INCRBYFLOAT gone 0.5" => bulk("0.5"),
        "TTL gone" => int(-1),
    }
}

#[test]
fn what_is_no_number_is_refused() {
    let not_a_float = error("ERR value is not a valid float");
    script! {
        r#"MSET text abc space " 1" nan nan empty ''"# => ok(),
        "INCRBYFLOAT text 1" => not_a_float.clone(),
        "INCRBYFLOAT space 1" => not_a_float.clone(),
        "INCRBYFLOAT nan 1" => not_a_float.clone(),
        "INCRBYFLOAT empty 1" => not_a_float.clone(),
        "INCRBYFLOAT k abc" => not_a_float.clone(),
        "INCRBYFLOAT k ''" => not_a_float.clone(),
        r#"INCRBYFLOAT k "1 ""# => not_a_float.clone(),
        "INCRBYFLOAT k nan" => not_a_float,
        "EXISTS k" => int(0),
        "GET text" => bulk("abc"),
    }
}

#[test]
fn a_sum_that_is_not_finite_is_refused() {
    let not_finite = error("ERR increment would produce NaN or Infinity");
    script! {
        "INCRBYFLOAT k +inf" => not_finite.clone(),
        "INCRBYFLOAT k -inf" => not_finite.clone(),
        "EXISTS k" => int(0),
        "SET k inf" => ok(),
        "INCRBYFLOAT k 1" => not_finite.clone(),
        "SET k 1.1e4932" => ok(),
        "INCRBYFLOAT k 1.1e4932" => not_finite,
        "GET k" => bulk("1.1e4932"),
    }
}

#[test]
fn other_types_and_other_arities_are_errors() {
    script! {
        "HSET h f v" => int(1),
        "INCRBYFLOAT h 1" => wrong_type(),
        "INCRBYFLOAT h x" => wrong_type(),
        "INCRBYFLOAT k" => wrong_arity("incrbyfloat"),
        "INCRBYFLOAT k 1 2" => wrong_arity("incrbyfloat"),
    }
}
