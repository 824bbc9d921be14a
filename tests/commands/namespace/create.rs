//! `NAMESPACE CREATE name [DB index] [SHARDS n] [MAXKEYS n] [MAXVALUESIZE bytes] [MAXMEMORY bytes] [MAXMEMORYPOLICY policy]`

use super::facts;
use rkvs_tests::{Server, expect::*, script_of_ours};

#[test]
fn options_come_in_any_order_and_case() {
    let server = Server::rkvs();
    let mut client = server.client();
    let options = "maxmemory 1mb SHARDS 5 MaxKeys 10 db 40 MAXMEMORYPOLICY NoEviction MAXVALUESIZE 1kb";
    assert_eq!(client.line(&format!("NAMESPACE CREATE a {options}")), ok());
    let facts = facts(&client.line("NAMESPACE INFO a"));
    let expected = [
        ("name", "a"),
        ("db", "40"),
        ("shards", "5"),
        ("max_keys", "10"),
        ("max_value_size", "1024"),
        ("maxmemory", "1048576"),
        ("maxmemory_policy", "noeviction"),
    ];
    for (name, value) in expected {
        assert_eq!(facts[name], value, "{name}");
    }
}

#[test]
fn names_are_checked() {
    const INVALID: &str =
        "ERR invalid namespace name: 1 to 128 letters, digits, or any of . _ - : without a dot at the start";
    let (longest, too_long, huge) = ("n".repeat(128), "n".repeat(129), "n".repeat(1 << 20));
    script_of_ours! {
        r#"NAMESPACE CREATE """# => error(INVALID),
        "NAMESPACE CREATE 'a b'" => error(INVALID),
        "NAMESPACE CREATE .hidden" => error(INVALID),
        "NAMESPACE CREATE ../up" => error(INVALID),
        r#"NAMESPACE CREATE "a\x00b""# => error(INVALID),
        r#"NAMESPACE CREATE "\xff""# => error(INVALID),
        format!("NAMESPACE CREATE {too_long}") => error(INVALID),
        format!("NAMESPACE CREATE {huge}") => error(INVALID),
        format!("NAMESPACE CREATE {longest}") => ok(),
        format!("NAMESPACE DELETE {longest}") => ok(),
        "NAMESPACE CREATE team:users-1_a.b" => ok(),
        "NAMESPACE CREATE team:users-1_a.b" => error("NAMESPACEEXISTS a namespace of that name exists"),
        "NAMESPACE DELETE team:users-1_a.b" => ok(),
        "NAMESPACE CREATE" => wrong_arity("namespace|create"),
    }
}

#[test]
fn an_index_belongs_to_one_namespace() {
    script_of_ours! {
        "NAMESPACE CREATE a DB 20" => ok(),
        "NAMESPACE CREATE b DB 20" => error("ERR another namespace has that DB index"),
        "NAMESPACE CREATE b DB 0" => error("ERR another namespace has that DB index"),
        "NAMESPACE CREATE b DB -1" => error("ERR DB index is out of range"),
        "NAMESPACE CREATE b DB 16384" => error("ERR DB index is out of range"),
        "NAMESPACE CREATE b DB 4294967296" => error("ERR DB index is out of range"),
        "NAMESPACE CREATE b DB x" => error("ERR value is not an integer or out of range"),
        "NAMESPACE CREATE b DB" => error("ERR syntax error"),
        "NAMESPACE CREATE b DB 21 DB 22" => error("ERR syntax error"),
        "NAMESPACE DELETE a" => ok(),
        "NAMESPACE CREATE b DB 20" => ok(),
        "NAMESPACE DELETE b" => ok(),
    }
}

#[test]
fn a_number_is_its_own_index() {
    script_of_ours! {
        "NAMESPACE CREATE 99" => ok(),
        "SELECT 99" => ok(),
        "SET where here" => ok(),
        "NAMESPACE USE 99" => ok(),
        "GET where" => bulk("here"),
        "SELECT 0" => ok(),
        "NAMESPACE DELETE 99" => ok(),
        "NAMESPACE CREATE 99 DB 98" => error("ERR a name that is a DB index belongs to that DB"),
        "NAMESPACE CREATE 3" => error("NAMESPACEEXISTS a namespace of that name exists"),
        "NAMESPACE CREATE 20260101" => ok(),
        "NAMESPACE DELETE 20260101" => ok(),
    }
}

#[test]
fn wrong_options_make_nothing() {
    script_of_ours! {
        "NAMESPACE CREATE a SHARDS 0" => error("ERR the number of shards is out of range"),
        "NAMESPACE CREATE a SHARDS 1000000000" => error("ERR the number of shards is out of range"),
        "NAMESPACE CREATE a SHARDS -1" => error("ERR the number of shards is out of range"),
        "NAMESPACE CREATE a SHARDS x" => error("ERR value is not an integer or out of range"),
        "NAMESPACE CREATE a SHARDS 2 SHARDS 2" => error("ERR syntax error"),
        "NAMESPACE CREATE a MAXKEYS -1" => error(
            "ERR NAMESPACE CREATE failed (possibly related to argument 'MAXKEYS') - argument must be between 0 and \
             9223372036854775807 inclusive"
        ),
        "NAMESPACE CREATE a MAXKEYS 1 MAXKEYS 1" => error("ERR syntax error"),
        "NAMESPACE CREATE a MAXVALUESIZE big" => error(
            "ERR NAMESPACE CREATE failed (possibly related to argument 'MAXVALUESIZE') - argument must be a memory value"
        ),
        "NAMESPACE CREATE a MAXMEMORY -5" => error_starting("ERR NAMESPACE CREATE failed (possibly related to argument 'MAXMEMORY')"),
        "NAMESPACE CREATE a MAXMEMORYPOLICY sometimes" => error_starting("ERR NAMESPACE CREATE failed"),
        "NAMESPACE CREATE a MAXMEMORY" => error("ERR syntax error"),
        "NAMESPACE CREATE a BOGUS 1" => error("ERR syntax error"),
        "NAMESPACE INFO a" => error(super::NONE),
        "MULTI" => ok(),
        "NAMESPACE CREATE a" => error("ERR Command not allowed inside a transaction"),
        "DISCARD" => ok(),
        "NAMESPACE INFO a" => error(super::NONE),
    }
}
