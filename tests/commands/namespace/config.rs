//! `NAMESPACE CONFIG GET name pattern` and `NAMESPACE CONFIG SET name parameter value [parameter value …]`

use super::NONE;
use rkvs_tests::{Value, expect::*, script_of_ours};

#[test]
fn what_is_set_is_got_and_in_force() {
    script_of_ours! {
        "NAMESPACE CREATE a DB 33 SHARDS 2" => ok(),
        "NAMESPACE CONFIG GET a *" => map([
            ("db", "33"),
            ("shards", "2"),
            ("max_keys", "0"),
            ("max_value_size", "0"),
            ("maxmemory", "0"),
            ("maxmemory_policy", "noeviction"),
        ]),
        "NAMESPACE CONFIG SET a max_keys 1 MAX-VALUE-SIZE 4 maxmemory_policy noeviction" => ok(),
        "NAMESPACE CONFIG GET a MAX_*" => map([("max_keys", "1"), ("max_value_size", "4")]),
        "NAMESPACE CONFIG GET a max-*" => map([("max_keys", "1"), ("max_value_size", "4")]),
        "NAMESPACE CONFIG GET a MaxKeys" => map([("max_keys", "1")]),
        "NAMESPACE CONFIG GET a maxv*" => map([("max_value_size", "4")]),
        "NAMESPACE CONFIG GET a max_memory" => map([("maxmemory", "0")]),
        "NAMESPACE CONFIG SET a MAXKEYS 2 maxvaluesize 4 max-memory 0 max-memory-policy noeviction" => ok(),
        "NAMESPACE CONFIG SET a max-keys 1" => ok(),
        "NAMESPACE CONFIG GET a none*" => Value::Map(vec![]),
        "NAMESPACE USE a" => ok(),
        "SET k 12345" => error("VALUETOOLARGE the value is larger than the namespace's limit permits"),
        "HSET h f 1234 g 12345" => error("VALUETOOLARGE the value is larger than the namespace's limit permits"),
        "HLEN h" => int(0),
        "SET k 1234" => ok(),
        "SET l 1" => error("MAXKEYS the namespace holds as many keys as its limit permits"),
        "HSET h f 1 g 2" => error("MAXKEYS the namespace holds as many keys as its limit permits"),
        "NAMESPACE CONFIG SET a max_keys 2" => ok(),
        "HSET h f 1 g 2" => int(2),
        "NAMESPACE CONFIG SET a max_keys 1" => error("ERR max_keys is below the number of keys there are"),
        "NAMESPACE CONFIG GET a max_keys" => map([("max_keys", "2")]),
        "NAMESPACE CONFIG SET a max_keys 0 max_value_size 0" => ok(),
        "SET m 12345" => ok(),
        "SELECT 0" => ok(),
        "NAMESPACE DELETE a" => ok(),
    }
}

#[test]
fn a_wrong_parameter_keeps_the_others_from_changing() {
    let failed = |name: &str, reason: &str| {
        error(&format!("ERR NAMESPACE CONFIG SET failed (possibly related to argument '{name}') - {reason}"))
    };
    script_of_ours! {
        "NAMESPACE CONFIG SET 0 max_keys 9 max_value_size -1" => failed("max_value_size", "argument must be a memory value"),
        "NAMESPACE CONFIG SET 0 max_keys 9 shards 4" => failed("shards", "can't set immutable config"),
        "NAMESPACE CONFIG SET 0 max_keys 9 max-keys 8" => failed("max-keys", "duplicate parameter"),
        "NAMESPACE CONFIG SET 0 max_keys 9 bogus 1" => error(
            "ERR Unknown option or number of arguments for NAMESPACE CONFIG SET - 'bogus'"
        ),
        "NAMESPACE CONFIG SET 0 max_keys 9 maxmemory_policy often" => failed(
            "maxmemory_policy",
            "argument must be one of the following: noeviction",
        ),
        "NAMESPACE CONFIG GET 0 max_keys" => map([("max_keys", "0")]),
        "NAMESPACE CONFIG SET 0 max_keys" => wrong_arity("namespace|config"),
        "NAMESPACE CONFIG SET 0 max_keys 9 maxmemory" => wrong_arity("namespace|config"),
        "NAMESPACE CONFIG GET 0 a b" => wrong_arity("namespace|config"),
        "NAMESPACE CONFIG GET nowhere *" => error(NONE),
        "NAMESPACE CONFIG SET nowhere max_keys 1" => error(NONE),
        "NAMESPACE CONFIG DROP 0 max_keys" => error("ERR unknown subcommand 'DROP'. Try NAMESPACE HELP."),
        "NAMESPACE CONFIG" => wrong_arity("namespace|config"),
    }
}
