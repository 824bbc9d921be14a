//! The latency monitor: the latest spikes of each kind of event.

use std::collections::{BTreeMap, VecDeque};

use parking_lot::Mutex;

/// Samples kept per event, as in the reference.
const SAMPLES_MAX: usize = 160;

/// One spike: the longest of its second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spike {
    /// Unix time in seconds.
    pub at_s: u64,
    /// How long it took.
    pub latency_ms: u64,
}

/// The spikes of one event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spikes {
    /// The latest, oldest first.
    pub samples: VecDeque<Spike>,
    /// The longest ever seen.
    pub max_ms: u64,
}

/// Spikes by event (`command`, `fast-command`, `expire-cycle`, …). The names are the program's own, so there are few.
#[derive(Debug, Default)]
pub struct LatencyMonitor {
    events: Mutex<BTreeMap<&'static str, Spikes>>,
}

impl LatencyMonitor {
    /// Enters a spike that is over the threshold.
    #[cold]
    pub(crate) fn push(&self, event: &'static str, at_s: u64, latency_ms: u64) {
        let mut events = self.events.lock();
        let spikes = events.entry(event).or_default();
        spikes.max_ms = spikes.max_ms.max(latency_ms);
        if let Some(last) = spikes.samples.back_mut().filter(|last| last.at_s == at_s) {
            last.latency_ms = last.latency_ms.max(latency_ms);
            return;
        }
        if spikes.samples.len() == SAMPLES_MAX {
            spikes.samples.pop_front();
        }
        spikes.samples.push_back(Spike { at_s, latency_ms });
    }

    /// The spikes of one event, and its name as it is written.
    pub fn spikes(&self, event: &[u8]) -> Option<(&'static str, Spikes)> {
        let events = self.events.lock();
        let found = events.iter().find(|(name, _)| name.as_bytes() == event);
        found.map(|(name, spikes)| (*name, spikes.clone()))
    }

    /// All events with their spikes, by name.
    pub fn all(&self) -> Vec<(&'static str, Spikes)> {
        self.events.lock().iter().map(|(name, spikes)| (*name, spikes.clone())).collect()
    }

    /// Forgets these events, or all when none is named; returns how many there were.
    pub fn reset(&self, names: &[&[u8]]) -> usize {
        let mut events = self.events.lock();
        let before = events.len();
        events.retain(|event, _| {
            !names.is_empty() && !names.iter().any(|name| event.as_bytes().eq_ignore_ascii_case(name))
        });
        before - events.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_keeps_its_longest_spike() {
        let monitor = LatencyMonitor::default();
        for (at_s, latency_ms) in [(1, 5), (1, 9), (1, 7), (2, 3)] {
            monitor.push("command", at_s, latency_ms);
        }
        let (_, spikes) = monitor.spikes(b"command").expect("was entered");
        assert_eq!(spikes.max_ms, 9);
        assert_eq!(spikes.samples, [Spike { at_s: 1, latency_ms: 9 }, Spike { at_s: 2, latency_ms: 3 }]);
        assert_eq!(monitor.spikes(b"COMMAND"), None, "only RESET takes any spelling, as in the reference");
        assert_eq!((monitor.reset(&[b"other"]), monitor.reset(&[b"COMMAND"])), (0, 1));
    }

    #[test]
    fn samples_are_bounded() {
        let monitor = LatencyMonitor::default();
        (0..1000).for_each(|at_s| monitor.push("command", at_s, 1));
        assert_eq!(monitor.spikes(b"command").map(|(_, spikes)| spikes.samples.len()), Some(SAMPLES_MAX));
    }
}
