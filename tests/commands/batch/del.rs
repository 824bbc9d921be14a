//! `BATCH DEL ALLORNOTHING | BESTEFFORT key [key …]`

use super::expect_report;
use rkvs_tests::{Protocol, Server, expect::*, script_of_ours};

#[test]
fn removes_keys_of_any_type() {
    let server = Server::rkvs();
    for protocol in [Protocol::Resp2, Protocol::Resp3] {
        let mut client = server.client_speaking(protocol);
        client.line("SET a 1");
        client.line("HSET h f v");
        expect_report(&mut client, "BATCH DEL ALLORNOTHING a h", &[Some("1"), Some("1")], &[]);
        assert_eq!(client.line("EXISTS a h"), int(0));
        client.line("SET a 1");
        let errors = [(0, "none", "NOKEY"), (2, "a", "NOKEY")];
        expect_report(&mut client, "BATCH DEL BESTEFFORT none a a", &[None, Some("1"), None], &errors);
    }
}

#[test]
fn all_or_nothing_removes_nothing_when_one_is_absent() {
    script_of_ours! {
        "SET a 1" => ok(),
        "BATCH DEL ALLORNOTHING a none" => error(
            "BATCHFAILED 1 of 2 items cannot be done, nothing was changed: 1 NOKEY"
        ),
        "BATCH DEL ALLORNOTHING a a" => error(
            "BATCHFAILED 1 of 2 items cannot be done, nothing was changed: 1 NOKEY"
        ),
        "GET a" => bulk("1"),
        "BATCH DEL ALLORNOTHING" => wrong_arity("batch|del"),
        "BATCH DEL EVERYTHING a" => error("ERR syntax error"),
    }
}
