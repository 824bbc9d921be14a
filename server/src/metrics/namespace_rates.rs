//! Operations per second of each namespace, from samples: nothing is counted that the shards do not count anyway.

use std::collections::HashMap;

use parking_lot::Mutex;
use rkvs_engine::engine::Engine;

/// Time between two samples, in milliseconds.
const PERIOD_MS: u64 = 1000;
/// How many operations per second each namespace has served of late.
#[derive(Debug, Default)]
pub struct NamespaceRates {
    samples: Mutex<Samples>,
}

#[derive(Debug, Default)]
struct Samples {
    round: u64,
    /// When the last round was, in Unix milliseconds.
    at_ms: u64,
    /// By the namespace's id; those never used have none.
    by_namespace: HashMap<u64, Sample>,
}

#[derive(Debug)]
struct Sample {
    /// The round in which the namespace was last there.
    round: u64,
    at_ms: u64,
    operations: u64,
    per_second: u64,
}

impl NamespaceRates {
    /// Takes a sample of every namespace, if the last is a second old. To be called often, by one thread.
    pub(crate) fn sample(&self, engine: &Engine, now_ms: u64) {
        let mut samples = self.samples.lock();
        // A clock that was set back begins anew.
        if (samples.at_ms..samples.at_ms + PERIOD_MS).contains(&now_ms) {
            return;
        }
        let (round, before_ms) = (samples.round + 1, samples.at_ms);
        (samples.round, samples.at_ms) = (round, now_ms);
        for namespace in engine.namespaces() {
            // A namespace with a locked shard is left for the next round, which then measures a longer time.
            let operations = namespace.try_operations();
            if operations == Some(0) && !samples.by_namespace.contains_key(&namespace.id()) {
                continue;
            }
            let fresh = Sample { round, at_ms: before_ms, operations: 0, per_second: 0 };
            let sample = samples.by_namespace.entry(namespace.id()).or_insert(fresh);
            sample.round = round;
            if let Some(operations) = operations {
                let elapsed_ms = now_ms.saturating_sub(sample.at_ms).max(1);
                sample.per_second = operations.saturating_sub(sample.operations) * 1000 / elapsed_ms;
                (sample.at_ms, sample.operations) = (now_ms, operations);
            }
        }
        samples.by_namespace.retain(|_, sample| sample.round == round);
    }

    /// Operations per second of a namespace, by its id, as of the last sample.
    pub fn per_second(&self, namespace: u64) -> u64 {
        self.samples.lock().by_namespace.get(&namespace).map_or(0, |sample| sample.per_second)
    }
}

#[cfg(test)]
mod tests {
    use rkvs_engine::engine::EngineOptions;
    use rkvs_engine::keyspace::DeadlineChange;
    use rkvs_engine::namespace::Handle;

    use super::*;

    #[test]
    fn rates_follow_what_happens_between_samples() {
        let engine = Engine::new(EngineOptions::default()).unwrap();
        let namespace = engine.database(3).unwrap();
        let mut handle = Handle::new(namespace.clone());
        let key = engine.key(b"k");
        let mut set = |times: usize| {
            for _ in 0..times {
                handle
                    .with_key(key, 0, |keyspace| keyspace.set_string(key, b"v", DeadlineChange::Clear))
                    .unwrap()
                    .unwrap();
            }
        };
        let rates = NamespaceRates::default();
        let per_second = |now_ms| {
            rates.sample(&engine, now_ms);
            rates.per_second(namespace.id())
        };
        assert_eq!(per_second(10_000), 0);
        set(300);
        assert_eq!(per_second(10_999), 0, "no second has passed");
        assert_eq!(per_second(12_000), 150);
        set(50);
        assert_eq!(per_second(13_000), 50);
        assert_eq!(per_second(14_000), 0);
        assert_eq!(per_second(1_000), 0, "the clock was set back");
        assert_eq!(rates.samples.lock().by_namespace.len(), 1, "namespaces never used cost nothing");
    }

    #[test]
    fn deleted_namespaces_are_forgotten() {
        let engine = Engine::new(EngineOptions::default()).unwrap();
        let namespace = engine.create_namespace("a", Default::default()).unwrap();
        let key = engine.key(b"k");
        Handle::new(namespace.clone())
            .with_key(key, 0, |keyspace| keyspace.set_string(key, b"v", DeadlineChange::Clear))
            .unwrap()
            .unwrap();
        let rates = NamespaceRates::default();
        rates.sample(&engine, 1_000);
        assert_eq!(rates.samples.lock().by_namespace.len(), 1);
        engine.delete_namespace("a").unwrap();
        rates.sample(&engine, 2_000);
        assert!(rates.samples.lock().by_namespace.is_empty());
    }
}
