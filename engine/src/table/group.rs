//! A group: one to eight buckets in one block, whose entries share a prefix of their hash.
//!
//! Groups are small so that they do not all grow and split at the same time: with eight buckets chance spreads them over all
//! sizes, and what one group frees another takes. Groups of up to 64 buckets were measured at 15 bytes an entry on
//! average between 100,000 and 4,000,000 entries (most of it freed blocks of the size all had just left), these at 9.8.
//!
//! A directory word says all there is to know of a group, so that finding a bucket costs one load before the bucket itself:
//!
//! ```text
//! bit 0..6   buckets - 1
//! bit 6..48  address (buckets are aligned to 64 bytes)
//! bit 48..54 depth: how many bits of the hash all entries share
//! bit 54..56 phase: how many bits before `depth` the fingerprints begin
//! bit 56     parity: whether the group was taken down by the present recording (`record.rs`)
//! ```
//!
//! A fingerprint is 16 bits of the hash from bit `depth - phase` on. The twelve bits from `depth` on are the entry's
//! *position*; `position × buckets / 4096` is its home bucket. When a group splits, depth grows by one and the
//! fingerprints stay; only every fourth time are keys read again to shift them.

use super::arena::{Arena, Contents};
use super::bucket::{Bucket, SLOTS, SPILL_MAX};

/// Most buckets of a group.
pub(super) const BUCKETS_MAX: usize = 8;
/// Bits of a position.
pub(super) const POSITION_BITS: u32 = 12;
const PARITY_BIT: u32 = 56;
/// Fingerprints are shifted when this many of their bits have become part of the prefix.
pub(super) const PHASES: u32 = 4;

/// Groups in an arena: whole buckets, told from free blocks by frequencies without presence.
pub(super) struct Buckets;

const BUCKET_UNITS: u32 = 16;

impl Contents for Buckets {
    const GRAIN: u32 = BUCKET_UNITS;

    fn free_word(units: u32) -> u32 {
        Bucket::vacant_meta(units / BUCKET_UNITS)
    }

    fn free_units(word: u32) -> Option<u32> {
        Bucket::vacant_buckets(word).map(|buckets| buckets * BUCKET_UNITS)
    }
}

/// A group as its directory word describes it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Group(u64);

impl Group {
    /// Allocates empty buckets.
    pub(super) fn allocate(arena: &mut Arena<Buckets>, buckets: usize, depth: u32, phase: u32, parity: bool) -> Self {
        debug_assert!((1..=BUCKETS_MAX).contains(&buckets) && depth < 64 && phase < PHASES && phase <= depth);
        let block = arena.allocate(buckets as u32 * BUCKET_UNITS);
        let memory = arena.pointer(block).cast::<Bucket>();
        for index in 0..buckets {
            // SAFETY: inside the block taken above.
            unsafe { memory.add(index).write(Bucket::EMPTY) };
        }
        let address = memory.expose_provenance() as u64;
        assert!(address >> 48 == 0 && address & 63 == 0, "user space addresses have 48 bits here");
        Self(address | (buckets as u64 - 1) | u64::from(depth) << 48 | u64::from(phase) << 54).with_parity(parity)
    }

    /// Gives the buckets' memory back.
    ///
    /// # Safety
    /// The group came from this arena, and no copy of this word is used afterwards.
    pub(super) unsafe fn free(self, arena: &mut Arena<Buckets>) {
        let block = arena.block_at(self.start().cast());
        // SAFETY: taken in `allocate` with this size.
        unsafe { arena.release(block, self.buckets() as u32 * BUCKET_UNITS) };
    }

    #[inline]
    pub(super) fn buckets(self) -> usize {
        (self.0 & 63) as usize + 1
    }

    #[inline]
    pub(super) fn depth(self) -> u32 {
        (self.0 >> 48 & 63) as u32
    }

    #[inline]
    pub(super) fn phase(self) -> u32 {
        (self.0 >> 54 & 3) as u32
    }

