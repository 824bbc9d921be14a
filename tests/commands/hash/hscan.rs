//! `HSCAN key cursor [MATCH pattern] [COUNT count]`

use std::collections::BTreeMap;

use rkvs_tests::{Client, Server, Value, expect::*, script};

/// A page, the last one.
fn last_page<const N: usize>(items: [&str; N]) -> Value {
    array([bulk("0"), bulks(items)])
}

#[test]
fn small_hashes_come_in_one_page() {
    script! {
        "HSCAN h 0" => last_page([]),
        "HSET h z 26 a 1 7 seven" => int(3),
        "HSCAN h 0" => last_page(["z", "26", "a", "1", "7", "seven"]),
        "HSCAN h 0 COUNT 1" => last_page(["z", "26", "a", "1", "7", "seven"]),
        "HSCAN h 5" => last_page(["z", "26", "a", "1", "7", "seven"]),
        "HSCAN h -1" => last_page(["z", "26", "a", "1", "7", "seven"]),
    }
}

#[test]
fn patterns_choose_by_field() {
    script! {
        "HSET h aa 1 ab 2 b ab 12 x" => int(4),
        "HSCAN h 0 MATCH a*" => last_page(["aa", "1", "ab", "2"]),
        "HSCAN h 0 match ?b COUNT 100" => last_page(["ab", "2"]),
        "HSCAN h 0 MATCH *" => last_page(["aa", "1", "ab", "2", "b", "ab", "12", "x"]),
        "HSCAN h 0 MATCH 1?" => last_page(["12", "x"]),
        "HSCAN h 0 MATCH a* MATCH b" => last_page(["b", "ab"]),
        "HSCAN h 0 MATCH a* MATCH *" => last_page(["aa", "1", "ab", "2", "b", "ab", "12", "x"]),
        "HSCAN h 0 MATCH nothing" => last_page([]),
    }
}

#[test]
fn the_cursor_is_looked_at_first_and_options_last() {
    script! {
        "HSCAN none x COUNT x" => error("ERR invalid cursor"),
        "HSCAN none 18446744073709551616" => error("ERR invalid cursor"),
        "HSCAN none 0 COUNT x" => last_page([]),
        "HSCAN none 0 BOGUS" => last_page([]),
        "SET s v" => ok(),
        "HSCAN s x" => error("ERR invalid cursor"),
        "HSCAN s 0 COUNT x" => wrong_type(),
        "HSET h a 1" => int(1),
        "HSCAN h 0 COUNT x" => error("ERR value is not an integer or out of range"),
        "HSCAN h 0 COUNT 0" => error("ERR syntax error"),
        "HSCAN h 0 COUNT -1 MATCH" => error("ERR syntax error"),
        "HSCAN h 0 COUNT" => error("ERR syntax error"),
        "HSCAN h 0 MATCH" => error("ERR syntax error"),
        "HSCAN h 0 TYPE hash" => error("ERR syntax error"),
        "HSCAN h 0 COUNT 5 BOGUS" => error("ERR syntax error"),
        "HSCAN h" => wrong_arity("hscan"),
    }
}

/// Walks through a hash and returns the pages' fields, with how often each came.
fn walk(client: &mut Client, options: &str, mut between: impl FnMut(&mut Client)) -> BTreeMap<String, usize> {
    let mut seen = BTreeMap::new();
    let mut cursor = "0".to_owned();
    for _ in 0..10_000 {
        let reply = client.line(&format!("HSCAN h {cursor} {options}"));
        let page = reply.items().expect("a cursor and a page");
        cursor = page[0].text().expect("a cursor");
        for pair in page[1].items().expect("a page").chunks(2) {
            assert_eq!(pair.len(), 2, "fields come with their values");
            *seen.entry(pair[0].text().expect("a field")).or_default() += 1;
        }
        if cursor == "0" {
            return seen;
        }
        between(client);
    }
    panic!("the iteration does not end");
}

fn fill(client: &mut Client, fields: std::ops::Range<usize>) {
    let pairs: Vec<String> = fields.map(|n| format!("field:{n} {n}")).collect();
    client.line(&format!("HSET h {}", pairs.join(" ")));
}

#[test]
fn large_hashes_come_in_pages_of_about_the_count() {
    let server = Server::rkvs();
    let mut client = server.client();
    fill(&mut client, 0..2_000);
    for count in [1, 10, 100, 5_000] {
        let mut pages = 1;
        let seen = walk(&mut client, &format!("COUNT {count}"), |_| pages += 1);
        assert_eq!(seen.len(), 2_000);
        assert!(seen.values().all(|&times| times == 1), "each field once");
        let expected = 2_000 / count;
        assert!(pages >= expected / 2 && pages <= 2 * expected + 1, "{pages} pages of about {count}");
    }
    let seen = walk(&mut client, "MATCH field:19* COUNT 50", |_| ());
    assert_eq!(seen.len(), 111);
}

#[test]
fn fields_that_stay_come_once_whatever_else_changes() {
    let server = Server::rkvs();
    let mut client = server.client();
    fill(&mut client, 0..1_000);
    let mut next = 1_000;
    let seen = walk(&mut client, "COUNT 20", |client| {
        fill(client, next..next + 40);
        client.line(&format!("HDEL h field:{}", next - 1_000 + 500));
        next += 40;
    });
    for n in 0..500 {
        assert_eq!(seen.get(&format!("field:{n}")), Some(&1), "field:{n}");
    }
    assert!(seen.values().all(|&times| times == 1), "no field came twice");
}
