//! Key → shard: jump consistent hash over virtual slots, rounded to even loads.
//!
//! A key's hash names one of 16,384 **virtual slots** by its low 14 bits, and a table says which
//! shard owns the slot. So routing is one load from 32 KiB, whatever the number of shards, and the
//! jump hash (35-70 ns a call) is paid once a table, not once a key.
//!
//! Jump hash alone scatters the slots like dice: 128 slots per shard come out as 128 ± 11, so the
//! shards would differ by 9 %, and with four slots per shard one in 55 would own nothing. The
//! table therefore grows one shard at a time and gives each new one *exactly* its share: the slots
//! that jump hash moves there, as far as their owners have some to spare, then others in order of
//! their number (98 % of the slots are where jump hash alone puts them for 16 shards, 70 % for
//! 128). No shard owns two slots more than another, and growing from `n` to `n + 1` still
//! moves the fewest slots possible, all of them to the new shard.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Weak};

use parking_lot::Mutex;

/// Number of virtual slots: the unit in which keys are routed and moved.
pub const SLOTS: usize = 1 << 14;

/// Most shards a table routes to; each then owns four slots.
pub const SHARDS_MAX: usize = 4_096;

const _: () = assert!(SHARDS_MAX <= SLOTS && SHARDS_MAX <= u16::MAX as usize + 1);

/// Which shard owns each virtual slot.
///
/// Depends on the number of shards only: the same in every process and on every build.
pub struct RouteTable {
    shards: usize,
    owners: Owners,
}

/// The owner of each slot. The table is read for every key: half of it leaves more of the first-level cache to the rest.
enum Owners {
    /// Up to 256 shards.
    Bytes(Box<[u8; SLOTS]>),
    Words(Box<[u16; SLOTS]>),
}

impl Owners {
    #[inline]
    fn of(&self, slot: usize) -> usize {
        match self {
            Self::Bytes(owners) => usize::from(owners[slot]),
            Self::Words(owners) => usize::from(owners[slot]),
        }
    }
}

impl From<[u16; SLOTS]> for Owners {
    fn from(owners: [u16; SLOTS]) -> Self {
        if owners.iter().all(|owner| *owner <= u16::from(u8::MAX)) {
            Self::Bytes(Box::new(owners.map(|owner| owner as u8)))
        } else {
            Self::Words(Box::new(owners))
        }
    }
}

impl RouteTable {
    /// Returns the table for a number of shards.
    ///
    /// All users of a count share one table for as long as one of them holds it. Making it takes
    /// 2 ms for 128 shards, 8 ms for the most, and 32 KiB for as long as it lives.
    ///
    /// # Errors
    ///
    /// [`BadShardCount`] unless `shards` is within `1..=`[`SHARDS_MAX`].
    pub fn for_shards(shards: usize) -> Result<Arc<Self>, BadShardCount> {
        static SHARED: LazyLock<Mutex<HashMap<usize, Weak<RouteTable>>>> = LazyLock::new(Mutex::default);

        if !(1..=SHARDS_MAX).contains(&shards) {
            return Err(BadShardCount { shards });
        }
        // The lock is held while a missing table is made: who asks for the same one waits for it.
        let mut shared = SHARED.lock();
        if let Some(table) = shared.get(&shards).and_then(Weak::upgrade) {
            return Ok(table);
        }
        shared.retain(|_, table| table.strong_count() > 0);
        let table = Arc::new(Self { shards, owners: assign(shards).into() });
        shared.insert(shards, Arc::downgrade(&table));
        Ok(table)
    }

    /// Returns the number of shards this table routes to.
    pub fn shards(&self) -> usize {
        self.shards
    }

    /// Returns the index of the shard that owns the keys of a hash, below [`RouteTable::shards`].
    #[inline]
    pub fn shard_of(&self, hash: u64) -> usize {
        self.owners.of(slot_of(hash))
    }

    /// Returns the owner of each slot, in the order of their numbers.
    pub fn owners(&self) -> impl Iterator<Item = usize> + '_ {
        (0..SLOTS).map(|slot| self.owners.of(slot))
    }
}

impl fmt::Debug for RouteTable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RouteTable").field("shards", &self.shards).finish_non_exhaustive()
    }
}

