//! The way to a shard: routing, and taking locks nobody else wants.

use std::hint::black_box;
use std::io::{self, Write};

use rkvs_benches::random::Random;
use rkvs_benches::timing::Timing;
use rkvs_engine::shard::multi_key::{Locks, Patience, Reach};
use rkvs_engine::shard::route::{RouteTable, jump_consistent_hash};

use crate::keys::engine;

const CALLS: usize = 10_000;
/// Keys of an operation on many.
const BATCH: usize = 100;

pub(crate) fn run(timing: &mut Timing<impl Write>) -> io::Result<()> {
    let mut random = Random::new(1);
    let hashes: Vec<u64> = (0..CALLS).map(|_| random.next_u64()).collect();
    for shards in [16, 128] {
        let table = RouteTable::for_shards(shards).expect("it is in range");
        timing.case(&format!("shard/route by the table, {shards} shards"), CALLS, || {
            hashes.iter().map(|&hash| table.shard_of(black_box(hash))).sum::<usize>()
        })?;
        timing.case(&format!("shard/route by jump hash alone, {shards} shards"), CALLS, || {
            hashes.iter().map(|&hash| jump_consistent_hash(black_box(hash), shards as u32)).sum::<u32>()
        })?;
    }
    for shards in [1, 16] {
        let (_engine, handle) = engine(shards);
        timing.case(&format!("shard/lock and unlock one of {shards}"), CALLS, || {
            for &hash in &hashes {
                black_box(Locks::one(&handle, hash, Patience::Brief).is_ok());
            }
        })?;
        timing.case(&format!("shard/lock and unlock {shards} for {BATCH} keys, per key"), CALLS, || {
            for hashes in hashes.chunks(BATCH) {
                black_box(handle.lock(Reach::Keys(hashes), Patience::Wait).is_ok());
            }
        })?;
    }
    Ok(())
}
