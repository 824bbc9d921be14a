//! Batches in both modes, on one shard and many.

use std::io::{self, Write};

use rkvs_benches::timing::Timing;
use rkvs_engine::BatchMode;
use rkvs_engine::engine::Engine;
use rkvs_engine::keyspace::batch::BatchReport;
use rkvs_engine::keyspace::{DeadlineChange, Keyspace};
use rkvs_engine::namespace::Handle;
use rkvs_engine::shard::multi_key::{Patience, Reach};
use rkvs_engine::table::Key;

use crate::keys::{NOW_MS, engine, fill, keys, picks};

const CALLS: usize = 10_000;
const ITEMS: usize = 100;
const VALUE: [u8; 64] = [b'y'; 64];

pub(crate) fn run(timing: &mut Timing<impl Write>) -> io::Result<()> {
    let count = timing.scaled(1_000_000).max(CALLS);
    for shards in [1, 16] {
        let (engine, handle) = engine(shards);
        let present = keys(0, count);
        fill(&handle, &present, VALUE.len(), DeadlineChange::Clear);
        // A batch's keys differ from each other.
        let mut picks = picks(count, 2 * CALLS);
        picks.sort_unstable();
        picks.dedup();
        rkvs_benches::random::Random::new(2).shuffle(&mut picks);
        let (present, absent): (Vec<_>, Vec<_>) =
            picks.iter().take(CALLS).map(|&pick| (present[pick], crate::keys::key(count + pick))).unzip();
        let values: Vec<&[u8]> = vec![&VALUE; ITEMS];
        for mode in [BatchMode::AllOrNothing, BatchMode::BestEffort] {
            let name = |what: &str| format!("batch/{what} {ITEMS}, {mode:?}, {shards} shards, per key");
            let set =
                |keyspace: &mut Keyspace<'_>, keys: &[Key<'_>]| keyspace.batch_set(mode, keys, &values[..keys.len()]);
            let delete = |keyspace: &mut Keyspace<'_>, keys: &[Key<'_>]| keyspace.batch_delete(mode, keys);
            let calls = present.len();
            timing.case(&name("get"), calls, || {
                batches(&engine, &handle, &present, |keyspace, keys| keyspace.batch_get(mode, keys));
            })?;
            timing.case(&name("set"), calls, || batches(&engine, &handle, &present, set))?;
            timing.case(&name("insert and delete"), calls, || {
                batches(&engine, &handle, &absent, set);
                batches(&engine, &handle, &absent, delete);
            })?;
        }
    }
    Ok(())
}

fn batches(
    engine: &Engine,
    handle: &Handle,
    keys: &[[u8; 16]],
    run: impl Fn(&mut Keyspace<'_>, &[Key<'_>]) -> BatchReport,
) {
    for batch in keys.chunks(ITEMS) {
        let batch: Vec<Key<'_>> = batch.iter().map(|bytes| engine.key(bytes)).collect();
        let hashes: Vec<u64> = batch.iter().map(|key| key.hash).collect();
        let mut locks = handle.lock(Reach::Keys(&hashes), Patience::Wait).expect("nobody else is here");
        let report = run(&mut locks.keyspace(handle, NOW_MS), &batch);
        assert!(report.is_success(), "{:?}", report.failures);
    }
}
