//! The scenarios.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rkvs_benches::random::Random;
use tokio::runtime::Runtime;

use crate::cache::{Cache, Mode, Nothing, Ours, Seed};
use crate::figures::{Figures, Scenario, Times, deviation_percent};

/// Length of every value, in bytes.
const VALUE_BYTES: usize = 256;
/// Keys of the namespaces whose size does not vary.
const KEYS: usize = 100_000;
/// Different values in use.
const VALUES: usize = 1_024;
/// Calls per scenario at scale 1.
const CALLS: u64 = 5_000_000;
const BATCHES: u64 = 100_000;
const BATCHES_CONCURRENT: u64 = 10_000;

/// A kind of single call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Insert,
    Set,
    Update,
    Get,
    Exists,
    Delete,
    Consume,
}

/// A kind of batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BatchCall {
    Set,
    Get,
    Delete,
}

/// A namespace with its keys.
#[derive(Clone)]
struct Filled<C> {
    cache: C,
    keys: Arc<Vec<String>>,
    values: Arc<Vec<Vec<u8>>>,
    /// Place of the key, and of the value, that come next.
    next: usize,
}

/// Runs scenarios and gathers what they find.
pub(crate) struct Bench<'r> {
    runtime: &'r Runtime,
    scale: f64,
    rounds: u32,
    /// Keys of the namespaces whose size does not vary.
    keys: usize,
    random: Random,
    scenarios: Vec<Scenario>,
}

impl<'r> Bench<'r> {
    pub(crate) fn new(runtime: &'r Runtime, scale: f64, rounds: u32) -> Self {
        Self { runtime, scale, rounds, keys: KEYS, random: Random::new(1), scenarios: Vec::new() }
    }

    pub(crate) fn into_scenarios(self) -> Vec<Scenario> {
        self.scenarios
    }

    /// Single calls by one task on namespaces of 1k to 1M keys.
    pub(crate) fn operations(&mut self) {
        use Call::{Consume, Delete, Exists, Get, Insert, Set, Update};
        for keys in [1_000, 10_000, 100_000, 1_000_000] {
            let (mut theirs, mut ours, mut nothing) = self.filled(keys, 1);
            for call in [Exists, Get, Consume, Delete, Insert, Set, Update] {
                let slice = self.slice(CALLS);
                let random = self.random.next_u64();
                let figures = self.in_turns(
                    1,
                    async |times| theirs.calls(call, slice, random, times).await,
                    async |times| ours.calls(call, slice, random, times).await,
                    async |times| nothing.calls(call, slice, random, times).await,
                );
                self.keep("operations".to_owned(), format!("{call:?}"), ("keys", keys as u64), 1, figures);
            }
        }
    }

    /// Gets and sets by one task with 1 to 128 shards.
    pub(crate) fn sharding(&mut self) {
        for shards in [1, 2, 4, 8, 16, 32, 64, 128] {
            let (mut theirs, mut ours, mut nothing) = self.filled(self.keys, shards);
            for call in [Call::Get, Call::Set] {
                let slice = self.slice(CALLS);
                let mut figures = self.in_turns(
                    1,
                    async |times| theirs.calls(call, slice, 0, times).await,
                    async |times| ours.calls(call, slice, 0, times).await,
                    async |times| nothing.calls(call, slice, 0, times).await,
                );
                let (their_counts, our_counts) = self
                    .runtime
                    .block_on(async { (theirs.cache.shard_key_counts().await, ours.cache.shard_key_counts().await) });
                figures[0].shard_deviation_percent = Some(deviation_percent(&their_counts));
                figures[1].shard_deviation_percent = Some(deviation_percent(&our_counts));
                self.keep("sharding".to_owned(), format!("{call:?}"), ("shards", shards as u64), 1, figures);
            }
        }
    }

    /// Waves of tasks, each making one call.
    pub(crate) fn concurrent(&mut self) {
        for reads_percent in [80, 50, 20] {
            for shards in [1, 5, 10, 15] {
                let (theirs, ours, nothing) = self.filled(self.keys, shards);
                for tasks in [8, 16, 32, 64, 128] {
                    let waves = self.slice(CALLS).div_ceil(tasks as u64);
                    let random = self.random.next_u64();
                    let figures = self.in_turns(
                        1,
                        async |times| theirs.waves(waves, tasks, tasks * reads_percent / 100, random, times).await,
                        async |times| ours.waves(waves, tasks, tasks * reads_percent / 100, random, times).await,
                        async |times| nothing.waves(waves, tasks, tasks * reads_percent / 100, random, times).await,
                    );
                    let panel = format!("{reads_percent} % reads, {shards} shards");
                    self.keep("concurrent".to_owned(), panel, ("tasks", tasks as u64), 1, figures);
                }
            }
        }
    }

