//! Timing of short pieces of code in process: repeated runs, of which the median is told.

use std::io::{self, Write};
use std::time::{Duration, Instant};

/// Runs of a case at most, and how long they may take together once there are enough.
const RUNS_MAX: usize = 51;
const RUNS_MIN: usize = 7;
const CASE_TIME_MAX: Duration = Duration::from_secs(1);
/// Runs of a case in a quick pass.
const RUNS_QUICK: usize = 3;

/// Times named cases and prints a line for each.
///
/// A **quick** pass makes few runs of less work: it shows that every case works rather than what it costs.
pub struct Timing<W> {
    quick: bool,
    wanted: Vec<String>,
    out: W,
}

impl Timing<io::Stdout> {
    /// Reads the command line of a benchmark: words that the names of cases must contain, and `--quick`. `cargo bench`
    /// says so by `--bench`; without that, as under `cargo test`, the pass is a quick one.
    pub fn from_arguments() -> Self {
        let (options, wanted): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|word| word.starts_with("--"));
        let said = |option: &str| options.iter().any(|word| word == option);
        Self { quick: said("--quick") || !said("--bench"), wanted, out: io::stdout() }
    }
}

impl<W: Write> Timing<W> {
    /// Times what contains one of the words, or everything if there are none, and prints to `out`.
    pub fn new(quick: bool, wanted: Vec<String>, out: W) -> Self {
        Self { quick, wanted, out }
    }

    /// How much of something there is to be: a hundredth in a quick pass.
    pub fn scaled(&self, amount: usize) -> usize {
        if self.quick { (amount / 100).max(1) } else { amount }
    }

    /// Whether any case whose name begins so is wanted: saves the set-up of those that are not.
    pub fn wants(&self, part: &str) -> bool {
        self.wanted.is_empty() || self.wanted.iter().any(|word| part.contains(&**word) || word.contains(part))
    }

    /// Times a run of `calls` calls.
    ///
    /// # Errors
    ///
    /// Of the output.
    pub fn case<T>(&mut self, name: &str, calls: usize, mut run: impl FnMut() -> T) -> io::Result<()> {
        self.case_with(name, calls, || (), |()| run())
    }

    /// [`Timing::case`] where each run needs something made anew: neither making it nor dropping what the run returns is
    /// timed.
    ///
    /// # Errors
    ///
    /// Of the output.
    pub fn case_with<S, T>(
        &mut self,
        name: &str,
        calls: usize,
        mut make: impl FnMut() -> S,
        mut run: impl FnMut(S) -> T,
    ) -> io::Result<()> {
        if !self.wanted.is_empty() && !self.wanted.iter().any(|word| name.contains(&**word)) {
            return Ok(());
        }
        let mut runs_ns = Vec::new();
        let began = Instant::now();
        while runs_ns.len() < RUNS_MIN.min(self.runs_max())
            || runs_ns.len() < self.runs_max() && began.elapsed() < CASE_TIME_MAX
        {
            let made = make();
            let start = Instant::now();
            let left = run(made);
            runs_ns.push(start.elapsed().as_nanos() as f64 / calls as f64);
            drop(left);
        }
        runs_ns.sort_by(f64::total_cmp);
        let (median, least) = (runs_ns[runs_ns.len() / 2], runs_ns[0]);
        writeln!(self.out, "{name:<56} median {median:>9.1} ns   least {least:>9.1} ns   {} runs", runs_ns.len())
    }

    fn runs_max(&self) -> usize {
        if self.quick { RUNS_QUICK } else { RUNS_MAX }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_printed_for_each_wanted_case_and_made_things_are_made_for_each_run() {
        let mut out = Vec::new();
        let mut timing = Timing::new(true, vec!["table".to_owned()], &mut out);
        assert!(timing.wants("table/find") && !timing.wants("string"));
        let (mut made, mut ran) = (0, 0);
        timing.case_with("table/find", 10, || made += 1, |()| ran += 1).unwrap();
        timing.case("string/get", 10, || unreachable!("not wanted")).unwrap();
        assert_eq!((made, ran, timing.scaled(1_000)), (RUNS_QUICK, RUNS_QUICK, 10));
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("table/find ") && text.lines().count() == 1, "{text}");
    }
}
