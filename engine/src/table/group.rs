//! A group: one to 64 buckets in one allocation, whose entries share a prefix of their hash.
//!
//! A directory word says all there is to know of a group, so that finding a bucket costs one load before the bucket itself:
//!
//! ```text
//! bit 0..6   buckets - 1
//! bit 6..48  address (buckets are aligned to 64 bytes)
//! bit 48..54 depth: how many bits of the hash all entries share
//! bit 54..56 phase: how many bits before `depth` the fingerprints begin
//! ```
//!
//! A fingerprint is 16 bits of the hash from bit `depth - phase` on. The twelve bits from `depth` on are the entry's
//! *position*; `position × buckets / 4096` is its home bucket. When a group splits, depth grows by one and the
//! fingerprints stay; only every fourth time are keys read again to shift them.

use super::bucket::{Bucket, SLOTS, SPILL_MAX};
use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ptr::NonNull;

/// Most buckets of a group.
pub(super) const BUCKETS_MAX: usize = 64;
/// Bits of a position.
pub(super) const POSITION_BITS: u32 = 12;
/// Fingerprints are shifted when this many of their bits have become part of the prefix.
pub(super) const PHASES: u32 = 4;

/// The sizes a group grows through; each is a size class of the allocator, 12-25 % apart.
const SIZES: [u8; 20] = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64];

/// A group as its directory word describes it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Group(u64);

impl Group {
    /// Allocates empty buckets.
    pub(super) fn allocate(buckets: usize, depth: u32, phase: u32) -> Self {
        debug_assert!((1..=BUCKETS_MAX).contains(&buckets) && depth < 64 && phase < PHASES && phase <= depth);
        let layout = layout(buckets);
        // SAFETY: the layout has a size above zero.
        let memory =
            NonNull::new(unsafe { alloc(layout) }).unwrap_or_else(|| handle_alloc_error(layout)).cast::<Bucket>();
        for index in 0..buckets {
            // SAFETY: inside the allocation made above.
            unsafe { memory.add(index).write(Bucket::EMPTY) };
        }
        let address = memory.as_ptr().expose_provenance() as u64;
        assert!(address >> 48 == 0 && address & 63 == 0, "user space addresses have 48 bits here");
        Self(address | buckets as u64 - 1 | u64::from(depth) << 48 | u64::from(phase) << 54)
    }

    /// Gives the buckets' memory back.
    ///
    /// # Safety
    /// No copy of this word is used afterwards.
    pub(super) unsafe fn free(self) {
        // SAFETY: allocated by `allocate` with this layout.
        unsafe { dealloc(self.start().cast(), layout(self.buckets())) };
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
    SIZES.iter().map(|size| *size as usize).find(|size| *size > buckets)
}

/// The smallest size that holds `count` entries with about 30 % to spare.
pub(super) fn size_for(count: usize) -> usize {
    SIZES.iter().map(|size| *size as usize).find(|size| size * SLOTS * 7 >= count * 10).unwrap_or(BUCKETS_MAX)
}

fn layout(buckets: usize) -> Layout {
    Layout::array::<Bucket>(buckets).expect("a group is at most 4 KiB")
}
