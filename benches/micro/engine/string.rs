//! Strings through one shard's lock, as a request takes it.

use std::hint::black_box;
use std::io::{self, Write};

use rkvs_benches::timing::Timing;
use rkvs_engine::engine::Engine;
use rkvs_engine::keyspace::{DeadlineChange, Keyspace};
use rkvs_engine::namespace::Handle;
use rkvs_engine::shard::multi_key::{Locks, Patience};
use rkvs_engine::table::Key;
use rkvs_engine::value::string::Digits;

use crate::keys::{NOW_MS, engine, fill, keys, picks};

const CALLS: usize = 10_000;
const SHARDS: usize = 16;

pub(crate) fn run(timing: &mut Timing<impl Write>) -> io::Result<()> {
    for (count, value_bytes) in [(1_000, 64), (1_000, 256), (1_000_000, 64)] {
        let count = timing.scaled(count);
        let (engine, handle) = engine(SHARDS);
        let keys = keys(0, count);
        fill(&handle, &keys, value_bytes, DeadlineChange::Clear);
        let picks = picks(count, CALLS);
        let value = vec![b'y'; value_bytes];
        let name = |what: &str| format!("string/{what} {value_bytes} bytes, {count} keys");
        let mut each = |name: &str, operation: &mut dyn FnMut(&mut Keyspace<'_>, Key<'_>)| {
            timing.case(name, CALLS, || {
                picks.iter().for_each(|&pick| request(&engine, &handle, &keys[pick], operation));
            })
        };

        each(&name("get"), &mut |keyspace, key| {
            let mut digits = Digits::new();
            let string = keyspace.string(key).expect("it is a string");
            black_box(string.map_or(0, |string| string.bytes(&mut digits).len()));
        })?;
        each(&name("set"), &mut |keyspace, key| {
            keyspace.set_string(key, &value, DeadlineChange::Clear).expect("there are no limits");
        })?;
        each(&name("exchange"), &mut |keyspace, key| {
            black_box(keyspace.exchange(key, value.clone(), |_| Ok(())).expect("there are no limits"));
        })?;
        each(&format!("string/set an integer, {count} keys"), &mut |keyspace, key| {
            keyspace.set_string(key, b"12345", DeadlineChange::Clear).expect("there are no limits");
        })?;
        each(&format!("string/increment, {count} keys"), &mut |keyspace, key| {
            keyspace.increment(key, 1).expect("it is an integer");
        })?;
    }
    Ok(())
}

fn request(engine: &Engine, handle: &Handle, bytes: &[u8], operation: &mut dyn FnMut(&mut Keyspace<'_>, Key<'_>)) {
    let key = engine.key(bytes);
    let mut locks = Locks::one(handle, key.hash, Patience::Brief).expect("nobody else is here");
    operation(&mut locks.keyspace(handle, NOW_MS), key);
}
