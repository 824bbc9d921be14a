//! `ECHO message`

use rkvs_tests::{expect::*, script};

#[test]
fn answers_the_message() {
    script! {
        "ECHO hello" => bulk("hello"),
        r#"ECHO "\x00\r\n""# => bulk("\0\r\n"),
        "ECHO" => wrong_arity("echo"),
        "ECHO a b" => wrong_arity("echo"),
    }
}
