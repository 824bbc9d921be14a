//! `FLUSHALL [ASYNC | SYNC]`

use std::time::{Duration, Instant};

use rkvs_tests::{Server, expect::*, script};

#[test]
fn empties_all_databases() {
    script! {
        "MSET a 1 b 2" => ok(),
        "SELECT 1" => ok(),
        "SET c 3" => ok(),
        "SELECT 0" => ok(),
        "FLUSHALL" => ok(),
        "DBSIZE" => int(0),
        "SELECT 1" => ok(),
        "DBSIZE" => int(0),
        "SELECT 0" => ok(),
    }
}

#[test]
fn both_modes_and_no_other() {
    script! {
        "FLUSHALL ASYNC" => ok(),
        "SET a 1" => ok(),
        "FLUSHALL async" => ok(),
        "EXISTS a" => int(0),
        "SET a 1" => ok(),
        "FLUSHALL SYNC" => ok(),
        "EXISTS a" => int(0),
        "SET a 1" => ok(),
        "FLUSHALL foo" => error("ERR syntax error"),
        "FLUSHALL SYNC ASYNC" => error("ERR syntax error"),
        "FLUSHALL ''" => error("ERR syntax error"),
        "EXISTS a" => int(1),
    }
}

#[test]
fn watched_keys_that_were_there_have_changed() {
    script! {
        "SET a 1" => ok(),
        "WATCH a" => ok(),
        "FLUSHALL" => ok(),
        "MULTI" => ok(),
        "EXEC" => nil_array(),
        "WATCH a" => ok(),
        "FLUSHALL" => ok(),
        "MULTI" => ok(),
        "EXEC" => array([]),
    }
}

#[test]
fn a_transaction_goes_on_behind_it() {
    script! {
        "SET a 1" => ok(),
        "MULTI" => ok(),
        "SET b 2" => simple("QUEUED"),
        "FLUSHALL" => simple("QUEUED"),
        "DBSIZE" => simple("QUEUED"),
        "SET c 3" => simple("QUEUED"),
        "EXEC" => array([ok(), ok(), int(0), ok()]),
        "KEYS *" => bulks(["c"]),
    }
}

#[test]
fn large_values_leave_the_process() {
    const COUNT: u64 = 100;
    const LEN: u64 = 1 << 20;
    let server = Server::rkvs();
    let mut client = server.client();
    let before = server.resident_bytes();
    for key in 0..COUNT {
        assert_eq!(client.cmd(&[b"SET", key.to_string().as_bytes(), &vec![b'x'; LEN as usize]]), ok());
    }
    assert!(server.resident_bytes() >= before + COUNT * LEN);
    assert_eq!(client.line("FLUSHALL"), ok());
    // Without anybody who asks for it: the allocator keeps what is free for a second.
    let deadline = Instant::now() + Duration::from_secs(20);
    while server.resident_bytes() > before + COUNT * LEN / 4 {
        assert!(Instant::now() < deadline, "{before} bytes before, {} after", server.resident_bytes());
        std::thread::yield_now();
    }
}
