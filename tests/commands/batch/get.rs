//! `BATCH GET ALLORNOTHING | BESTEFFORT key [key …]`

use super::expect_report;
use rkvs_tests::{Protocol, Server, expect::*, script_of_ours};

#[test]
fn data_and_errors_stand_in_the_order_of_the_request() {
    let server = Server::rkvs();
    for protocol in [Protocol::Resp2, Protocol::Resp3] {
        let mut client = server.client_speaking(protocol);
        client.line("MSET a one b 2");
        client.line("HSET h f v");
        expect_report(&mut client, "BATCH GET ALLORNOTHING b a b", &[Some("2"), Some("one"), Some("2")], &[]);
        let data = [None, Some("2"), None, Some("one"), None];
        let errors = [(0, "none", "NOKEY"), (2, "h", "WRONGTYPE"), (4, "none", "NOKEY")];
        expect_report(&mut client, "BATCH GET BESTEFFORT none b h a none", &data, &errors);
        assert_eq!(
            client.line("BATCH GET ALLORNOTHING none a h"),
            error("BATCHFAILED 2 of 3 items cannot be done, nothing was changed: 0 NOKEY, 2 WRONGTYPE"),
        );
    }
}

#[test]
fn large_values_come_whole() {
    let server = Server::rkvs();
    let mut client = server.client();
    let large = "x".repeat(100_000);
    client.line(&format!("SET large {large}"));
    let reply = client.line("BATCH GET BESTEFFORT large");
    let data = reply.items().expect("a report")[9].items().expect("data")[0].text();
    assert_eq!(data, Some(large));
}

#[test]
fn wrong_requests_are_refused() {
    script_of_ours! {
        "BATCH GET ALLORNOTHING" => wrong_arity("batch|get"),
        "BATCH GET a b" => error("ERR syntax error"),
    }
}
