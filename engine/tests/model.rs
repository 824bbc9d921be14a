//! Random operations against plain maps, with a clock driven by hand; and scans while keys come and go.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use rkvs_engine::engine::{Engine, EngineOptions, NamespaceOptions};
use rkvs_engine::fuzz::sequence::{KEYS, Operation, Step, run};
use rkvs_engine::keyspace::DeadlineChange;
use rkvs_engine::namespace::Handle;
use rkvs_engine::random::Random;

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
    let space = || prop_oneof![4 => Just(0), 2 => Just(1), 1 => Just(2)];
    let key = || 0..KEYS;
    prop_oneof![
        60 => (space(), operation()).prop_map(|(space, operation)| Step::In(space, operation)),
        2 => (space(), key(), space(), key()).prop_map(|(from, key, to, copy)| Step::CopyTo(from, key, to, copy)),
        2 => (space(), key(), space()).prop_map(|(from, key, to)| Step::MoveTo(from, key, to)),
        1 => (space(), space()).prop_map(|(one, other)| Step::Swap(one, other)),
        1 => (space(), 1usize..9).prop_map(|(space, shards)| Step::Resize(space, shards)),
        2 => (space(), 1usize..9).prop_map(|(space, shards)| Step::BeginResize(space, shards)),
        8 => (space(), 1usize..8, 1usize..6).prop_map(|(space, steps, keys)| Step::MoveKeys(space, steps, keys)),
        1 => space().prop_map(Step::CancelResize),
        1 => (space(), 1usize..40).prop_map(|(space, count)| Step::Scan(space, count)),
        1 => (space(), prop_oneof![Just(0), 5u64..20]).prop_map(|(space, max)| Step::MaxKeys(space, max)),
        1 => (of(space()), prop_oneof![Just(0), 4_000u64..200_000]).prop_map(|(space, max)| Step::MaxMemory(space, max)),
        4 => (0u64..100).prop_map(Step::Advance),
        2 => (0usize..40).prop_map(Step::ActiveExpiry),
    ]
}

fn operation() -> impl Strategy<Value = Operation> {
    let key = || 0..KEYS;
    let field = || 0u8..200;
    let items = || vec((key(), value()), 0..8);
    prop_oneof![
        8 => (key(), value(), deadline(), any::<bool>()).prop_map(|(key, value, deadline, keep)| Operation::Set(key, value, deadline, keep)),
        1 => (key(), value()).prop_map(|(key, value)| Operation::SetShared(key, value)),
        1 => items().prop_map(Operation::SetMany),
        4 => (key(), value()).prop_map(|(key, value)| Operation::Append(key, value)),
        4 => (key(), prop_oneof![0usize..50, 1_900usize..6_000], value()).prop_map(|(key, offset, value)| Operation::SetRange(key, offset, value)),
        4 => (key(), prop_oneof![-5i64..5, any::<i64>()]).prop_map(|(key, delta)| Operation::Increment(key, delta)),
        3 => key().prop_map(Operation::Remove),
        2 => key().prop_map(Operation::Take),
        4 => (key(), deadline()).prop_map(|(key, deadline)| Operation::Deadline(key, deadline)),
        3 => (key(), key()).prop_map(|(from, to)| Operation::Rename(from, to)),
        3 => (key(), key()).prop_map(|(from, to)| Operation::Copy(from, to)),
        12 => (key(), vec((field(), value()), 1..4)).prop_map(|(key, pairs)| Operation::HashSet(key, pairs)),
        6 => (key(), field()).prop_map(|(key, field)| Operation::HashRemove(key, field)),
        3 => (key(), field(), -5i64..5).prop_map(|(key, field, delta)| Operation::HashIncrement(key, field, delta)),
        6 => (0u8..5, any::<bool>(), items()).prop_map(|(kind, whole, items)| Operation::Batch(kind, whole, items)),
        2 => key().prop_map(Operation::Watch),
        2 => key().prop_map(Operation::Unwatch),
        1 => Just(Operation::Clear),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn namespaces_behave_like_maps(steps in vec(step(), 1..250), shards in 1usize..6) {
        run(&steps, shards);
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
                let _ = namespace.begin_resize(1 + random.below(7) as usize);
            }
            if let Some(resizing) = namespace.resizing() {
                for _ in 0..random.below(30) {
                    resizing.step(1 + random.below(100) as usize).unwrap();
                }
                if random.below(30) == 0 {
                    resizing.cancel();
                }
            }
        }
        for number in 0..stay {
            prop_assert_eq!(met.get(format!("stay{number}").as_bytes()), Some(&1));
        }
        prop_assert!(met.values().all(|times| *times <= 2), "an other may come back after it was met");
        prop_assert!(steps <= 10 + 3 * (stay as usize + 3_000) / count);
    }
}
