//! Chance, passed in: a small generator that repeats itself from a seed.

use std::hash::{BuildHasher, RandomState};

/// A source of random numbers for sampling, eviction and members picked at random.
///
/// The generator is xoshiro256++ (Blackman and Vigna, "Scrambled linear pseudorandom number
/// generators", 2021): 32 bytes of state, about a nanosecond a number. It is fast and even, **not
/// secret**: whoever sees enough of its output can tell the rest, so keys and tokens must not come
/// from it.
#[derive(Clone, Debug)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// Makes a generator that gives the same numbers whenever the seed is the same.
    pub fn from_seed(seed: u64) -> Self {
        let mut seeds = SplitMix(seed);
        Self { state: std::array::from_fn(|_| seeds.next()) }
    }

    /// Makes a generator seeded by the operating system.
    pub fn from_entropy() -> Self {
        // The standard library takes 128 bits from the system per thread and gives out keyed
        // hashers; a fresh one for each word makes the words unrelated.
        let state: [u64; 4] = std::array::from_fn(|word| RandomState::new().hash_one(word));
        // All zeros is the one state the generator never leaves.
        if state == [0; 4] { Self::from_seed(0) } else { Self { state } }
    }

    /// Makes a generator of its own for another part, which repeats when this one does.
    pub fn split(&mut self) -> Self {
        Self::from_seed(self.next_u64())
    }

    /// Returns 64 random bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let number = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        number
    }

    /// Returns an even choice from `0..bound`.
    ///
    /// By multiplication, and again for the few numbers that would make some results likelier
    /// (Lemire, "Fast random integer generation in an interval", 2019).
    ///
    /// # Panics
    ///
    /// When `bound` is 0: there is nothing to choose from.
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "a random choice needs something to choose from");
        loop {
            let product = u128::from(self.next_u64()) * u128::from(bound);
            let low = product as u64;
            // The threshold costs a division, and can matter only below `bound`.
            if low >= bound || low >= bound.wrapping_neg() % bound {
                return (product >> 64) as u64;
            }
        }
    }

    /// Returns an even choice of an index into `len` items, `None` when there are none.
    #[inline]
    pub fn index(&mut self, len: usize) -> Option<usize> {
        (len > 0).then(|| self.below(len as u64) as usize)
    }

    /// Returns a number from `0.0` (included) to `1.0` (not reached).
    pub fn unit_f64(&mut self) -> f64 {
        // 53 bits are what a double holds.
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// SplitMix64, which turns a seed of any quality into unrelated words.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix_gives_its_published_numbers() {
        let mut seeds = SplitMix(1_234_567);
        let numbers: [u64; 5] = std::array::from_fn(|_| seeds.next());
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(numbers, published);
    }

    #[test]
    fn xoshiro_gives_its_published_numbers() {
        let mut random = Random { state: [1, 2, 3, 4] };
        let numbers: [u64; 5] = std::array::from_fn(|_| random.next_u64());
        let published =
            [41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386, 9_228_616_714_210_784_205];
        assert_eq!(numbers, published);
    }

    #[test]
    fn a_seed_repeats_itself_and_another_does_not() {
        let numbers = |mut random: Random| -> Vec<u64> { (0..100).map(|_| random.next_u64()).collect() };
        assert_eq!(numbers(Random::from_seed(7)), numbers(Random::from_seed(7)));
        assert_ne!(numbers(Random::from_seed(7)), numbers(Random::from_seed(8)));
        assert_ne!(numbers(Random::from_entropy()), numbers(Random::from_entropy()));

        let (mut one, mut other) = (Random::from_seed(7), Random::from_seed(7));
        assert_eq!(numbers(one.split()), numbers(other.split()));
        assert_ne!(numbers(one.split()), numbers(one));
    }

    #[test]
    fn choices_are_even_and_within_bounds() {
        let mut random = Random::from_seed(42);
        for bound in [1, 2, 3, 10, 1 << 40, u64::MAX] {
            assert!((0..1_000).all(|_| random.below(bound) < bound));
        }
        let mut counts = [0u32; 7];
        for _ in 0..70_000 {
            counts[random.index(7).expect("seven items")] += 1;
        }
        // A fair count is 10,000 with a standard deviation of 93.
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
        assert_eq!(random.index(0), None);
    }

    #[test]
    fn large_bounds_are_not_biased() {
        // With 3/4 of the range as the bound, a plain modulo or multiplication would give some
        // third of the results twice as often.
        let (mut random, bound) = (Random::from_seed(9), 3 * (u64::MAX / 4));
        let low = (0..30_000).filter(|_| random.below(bound) < bound / 3).count();
        assert!((9_600..10_400).contains(&low), "{low} of 30,000 in the lower third");
    }

    #[test]
    fn fractions_fill_the_unit_interval() {
        let mut random = Random::from_seed(3);
        let fractions: Vec<f64> = (0..10_000).map(|_| random.unit_f64()).collect();
        assert!(fractions.iter().all(|fraction| (0.0..1.0).contains(fraction)));
        let mean = fractions.iter().sum::<f64>() / 10_000.0;
        assert!((0.48..0.52).contains(&mean), "{mean}");
    }
}
