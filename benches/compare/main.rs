//! `compare`: the same load on several servers in turns.
//!
//! ```text
//! compare speed  --server 'rkvs=target/release/rkvs-server --port {port} --save ""' --peers DIR --json FILE
//! compare memory --server 'rkvs=target/release/rkvs-server --port {port} --save ""' --peers DIR --json FILE
//! ```
//!
//! Servers are arguments; none is built in. `--server` takes a name and a command line, `--attach` a server that runs
//! already, `--peers` a folder of programs named like servers (`redis-server-8`). The first one is what the others are
//! measured against, unless `--baseline` names another.
//!
//! **Speed.** All servers run side by side, bound to one core, with the same data; the load comes from another core.
//! Rounds are interleaved (A B C A B C …), so that a noisy neighbour disturbs all alike. The figure to trust is the
//! server's CPU time per command; `×` is the baseline's median over the server's median (above 1 is better), with the
//! smallest and largest ratio of any one round behind it.
//!
//! **Memory.** For every size a fresh process is loaded; what its resident memory grows by, less keys and values, is the
//! cost of an entry.
//!
//! Results are written after every cell; `--resume` goes on where a run was cut short. `speed.rs` and `memory.rs` are
//! the two methods, `servers.rs` lists who takes part, `results.rs` holds figures, `table.rs` draws them.

mod arguments;
mod memory;
mod results;
mod servers;
mod speed;
mod table;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, What};

fn main() -> ExitCode {
    let result = match Arguments::parse().what {
        What::Speed(speed) => speed::run(&speed),
        What::Memory(memory) => memory::run(&memory),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "compare: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Tells how it goes on standard error, so that standard output holds tables only.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
