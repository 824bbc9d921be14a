//! What a test expects of a reply.
//!
//! Expected values are written as RESP3 has them; a RESP2 reply is compared with their RESP2 form, see
//! [`Value::downgraded`]. Where the shapes differ in another way, [`by_protocol`] states both.

use crate::Protocol;
use crate::frame::{self, Value};

/// What a reply must be.
#[derive(Debug, Clone)]
pub enum Expect {
    /// Exactly this value.
    Is(Value),
    /// These items, fields or members in any order.
    Unordered(Value),
    /// An integer from the first to the second number, both included.
    Between(i64, i64),
    /// An error whose text starts like this.
    ErrorStarting(&'static str),
    /// One expectation for RESP2, another for RESP3.
    ByProtocol(Box<Expect>, Box<Expect>),
    /// What this function accepts; the text says what that is.
    Satisfies(&'static str, fn(&Value) -> bool),
}

impl From<Value> for Expect {
    fn from(value: Value) -> Self {
        Self::Is(value)
    }
}

impl Expect {
    /// Whether `reply`, received over `protocol`, is what is expected.
    pub fn accepts(&self, reply: &Value, protocol: Protocol) -> bool {
        match self {
            Self::Is(expected) => *reply == on_wire(expected, protocol),
            Self::Unordered(expected) => {
                let by_two = matches!(expected, Value::Map(_));
                sorted(reply.clone(), by_two) == sorted(on_wire(expected, protocol), by_two)
            }
            Self::Between(low, high) => reply.integer().is_some_and(|n| (*low..=*high).contains(&n)),
            Self::ErrorStarting(prefix) => {
                matches!(reply, Value::Error(text) if text.starts_with(prefix.as_bytes()))
            }
            Self::ByProtocol(resp2, resp3) => match protocol {
                Protocol::Resp2 => resp2.accepts(reply, protocol),
                Protocol::Resp3 => resp3.accepts(reply, protocol),
            },
            Self::Satisfies(_, accepts) => accepts(reply),
        }
    }
}

fn on_wire(value: &Value, protocol: Protocol) -> Value {
    match (protocol, value) {
        (Protocol::Resp2, value) => value.clone().downgraded(),
        // RESP3 has one null.
        (Protocol::Resp3, Value::NullArray) => Value::Null,
        (Protocol::Resp3, value) => value.clone(),
    }
}

/// The same value with its items in one order; `by_two` keeps the pairs of a flat list together.
fn sorted(value: Value, by_two: bool) -> Value {
    match value {
        Value::Array(items) if by_two => {
            let mut pairs = frame::pairs(items);
            pairs.sort();
            Value::Map(pairs)
        }
        Value::Array(mut items) => {
            items.sort();
            Value::Array(items)
        }
        Value::Set(mut items) => {
            items.sort();
            Value::Set(items)
        }
        Value::Map(mut pairs) => {
            pairs.sort();
            Value::Map(pairs)
        }
        other => other,
    }
}

/// `+OK`
pub fn ok() -> Value {
    simple("OK")
}

/// A simple string.
pub fn simple(text: &str) -> Value {
    Value::Simple(text.into())
}

/// The exact text of an error.
pub fn error(text: &str) -> Value {
    Value::Error(text.into())
}

/// The error of a command used on a value of another type.
pub fn wrong_type() -> Value {
    error("WRONGTYPE Operation against a key holding the wrong kind of value")
}

/// The error of a command with too few or too many arguments.
pub fn wrong_arity(command: &str) -> Value {
    error(&format!("ERR wrong number of arguments for '{command}' command"))
}

/// An integer.
pub fn int(n: i64) -> Value {
    Value::Integer(n)
}

/// A bulk string.
pub fn bulk(text: impl AsRef<[u8]>) -> Value {
    Value::Bulk(text.as_ref().to_vec())
}

/// The null of a missing value.
pub fn nil() -> Value {
    Value::Null
}

/// The null that stands for a list, as EXEC answers after a broken WATCH.
pub fn nil_array() -> Value {
    Value::NullArray
}

/// A double, written as the server writes it.
pub fn double(text: &str) -> Value {
    Value::Double(text.into())
}

/// An array.
pub fn array<const N: usize>(items: [Value; N]) -> Value {
    Value::Array(items.into())
}

/// An array of bulk strings.
pub fn bulks<const N: usize>(items: [&str; N]) -> Value {
    Value::Array(items.map(bulk).into())
}

/// A map of bulk strings; in RESP2 a flat array.
pub fn map<const N: usize>(pairs: [(&str, &str); N]) -> Value {
    Value::Map(pairs.map(|(k, v)| (bulk(k), bulk(v))).into())
}

/// The same items, fields or members in any order.
pub fn unordered(value: Value) -> Expect {
    Expect::Unordered(value)
}

/// An integer from `low` to `high`, both included.
pub fn between(low: i64, high: i64) -> Expect {
    Expect::Between(low, high)
}

/// An error whose text starts with `prefix`.
pub fn error_starting(prefix: &'static str) -> Expect {
    Expect::ErrorStarting(prefix)
}

/// Different shapes in RESP2 and RESP3.
pub fn by_protocol(resp2: impl Into<Expect>, resp3: impl Into<Expect>) -> Expect {
    Expect::ByProtocol(Box::new(resp2.into()), Box::new(resp3.into()))
}

/// What `accepts` accepts; `meaning` says what that is.
pub fn satisfies(meaning: &'static str, accepts: fn(&Value) -> bool) -> Expect {
    Expect::Satisfies(meaning, accepts)
}
