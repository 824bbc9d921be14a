//! `SWAPDB index1 index2`

use rkvs_tests::{Server, Value, expect::*, script};

#[test]
fn each_has_the_keys_of_the_other() {
    script! {
        "SET a 0" => ok(),
        "SELECT 1" => ok(),
        "SET a 1 PXAT 33177117420123" => ok(),
        "SWAPDB 0 1" => ok(),
        "GET a" => bulk("0"),
        "TTL a" => int(-1),
        "SELECT 0" => ok(),
        "GET a" => bulk("1"),
        "PEXPIRETIME a" => int(33_177_117_420_123),
        "SWAPDB 0 5" => ok(),
        "DBSIZE" => int(0),
        "SWAPDB 5 0" => ok(),
        "GET a" => bulk("1"),
        "SWAPDB 0 0" => ok(),
        "GET a" => bulk("1"),
    }
}

#[test]
fn wrong_requests_change_nothing() {
    let range = "ERR DB index is out of range";
    script! {
        "SET a 0" => ok(),
        "SWAPDB x 1" => error("ERR invalid first DB index"),
        "SWAPDB 2147483648 y" => error("ERR invalid first DB index"),
        "SWAPDB 0 y" => error("ERR invalid second DB index"),
        "SWAPDB 99 y" => error("ERR invalid second DB index"),
        "SWAPDB 0 -2147483649" => error("ERR invalid second DB index"),
        "SWAPDB 0 2147483647" => error(range),
        "SWAPDB -1 0" => error(range),
        "SWAPDB 99 99" => error(range),
        "SWAPDB 0" => wrong_arity("swapdb"),
        "GET a" => bulk("0"),
    }
}

#[test]
fn watched_keys_of_either_have_changed() {
    script! {
        "SET a 0" => ok(),
        "WATCH a" => ok(),
        "SWAPDB 0 1" => ok(),
        "MULTI" => ok(),
        "EXEC" => nil_array(),
        "WATCH a" => ok(),
        "SWAPDB 0 1" => ok(),
        "MULTI" => ok(),
        "EXEC" => nil_array(),
        "WATCH none" => ok(),
        "SWAPDB 0 1" => ok(),
        "MULTI" => ok(),
        "EXEC" => array([]),
        "SWAPDB 0 1" => ok(),
    }
}

#[test]
fn a_transaction_goes_on_in_the_swapped_database() {
    script! {
        "MULTI" => ok(),
        "SET a 0" => simple("QUEUED"),
        "SWAPDB 0 1" => simple("QUEUED"),
        "EXISTS a" => simple("QUEUED"),
        "SET b 0" => simple("QUEUED"),
        "SELECT 1" => simple("QUEUED"),
        "GET a" => simple("QUEUED"),
        "EXEC" => array([ok(), ok(), int(0), ok(), ok(), bulk("0")]),
        "KEYS *" => bulks(["a"]),
        "SELECT 0" => ok(),
        "KEYS *" => bulks(["b"]),
    }
}

#[test]
fn a_watch_holds_from_wherever_it_is_asked_about() {
    let server = Server::rkvs();
    let (mut client, mut other) = (server.client(), server.client());
    client.line("WATCH none");
    other.line("SWAPDB 0 9");
    client.line("SELECT 9");
    client.line("MULTI");
    assert_eq!(client.line("EXEC"), array([]), "the key was never there");

    other.line("SET some v");
    client.line("SELECT 0");
    client.line("WATCH some");
    other.line("SWAPDB 0 9");
    client.line("SELECT 9");
    client.line("MULTI");
    client.line("DEL some");
    assert_eq!(client.line("EXEC"), nil_array(), "the key is in the other database");
    assert_eq!(client.line("EXISTS some"), int(1));
}

#[test]
fn nobody_sees_half_a_swap() {
    let server = Server::rkvs();
    let mut client = server.client();
    client.line("SET here 0");
    client.line("SELECT 1");
    client.line("SET there 1");
    let swapper = std::thread::spawn({
        let mut swapper = server.client();
        move || (0..500).for_each(|_| assert_eq!(swapper.line("SWAPDB 0 1"), ok()))
    });
    while !swapper.is_finished() {
        // Database 1 holds one key or the other whatever is swapped meanwhile.
        assert_eq!(client.line("EXISTS here there"), int(1));
        assert_eq!(client.line("DBSIZE"), int(1));
        let keys = client.line("KEYS *");
        assert!(matches!(&keys, Value::Array(keys) if keys.len() == 1), "{keys:?}");
    }
    swapper.join().expect("every swap succeeds");
}
