//! A namespace's keys, one operation after another.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fixture;

use fixture::{Fixture, set, text};
use rkvs_engine::engine::NamespaceOptions;
use rkvs_engine::error::Error;
use rkvs_engine::keyspace::{DeadlineChange, Keyspace};
use rkvs_engine::namespace::{Handle, Limits};
use rkvs_engine::random::Random;
use rkvs_engine::rdb::{self, Content, Encoder, Metadata, Pairs};
use rkvs_engine::shard::multi_key::Reach;
use rkvs_engine::table::Key;
use rkvs_engine::value::string::Digits;
use rkvs_engine::value::{Encoding, StringRef, ValueType};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

#[test]
fn strings_come_back_whatever_their_form() {
    let mut fixture = Fixture::new();
    let long = vec![b'x'; 100_000];
    let values: [&[u8]; 12] = [
        b"",
        b"0",
        b"-1",
        b"9223372036854775807",
        b"-9223372036854775808",
        b"007",
        b"a\0b\xff",
        &long[..44],
        &long[..45],
        &long[..2_048],
        &long[..2_049],
        &long,
    ];
    fixture.with(|keyspace| {
        for first in values {
            for second in values {
                set(keyspace, b"k", first);
                assert_eq!(text(keyspace, b"k").as_deref(), Some(first));
                set(keyspace, b"k", second);
                assert_eq!(text(keyspace, b"k").as_deref(), Some(second));
            }
        }
        let encodings = values.map(|value| {
            set(keyspace, b"k", value);
            let key = keyspace.key(b"k");
            keyspace.encoding(key).unwrap()
        });
        use Encoding::{Embstr, Int, Raw};
        let expected = [Embstr, Int, Int, Int, Int, Embstr, Embstr, Embstr, Raw, Raw, Raw, Raw];
        assert_eq!(encodings, expected);
    });
}

#[test]
fn append_and_set_range_change_strings_of_every_form() {
    let mut fixture = Fixture::new();
    fixture.with(|keyspace| {
        for start in [0usize, 1, 40, 2_000, 2_040, 2_048, 2_049, 10_000] {
            for added in [0usize, 1, 8, 9, 60, 3_000] {
                let (old, new) = (vec![b'a'; start], vec![b'b'; added]);
                set(keyspace, b"k", &old);
                let key = keyspace.key(b"k");
                assert_eq!(keyspace.append(key, &new), Ok(start + added));
                assert_eq!(text(keyspace, b"k").unwrap(), [old.clone(), new.clone()].concat());
                assert_eq!(keyspace.encoding(key), Some(Encoding::Raw));
                for offset in [0usize, 1, 39, 2_047, 2_060] {
                    set(keyspace, b"k", &old);
                    let mut expected = old.clone();
                    if added > 0 {
                        expected.resize(start.max(offset + added), 0);
                        expected[offset..offset + added].copy_from_slice(&new);
                    }
                    assert_eq!(keyspace.set_range(key, offset, &new), Ok(expected.len()));
                    assert_eq!(text(keyspace, b"k").unwrap(), expected);
                }
            }
        }
        set(keyspace, b"n", b"10");
        let key = keyspace.key(b"n");
        assert_eq!(keyspace.append(key, b"5"), Ok(3));
        assert_eq!(keyspace.encoding(key), Some(Encoding::Raw));
        assert_eq!(keyspace.increment(key, 5), Ok(110));
        assert_eq!(keyspace.encoding(key), Some(Encoding::Int));
        let absent = keyspace.key(b"absent");
        assert_eq!(keyspace.append(absent, b"12"), Ok(2));
        assert_eq!(keyspace.encoding(absent), Some(Encoding::Int));
        let gap = keyspace.key(b"gap");
        assert_eq!(keyspace.set_range(gap, 3, b"x"), Ok(4));
        assert_eq!(text(keyspace, b"gap").unwrap(), b"\0\0\0x");
        assert_eq!(keyspace.encoding(gap), Some(Encoding::Raw));
        let none = keyspace.key(b"none");
        assert_eq!(keyspace.set_range(none, 3, b""), Ok(0));
        assert!(!keyspace.contains(none));
    });
}

