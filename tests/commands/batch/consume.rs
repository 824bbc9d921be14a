//! `BATCH CONSUME ALLORNOTHING | BESTEFFORT key [key …]`

use super::expect_report;
use rkvs_tests::{Protocol, Server, expect::*, script_of_ours};

#[test]
fn returns_and_removes() {
    let server = Server::rkvs();
    for protocol in [Protocol::Resp2, Protocol::Resp3] {
        let mut client = server.client_speaking(protocol);
        client.line("MSET a 1 b 2 c 3");
        client.line("HSET h f v");
        expect_report(&mut client, "BATCH CONSUME ALLORNOTHING b a", &[Some("2"), Some("1")], &[]);
        let errors = [(0, "a", "NOKEY"), (2, "c", "NOKEY"), (3, "h", "WRONGTYPE")];
        expect_report(&mut client, "BATCH CONSUME BESTEFFORT a c c h", &[None, Some("3"), None, None], &errors);
        assert_eq!(client.line("EXISTS a b c h"), int(1));
    }
}

#[test]
fn all_or_nothing_takes_nothing_when_one_is_absent() {
    script_of_ours! {
        "SET a 1" => ok(),
        "HSET h f v" => int(1),
        "BATCH CONSUME ALLORNOTHING none a h" => error(
            "BATCHFAILED 2 of 3 items cannot be done, nothing was changed: 0 NOKEY, 2 WRONGTYPE"
        ),
        "EXISTS a h" => int(2),
        "BATCH CONSUME ALLORNOTHING" => wrong_arity("batch|consume"),
        "BATCH CONSUME x a" => error("ERR syntax error"),
    }
}
