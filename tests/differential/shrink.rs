//! Cuts a failing sequence down: delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing
//! input", 2002), dropping ever smaller runs of requests while some reply still differs.

use crate::grammar::Sequence;
use crate::pair::{Failure, Pair};

/// Runs of a sequence that one shrinking may take.
const RUNS_MAX: usize = 600;

/// The shortest sequence found that still fails, and how it fails.
pub(crate) fn shrink(pair: &mut Pair, mut sequence: Sequence, mut failure: Failure) -> (Sequence, Failure) {
    if failure.hung {
        // Each further run would wait out the time limit.
        return (sequence, failure);
    }
    let title = failure.title(&sequence);
    sequence.steps.truncate(failure.step + 1);
    let mut runs = 0;
    let mut chunk = sequence.steps.len().div_ceil(2);
    while chunk > 0 && runs < RUNS_MAX {
        let mut start = 0;
        while start < sequence.steps.len() && runs < RUNS_MAX {
            let mut candidate = sequence.clone();
            candidate.steps.drain(start..(start + chunk).min(sequence.steps.len()));
            runs += 1;
            match pair.run(&candidate) {
                // The failure that is left must be the one that was found.
                Err(found) if found.title(&candidate) == title => {
                    candidate.steps.truncate(found.step + 1);
                    (sequence, failure) = (candidate, found);
                }
                _ => start += chunk,
            }
        }
        chunk /= 2;
    }
    (sequence, failure)
}
