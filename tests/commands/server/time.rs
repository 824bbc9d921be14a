//! `TIME`

use std::time::{SystemTime, UNIX_EPOCH};

use rkvs_tests::{Server, expect::*, script};

#[test]
fn takes_no_arguments() {
    script! { "TIME x" => wrong_arity("time") }
}

#[test]
fn answers_seconds_and_microseconds_of_the_clock() {
    for server in std::iter::once(Server::rkvs()).chain(Server::redis()) {
        let since = || SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_micros();
        let before = since();
        let reply = server.client().line("TIME");
        let parts: Vec<u128> = reply
            .items()
            .expect("a list")
            .iter()
            .map(|part| part.text().expect("digits").parse::<u128>().expect("a number"))
            .collect();
        let (seconds, micros) = (parts[0], parts[1]);
        assert!(micros < 1_000_000 && parts.len() == 2, "{reply:?}");
        assert!((before..=since()).contains(&(seconds * 1_000_000 + micros)), "{reply:?}");
    }
}