#[test]
fn a_value_held_by_a_reply_is_not_changed_under_it() {
    let mut fixture = Fixture::new();
    fixture.with(|keyspace| {
        let key = keyspace.key(b"k");
        let bytes = Arc::new(vec![b'a'; 5_000]);
        keyspace.set_shared(key, Arc::clone(&bytes), DeadlineChange::Clear).unwrap();
        let Ok(Some(StringRef::Shared(shared))) = keyspace.string(key) else { panic!("large strings are shared") };
        assert!(Arc::ptr_eq(shared, &bytes), "nothing is copied");
        let held = Arc::clone(shared);
        keyspace.append(key, b"b").unwrap();
        assert_eq!(held.len(), 5_000);
        assert_eq!(text(keyspace, b"k").unwrap().len(), 5_001);
    });
}

#[test]
fn increments_stop_at_the_edges() {
    let mut fixture = Fixture::new();
    fixture.with(|keyspace| {
        let key = keyspace.key(b"n");
        assert_eq!(keyspace.increment(key, -1), Ok(-1));
        assert_eq!(keyspace.increment(key, i64::MIN + 1), Ok(i64::MIN));
        assert_eq!(keyspace.increment(key, -1), Err(Error::Overflow));
        assert_eq!(text(keyspace, b"n").unwrap(), b"-9223372036854775808");
        set(keyspace, b"n", b"1.5");
        assert_eq!(keyspace.increment(key, 1), Err(Error::NotAnInteger));
        keyspace.remove(key);
        keyspace.hash_mut(key).unwrap().set(b"f", b"v").unwrap();
        assert_eq!(keyspace.increment(key, 1), Err(Error::WrongType));
    });
}

#[test]
fn hashes_grow_shrink_and_go() {
    let mut fixture = Fixture::new();
    fixture.with(|keyspace| {
        let key = keyspace.key(b"h");
        for number in 0..500 {
            let (field, value) = (format!("field-{number}"), format!("{}", number * 7));
            assert_eq!(keyspace.hash_mut(key).unwrap().set(field.as_bytes(), value.as_bytes()), Ok(true));
            let expected = if number < 128 { Encoding::Listpack } else { Encoding::Hashtable };
            assert_eq!(keyspace.encoding(key), Some(expected), "{number}");
        }
        let mut hash = keyspace.hash_mut(key).unwrap();
        assert_eq!(hash.set(b"field-3", &[b'v'; 5_000]), Ok(false));
        assert_eq!(hash.increment(b"field-4", 2), Ok(30));
        assert_eq!(hash.increment(b"field-3", 2), Err(Error::NotAnInteger));
        assert_eq!(hash.read().unwrap().value_len(b"field-3"), 5_000);
        let mut random = Random::from_seed(1);
        for count in [0, 1, 10, 499, 500, 501] {
            let mut fields = std::collections::HashSet::new();
            hash.read().unwrap().random_distinct(count, &mut random, &mut |field, _| {
                assert!(fields.insert(field.bytes(&mut Digits::new()).to_vec()));
            });
            assert_eq!(fields.len(), count.min(500));
        }
        let (mut cursor, mut met) = (0, 0);
        loop {
            cursor = hash.read().unwrap().scan(cursor, 10, &mut |_, _| met += 1);
            if cursor == 0 {
                break;
            }
        }
        assert_eq!(met, 500);
        for number in 0..500 {
            assert!(hash.remove(format!("field-{number}").as_bytes()));
        }
        assert!(hash.is_empty());
        assert!(!keyspace.contains(key));
    });
    let usage = fixture.engine.usage();
    assert_eq!((usage.keys, usage.key_bytes, usage.value_bytes), (0, 0, 0));
}

#[test]
fn a_packed_hash_larger_than_an_entry_is_boxed() {
    let mut fixture = Fixture::new();
    fixture.with(|keyspace| {
        let key = keyspace.key(b"h");
        for number in 0..100u32 {
            let field = format!("{number:060}x");
            keyspace.hash_mut(key).unwrap().set(field.as_bytes(), field.as_bytes()).unwrap();
        }
        assert_eq!(keyspace.encoding(key), Some(Encoding::Listpack));
        for number in 0..100u32 {
            let field = format!("{number:060}x");
            let hash = keyspace.hash(key).unwrap().unwrap();
            assert_eq!(hash.get(field.as_bytes()).unwrap().bytes(&mut Digits::new()), field.as_bytes());
        }
        let key_2 = keyspace.key(b"copy");
        assert_eq!(keyspace.copy(key, key_2), Ok(true));
        assert_eq!(keyspace.hash(key_2).unwrap().unwrap().len(), 100);
        assert!(keyspace.memory_usage(key).unwrap() > 12_000);
    });
}

