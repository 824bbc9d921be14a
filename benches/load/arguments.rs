//! The command line of `rkvs-bench`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use rkvs_benches::distribution::Distribution;
use rkvs_benches::endpoint::{Endpoint, Handshake};
use rkvs_benches::generator::{Length, Pace, Plan};
use rkvs_benches::keyspace::{Filler, Keyspace};
use rkvs_benches::request::{Operation, Weighted, Workload};

/// Load generator for servers that speak RESP.
#[derive(Debug, Parser)]
#[command(name = "rkvs-bench", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Puts load on the server and measures it
    Run(Run),
    /// Writes every key once, fast
    Load(Load),
}

#[derive(Debug, Args)]
struct Common {
    /// Host of the server
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Port of the server
    #[arg(long, short, default_value_t = 6379)]
    port: u16,
    /// Unix socket of the server, instead of host and port
    #[arg(long, value_name = "PATH")]
    unix: Option<PathBuf>,
    /// User for AUTH
    #[arg(long, requires = "password")]
    user: Option<String>,
    /// Password for AUTH
    #[arg(long)]
    password: Option<String>,
    /// Database index
    #[arg(long, default_value_t = 0)]
    db: u32,
    /// RESP version: 2, or 3 for HELLO 3
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(2..=3))]
    resp: u8,
    /// Threads of the generator
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Cores to bind the threads to, in turn
    #[arg(long, value_delimiter = ',', value_name = "CORE")]
    pin: Vec<usize>,
    /// Number of keys
    #[arg(long, short = 'n', default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    keys: u64,
    /// What string keys start with
    #[arg(long, default_value = "key:")]
    key_prefix: String,
    /// What hash keys start with
    #[arg(long, default_value = "hash:")]
    hash_prefix: String,
    /// Length of keys in bytes; longer if prefix and digits need it
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    key_size: u32,
    /// Fields per hash
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    fields: u64,
    /// Length of values in bytes, or several with weights: 64:9,1024:1
    #[arg(long, short = 'd', default_value = "64")]
    value_size: Weighted<usize>,
    /// Seed of all chance
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Reads values back afterwards and compares them with what was written
    #[arg(long)]
    check: bool,
    /// How many keys --check reads, evenly spread
    #[arg(long, default_value_t = 100_000, requires = "check", value_parser = clap::value_parser!(u64).range(1..))]
    check_keys: u64,
    /// Seconds without any reply that count as failure
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    stall_timeout: u64,
    /// Writes the report as JSON to this file, or to standard output with `-`
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Run {
    #[command(flatten)]
    common: Common,
    /// Connections over all threads
    #[arg(long, short, default_value_t = 50)]
    connections: usize,
    /// Requests per batch
    #[arg(long, short = 'P', default_value_t = 1)]
    pipeline: usize,
    /// Requests and their weights, of get, set, hget, hset: get:9,set:1
    #[arg(long, conflicts_with = "command", default_value = "get")]
    mix: Weighted<Operation>,
    /// A command with {key}, {hash}, {field}, {value} in its words; several take turns
    #[arg(long)]
    command: Vec<String>,
    /// How requests spread over the keys: uniform, sequential, zipf:THETA, or hotset:KEYS:REQUESTS (two shares)
    #[arg(long, default_value = "uniform")]
    distribution: Distribution,
    /// Seconds to measure
    #[arg(long, short = 't', default_value_t = 10.0, value_parser = seconds)]
    duration: f64,
    /// Seconds of load before measuring
    #[arg(long, default_value_t = 1.0, value_parser = seconds)]
    warmup: f64,
    /// Sends this many requests instead of running for a time
    #[arg(long, conflicts_with_all = ["duration", "warmup"], value_parser = clap::value_parser!(u64).range(1..))]
    requests: Option<u64>,
    /// Sends so many requests per second whatever the server does (open loop)
    #[arg(long)]
    rate: Option<f64>,
    /// Unanswered batches per connection at most, with --rate
    #[arg(long, default_value_t = 16, requires = "rate")]
    in_flight: usize,
}

#[derive(Debug, Args)]
struct Load {
    #[command(flatten)]
    common: Common,
    /// Connections over all threads
    #[arg(long, short, default_value_t = 4)]
    connections: usize,
    /// Requests per batch
    #[arg(long, short = 'P', default_value_t = 128)]
    pipeline: usize,
    /// Writes this many keys with one MSET instead of one with SET; --keys must be a multiple of that for every thread
    #[arg(long, conflicts_with_all = ["ttl", "hashes"], value_parser = clap::value_parser!(u32).range(1..=10_000))]
    mset: Option<u32>,
    /// Time to live in seconds
    #[arg(long, conflicts_with = "hashes", value_parser = clap::value_parser!(u64).range(1..))]
    ttl: Option<u64>,
    /// Writes hashes with all their fields instead of strings
    #[arg(long)]
    hashes: bool,
}

/// What the command line asks for.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) plan: Plan,
    /// How many keys to read back, if any.
    pub(crate) check_keys: Option<u64>,
    /// Whether every key must be there when read back.
    pub(crate) must_be_there: bool,
    pub(crate) json: Option<PathBuf>,
}

impl Arguments {
    /// Turns words into a job; leaves the process with code 2 when they contradict each other.
    pub(crate) fn job(self) -> Job {
        match self.what {
            What::Run(run) => run.job(),
            What::Load(load) => load.job(),
        }
    }
}

