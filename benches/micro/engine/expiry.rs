//! The active cycle: looking for expired keys where there are none, and removing them.

use std::io::{self, Write};

use rkvs_benches::timing::Timing;
use rkvs_engine::engine::Engine;
use rkvs_engine::keyspace::DeadlineChange;
use rkvs_engine::namespace::Handle;

use crate::keys::{NOW_MS, engine, fill, keys};

/// Slices of a step, as the server's timer asks for them.
const SLICES: usize = 16;

pub(crate) fn run(timing: &mut Timing<impl Write>) -> io::Result<()> {
    let count = timing.scaled(200_000);
    let keys = keys(0, count);
    let filled = |deadline_ms: u64| -> (Engine, Handle) {
        let (engine, handle) = engine(16);
        fill(&handle, &keys, 64, DeadlineChange::At(deadline_ms));
        (engine, handle)
    };
    let (engine, _handle) = filled(NOW_MS + 1_000_000);
    timing.case(&format!("expiry/round with nothing due, {count} keys, per shard"), 16, || round(&engine))?;
    timing.case_with(
        &format!("expiry/round with everything due, {count} keys, per key"),
        count,
        || filled(NOW_MS - 1),
        |(engine, handle)| {
            assert_eq!(round(&engine), count, "every key has expired");
            (engine, handle)
        },
    )
}

/// Goes over all shards once and tells how many keys were removed.
fn round(engine: &Engine) -> usize {
    let mut expired = 0;
    loop {
        let step = engine.expire_step(SLICES);
        expired += step.expired;
        if step.round_done {
            return expired;
        }
    }
}
