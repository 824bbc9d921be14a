//! CPU per command and throughput, in interleaved rounds.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use redis_protocol::resp2::types::OwnedFrame;
use rkvs_benches::distribution::Distribution;
use rkvs_benches::endpoint::Handshake;
use rkvs_benches::generator::{Generator, Length, Outcome, Pace, Plan};
use rkvs_benches::keyspace::Keyspace;
use rkvs_benches::process::{cpu_time, resident_bytes};
use rkvs_benches::request::{Operation, Weighted, Workload};
use rkvs_benches::results::Results;
use rkvs_benches::server::Server;

use crate::arguments::{CellOperation, Preset, Speed};
use crate::results::{Round, SpeedCell, SpeedFigures};
use crate::servers::Source;
use crate::{say, table};

/// Requests per batch, and connections, while loading.
const LOAD_PIPELINE: usize = 128;
const LOAD_CONNECTIONS: usize = 4;
/// Fields of every hash in the data set.
const FIELDS: u64 = 16;
/// What an entry takes beyond its value in the least thrifty server known, key included.
const ENTRY_BYTES: u64 = 150;
/// How long the load may go unanswered.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);

/// The cells of a run.
#[derive(Clone, Debug)]
struct Matrix {
    keys: Vec<u64>,
    value_sizes: Vec<usize>,
    pipelines: Vec<usize>,
    operations: Vec<CellOperation>,
}

impl Matrix {
    fn of(speed: &Speed) -> Self {
        let (keys, value_sizes): (&[u64], &[usize]) = match speed.preset {
            Preset::Quick => (&[2_000_000], &[64]),
            Preset::Peers => (&[1_000_000, 10_000_000], &[8, 64, 1_024]),
        };
        fn or<T: Clone>(given: &[T], preset: &[T]) -> Vec<T> {
            if given.is_empty() { preset.to_vec() } else { given.to_vec() }
        }
        Self {
            keys: or(&speed.keys, keys),
            value_sizes: or(&speed.value_sizes, value_sizes),
            pipelines: or(&speed.pipelines, &[1, 16, 64]),
            operations: or(&speed.operations, &[CellOperation::Get, CellOperation::Set]),
        }
    }

    fn data_sets(&self) -> impl Iterator<Item = (u64, usize)> {
        self.keys.iter().flat_map(|&keys| self.value_sizes.iter().map(move |&value_bytes| (keys, value_bytes)))
    }

    fn cells(&self) -> impl Iterator<Item = (CellOperation, usize)> {
        self.operations.iter().flat_map(|&operation| self.pipelines.iter().map(move |&pipeline| (operation, pipeline)))
    }
}

/// Runs all cells and writes the results.
pub(crate) fn run(speed: &Speed) -> Result<(), Box<dyn Error>> {
    let begin = Instant::now();
    let time_max = Duration::from_secs_f64(speed.output.minutes_max * 60.0);
    let matrix = Matrix::of(speed);
    let sources = speed.servers.sources(&speed.attach)?;
    let notes = sources.iter().map(Source::note).collect::<Result<_, _>>()?;
    let json = speed.output.json.as_deref();
    let mut results = Results::begin("compare", setup(speed), notes, json.filter(|_| speed.output.resume))?;

    'data_sets: for (keys, value_bytes) in matrix.data_sets() {
        let is_done = |results: &Results<SpeedCell>, operation: CellOperation, pipeline: usize| {
            results.cells.iter().any(|cell| {
                (cell.keys, cell.value_bytes, &*cell.operation, cell.pipeline)
                    == (keys, value_bytes, operation.name(), pipeline)
            })
        };
        if matrix.cells().all(|(operation, pipeline)| is_done(&results, operation, pipeline)) {
            continue;
        }
        let needed_bytes = keys * (value_bytes as u64 + ENTRY_BYTES) * sources.len() as u64;
        let available_bytes = available_bytes()?;
        if needed_bytes > available_bytes / 10 * 9 {
            let gib = |bytes: u64| bytes as f64 / (1u64 << 30) as f64;
            let note = format!(
                "{keys} keys of {value_bytes} B (about {:.1} GiB for all servers, {:.1} free)",
                gib(needed_bytes),
                gib(available_bytes)
            );
            say(&format!("left out: {note}"));
            results.skipped.push(note);
            continue;
        }
        let servers = open(&sources)?;
        load(speed, &matrix, &servers, keys, value_bytes)?;
        for (operation, pipeline) in matrix.cells() {
            if is_done(&results, operation, pipeline) {
                continue;
            }
            if begin.elapsed() > time_max {
                results.skipped.push(format!("what did not fit in {} minutes", speed.output.minutes_max));
                break 'data_sets;
            }
            let cell = Cell { speed, keys, value_bytes, operation, pipeline };
            results.cells.push(cell.measure(&servers)?);
            results.save(json)?;
        }
    }
    results.save(json)?;
    let text = table::speed(&results);
    if let Some(path) = &speed.output.markdown {
        fs::write(path, &text)?;
    }
    write!(io::stdout(), "{text}")?;
    Ok(())
}

