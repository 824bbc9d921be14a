//! `HSTRLEN key field`

use rkvs_tests::{expect::*, script};

#[test]
fn tells_the_length_as_a_client_sees_it() {
    let long = "x".repeat(70_000);
    script! {
        "HSTRLEN h a" => int(0),
        r#"HSET h word word number -12345 empty "" max -9223372036854775808"# => int(4),
        "HSTRLEN h word" => int(4),
        "HSTRLEN h number" => int(6),
        "HSTRLEN h empty" => int(0),
        "HSTRLEN h max" => int(20),
        "HSTRLEN h none" => int(0),
        format!("HSET h long {long}") => int(1),
        "HSTRLEN h long" => int(70_000),
        "HSTRLEN h number" => int(6),
        "HSTRLEN h" => wrong_arity("hstrlen"),
        "HSTRLEN h a b" => wrong_arity("hstrlen"),
        "SET s v" => ok(),
        "HSTRLEN s a" => wrong_type(),
    }
}
