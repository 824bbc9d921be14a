//! Commands on namespaces.

mod autosave;
mod config;
mod create;
mod delete;
mod help;
mod info;
mod list;
mod resize;
mod save;
mod shards;
mod use_namespace;

use std::collections::BTreeMap;

use rkvs_tests::Value;

/// The error of a name that no namespace has.
const NONE: &str = "NONAMESPACE no such namespace";

/// A map reply as text → text, whichever protocol it came by.
fn facts(reply: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::Integer(number) => number.to_string(),
        other => other.text().expect("facts are texts and numbers"),
    };
    match reply {
        Value::Map(pairs) => pairs.iter().map(|(name, value)| (text(name), text(value))).collect(),
        Value::Array(flat) => flat.chunks(2).map(|pair| (text(&pair[0]), text(&pair[1]))).collect(),
        other => panic!("no map: {other:?}"),
    }
}