impl Run {
    fn job(self) -> Job {
        let mix = if self.command.is_empty() {
            self.mix
        } else {
            Weighted(self.command.into_iter().map(|command| (Operation::Custom(command), 1)).collect())
        };
        let pace = self.rate.map_or(Pace::Closed, |rate| Pace::Open { rate, in_flight_max: self.in_flight });
        let length = match self.requests {
            Some(requests) => Length::Requests(requests),
            None => Length::Lasting {
                warm_up: Duration::from_secs_f64(self.warmup),
                measured: Duration::from_secs_f64(self.duration),
            },
        };
        let plan = self.common.plan(mix, self.distribution, self.connections, self.pipeline, pace, length);
        self.common.job(plan, false)
    }
}

impl Load {
    fn job(self) -> Job {
        let keys = self.common.keys;
        let mut requests = keys;
        let operation = match (self.mset, self.hashes) {
            (Some(mset), _) => {
                // Otherwise a thread's share of the requests would not be its share of the keys.
                let threads = self.common.threads.min(self.connections).max(1) as u64;
                if !keys.is_multiple_of(u64::from(mset) * threads) {
                    let message = format!("--keys {keys} is not a multiple of {threads} threads x --mset {mset}");
                    clap::Error::raw(clap::error::ErrorKind::ValueValidation, message + "\n").exit();
                }
                requests = keys / u64::from(mset);
                Operation::Mset { keys: mset as usize }
            }
            (None, true) => Operation::HsetAll,
            (None, false) => Operation::Set { ttl_ms: self.ttl.map(|seconds| seconds.saturating_mul(1_000)) },
        };
        let (mix, distribution) = (Weighted::one(operation), Distribution::Sequential);
        let length = Length::Requests(requests);
        let plan = self.common.plan(mix, distribution, self.connections, self.pipeline, Pace::Closed, length);
        self.common.job(plan, true)
    }
}

impl Common {
    fn plan(
        &self,
        mix: Weighted<Operation>,
        distribution: Distribution,
        connections: usize,
        pipeline: usize,
        pace: Pace,
        length: Length,
    ) -> Plan {
        let endpoint = match &self.unix {
            Some(path) => Endpoint::Unix(path.clone()),
            None => Endpoint::Tcp(self.host.clone(), self.port),
        };
        let handshake =
            Handshake { resp: self.resp, user: self.user.clone(), password: self.password.clone(), db: self.db };
        let keyspace = Keyspace {
            keys: self.keys,
            prefix: self.key_prefix.clone(),
            hash_prefix: self.hash_prefix.clone(),
            key_bytes: self.key_size as usize,
            fields: self.fields,
            filler: Filler::Pattern,
        };
        Plan {
            endpoint,
            handshake,
            workload: Workload { keyspace, mix, value_bytes: self.value_size.clone() },
            distribution,
            connections,
            threads: self.threads,
            cores: self.pin.clone(),
            pipeline,
            pace,
            length,
            seed: self.seed,
            stall_timeout: Duration::from_secs(self.stall_timeout),
        }
    }

    fn job(self, plan: Plan, must_be_there: bool) -> Job {
        Job { plan, check_keys: self.check.then_some(self.check_keys), must_be_there, json: self.json }
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=86_400.0).contains(&seconds) { Ok(seconds) } else { Err("not between 0 and 86400".to_owned()) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn job(words: &str) -> Result<Job, clap::Error> {
        Arguments::try_parse_from(["rkvs-bench"].into_iter().chain(words.split(' '))).map(Arguments::job)
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn run_means_what_it_says() {
        let job = job("run --mix get:9,set:1 -P 16 -t 2 --warmup 0 --rate 500 --distribution zipf -d 8,64 --pin 1,0")
            .unwrap();
        assert_eq!(job.plan.pace, Pace::Open { rate: 500.0, in_flight_max: 16 });
        assert_eq!(job.plan.pipeline, 16);
        assert_eq!(job.plan.workload.mix.to_string(), "get:9,set:1");
        assert_eq!(job.plan.cores, [1, 0]);
        let length = Length::Lasting { warm_up: Duration::ZERO, measured: Duration::from_secs(2) };
        assert_eq!(job.plan.length, length);
        assert!(job.check_keys.is_none() && !job.must_be_there);
    }

    #[test]
    fn load_asks_for_every_key_once() {
        let load = job("load -n 1000 --mset 10 --threads 2 --check").unwrap();
        assert_eq!(load.plan.length, Length::Requests(100));
        assert_eq!(load.plan.distribution, Distribution::Sequential);
        assert_eq!((load.check_keys, load.must_be_there), (Some(100_000), true));
        let with_ttl = job("load --ttl 60").unwrap();
        assert_eq!(with_ttl.plan.workload.mix, Weighted::one(Operation::Set { ttl_ms: Some(60_000) }));
    }

    #[test]
    fn contradictions_are_refused() {
        for words in [
            "run --requests 5 --duration 3",
            "run --in-flight 3",
            "load --mset 5 --ttl 3",
            "run --resp 4",
            "run -n 0",
            "run --mix push",
        ] {
            assert!(job(words).is_err(), "{words}");
        }
    }
}
