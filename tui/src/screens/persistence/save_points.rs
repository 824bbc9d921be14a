//! When the server saves by itself: after so many seconds, if there were so many changes.

use crate::value::whole;

/// A save point of the setting `save`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SavePoint {
    /// Since the last save.
    pub(super) seconds: u64,
    /// At least.
    pub(super) changes: u64,
}

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// There are no save points.
    Off,
    /// Nothing has changed since the last save.
    Unchanged,
    /// The next save is due in so many seconds; 0 is now.
    InSeconds(u64),
    /// There have to be so many changes more.
    AfterChanges(u64),
}

/// Reads the setting: pairs of numbers. What is none is left out.
pub(super) fn parse(setting: &str) -> Vec<SavePoint> {
    let numbers: Vec<u64> = setting.split_whitespace().map_while(whole).collect();
    numbers.chunks_exact(2).map(|pair| SavePoint { seconds: pair[0], changes: pair[1] }).collect()
}

/// What happens next, `since_s` seconds after the last save and `changes` changes.
pub(super) fn next(points: &[SavePoint], since_s: u64, changes: u64) -> Next {
    if points.is_empty() {
        return Next::Off;
    }
    if changes == 0 {
        return Next::Unchanged;
    }
    let due = points.iter().filter(|point| changes >= point.changes).map(|point| point.seconds).min();
    match due {
        Some(seconds) => Next::InSeconds(seconds.saturating_sub(since_s)),
        None => {
            let missing = points.iter().map(|point| point.changes - changes).min();
            Next::AfterChanges(missing.unwrap_or(0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_point_that_has_its_changes_is_next() {
        let points = parse("3600 2 300 100 60 10000");
        let cases = [
            (10, 0, Next::Unchanged),
            (10, 1, Next::AfterChanges(1)),
            (10, 2, Next::InSeconds(3_590)),
            (10, 150, Next::InSeconds(290)),
            (10, 20_000, Next::InSeconds(50)),
            (100, 20_000, Next::InSeconds(0)),
        ];
        for (since_s, changes, expected) in cases {
            assert_eq!(next(&points, since_s, changes), expected, "{since_s} s, {changes} changes");
        }
        assert_eq!(next(&parse(""), 1, 1), Next::Off);
        assert_eq!(parse("60 x 5"), []);
    }
}
