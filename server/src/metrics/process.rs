//! What the system says about this process. Everything is read from `/proc` when it is asked for; where that is missing the
//! answer is 0.

use std::fs;

/// Processor time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CpuTimes {
    /// Spent in the program, in seconds.
    pub user_s: f64,
    /// Spent in the system on its behalf, in seconds.
    pub system_s: f64,
}

/// Bytes of memory that are resident.
pub fn resident_bytes() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|line| line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * rustix::param::page_size() as u64
}

/// Bytes of memory of the machine.
pub fn total_memory_bytes() -> u64 {
    fs::read_to_string("/proc/meminfo").ok().and_then(|text| kibibytes(&text, "MemTotal:")).unwrap_or(0) * 1024
}

/// The number on the line that begins with a label.
fn kibibytes(text: &str, label: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(label)?.split_ascii_whitespace().next()?.parse().ok())
}

/// Processor time of all threads, in steps of the system's clock tick (10 ms as a rule).
pub fn cpu_times() -> CpuTimes {
    cpu_times_at("/proc/self/stat")
}

/// Processor time of the main thread.
pub fn main_thread_cpu_times() -> CpuTimes {
    cpu_times_at(&format!("/proc/self/task/{}/stat", std::process::id()))
}

fn cpu_times_at(path: &str) -> CpuTimes {
    fs::read_to_string(path).ok().and_then(|line| parse_cpu_times(&line)).unwrap_or_default()
}

/// Reads fields 14 and 15 of a `stat` line; the second field, the name, is in parentheses and may hold anything.
fn parse_cpu_times(line: &str) -> Option<CpuTimes> {
    let mut fields = line.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let ticks_per_second = rustix::param::clock_ticks_per_second() as f64;
    let mut seconds = || Some(fields.next()?.parse::<u64>().ok()? as f64 / ticks_per_second);
    Some(CpuTimes { user_s: seconds()?, system_s: seconds()? })
}

/// Number of open descriptors.
pub fn open_descriptors() -> u64 {
    // The folder itself is open while it is read.
    fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count().saturating_sub(1) as u64)
}

/// Most descriptors the process may have open; 0 when there is no limit.
pub fn descriptors_max() -> u64 {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(0)
}

/// Name and release of the system, and the machine's architecture.
pub fn operating_system() -> String {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("Linux {} {}", release.trim_end(), std::env::consts::ARCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let line = "7 (a) b) S 1 7 7 0 -1 4194304 1 0 0 0 250 50 0 0 20 0 1 0 1";
        let ticks = rustix::param::clock_ticks_per_second() as f64;
        assert_eq!(parse_cpu_times(line), Some(CpuTimes { user_s: 250.0 / ticks, system_s: 50.0 / ticks }));
        assert_eq!(parse_cpu_times("7 (a"), None);
    }

    #[test]
    fn the_system_knows_this_process() {
        assert!(resident_bytes() > 100_000 && total_memory_bytes() > resident_bytes());
        assert!(open_descriptors() > 0);
        assert!(operating_system().starts_with("Linux "));
    }
}
