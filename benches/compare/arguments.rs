//! The command line of `compare`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use rkvs_benches::distribution::Distribution;
use rkvs_benches::server::Command;

use crate::servers::Attached;

/// Puts the same load on several servers in turns.
#[derive(Debug, Parser)]
#[command(name = "compare", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) what: What,
}

#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// CPU per command and throughput
    Speed(Speed),
    /// Bytes per entry beyond key and value
    Memory(Memory),
}

/// Which servers take part.
#[derive(Debug, Args)]
pub(crate) struct Servers {
    /// A server to start: NAME=COMMAND, or NAME@CORES=COMMAND with cores like 0+1. {port} and {dir} are filled in
    #[arg(long = "server", value_name = "NAME=COMMAND")]
    pub(crate) commands: Vec<Command>,
    /// A folder whose programs with `-server` in their names are started too, with persistence off
    #[arg(long, value_name = "FOLDER")]
    pub(crate) peers: Option<PathBuf>,
    /// Cores the servers are bound to, unless their own say otherwise
    #[arg(long, value_delimiter = ',', default_value = "0")]
    pub(crate) server_cores: Vec<usize>,
    /// Cores of the load generator
    #[arg(long, value_delimiter = ',', default_value = "1")]
    pub(crate) generator_cores: Vec<usize>,
    /// The server to measure the others against; the first one if not given
    #[arg(long)]
    pub(crate) baseline: Option<String>,
}

/// Where results go.
#[derive(Debug, Args)]
pub(crate) struct Output {
    /// Results as JSON, written after every cell
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Results as a Markdown table, also printed
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Keeps the cells that the JSON file already holds
    #[arg(long, requires = "json")]
    pub(crate) resume: bool,
    /// Starts no further cell after so many minutes
    #[arg(long, default_value_t = 60.0)]
    pub(crate) minutes_max: f64,
}

/// A set of cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preset {
    /// 2M keys, 64-byte values, pipelines 1, 16, 64, GET and SET
    Quick,
    /// 1M and 10M keys, values of 8, 64 and 1024 bytes, pipelines 1, 16, 64, GET and SET
    Peers,
}

/// Requests a cell can be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CellOperation {
    /// GET of a key that exists
    Get,
    /// SET of a key that exists
    Set,
    /// HGET of a field that exists
    Hget,
    /// HSET of a field that exists
    Hset,
}

impl CellOperation {
    /// Name in results.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Set => "SET",
            Self::Hget => "HGET",
            Self::Hset => "HSET",
        }
    }

    /// Tells whether it is about hashes.
    pub(crate) fn is_hash(self) -> bool {
        matches!(self, Self::Hget | Self::Hset)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Speed {
    #[command(flatten)]
    pub(crate) servers: Servers,
    /// A server that runs already: NAME=PORT:PID. Its string and hash keys are written over
    #[arg(long, value_name = "NAME=PORT:PID")]
    pub(crate) attach: Vec<Attached>,
    #[command(flatten)]
    pub(crate) output: Output,
    /// Which cells; the lists below replace parts of it
    #[arg(long, value_enum, default_value = "quick")]
    pub(crate) preset: Preset,
    /// Numbers of keys
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) keys: Vec<u64>,
    /// Lengths of values in bytes
    #[arg(long, value_delimiter = ',')]
    pub(crate) value_sizes: Vec<usize>,
    /// Requests per batch
    #[arg(long, value_delimiter = ',')]
    pub(crate) pipelines: Vec<usize>,
    /// Requests
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) operations: Vec<CellOperation>,
    /// How requests spread over the keys, as in rkvs-bench
    #[arg(long, default_value = "uniform")]
    pub(crate) distribution: Distribution,
    /// Connections
    #[arg(long, default_value_t = 50)]
    pub(crate) connections: usize,
    /// Threads of the load generator
    #[arg(long, default_value_t = 1)]
    pub(crate) threads: usize,
    /// Rounds per cell
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// Seconds per server and round
    #[arg(long, default_value_t = 1.5)]
    pub(crate) cell_seconds: f64,
    /// Seconds of load before that
    #[arg(long, default_value_t = 0.2)]
    pub(crate) warmup: f64,
}

#[derive(Debug, Args)]
pub(crate) struct Memory {
    #[command(flatten)]
    pub(crate) servers: Servers,
    #[command(flatten)]
    pub(crate) output: Output,
    /// Numbers of keys
    #[arg(long, value_delimiter = ',', default_value = "1000000", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) keys: Vec<u64>,
    /// Lengths of values in bytes
    #[arg(long, value_delimiter = ',', default_value = "8,32,64,200")]
    pub(crate) value_sizes: Vec<usize>,
    /// Times to live in seconds; 0 is none
    #[arg(long, value_delimiter = ',', default_value = "0,86400")]
    pub(crate) ttls: Vec<u64>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
