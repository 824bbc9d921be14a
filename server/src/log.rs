//! The log: lines for people in the reference's form, or one JSON object each.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::sync::{Mutex, OnceLock};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::{Registry, prelude::*};

use crate::config::{Config, LogFormat, LogLevel, Settings};

/// The way to change the level of a running log.
static LEVEL: OnceLock<Handle<LevelFilter, Registry>> = OnceLock::new();

/// Starts to log as the settings want it. May be called once.
///
/// # Errors
/// When the log file cannot be opened.
pub fn start(settings: &Settings) -> io::Result<()> {
    let output = match &settings.logfile {
        Some(path) => Output::File(Mutex::new(OpenOptions::new().create(true).append(true).open(settings.path(path))?)),
        None => Output::Stdout,
    };
    let (level, handle) = reload::Layer::new(filter(settings.loglevel));
    let registry = tracing_subscriber::registry().with(level);
    let started = match settings.log_format {
        LogFormat::Json => {
            registry.with(tracing_subscriber::fmt::layer().json().with_writer(output)).try_init().is_ok()
        }
        LogFormat::Human => {
            let layer = tracing_subscriber::fmt::layer().with_ansi(false).event_format(Lines).with_writer(output);
            registry.with(layer).try_init().is_ok()
        }
    };
    if started {
        let _ = LEVEL.set(handle);
    }
    Ok(())
}

/// Has the log follow CONFIG SET loglevel.
pub fn follow_level(config: &Config) {
    config.on_change(
        "loglevel",
        Box::new(|_, after| match LEVEL.get() {
            Some(handle) => handle.modify(|level| *level = filter(after.loglevel)).map_err(|error| error.to_string()),
            None => Ok(()),
        }),
    );
}

fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Debug => LevelFilter::TRACE,
        LogLevel::Verbose => LevelFilter::DEBUG,
        LogLevel::Notice => LevelFilter::INFO,
        LogLevel::Warning => LevelFilter::WARN,
    }
}

/// Where the log goes.
enum Output {
    Stdout,
    File(Mutex<File>),
}

/// One line on its way.
enum Line<'a> {
    Stdout(io::Stdout),
    File(&'a Mutex<File>),
}

impl<'a> MakeWriter<'a> for Output {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        match self {
            Self::Stdout => Line::Stdout(io::stdout()),
            Self::File(file) => Line::File(file),
        }
    }
}

impl io::Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(stdout) => stdout.write(bytes),
            Self::File(file) => match file.lock() {
                Ok(mut file) => file.write(bytes),
                Err(_) => Ok(bytes.len()),
            },
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => stdout.flush(),
            Self::File(_) => Ok(()),
        }
    }
}

/// `1234:M 22 Nov 2026 12:00:00.123 * Ready to accept connections`: process id, role, time (UTC), a mark for the level,
/// the text.
struct Lines;

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mark = match *event.metadata().level() {
            Level::TRACE => '.',
            Level::DEBUG => '-',
            Level::INFO => '*',
            Level::WARN | Level::ERROR => '#',
        };
        let now_ms = rkvs_engine::clock::Clock::system().now_ms();
        write!(out, "{}:M {} {mark} ", std::process::id(), UtcTime(now_ms))?;
        context.format_fields(out.by_ref(), event)?;
        writeln!(out)
    }
}

/// A moment as `22 Nov 2026 12:00:00.123`.
struct UtcTime(u64);

impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let (seconds, millis) = (self.0 / 1000, self.0 % 1000);
        let (days, second) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil_date(days);
        write!(
            f,
            "{day:02} {} {year} {:02}:{:02}:{:02}.{millis:03}",
            MONTHS[month],
            second / 3600,
            second / 60 % 60,
            second % 60
        )
    }
}

/// Year, month from 0 and day from 1 of a day counted from 1970-01-01.
fn civil_date(days: u64) -> (u64, usize, u64) {
    let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut left = days;
    let mut year = 1970;
    loop {
        let length = if is_leap(year) { 366 } else { 365 };
        if left < length {
            break;
        }
        left -= length;
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let mut month = 0;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if left < length {
            break;
        }
        left -= length;
        month += 1;
    }
    (year, month, left + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(UtcTime(0).to_string(), "01 Jan 1970 00:00:00.000");
        assert_eq!(UtcTime(951_782_400_123).to_string(), "29 Feb 2000 00:00:00.123");
        assert_eq!(UtcTime(1_795_348_799_999).to_string(), "22 Nov 2026 11:59:59.999");
        assert_eq!(UtcTime(4_107_542_400_000).to_string(), "01 Mar 2100 00:00:00.000");
    }
}
