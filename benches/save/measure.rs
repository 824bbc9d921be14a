//! One server in one round: filled, loaded, saved, killed, started again.

use std::error::Error;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use redis_protocol::resp2::types::OwnedFrame;
use rkvs_benches::check::read_back;
use rkvs_benches::client::Client;
use rkvs_benches::distribution::Distribution;
use rkvs_benches::endpoint::Handshake;
use rkvs_benches::generator::{Generator, Length, Outcome, Pace, Plan, Timed};
use rkvs_benches::keyspace::{Filler, Keyspace};
use rkvs_benches::process::family_bytes;
use rkvs_benches::request::{Operation, Weighted, Workload};
use rkvs_benches::results::median;
use rkvs_benches::server::{Command, Server};

use crate::arguments::Arguments;
use crate::figures::{Latency, Round};

/// Connections and requests per batch while filling.
const FILL_CONNECTIONS: usize = 4;
const FILL_PIPELINE: usize = 128;
/// Requests a connection may have unanswered; far more than a server that keeps up ever sees.
const IN_FLIGHT_MAX: usize = 4_096;
/// Between two questions whether a save runs.
const POLL: Duration = Duration::from_millis(2);
/// Between two looks at memory.
const LOOK: Duration = Duration::from_millis(50);
/// Looks before a save, whose median is what the peak is compared with.
const LOOKS_BEFORE: usize = 5;
/// Longest save, longest time to load, longest silence of a server.
const PATIENCE: Duration = Duration::from_secs(600);
/// Values read back after loading.
const CHECKED_KEYS: u64 = 100_000;

/// Measures a server. `number` is the round's: it decides which keys are asked for, the same ones of all servers.
pub(crate) fn round(arguments: &Arguments, command: &Command, number: u64) -> Result<Round, Box<dyn Error>> {
    let mut server = Server::start(command, arguments.cores_of(command))?;
    let plan = plan(arguments, &server, number);
    fill(&plan, &server)?;
    expect_keys(&server, arguments.keys)?;

    let (driven, outcome) = under_load(arguments, &plan, &server)?;
    let latency = |during: &[Range<Instant>]| {
        let counts = |timed: &&Timed| during.iter().any(|range| range.contains(&timed.start));
        Latency::of(outcome.timeline.iter().filter(counts).map(|timed| timed.latency_ns))
    };
    let milliseconds = |range: &Range<Instant>| (range.end - range.start).as_secs_f64() * 1e3;

    let alone = save(&mut server.client()?, || Ok(()))?;
    let file_bytes = server.files_bytes()?;
    let load = server.crash_and_restart(PATIENCE)?;
    expect_keys(&server, arguments.keys)?;
    let check = read_back(&mut server.client()?, &plan.workload, CHECKED_KEYS)?;
    if !check.is_right(true) {
        return Err(format!("{} loaded something else: {:?}", server.name, check.differences).into());
    }
    Ok(Round {
        idle: latency(&[driven.idle]),
        saving: latency(&driven.saves),
        saves_loaded_ms: driven.saves.iter().map(milliseconds).collect(),
        save_alone_ms: milliseconds(&alone),
        memory_before_bytes: driven.memory_before_bytes,
        memory_peak_bytes: driven.memory_peak_bytes,
        memory_samples: driven.memory_samples,
        file_bytes,
        load_ms: load.as_secs_f64() * 1e3,
        lag_us_p999: outcome.lag.value_at_quantile(0.999) as f64 / 1e3,
        unsent: outcome.unsent,
    })
}

fn plan(arguments: &Arguments, server: &Server, number: u64) -> Plan {
    let keyspace = Keyspace { keys: arguments.keys, filler: Filler::HalfNoise, ..Keyspace::default() };
    Plan {
        endpoint: server.endpoint.clone(),
        handshake: Handshake::default(),
        workload: Workload {
            keyspace,
            mix: Weighted(vec![(Operation::Get, 7), (Operation::Set { ttl_ms: None }, 3)]),
            value_bytes: Weighted::one(arguments.value),
        },
        distribution: Distribution::Uniform,
        connections: arguments.connections,
        threads: arguments.generator_cores.len().max(1),
        cores: arguments.generator_cores.clone(),
        pipeline: 1,
        pace: Pace::Open { rate: arguments.rate, in_flight_max: IN_FLIGHT_MAX },
        // Ended from outside, when enough was seen.
        length: Length::Lasting {
            warm_up: Duration::from_secs_f64(arguments.warmup),
            measured: Duration::from_secs(24 * 3_600),
        },
        seed: number + 1,
        stall_timeout: PATIENCE,
    }
}

