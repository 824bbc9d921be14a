//! Work that comes round again and again, kept to a share of the time however much there is to do.

use std::time::{Duration, Instant};

/// When work may be done again.
#[derive(Debug)]
pub(crate) struct DutyCycle {
    /// The longest share of the time, in percent.
    percent: u32,
    due_at: Option<Instant>,
}

impl DutyCycle {
    /// Work that takes so many percent of the time at most. The first time is due at once.
    pub(crate) const fn new(percent: u32) -> Self {
        Self { percent, due_at: None }
    }

    /// Whether it has rested for long enough.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.due_at.is_none_or(|due_at| now >= due_at)
    }

    /// Does the work if it is due.
    pub(crate) fn run(&mut self, work: impl FnOnce()) {
        let began = Instant::now();
        if self.is_due(began) {
            work();
            self.rest(began.elapsed(), Instant::now());
        }
    }

    /// Has it rest after work that took so long and ended at `now`.
    pub(crate) fn rest(&mut self, took: Duration, now: Instant) {
        self.due_at = now.checked_add(took * (100 - self.percent) / self.percent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_so_long_that_work_keeps_to_its_share() {
        let mut cycle = DutyCycle::new(2);
        let began = Instant::now();
        assert!(cycle.is_due(began), "the first time");
        let ended = began + Duration::from_millis(30);
        cycle.rest(Duration::from_millis(30), ended);
        let due_at = began + Duration::from_millis(1500);
        assert!(!cycle.is_due(due_at - Duration::from_millis(1)) && cycle.is_due(due_at));
    }
}
