//! A drawing of delays over time, as the reference draws it: a column for each, as high as its share of the range, with its age
//! written downwards below.

use std::fmt::Write;

use crate::metrics::latency::Spikes;

/// Columns that stand side by side before the drawing goes on below.
const COLUMNS: usize = 80;
/// Lines a drawing is high.
const ROWS: usize = 4;
/// What the top of a column may look like, from low to high. A column is filled below its top.
const TOPS: [char; 3] = ['_', 'o', '#'];
const FILL: char = '|';

/// Draws the spikes of an event as they look at a time.
pub(super) fn drawn(event: &str, spikes: &Spikes, now_s: u64) -> String {
    let delays = || spikes.samples.iter().map(|spike| spike.latency_ms);
    let (high, low) = (delays().max().unwrap_or(0), delays().min().unwrap_or(0));
    let mut text = String::new();
    // Writing into memory does not fail.
    let _ = writeln!(text, "{event} - high {high} ms, low {low} ms (all time high {} ms)", spikes.max_ms);
    let _ = writeln!(text, "{}", "-".repeat(COLUMNS));
    let columns: Vec<(usize, String)> = spikes
        .samples
        .iter()
        .map(|spike| (height(spike.latency_ms - low, high - low), age(now_s.saturating_sub(spike.at_s))))
        .collect();
    for (part, columns) in columns.chunks(COLUMNS).enumerate() {
        if part > 0 {
            text.push('\n');
        }
        draw(columns, &mut text);
    }
    text
}

/// The height of a column in steps, of which [`TOPS`] make a row.
fn height(delay: u64, range: u64) -> usize {
    let steps = TOPS.len() * ROWS;
    let height = (delay as f64 * steps as f64) / range.max(1) as f64;
    (height as usize).min(steps - 1)
}

/// How long ago something happened, in its largest unit.
fn age(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

fn draw(columns: &[(usize, String)], text: &mut String) {
    for row in (0..ROWS).rev() {
        let floor = row * TOPS.len();
        text.extend(columns.iter().map(|(height, _)| match height.checked_sub(floor) {
            None => ' ',
            Some(top) => TOPS.get(top).copied().unwrap_or(FILL),
        }));
        text.push('\n');
    }
    text.push_str(&" ".repeat(columns.len()));
    text.push('\n');
    let longest = columns.iter().map(|(_, age)| age.len()).max().unwrap_or(0);
    for letter in 0..longest {
        text.extend(columns.iter().map(|(_, age)| age[letter.min(age.len())..].chars().next().unwrap_or(' ')));
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::latency::Spike;

    fn spikes(delays: &[u64]) -> Spikes {
        let samples = delays.iter().zip(100..).map(|(&latency_ms, at_s)| Spike { at_s, latency_ms });
        Spikes { samples: samples.collect(), max_ms: 50 }
    }

    #[test]
    fn columns_stand_as_high_as_in_the_reference() {
        // What redis-server 7.0.15 drew of these delays.
        let expected = "command - high 50 ms, low 10 ms (all time high 50 ms)\n\
                        --------------------------------------------------------------------------------\n  \
                          #   \n  \
                          |__ \n \
                         _||| \n\
                        _||||_\n      \n654321\nssssss\n";
        assert_eq!(drawn("command", &spikes(&[13, 20, 50, 30, 30, 10]), 106), expected);
    }

    #[test]
    fn equal_delays_lie_on_the_ground_and_long_histories_go_on_below() {
        let text = drawn("command", &spikes(&[7; 90]), 100 + 80 + 3_599);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2 + (4 + 1 + 2) + 1 + (4 + 1 + 3), "{text}");
        assert_eq!(lines[5], "_".repeat(80));
        // An hour ago in the first part, 59 minutes in the second.
        assert_eq!((&lines[7][..2], &lines[8][..2]), ("11", "hh"));
        assert_eq!(lines.last(), Some(&"mmmmmmmmmm"));
    }

    #[test]
    fn ages_are_told_in_their_largest_unit() {
        let ages = [0, 59, 60, 3_599, 3_600, 86_399, 86_400, 864_000].map(age);
        assert_eq!(ages, ["0s", "59s", "1m", "59m", "1h", "23h", "1d", "10d"]);
    }
}