    /// Tasks that make one call after another.
    pub(crate) fn loops(&mut self) {
        for reads_percent in [80, 50, 20] {
            for shards in [1, 15] {
                let (theirs, ours, nothing) = self.filled(self.keys, shards);
                for tasks in [1, 2, 4, 8] {
                    let calls = self.slice(CALLS).div_ceil(tasks);
                    let random = self.random.next_u64();
                    let figures = self.in_turns(
                        1,
                        async |times| theirs.loops(calls, tasks, reads_percent, random, times).await,
                        async |times| ours.loops(calls, tasks, reads_percent, random, times).await,
                        async |times| nothing.loops(calls, tasks, reads_percent, random, times).await,
                    );
                    let panel = format!("{reads_percent} % reads, {shards} shards");
                    self.keep("loops".to_owned(), panel, ("tasks", tasks), 1, figures);
                }
            }
        }
    }

    /// Batches by one task, both modes in turns.
    pub(crate) fn batches(&mut self) {
        let modes = [Mode::AllOrNothing, Mode::BestEffort];
        for call in [BatchCall::Set, BatchCall::Get, BatchCall::Delete] {
            for size in [50, 100, 200] {
                let (mut theirs, mut ours, mut nothing) = self.filled(self.keys, 1);
                let batches = self.slice(BATCHES);
                let mut times = modes.map(|mode| (mode, [(); 3].map(|()| Times::new())));
                for _ in 0..self.rounds {
                    for (mode, [their_times, our_times, no_times]) in &mut times {
                        self.runtime.block_on(async {
                            theirs.batches(call, *mode, size, batches, their_times).await;
                            ours.batches(call, *mode, size, batches, our_times).await;
                            nothing.batches(call, *mode, size, batches, no_times).await;
                        });
                    }
                }
                for (mode, times) in times {
                    let figures = [Seed::NAME, Ours::NAME, Nothing::NAME].into_iter().zip(&times);
                    let figures = figures.map(|(name, times)| times.figures(name, size as u64)).collect();
                    let panel = format!("{call:?} {mode:?}");
                    self.keep("batches".to_owned(), panel, ("items", size as u64), size as u64, figures);
                }
            }
        }
    }

    /// Waves of tasks, each running one batch.
    pub(crate) fn batches_concurrent(&mut self) {
        for call in [BatchCall::Set, BatchCall::Get, BatchCall::Delete] {
            for mode in [Mode::AllOrNothing, Mode::BestEffort] {
                for size in [50, 100, 200] {
                    for shards in [1, 5, 10, 15] {
                        let (mut theirs, mut ours, mut nothing) = self.filled(self.keys, shards);
                        for tasks in [8, 16, 32, 64] {
                            let waves = self.slice(BATCHES_CONCURRENT).div_ceil(tasks as u64);
                            let figures = self.in_turns(
                                size as u64,
                                async |times| theirs.batch_waves(call, mode, size, tasks, waves, times).await,
                                async |times| ours.batch_waves(call, mode, size, tasks, waves, times).await,
                                async |times| nothing.batch_waves(call, mode, size, tasks, waves, times).await,
                            );
                            let panel = format!("{mode:?}, {size} items, {shards} shards");
                            let chart = format!("batches-concurrent-{call:?}").to_lowercase();
                            self.keep(chart, panel, ("tasks", tasks as u64), size as u64, figures);
                        }
                    }
                }
            }
        }
    }

    /// Calls per slice of a scenario that has `calls` at scale 1.
    fn slice(&self, calls: u64) -> u64 {
        ((calls as f64 * self.scale / f64::from(self.rounds)) as u64).max(1)
    }

    /// Two namespaces with the same keys and values, and none.
    fn filled(&mut self, keys: usize, shards: usize) -> (Filled<Seed>, Filled<Ours>, Filled<Nothing>) {
        let keys: Arc<Vec<String>> = Arc::new((0..keys).map(|_| format!("key_{}", self.random.next_u64())).collect());
        let random = &mut self.random;
        let value = |_| (0..VALUE_BYTES).map(|_| random.next_u64() as u8).collect();
        let values: Arc<Vec<Vec<u8>>> = Arc::new((0..VALUES).map(value).collect());
        let runtime = self.runtime;
        (
            runtime.block_on(Filled::new(shards, &keys, &values)),
            runtime.block_on(Filled::new(shards, &keys, &values)),
            runtime.block_on(Filled::new(shards, &keys, &values)),
        )
    }

