//! Reads values back and compares them with what was written.

use std::io;

use redis_protocol::resp2::types::OwnedFrame;
use serde::Serialize;

use crate::client::Client;
use crate::request::{Operation, Workload};

/// Most bytes of values asked for at once.
const WINDOW_BYTES: usize = 256 * 1024;
/// How many differences are described.
const DIFFERENCES_MAX: usize = 8;

/// What reading back found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CheckOutcome {
    /// Values asked for.
    pub asked: u64,
    /// Values that are as written.
    pub right: u64,
    /// Keys or fields that are not there.
    pub absent: u64,
    /// Values that differ; nothing else may have written to these keys.
    pub wrong: u64,
    /// The first differences.
    pub differences: Vec<String>,
}

impl CheckOutcome {
    /// Tells whether the server returned only what was written, and, if `all` must be there, all of it.
    pub fn is_right(&self, all: bool) -> bool {
        self.wrong == 0 && (!all || self.absent == 0)
    }
}

/// Reads back up to `keys_max` keys, evenly spread over the key space: fields if the workload is about hashes, otherwise
/// strings.
pub fn read_back(client: &mut Client, workload: &Workload, keys_max: u64) -> io::Result<CheckOutcome> {
    let keyspace = &workload.keyspace;
    let is_hash = |operation: &Operation| matches!(operation, Operation::Hget | Operation::Hset | Operation::HsetAll);
    let is_hash = workload.mix.0.iter().all(|(operation, _)| is_hash(operation));
    let value_bytes_max = workload.value_bytes.0.iter().map(|(bytes, _)| *bytes).max().unwrap_or(0);
    let window = (WINDOW_BYTES / (value_bytes_max + 16)).clamp(1, 1_024) as u64;
    let keys = keyspace.keys.min(keys_max);
    let key_number = |index: u64| (u128::from(index) * u128::from(keyspace.keys) / u128::from(keys)) as u64;

    let mut outcome = CheckOutcome::default();
    let mut start = 0;
    while start < keys {
        let end = (start + window).min(keys);
        let request = |index: u64| {
            let number = key_number(index);
            if is_hash {
                vec![b"HGET".to_vec(), keyspace.hash_key(number), keyspace.field(index % keyspace.fields)]
            } else {
                vec![b"GET".to_vec(), keyspace.key(number)]
            }
        };
        let requests: Vec<_> = (start..end).map(request).collect();
        for (index, reply) in (start..end).zip(client.pipeline(&requests)?) {
            let number = key_number(index);
            outcome.asked += 1;
            match reply {
                OwnedFrame::Null => outcome.absent += 1,
                OwnedFrame::BulkString(value)
                    if workload.value_bytes.0.iter().any(|(bytes, _)| value == keyspace.value(number, *bytes)) =>
                {
                    outcome.right += 1;
                }
                other => {
                    outcome.wrong += 1;
                    if outcome.differences.len() < DIFFERENCES_MAX {
                        let mut found = format!("{other:?}");
                        found.truncate(found.floor_char_boundary(120));
                        outcome.differences.push(format!("key number {number}: {found}"));
                    }
                }
            }
        }
        start = end;
    }
    Ok(outcome)
}
