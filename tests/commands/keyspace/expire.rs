//! `EXPIRE key seconds [NX | XX | GT | LT]`

use std::time::{Duration, Instant};

use rkvs_tests::{Server, expect::*, script};

#[test]
fn sets_a_deadline_from_now_on() {
    script! {
        "EXPIRE k 100" => int(0),
        "SET k v" => ok(),
        "EXPIRE k 100" => int(1),
        "TTL k" => between(99, 100),
        "EXPIRE k 200" => int(1),
        "TTL k" => between(199, 200),
        "GET k" => bulk("v"),
    }
}

#[test]
fn a_time_that_has_passed_removes_the_key() {
    script! {
        "SET k v" => ok(),
        "EXPIRE k 0" => int(1),
        "EXISTS k" => int(0),
        "SET k v" => ok(),
        "EXPIRE k -1" => int(1),
        "EXISTS k" => int(0),
        "SET k v" => ok(),
        "EXPIRE k -9223372036854775" => int(1),
        "EXISTS k" => int(0),
    }
}

#[test]
fn nx_asks_for_no_deadline_and_xx_for_one() {
    script! {
        "SET k v" => ok(),
        "EXPIRE k 100 XX" => int(0),
        "TTL k" => int(-1),
        "EXPIRE k 100 NX" => int(1),
        "EXPIRE k 200 nx" => int(0),
        "TTL k" => between(99, 100),
        "EXPIRE k 200 XX xx" => int(1),
        "TTL k" => between(199, 200),
        "EXPIRE no 100 NX" => int(0),
        "EXPIRE k -1 NX" => int(0),
        "EXISTS k" => int(1),
    }
}

#[test]
fn gt_and_lt_compare_and_no_deadline_is_the_latest() {
    script! {
        "SET k v" => ok(),
        "EXPIRE k 100 GT" => int(0),
        "EXPIRE k 100 LT" => int(1),
        "EXPIRE k 50 GT" => int(0),
        "EXPIRE k 200 GT" => int(1),
        "EXPIRE k 300 LT" => int(0),
        "EXPIRE k 150 LT XX" => int(1),
        "EXPIRE k 170 GT XX" => int(1),
        "TTL k" => between(169, 170),
        "EXPIRE k -1 GT" => int(0),
        "EXPIRE k -1 LT" => int(1),
        "EXISTS k" => int(0),
    }
}

#[test]
fn wrong_requests_change_nothing() {
    let not_an_int = "ERR value is not an integer or out of range";
    let conflict = "ERR NX and XX, GT or LT options at the same time are not compatible";
    let invalid = "ERR invalid expire time in 'expire' command";
    script! {
        "SET k v" => ok(),
        "EXPIRE k 10 NX XX" => error(conflict),
        "EXPIRE k 10 NX GT" => error(conflict),
        "EXPIRE k 10 LT NX" => error(conflict),
        "EXPIRE k 10 GT LT NX" => error(conflict),
        "EXPIRE k 10 GT LT" => error("ERR GT and LT options at the same time are not compatible"),
        "EXPIRE k 10 FOO" => error("ERR Unsupported option FOO"),
        r#"EXPIRE k 10 "a b\x00c""# => error("ERR Unsupported option a b"),
        r#"EXPIRE k 10 "a\r\nb""# => error("ERR Unsupported option a  b"),
        "EXPIRE k 10 ''" => error("ERR Unsupported option "),
        "EXPIRE k x FOO" => error("ERR Unsupported option FOO"),
        "EXPIRE k x NX XX" => error(conflict),
        "EXPIRE k x" => error(not_an_int),
        "EXPIRE k 1.5" => error(not_an_int),
        "EXPIRE k 9223372036854775808" => error(not_an_int),
        "EXPIRE k 9223372036854775807" => error(invalid),
        "EXPIRE k 9223372036854775" => error(invalid),
        "EXPIRE k -9223372036854775808" => error(invalid),
        "EXPIRE no 9223372036854775807" => error(invalid),
        "EXPIRE k" => wrong_arity("expire"),
        "TTL k" => int(-1),
    }
}

#[test]
fn a_watched_key_has_changed() {
    script! {
        "SET k v" => ok(),
        "WATCH k" => ok(),
        "EXPIRE k 100" => int(1),
        "MULTI" => ok(),
        "EXEC" => nil_array(),
        "WATCH k" => ok(),
        "EXPIRE k 100 NX" => int(0),
        "MULTI" => ok(),
        "EXEC" => array([]),
    }
}

#[test]
fn many_keys_that_expire_at_once_are_soon_gone() {
    const KEYS: usize = 100_000;
    // The first look at what has expired comes within a second, and the work does not wait for the second one.
    let server = Server::rkvs_with(&["--hz", "1"]);
    let mut client = server.client();
    assert_eq!(client.line("DEBUG SET-ACTIVE-EXPIRE 0"), ok());
    for start in (0..KEYS).step_by(1_000) {
        let set = |key| ["SET", &format!("key:{key}"), "value", "PX", "1"].map(str::to_owned).to_vec();
        let requests: Vec<Vec<String>> = (start..start + 1_000).map(set).collect();
        assert!(client.pipeline(&requests).iter().all(|reply| *reply == ok()));
    }
    assert_eq!(client.line("DBSIZE"), int(KEYS as i64));
    assert_eq!(client.line("DEBUG SET-ACTIVE-EXPIRE 1"), ok());
    let deadline = Instant::now() + Duration::from_secs(15);
    while client.line("DBSIZE") != int(0) {
        assert!(Instant::now() < deadline, "{:?} keys are left", client.line("DBSIZE"));
    }
}
