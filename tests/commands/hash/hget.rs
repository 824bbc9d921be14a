//! `HGET key field`

use rkvs_tests::{expect::*, script};

#[test]
fn returns_the_value_or_nothing() {
    script! {
        "HGET h a" => nil(),
        r#"HSET h a 1 b "\x00\r\n" c """# => int(3),
        "HGET h a" => bulk("1"),
        "HGET h b" => bulk("\0\r\n"),
        "HGET h c" => bulk(""),
        "HGET h d" => nil(),
        "HGET h" => wrong_arity("hget"),
        "HGET h a b" => wrong_arity("hget"),
        "SET s v" => ok(),
        "HGET s a" => wrong_type(),
    }
}

#[test]
fn values_come_back_as_they_were_written() {
    let long = "v".repeat(40_000);
    script! {
        "HSET h a 007 b -0 c 9223372036854775807 d -9223372036854775808 e 9223372036854775808 f +1 g 1e3" => int(7),
        "HMGET h a b c d e f g" => bulks([
            "007", "-0", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "+1", "1e3",
        ]),
        format!("HSET h long {long}") => int(1),
        "HGET h long" => bulk(&long),
        "HMGET h a b c d e f g" => bulks([
            "007", "-0", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "+1", "1e3",
        ]),
    }
}