/// Writes every key once, in order.
fn fill(plan: &Plan, server: &Server) -> Result<(), Box<dyn Error>> {
    let mut plan = Plan {
        distribution: Distribution::Sequential,
        connections: FILL_CONNECTIONS,
        pipeline: FILL_PIPELINE,
        pace: Pace::Closed,
        length: Length::Requests(plan.workload.keyspace.keys),
        ..plan.clone()
    };
    plan.workload.mix = Weighted::one(Operation::Set { ttl_ms: None });
    refuse_errors(server, &Generator::connect(&plan)?.run()?)
}

/// When things happened under load.
struct Driven {
    idle: Range<Instant>,
    saves: Vec<Range<Instant>>,
    memory_before_bytes: u64,
    memory_peak_bytes: u64,
    memory_samples: usize,
}

/// Puts the load on the server and saves meanwhile.
fn under_load(arguments: &Arguments, plan: &Plan, server: &Server) -> Result<(Driven, Outcome), Box<dyn Error>> {
    let generator = Generator::connect(plan)?.with_timeline();
    let mut client = server.client()?;
    let end = AtomicBool::new(false);
    let (driven, outcome) = thread::scope(|scope| {
        let load = scope.spawn(|| generator.run_until(&end));
        let driven = drive(arguments, &mut client, server.pid);
        end.store(true, Ordering::Relaxed);
        (driven, load.join().expect("the generator does not panic"))
    });
    // Why the load failed says more than what it kept us from.
    let outcome = outcome?;
    refuse_errors(server, &outcome)?;
    if outcome.counts.misses > 0 {
        return Err(format!("{} lost keys: {} misses", server.name, outcome.counts.misses).into());
    }
    Ok((driven?, outcome))
}

fn drive(arguments: &Arguments, client: &mut Client, pid: u32) -> Result<Driven, Box<dyn Error>> {
    watch(client, Duration::from_secs_f64(arguments.warmup))?;
    let idle = watch(client, arguments.measured())?;

    let mut before = Vec::with_capacity(LOOKS_BEFORE);
    for _ in 0..LOOKS_BEFORE {
        before.push(family_bytes(pid)? as f64);
        thread::sleep(LOOK);
    }
    let (mut memory_peak_bytes, mut memory_samples, mut next_look) = (0, 0, Instant::now());
    save(client, || {
        if Instant::now() >= next_look {
            next_look = Instant::now() + LOOK;
            memory_peak_bytes = memory_peak_bytes.max(family_bytes(pid)?);
            memory_samples += 1;
        }
        Ok(())
    })?;

    let mut saves: Vec<Range<Instant>> = Vec::new();
    let mut saving = Duration::ZERO;
    while saving < arguments.measured() {
        let range = save(client, || Ok(()))?;
        saving += range.end - range.start;
        saves.push(range);
    }
    let memory_before_bytes = median(before.into_iter()) as u64;
    Ok(Driven { idle, saves, memory_before_bytes, memory_peak_bytes, memory_samples })
}

/// Lets time pass in which no save runs, asking all the same.
fn watch(client: &mut Client, length: Duration) -> Result<Range<Instant>, Box<dyn Error>> {
    let begin = Instant::now();
    while begin.elapsed() < length {
        if is_saving(client)? {
            return Err("a save runs that nobody asked for".into());
        }
        thread::sleep(POLL);
    }
    Ok(begin..Instant::now())
}

/// Saves and returns when: from the request, which is when a server that forks stands still, until it says that it is done.
fn save(
    client: &mut Client,
    mut meanwhile: impl FnMut() -> Result<(), Box<dyn Error>>,
) -> Result<Range<Instant>, Box<dyn Error>> {
    let begin = Instant::now();
    client.request(&["BGSAVE"])?;
    while is_saving(client)? {
        if begin.elapsed() > PATIENCE {
            return Err(format!("a save takes more than {PATIENCE:?}").into());
        }
        meanwhile()?;
        thread::sleep(POLL);
    }
    let end = Instant::now();
    match client.info_of("persistence", "rdb_last_bgsave_status")?.as_deref() {
        Some("ok") => Ok(begin..end),
        status => Err(format!("a save failed: {status:?}").into()),
    }
}

fn is_saving(client: &mut Client) -> Result<bool, Box<dyn Error>> {
    match client.info_of("persistence", "rdb_bgsave_in_progress")?.as_deref() {
        Some("0") => Ok(false),
        Some("1") => Ok(true),
        other => Err(format!("rdb_bgsave_in_progress is {other:?}").into()),
    }
}

fn expect_keys(server: &Server, keys: u64) -> Result<(), Box<dyn Error>> {
    match server.client()?.request(&["DBSIZE"])? {
        OwnedFrame::Integer(found) if found as u64 == keys => Ok(()),
        found => Err(format!("{} holds {found:?} keys of {keys}", server.name).into()),
    }
}

fn refuse_errors(server: &Server, outcome: &Outcome) -> Result<(), Box<dyn Error>> {
    match outcome.counts.errors.iter().next() {
        Some((text, count)) => Err(format!("{} answered {count} times: {text}", server.name).into()),
        None => Ok(()),
    }
}
