//! Time, passed in: the wall clock, or one that a test drives by hand.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// From when on durations are measured.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock of durations")]
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Where the engine learns what time it is. Clones share one time; cloning is cheap.
///
/// Time is in milliseconds since the Unix epoch, as deadlines are. It follows the system's wall
/// clock, steps backwards included, for a deadline that a client names as a date means that date.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// The time of a clock driven by hand; without it, the system's.
    by_hand_ms: Option<Arc<AtomicU64>>,
}

impl Clock {
    /// Makes a clock that follows the system's.
    pub const fn system() -> Self {
        Self { by_hand_ms: None }
    }

    /// Makes a clock that stands at `start_ms` until it is moved by [`Clock::advance_ms`] or
    /// [`Clock::set_ms`] on it or on any of its clones.
    pub fn manual(start_ms: u64) -> Self {
        Self { by_hand_ms: Some(Arc::new(AtomicU64::new(start_ms))) }
    }

    /// Returns the time in milliseconds since the Unix epoch; 0 if the system believes to live
    /// before it.
    #[expect(clippy::disallowed_methods, reason = "one of the two places that read the wall clock")]
    pub fn now_ms(&self) -> u64 {
        match &self.by_hand_ms {
            Some(now_ms) => now_ms.load(Ordering::Relaxed),
            None => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX)),
        }
    }

    /// Returns the same time in microseconds, for those who show it; those of a manual clock are whole milliseconds.
    #[expect(clippy::disallowed_methods, reason = "the other place that reads the wall clock")]
    pub fn now_us(&self) -> u64 {
        match &self.by_hand_ms {
            Some(now_ms) => now_ms.load(Ordering::Relaxed).saturating_mul(1000),
            None => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| u64::try_from(since.as_micros()).unwrap_or(u64::MAX)),
        }
    }

    /// Returns the milliseconds since a fixed moment, for durations: unlike the time of day they never go backwards. Those of a
    /// manual clock are its time.
    pub fn elapsed_ms(&self) -> u64 {
        match &self.by_hand_ms {
            Some(now_ms) => now_ms.load(Ordering::Relaxed),
            None => u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Whether the clock is driven by hand.
    pub fn is_manual(&self) -> bool {
        self.by_hand_ms.is_some()
    }

    /// Moves a manual clock forward.
    ///
    /// # Panics
    ///
    /// On the system clock, which is not ours to move, and past the end of time.
    pub fn advance_ms(&self, by_ms: u64) {
        let now_ms = self.now_ms().checked_add(by_ms).expect("time ends with u64");
        self.set_ms(now_ms);
    }

    /// Sets a manual clock, backwards too.
    ///
    /// # Panics
    ///
    /// On the system clock, which is not ours to move.
    pub fn set_ms(&self, now_ms: u64) {
        let by_hand_ms = self.by_hand_ms.as_ref().expect("only a manual clock can be moved");
        by_hand_ms.store(now_ms, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manual_clock_stands_until_moved_and_moves_its_clones() {
        let clock = Clock::manual(1_000);
        let clone = clock.clone();
        assert_eq!((clock.now_ms(), clone.now_ms()), (1_000, 1_000));
        clone.advance_ms(250);
        assert_eq!(clock.now_ms(), 1_250);
        clock.set_ms(5);
        assert_eq!(clone.now_ms(), 5);
    }

    #[test]
    fn system_clock_is_past_the_day_this_was_written() {
        let clock = Clock::system();
        let first_ms = clock.now_ms();
        assert!(first_ms > 1_735_689_600_000, "{first_ms} is before 2025");
        assert!(first_ms < 32_503_680_000_000, "{first_ms} is after 3000: not milliseconds?");
    }

    #[test]
    #[should_panic(expected = "only a manual clock can be moved")]
    fn system_clock_cannot_be_moved() {
        Clock::system().set_ms(1);
    }
}
