//! `MEMORY [DOCTOR | HELP | MALLOC-STATS | PURGE | STATS | USAGE]`

use std::time::{Duration, Instant};

use super::prose;
use rkvs_tests::{Server, Value, expect::*, script};

#[test]
fn usage_counts_a_key_with_its_value() {
    script! {
        "MEMORY USAGE k" => nil(),
        "SET k v" => ok(),
        "MEMORY USAGE k" => between(2, 200),
        "MEMORY USAGE k SAMPLES 5" => between(2, 200),
        "MEMORY USAGE k samples 0" => between(2, 200),
        "SETRANGE long 99999 x" => int(100_000),
        "MEMORY USAGE long" => between(100_000, 200_000),
        "MEMORY USAGE k SAMPLES" => error("ERR syntax error"),
        "MEMORY USAGE k SAMPLES x" => error("ERR value is not an integer or out of range"),
        "MEMORY USAGE k SAMPLES -1" => error("ERR syntax error"),
        "MEMORY USAGE k FOO 1" => error("ERR syntax error"),
        "MEMORY USAGE" => wrong_arity("memory|usage"),
        "MEMORY PURGE" => ok(),
        "MEMORY MALLOC-STATS" => satisfies("a report", |reply| prose(reply).lines().count() > 3),
        "MEMORY DOCTOR" => satisfies("that there is too little to say", |reply| {
            prose(reply).starts_with("Hi Sam, this instance is empty or is using very little memory")
        }),
        "MEMORY no-such" => error("ERR unknown subcommand 'no-such'. Try MEMORY HELP."),
        "MEMORY HELP" => satisfies("lines, HELP last", |reply| {
            reply.items().is_some_and(|lines| *lines[lines.len() - 2] == simple("HELP"))
        }),
    }
}

#[test]
fn stats_have_the_names_of_the_reference() {
    let names = |server: &Server| {
        let mut client = server.client();
        client.line("SET k v");
        let reply = client.line("MEMORY STATS");
        let fields: Vec<Value> = reply.items().expect("a flat list").into_iter().cloned().collect();
        fields.chunks(2).map(|pair| pair[0].text().expect("a name")).collect::<Vec<_>>()
    };
    let ours = names(&Server::rkvs());
    assert!(ours.contains(&"db.0".to_owned()) && ours.contains(&"keys.count".to_owned()), "{ours:?}");
    if let Some(redis) = Server::redis() {
        assert_eq!(ours, names(&redis));
    }
}

/// What has not gone back by then never will.
const WAIT_MAX: Duration = Duration::from_secs(20);

#[test]
fn a_purge_gives_the_system_back_what_removed_keys_have_left() {
    const KEYS: u64 = 200_000;
    // One key in so many stays: too many for the table to shrink by itself.
    const STAYS: u64 = 20;
    let server = Server::rkvs();
    let mut client = server.client();
    assert_eq!(client.line(&format!("DEBUG POPULATE {KEYS} key 100")), ok());
    let full_bytes = server.resident_bytes();
    let removals: Vec<Vec<String>> = (0..KEYS)
        .filter(|number| number % STAYS != 0)
        .collect::<Vec<_>>()
        .chunks(1_000)
        .map(|chunk| std::iter::once("DEL".into()).chain(chunk.iter().map(|number| format!("key:{number}"))).collect())
        .collect();
    client.pipeline(&removals);
    assert_eq!(client.line("DBSIZE"), int((KEYS / STAYS) as i64));
    assert_eq!(client.line("MEMORY PURGE"), ok());
    // Workers give back what they hold in their own time.
    let started = Instant::now();
    while server.resident_bytes() + KEYS * 80 > full_bytes {
        let now_bytes = server.resident_bytes();
        assert!(started.elapsed() < WAIT_MAX, "{full_bytes} bytes with all keys, {now_bytes} after the purge");
        client.line("PING");
    }
    assert_eq!(client.line("STRLEN key:0"), int(100));
    assert_eq!(client.line("DBSIZE"), int((KEYS / STAYS) as i64));
}
