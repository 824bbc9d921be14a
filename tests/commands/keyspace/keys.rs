//! `KEYS pattern`

use rkvs_tests::{Server, expect::*, script};

#[test]
fn lists_what_matches() {
    script! {
        "KEYS *" => array([]),
        "MSET one 1 two 2 three 3 four 4" => ok(),
        "KEYS *" => unordered(bulks(["one", "two", "three", "four"])),
        "KEYS t*" => unordered(bulks(["two", "three"])),
        "KEYS ???" => unordered(bulks(["one", "two"])),
        "KEYS *o*" => unordered(bulks(["one", "two", "four"])),
        "KEYS [^t]*" => unordered(bulks(["one", "four"])),
        "KEYS T*" => array([]),
        "KEYS" => wrong_arity("keys"),
    }
}

#[test]
fn a_pattern_may_spell_one_key() {
    script! {
        "KEYS one" => array([]),
        "MSET one 1 two 2 o*e 3" => ok(),
        "KEYS one" => bulks(["one"]),
        "KEYS on" => array([]),
        r#"KEYS "o\\*e""# => bulks(["o*e"]),
        r#"KEYS "\\one""# => bulks(["one"]),
        "MULTI" => ok(),
        "KEYS two" => simple("QUEUED"),
        "KEYS three" => simple("QUEUED"),
        "KEYS t*" => simple("QUEUED"),
        "EXEC" => array([bulks(["two"]), array([]), bulks(["two"])]),
    }
}

#[test]
fn the_empty_key_matches_the_star_and_the_empty_pattern_alone() {
    script! {
        "SET '' v" => ok(),
        "KEYS *" => bulks([""]),
        "KEYS ''" => bulks([""]),
        "KEYS **" => array([]),
        "KEYS ?" => array([]),
    }
}

#[test]
fn expired_keys_are_not_listed() {
    script! {
        "SET a 1 PXAT 1" => ok(),
        "KEYS *" => array([]),
        "SET a 1 PXAT 1" => ok(),
        "KEYS a" => array([]),
    }
}

#[test]
fn many_keys_are_each_listed_once() {
    let server = Server::rkvs();
    let mut client = server.client();
    let sets: Vec<Vec<String>> = (0..50_000).map(|i| vec!["SET".into(), format!("k{i}"), "v".into()]).collect();
    client.pipeline(&sets);
    let mut keys: Vec<String> =
        client.line("KEYS *").items().expect("a list").iter().map(|key| key.text().expect("a key")).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 50_000);
    assert_eq!(client.line("KEYS k1234?").items().map(|keys| keys.len()), Some(10));
}
