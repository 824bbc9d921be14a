//! SCAN over a whole namespace, in steps.

use std::io::{self, Write};

use rkvs_benches::timing::Timing;
use rkvs_engine::keyspace::DeadlineChange;

use crate::keys::{NOW_MS, engine, fill, keys};

pub(crate) fn run(timing: &mut Timing<impl Write>) -> io::Result<()> {
    let count = timing.scaled(1_000_000);
    let (_engine, handle) = engine(16);
    fill(&handle, &keys(0, count), 64, DeadlineChange::Clear);
    for step in [10, 1_000] {
        // Short steps are many: a part of the iteration tells what each costs.
        let wanted = if step < 100 { count / 10 } else { count };
        timing.case(&format!("scan/steps of {step}, {count} keys, per key"), wanted, || {
            let (mut cursor, mut met) = (0, 0);
            loop {
                let (next, found) = handle.unlocked(NOW_MS).scan(cursor, step, |found: &mut usize, _| *found += 1);
                (cursor, met) = (next, met + found);
                if cursor == 0 || met >= wanted {
                    return met;
                }
            }
        })?;
    }
    timing.case(&format!("scan/all at once, {count} keys, per key"), count, || {
        handle.unlocked(NOW_MS).collect(|found: &mut usize, _| *found += 1)
    })
}
