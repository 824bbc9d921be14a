//! What a server process costs: CPU time, memory; and on which cores threads run.

use std::fs;
use std::io;
use std::time::Duration;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Binds the calling thread, and what it starts from now on, to some cores. Returns the cores it ran on before.
pub fn pin_thread(cores: &[usize]) -> io::Result<Vec<usize>> {
    let before = sched_getaffinity(None)?;
    let mut set = CpuSet::new();
    for &core in cores {
        if core >= CpuSet::MAX_CPU {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("there is no core {core}")));
        }
        set.set(core);
    }
    sched_setaffinity(None, &set)?;
    Ok((0..CpuSet::MAX_CPU).filter(|&core| before.is_set(core)).collect())
}

/// Returns the CPU time of the calling thread.
pub fn thread_cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Reads the CPU time, user and system, of all threads of a process.
///
/// The scheduler's own nanosecond counts of the threads are preferred; `stat`, which holds the same sum, counts in
/// ticks of 10 ms. It decides where threads have ended or the counts are not there.
pub fn cpu_time(pid: u32) -> io::Result<CpuTime> {
    let ticks = stat_cpu_time(&fs::read_to_string(format!("/proc/{pid}/stat"))?)?;
    let mut exact = Duration::ZERO;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else {
            continue;
        };
        let ran_ns = text.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0);
        exact += Duration::from_nanos(ran_ns);
    }
    Ok(CpuTime { ticks, exact })
}

/// CPU time of a process, counted in two ways.
#[derive(Clone, Copy, Debug)]
pub struct CpuTime {
    ticks: Duration,
    exact: Duration,
}

impl CpuTime {
    /// Returns the CPU time spent since an earlier reading.
    pub fn since(self, earlier: Self) -> Duration {
        let ticks = self.ticks.saturating_sub(earlier.ticks);
        let exact = self.exact.saturating_sub(earlier.exact);
        // Three ticks: what rounding user and system time at both ends can amount to.
        if exact.abs_diff(ticks) <= Duration::from_millis(30) { exact } else { ticks }
    }
}

/// Sums `utime` and `stime`, the 14th and 15th field of `stat`.
fn stat_cpu_time(stat: &str) -> io::Result<Duration> {
    // The second field, the program's name, may hold anything, blanks too; it ends at the last parenthesis.
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut fields = after_name.split_ascii_whitespace().skip(11).map(str::parse::<u64>);
    let (Some(Ok(user)), Some(Ok(system))) = (fields.next(), fields.next()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "no CPU times in stat"));
    };
    Ok(Duration::from_secs_f64((user + system) as f64 / rustix::param::clock_ticks_per_second() as f64))
}

/// Reads the resident memory of a process, in bytes.
pub fn resident_bytes(pid: u32) -> io::Result<u64> {
    kibibytes(&format!("/proc/{pid}/status"), "VmRSS:")
}

/// Reads the memory of a process and its children, in bytes: what is shared among them counts once, divided by their
/// number (proportional set size). It walks all their pages, which takes milliseconds per gigabyte.
///
/// The order matters where a child comes or goes meanwhile: children are listed before the parent is read, and read
/// after it, so that what they share may be missed but is never counted twice.
pub fn family_bytes(pid: u32) -> io::Result<u64> {
    let children = children(pid)?;
    let mut bytes = proportional_bytes(pid)?;
    for child in children {
        // One that has ended has no memory any more.
        bytes += proportional_bytes(child).unwrap_or(0);
    }
    Ok(bytes)
}

/// Lists the processes that threads of this one started and that are still there.
fn children(pid: u32) -> io::Result<Vec<u32>> {
    let mut children = String::new();
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let task = task?;
        match fs::read_to_string(task.path().join("children")) {
            Ok(text) => children += &text,
            // Threads come and go; the first one stays, and without its list there is none on this system.
            Err(error) if task.file_name().to_str() == Some(&pid.to_string()) => return Err(error),
            Err(_) => {}
        }
    }
    Ok(children.split_ascii_whitespace().filter_map(|child| child.parse().ok()).collect())
}

fn proportional_bytes(pid: u32) -> io::Result<u64> {
    kibibytes(&format!("/proc/{pid}/smaps_rollup"), "Pss:")
}

/// Reads a line such as `VmRSS:  1234 kB`, in bytes.
fn kibibytes(file: &str, name: &str) -> io::Result<u64> {
    let text = fs::read_to_string(file)?;
    let kib = |line: &str| line.strip_prefix(name)?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok();
    let kib = text.lines().find_map(kib);
    kib.map(|kib| kib * 1024).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("no {name} in {file}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_times_are_found_behind_any_name() {
        let stat = "12 (a) b (c) R 1 12 5 0 -1 4194304 97 0 0 0 250 50 0 0 20 0 1 0 126102 3133440";
        let ticks = rustix::param::clock_ticks_per_second();
        assert_eq!(stat_cpu_time(stat).unwrap(), Duration::from_secs_f64(300.0 / ticks as f64));
        assert!(stat_cpu_time("12 (a) R 1").is_err());
    }

    #[test]
    fn our_own_cost_is_seen() {
        let pid = std::process::id();
        let before = cpu_time(pid).unwrap();
        let start = thread_cpu();
        while thread_cpu() - start < Duration::from_millis(60) {
            std::hint::spin_loop();
        }
        let spent = cpu_time(pid).unwrap().since(before);
        assert!(spent >= Duration::from_millis(25), "{spent:?}");
        assert!(resident_bytes(pid).unwrap() > 100_000);
    }

    #[test]
    fn a_child_is_part_of_the_family() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let (family, alone) = (family_bytes(std::process::id()).unwrap(), proportional_bytes(child.id()).unwrap());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(alone > 0 && family > alone, "{family} {alone}");
    }

    #[test]
    fn a_pinned_thread_returns_to_its_cores() {
        std::thread::spawn(|| {
            let before = pin_thread(&[0]).unwrap();
            assert_eq!(pin_thread(&before).unwrap(), [0]);
            assert!(pin_thread(&[1 << 20]).is_err());
        })
        .join()
        .unwrap();
    }
}
