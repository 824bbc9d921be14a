//! Hashes in their packed form and as tables.

use std::hint::black_box;
use std::io::{self, Write};

use rkvs_benches::timing::Timing;

use crate::keys::{engine, keys, locked, picks};

const CALLS: usize = 10_000;
const VALUE: [u8; 32] = [b'x'; 32];

pub(crate) fn run(timing: &mut Timing<impl Write>) -> io::Result<()> {
    // Beyond 128 fields a hash is a table.
    for (form, fields) in [("packed", 10), ("packed", 100), ("table", 1_000), ("table", 100_000)] {
        let (_engine, handle) = engine(1);
        let names = keys(0, fields);
        let picks = picks(fields, CALLS);
        let name = |what: &str| format!("hash/{what} a field, {form} of {fields}");
        locked(&handle, |keyspace| {
            let key = keyspace.key(b"hash");
            let mut hash = keyspace.hash_mut(key).expect("there is nothing else");
            for name in &names {
                hash.set(name, &VALUE).expect("there are no limits");
            }
        });
        locked(&handle, |keyspace| {
            let key = keyspace.key(b"hash");
            timing.case(&name("get"), CALLS, || {
                for &pick in &picks {
                    let hash = keyspace.hash(key).expect("it is a hash");
                    black_box(hash.and_then(|hash| hash.get(&names[pick])).map(|value| value.len()));
                }
            })?;
            timing.case(&name("set"), CALLS, || {
                for &pick in &picks {
                    let mut hash = keyspace.hash_mut(key).expect("it is a hash");
                    hash.set(&names[pick], &VALUE).expect("there are no limits");
                }
            })
        })?;
    }
    Ok(())
}
