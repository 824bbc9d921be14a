//! What COMMAND says here and in the reference.

use std::collections::{BTreeMap, BTreeSet};

use rkvs_tests::{Client, Value, binary, skip};

use crate::differences;
use crate::pair::Pair;

/// The fields of an entry of COMMAND INFO, in order; lists without an order are compared as sets.
const FIELDS: &[&str] =
    &["name", "arity", "flags", "first key", "last key", "step", "categories", "tips", "key specifications"];

/// Where the entries of subcommands stand.
const SUBCOMMANDS: usize = 9;

#[test]
fn command_info_is_the_references() {
    let Some(pair) = Pair::start("differential::command_info_is_the_references") else {
        return;
    };
    let (mut ours, mut theirs) = pair.clients();
    let table = table(&ours.line("COMMAND"));
    let reference = self::table(&theirs.line("COMMAND"));
    let mut listed: BTreeSet<(&str, &str)> = differences::TABLE.iter().map(|d| (d.command, d.field)).collect();
    let mut found = Vec::new();
    for (name, entry) in &table {
        let Some(expected) = reference.get(name) else {
            if !listed.remove(&(name.as_str(), "exists")) && !parent_is_listed(name) {
                found.push(format!("{name}: the reference has no such command"));
            }
            continue;
        };
        for (field, (ours, theirs)) in FIELDS.iter().zip(entry.iter().zip(expected)) {
            if ours != theirs && !listed.remove(&(name.as_str(), field)) {
                found.push(format!("{name}: {field}\n    ours      {ours:?}\n    reference {theirs:?}"));
            }
        }
    }
    assert!(found.is_empty(), "COMMAND differs in {} places:\n{}", found.len(), found.join("\n"));
    if !binary::rkvs_is_the_reference() {
        let stale = differences::TABLE.iter().filter(|d| listed.contains(&(d.command, d.field)));
        let stale: Vec<_> = stale.map(|d| (d.command, d.field, d.reason)).collect();
        assert!(stale.is_empty(), "listed as different, but the same or gone: {stale:?}");
    }
}

/// Whether the container of a subcommand is a command the reference has not.
fn parent_is_listed(name: &str) -> bool {
    name.split_once('|')
        .is_some_and(|(parent, _)| differences::TABLE.iter().any(|d| d.command == parent && d.field == "exists"))
}

#[test]
fn count_list_and_info_tell_one_story() {
    let Some(pair) = Pair::start("differential::count_list_and_info_tell_one_story") else {
        return;
    };
    let (mut ours, mut theirs) = pair.clients();
    let names = list(&mut ours, "COMMAND LIST");
    let entries = table(&ours.line("COMMAND"));
    // The list names subcommands as well, the count does not.
    let top_level = entries.keys().filter(|name| !name.contains('|')).count();
    assert_eq!(ours.line("COMMAND COUNT"), Value::Integer(top_level as i64));
    assert_eq!(names, entries.into_keys().collect());

    let reference = list(&mut theirs, "COMMAND LIST");
    let new: BTreeSet<_> = differences::TABLE.iter().filter(|d| d.field == "exists").map(|d| d.command).collect();
    let unknown: Vec<_> =
        names.difference(&reference).filter(|name| !new.contains(name.as_str()) && !parent_is_listed(name)).collect();
    assert!(unknown.is_empty(), "commands the reference has not: {unknown:?}");
    let missing: Vec<_> = reference.difference(&names).collect();
    skip::note(&format!("differential: {} commands here, {} of the reference's to come", names.len(), missing.len()));

    // The filters choose from our list what the reference's choose from its own.
    for filter in ["PATTERN h*", "PATTERN *get", "PATTERN GET", "ACLCAT hash", "ACLCAT no-such", "MODULE none"] {
        let request = format!("COMMAND LIST FILTERBY {filter}");
        let expected: BTreeSet<_> = list(&mut theirs, &request).intersection(&names).cloned().collect();
        let got: BTreeSet<_> = list(&mut ours, &request)
            .into_iter()
            .filter(|name| !new.contains(name.as_str()) && !parent_is_listed(name))
            .collect();
        assert_eq!(got, expected, "{request}");
    }
}

#[test]
fn unknown_names_get_a_null_entry() {
    let Some(pair) = Pair::start("differential::unknown_names_get_a_null_entry") else {
        return;
    };
    let (mut ours, mut theirs) = pair.clients();
    for line in ["COMMAND INFO no-such", "COMMAND INFO no-such nor-this", "COMMAND INFO JSON.SET", "COMMAND LIST X"] {
        for request in [line.to_string(), line.to_lowercase()] {
            ours.send(&rkvs_tests::line::split(&request));
            theirs.send(&rkvs_tests::line::split(&request));
            let (a, b) = (ours.raw_reply(), theirs.raw_reply());
            assert_eq!(a.escape_ascii().to_string(), b.escape_ascii().to_string(), "{request}");
        }
    }
}

fn list(client: &mut Client, request: &str) -> BTreeSet<String> {
    let reply = client.line(request);
    let names = reply.items().unwrap_or_else(|| panic!("{request} answers a list, not {reply:?}"));
    names.into_iter().filter_map(Value::text).collect()
}

/// Entries by name, subcommands as `parent|name`; each as its comparable fields.
fn table(reply: &Value) -> BTreeMap<String, Vec<Value>> {
    let mut out = BTreeMap::new();
    for entry in reply.items().unwrap_or_default() {
        add(entry, &mut out);
    }
    assert!(out.len() > 10, "COMMAND lists commands: {reply:?}");
    out
}

fn add(entry: &Value, out: &mut BTreeMap<String, Vec<Value>>) {
    let parts = entry.items().expect("an entry is a list");
    let name = parts[0].text().expect("it starts with its name");
    for sub in parts.get(SUBCOMMANDS).and_then(|subs| subs.items()).unwrap_or_default() {
        add(sub, out);
    }
    let fields = parts.iter().take(FIELDS.len()).map(|field| match field {
        Value::Array(items) | Value::Set(items) => {
            let mut items = items.clone();
            items.sort();
            Value::Array(items)
        }
        other => (*other).clone(),
    });
    out.insert(name, fields.collect());
}
