//! `save`: what saving and loading cost, beside other servers.
//!
//! ```text
//! save --server 'rkvs=target/release/rkvs-server --workers 1 --metrics-listen ""' --server redis=redis-server --json FILE
//! ```
//!
//! Servers take turns (A B A B …), each in a fresh process and an empty folder, alone on its cores with the processes it
//! forks; the load comes from other cores. In each round a server is filled, then put under an open loop that goes on all
//! the while: latencies count from the time a request was due, and those due while a save runs are told apart from those
//! before. Then it saves once more without load, is killed, and loads its file; what it holds is checked.
//!
//! - A save lasts from the moment BGSAVE is sent until the server says that none is in progress, asked every 2 ms, also
//!   while no save runs, so that asking costs the same on both sides. Servers that fork notice the end of their child a
//!   little late, Redis 10 times a second: measure saves that take seconds.
//! - Memory is that of the process and its children, pages they share counted once, and what counts is the peak over what it
//!   was just before. Looking at it walks all pages, so a save of its own under the same load is looked at, and latencies
//!   are taken from the others.
//! - Half of each value is bytes at random, the rest one letter repeated: compressed or not, files hold comparable things.
//!
//! The first server is the one whose figures are divided by the others'; below 1 it takes less. `measure.rs` is the method,
//! `figures.rs` what it finds, `table.rs` draws it.

mod arguments;
mod figures;
mod measure;
mod table;

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use rkvs_benches::process::pin_thread;
use rkvs_benches::results::{Results, ServerNote};
use rkvs_benches::server::{Command, Server};

use crate::arguments::Arguments;
use crate::figures::{Round, ServerFigures};

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "save: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let mut results = Results::begin("save", arguments.setup(), notes(arguments)?, None)?;
    // What asks and looks keeps off the servers' cores, too.
    pin_thread(&arguments.generator_cores)?;
    let mut rounds: Vec<Vec<Round>> = vec![Vec::new(); arguments.servers.len()];
    for number in 0..arguments.rounds {
        for (index, command) in arguments.servers.iter().enumerate() {
            let round = measure::round(arguments, command, u64::from(number))?;
            say(&format!("round {}: {}: {}", number + 1, command.name, round.line()));
            rounds[index].push(round);
            let named = arguments.servers.iter().zip(&rounds).filter(|(_, rounds)| !rounds.is_empty());
            results.cells =
                named.map(|(command, own)| ServerFigures::new(&command.name, own.clone(), &rounds[0])).collect();
            results.save(arguments.json.as_deref())?;
        }
    }
    let text = table::draw(&results);
    if let Some(path) = &arguments.markdown {
        fs::write(path, &text)?;
    }
    write!(io::stdout(), "{text}")?;
    Ok(())
}

/// Starts every server once to learn what it is, and that it starts.
fn notes(arguments: &Arguments) -> Result<Vec<ServerNote>, Box<dyn Error>> {
    let note = |(index, command): (usize, &Command)| {
        if arguments.servers[..index].iter().any(|other| other.name == command.name) {
            return Err(format!("two servers are named {}", command.name).into());
        }
        let cores = arguments.cores_of(command);
        Ok(command.note(cores, Server::start(command, cores)?.version))
    };
    arguments.servers.iter().enumerate().map(note).collect()
}

/// Tells how it goes on standard error, so that standard output holds tables only.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
