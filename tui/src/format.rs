//! Numbers as people read them: short, of a width that hardly changes, and never a lie about their size.
//!
//! What cannot be said (not a number, infinite) is `-`.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// What stands for a value that is not known.
pub const UNKNOWN: &str = "-";

/// A size: `512 B`, `1.9G`, `811M`; powers of 1024.
pub fn bytes(size_bytes: u64) -> String {
    if size_bytes < 1024 {
        format!("{size_bytes} B")
    } else {
        scaled(size_bytes as f64, 1024.0, &["K", "M", "G", "T", "P", "E"])
    }
}

/// A count: `412`, `92.1k`, `4.1M`; powers of 1000.
pub fn count(count: u64) -> String {
    if count < 1000 { count.to_string() } else { scaled(count as f64, 1000.0, &["k", "M", "G", "T", "P", "E"]) }
}

/// A count with all its digits in groups: `182,340`.
pub fn exact(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number per second: `0`, `0.4`, `310`, `92.1k`.
pub fn rate(per_second: f64) -> String {
    signed(per_second, |value| match value {
        0.0 => "0".to_owned(),
        ..0.05 => "<0.1".to_owned(),
        ..9.95 => format!("{value:.1}"),
        ..999.5 => format!("{value:.0}"),
        _ => scaled(value, 1000.0, &["k", "M", "G", "T", "P", "E"]),
    })
}

/// Bytes per second: `0 B/s`, `41.0M/s`.
pub fn bytes_rate(bytes_per_second: f64) -> String {
    signed(bytes_per_second, |value| match value {
        ..1023.5 => format!("{value:.0} B/s"),
        _ => scaled(value, 1024.0, &["K", "M", "G", "T", "P", "E"]) + "/s",
    })
}

/// A share of one as per cent, without the sign: `0`, `0.4`, `96.4`, `100`. Only the whole is `100`, only nothing is `0`.
pub fn percent_number(share: f64) -> String {
    signed(share * 100.0, |percent| match percent {
        0.0 => "0".to_owned(),
        ..0.05 => "<0.1".to_owned(),
        // Not yet all: rounding up would say it is.
        99.9..100.0 => "99.9".to_owned(),
        ..100.0 => format!("{percent:.1}"),
        _ => format!("{percent:.0}"),
    })
}

/// A share of one as per cent: `96.4 %`.
pub fn percent(share: f64) -> String {
    let number = percent_number(share);
    if number == UNKNOWN { number } else { number + " %" }
}

/// The share that `part` is of `whole`; not a number when there is no whole.
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { f64::NAN } else { part as f64 / whole as f64 }
}

/// How long something lasts: `480 µs`, `12 ms`, `1.2 s`, `4m 09s`, `2h 05m`, `3d 04:12`. `micro` is `µ`, or `u` in ASCII.
pub fn duration(duration: Duration, micro: &str) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..60 => latency_us(duration.as_secs_f64() * 1e6, micro),
        60..3600 => format!("{minutes}m {:02}s", seconds % 60),
        3600..86_400 => format!("{hours}h {:02}m", minutes % 60),
        _ => format!("{days}d {:02}:{:02}", hours % 24, minutes % 60),
    }
}

/// Whole seconds that are left or went by: `9 s`, `4m 09s`, `2h 05m`, `3d 04:12`, `2y`.
pub fn seconds(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        // Hours do not matter any more, and would be wide.
        8_640_000.. => age(seconds),
        _ => duration(Duration::from_secs(seconds), ""),
    }
}

/// Seconds whose fraction the server cut off: `<1 s`, `9 s`, `4m 09s`.
pub fn whole_seconds(seconds: u64) -> String {
    if seconds == 0 { "<1 s".to_owned() } else { self::seconds(seconds) }
}

/// An interval that someone chose: `30 s`, `5m`, `1h`, `7d`, `1m 30s`.
pub fn interval(seconds: u64) -> String {
    match seconds {
        60..3_600 if seconds.is_multiple_of(60) => age(seconds),
        3_600..86_400 if seconds.is_multiple_of(3_600) => age(seconds),
        86_400.. if seconds.is_multiple_of(86_400) => age(seconds),
        _ => self::seconds(seconds),
    }
}

