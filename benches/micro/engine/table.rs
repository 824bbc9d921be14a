//! The table alone: finding, inserting, replacing, removing, growing.

use std::hint::black_box;
use std::io::{self, Write};

use rkvs_benches::timing::Timing;
use rkvs_engine::table::{Key, KeyHasher, NewValue, Table, Tag};

use crate::keys::{keys, picks};

const TAG: Tag = Tag(0);
const VALUE: [u8; 64] = [b'x'; 64];
/// Calls of a run.
const CALLS: usize = 10_000;
/// Keys that are prefetched together.
const WINDOW: usize = 32;

pub(crate) fn run(timing: &mut Timing<impl Write>) -> io::Result<()> {
    let hasher = KeyHasher::new(1, 2);
    let bytes = keys(0, 1);
    timing.case("table/hash of 16 bytes", CALLS, || {
        (0..CALLS).fold(0, |sum: u64, _| sum.wrapping_add(hasher.hash(black_box(&bytes[0]))))
    })?;
    for count in [1_000, 100_000, 1_000_000] {
        let count = timing.scaled(count);
        let bytes = keys(0, 2 * count);
        let (present, absent) = bytes.split_at(count);
        let mut table = filled(hasher, present);
        let picks = picks(count, CALLS);
        let [present, absent] =
            [present, absent].map(|keys| picks.iter().map(|&pick| hasher.key(&keys[pick])).collect::<Vec<_>>());
        let name = |what: &str| format!("table/{what}, {count} keys");

        timing.case(&name("find a hit"), CALLS, || found(&table, &present))?;
        timing.case(&name("find a miss"), CALLS, || found(&table, &absent))?;
        timing.case(&name("find a hit, prefetched"), CALLS, || {
            for window in present.chunks(WINDOW) {
                window.iter().for_each(|key| table.prefetch_bucket(key.hash));
                window.iter().for_each(|key| table.prefetch_entry(key.hash));
                black_box(found(&table, window));
            }
        })?;
        timing.case(&name("replace in place"), CALLS, || {
            for &key in &present {
                let slot = table.find(key).expect("it was inserted");
                table.replace(slot, TAG, NewValue::Inline(&VALUE), None);
            }
        })?;
        timing.case(&name("remove and insert"), CALLS, || {
            for &key in &present {
                let slot = table.find(key).expect("it is put back each time");
                table.remove(slot);
                table.insert(key, TAG, NewValue::Inline(&VALUE), None);
            }
        })?;
    }
    let count = timing.scaled(1_000_000);
    let bytes = keys(0, count);
    timing.case(&format!("table/insert, growing to {count} keys"), count, || filled(hasher, &bytes))?;
    timing.case_with(
        &format!("table/remove, shrinking from {count} keys"),
        count,
        || filled(hasher, &bytes),
        |mut table| {
            for bytes in &bytes {
                let slot = table.find(hasher.key(bytes)).expect("it was inserted");
                table.remove(slot);
            }
            table
        },
    )
}

fn filled(hasher: KeyHasher, keys: &[[u8; 16]]) -> Table<()> {
    let mut table = Table::new(hasher);
    for bytes in keys {
        table.insert(hasher.key(bytes), TAG, NewValue::Inline(&VALUE), None);
    }
    table
}

fn found(table: &Table<()>, keys: &[Key<'_>]) -> usize {
    keys.iter().filter(|key| table.find(**key).is_some()).count()
}
