//! `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`

use std::collections::BTreeMap;

use rkvs_tests::{Client, Server, Value, binary, expect::*, script};

/// A whole iteration in one step.
fn all<const N: usize>(keys: [&str; N]) -> Value {
    array([bulk("0"), bulks(keys)])
}

#[test]
fn one_large_step_meets_every_key() {
    script! {
        "SCAN 0" => all([]),
        "SET a 1" => ok(),
        "SCAN 0 COUNT 1000" => all(["a"]),
        "SCAN 0 COUNT 9223372036854775807" => all(["a"]),
        "scan 0 count 1000 match a" => all(["a"]),
        "SCAN 0 MATCH b COUNT 1000" => all([]),
        "SCAN 0 MATCH b MATCH a COUNT 1 COUNT 1000" => all(["a"]),
        "SCAN 0 COUNT 1000 TYPE string" => all(["a"]),
        "SCAN 0 COUNT 1000 TYPE STRING MATCH *" => all(["a"]),
        "SCAN 0 COUNT 1000 TYPE hash" => all([]),
        "SCAN 0 COUNT 1000 TYPE no-such-type" => all([]),
        "SCAN 0 COUNT 1000 TYPE ''" => all([]),
        "SET a 1 PXAT 1" => ok(),
        "SCAN 0 COUNT 1000" => all([]),
    }
}

#[test]
fn a_type_is_a_filter() {
    script! {
        "SET s v" => ok(),
        "HSET h f v" => int(1),
        "SCAN 0 COUNT 1000 TYPE HASH" => all(["h"]),
        "SCAN 0 COUNT 1000 TYPE string" => all(["s"]),
        "SCAN 0 COUNT 1000 TYPE string MATCH h" => all([]),
        "SCAN 0 COUNT 1000 TYPE string TYPE hash" => all(["h"]),
    }
}

#[test]
fn the_empty_key_matches_the_star_alone() {
    script! {
        "SET '' v" => ok(),
        "SCAN 0 MATCH * COUNT 1000" => all([""]),
        "SCAN 0 MATCH '' COUNT 1000" => all([""]),
        "SCAN 0 MATCH ** COUNT 1000" => all([]),
    }
}

#[test]
fn a_transaction_scans_what_it_wrote() {
    script! {
        "MULTI" => ok(),
        "SET a 1" => simple("QUEUED"),
        "SCAN 0 COUNT 1000" => simple("QUEUED"),
        "EXEC" => array([ok(), all(["a"])]),
    }
}

#[test]
fn wrong_requests() {
    let syntax = error("ERR syntax error");
    let not_an_int = "ERR value is not an integer or out of range";
    script! {
        "SCAN" => wrong_arity("scan"),
        "SCAN x" => error("ERR invalid cursor"),
        "SCAN x COUNT 0" => error("ERR invalid cursor"),
        "SCAN ' 0'" => error("ERR invalid cursor"),
        "SCAN 18446744073709551616" => error("ERR invalid cursor"),
        "SCAN 0 COUNT 0" => syntax.clone(),
        "SCAN 0 COUNT -1" => syntax.clone(),
        "SCAN 0 COUNT" => syntax.clone(),
        "SCAN 0 MATCH" => syntax.clone(),
        "SCAN 0 TYPE" => syntax.clone(),
        "SCAN 0 NOVALUES" => syntax.clone(),
        "SCAN 0 COUNT 0 FOO" => syntax,
        "SCAN 0 COUNT x" => error(not_an_int),
        "SCAN 0 COUNT 9223372036854775808" => error(not_an_int),
    }
}

/// Walks through all keys and counts how often each is met; `between` runs between the steps.
fn walk(client: &mut Client, options: &str, mut between: impl FnMut(&mut Client)) -> BTreeMap<String, usize> {
    let (mut met, mut cursor) = (BTreeMap::new(), String::from("0"));
    loop {
        let reply = client.line(&format!("SCAN {cursor} {options}"));
        let [next, keys] = reply.items().expect("a cursor and keys")[..] else { panic!("two parts: {reply:?}") };
        for key in keys.items().expect("a list of keys") {
            *met.entry(key.text().expect("a key")).or_default() += 1;
        }
        cursor = next.text().expect("a cursor");
        if cursor == "0" {
            return met;
        }
        between(client);
    }
}

fn fill(client: &mut Client, name: &str, count: usize) {
    let sets: Vec<Vec<String>> = (0..count).map(|i| vec!["SET".into(), format!("{name}{i}"), "v".into()]).collect();
    client.pipeline(&sets);
}

#[test]
fn what_stays_is_met_exactly_once_while_others_come_and_go() {
    let server = Server::rkvs();
    let mut client = server.client();
    fill(&mut client, "stays", 2_000);
    fill(&mut client, "goes", 2_000);
    let mut step = 0;
    let met = walk(&mut client, "COUNT 50", |client| {
        step += 1;
        fill(client, &format!("comes{step}:"), 200);
        let goes: Vec<String> =
            std::iter::once("DEL".into()).chain((0..20).map(|i| format!("goes{}", step * 20 + i))).collect();
        client.cmd(&goes);
    });
    assert!(step > 20, "{step} steps");
    let stayed: Vec<_> = met.iter().filter(|(key, _)| key.starts_with("stays")).collect();
    assert_eq!(stayed.len(), 2_000);
    // The reference promises to meet each, not to meet it once.
    let once = met.values().all(|&times| times == 1);
    assert!(once || binary::rkvs_is_the_reference(), "a key is met twice");
}

#[test]
fn a_filter_leaves_the_others_out_of_every_step() {
    let server = Server::rkvs();
    let mut client = server.client();
    fill(&mut client, "a", 1_000);
    fill(&mut client, "b", 1_000);
    let met = walk(&mut client, "MATCH b*", |_| ());
    assert_eq!(met.len(), 1_000);
    assert!(met.iter().all(|(key, &times)| key.starts_with('b') && times == 1));
    // One step over everything crosses many slices of many shards.
    let met = walk(&mut client, "COUNT 1000000", |_| ());
    assert_eq!((met.len(), met.values().sum()), (2_000, 2_000));
}