#[test]
fn expired_keys_are_absent_to_everything() {
    let mut fixture = Fixture::new();
    fixture.with(|keyspace| {
        for number in 0..20 {
            let name = format!("k{number}");
            let key = keyspace.key(name.as_bytes());
            keyspace.set_string(key, b"1", DeadlineChange::At(2_000)).unwrap();
        }
    });
    fixture.clock.set_ms(1_999);
    fixture.with(|keyspace| {
        let key = keyspace.key(b"k0");
        assert_eq!(keyspace.deadline_ms(key), Some(Some(2_000)));
        assert_eq!(keyspace.increment(key, 1), Ok(2), "and keeps its deadline");
        assert_eq!(keyspace.deadline_ms(key), Some(Some(2_000)));
    });
    fixture.clock.set_ms(2_000);
    fixture.with(|keyspace| {
        let [a, b, c, d, e, f, other] =
            ["k0", "k1", "k2", "k3", "k4", "k5", "other"].map(|name| keyspace.key(name.as_bytes()));
        assert!(keyspace.peek(a).is_none());
        assert!(keyspace.read(a).is_none());
        assert!(!keyspace.remove(b));
        assert!(!keyspace.rename(c, other).unwrap());
        assert_eq!(keyspace.copy(d, other), Ok(false));
        assert!(!keyspace.set_deadline_ms(e, None));
        assert_eq!(keyspace.increment(f, 1), Ok(1), "a new key");
        assert_eq!(keyspace.deadline_ms(f), Some(None));
        assert_eq!(keyspace.collect(|keys: &mut Vec<Vec<u8>>, found| keys.push(found.key.to_vec())), [b"k5"]);
        let mut random = Random::from_seed(1);
        assert_eq!(keyspace.random_key(&mut random, |key| key.to_vec()).unwrap(), b"k5");
    });
    fixture.engine.expire_step(usize::MAX);
    let usage = fixture.engine.usage();
    assert_eq!((usage.keys, usage.expires, usage.counters.expired), (1, 0, 20));
    assert_eq!((usage.key_bytes, usage.value_bytes), (2, 1));
}

#[test]
fn a_walk_without_locks_lets_others_in_and_meets_every_key_once() {
    let fixture = Fixture::new();
    for (shards, keys) in [(1, 10_000u32), (3, 10_000), (7, 1)] {
        let options = NamespaceOptions { shards: Some(shards), ..NamespaceOptions::default() };
        let mut handle = Handle::new(fixture.engine.create_namespace(&format!("of-{shards}"), options).unwrap());
        handle
            .with(Reach::All, 0, |keyspace| (0..keys).for_each(|number| set(keyspace, &number.to_be_bytes(), b"v")))
            .unwrap();
        let all: Vec<_> = (0..keys).map(|number| number.to_be_bytes().to_vec()).collect();
        let mut met = handle.unlocked(0).collect(|met: &mut Vec<Vec<u8>>, found| met.push(found.key.to_vec()));
        met.sort();
        assert_eq!(met, all);
        let (next, mut met) =
            handle.unlocked(0).scan(0, usize::MAX, |met: &mut Vec<Vec<u8>>, found| met.push(found.key.to_vec()));
        met.sort();
        assert_eq!((next, met), (0, all));

        // The shards of the keys met one after another: with ten thousand keys each shard is visited several times.
        let mut turns = 0;
        let mut latest = usize::MAX;
        handle.unlocked(0).collect(|(): &mut (), found| {
            let shard = handle.shard_of(fixture.engine.key(found.key).hash);
            turns += usize::from(std::mem::replace(&mut latest, shard) != shard);
        });
        assert!(shards == 1 || keys == 1 || turns >= 3 * shards, "{turns} turns of {shards} shards");
    }
}

