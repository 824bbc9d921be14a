//! Remembers which commands a run of tests has called, for the test that no command is left out.
//!
//! When [`FILE_VARIABLE`] names a file, each connection to the server under test appends the names it has called, one
//! a line, when it closes. A container command and its subcommand count as two: `client` and `client|id`.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;

/// Environment variable naming the file that collects the calls.
pub const FILE_VARIABLE: &str = "RKVS_RECORD_CALLS";

/// The names one connection has called.
#[derive(Debug, Default)]
pub struct Calls(BTreeSet<String>);

impl Calls {
    /// Notes a request.
    pub fn note<A: AsRef<[u8]>>(&mut self, args: &[A]) {
        let word = |i: usize| args.get(i).map(|a: &A| String::from_utf8_lossy(a.as_ref()).to_lowercase());
        if let Some(name) = word(0) {
            if let Some(sub) = word(1).filter(|sub| sub.len() < 32 && !sub.contains(['\r', '\n'])) {
                self.0.insert(format!("{name}|{sub}"));
            }
            self.0.insert(name);
        }
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        let Some(path) = std::env::var_os(FILE_VARIABLE).filter(|_| !self.0.is_empty()) else {
            return;
        };
        let mut lines = String::new();
        for name in &self.0 {
            lines.push_str(name);
            lines.push('\n');
        }
        let mut file = OpenOptions::new().append(true).create(true).open(path).expect("the calls file opens");
        file.write_all(lines.as_bytes()).expect("the calls file takes a write");
    }
}
