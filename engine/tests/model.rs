//! Random operations against plain maps, with a clock driven by hand.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, HashMap, HashSet};

use proptest::collection::vec;
use proptest::prelude::*;

use rkvs_engine::clock::Clock;
use rkvs_engine::engine::{Engine, EngineOptions, NamespaceOptions};
use rkvs_engine::error::Error;
use rkvs_engine::keyspace::batch::{BatchMode, BatchReport};
use rkvs_engine::keyspace::{DeadlineChange, Keyspace};
use rkvs_engine::namespace::{Handle, Limits};
use rkvs_engine::random::Random;
use rkvs_engine::shard::multi_key::Reach;
use rkvs_engine::table::Key;
use rkvs_engine::value::string::{Digits, parse_integer};
use rkvs_engine::value::{StringRef, ValueRef};

const KEYS: u8 = 24;
const MAX_VALUE_BYTES: usize = 6_000;

#[derive(Clone, Debug, PartialEq)]
enum Value {
    String(Vec<u8>),
    Hash(BTreeMap<Vec<u8>, Vec<u8>>),
}

#[derive(Clone, Debug)]
struct Entry {
    value: Value,
    deadline_ms: Option<u64>,
}

#[derive(Clone, Debug)]
enum Step {
    Set(u8, Vec<u8>, Option<u64>, bool),
    SetShared(u8, Vec<u8>),
    Append(u8, Vec<u8>),
    SetRange(u8, usize, Vec<u8>),
    Increment(u8, i64),
    Remove(u8),
    Take(u8),
    Deadline(u8, Option<u64>),
    Rename(u8, u8),
    Copy(u8, u8),
    HashSet(u8, u8, Vec<u8>),
    HashRemove(u8, u8),
    HashIncrement(u8, u8, i64),
    Batch(u8, bool, Vec<(u8, Vec<u8>)>),
    Advance(u64),
    ActiveExpiry(usize),
    Clear,
    Resize(usize),
    MaxKeys(u64),
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => any::<i64>().prop_map(|number| number.to_string().into_bytes()),
        2 => (-100i64..100).prop_map(|number| number.to_string().into_bytes()),
        6 => vec(any::<u8>(), 0..80),
        1 => (any::<u8>(), 1_990usize..2_100).prop_map(|(byte, len)| vec![byte; len]),
        1 => (any::<u8>(), 3_000usize..6_100).prop_map(|(byte, len)| vec![byte; len]),
    ]
}

fn deadline() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![Just(None), (0u64..400).prop_map(Some)]
}

fn step() -> impl Strategy<Value = Step> {
    let key = || 0..KEYS;
    let field = || 0u8..200;
    prop_oneof![
        8 => (key(), value(), deadline(), any::<bool>()).prop_map(|(key, value, deadline, keep)| Step::Set(key, value, deadline, keep)),
        1 => (key(), value()).prop_map(|(key, value)| Step::SetShared(key, value)),
        4 => (key(), value()).prop_map(|(key, value)| Step::Append(key, value)),
        4 => (key(), prop_oneof![0usize..50, 1_900usize..6_000], value()).prop_map(|(key, offset, value)| Step::SetRange(key, offset, value)),
        4 => (key(), prop_oneof![-5i64..5, any::<i64>()]).prop_map(|(key, delta)| Step::Increment(key, delta)),
        3 => key().prop_map(Step::Remove),
        2 => key().prop_map(Step::Take),
        4 => (key(), deadline()).prop_map(|(key, deadline)| Step::Deadline(key, deadline)),
        3 => (key(), key()).prop_map(|(from, to)| Step::Rename(from, to)),
        3 => (key(), key()).prop_map(|(from, to)| Step::Copy(from, to)),
        12 => (key(), field(), value()).prop_map(|(key, field, value)| Step::HashSet(key, field, value)),
        6 => (key(), field()).prop_map(|(key, field)| Step::HashRemove(key, field)),
        3 => (key(), field(), -5i64..5).prop_map(|(key, field, delta)| Step::HashIncrement(key, field, delta)),
        6 => (0u8..5, any::<bool>(), vec((key(), value()), 0..8)).prop_map(|(kind, whole, items)| Step::Batch(kind, whole, items)),
        4 => (0u64..100).prop_map(Step::Advance),
        2 => (0usize..40).prop_map(Step::ActiveExpiry),
        1 => Just(Step::Clear),
        1 => (1usize..9).prop_map(Step::Resize),
        1 => prop_oneof![Just(0), 5u64..20].prop_map(Step::MaxKeys),
    ]
}