/// Returns the virtual slot of a key's hash: its low 14 bits. The high bits place the key within
/// its shard's table.
#[inline]
pub fn slot_of(hash: u64) -> usize {
    hash as usize & (SLOTS - 1)
}

/// A number of shards that cannot be routed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a namespace has 1 to {SHARDS_MAX} shards, not {shards}")]
pub struct BadShardCount {
    /// The number that was asked for.
    pub shards: usize,
}

/// Returns the bucket of a key among `buckets` (Lamping and Veach, "A fast, minimal memory,
/// consistent hash algorithm", 2014): even, and one bucket more moves only the keys that go there.
///
/// Costs `O(ln buckets)` floating-point divisions.
///
/// # Panics
///
/// When `buckets` is 0.
pub fn jump_consistent_hash(key: u64, buckets: u32) -> u32 {
    assert!(buckets > 0, "a key needs a bucket to go to");
    let last = Jumps { key, next: 0 }.take_while(|bucket| *bucket < u64::from(buckets)).last();
    last.expect("every key starts in bucket 0") as u32
}

/// The buckets a key lives in, one after the other, as their number grows without end.
struct Jumps {
    key: u64,
    next: u64,
}

impl Iterator for Jumps {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let bucket = self.next;
        self.key = self.key.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        let chance = ((self.key >> 33) + 1) as f64 / (1u64 << 31) as f64;
        self.next = ((bucket + 1) as f64 / chance) as u64;
        Some(bucket)
    }
}