/// A latency in microseconds: `0.4 µs`, `31 µs`, `1.9 ms`, `48.2 ms`, `1.2 s`.
pub fn latency_us(latency_us: f64, micro: &str) -> String {
    signed(latency_us, |us| match us {
        0.0 => format!("0 {micro}s"),
        ..9.95 => format!("{us:.1} {micro}s"),
        ..999.5 => format!("{us:.0} {micro}s"),
        ..99_950.0 => format!("{:.1} ms", us / 1e3),
        ..999_500.0 => format!("{:.0} ms", us / 1e3),
        ..99_950_000.0 => format!("{:.1} s", us / 1e6),
        _ => format!("{} s", exact((us / 1e6).round() as u64)),
    })
}

/// How long ago, in one unit: `5s`, `12m`, `2h`, `3d`, `2y`.
pub fn age(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        86_400..31_536_000 => format!("{}d", seconds / 86_400),
        _ => format!("{}y", seconds / 31_536_000),
    }
}

/// The time of day of a moment (milliseconds since 1970, UTC) where clocks are `offset_seconds` ahead of UTC: `12:04:11`.
pub fn time_of_day(at_ms: i64, offset_seconds: i32) -> String {
    moment(at_ms, offset_seconds, "%H:%M:%S")
}

/// Date and time of a moment: `2026-11-25 12:04`.
pub fn date_time(at_ms: i64, offset_seconds: i32) -> String {
    moment(at_ms, offset_seconds, "%Y-%m-%d %H:%M")
}

fn moment(at_ms: i64, offset_seconds: i32, pattern: &str) -> String {
    let (Ok(at), Ok(offset)) = (Timestamp::from_millisecond(at_ms), Offset::from_seconds(offset_seconds)) else {
        return UNKNOWN.to_owned();
    };
    at.to_zoned(TimeZone::fixed(offset)).strftime(pattern).to_string()
}

/// Formats the magnitude and puts the sign before it.
fn signed(value: f64, magnitude: impl Fn(f64) -> String) -> String {
    if !value.is_finite() {
        UNKNOWN.to_owned()
    } else if value < 0.0 {
        format!("-{}", magnitude(-value))
    } else {
        // A negative zero is a zero.
        magnitude(value.abs())
    }
}

