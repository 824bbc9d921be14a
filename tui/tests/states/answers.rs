//! A server that answers what screens ask for by themselves, such as the pages of the key browser: a few keys of several types.

use rkvs_tui::state::msg::{Answer, Request};
use rkvs_tui::value::Value;

/// The keys there are, with their types.
const KEYS: [(&str, &str); 9] = [
    ("cart:1007", "hash"),
    ("counter:visits", "string"),
    ("feed:home", "list"),
    ("online", "set"),
    ("scores:weekly", "zset"),
    ("session:41", "string"),
    ("events", "stream"),
    ("会话:42", "string"),
    ("odd \u{1b}[2J\u{202e}key", "string"),
];

/// The answer to a request.
pub(crate) fn answer(request: &Request) -> Answer {
    request.answer(Ok(request.commands.iter().map(|words| reply(words)).collect()))
}

fn reply(words: &[Vec<u8>]) -> Value {
    let word =
        |index: usize| words.get(index).map(|word| String::from_utf8_lossy(word).into_owned()).unwrap_or_default();
    let name = word(0).to_uppercase();
    let typed = |index: usize| KEYS.iter().find(|(key, _)| *key == word(index)).map(|(_, kind)| *kind);
    let kind = typed(1).unwrap_or("none");
    let texts = |texts: &[&str]| Value::Array(texts.iter().map(|item| text(item)).collect());
    let seed = word(1).len() as i64;
    match name.as_str() {
        "SCAN" => Value::Array(vec![text("0"), Value::Array(KEYS.iter().map(|(key, _)| text(key)).collect())]),
        "TYPE" => text(kind),
        "TTL" => Value::Integer(if kind == "string" { 40 * seed } else { -1 }),
        "PTTL" => Value::Integer(if kind == "string" { 40_000 * seed } else { -1 }),
        "MEMORY" => Value::Integer(56 + 8 * word(2).len() as i64),
        "OBJECT" => text(if typed(2) == Some("string") { "raw" } else { "listpack" }),
        "DBSIZE" => Value::Integer(KEYS.len() as i64),
        "EXISTS" => Value::Integer(1),
        "STRLEN" | "LLEN" | "HLEN" | "SCARD" | "ZCARD" | "XLEN" => Value::Integer(3),
        "GET" | "GETRANGE" => text("{\"user\":41,\"name\":\"Zoë\"}\r\n\u{1b}[31mred"),
        "HSCAN" | "ZSCAN" => Value::Array(vec![text("0"), texts(&["one", "1", "two", "2", "três", "3"])]),
        "SSCAN" => Value::Array(vec![text("0"), texts(&["one", "two", "três"])]),
        "HGETALL" | "ZRANGE" => texts(&["one", "1", "two", "2", "três", "3"]),
        "LRANGE" | "SMEMBERS" => texts(&["one", "two", "três"]),
        "XRANGE" | "XREVRANGE" => Value::Array(vec![Value::Array(vec![text("1-0"), texts(&["field", "value"])])]),
        "DEL" | "UNLINK" => Value::Integer(1),
        _ => text("OK"),
    }
}

fn text(text: &str) -> Value {
    Value::Bytes(text.as_bytes().to_vec())
}
