//! The five benchmark families of the crate rkvs succeeds, on that crate and on us, in one process and in turns.
//!
//! ```sh
//! cargo run --release -p rkvs-benches --features seed --bin seed-families -- --scale 0.01 --out FOLDER
//! ```
//!
//! The feature `seed` is off by default: the older crate brings a large tree of dependencies that nothing else needs.
//!
//! `--scale 1` makes as many calls as the older crate's own programs did (hours); the number of keys, shards, tasks and
//! the sizes of batches are never scaled. Every scenario is cut into `--rounds` slices run in turns (A B A B …), so that
//! a noisy neighbour disturbs both alike. A third slice calls a cache that does nothing: what the harness takes by itself, and
//! so the least that any cache could show. Figures are nanoseconds around one awaited call, two clock readings included;
//! ratios of medians between the two are
//! what to quote. Both use the same allocator, and sets return the value they replace on
//! either side.
//!
//! One difference from the original: namespaces are built with their shard count rather than resized to it.
//!
//! `cache.rs` is what a cache must do to take part, `families.rs` the scenarios, `figures.rs` what is kept of them,
//! `charts.rs` draws them.

mod cache;
mod charts;
mod families;
mod figures;

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use rkvs_benches::machine::{Machine, today};

use crate::families::Bench;
use crate::figures::{Results, summary};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs the benchmark families of the older crate on both.
#[derive(Debug, Parser)]
#[command(name = "seed-families", version)]
struct Arguments {
    /// Calls per scenario, relative to the older crate's own programs
    #[arg(long, default_value_t = 0.002)]
    scale: f64,
    /// Slices per scenario
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Families to run; all if none is named
    #[arg(long, value_enum, value_delimiter = ',')]
    families: Vec<Family>,
    /// Folder for the JSON file and the charts
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Groups of scenarios.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Family {
    /// Single calls, one task, 1k to 1M keys
    Operations,
    /// get and set with 1 to 128 shards
    Sharding,
    /// Reads and writes of many tasks, spawned and joined in waves
    Concurrent,
    /// Reads and writes of tasks that run on (not a family of the older crate)
    Loops,
    /// Batches of one task
    Batches,
    /// Batches of many tasks
    BatchesConcurrent,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "seed-families: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    // The older crate bounds its waits for locks by timers.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build()?;
    let mut bench = Bench::new(&runtime, arguments.scale, arguments.rounds);
    let all = Family::value_variants();
    for family in if arguments.families.is_empty() { all } else { &arguments.families } {
        match family {
            Family::Operations => bench.operations(),
            Family::Sharding => bench.sharding(),
            Family::Concurrent => bench.concurrent(),
            Family::Loops => bench.loops(),
            Family::Batches => bench.batches(),
            Family::BatchesConcurrent => bench.batches_concurrent(),
        }
    }
    let results = Results {
        tool: concat!("seed-families ", env!("CARGO_PKG_VERSION")).to_owned(),
        date: today(),
        machine: Machine::here(),
        scale: arguments.scale,
        rounds: arguments.rounds,
        scenarios: bench.into_scenarios(),
    };
    write!(io::stdout(), "{}", summary(&results))?;
    if let Some(folder) = &arguments.out {
        fs::create_dir_all(folder)?;
        let file = folder.join(format!("{}-seed-families.json", results.date));
        fs::write(file, serde_json::to_string_pretty(&results)? + "\n")?;
        charts::draw(&results, folder)?;
    }
    Ok(())
}
