//! Figures of a run beside several servers, as they are kept in JSON, and what its tables share.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::machine::{Machine, today};

/// Everything a run found, with its setup.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Results<C> {
    /// Name and version of the program.
    pub tool: String,
    /// Day of the run, UTC.
    pub date: String,
    /// Where it ran.
    pub machine: Machine,
    /// The setup in words: what one needs to repeat it.
    pub setup: String,
    /// Servers in the order of the columns; the first is the baseline.
    pub servers: Vec<ServerNote>,
    /// What was found.
    pub cells: Vec<C>,
    /// What was left out, and why.
    pub skipped: Vec<String>,
}

/// Who took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerNote {
    /// Name in results.
    pub name: String,
    /// What it says about itself.
    pub version: String,
    /// How it was started.
    pub command: String,
}

/// Returns the middle of some numbers, or the average of the middle two; 0 of none.
pub fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    match numbers.len() {
        0 => 0.0,
        length if length % 2 == 1 => numbers[length / 2],
        length => (numbers[length / 2 - 1] + numbers[length / 2]) / 2.0,
    }
}

impl<C: Serialize + DeserializeOwned> Results<C> {
    /// Begins a run: empty, or with the cells of an earlier one with the same setup if `resume` names its file.
    pub fn begin(
        tool: &str,
        setup: String,
        servers: Vec<ServerNote>,
        resume: Option<&Path>,
    ) -> Result<Self, Box<dyn Error>> {
        let mut results = Self {
            tool: format!("{tool} {}", env!("CARGO_PKG_VERSION")),
            date: today(),
            machine: Machine::here(),
            setup,
            servers,
            cells: Vec::new(),
            skipped: Vec::new(),
        };
        if let Some(path) = resume.filter(|path| path.exists()) {
            let earlier: Self = serde_json::from_str(&fs::read_to_string(path)?)?;
            if (&earlier.setup, &earlier.servers) != (&results.setup, &results.servers) {
                return Err(format!("{}: made by another setup, cannot be resumed", path.display()).into());
            }
            results.cells = earlier.cells;
        }
        Ok(results)
    }

    /// Writes everything found so far.
    pub fn save(&self, path: Option<&Path>) -> Result<(), Box<dyn Error>> {
        if let Some(path) = path {
            // Never half a file: a run may be cut short at any time.
            let partial = path.with_extension("partial");
            fs::write(&partial, serde_json::to_string_pretty(self)? + "\n")?;
            fs::rename(&partial, path)?;
        }
        Ok(())
    }

    /// Says in Markdown when and where it was measured, how, and who took part.
    pub fn head(&self) -> String {
        let mut text = format!("{}, {}. {}\n\n", self.date, self.machine.note(), self.setup);
        for server in &self.servers {
            let _ = writeln!(text, "- {}: {}, `{}`", server.name, server.version, server.command);
        }
        text
    }
}

/// Writes a number with a comma every three digits.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5);
        assert_eq!(median([].into_iter()), 0.0);
    }

    #[test]
    fn results_are_resumed_only_with_the_same_setup() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.json");
        let begin = |setup: &str| Results::<u64>::begin("compare", setup.to_owned(), Vec::new(), Some(&path));
        let mut results = begin("five rounds").unwrap();
        results.cells.push(7);
        results.save(Some(&path)).unwrap();
        assert_eq!(begin("five rounds").unwrap().cells.len(), 1);
        assert!(begin("six rounds").is_err());
    }
}
