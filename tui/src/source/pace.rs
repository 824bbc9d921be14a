//! How often a large part is asked for: a list of ten thousand clients is three megabytes, and a server has better things to do
//! than to send it every second.

/// Bytes a second that a part may take; one whose reply is larger is asked for the less often.
const BYTES_PER_SECOND: u64 = 256 * 1024;

/// What is remembered of a part.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    asked_at_ms: u64,
    bytes: u64,
}

impl Pace {
    /// Notes that it was asked for, and how many bytes came.
    pub(super) fn note(&mut self, now_ms: u64, bytes: usize) {
        *self = Self { asked_at_ms: now_ms, bytes: bytes as u64 };
    }

    /// Whether it may be asked for again. A clock that was set back does not stop anything.
    pub(super) fn is_due(self, now_ms: u64) -> bool {
        now_ms < self.asked_at_ms || now_ms - self.asked_at_ms >= self.pause_ms()
    }

    /// The seconds between two times, where they are more than the usual one.
    pub(super) fn slow_s(self) -> Option<u64> {
        Some(self.pause_ms().div_ceil(1_000)).filter(|&seconds| seconds > 1)
    }

    fn pause_ms(self) -> u64 {
        self.bytes * 1_000 / BYTES_PER_SECOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_the_rarer() {
        let mut pace = Pace::default();
        assert!(pace.is_due(0), "nothing was asked for yet");
        pace.note(10_000, 50_000);
        assert!(pace.is_due(10_200) && pace.slow_s().is_none());
        pace.note(10_000, 3_000_000);
        assert_eq!((pace.is_due(21_000), pace.is_due(22_000), pace.slow_s()), (false, true, Some(12)));
        assert!(pace.is_due(9_000), "the clock was set back");
    }
}
