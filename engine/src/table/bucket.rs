//! A bucket: one cache line with ten slots.
//!
//! ```text
//! byte 0        4                    24                            64
//!      | meta   | fingerprints 10×u16 | references 10×u32          |
//!
//! meta  bit 0..10  presence, one bit a slot
//!       bit 10..30 access frequency, two bits a slot
//!       bit 30..32 how many buckets further on an entry at home here may lie
//! ```

use super::arena::BlockRef;

/// Slots of a bucket.
pub(super) const SLOTS: usize = 10;
/// How many buckets after its home an entry may lie.
pub(super) const SPILL_MAX: usize = 3;

const PRESENT: u32 = (1 << SLOTS) - 1;
const FREQUENCY_SHIFT: u32 = 10;
const SPILL_SHIFT: u32 = 30;

#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Bucket {
    meta: u32,
    fingerprints: [u16; SLOTS],
    references: [BlockRef; SLOTS],
}

const _: () = assert!(size_of::<Bucket>() == 64);

impl Bucket {
    pub(super) const EMPTY: Self = Self { meta: 0, fingerprints: [0; SLOTS], references: [0; SLOTS] };

    /// First word of memory that holds no bucket, for so many buckets (1 to 2^19 - 1): an absent slot has a frequency, which no
    /// bucket's word says.
    pub(super) fn vacant_meta(buckets: u32) -> u32 {
        debug_assert!((1..1 << 19).contains(&buckets));
        buckets << FREQUENCY_SHIFT
    }

    /// Turns [`Self::vacant_meta`] back; `None` for the word of a bucket.
    pub(super) fn vacant_buckets(meta: u32) -> Option<u32> {
        let buckets = meta << 2 >> (FREQUENCY_SHIFT + 2);
        (meta & PRESENT == 0 && buckets != 0).then_some(buckets)
    }

    /// A bit for each present slot.
    #[inline]
    pub(super) fn present(&self) -> u32 {
        self.meta & PRESENT
    }

    /// A bit for each present slot with this fingerprint.
    #[inline]
    pub(super) fn matching(&self, fingerprint: u16) -> u32 {
        matching(&self.fingerprints, fingerprint) & self.meta & PRESENT
    }

    #[inline]
    pub(super) fn is_present(&self, slot: usize) -> bool {
        self.meta >> slot & 1 == 1
    }

    #[inline]
    pub(super) fn reference(&self, slot: usize) -> BlockRef {
        self.references[slot]
    }

    #[inline]
    pub(super) fn set_reference(&mut self, slot: usize, block: BlockRef) {
        self.references[slot] = block;
    }

    #[inline]
    pub(super) fn fingerprint(&self, slot: usize) -> u16 {
        self.fingerprints[slot]
    }

    /// How many buckets further on an entry at home here may lie.
    #[inline]
    pub(super) fn spill(&self) -> usize {
        (self.meta >> SPILL_SHIFT) as usize
    }

    #[inline]
    pub(super) fn raise_spill(&mut self, distance: usize) {
        if distance > self.spill() {
            self.meta = self.meta & !(3 << SPILL_SHIFT) | (distance as u32) << SPILL_SHIFT;
        }
    }

    #[inline]
    pub(super) fn free_slot(&self) -> Option<usize> {
        let free = !self.meta & PRESENT;
        (free != 0).then(|| free.trailing_zeros() as usize)
    }

    #[inline]
    pub(super) fn put(&mut self, slot: usize, fingerprint: u16, block: BlockRef, frequency: u8) {
        self.meta |= 1 << slot;
        self.set_frequency(slot, frequency);
        self.fingerprints[slot] = fingerprint;
        self.references[slot] = block;
    }

    #[inline]
    pub(super) fn clear(&mut self, slot: usize) {
        self.meta &= !(1 << slot | 3 << (FREQUENCY_SHIFT + 2 * slot as u32));
        self.references[slot] = 0;
    }

    #[inline]
    pub(super) fn frequency(&self, slot: usize) -> u8 {
        (self.meta >> (FREQUENCY_SHIFT + 2 * slot as u32) & 3) as u8
    }

    /// Raises the access frequency of a slot by one, up to three; writes only when it changes.
    #[inline]
    pub(super) fn raise_frequency(&mut self, slot: usize) {
        let shift = FREQUENCY_SHIFT + 2 * slot as u32;
        if self.meta >> shift & 3 != 3 {
            self.meta += 1 << shift;
        }
    }

    #[inline]
    pub(super) fn set_frequency(&mut self, slot: usize, frequency: u8) {
        let shift = FREQUENCY_SHIFT + 2 * slot as u32;
        self.meta = self.meta & !(3 << shift) | u32::from(frequency & 3) << shift;
    }
}

/// Compares all fingerprints at once.
#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline]
fn matching(fingerprints: &[u16; SLOTS], wanted: u16) -> u32 {
    use std::arch::x86_64::{_mm_cmpeq_epi16, _mm_loadu_si128, _mm_movemask_epi8, _mm_packs_epi16, _mm_set1_epi16};
    let start = fingerprints.as_ptr();
    // SAFETY: SSE2 is part of x86_64; the loads cover fingerprints 0..8 and 2..10 of the ten.
    unsafe {
        let wanted = _mm_set1_epi16(wanted.cast_signed());
        let low = _mm_cmpeq_epi16(_mm_loadu_si128(start.cast()), wanted);
        let high = _mm_cmpeq_epi16(_mm_loadu_si128(start.add(2).cast()), wanted);
        let mask = _mm_movemask_epi8(_mm_packs_epi16(low, high)).cast_unsigned();
        mask & 0xFF | mask >> 6 & 0x300
    }
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
#[inline]
fn matching(fingerprints: &[u16; SLOTS], wanted: u16) -> u32 {
    matching_portable(fingerprints, wanted)
}

/// The twin of every faster comparison.
#[cfg(any(test, miri, not(target_arch = "x86_64")))]
fn matching_portable(fingerprints: &[u16; SLOTS], wanted: u16) -> u32 {
    fingerprints.iter().enumerate().map(|(slot, fingerprint)| u32::from(*fingerprint == wanted) << slot).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn fast_comparison_equals_the_portable_one(fingerprints in prop::array::uniform10(0u16..4), wanted in 0u16..4) {
            prop_assert_eq!(matching(&fingerprints, wanted), matching_portable(&fingerprints, wanted));
        }
    }

    #[test]
    fn slots_do_not_disturb_each_other() {
        let mut bucket = Bucket::EMPTY;
        for slot in 0..SLOTS {
            assert_eq!(bucket.free_slot(), Some(slot));
            bucket.put(slot, slot as u16 * 3, slot as u32 + 1, (slot % 4) as u8);
        }
        bucket.raise_spill(2);
        bucket.raise_spill(1);
        assert_eq!((bucket.free_slot(), bucket.spill()), (None, 2));
        bucket.clear(4);
        for slot in (0..SLOTS).filter(|slot| *slot != 4) {
            assert_eq!(bucket.matching(slot as u16 * 3), 1 << slot);
            assert_eq!(bucket.frequency(slot), (slot % 4) as u8);
        }
        assert_eq!((bucket.matching(12), bucket.free_slot()), (0, Some(4)));
    }
}
