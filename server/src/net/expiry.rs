//! How much of a worker's time goes into removing expired keys.
//!
//! Each tick begins a **cycle**. It goes over all shards in steps of some hundred microseconds, between which the worker serves
//! its clients, and ends when the round is complete. While there is other work, a cycle gets the share of the worker's time that the
//! reference gives it (a quarter, and two percent more for each step of `active-expire-effort`), as it passes rather than in
//! one piece: nobody waits for longer than a step. While there is none, it gets all of it. After a round in which nothing had expired
//! it rests for as long as keeps such rounds to a small share of the time, where there are hundreds of thousands of shards.

use std::time::{Duration, Instant};

use crate::config::Settings;
use crate::duty_cycle::DutyCycle;
use crate::server::Server;

/// Share of a worker's time at the least `active-expire-effort`, in percent.
const SHARE_PERCENT: u32 = 25;
/// What a step of effort adds, in percent.
const EFFORT_PERCENT: u32 = 2;
/// Longest time between two looks at what clients want, but for the last slice.
const STEP_MAX: Duration = Duration::from_micros(250);
/// Shards looked at between two looks at the clock.
const SLICES: usize = 16;

/// Share of a worker's time that looking for expired keys takes where there are none, in percent.
const IDLE_PERCENT: u32 = 2;

/// The cycle of one worker.
#[derive(Debug)]
pub(super) struct Expiry {
    /// The cycle that is not at its end.
    cycle: Option<Cycle>,
    idle: DutyCycle,
}

#[derive(Debug, Clone, Copy)]
struct Cycle {
    began: Instant,
    spent: Duration,
    expired: usize,
}

impl Default for Expiry {
    fn default() -> Self {
        Self { cycle: None, idle: DutyCycle::new(IDLE_PERCENT) }
    }
}

impl Cycle {
    /// Whether it has had less than its share of the time since it began.
    fn is_owed(&self, now: Instant, percent: u32) -> bool {
        self.spent * 100 < now.duration_since(self.began) * percent
    }
}

impl Expiry {
    /// Begins a cycle with its first step. One that still goes on has not kept up with what expires, and is counted.
    pub(super) fn tick(&mut self, server: &Server, settings: &Settings) {
        let (was_cut, now) = (self.cycle.is_some(), Instant::now());
        if !self.idle.is_due(now) {
            return;
        }
        self.cycle = Some(Cycle { began: now, spent: Duration::ZERO, expired: 0 });
        self.step(server, settings, was_cut);
    }

    /// Goes on with a cycle if it is its turn: when the worker is idle, or the cycle has had less than its share. Returns
    /// whether the worker should come back at once rather than rest.
    pub(super) fn go_on(&mut self, server: &Server, settings: &Settings, idle: bool) -> bool {
        let Some(cycle) = &self.cycle else { return false };
        if idle || cycle.is_owed(Instant::now(), share_percent(settings)) {
            self.step(server, settings, false);
        }
        self.cycle.is_some()
    }

    fn step(&mut self, server: &Server, settings: &Settings, was_cut: bool) {
        let Some(cycle) = &mut self.cycle else { return };
        let began = Instant::now();
        let (elapsed, is_complete) = loop {
            let step = server.engine.expire_step(SLICES);
            let is_complete = step.round_done;
            cycle.expired += step.expired;
            let elapsed = began.elapsed();
            if is_complete || elapsed >= STEP_MAX {
                break (elapsed, is_complete);
            }
        };
        cycle.spent += elapsed;
        if is_complete {
            if cycle.expired == 0 {
                self.idle.rest(cycle.spent, began + elapsed);
            }
            self.cycle = None;
        }
        server.observer.expire_cycle(elapsed, was_cut);
        let (spike_ms, elapsed_ms) = (settings.latency_monitor_threshold_ms, elapsed.as_millis() as u64);
        if spike_ms > 0 && elapsed_ms >= spike_ms {
            server.latency.push("expire-cycle", server.engine.now_ms() / 1000, elapsed_ms);
        }
    }
}

fn share_percent(settings: &Settings) -> u32 {
    SHARE_PERCENT + EFFORT_PERCENT * (settings.active_expire_effort.max(1) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_is_owed_its_share_of_the_time_that_has_passed() {
        let began = Instant::now();
        let cycle = |spent_us| Cycle { began, spent: Duration::from_micros(spent_us), expired: 0 };
        let after_1_ms = began + Duration::from_millis(1);
        assert!(cycle(249).is_owed(after_1_ms, 25) && !cycle(250).is_owed(after_1_ms, 25));
        assert!(cycle(429).is_owed(after_1_ms, 43) && !cycle(430).is_owed(after_1_ms, 43));
        assert!(!cycle(0).is_owed(began, 25), "nothing has passed");
    }

    #[test]
    fn the_share_follows_the_effort() {
        let shares = [1, 2, 10].map(|effort| {
            let settings = Settings { active_expire_effort: effort, ..Settings::default() };
            share_percent(&settings)
        });
        assert_eq!(shares, [25, 27, 43]);
    }
}