fn setup(speed: &Speed) -> String {
    format!(
        "{} rounds of {} s per server after {} s of warm-up; {} connections, {} generator thread(s) on cores {:?}, keys of 16 B, {}.",
        speed.rounds,
        speed.cell_seconds,
        speed.warmup,
        speed.connections,
        speed.threads,
        speed.servers.generator_cores,
        speed.distribution,
    )
}

fn open(sources: &[Source]) -> Result<Vec<Server>, Box<dyn Error>> {
    sources.iter().map(Source::open).collect()
}

/// Fills every server with the same data and makes sure it is there.
fn load(
    speed: &Speed,
    matrix: &Matrix,
    servers: &[Server],
    keys: u64,
    value_bytes: usize,
) -> Result<(), Box<dyn Error>> {
    let needs = |hashes: bool| matrix.operations.iter().any(|operation| operation.is_hash() == hashes);
    for server in servers {
        let mut expected = 0;
        for is_hash in [false, true] {
            if !needs(is_hash) {
                continue;
            }
            let keyspace = keyspace(keys, is_hash);
            expected += keyspace.keys;
            let operation = if is_hash { Operation::HsetAll } else { Operation::Set { ttl_ms: None } };
            let plan = Plan {
                distribution: Distribution::Sequential,
                connections: LOAD_CONNECTIONS,
                pipeline: if is_hash { LOAD_PIPELINE / FIELDS as usize } else { LOAD_PIPELINE },
                length: Length::Requests(keyspace.keys),
                ..plan(speed, server, operation, keyspace, value_bytes)
            };
            let outcome = Generator::connect(&plan)?.run()?;
            refuse_errors(server, &outcome)?;
        }
        let found = match server.client()?.request(&["DBSIZE"])? {
            OwnedFrame::Integer(found) => found as u64,
            other => return Err(format!("{}: DBSIZE answered {other:?}", server.name).into()),
        };
        // A server found running may hold more.
        if found < expected {
            return Err(format!("{} holds {found} keys of {expected}", server.name).into());
        }
        let resident_mib = resident_bytes(server.pid)? >> 20;
        say(&format!("{}: {found} keys with values of {value_bytes} B, {resident_mib} MiB", server.name));
    }
    Ok(())
}

fn keyspace(keys: u64, is_hash: bool) -> Keyspace {
    let keys = if is_hash { keys.div_ceil(FIELDS) } else { keys };
    Keyspace { keys, fields: FIELDS, ..Keyspace::default() }
}

fn plan(speed: &Speed, server: &Server, operation: Operation, keyspace: Keyspace, value_bytes: usize) -> Plan {
    Plan {
        endpoint: server.endpoint.clone(),
        handshake: Handshake::default(),
        workload: Workload { keyspace, mix: Weighted::one(operation), value_bytes: Weighted::one(value_bytes) },
        distribution: speed.distribution,
        connections: speed.connections,
        threads: speed.threads,
        cores: speed.servers.generator_cores.clone(),
        pipeline: 1,
        pace: Pace::Closed,
        length: Length::Requests(0),
        seed: 1,
        stall_timeout: STALL_TIMEOUT,
    }
}

