//! Engines full of all kinds of values, and what they hold.

#![allow(dead_code, reason = "not every test uses all of it")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rkvs_engine::engine::Engine;
use rkvs_engine::keyspace::{DeadlineChange, Keyspace};
use rkvs_engine::namespace::Handle;
use rkvs_engine::random::Random;
use rkvs_engine::shard::multi_key::{Locks, Patience, Reach};
use rkvs_engine::value::string::Digits;

pub(crate) const NOW_MS: u64 = 1_700_000_000_000;

/// Runs `operation` on the whole of a database.
pub(crate) fn on<T>(engine: &Engine, database: u32, operation: impl FnOnce(&mut Keyspace<'_>) -> T) -> T {
    Handle::new(engine.database(database).unwrap()).with(Reach::All, NOW_MS, operation).unwrap()
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) deadline_ms: Option<u64>,
    pub(crate) encoding: &'static str,
    pub(crate) frequency: u8,
    pub(crate) value: String,
}

/// By namespace and key.
pub(crate) type Contents = BTreeMap<(String, Vec<u8>), Held>;

/// All that an engine holds, by namespace and key.
pub(crate) fn contents(engine: &Engine) -> Contents {
    let mut contents = Contents::new();
    for namespace in engine.namespaces() {
        let mut handle = Handle::new(Arc::clone(&namespace));
        handle
            .with(Reach::All, NOW_MS, |keyspace| {
                let mut keys = Vec::new();
                let mut cursor = 0;
                loop {
                    let scanned = keyspace.scan(cursor, 100, |found: &mut Vec<Vec<u8>>, entry| {
                        found.push(entry.key.to_vec());
                    });
                    keys.extend(scanned.1);
                    cursor = scanned.0;
                    if cursor == 0 {
                        break;
                    }
                }
                for key in keys {
                    let hashed = keyspace.key(&key);
                    let deadline_ms = keyspace.deadline_ms(hashed).unwrap();
                    let encoding = keyspace.encoding(hashed).unwrap().name();
                    let frequency = keyspace.frequency(hashed).unwrap();
                    let value = keyspace.peek(hashed).unwrap();
                    let mut digits = Digits::new();
                    let value = if let Ok(string) = value.string() {
                        format!("{:?}", string.bytes(&mut digits))
                    } else {
                        let mut fields = BTreeMap::new();
                        value.hash().unwrap().for_each(&mut |field, value| {
                            let (mut a, mut b) = (Digits::new(), Digits::new());
                            fields.insert(field.bytes(&mut a).to_vec(), value.bytes(&mut b).to_vec());
                        });
                        format!("{fields:?}")
                    };
                    contents
                        .insert((namespace.name().to_owned(), key), Held { deadline_ms, encoding, frequency, value });
                }
            })
            .unwrap();
    }
    contents
}

/// Fills a database with values of all kinds.
pub(crate) fn fill(engine: &Engine, database: u32, random: &mut Random) {
    on(engine, database, |keyspace| {
        for number in 0..1_200u32 {
            let name = format!("key:{number}");
            let key = keyspace.key(name.as_bytes());
            let deadline = match random.below(4) {
                0 => DeadlineChange::At(NOW_MS + 1 + random.below(1 << 30)),
                _ => DeadlineChange::Clear,
            };
            match random.below(5) {
                0 => keyspace.set_integer(key, random.next_u64() as i64, deadline).unwrap(),
                1 => keyspace.set_string(key, &vec![b'x'; random.below(4_000) as usize], deadline).unwrap(),
                2 => {
                    let fields = random.below(40) + 1;
                    let mut hash = keyspace.hash_mut(key).unwrap();
                    for field in 0..fields {
                        hash.set(format!("field {field}").as_bytes(), random.next_u64().to_string().as_bytes())
                            .unwrap();
                    }
                }
                3 => drop(keyspace.append(key, b"appended").unwrap()),
                _ => keyspace.set_string(key, name.as_bytes(), deadline).unwrap(),
            }
            if random.below(3) == 0 {
                keyspace.touch(key);
            }
        }
        for number in 0..6 {
            let name = format!("large:{number}");
            let mut hash = keyspace.hash_mut(keyspace.key(name.as_bytes())).unwrap();
            for field in 0..1_500u32 {
                hash.set(&field.to_le_bytes(), &vec![b'v'; (field % 100) as usize]).unwrap();
            }
            hash.set(b"long", &vec![b'l'; 5_000]).unwrap();
        }
        keyspace.set_string(keyspace.key(b"long:0"), &vec![b'a'; 3 << 20], DeadlineChange::Clear).unwrap();
        keyspace.set_string(keyspace.key(b"long:1"), &vec![b'b'; 100 << 10], DeadlineChange::Clear).unwrap();
    });
}

/// Moves amounts between the accounts of databases 0 and 1, whose keys are their numbers, until told to stop: their sum stays. Returns
/// how often.
pub(crate) fn transfer(engine: &Engine, seed: u64, accounts: u64, stop: &AtomicBool) -> u64 {
    let mut random = Random::from_seed(seed);
    let handles = [0, 1].map(|database| {
        let mut handle = Handle::new(engine.database(database).unwrap());
        handle.refresh().unwrap();
        handle
    });
    let mut transfers = 0;
    while !stop.load(Ordering::Relaxed) {
        let accounts = [random.below(accounts), random.below(accounts)].map(u64::to_le_bytes);
        let keys = accounts.each_ref().map(|account| engine.key(account));
        let [from, to] = [random.below(2), random.below(2)].map(|database| &handles[database as usize]);
        let wanted = [(from, Reach::Key(keys[0].hash)), (to, Reach::Key(keys[1].hash))];
        let mut locks = Locks::many(&wanted, Patience::Wait).unwrap();
        let amount = random.below(10) as i64;
        locks.keyspace(from, NOW_MS).increment(keys[0], -amount).unwrap();
        locks.keyspace(to, NOW_MS).increment(keys[1], amount).unwrap();
        transfers += 1;
    }
    transfers
}