struct Model {
    entries: HashMap<u8, Entry>,
    now_ms: u64,
    max_keys: u64,
    /// Keys that have expired but may still be counted by the engine.
    ghosts: usize,
}

impl Model {
    fn expire(&mut self) {
        let now_ms = self.now_ms;
        let before = self.entries.len();
        self.entries.retain(|_, entry| entry.deadline_ms.is_none_or(|deadline_ms| deadline_ms > now_ms));
        self.ghosts += before - self.entries.len();
    }

    fn string(&self, key: u8) -> Result<Option<&Vec<u8>>, Error> {
        match self.entries.get(&key).map(|entry| &entry.value) {
            Some(Value::String(value)) => Ok(Some(value)),
            Some(Value::Hash(_)) => Err(Error::WrongType),
            None => Ok(None),
        }
    }

    fn may_insert(&self, new: usize) -> bool {
        self.max_keys == 0 || self.entries.len() + new <= self.max_keys as usize
    }

    /// Sets a string as the engine should, or says why it should not.
    fn set(&mut self, key: u8, value: Vec<u8>, deadline: DeadlineChange) -> Result<(), Error> {
        if value.len() > MAX_VALUE_BYTES {
            return Err(Error::ValueTooLarge);
        }
        if !self.entries.contains_key(&key) && !self.may_insert(1) {
            return Err(Error::MaxKeys);
        }
        let old = self.entries.get(&key).and_then(|entry| entry.deadline_ms);
        let deadline_ms = match deadline {
            DeadlineChange::Keep => old,
            DeadlineChange::Clear => None,
            DeadlineChange::At(deadline_ms) => Some(deadline_ms),
        };
        self.entries.insert(key, Entry { value: Value::String(value), deadline_ms });
        Ok(())
    }
}

fn name(key: u8) -> Vec<u8> {
    if key.is_multiple_of(5) { vec![key; 300] } else { format!("key:{key}").into_bytes() }
}

fn text(string: StringRef<'_>) -> Vec<u8> {
    string.bytes(&mut Digits::new()).to_vec()
}

fn read(value: ValueRef<'_>) -> Value {
    if let Ok(string) = value.string() {
        return Value::String(text(string));
    }
    let mut fields = BTreeMap::new();
    value.hash().unwrap().for_each(&mut |field, value| {
        assert!(fields.insert(text(field), text(value)).is_none(), "a field is visited once");
    });
    Value::Hash(fields)
}

fn field_name(field: u8) -> Vec<u8> {
    match field % 3 {
        0 => field.to_string().into_bytes(),
        1 => format!("field {field}").into_bytes(),
        _ => vec![field; 70 * usize::from(field % 2)].into_iter().chain([field]).collect(),
    }
}

