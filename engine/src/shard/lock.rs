//! The lock of a shard.
//!
//! A shard is locked once a request to run it, and now and then to fetch what it needs, nearly always without a rival, for less than a
//! microsecond. So the lock is one byte: taking it is one exchange, giving it back a plain store, where a lock that parks its
//! waiters pays a second atomic exchange to learn whether anyone is parked. Who finds it taken spins, then yields, then
//! sleeps for growing times, so that a long operation under the lock costs its waiters little.

#![allow(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A value behind a shard's lock.
pub(crate) type ShardMutex<T> = lock_api::Mutex<RawLock, T>;
/// A shard's lock, held.
pub(crate) type ShardGuard<'a, T> = lock_api::MutexGuard<'a, RawLock, T>;

/// Rounds of spinning, each twice as long as the one before, until the waiter yields.
const SPIN_ROUNDS: u32 = 7;
/// Yields until the waiter sleeps.
const YIELDS: u32 = 16;
const SLEEP_MAX: Duration = Duration::from_millis(1);

/// The byte.
pub(crate) struct RawLock(AtomicBool);

// SAFETY: `try_lock` succeeds only when its exchange turned the byte from false to true, so there is one holder until it calls
// `unlock`; acquire and release order what holders do.
unsafe impl lock_api::RawMutex for RawLock {
    const INIT: Self = Self(AtomicBool::new(false));
    type GuardMarker = lock_api::GuardSend;

    #[inline]
    fn lock(&self) {
        if !self.try_lock() {
            self.wait();
        }
    }

    #[inline]
    fn try_lock(&self) -> bool {
        !self.0.load(Ordering::Relaxed) && !self.0.swap(true, Ordering::Acquire)
    }

    #[inline]
    unsafe fn unlock(&self) {
        self.0.store(false, Ordering::Release);
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl RawLock {
    #[cold]
    fn wait(&self) {
        for round in 0..SPIN_ROUNDS {
            for _ in 0..1 << round {
                std::hint::spin_loop();
            }
            if lock_api::RawMutex::try_lock(self) {
                return;
            }
        }
        for _ in 0..YIELDS {
            std::thread::yield_now();
            if lock_api::RawMutex::try_lock(self) {
                return;
            }
        }
        let mut pause = Duration::from_micros(20);
        while !lock_api::RawMutex::try_lock(self) {
            std::thread::sleep(pause);
            pause = (pause * 2).min(SLEEP_MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ShardMutex;

    #[test]
    fn one_holder_at_a_time() {
        let counter = ShardMutex::new(0u32);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        *counter.lock() += 1;
                    }
                });
            }
        });
        assert_eq!(counter.into_inner(), 40_000);
    }

    #[test]
    fn waiter_outlives_a_long_hold() {
        let taken = ShardMutex::new(());
        let guard = taken.lock();
        assert!(taken.try_lock().is_none() && taken.is_locked());
        std::thread::scope(|scope| {
            scope.spawn(|| drop(taken.lock()));
            drop(guard);
        });
        assert!(taken.try_lock().is_some());
    }
}
