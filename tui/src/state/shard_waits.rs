//! How often the locks of shards were waited for in a second: servers count since their start, so two samples tell it.

use super::sample::{Sample, Shards};

/// The rates of the shards that are looked at.
#[derive(Clone, Debug, Default)]
pub struct ShardWaits {
    namespace: String,
    at_ms: u64,
    counts: Vec<u64>,
    rates: Vec<f64>,
}

impl ShardWaits {
    /// Notes what a sample tells. Another namespace, another number of shards or a count that went down begins anew.
    /// Rates are those of `rate_ms` at least: within less the ones before hold on.
    pub fn note(&mut self, sample: &Sample, rate_ms: u64) {
        let Some(shards) = sample.shards.as_deref() else { return };
        let counts: Vec<u64> = shards.shards.iter().map(|shard| shard.lock_waits).collect();
        let is_same = self.namespace == shards.namespace && self.counts.len() == counts.len();
        let since_ms = sample.at_ms.saturating_sub(self.at_ms);
        let is_restart = self.counts.iter().zip(&counts).any(|(before, now)| now < before);
        if is_same && since_ms < rate_ms && sample.at_ms >= self.at_ms && !is_restart {
            return;
        }
        let seconds = since_ms as f64 / 1_000.0;
        if is_same && seconds > 0.0 {
            let rate =
                |(before, now): (&u64, &u64)| now.checked_sub(*before).map_or(f64::NAN, |count| count as f64 / seconds);
            self.rates = self.counts.iter().zip(&counts).map(rate).collect();
        } else if !is_same {
            self.rates = vec![f64::NAN; counts.len()];
        }
        self.namespace.clone_from(&shards.namespace);
        (self.at_ms, self.counts) = (sample.at_ms, counts);
    }

    /// The rate of a shard by its place; absent until two samples tell it.
    pub fn of(&self, shards: &Shards, place: usize) -> Option<f64> {
        let is_same = self.namespace == shards.namespace && self.rates.len() == shards.shards.len();
        self.rates.get(place).copied().filter(|rate| is_same && rate.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::sample::Shard;
    use super::*;

    #[test]
    fn rates_are_those_of_one_namespace_between_two_samples() {
        let shards = |namespace: &str, counts: &[u64]| Shards {
            namespace: namespace.into(),
            shards: counts.iter().map(|&lock_waits| Shard { lock_waits, ..Shard::default() }).collect(),
            resize: None,
        };
        let mut waits = ShardWaits::default();
        let mut note = |at_ms, shards: &Shards| {
            waits.note(&Sample { at_ms, shards: Some(Arc::new(shards.clone())), ..Sample::default() }, 500);
            [waits.of(shards, 0), waits.of(shards, 1)]
        };
        assert_eq!(note(1_000, &shards("a", &[5, 5])), [None, None]);
        assert_eq!(note(3_000, &shards("a", &[5, 9])), [Some(0.0), Some(2.0)]);
        assert_eq!(note(3_010, &shards("a", &[6, 9])), [Some(0.0), Some(2.0)], "too soon to tell");
        assert_eq!(note(4_000, &shards("b", &[7, 9])), [None, None]);
        assert_eq!(note(5_000, &shards("b", &[1, 10])), [None, Some(1.0)], "the server was restarted");
        assert_eq!(note(6_000, &shards("b", &[1])), [None, None]);
    }
}