/// At most three digits before the unit: one decimal below a hundred. `value` is at least `base` or rounds to it.
fn scaled(value: f64, base: f64, units: &[&str]) -> String {
    let mut scaled = value / base;
    let mut unit = 0;
    // 999.96k is 1.0M: the unit follows what is printed.
    while scaled.round() >= base && unit + 1 < units.len() {
        scaled /= base;
        unit += 1;
    }
    let decimals = if scaled < 99.95 { 1 } else { 0 };
    format!("{scaled:.decimals$}{}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<V: Copy + std::fmt::Debug>(format: impl Fn(V) -> String, cases: &[(V, &str)]) {
        for &(value, shown) in cases {
            assert_eq!(format(value), shown, "{value:?}");
        }
    }

    #[test]
    fn sizes() {
        check(
            bytes,
            &[
                (0, "0 B"),
                (1023, "1023 B"),
                (1024, "1.0K"),
                (1536, "1.5K"),
                (102_348, "99.9K"),
                (102_349, "100K"),
                (102_400, "100K"),
                (1_048_575, "1.0M"),
                (2_040_109_466, "1.9G"),
                (u64::MAX, "16.0E"),
            ],
        );
        check(
            bytes_rate,
            &[
                (0.0, "0 B/s"),
                (1023.4, "1023 B/s"),
                (1023.9, "1.0K/s"),
                (42_991_616.0, "41.0M/s"),
                (-2048.0, "-2.0K/s"),
                (f64::NAN, "-"),
            ],
        );
    }

    #[test]
    fn counts_and_rates() {
        check(
            count,
            &[
                (0, "0"),
                (999, "999"),
                (1000, "1.0k"),
                (83_400, "83.4k"),
                (92_149, "92.1k"),
                (310_000, "310k"),
                (999_949, "1.0M"),
                (4_100_000, "4.1M"),
                (u64::MAX, "18.4E"),
            ],
        );
        check(
            exact,
            &[(0, "0"), (999, "999"), (1000, "1,000"), (182_340, "182,340"), (u64::MAX, "18,446,744,073,709,551,615")],
        );
        check(
            rate,
            &[
                (0.0, "0"),
                (-0.0, "0"),
                (0.01, "<0.1"),
                (0.4, "0.4"),
                (9.96, "10"),
                (310.4, "310"),
                (999.6, "1.0k"),
                (92_100.0, "92.1k"),
                (-1234.0, "-1.2k"),
                (f64::NAN, "-"),
                (f64::INFINITY, "-"),
            ],
        );
    }

    #[test]
    fn shares() {
        check(
            percent,
            &[
                (0.0, "0 %"),
                (0.0001, "<0.1 %"),
                (0.5, "50.0 %"),
                (0.964, "96.4 %"),
                (0.9999, "99.9 %"),
                (1.0, "100 %"),
                (1.5, "150 %"),
                (-0.1, "-10.0 %"),
                (f64::NAN, "-"),
            ],
        );
        assert_eq!(percent(share(1, 0)), "-");
        assert_eq!(percent(share(u64::MAX, u64::MAX)), "100 %");
    }

    #[test]
    fn durations() {
        check(
            |ms: u64| duration(Duration::from_millis(ms), "µ"),
            &[
                (0, "0 µs"),
                (12, "12.0 ms"),
                (1200, "1.2 s"),
                (59_960, "60.0 s"),
                (249_000, "4m 09s"),
                (7_500_000, "2h 05m"),
                (274_320_000, "3d 04:12"),
            ],
        );
        assert_eq!(duration(Duration::MAX, "µ"), "213503982334601d 07:00");
        check(
            |us: f64| latency_us(us, "µ"),
            &[
                (0.0, "0 µs"),
                (0.42, "0.4 µs"),
                (31.0, "31 µs"),
                (999.6, "1.0 ms"),
                (1900.0, "1.9 ms"),
                (48_210.0, "48.2 ms"),
                (250_000.0, "250 ms"),
                (1_200_000.0, "1.2 s"),
                (4e9, "4,000 s"),
                (-5.0, "-5.0 µs"),
                (f64::NAN, "-"),
            ],
        );
        assert_eq!(latency_us(31.0, "u"), "31 us");
        check(age, &[(0, "0s"), (59, "59s"), (60, "1m"), (7200, "2h"), (259_200, "3d"), (u64::MAX, "584942417355y")]);
    }

    #[test]
    fn whole_seconds_and_intervals() {
        let day = 86_400;
        check(
            seconds,
            &[(0, "0 s"), (59, "59 s"), (61, "1m 01s"), (7_500, "2h 05m"), (day, "1d 00:00"), (400 * day, "1y")],
        );
        check(whole_seconds, &[(0, "<1 s"), (1, "1 s"), (61, "1m 01s")]);
        check(
            interval,
            &[(0, "0 s"), (30, "30 s"), (60, "1m"), (90, "1m 30s"), (3_600, "1h"), (5_400, "1h 30m"), (7 * day, "7d")],
        );
    }

    #[test]
    fn moments() {
        assert_eq!(time_of_day(1_764_072_251_000, 0), "12:04:11");
        assert_eq!(time_of_day(1_764_072_251_000, 5400), "13:34:11");
        assert_eq!(date_time(1_764_072_251_000, -86_399), "2025-11-24 12:04");
        assert_eq!(date_time(0, 0), "1970-01-01 00:00");
        assert_eq!(time_of_day(i64::MAX, 0), "-");
        assert_eq!(time_of_day(0, i32::MAX), "-");
        assert_eq!(time_of_day(-1, 0), "23:59:59");
    }
}