    /// Runs slices of both caches and of none in turns.
    fn in_turns(
        &self,
        items: u64,
        mut theirs: impl AsyncFnMut(Times) -> Times,
        mut ours: impl AsyncFnMut(Times) -> Times,
        mut nothing: impl AsyncFnMut(Times) -> Times,
    ) -> Vec<Figures> {
        let [mut their_times, mut our_times, mut no_times] = [(); 3].map(|()| Times::new());
        for _ in 0..self.rounds {
            their_times = self.runtime.block_on(theirs(their_times));
            our_times = self.runtime.block_on(ours(our_times));
            no_times = self.runtime.block_on(nothing(no_times));
        }
        vec![
            their_times.figures(Seed::NAME, items),
            our_times.figures(Ours::NAME, items),
            no_times.figures(Nothing::NAME, items),
        ]
    }

    fn keep(
        &mut self,
        chart: String,
        panel: String,
        (parameter, value): (&'static str, u64),
        items: u64,
        figures: Vec<Figures>,
    ) {
        self.scenarios.push(Scenario { chart, panel, parameter, value, items, figures });
    }
}

impl<C: Cache> Filled<C> {
    async fn new(shards: usize, keys: &Arc<Vec<String>>, values: &Arc<Vec<Vec<u8>>>) -> Self {
        let cache = C::with_shards(shards);
        for (index, key) in keys.iter().enumerate() {
            cache.set(key, values[index % values.len()].clone()).await;
        }
        Self { cache, keys: Arc::clone(keys), values: Arc::clone(values), next: 0 }
    }

    /// Takes keys in the order they were made, again from the first after the last.
    fn next_keys(&mut self, count: usize) -> Vec<String> {
        let keys = (0..count).map(|offset| self.keys[(self.next + offset) % self.keys.len()].clone()).collect();
        self.next = (self.next + count) % self.keys.len();
        keys
    }

    fn next_items(&mut self, keys: Vec<String>) -> Vec<(String, Vec<u8>)> {
        let start = self.next;
        let value = |offset: usize| self.values[(start + offset) % self.values.len()].clone();
        keys.into_iter().enumerate().map(|(offset, key)| (key, value(offset))).collect()
    }

    /// Times `count` calls; what they change is put back between them.
    async fn calls(&mut self, call: Call, count: u64, random: u64, mut times: Times) -> Times {
        let mut random = Random::new(random);
        let keys = Arc::clone(&self.keys);
        let values = Arc::clone(&self.values);
        for _ in 0..count {
            let fresh;
            let key = if call == Call::Insert {
                fresh = format!("key_{}", random.next_u64());
                &fresh
            } else {
                &keys[self.next]
            };
            let value = &values[self.next % values.len()];
            self.next = (self.next + 1) % keys.len();
            let cache = &self.cache;
            let start = Instant::now();
            let was_there = match call {
                // A value must be made for every call: the clone is part of it.
                Call::Insert | Call::Set => cache.set(key, value.clone()).await,
                Call::Update => cache.update(key, value.clone()).await,
                Call::Get => cache.get(key).await,
                Call::Exists => cache.exists(key).await,
                Call::Delete => cache.delete(key).await,
                Call::Consume => cache.consume(key).await,
            };
            times.record(start.elapsed(), !C::KEEPS || was_there == (call != Call::Insert));
            match call {
                Call::Insert => drop(cache.delete(key).await),
                Call::Delete | Call::Consume => drop(cache.set(key, value.clone()).await),
                _ => {}
            }
        }
        times
    }

    /// Times waves of tasks, the first `reads` of which read.
    async fn waves(&self, waves: u64, tasks: usize, reads: usize, random: u64, mut times: Times) -> Times {
        let mut random = Random::new(random);
        let start = Instant::now();
        let mut joins = Vec::with_capacity(tasks);
        for _ in 0..waves {
            for task in 0..tasks {
                let (cache, keys) = (self.cache.clone(), Arc::clone(&self.keys));
                let index = random.below(keys.len() as u64) as usize;
                let value = (task >= reads).then(|| self.values[index % self.values.len()].clone());
                joins.push(tokio::spawn(async move {
                    let start = Instant::now();
                    let was_there = match value {
                        None => cache.get(&keys[index]).await,
                        Some(value) => cache.set(&keys[index], value).await,
                    };
                    (start.elapsed(), was_there)
                }));
            }
            for join in joins.drain(..) {
                let (call, was_there) = join.await.expect(TASK);
                times.record(call, was_there);
            }
        }
        times.wall += start.elapsed();
        times
    }

