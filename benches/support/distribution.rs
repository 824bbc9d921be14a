//! Which key comes next: uniform, Zipf, sequential, hot set.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::random::Random;

/// How requests are spread over the keys `0..keys`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
    /// Every key is equally likely.
    Uniform,
    /// The key of rank r is asked for with a probability proportional to `1 / r^theta`; ranks are scattered over the
    /// key space, so hot keys are not neighbours.
    Zipf {
        /// The exponent, above 0; 0.99 is the customary one.
        theta: f64,
    },
    /// Every key in turn, each thread its own part of the key space, again from the start when all were asked for.
    Sequential,
    /// A share of the requests goes to a share of the keys, uniformly on either side.
    HotSet {
        /// Share of the keys that are hot, between 0 and 1.
        keys: f64,
        /// Share of the requests that go to the hot keys, between 0 and 1.
        requests: f64,
    },
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uniform => f.write_str("uniform"),
            Self::Zipf { theta } => write!(f, "zipf:{theta}"),
            Self::Sequential => f.write_str("sequential"),
            Self::HotSet { keys, requests } => write!(f, "hotset:{keys}:{requests}"),
        }
    }
}

impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Distribution {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: &str| part.parse::<f64>().map_err(|_| format!("`{part}` is not a number"));
        let share = |part: &str| match number(part)? {
            share if share > 0.0 && share < 1.0 => Ok(share),
            share => Err(format!("{share} is not between 0 and 1")),
        };
        match *text.split(':').collect::<Vec<_>>() {
            ["uniform"] => Ok(Self::Uniform),
            ["sequential"] => Ok(Self::Sequential),
            ["zipf"] => Ok(Self::Zipf { theta: 0.99 }),
            ["zipf", theta] => match number(theta)? {
                theta if theta > 0.0 && theta <= 10.0 => Ok(Self::Zipf { theta }),
                theta => Err(format!("theta {theta} is not between 0 and 10")),
            },
            ["hotset", keys, requests] => Ok(Self::HotSet { keys: share(keys)?, requests: share(requests)? }),
            _ => Err("expected uniform, sequential, zipf, zipf:THETA or hotset:KEYS:REQUESTS".into()),
        }
    }
}

/// Draws key numbers for one thread.
#[derive(Clone, Debug)]
pub struct KeySource {
    random: Random,
    keys: u64,
    shape: Shape,
}

#[derive(Clone, Debug)]
enum Shape {
    Uniform,
    Zipf { ranks: Zipf, scatter: Scatter },
    Sequential { next: u64, range: Range<u64> },
    HotSet { hot_keys: u64, requests: f64, scatter: Scatter },
}

impl KeySource {
    /// Prepares a source for thread `part` of `parts`. `keys` must not be 0.
    pub fn new(distribution: Distribution, keys: u64, seed: u64, part: u64, parts: u64) -> Self {
        let shape = match distribution {
            Distribution::Uniform => Shape::Uniform,
            Distribution::Zipf { theta } => Shape::Zipf { ranks: Zipf::new(keys, theta), scatter: Scatter::new(keys) },
            Distribution::Sequential => {
                let range = part_of(keys, part, parts);
                let range = if range.is_empty() { 0..keys } else { range };
                Shape::Sequential { next: range.start, range }
            }
            Distribution::HotSet { keys: share, requests } => {
                let hot_keys = ((keys as f64 * share) as u64).clamp(1, keys);
                Shape::HotSet { hot_keys, requests, scatter: Scatter::new(keys) }
            }
        };
        Self { random: Random::part(seed, part), keys, shape }
    }

    /// Draws the number of the next key, below the number of keys.
    #[inline]
    pub fn next_key(&mut self) -> u64 {
        match &mut self.shape {
            Shape::Uniform => self.random.below(self.keys),
            Shape::Zipf { ranks, scatter } => scatter.key(ranks.draw(&mut self.random) - 1),
            Shape::Sequential { next, range } => {
                let key = *next;
                *next = if key + 1 == range.end { range.start } else { key + 1 };
                key
            }
            Shape::HotSet { hot_keys, requests, scatter } => {
                let rank = if *hot_keys == self.keys || self.random.unit() < *requests {
                    self.random.below(*hot_keys)
                } else {
                    *hot_keys + self.random.below(self.keys - *hot_keys)
                };
                scatter.key(rank)
            }
        }
    }

    /// Draws from `0..bound`, uniformly (the field of a hash, for one).
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        self.random.below(bound)
    }
}

/// Returns the `part`-th of `parts` ranges that together cover `0..whole` and differ in length by at most one.
pub fn part_of(whole: u64, part: u64, parts: u64) -> Range<u64> {
    let edge = |part: u64| (u128::from(whole) * u128::from(part) / u128::from(parts)) as u64;
    edge(part)..edge(part + 1)
}

/// Maps ranks to key numbers one to one, so that neighbouring ranks lie far apart.
#[derive(Clone, Debug)]
struct Scatter {
    keys: u64,
    step: u64,
}

impl Scatter {
    fn new(keys: u64) -> Self {
        // A prime above any number of keys shares no factor with it: stepping by it visits every key once.
        const PRIME: u64 = 0x9E37_79B1_85EB_CA87;
        Self { keys, step: PRIME % keys }
    }

    fn key(&self, rank: u64) -> u64 {
        match rank.checked_mul(self.step) {
            Some(product) => product % self.keys,
            None => (u128::from(rank) * u128::from(self.step) % u128::from(self.keys)) as u64,
        }
    }
}

