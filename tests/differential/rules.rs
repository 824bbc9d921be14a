//! Where the bytes of two right replies may differ, and how they are compared then. These are all the rules there are;
//! any other reply is compared byte for byte.

use rkvs_engine::rdb;
use rkvs_tests::Value;
use rkvs_tests::frame;

/// The first byte of a payload that is a hash written field by field.
const TABLE_HASH: u8 = 4;

/// How replies of one command are compared.
#[derive(Debug, Clone, Copy)]
enum Rule {
    /// The order of items is free.
    AnyOrder,
    /// The order of pairs is free.
    PairsInAnyOrder,
    /// A cursor and what it covers: where the walk starts at 0 and both are complete (cursor 0 again) the items in any
    /// order, else any items.
    Walk,
    /// The payload of DUMP: bytes, but for the order of fields in a hash table.
    Payload,
    /// Chance decides the content; its shape is given. [`crate::pair`] checks that the items exist.
    Sample,
    /// Two positive numbers at most this far apart. Others are compared exactly.
    Within(i64),
    /// Time, memory or identity: only the kind of reply is compared.
    Kind,
    /// A map in which these fields say who answers.
    FieldsApart(&'static [&'static str]),
}

/// Name, subcommand where only one is meant, rule.
const RULES: &[(&str, &str, Rule)] = &[
    // The order inside a hash table is nobody's promise.
    ("HGETALL", "", Rule::PairsInAnyOrder),
    ("HKEYS", "", Rule::AnyOrder),
    ("HVALS", "", Rule::AnyOrder),
    ("KEYS", "", Rule::AnyOrder),
    ("SCAN", "", Rule::Walk),
    ("HSCAN", "", Rule::Walk),
    ("DUMP", "", Rule::Payload),
    // CONFIG GET walks a hash table as well.
    ("CONFIG", "GET", Rule::PairsInAnyOrder),
    // Chance.
    ("RANDOMKEY", "", Rule::Sample),
    ("HRANDFIELD", "", Rule::Sample),
    // Time passes between the two servers: seconds may tick over, milliseconds certainly do.
    ("TTL", "", Rule::Within(2)),
    ("PTTL", "", Rule::Within(2000)),
    ("EXPIRETIME", "", Rule::Within(2)),
    ("PEXPIRETIME", "", Rule::Within(2000)),
    // Whether a key that has expired is removed already is a matter of who met it; [`crate::pair`] counts the others.
    ("DBSIZE", "", Rule::Kind),
    ("TIME", "", Rule::Kind),
    ("SLOWLOG", "LEN", Rule::Kind),
    ("SLOWLOG", "GET", Rule::Kind),
    // Who answers, and what it weighs.
    ("HELLO", "", Rule::FieldsApart(&["id", "version"])),
    ("CLIENT", "ID", Rule::Kind),
    ("CLIENT", "INFO", Rule::Kind),
    ("CLIENT", "LIST", Rule::Kind),
    ("MEMORY", "USAGE", Rule::Kind),
];

/// Whether two replies to the request `args` say the same.
pub(crate) fn agree(args: &[Vec<u8>], ours: &Value, theirs: &Value) -> bool {
    if ours == theirs {
        return true;
    }
    let word = |i: usize| args.get(i).map_or(&b""[..], Vec::as_slice);
    let rule = RULES
        .iter()
        .find(|(name, sub, _)| {
            word(0).eq_ignore_ascii_case(name.as_bytes())
                && (sub.is_empty() || word(1).eq_ignore_ascii_case(sub.as_bytes()))
        })
        .map(|(_, _, rule)| *rule);
    let Some(rule) = rule else { return false };
    if ours.is_error() || theirs.is_error() {
        return false;
    }
    match rule {
        Rule::AnyOrder => sorted(ours) == sorted(theirs),
        Rule::PairsInAnyOrder => sorted_pairs(ours) == sorted_pairs(theirs),
        Rule::Walk => match (walk(ours), walk(theirs)) {
            (Some((b"0", ours)), Some((b"0", theirs))) if from_start(args) => sorted(ours) == sorted(theirs),
            (Some(_), Some(_)) => true,
            _ => false,
        },
        Rule::Payload => table_hash(ours).is_some_and(|ours| Some(ours) == table_hash(theirs)),
        Rule::Sample => same_shape(ours, theirs),
        Rule::Within(most) => match (ours, theirs) {
            (Value::Integer(a), Value::Integer(b)) => *a > 0 && *b > 0 && a.abs_diff(*b) <= most.unsigned_abs(),
            _ => false,
        },
        Rule::Kind => std::mem::discriminant(ours) == std::mem::discriminant(theirs),
        Rule::FieldsApart(fields) => without(ours, fields) == without(theirs, fields),
    }
}

/// Whether a SCAN or HSCAN starts at cursor 0.
fn from_start(args: &[Vec<u8>]) -> bool {
    let cursor = if args[0].eq_ignore_ascii_case(b"SCAN") { 1 } else { 2 };
    args.get(cursor).is_some_and(|cursor| cursor == b"0")
}

/// The cursor and the items of a SCAN reply.
pub(crate) fn walk(reply: &Value) -> Option<(&[u8], &Value)> {
    match reply {
        Value::Array(parts) => match &parts[..] {
            [Value::Bulk(cursor), items @ Value::Array(_)] => Some((cursor, items)),
            _ => None,
        },
        _ => None,
    }
}

/// The pairs of a payload that is a hash table.
fn table_hash(reply: &Value) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let payload = reply.bytes().filter(|payload| payload.first() == Some(&TABLE_HASH))?;
    let Ok(rdb::Value::Hash(pairs)) = rdb::restore(payload, u64::MAX) else { return None };
    let mut pairs: Vec<_> = pairs.iter().map(|(field, value)| (field.to_vec(), value.to_vec())).collect();
    pairs.sort();
    Some(pairs)
}

/// Items in one order; what kind of list holds them still counts.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items = items.clone();
            items.sort();
            Value::Array(items)
        }
        Value::Set(items) => {
            let mut items = items.clone();
            items.sort();
            Value::Set(items)
        }
        other => other.clone(),
    }
}

fn sorted_pairs(value: &Value) -> Value {
    match value {
        Value::Map(pairs) => {
            let mut pairs = pairs.clone();
            pairs.sort();
            Value::Map(pairs)
        }
        Value::Array(items) if items.len() % 2 == 0 => {
            let mut pairs = frame::pairs(items.clone());
            pairs.sort();
            Value::Array(pairs.into_iter().flat_map(|(k, v)| [k, v]).collect())
        }
        other => other.clone(),
    }
}

fn same_shape(a: &Value, b: &Value) -> bool {
    match (a.items(), b.items()) {
        (Some(x), Some(y)) => {
            std::mem::discriminant(a) == std::mem::discriminant(b)
                && x.len() == y.len()
                && x.into_iter().zip(y).all(|(x, y)| same_shape(x, y))
        }
        _ => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}

/// A map, or a flat list of pairs, with the values of `fields` blotted out.
fn without(value: &Value, fields: &[&str]) -> Value {
    let blot = |(key, value): (Value, Value)| {
        let apart = key.text().is_some_and(|name| fields.contains(&name.as_str()));
        (key, if apart { Value::Null } else { value })
    };
    match value {
        Value::Map(pairs) => Value::Map(pairs.iter().cloned().map(blot).collect()),
        Value::Array(items) => {
            Value::Array(frame::pairs(items.clone()).into_iter().map(blot).flat_map(|(k, v)| [k, v]).collect())
        }
        other => other.clone(),
    }
}
