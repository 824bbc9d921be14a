//! `HEXISTS key field`

use rkvs_tests::{expect::*, script};

#[test]
fn tells_whether_there_is_such_a_field() {
    script! {
        "HEXISTS h a" => int(0),
        r#"HSET h a 1 "" empty 12 twelve"# => int(3),
        "HEXISTS h a" => int(1),
        "HEXISTS h A" => int(0),
        r#"HEXISTS h """# => int(1),
        "HEXISTS h 12" => int(1),
        "HEXISTS h 012" => int(0),
        "HEXISTS h" => wrong_arity("hexists"),
        "HEXISTS h a b" => wrong_arity("hexists"),
        "SET s v" => ok(),
        "HEXISTS s a" => wrong_type(),
    }
}
