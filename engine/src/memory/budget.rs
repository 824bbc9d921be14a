//! A limit in bytes that many shards share without sharing a counter on the hot path.
//!
//! A shard **leases** bytes in granules and writes within its lease; only a lease that no longer suffices touches the
//! shared counter. The sum of all leases never exceeds the limit, except by what tables take when they grow, which is
//! leased after the fact and stops the next write.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Padded;
use crate::keyspace::ENTRY_OVERHEAD_BYTES;

/// What storing an entry reserves at the least.
const ENTRY_BYTES_MIN: u64 = ENTRY_OVERHEAD_BYTES as u64;

/// By how much a lease grows at the least, and at the most.
const GRANULE_BYTES_MIN: u64 = 256;
const GRANULE_BYTES_MAX: u64 = 64 << 10;

/// Bytes that may be leased. A limit of 0 is none; then leases are not kept at all.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    limit_bytes: AtomicU64,
    leased_bytes: Padded<AtomicU64>,
}

impl Budget {
    pub(crate) fn limit_bytes(&self) -> u64 {
        self.limit_bytes.load(Ordering::Relaxed)
    }

    /// Sets the limit. The caller establishes or drops the leases while it holds every lock they belong to.
    pub(crate) fn set_limit_bytes(&self, limit_bytes: u64) {
        self.limit_bytes.store(limit_bytes, Ordering::Relaxed);
    }

    /// Leases `bytes` if the limit leaves them.
    pub(crate) fn lease(&self, bytes: u64) -> bool {
        let limit_bytes = match self.limit_bytes() {
            0 => u64::MAX,
            limit_bytes => limit_bytes,
        };
        self.leased_bytes
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |leased_bytes| {
                leased_bytes.checked_add(bytes).filter(|sum| *sum <= limit_bytes)
            })
            .is_ok()
    }

    /// Leases `bytes` whatever the limit says: they are in use already.
    pub(crate) fn lease_used(&self, bytes: u64) {
        self.leased_bytes.0.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Gives leased bytes back.
    pub(crate) fn release(&self, bytes: u64) {
        let before = self.leased_bytes.0.fetch_sub(bytes, Ordering::Relaxed);
        debug_assert!(before >= bytes, "{bytes} of {before} leased bytes given back");
    }

    /// Bytes that can still be leased.
    pub(crate) fn free_bytes(&self) -> u64 {
        match self.limit_bytes() {
            0 => u64::MAX,
            limit_bytes => limit_bytes.saturating_sub(self.leased_bytes.0.load(Ordering::Relaxed)),
        }
    }

    /// Whether the limit leaves less than an entry takes at the least, so that nothing more can be stored.
    #[inline]
    pub(crate) fn is_exhausted(&self) -> bool {
        self.free_bytes() < ENTRY_BYTES_MIN
    }

    /// By how much a lease grows: a 65,536th of the limit, so that unused leases stay below a percent of it for hundreds of
    /// shards. The largest there is without a limit: one may be taken away while shards still lease.
    pub(crate) fn granule_bytes(&self) -> u64 {
        match self.limit_bytes() {
            0 => GRANULE_BYTES_MAX,
            limit_bytes => (limit_bytes >> 16).clamp(GRANULE_BYTES_MIN, GRANULE_BYTES_MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leases_stay_within_the_limit_and_never_wrap() {
        let budget = Budget::default();
        assert!(budget.lease(u64::MAX - 1), "without a limit anything goes");
        assert!(!budget.lease(2), "but for what cannot be counted");
        budget.release(u64::MAX - 1);
        budget.set_limit_bytes(1_000);
        assert!(budget.lease(600) && !budget.lease(401) && budget.lease(400));
        assert_eq!(budget.free_bytes(), 0);
        budget.lease_used(50);
        assert_eq!(budget.free_bytes(), 0, "what is used beyond the limit leaves nothing");
        budget.release(1_050);
        assert_eq!(budget.free_bytes(), 1_000);
    }

    #[test]
    fn a_budget_is_exhausted_when_no_entry_fits() {
        let budget = Budget::default();
        budget.lease_used(1 << 40);
        assert!(!budget.is_exhausted(), "without a limit there is always room");
        budget.release(1 << 40);
        budget.set_limit_bytes(1);
        assert!(budget.is_exhausted(), "even an empty one, when the limit is that small");
        budget.set_limit_bytes(1_000 + ENTRY_BYTES_MIN);
        budget.lease_used(1_000);
        assert!(!budget.is_exhausted());
        budget.lease_used(1);
        assert!(budget.is_exhausted());
        budget.set_limit_bytes(10);
        assert!(budget.is_exhausted(), "more in use than the limit permits");
    }

    #[test]
    fn granules_follow_the_limit_within_bounds() {
        let budget = Budget::default();
        for (limit_bytes, granule_bytes) in [(1, 256), (1 << 20, 256), (1 << 30, 16 << 10), (u64::MAX, 64 << 10)] {
            budget.set_limit_bytes(limit_bytes);
            assert_eq!(budget.granule_bytes(), granule_bytes);
        }
    }
}
