//! CLIENT PAUSE: requests wait until a moment passes or CLIENT UNPAUSE ends it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;

/// What waits during a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Paused {
    /// Requests that may write.
    Writes,
    /// All requests.
    All,
}

/// The current pause, if any. Asking costs one relaxed load while there is none.
#[derive(Debug, Default)]
pub struct Pause {
    until_ms: AtomicU64,
    all: AtomicBool,
    changing: Mutex<()>,
}

impl Pause {
    /// Pauses until a Unix time in milliseconds. A pause under way is made longer or stricter, never shorter or
    /// milder, as in the reference.
    pub fn begin(&self, paused: Paused, until_ms: u64, now_ms: u64) {
        let _guard = self.changing.lock();
        let current = self.current(now_ms);
        self.all.store(current.max(Some(paused)) == Some(Paused::All), Relaxed);
        let until_ms = if current.is_some() { until_ms.max(self.until_ms.load(Relaxed)) } else { until_ms };
        self.until_ms.store(until_ms, Relaxed);
    }

    /// Ends the pause.
    pub fn end(&self) {
        let _guard = self.changing.lock();
        self.until_ms.store(0, Relaxed);
    }

    /// What waits now.
    #[inline]
    pub fn current(&self, now_ms: u64) -> Option<Paused> {
        let until_ms = self.until_ms.load(Relaxed);
        if until_ms == 0 || now_ms >= until_ms {
            return None;
        }
        Some(if self.all.load(Relaxed) { Paused::All } else { Paused::Writes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_grows_until_it_ends() {
        let pause = Pause::default();
        assert_eq!(pause.current(5), None);
        pause.begin(Paused::All, 100, 5);
        pause.begin(Paused::Writes, 50, 6);
        assert_eq!((pause.current(99), pause.current(100)), (Some(Paused::All), None));
        pause.begin(Paused::Writes, 200, 150);
        assert_eq!(pause.current(199), Some(Paused::Writes));
        pause.end();
        assert_eq!(pause.current(150), None);
    }
}