/// Gives each slot its owner, adding one shard after the other.
fn assign(shards: usize) -> [u16; SLOTS] {
    // The slots that jump hash moves to each shard when that one is added.
    let mut arrivals = vec![Vec::new(); shards];
    for slot in 0..SLOTS {
        let jumps = Jumps { key: slot as u64, next: 0 };
        for bucket in jumps.take_while(|bucket| *bucket < shards as u64) {
            arrivals[bucket as usize].push(slot);
        }
    }

    let mut owners = [0; SLOTS];
    let mut held = vec![0; shards];
    held[0] = SLOTS;
    let mut in_turn = (0..SLOTS).cycle();
    for (added, arrivals) in arrivals.iter().enumerate().skip(1) {
        // Afterwards each shard holds `share` slots, and as many of the old ones as the division
        // leaves over hold one more; the new one does not.
        let share = SLOTS / (added + 1);
        let at_share = held[..added].iter().filter(|held| **held == share).count();
        let mut may_reach_share = added - SLOTS % (added + 1) - at_share;
        let candidates = arrivals.iter().copied().chain(in_turn.by_ref().take(SLOTS));
        for slot in candidates {
            if held[added] == share {
                break;
            }
            let owner = usize::from(owners[slot]);
            if owner == added || held[owner] == share || (held[owner] == share + 1 && may_reach_share == 0) {
                continue;
            }
            held[owner] -= 1;
            may_reach_share -= usize::from(held[owner] == share);
            owners[slot] = added as u16;
            held[added] += 1;
        }
        debug_assert_eq!(held[added], share, "the others have to spare what the new shard lacks");
    }
    owners
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn jump_hash_gives_its_published_buckets() {
        // The vectors of the widely used Java implementation.
        let of_100 = [0, 55, 62, 8, 45, 59, 86, 97, 82, 59, 73, 37, 17, 56, 86, 21, 90, 37, 38, 83];
        for (key, bucket) in of_100.into_iter().enumerate() {
            assert_eq!(jump_consistent_hash(key as u64, 100), bucket, "key {key}");
        }
        for (key, buckets, bucket) in [
            (10_863_919_174_838_991, 11, 6),
            (2_016_238_256_797_177_309, 11, 3),
            (1_673_758_223_894_951_030, 11, 5),
            (2, 100_001, 80_343),
            (2_201, 100_001, 22_152),
            (2_202, 100_001, 15_018),
            (u64::MAX, 1, 0),
        ] {
            assert_eq!(jump_consistent_hash(key, buckets), bucket, "key {key} of {buckets}");
        }
        assert!(jump_consistent_hash(7, u32::MAX) < u32::MAX);
    }

    #[test]
    fn no_shard_owns_two_slots_more_than_another() {
        for shards in (1..=64).chain([100, 128, 1_000, 1_024, 4_096]) {
            let table = RouteTable::for_shards(shards).expect("within bounds");
            let mut held = vec![0; shards];
            table.owners().for_each(|owner| held[owner] += 1);
            let (least, most) = (held.iter().min(), held.iter().max());
            assert_eq!((least, held.iter().sum()), (Some(&(SLOTS / shards)), SLOTS));
            assert!(most <= Some(&SLOTS.div_ceil(shards)), "{shards} shards: {held:?}");
        }
    }

    #[test]
    fn one_shard_more_moves_its_share_and_only_there() {
        for shards in (1..=64).chain([127, 128, 1_023, 4_095]) {
            let before = RouteTable::for_shards(shards).expect("within bounds");
            let after = RouteTable::for_shards(shards + 1).expect("within bounds");
            let moved: Vec<_> = before.owners().zip(after.owners()).filter(|(before, after)| before != after).collect();
            assert!(moved.iter().all(|(_, after)| *after == shards));
            assert_eq!(moved.len(), SLOTS / (shards + 1), "{shards} shards");
        }
    }

    #[test]
    fn random_keys_spread_as_evenly_as_chance_allows() {
        // 3.6 % is what an ideal hash stays below: its mean absolute deviation is 2.9 ± 0.2 %.
        let table = RouteTable::for_shards(128).expect("within bounds");
        for seed in 0..20 {
            let mut random = Random::from_seed(seed);
            let mut keys = [0u32; 128];
            (0..100_000).for_each(|_| keys[table.shard_of(random.next_u64())] += 1);
            let mean = 100_000.0 / 128.0;
            let deviation = keys.iter().map(|keys| (f64::from(*keys) - mean).abs()).sum::<f64>() / 128.0 / mean;
            assert!(deviation <= 0.036, "seed {seed}: {:.2} %", deviation * 100.0);
        }
    }

    #[test]
    fn jump_hash_decides_wherever_loads_allow() {
        for (shards, least) in [(2, 0.99), (16, 0.95), (128, 0.65), (1_024, 0.3)] {
            let table = RouteTable::for_shards(shards).expect("within bounds");
            let agrees =
                |(slot, owner): &(usize, usize)| jump_consistent_hash(*slot as u64, shards as u32) as usize == *owner;
            let agreeing = table.owners().enumerate().filter(agrees).count();
            assert!(agreeing as f64 >= least * SLOTS as f64, "{shards} shards: {agreeing} slots");
        }
    }

    #[test]
    fn hashes_route_by_their_low_bits_to_what_the_table_names() {
        let table = RouteTable::for_shards(7).expect("within bounds");
        let owners: Vec<usize> = table.owners().collect();
        let mut random = Random::from_seed(1);
        for _ in 0..1_000 {
            let hash = random.next_u64();
            assert_eq!(table.shard_of(hash), owners[(hash % 16_384) as usize]);
            assert_eq!(table.shard_of(hash), table.shard_of(hash ^ (0xdead_beef << 14)));
            assert!(table.shard_of(hash) < 7);
        }
    }

    #[test]
    fn tables_are_shared_while_in_use_and_made_again_the_same() {
        let first = RouteTable::for_shards(77).expect("within bounds");
        let second = RouteTable::for_shards(77).expect("within bounds");
        assert!(Arc::ptr_eq(&first, &second));
        let (owners, weak) = (first.owners().collect::<Vec<_>>(), Arc::downgrade(&first));
        drop((first, second));
        assert!(weak.upgrade().is_none(), "nobody uses it, nobody keeps it");
        assert!(RouteTable::for_shards(77).expect("within bounds").owners().eq(owners));
    }

    #[test]
    fn placement_is_the_same_on_every_build() {
        // A checksum of all owners, in the manner of FNV-1a.
        let table = RouteTable::for_shards(128).expect("within bounds");
        let sum = table
            .owners()
            .fold(0xcbf2_9ce4_8422_2325_u64, |sum, owner| (sum ^ owner as u64).wrapping_mul(0x100_0000_01b3));
        assert_eq!(sum, 13_088_111_764_959_401_625);
    }

    #[test]
    fn counts_out_of_bounds_are_refused() {
        for shards in [0, SHARDS_MAX + 1, usize::MAX] {
            assert_eq!(RouteTable::for_shards(shards).err(), Some(BadShardCount { shards }));
        }
        let message = BadShardCount { shards: 0 }.to_string();
        assert_eq!(message, "a namespace has 1 to 4096 shards, not 0");
    }
}
