//! `BATCH UPDATE ALLORNOTHING | BESTEFFORT key value [key value …]`

use super::expect_report;
use rkvs_tests::{Protocol, Server, expect::*, script_of_ours};

#[test]
fn replaces_only_what_is_there() {
    let server = Server::rkvs();
    for protocol in [Protocol::Resp2, Protocol::Resp3] {
        let mut client = server.client_speaking(protocol);
        client.line("MSET a 1 b 2");
        client.line("DEL none");
        expect_report(&mut client, "BATCH UPDATE ALLORNOTHING a 3 b 4", &[Some("1"), Some("2")], &[]);
        let data = [Some("3"), None, Some("5")];
        expect_report(&mut client, "BATCH UPDATE BESTEFFORT a 5 none 6 a 7", &data, &[(1, "none", "NOKEY")]);
        assert_eq!(client.line("MGET a b"), bulks(["7", "4"]));
        assert_eq!(client.line("EXISTS none"), int(0));
    }
}

#[test]
fn all_or_nothing_changes_nothing_when_one_is_absent() {
    script_of_ours! {
        "SET a 1" => ok(),
        "BATCH UPDATE ALLORNOTHING x 1 a 2 y 3" => error(
            "BATCHFAILED 2 of 3 items cannot be done, nothing was changed: 0 NOKEY, 2 NOKEY"
        ),
        "GET a" => bulk("1"),
        "BATCH UPDATE ALLORNOTHING a 1 b" => wrong_arity("batch|update"),
        "BATCH UPDATE NEVER a 1" => error("ERR syntax error"),
    }
}
