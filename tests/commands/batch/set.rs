//! `BATCH SET ALLORNOTHING | BESTEFFORT key value [key value …]`

use super::expect_report;
use rkvs_tests::{Protocol, Server, expect::*, script_of_ours};

#[test]
fn answers_the_values_replaced() {
    let server = Server::rkvs();
    for protocol in [Protocol::Resp2, Protocol::Resp3] {
        let mut client = server.client_speaking(protocol);
        for mode in ["ALLORNOTHING", "besteffort"] {
            client.line("DEL a b c");
            expect_report(&mut client, &format!("BATCH SET {mode} a 1 b 2"), &[None, None], &[]);
            expect_report(&mut client, &format!("BATCH SET {mode} c 3 a 4"), &[None, Some("1")], &[]);
            assert_eq!(client.line("MGET a b c"), bulks(["4", "2", "3"]));
        }
    }
}

#[test]
fn a_key_named_twice_is_written_twice() {
    let server = Server::rkvs();
    let mut client = server.client();
    for mode in ["ALLORNOTHING", "BESTEFFORT"] {
        client.line("DEL a");
        expect_report(&mut client, &format!("BATCH SET {mode} a 1 a 2 a 3"), &[None, Some("1"), Some("2")], &[]);
        assert_eq!(client.line("GET a"), bulk("3"));
    }
}

#[test]
fn all_or_nothing_names_every_item_and_changes_nothing() {
    script_of_ours! {
        "HSET h f v" => int(1),
        "HSET i f v" => int(1),
        "BATCH SET ALLORNOTHING a 1 h 2 b 3 i 4" => error(
            "BATCHFAILED 2 of 4 items cannot be done, nothing was changed: 1 WRONGTYPE, 3 WRONGTYPE"
        ),
        "EXISTS a b" => int(0),
        "TYPE h" => simple("hash"),
    }
}

#[test]
fn best_effort_does_what_can_be_done() {
    let server = Server::rkvs();
    let mut client = server.client();
    client.line("HSET h f v");
    let data = [None, None, None];
    expect_report(&mut client, "BATCH SET BESTEFFORT a 1 h 2 b 3", &data, &[(1, "h", "WRONGTYPE")]);
    assert_eq!(client.line("MGET a b"), bulks(["1", "3"]));
    assert_eq!(client.line("TYPE h"), simple("hash"));
}

#[test]
fn limits_hold_in_both_modes() {
    let server = Server::rkvs();
    let mut client = server.client();
    client.line("NAMESPACE CREATE small MAXKEYS 3 MAXVALUESIZE 4");
    client.line("NAMESPACE USE small");
    assert_eq!(
        client.line("BATCH SET ALLORNOTHING a 1 b 12345 c 3 d 123456"),
        error("BATCHFAILED 2 of 4 items cannot be done, nothing was changed: 1 VALUETOOLARGE, 3 VALUETOOLARGE"),
    );
    assert_eq!(
        client.line("BATCH SET ALLORNOTHING a 1 b 2 c 3 d 4 e 5"),
        error("BATCHFAILED 2 of 5 items cannot be done, nothing was changed: 3 MAXKEYS, 4 MAXKEYS"),
    );
    assert_eq!(
        client.line("BATCH SET ALLORNOTHING a 1 b 2 d 3 a 4 e 5 d 6 e 7"),
        error("BATCHFAILED 2 of 7 items cannot be done, nothing was changed: 4 MAXKEYS, 6 MAXKEYS"),
    );
    assert_eq!(client.line("EXISTS a b c d e"), int(0));
    let data = [None; 5];
    let errors = [(1, "b", "VALUETOOLARGE"), (4, "e", "MAXKEYS")];
    expect_report(&mut client, "BATCH SET BESTEFFORT a 1 b 12345 c 3 d 4 e 5", &data, &errors);
    assert_eq!(client.line("EXISTS a b c d e"), int(3));
}

#[test]
fn wrong_requests_are_refused() {
    script_of_ours! {
        "BATCH SET ALLORNOTHING a" => wrong_arity("batch|set"),
        "BATCH SET ALLORNOTHING a 1 b" => wrong_arity("batch|set"),
        "BATCH SET SOMETIMES a 1" => error("ERR syntax error"),
        "BATCH" => wrong_arity("batch"),
        "BATCH NOSUCH x y z" => error("ERR unknown subcommand 'NOSUCH'. Try BATCH HELP."),
        "EXISTS a b" => int(0),
    }
}

#[test]
fn works_in_a_transaction() {
    script_of_ours! {
        "HSET h f v" => int(1),
        "MULTI" => ok(),
        "BATCH SET ALLORNOTHING a 1 b 2" => simple("QUEUED"),
        "BATCH SET ALLORNOTHING a 3 h 4" => simple("QUEUED"),
        "EXEC" => satisfies("a report and an error", |reply| {
            reply.items().is_some_and(|items| items.len() == 2 && error_starting("BATCHFAILED").accepts(items[1], Protocol::Resp2))
        }),
        "MGET a b" => bulks(["1", "2"]),
    }
}