/// Does a step on both sides and compares the answers.
fn apply(step: &Step, keyspace: &mut Keyspace<'_>, model: &mut Model) {
    let names: Vec<Vec<u8>> = (0..KEYS).map(name).collect();
    let key_of = |keyspace: &Keyspace<'_>, key: u8| -> Key<'_> { keyspace.key(&names[usize::from(key)]) };
    match step.clone() {
        Step::Set(number, value, deadline, keep) => {
            let deadline = match (deadline, keep) {
                (Some(after), _) => DeadlineChange::At(model.now_ms + after + 1),
                (None, true) => DeadlineChange::Keep,
                (None, false) => DeadlineChange::Clear,
            };
            let key = key_of(keyspace, number);
            assert_eq!(keyspace.set_string(key, &value, deadline), model.set(number, value, deadline));
        }
        Step::SetShared(number, value) => {
            let key = key_of(keyspace, number);
            let done = keyspace.set_shared(key, std::sync::Arc::new(value.clone()), DeadlineChange::Clear);
            assert_eq!(done, model.set(number, value, DeadlineChange::Clear));
        }
        Step::Append(number, value) => {
            let key = key_of(keyspace, number);
            let expected = model.string(number).map(|old| old.cloned()).and_then(|old| {
                let new = [old.unwrap_or_default(), value.clone()].concat();
                let len = new.len();
                // Appending nothing to a string that is longer than the limit by now would be fine; ours never are.
                model.set(number, new, DeadlineChange::Keep).map(|()| len)
            });
            assert_eq!(keyspace.append(key, &value), expected);
        }
        Step::SetRange(number, offset, value) => {
            let key = key_of(keyspace, number);
            let expected = model.string(number).map(|old| old.cloned()).and_then(|old| {
                if value.is_empty() {
                    return Ok(old.map_or(0, |old| old.len()));
                }
                let mut new = old.unwrap_or_default();
                new.resize(new.len().max(offset + value.len()), 0);
                new[offset..offset + value.len()].copy_from_slice(&value);
                let len = new.len();
                model.set(number, new, DeadlineChange::Keep).map(|()| len)
            });
            assert_eq!(keyspace.set_range(key, offset, &value), expected);
        }
        Step::Increment(number, delta) => {
            let key = key_of(keyspace, number);
            let expected = model.string(number).map(|old| old.cloned()).and_then(|old| {
                let old = old.map_or(Some(0), |old| parse_integer(&old)).ok_or(Error::NotAnInteger)?;
                let sum = old.checked_add(delta).ok_or(Error::Overflow)?;
                model.set(number, sum.to_string().into_bytes(), DeadlineChange::Keep).map(|()| sum)
            });
            assert_eq!(keyspace.increment(key, delta), expected);
        }
        Step::Remove(number) => {
            let key = key_of(keyspace, number);
            assert_eq!(keyspace.remove(key), model.entries.remove(&number).is_some());
        }
        Step::Take(number) => {
            let key = key_of(keyspace, number);
            let expected = model.string(number).map(|old| old.cloned());
            if expected.is_ok() {
                model.entries.remove(&number);
            }
            assert_eq!(keyspace.take(key).map(|value| value.map(|value| value.to_vec())), expected);
        }
        Step::Deadline(number, after) => {
            let deadline_ms = after.map(|after| model.now_ms + after + 1);
            let key = key_of(keyspace, number);
            assert_eq!(keyspace.set_deadline_ms(key, deadline_ms), model.entries.contains_key(&number));
            if let Some(entry) = model.entries.get_mut(&number) {
                entry.deadline_ms = deadline_ms;
            }
        }
        Step::Rename(from, to) => {
            let (from_key, to_key) = (key_of(keyspace, from), key_of(keyspace, to));
            let entry = model.entries.remove(&from);
            assert_eq!(keyspace.rename(from_key, to_key), entry.is_some());
            if let Some(entry) = entry {
                model.entries.insert(to, entry);
            }
        }
        Step::Copy(from, to) => {
            let (from_key, to_key) = (key_of(keyspace, from), key_of(keyspace, to));
            let expected = match model.entries.get(&from).cloned() {
                None => Ok(false),
                Some(_) if !model.entries.contains_key(&to) && !model.may_insert(1) => Err(Error::MaxKeys),
                Some(entry) => {
                    model.entries.insert(to, entry);
                    Ok(true)
                }
            };
            assert_eq!(keyspace.copy(from_key, to_key), expected);
        }
        Step::HashSet(number, field, value) => {
            let field = field_name(field);
            let key = key_of(keyspace, number);
            let done = keyspace.hash_mut(key).and_then(|mut hash| hash.set(&field, &value));
            let may_insert = model.may_insert(1);
            let expected = match model.entries.get_mut(&number).map(|entry| &mut entry.value) {
                Some(Value::String(_)) => Err(Error::WrongType),
                _ if value.len() > MAX_VALUE_BYTES => Err(Error::ValueTooLarge),
                Some(Value::Hash(fields)) => Ok(fields.insert(field, value).is_none()),
                None if !may_insert => Err(Error::MaxKeys),
                None => {
                    let value = Value::Hash(BTreeMap::from([(field, value)]));
                    model.entries.insert(number, Entry { value, deadline_ms: None });
                    Ok(true)
                }
            };
            assert_eq!(done, expected);
        }
        Step::HashRemove(number, field) => {
            let field = field_name(field);
            let key = key_of(keyspace, number);
            let done = keyspace.hash_mut(key).map(|mut hash| hash.remove(&field));
            let expected = match model.entries.get_mut(&number).map(|entry| &mut entry.value) {
                Some(Value::String(_)) => Err(Error::WrongType),
                Some(Value::Hash(fields)) => {
                    let removed = fields.remove(&field).is_some();
                    if fields.is_empty() {
                        model.entries.remove(&number);
                    }
                    Ok(removed)
                }
                None => Ok(false),
            };
            assert_eq!(done, expected);
        }
        Step::HashIncrement(number, field, delta) => {
            let field = field_name(field);
            let key = key_of(keyspace, number);
            let done = keyspace.hash_mut(key).and_then(|mut hash| hash.increment(&field, delta));
            let may_insert = model.may_insert(1);
            let expected = match model.entries.get_mut(&number).map(|entry| &mut entry.value) {
                Some(Value::String(_)) => Err(Error::WrongType),
                Some(Value::Hash(fields)) => {
                    let old = fields.get(&field).map_or(Some(0), |old| parse_integer(old));
                    old.ok_or(Error::NotAnInteger)
                        .and_then(|old| old.checked_add(delta).ok_or(Error::Overflow))
                        .inspect(|sum| {
                            fields.insert(field.clone(), sum.to_string().into_bytes());
                        })
                }
                None if !may_insert => Err(Error::MaxKeys),
                None => {
                    let fields = BTreeMap::from([(field, delta.to_string().into_bytes())]);
                    model.entries.insert(number, Entry { value: Value::Hash(fields), deadline_ms: None });
                    Ok(delta)
                }
            };
            assert_eq!(done, expected);
        }
        Step::Batch(kind, whole, items) => {
            let mode = if whole { BatchMode::AllOrNothing } else { BatchMode::BestEffort };
            let keys: Vec<Key<'_>> = items.iter().map(|(number, _)| key_of(keyspace, *number)).collect();
            let values: Vec<&[u8]> = items.iter().map(|(_, value)| &value[..]).collect();
            let report = match kind {
                0 => keyspace.batch_set(mode, &keys, &values),
                1 => keyspace.batch_update(mode, &keys, &values),
                2 => keyspace.batch_get(mode, &keys),
                3 => keyspace.batch_delete(mode, &keys),
                _ => keyspace.batch_consume(mode, &keys),
            };
            check_batch(kind, whole, &items, &report, model);
        }
        Step::Clear => {
            let removed = keyspace.clear();
            assert!((model.entries.len()..=model.entries.len() + model.ghosts).contains(&removed));
            model.entries.clear();
            model.ghosts = 0;
        }
        Step::Advance(_) | Step::ActiveExpiry(_) | Step::Resize(_) | Step::MaxKeys(_) => unreachable!("done outside"),
    }
}

