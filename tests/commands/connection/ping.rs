//! `PING [message]`

use rkvs_tests::{expect::*, script};

#[test]
fn answers_pong_or_the_message() {
    script! {
        "PING" => simple("PONG"),
        "PING hello" => bulk("hello"),
        "PING ''" => bulk(""),
        "PING a b" => wrong_arity("ping"),
    }
}