#[test]
fn a_random_key_is_found_among_many_that_have_expired() {
    let mut fixture = Fixture::new();
    fixture.with(|keyspace| {
        for number in 0..3_000u32 {
            let bytes = number.to_le_bytes();
            let key = keyspace.key(&bytes);
            let deadline = if number == 77 { DeadlineChange::Clear } else { DeadlineChange::At(1_500) };
            keyspace.set_string(key, b"v", deadline).unwrap();
        }
    });
    fixture.clock.set_ms(2_000);
    let mut random = Random::from_seed(5);
    let picked = fixture.with(|keyspace| keyspace.random_key(&mut random, |key| key.to_vec()));
    assert_eq!(picked.unwrap(), 77u32.to_le_bytes());
}

#[test]
fn renaming_moves_value_and_deadline_across_shards() {
    let mut fixture = Fixture::new();
    fixture.with(|keyspace| {
        let long = vec![b'z'; 3_000];
        for number in 0..100 {
            let (from, to) = (format!("from{number}"), format!("to{number}"));
            let (from, to) = (keyspace.key(from.as_bytes()), keyspace.key(to.as_bytes()));
            keyspace.set_string(from, &long[..number * 30], DeadlineChange::At(5_000)).unwrap();
            if number % 2 == 0 {
                keyspace.hash_mut(to).unwrap().set(b"f", b"v").unwrap();
            }
            assert!(keyspace.rename(from, to).unwrap());
            assert!(!keyspace.contains(from));
            assert_eq!(keyspace.deadline_ms(to), Some(Some(5_000)));
            assert_eq!(keyspace.string(to).unwrap().unwrap().len(), number * 30);
            assert!(keyspace.rename(to, to).unwrap());
            assert!(!keyspace.rename(from, to).unwrap());
        }
        assert_eq!(keyspace.len(), 100);
        assert_eq!(keyspace.expires_count(), 100);
    });
}

#[test]
fn types_do_not_mix() {
    let mut fixture = Fixture::new();
    fixture.with(|keyspace| {
        let (string, hash) = (keyspace.key(b"s"), keyspace.key(b"h"));
        set(keyspace, b"s", b"v");
        keyspace.hash_mut(hash).unwrap().set(b"f", b"v").unwrap();
        assert_eq!(keyspace.value_type(string), Some(ValueType::String));
        assert_eq!(keyspace.value_type(hash), Some(ValueType::Hash));
        assert!(matches!(keyspace.string(hash), Err(Error::WrongType)));
        assert!(matches!(keyspace.hash(string), Err(Error::WrongType)));
        assert!(matches!(keyspace.hash_mut(string), Err(Error::WrongType)));
        assert_eq!(keyspace.append(hash, b"x"), Err(Error::WrongType));
        assert_eq!(keyspace.set_range(hash, 0, b""), Err(Error::WrongType));
        assert_eq!(keyspace.take(hash), Err(Error::WrongType));
        set(keyspace, b"h", b"now a string");
        assert_eq!(text(keyspace, b"h").unwrap(), b"now a string");
    });
}

#[test]
fn watchers_see_every_change_and_nothing_else() {
    type Change = fn(&mut Keyspace<'_>, Key<'_>);
    let changes: [(&str, Change); 10] = [
        ("set", |keyspace, key| keyspace.set_string(key, b"v", DeadlineChange::Clear).unwrap()),
        ("append", |keyspace, key| _ = keyspace.append(key, b"v")),
        ("increment", |keyspace, key| _ = keyspace.increment(key, 0)),
        ("remove", |keyspace, key| _ = keyspace.remove(key)),
        ("deadline", |keyspace, key| _ = keyspace.set_deadline_ms(key, Some(9_999))),
        ("clear", |keyspace, _| _ = keyspace.clear()),
        ("rename away", |keyspace, key| {
            let other = keyspace.key(b"other");
            assert!(keyspace.rename(key, other).unwrap());
        }),
        ("rename onto", |keyspace, key| {
            set(keyspace, b"other", b"v");
            let other = keyspace.key(b"other");
            assert!(keyspace.rename(other, key).unwrap());
        }),
        ("batch", |keyspace, key| {
            let report = keyspace.batch_set(rkvs_engine::keyspace::batch::BatchMode::BestEffort, &[key], &[b"1"]);
            assert!(report.is_success());
        }),
        ("hash", |keyspace, key| {
            keyspace.remove(key);
            keyspace.hash_mut(key).unwrap().set(b"f", b"v").unwrap();
        }),
    ];
    for (name, change) in changes {
        let mut fixture = Fixture::new();
        fixture.with(|keyspace| {
            let (key, absent) = (keyspace.key(b"k"), keyspace.key(b"absent"));
            set(keyspace, b"k", b"7");
            let (version, absent_version) = (keyspace.watch(key), keyspace.watch(absent));
            text(keyspace, b"k");
            set(keyspace, b"elsewhere", b"v");
            assert_eq!(keyspace.watch_version(key), Some(version), "reading is no change");
            change(keyspace, key);
            assert_ne!(keyspace.watch_version(key), Some(version), "{name}");
            assert_eq!(keyspace.watch_version(absent), Some(absent_version), "{name}");
            keyspace.unwatch(key);
            assert_eq!(keyspace.watch_version(key), None);
        });
    }
}