/// A batch means its items one after another. When an all-or-nothing batch could be done that way, it is; otherwise nothing
/// changes.
fn check_batch(kind: u8, whole: bool, items: &[(u8, Vec<u8>)], report: &BatchReport, model: &mut Model) {
    let before = model.entries.clone();
    let mut failures = Vec::new();
    let mut values = Vec::new();
    for (index, (number, value)) in items.iter().enumerate() {
        let present = model.entries.contains_key(number);
        let done = match kind {
            0 | 1 if value.len() > MAX_VALUE_BYTES => Err(Error::ValueTooLarge),
            0 | 1 => model.string(*number).map(|old| old.cloned()).and_then(|old| {
                if kind == 1 && old.is_none() {
                    return Err(Error::KeyNotFound);
                }
                model.set(*number, value.clone(), DeadlineChange::Clear).map(|()| old)
            }),
            3 if present => {
                model.entries.remove(number);
                Ok(None)
            }
            3 => Err(Error::KeyNotFound),
            _ => {
                model.string(*number).map(|old| old.cloned()).and_then(|old| old.ok_or(Error::KeyNotFound)).map(|old| {
                    if kind == 4 {
                        model.entries.remove(number);
                    }
                    Some(old)
                })
            }
        };
        match done {
            Ok(value) => values.push(value),
            Err(error) => {
                failures.push((index, error));
                values.push(None);
            }
        }
    }
    let reported: Vec<_> = report.failures.iter().map(|failure| (failure.index, failure.error)).collect();
    if whole && !failures.is_empty() {
        model.entries = before;
        assert_eq!((report.succeeded, report.values.len()), (0, 0));
        assert!(!reported.is_empty());
        // With repeated keys or several reasons at once the two need not agree on each item's reason.
        let distinct: HashSet<_> = items.iter().map(|(number, _)| number).collect();
        if distinct.len() == items.len() && failures.iter().all(|(_, error)| *error != Error::MaxKeys) {
            assert_eq!(reported, failures);
        }
        return;
    }
    assert_eq!(reported, failures);
    assert_eq!(report.succeeded, items.len() - failures.len());
    if kind != 3 {
        let found: Vec<_> = report.values.iter().map(|value| value.as_ref().map(|value| value.to_vec())).collect();
        assert_eq!(found, values);
    }
}

