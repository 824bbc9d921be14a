//! `RENAMENX key newkey`

use rkvs_tests::{expect::*, script};

#[test]
fn renames_only_to_a_free_name() {
    script! {
        "SET a 1" => ok(),
        "SET b 2" => ok(),
        "RENAMENX a b" => int(0),
        "GET b" => bulk("2"),
        "RENAMENX a a" => int(0),
        "RENAMENX a c" => int(1),
        "EXISTS a" => int(0),
        "GET c" => bulk("1"),
        "SET b 2 PXAT 1" => ok(),
        "RENAMENX c b" => int(1),
        "GET b" => bulk("1"),
        "TTL b" => int(-1),
        "RENAMENX no b" => error("ERR no such key"),
        "RENAMENX no no" => error("ERR no such key"),
        "RENAMENX a" => wrong_arity("renamenx"),
    }
}
