//! `rkvs-bench`: puts load on a RESP server and says what came of it.
//!
//! ```text
//! rkvs-bench load --keys 2000000 --value-size 64
//! rkvs-bench run --keys 2000000 --mix get:9,set:1 --pipeline 16 --duration 10
//! rkvs-bench run --keys 2000000 --rate 50000 --distribution zipf:0.99 --json -
//! rkvs-bench run --command 'ZADD scores:{key} 1 {value}' --requests 100000
//! ```
//!
//! Exit code 0: it ran and every reply was a proper one. 1: the run failed, the server returned error replies or (with
//! `--check`) wrong values. 2: bad usage.

mod arguments;

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use rkvs_benches::check::read_back;
use rkvs_benches::client::Client;
use rkvs_benches::generator;
use rkvs_benches::report::Report;

use crate::arguments::{Arguments, Job};

const TOOL: &str = concat!("rkvs-bench ", env!("CARGO_PKG_VERSION"));

fn main() -> ExitCode {
    let job = Arguments::parse().job();
    match run(job) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(io::stderr(), "rkvs-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the job and reports. Returns whether the server did everything right.
fn run(job: Job) -> Result<bool, Box<dyn Error>> {
    let Job { plan, check_keys, must_be_there, json } = job;
    let outcome = generator::run(&plan)?;
    let check = match check_keys {
        Some(keys_max) => {
            let mut client = Client::connect(&plan.endpoint, &plan.handshake)?;
            Some(read_back(&mut client, &plan.workload, keys_max)?)
        }
        None => None,
    };
    let is_right = outcome.counts.errors.is_empty() && check.as_ref().is_none_or(|check| check.is_right(must_be_there));
    let report = Report::new(TOOL, plan, &outcome, check);
    match json.as_deref().map(|path| (path, path.as_os_str() == "-")) {
        Some((_, true)) => writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&report)?)?,
        Some((path, false)) => {
            fs::write(path, serde_json::to_string_pretty(&report)? + "\n")?;
            write!(io::stdout(), "{report}")?;
        }
        None => write!(io::stdout(), "{report}")?,
    }
    Ok(is_right)
}