#[test]
fn expiry_is_a_change_unless_the_key_had_expired_when_the_watch_began() {
    let mut fixture = Fixture::new();
    fixture.with(|keyspace| {
        let [early, late] = [b"early", b"late."].map(|name| keyspace.key(name));
        keyspace.set_string(early, b"v", DeadlineChange::At(1_500)).unwrap();
        keyspace.set_string(late, b"v", DeadlineChange::At(3_000)).unwrap();
    });
    fixture.clock.set_ms(2_000);
    let versions = fixture.with(|keyspace| {
        [b"early", b"late."].map(|name| {
            let key = keyspace.key(name);
            keyspace.watch(key)
        })
    });
    fixture.engine.expire_step(1_000_000);
    fixture.clock.set_ms(3_000);
    fixture.engine.expire_step(1_000_000);
    let now = fixture.with(|keyspace| {
        [b"early", b"late."].map(|name| {
            let key = keyspace.key(name);
            keyspace.watch_version(key).unwrap()
        })
    });
    assert_eq!(now[0], versions[0]);
    assert_ne!(now[1], versions[1]);
}

#[test]
fn renaming_a_key_to_itself_changes_nothing() {
    let mut fixture = Fixture::new();
    fixture.with(|keyspace| {
        let key = keyspace.key(b"k");
        set(keyspace, b"k", b"v");
        let version = keyspace.watch(key);
        assert!(keyspace.rename(key, key).unwrap());
        assert_eq!(keyspace.watch_version(key), Some(version));
    });
}

#[test]
fn fields_are_set_together_or_not_at_all() {
    let mut fixture = Fixture::new();
    let set_all = |fixture: &mut Fixture, key: &[u8], pairs: &[(&[u8], &[u8])]| {
        fixture.with(|keyspace| {
            let key = keyspace.key(key);
            keyspace.hash_mut(key)?.set_all(pairs.iter().copied())
        })
    };
    let fields = |fixture: &mut Fixture, key: &[u8]| {
        fixture.with(|keyspace| {
            let key = keyspace.key(key);
            keyspace.hash(key).unwrap().map_or(0, |hash| hash.len())
        })
    };
    let namespace = Arc::clone(fixture.handle.namespace());
    assert_eq!(set_all(&mut fixture, b"h", &[]), Ok(0));
    assert_eq!(set_all(&mut fixture, b"h", &[(b"a", b"1"), (b"b", b"2"), (b"a", b"3")]), Ok(2));

    namespace.set_limits(Limits { max_keys: 1, max_value_bytes: 4, ..Limits::default() }).unwrap();
    let too_long: [(&[u8], &[u8]); 3] = [(b"a", b"x"), (b"c", b"12345"), (b"d", b"x")];
    assert_eq!(set_all(&mut fixture, b"h", &too_long), Err(Error::ValueTooLarge));
    assert_eq!(set_all(&mut fixture, b"new", &[(b"a", b"1"), (b"b", b"2")]), Err(Error::MaxKeys));
    assert_eq!((fields(&mut fixture, b"h"), fields(&mut fixture, b"new")), (2, 0));
    // What was refused has reserved nothing.
    fixture.with(|keyspace| {
        let key = keyspace.key(b"h");
        assert!(keyspace.remove(key));
    });
    assert_eq!(set_all(&mut fixture, b"new", &[(b"a", b"1"), (b"b", b"2")]), Ok(2));

    let used = namespace.usage().used_bytes as u64;
    namespace.set_limits(Limits { max_memory_bytes: used + 50_000, ..Limits::default() }).unwrap();
    let long = vec![b'x'; 30_000];
    assert_eq!(set_all(&mut fixture, b"h", &[(b"a", &long), (b"b", &long)]), Err(Error::OutOfMemory));
    assert_eq!(fields(&mut fixture, b"h"), 0);
    assert_eq!(set_all(&mut fixture, b"h", &[(b"a", &long), (b"b", b"2")]), Ok(2));
    assert_eq!(set_all(&mut fixture, b"h", &[(b"b", b"3"), (b"c", &long)]), Err(Error::OutOfMemory));
    assert_eq!(fields(&mut fixture, b"h"), 2);
}