    /// Times tasks that make `calls` calls each.
    async fn loops(&self, calls: u64, tasks: u64, reads_percent: usize, random: u64, mut times: Times) -> Times {
        let start = Instant::now();
        let task = |task| {
            let Self { cache, keys, values, .. } = self.clone();
            let mut random = Random::part(random, task);
            tokio::spawn(async move {
                let mut times = Times::new();
                for _ in 0..calls {
                    let index = random.below(keys.len() as u64) as usize;
                    let reads = random.below(100) < reads_percent as u64;
                    let start = Instant::now();
                    let was_there = if reads {
                        cache.get(&keys[index]).await
                    } else {
                        cache.set(&keys[index], values[index % values.len()].clone()).await
                    };
                    times.record(start.elapsed(), was_there);
                }
                times
            })
        };
        let joins: Vec<_> = (0..tasks).map(task).collect();
        for join in joins {
            times.add(&join.await.expect(TASK));
        }
        times.wall += start.elapsed();
        times
    }

    /// Times batches; what they change is put back between them.
    async fn batches(&mut self, call: BatchCall, mode: Mode, size: usize, count: u64, times: &mut Times) {
        for number in 0..count {
            let (call, done) = self.batch(call, mode, size, number).await;
            times.record(call, done == size);
        }
    }

    /// Times waves of tasks that run a batch each, and put back what it changed.
    async fn batch_waves(
        &mut self,
        call: BatchCall,
        mode: Mode,
        size: usize,
        tasks: usize,
        waves: u64,
        mut times: Times,
    ) -> Times {
        let mut joins = Vec::with_capacity(tasks);
        let start = Instant::now();
        for wave in 0..waves {
            for task in 0..tasks {
                // Keys of a wave's tasks do not overlap.
                let mut filled = self.clone();
                self.next = (self.next + size) % self.keys.len();
                let number = wave * tasks as u64 + task as u64;
                joins.push(tokio::spawn(async move { filled.batch(call, mode, size, number).await }));
            }
            for join in joins.drain(..) {
                let (call, done) = join.await.expect(TASK);
                times.record(call, done == size);
            }
        }
        times.wall += start.elapsed();
        times
    }

    /// Runs one batch. `number` tells new keys of different batches apart.
    async fn batch(&mut self, call: BatchCall, mode: Mode, size: usize, number: u64) -> (Duration, usize) {
        match call {
            BatchCall::Get => {
                let keys = self.next_keys(size);
                let start = Instant::now();
                let done = self.cache.get_batch(keys, mode).await;
                (start.elapsed(), done)
            }
            BatchCall::Set => {
                let new: Vec<String> = (0..size).map(|item| format!("new_{number:012}_{item:06}")).collect();
                let items = self.next_items(new.clone());
                let start = Instant::now();
                let done = self.cache.set_batch(items.clone(), mode).await;
                let call = start.elapsed();
                self.cache.delete_batch(new, Mode::BestEffort).await;
                (call, done)
            }
            BatchCall::Delete => {
                let keys = self.next_keys(size);
                let start = Instant::now();
                let done = self.cache.delete_batch(keys.clone(), mode).await;
                let call = start.elapsed();
                let items = self.next_items(keys);
                self.cache.set_batch(items, Mode::BestEffort).await;
                (call, done)
            }
        }
    }
}

/// Tasks do what the harness would do itself.
const TASK: &str = "the task ran to its end";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_does_what_it_is_timed_for_on_both() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
        let mut bench = Bench { keys: 500, ..Bench::new(&runtime, 0.0, 2) };
        bench.sharding();
        bench.loops();
        bench.batches();
        let (mut theirs, mut ours, mut nothing) = bench.filled(500, 4);
        for call in [Call::Insert, Call::Set, Call::Update, Call::Get, Call::Exists, Call::Delete, Call::Consume] {
            let figures = bench.in_turns(
                1,
                async |times| theirs.calls(call, 600, 1, times).await,
                async |times| ours.calls(call, 600, 1, times).await,
                async |times| nothing.calls(call, 600, 1, times).await,
            );
            bench.keep("calls".to_owned(), format!("{call:?}"), ("keys", 500), 1, figures);
        }
        for call in [BatchCall::Set, BatchCall::Get, BatchCall::Delete] {
            for mode in [Mode::AllOrNothing, Mode::BestEffort] {
                let figures = bench.in_turns(
                    20,
                    async |times| theirs.batch_waves(call, mode, 20, 8, 3, times).await,
                    async |times| ours.batch_waves(call, mode, 20, 8, 3, times).await,
                    async |times| nothing.batch_waves(call, mode, 20, 8, 3, times).await,
                );
                bench.keep("batches".to_owned(), format!("{call:?} {mode:?}"), ("tasks", 8), 20, figures);
            }
        }
        for scenario in bench.into_scenarios() {
            assert_eq!(scenario.figures.len(), 3);
            for figures in &scenario.figures {
                assert_eq!(figures.failures, 0, "{scenario:?}");
                assert!(figures.calls > 0 && figures.avg_ns > 0.0, "{scenario:?}");
            }
        }
    }
}