/// Ends the round that has begun and does another.
fn expire_all(engine: &Engine) {
    for _ in 0..2 {
        while !engine.expire_step(100).round_done {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_namespace_behaves_like_a_map(steps in vec(step(), 1..250), shards in 1usize..6) {
        let clock = Clock::manual(1_000);
        let engine = Engine::new(EngineOptions { databases: 0, clock: clock.clone(), ..EngineOptions::default() }).unwrap();
        let limits = Limits { max_value_bytes: MAX_VALUE_BYTES as u64, ..Limits::default() };
        let options = NamespaceOptions { shards: Some(shards), limits, ..NamespaceOptions::default() };
        let namespace = engine.create_namespace("model", options).unwrap();
        let mut handle = Handle::new(namespace.clone());
        let mut model = Model { entries: HashMap::new(), now_ms: 1_000, max_keys: 0, ghosts: 0 };
        let mut random = Random::from_seed(1);
        for step in &steps {
            match step {
                Step::Advance(by_ms) => {
                    clock.advance_ms(*by_ms);
                    model.now_ms += by_ms;
                    model.expire();
                    if model.max_keys != 0 {
                        // Expired keys count until they are met: let them all be met.
                        expire_all(&engine);
                    }
                }
                Step::ActiveExpiry(slices) => {
                    engine.expire_step(*slices);
                }
                Step::Resize(shards) => namespace.resize(*shards).unwrap(),
                Step::MaxKeys(max_keys) => {
                    expire_all(&engine);
                    model.ghosts = 0;
                    let set = namespace.set_limits(Limits { max_keys: *max_keys, ..limits });
                    if *max_keys != 0 && model.entries.len() > *max_keys as usize {
                        prop_assert_eq!(set, Err(Error::MaxKeysBelowCount));
                    } else {
                        prop_assert_eq!(set, Ok(()));
                        model.max_keys = *max_keys;
                    }
                }
                step => handle.with(Reach::All, model.now_ms, |keyspace| apply(step, keyspace, &mut model)).unwrap(),
            }
        }
        handle.with(Reach::All, model.now_ms, |keyspace| {
            keyspace.check_invariants();
            let found = keyspace.collect(|found: &mut HashMap<Vec<u8>, (Value, Option<u64>)>, entry| {
                assert!(found.insert(entry.key.to_vec(), (read(entry.value), entry.deadline_ms)).is_none());
            });
            let expected: HashMap<_, _> =
                model.entries.iter().map(|(key, entry)| (name(*key), (entry.value.clone(), entry.deadline_ms))).collect();
            assert_eq!(found, expected);
            for (key, entry) in &model.entries {
                let name = name(*key);
                let key = keyspace.key(&name);
                assert_eq!(keyspace.peek(key).map(read), Some(entry.value.clone()));
                assert_eq!(keyspace.deadline_ms(key), Some(entry.deadline_ms));
            }
            let picked = keyspace.random_key(&mut random, |key| key.to_vec());
            assert_eq!(picked.is_some(), !expected.is_empty());
            assert!(picked.is_none_or(|key| expected.contains_key(&key)));
        }).unwrap();
        expire_all(&engine);
        let usage = namespace.usage();
        let deadlines = model.entries.values().filter(|entry| entry.deadline_ms.is_some()).count();
        prop_assert_eq!((usage.keys, usage.expires), (model.entries.len(), deadlines));
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_scan_meets_every_key_that_stays_exactly_once(
        stay in 1u32..2_000,
        others in vec((any::<u32>(), any::<bool>()), 0..3_000),
        count in 1usize..60,
        shards in 1usize..6,
        seed in any::<u64>(),
    ) {
        let mut random = Random::from_seed(seed);
        let hash_keys = Some((random.next_u64(), random.next_u64()));
        let engine = Engine::new(EngineOptions { databases: 0, hash_keys, ..EngineOptions::default() }).unwrap();
        let options = NamespaceOptions { shards: Some(shards), ..NamespaceOptions::default() };
        let namespace = engine.create_namespace("scan", options).unwrap();
        let mut handle = Handle::new(namespace.clone());
        let set = |handle: &mut Handle, name: &[u8], present: bool| {
            let key = engine.key(name);
            handle.with_key(key, 1, |keyspace| {
                if present { keyspace.set_string(key, b"v", DeadlineChange::Clear).unwrap() } else { keyspace.remove(key); }
            }).unwrap();
        };
        for number in 0..stay {
            set(&mut handle, format!("stay{number}").as_bytes(), true);
        }
        let mut met = HashMap::new();
        let mut others = others.into_iter();
        let (mut cursor, mut steps) = (0, 0);
        loop {
            let (next, found) = handle.unlocked(1).scan(cursor, count, |found: &mut Vec<Vec<u8>>, entry| found.push(entry.key.to_vec()));
            prop_assert!(next == 0 || next > cursor, "a cursor goes forward");
            for key in found {
                *met.entry(key).or_insert(0) += 1;
            }
            cursor = next;
            steps += 1;
            if cursor == 0 {
                break;
            }
            // Insert and remove others, in bursts that grow and split the tables, and change the shards now and then.
            for (number, present) in others.by_ref().take(random.below(200) as usize) {
                set(&mut handle, format!("other{}", number % 1_000).as_bytes(), present);
            }
            if random.below(20) == 0 {
                namespace.resize(1 + random.below(7) as usize).unwrap();
            }
        }
        for number in 0..stay {
            prop_assert_eq!(met.get(format!("stay{number}").as_bytes()), Some(&1));
        }
        prop_assert!(met.values().all(|times| *times <= 2), "an other may come back after it was met");
        prop_assert!(steps <= 10 + 3 * (stay as usize + 3_000) / count);
    }
}