#[test]
fn a_restored_value_takes_the_place_of_whatever_was_there() {
    let mut fixture = Fixture::new();
    let few: Pairs = [(&b"f"[..], &b"v"[..]), (b"", b"-300"), (b"7", b"")].into_iter().collect();
    let fields: Vec<_> = (0..1000).map(|n| (format!("field {n}").into_bytes(), vec![b'v'; n])).collect();
    let many: Pairs = fields.iter().map(|(field, value)| (&field[..], &value[..])).collect();
    let inner: Pairs = fields[..64].iter().map(|(field, value)| (&field[..], &value[..])).collect();
    let values = [
        rdb::Value::String(Cow::Borrowed(b"12")),
        rdb::Value::String(Cow::Owned(vec![b'x'; 5000])),
        rdb::Value::Hash(Cow::Owned(few)),
        rdb::Value::Hash(Cow::Owned(inner)),
        rdb::Value::Hash(Cow::Owned(many)),
    ];
    let encodings = [Encoding::Int, Encoding::Raw, Encoding::Listpack, Encoding::Listpack, Encoding::Hashtable];
    fixture.with(|keyspace| {
        let key = keyspace.key(b"k");
        for first in &values {
            for (second, encoding) in values.iter().zip(encodings) {
                let metadata = Metadata { deadline_ms: Some(5_000), frequency: Some(255), idle_seconds: None };
                keyspace.restore(key, first.clone(), &metadata).unwrap();
                assert_eq!((keyspace.deadline_ms(key), keyspace.frequency(key)), (Some(Some(5_000)), Some(3)));
                keyspace.restore(key, second.clone(), &Metadata::default()).unwrap();
                assert_eq!((keyspace.deadline_ms(key), keyspace.frequency(key)), (Some(None), Some(0)));
                assert_eq!(keyspace.encoding(key), Some(encoding));
                let payload = Content::of(keyspace.peek(key).unwrap(), |content| Encoder::default().dump(content));
                let found = rdb::restore(&payload, u64::MAX).unwrap();
                match (&found, second) {
                    (rdb::Value::Hash(found), rdb::Value::Hash(second)) => {
                        assert_eq!(found.iter().collect::<BTreeMap<_, _>>(), second.iter().collect::<BTreeMap<_, _>>());
                    }
                    _ => assert_eq!(&found, second),
                }
                keyspace.check_invariants();
            }
        }
        let metadata = Metadata { deadline_ms: Some(1_000), ..Metadata::default() };
        keyspace.restore(key, values[0].clone(), &metadata).unwrap();
        assert!(!keyspace.contains(key), "it has expired");
    });
}

#[test]
fn a_value_that_finds_no_room_is_not_restored() {
    let mut fixture = Fixture::new();
    let limits = Limits { max_value_bytes: 10, ..Limits::default() };
    fixture.engine.database(0).unwrap().set_limits(limits).unwrap();
    let long = vec![b'v'; 11];
    let too_long: Pairs = [(&b"f"[..], &b"v"[..]), (b"g", &long)].into_iter().collect();
    fixture.with(|keyspace| {
        set(keyspace, b"k", b"before");
        let key = keyspace.key(b"k");
        for value in [rdb::Value::String(Cow::Owned(long.clone())), rdb::Value::Hash(Cow::Owned(too_long.clone()))] {
            assert_eq!(keyspace.restore(key, value, &Metadata::default()), Err(Error::ValueTooLarge));
            assert_eq!(text(keyspace, b"k").as_deref(), Some(&b"before"[..]));
        }
    });
}
