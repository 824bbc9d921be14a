//! The façade for embedding, as programs call it.

use std::future::Future;
use std::hint::black_box;
use std::io::{self, Write};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use rkvs_benches::timing::Timing;
use rkvs_engine::{BatchMode, Namespace, NamespaceConfig};

use crate::keys::picks;

const CALLS: usize = 10_000;
const ITEMS: usize = 100;
const VALUE_BYTES: usize = 256;

pub(crate) fn run(timing: &mut Timing<impl Write>) -> io::Result<()> {
    for (count, shards) in [(1_000, 1), (100_000, 1), (100_000, 16)] {
        let count = timing.scaled(count).max(ITEMS);
        let config = NamespaceConfig::default();
        config.set_shard_count(shards);
        let namespace = Namespace::new("bench", &config).expect("the shard count is in range");
        let keys: Vec<String> = (0..count).map(|number| format!("key_{number:020}")).collect();
        let value = vec![b'x'; VALUE_BYTES];
        for key in &keys {
            now(namespace.set(key, value.clone())).expect("there are no limits");
        }
        let picks = picks(count, CALLS);
        let name = |what: &str| format!("library/{what}, {count} keys, {shards} shards");
        let each = |timing: &mut Timing<_>, what: &str, call: &dyn Fn(&str)| {
            timing.case(&name(what), CALLS, || picks.iter().for_each(|&pick| call(&keys[pick])))
        };
        each(timing, "exists", &|key| {
            black_box(now(namespace.exists(key)));
        })?;
        each(timing, "get", &|key| drop(black_box(now(namespace.get(key)))))?;
        each(timing, "set", &|key| drop(black_box(now(namespace.set(key, value.clone())))))?;
        each(timing, "delete and set", &|key| {
            black_box(now(namespace.delete(key)));
            drop(black_box(now(namespace.set(key, value.clone()))));
        })?;
        each(timing, "consume and set", &|key| {
            drop(black_box(now(namespace.consume(key))));
            drop(black_box(now(namespace.set(key, value.clone()))));
        })?;
        for mode in [BatchMode::AllOrNothing, BatchMode::BestEffort] {
            let name = |what: &str| format!("library/{what} {ITEMS} {mode:?}, {count} keys, {shards} shards, per key");
            // Consecutive keys, so that none stands in a batch twice.
            let starts: Vec<usize> = picks.iter().take(CALLS / ITEMS).map(|&pick| pick.min(count - ITEMS)).collect();
            let batch = |start: usize| keys[start..start + ITEMS].to_vec();
            let items = |keys: Vec<String>| keys.into_iter().map(|key| (key, value.clone())).collect::<Vec<_>>();
            let each_batch = |timing: &mut Timing<_>, what: &str, call: &dyn Fn(usize) -> usize| {
                timing.case(&name(what), starts.len() * ITEMS, || {
                    starts.iter().for_each(|&start| assert_eq!(call(start), ITEMS));
                })
            };
            each_batch(timing, "get", &|start| now(namespace.get_multiple(batch(start), mode)).total_processed)?;
            each_batch(timing, "set", &|start| now(namespace.set_multiple(items(batch(start)), mode)).total_processed)?;
            each_batch(timing, "delete and set", &|start| {
                let deleted = now(namespace.delete_multiple(batch(start), mode)).total_processed;
                now(namespace.set_multiple(items(batch(start)), mode));
                deleted
            })?;
        }
    }
    Ok(())
}

/// What a call of the façade answers: none ever waits for anything but a lock.
fn now<F: Future>(call: F) -> F::Output {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => unreachable!("nothing here waits"),
    }
}
