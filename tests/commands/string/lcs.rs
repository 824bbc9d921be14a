//! `LCS key1 key2 [LEN] [IDX] [MINMATCHLEN len] [WITHMATCHLEN]`

use rkvs_tests::{Server, Value, expect::*, script};

/// First and last byte of a run in one string.
fn run(first: i64, last: i64) -> Value {
    array([int(first), int(last)])
}

/// What IDX answers.
fn found<const N: usize>(matches: [Value; N], len: i64) -> Value {
    Value::Map(vec![(bulk("matches"), array(matches)), (bulk("len"), int(len))])
}

#[test]
fn answers_the_subsequence_or_its_length() {
    script! {
        "MSET a ohmytext b mynewtext" => ok(),
        "LCS a b" => bulk("mytext"),
        "LCS a b LEN" => int(6),
        "lcs b a len" => int(6),
        "LCS a a" => bulk("ohmytext"),
        "LCS a b MINMATCHLEN 4" => bulk("mytext"),
        "LCS a b LEN WITHMATCHLEN" => int(6),
    }
}

#[test]
fn idx_answers_the_runs_from_the_last_to_the_first() {
    script! {
        "MSET a ohmytext b mynewtext" => ok(),
        "LCS a b IDX" => found([array([run(4, 7), run(5, 8)]), array([run(2, 3), run(0, 1)])], 6),
        "LCS a b IDX MINMATCHLEN 4" => found([array([run(4, 7), run(5, 8)])], 6),
        "LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN" => found([array([run(4, 7), run(5, 8), int(4)])], 6),
        "LCS a b WITHMATCHLEN IDX" =>
            found([array([run(4, 7), run(5, 8), int(4)]), array([run(2, 3), run(0, 1), int(2)])], 6),
        "LCS a b IDX MINMATCHLEN 5" => found([], 6),
        "LCS a b IDX MINMATCHLEN -5 MINMATCHLEN 4" => found([array([run(4, 7), run(5, 8)])], 6),
        "LCS a b IDX MINMATCHLEN 9223372036854775807" => found([], 6),
        "LCS a b IDX MINMATCHLEN -1" => found([array([run(4, 7), run(5, 8)]), array([run(2, 3), run(0, 1)])], 6),
    }
}

#[test]
fn many_runs_are_counted_right() {
    let runs = (0..12).rev().map(|i| array([run(2 * i, 2 * i), run(2 * i, 2 * i)])).collect();
    script! {
        "SET a axaxaxaxaxaxaxaxaxaxaxax" => ok(),
        "SET b ayayayayayayayayayayayay" => ok(),
        "LCS a b IDX" => Value::Map(vec![(bulk("matches"), Value::Array(runs)), (bulk("len"), int(12))]),
    }
}

#[test]
fn an_absent_key_is_an_empty_string() {
    script! {
        "SET a abc" => ok(),
        "LCS a none" => bulk(""),
        "LCS none a LEN" => int(0),
        "LCS none none IDX" => found([], 0),
    }
}

#[test]
fn integers_and_bytes_are_compared_like_text() {
    script! {
        r#"MSET n 12345 m 2x4 zero "a\x00\xff" other "\x00b\xff""# => ok(),
        "LCS n m" => bulk("24"),
        "LCS zero other" => bulk(b"\0\xff"),
    }
}

#[test]
fn options_are_looked_at_after_the_types() {
    let not_strings = error("ERR The specified keys must contain string values");
    script! {
        "SET a abc" => ok(),
        "HSET h f v" => int(1),
        "LCS h a" => not_strings.clone(),
        "LCS a h BOGUS" => not_strings.clone(),
        "LCS none h" => not_strings,
        "LCS a a BOGUS" => error("ERR syntax error"),
        "LCS a a MINMATCHLEN" => error("ERR syntax error"),
        "LCS a a MINMATCHLEN x" => error("ERR value is not an integer or out of range"),
        "LCS a a IDX LEN" => error("ERR If you want both the length and indexes, please just use IDX."),
        "LCS a" => wrong_arity("lcs"),
    }
}

#[test]
fn the_table_stays_within_the_longest_string() {
    let too_large = error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
    let flags = ["--proto-max-bulk-len", "1mb"];
    // Four bytes for each of (511 + 1) × (511 + 1) pairs are a mebibyte.
    for mut server in [Some(Server::rkvs_with(&flags)), Server::redis_with(&flags)].into_iter().flatten() {
        let mut client = server.client();
        client.line(&format!("MSET a {} b {}", "x".repeat(511), "x".repeat(512)));
        assert_eq!(client.line("LCS a a LEN"), int(511));
        assert_eq!(client.line("LCS a b LEN"), too_large);
        assert_eq!(client.line("LCS b a"), too_large);
        server.assert_serving();
    }
}