    #[inline]
    pub(super) fn parity(self) -> bool {
        self.0 >> PARITY_BIT & 1 == 1
    }

    #[inline]
    pub(super) fn with_parity(self, parity: bool) -> Self {
        Self(self.0 & !(1 << PARITY_BIT) | u64::from(parity) << PARITY_BIT)
    }

    pub(super) fn bytes(self) -> usize {
        self.buckets() * size_of::<Bucket>()
    }

    #[inline]
    fn start(self) -> *mut Bucket {
        std::ptr::with_exposed_provenance_mut((self.0 & 0x0000_FFFF_FFFF_FFC0) as usize)
    }

    /// Address of a bucket, for prefetching.
    #[inline]
    pub(super) fn address(self, bucket: usize) -> *const Bucket {
        self.start().wrapping_add(bucket)
    }

    /// # Safety
    /// The group is not freed and no `bucket_mut` of it lives.
    #[inline]
    pub(super) unsafe fn bucket<'a>(self, index: usize) -> &'a Bucket {
        assert!(index < self.buckets());
        // SAFETY: inside the allocation; alive and unaliased as the caller promises.
        unsafe { &*self.start().add(index) }
    }

    /// # Safety
    /// The group is not freed and no other reference into this bucket lives.
    #[inline]
    pub(super) unsafe fn bucket_mut<'a>(self, index: usize) -> &'a mut Bucket {
        assert!(index < self.buckets());
        // SAFETY: inside the allocation; alive and unaliased as the caller promises.
        unsafe { &mut *self.start().add(index) }
    }

    #[inline]
    pub(super) fn fingerprint_of(self, hash: u64) -> u16 {
        (hash << (self.depth() - self.phase()) >> 48) as u16
    }

    #[inline]
    pub(super) fn position_of(self, hash: u64) -> u32 {
        (hash << self.depth() >> (64 - POSITION_BITS)) as u32
    }

    /// The position that a fingerprint of this group stands for.
    #[inline]
    pub(super) fn position_from(self, fingerprint: u16) -> u32 {
        u32::from((fingerprint << self.phase()) >> (16 - POSITION_BITS))
    }

    /// Home bucket of a position.
    #[inline]
    pub(super) fn home(self, position: u32) -> usize {
        (position as usize * self.buckets()) >> POSITION_BITS
    }

    /// Puts a reference into its home bucket or one of the next three. `None` when all are full.
    ///
    /// # Safety
    /// The group is not freed and no reference into it lives.
    #[inline]
    pub(super) unsafe fn place(self, fingerprint: u16, block: u32, frequency: u8) -> Option<(usize, usize)> {
        let home = self.home(self.position_from(fingerprint));
        let last = (home + SPILL_MAX).min(self.buckets() - 1);
        for index in home..=last {
            // SAFETY: `index` is inside; the caller promises the rest.
            let bucket = unsafe { self.bucket_mut(index) };
            if let Some(slot) = bucket.free_slot() {
                bucket.put(slot, fingerprint, block, frequency);
                if index > home {
                    // SAFETY: as above; the borrow of the other bucket has ended.
                    unsafe { self.bucket_mut(home) }.raise_spill(index - home);
                }
                return Some((index, slot));
            }
        }
        None
    }

    /// Entries in the group.
    ///
    /// # Safety
    /// As for [`Self::bucket`].
    pub(super) unsafe fn count(self) -> usize {
        // SAFETY: passed on.
        (0..self.buckets()).map(|index| unsafe { self.bucket(index) }.present().count_ones() as usize).sum()
    }
}

/// The next larger size, `None` at the largest.
pub(super) fn next_size(buckets: usize) -> Option<usize> {
    (buckets < BUCKETS_MAX).then_some(buckets + 1)
}

/// The smallest size that holds `count` entries with a fifth to spare.
pub(super) fn size_for(count: usize) -> usize {
    (count * 10).div_ceil(SLOTS * 8).clamp(1, BUCKETS_MAX)
}
