//! `HRANDFIELD key [count [WITHVALUES]]`

use std::collections::BTreeSet;

use rkvs_tests::{Protocol, Server, Value, binary, expect::*, script, skip};

#[test]
fn without_a_count_one_field_comes_alone() {
    script! {
        "HRANDFIELD h" => nil(),
        "HSET h a 1" => int(1),
        "HRANDFIELD h" => bulk("a"),
        "SET s v" => ok(),
        "HRANDFIELD s" => wrong_type(),
        "HRANDFIELD" => wrong_arity("hrandfield"),
    }
}

#[test]
fn a_count_gives_different_fields() {
    script! {
        "HRANDFIELD h 3" => array([]),
        "HSET h a 1 b 2 c 3" => int(3),
        "HRANDFIELD h 0" => array([]),
        "HRANDFIELD h 3" => unordered(bulks(["a", "b", "c"])),
        "HRANDFIELD h 9223372036854775807" => unordered(bulks(["a", "b", "c"])),
        "HRANDFIELD h 2" => satisfies("two fields", |reply| distinct(reply) == 2),
    }
}

#[test]
fn a_negative_count_repeats() {
    script! {
        "HRANDFIELD h -3" => array([]),
        "HSET h a 1" => int(1),
        "HRANDFIELD h -3" => bulks(["a", "a", "a"]),
        "HRANDFIELD h -3 WITHVALUES" => by_protocol(
            bulks(["a", "1", "a", "1", "a", "1"]),
            array([bulks(["a", "1"]), bulks(["a", "1"]), bulks(["a", "1"])]),
        ),
    }
}

#[test]
fn pairs_are_nested_in_resp3() {
    script! {
        "HRANDFIELD h 1 WITHVALUES" => array([]),
        "HSET h a 1" => int(1),
        "HRANDFIELD h 1 withvalues" => by_protocol(bulks(["a", "1"]), array([bulks(["a", "1"])])),
        "HRANDFIELD h 0 WITHVALUES" => array([]),
        "HSET h b 2" => int(1),
        "HRANDFIELD h 5 WITHVALUES" => by_protocol(
            bulks(["a", "1", "b", "2"]),
            array([bulks(["a", "1"]), bulks(["b", "2"])]),
        ),
    }
}

#[test]
fn counts_have_bounds() {
    const BOUNDS: &str = "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807";
    script! {
        "HSET h a 1" => int(1),
        "HRANDFIELD h x" => error("ERR value is not an integer or out of range"),
        "HRANDFIELD h x BOGUS" => error("ERR value is not an integer or out of range"),
        "HRANDFIELD h 9223372036854775808" => error("ERR value is not an integer or out of range"),
        "HRANDFIELD h -9223372036854775808" => error(BOUNDS),
        "HRANDFIELD h -9223372036854775808 WITHVALUES" => error(BOUNDS),
        "HRANDFIELD none -9223372036854775807" => array([]),
        "HRANDFIELD none -9223372036854775807 WITHVALUES" => error("ERR value is out of range"),
        "HRANDFIELD none -4611686018427387904 WITHVALUES" => error("ERR value is out of range"),
        "HRANDFIELD none -4611686018427387903 WITHVALUES" => array([]),
        "HRANDFIELD h 4611686018427387904 WITHVALUES" => error("ERR value is out of range"),
        "HRANDFIELD h 4611686018427387903 WITHVALUES" => by_protocol(bulks(["a", "1"]), array([bulks(["a", "1"])])),
        "HRANDFIELD h 1 BOGUS" => error("ERR syntax error"),
        "HRANDFIELD none 1 BOGUS" => error("ERR syntax error"),
        "HRANDFIELD h 1 WITHVALUES x" => error("ERR syntax error"),
        "SET s v" => ok(),
        "HRANDFIELD s 0" => wrong_type(),
    }
}

/// Every field is picked now and then, by each way of picking, from small and large hashes.
#[test]
fn chance_leaves_nothing_out() {
    let server = Server::rkvs();
    let mut client = server.client_speaking(Protocol::Resp3);
    for fields in [8, 600] {
        let pairs: Vec<String> = (0..fields).map(|n| format!("f{n} {n}")).collect();
        client.line(&format!("HSET h {}", pairs.join(" ")));
        for request in ["HRANDFIELD h 3", "HRANDFIELD h -3", "HRANDFIELD h"] {
            let mut seen = BTreeSet::new();
            // The chance that one of them is missed is below e^-25.
            for _ in 0..fields * 40 {
                collect(&client.line(request), &mut seen);
            }
            assert_eq!(seen.len(), fields, "{request}");
        }
        for count in [fields / 2, fields - 1, fields] {
            let reply = client.line(&format!("HRANDFIELD h {count}"));
            assert_eq!(distinct(&reply), count, "of {fields}");
        }
        let reply = client.line(&format!("HRANDFIELD h -{}", fields * 2));
        assert_eq!(reply.items().map(|items| items.len()), Some(fields * 2));
    }
}

/// A reply that would never end is refused, and others are served.
#[test]
fn repetition_has_an_end() {
    if binary::rkvs_is_the_reference() {
        return skip::skipped("hrandfield::repetition_has_an_end", "the reference goes on until its memory is gone");
    }
    let server = Server::rkvs();
    let mut client = server.client();
    client.line(&format!("HSET h {} {}", "f".repeat(1 << 20), "v"));
    let reply = client.line("HRANDFIELD h -9223372036854775807");
    assert_eq!(reply, error("ERR value is out of range"));
    assert_eq!(client.line("HLEN h"), int(1));
}

fn collect(reply: &Value, into: &mut BTreeSet<String>) {
    match reply.items() {
        Some(items) => items.into_iter().for_each(|item| collect(item, into)),
        None => into.extend(reply.text()),
    }
}

/// Number of different strings in a reply without repetitions.
fn distinct(reply: &Value) -> usize {
    let mut seen = BTreeSet::new();
    collect(reply, &mut seen);
    assert_eq!(reply.items().map(|items| items.len()), Some(seen.len()), "a field came twice: {reply:?}");
    seen.len()
}