/// Zipf ranks by rejection-inversion (Hörmann and Derflinger, "Rejection-inversion to generate variates from monotone
/// discrete distributions", 1996): no table, any positive exponent, about one draw per rank.
#[derive(Clone, Debug)]
struct Zipf {
    theta: f64,
    /// Integral of the density up to 1.5, less the mass of rank 1.
    low: f64,
    /// Integral of the density up to `ranks + 0.5`.
    high: f64,
    ranks: f64,
    /// Draws within this distance of a rank need no test.
    sure: f64,
}

impl Zipf {
    fn new(ranks: u64, theta: f64) -> Self {
        let ranks = ranks as f64;
        let mut zipf = Self { theta, low: 0.0, high: 0.0, ranks, sure: 0.0 };
        zipf.low = zipf.integral(1.5) - 1.0;
        zipf.high = zipf.integral(ranks + 0.5);
        zipf.sure = 2.0 - zipf.inverse(zipf.integral(2.5) - zipf.density(2.0));
        zipf
    }

    /// Draws a rank in `1..=ranks`.
    fn draw(&self, random: &mut Random) -> u64 {
        loop {
            let u = self.high + random.unit() * (self.low - self.high);
            let x = self.inverse(u);
            let rank = (x + 0.5).floor().clamp(1.0, self.ranks);
            if rank - x <= self.sure || u >= self.integral(rank + 0.5) - self.density(rank) {
                return rank as u64;
            }
        }
    }

    fn density(&self, x: f64) -> f64 {
        (-self.theta * x.ln()).exp()
    }

    /// `(x^(1-theta) - 1) / (1-theta)`, which is `ln x` at theta 1.
    fn integral(&self, x: f64) -> f64 {
        let log = x.ln();
        let power = (1.0 - self.theta) * log;
        if power.abs() < 1e-9 { log } else { power.exp_m1() / (1.0 - self.theta) }
    }

    fn inverse(&self, y: f64) -> f64 {
        let power = (y * (1.0 - self.theta)).max(-1.0);
        if power.abs() < 1e-9 { y.exp() } else { (power.ln_1p() / (1.0 - self.theta)).exp() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(distribution: Distribution, keys: u64, draws: usize) -> Vec<usize> {
        let mut source = KeySource::new(distribution, keys, 42, 0, 1);
        let mut counts = vec![0; keys as usize];
        for _ in 0..draws {
            counts[source.next_key() as usize] += 1;
        }
        counts
    }

    #[test]
    fn uniform_reaches_every_key_about_equally() {
        let counts = counts(Distribution::Uniform, 100, 100_000);
        assert!(counts.iter().all(|&count| (850..1_150).contains(&count)), "{counts:?}");
    }

    #[test]
    fn zipf_follows_the_power_law() {
        for theta in [0.5, 0.99, 1.0, 1.5] {
            let keys = 1_000;
            let draws = 400_000;
            let mut counts = counts(Distribution::Zipf { theta }, keys, draws);
            counts.sort_unstable_by(|a, b| b.cmp(a));
            let mass: f64 = (1..=keys).map(|rank| (rank as f64).powf(-theta)).sum();
            for rank in [1usize, 2, 3, 10] {
                let expected = draws as f64 * (rank as f64).powf(-theta) / mass;
                let found = counts[rank - 1] as f64;
                assert!((found / expected - 1.0).abs() < 0.12, "theta {theta} rank {rank}: {found} for {expected}");
            }
        }
    }

    #[test]
    fn scattering_is_a_permutation_that_parts_neighbours() {
        for keys in [1, 2, 7, 1_000, 65_536, 1_000_003] {
            let scatter = Scatter::new(keys);
            let mut seen = vec![false; keys as usize];
            for rank in 0..keys {
                assert!(!std::mem::replace(&mut seen[scatter.key(rank) as usize], true), "{keys} keys, rank {rank}");
            }
        }
        let scatter = Scatter::new(1 << 40);
        assert!(scatter.key(1).abs_diff(scatter.key(2)) > 1 << 20);
    }

    #[test]
    fn sequential_threads_share_the_keys_and_start_again() {
        let mut seen: Vec<u64> = Vec::new();
        for part in 0..3 {
            let length = part_of(10, part, 3).count();
            let mut source = KeySource::new(Distribution::Sequential, 10, 1, part, 3);
            let first: Vec<u64> = (0..length).map(|_| source.next_key()).collect();
            let second: Vec<u64> = (0..length).map(|_| source.next_key()).collect();
            assert_eq!(first, second);
            seen.extend(first);
        }
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn hot_keys_get_their_share() {
        let mut counts = counts(Distribution::HotSet { keys: 0.1, requests: 0.9 }, 1_000, 200_000);
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let hot: usize = counts[..100].iter().sum();
        assert!((178_000..182_000).contains(&hot), "{hot}");
        assert!(counts[999] > 0);
    }

    #[test]
    fn names_are_read_and_written_alike() {
        for name in ["uniform", "sequential", "zipf:0.99", "zipf:1.2", "hotset:0.1:0.9"] {
            assert_eq!(name.parse::<Distribution>().unwrap().to_string(), name);
        }
        assert_eq!("zipf".parse::<Distribution>(), Ok(Distribution::Zipf { theta: 0.99 }));
        for bad in ["", "normal", "zipf:x", "zipf:0", "zipf:NaN", "hotset:0.1", "hotset:0:0.5", "hotset:0.1:1"] {
            assert!(bad.parse::<Distribution>().is_err(), "{bad}");
        }
    }
}