fn refuse_errors(server: &Server, outcome: &Outcome) -> Result<(), Box<dyn Error>> {
    match outcome.counts.errors.iter().next() {
        Some((text, count)) => Err(format!("{} answered {count} times: {text}", server.name).into()),
        None => Ok(()),
    }
}

/// One thing to measure.
struct Cell<'a> {
    speed: &'a Speed,
    keys: u64,
    value_bytes: usize,
    operation: CellOperation,
    pipeline: usize,
}

impl Cell<'_> {
    fn measure(&self, servers: &[Server]) -> Result<SpeedCell, Box<dyn Error>> {
        let mut rounds = vec![Vec::new(); servers.len()];
        for number in 0..self.speed.rounds {
            for (server, rounds) in servers.iter().zip(&mut rounds) {
                rounds.push(self.round(server, u64::from(number))?);
            }
        }
        let baseline = rounds[0].clone();
        let figures = |(server, rounds): (&Server, Vec<Round>)| SpeedFigures::new(&server.name, rounds, &baseline);
        let servers: Vec<SpeedFigures> = servers.iter().zip(rounds).map(figures).collect();
        let mut line =
            format!("{} keys, {} B, {} x {}:", self.keys, self.value_bytes, self.operation.name(), self.pipeline);
        for figures in &servers {
            let SpeedFigures { name, cpu_ns, rate, cpu_ratio, .. } = figures;
            line += &format!("  {name} {:.2} µs {:.0} k/s ({:.2}x)", cpu_ns / 1e3, rate / 1e3, cpu_ratio.of_medians);
        }
        say(&line);
        Ok(SpeedCell {
            keys: self.keys,
            value_bytes: self.value_bytes,
            operation: self.operation.name().to_owned(),
            pipeline: self.pipeline,
            servers,
        })
    }

    fn round(&self, server: &Server, number: u64) -> Result<Round, Box<dyn Error>> {
        let speed = self.speed;
        let operation = match self.operation {
            CellOperation::Get => Operation::Get,
            CellOperation::Set => Operation::Set { ttl_ms: None },
            CellOperation::Hget => Operation::Hget,
            CellOperation::Hset => Operation::Hset,
        };
        let plan = Plan {
            pipeline: self.pipeline,
            length: Length::Lasting {
                warm_up: Duration::from_secs_f64(speed.warmup),
                measured: Duration::from_secs_f64(speed.cell_seconds),
            },
            // Another seed each round, the same one for all servers.
            seed: number + 1,
            ..plan(speed, server, operation, keyspace(self.keys, self.operation.is_hash()), self.value_bytes)
        };
        let generator = Generator::connect(&plan)?;
        let cpu_before = cpu_time(server.pid)?;
        let outcome = generator.run()?;
        let cpu = cpu_time(server.pid)?.since(cpu_before);
        refuse_errors(server, &outcome)?;
        if outcome.counts.misses > 0 {
            return Err(format!("{} lost keys: {} misses", server.name, outcome.counts.misses).into());
        }
        Ok(Round {
            cpu_ns: cpu.as_nanos() as f64 / outcome.replies.max(1) as f64,
            rate: outcome.rate(),
            p50_us: outcome.latency.value_at_quantile(0.5) as f64 / 1e3,
            p99_us: outcome.latency.value_at_quantile(0.99) as f64 / 1e3,
            generator_busy: outcome.busiest_thread,
        })
    }
}

/// Reads how much memory is free for the taking.
fn available_bytes() -> io::Result<u64> {
    let text = fs::read_to_string("/proc/meminfo")?;
    let kib = |line: &str| line.strip_prefix("MemAvailable:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok();
    let kib = text.lines().find_map(kib);
    kib.map(|kib| kib * 1024).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no MemAvailable in meminfo"))
}
