//! The command line of `save`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use rkvs_benches::server::Command;

/// Measures what saving and loading cost, on several servers in turns.
#[derive(Debug, Parser)]
#[command(name = "save", version)]
pub(crate) struct Arguments {
    /// A server: NAME=PATH, or NAME@CORES=PATH with cores like 0+1; arguments may follow the path. Port, folder and no
    /// save points are added. The first one's figures are divided by the others'
    #[arg(long = "server", value_name = "NAME=PATH", required = true, value_parser = command)]
    pub(crate) servers: Vec<Command>,
    /// Keys, of 16 bytes
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) keys: u64,
    /// Length of values in bytes; half of each is bytes at random
    #[arg(long, default_value_t = 64)]
    pub(crate) value: usize,
    /// Rounds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// Requests per second, 70 % GET and 30 % SET
    #[arg(long, default_value_t = 10_000.0, value_parser = positive)]
    pub(crate) rate: f64,
    /// Seconds of load before saves, and at least so many while saving
    #[arg(long, default_value_t = 10.0, value_parser = positive)]
    pub(crate) seconds: f64,
    /// Seconds of load before that
    #[arg(long, default_value_t = 2.0, value_parser = positive)]
    pub(crate) warmup: f64,
    /// Connections of the load
    #[arg(long, default_value_t = 50)]
    pub(crate) connections: usize,
    /// Cores the servers and what they fork are bound to, unless their own say otherwise
    #[arg(long, value_delimiter = ',', default_value = "0")]
    pub(crate) server_cores: Vec<usize>,
    /// Cores of the load generator
    #[arg(long, value_delimiter = ',', default_value = "1")]
    pub(crate) generator_cores: Vec<usize>,
    /// Results as JSON, written after every server of every round
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Results as Markdown tables, also printed
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
}

impl Arguments {
    /// Returns the cores a server is bound to.
    pub(crate) fn cores_of<'a>(&'a self, command: &'a Command) -> &'a [usize] {
        command.cores.as_deref().unwrap_or(&self.server_cores)
    }

    /// Returns how long load is measured, without saves and again with them.
    pub(crate) fn measured(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    /// Says what one needs to repeat it.
    pub(crate) fn setup(&self) -> String {
        format!(
            "Rounds: {}. {} keys of 16 B, values of {} B of which {} are random and the rest compressible; \
             open loop of {} requests/s (70 % GET, 30 % SET, uniform) over {} connections, {} s each without and with \
             saves after {} s of warm-up, generator on cores {:?}.",
            self.rounds,
            rkvs_benches::results::thousands(self.keys),
            self.value,
            self.value / 2,
            self.rate,
            self.connections,
            self.seconds,
            self.warmup,
            self.generator_cores,
        )
    }
}

/// Completes a server's command line. All servers measured here understand these words.
fn command(text: &str) -> Result<Command, String> {
    let command: Command = format!("{text} --port {{port}} --dir {{dir}} --save \"\"").parse()?;
    if command.words[0].starts_with("--") {
        return Err("expected NAME=PATH".to_owned());
    }
    Ok(command)
}

fn positive(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|number: &f64| (1e-3..=1e9).contains(number))
        .ok_or_else(|| "not in 0.001..=1e9".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_path_becomes_a_command_line() {
        let redis = command("redis=redis-server --hz 20").unwrap();
        let words = ["redis-server", "--hz", "20", "--port", "{port}", "--dir", "{dir}", "--save", ""];
        assert_eq!(redis.words, words);
        assert!(command("redis=").is_err());
        assert!(positive("0").is_err() && positive("NaN").is_err());
    }
}
