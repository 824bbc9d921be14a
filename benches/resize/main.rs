//! Resizes a namespace of a running server under load, and checks that nothing is missed or lost.
//!
//! The keys of `DEBUG POPULATE` are read and must be there. Each client also writes keys of its own, one request after
//! the other; what was acknowledged must be read back, at random meanwhile and all of it in the end. Latencies, throughput and
//! memory are told for each resize, and for some seconds before the first and after the last.

#![allow(clippy::print_stdout, reason = "results go there")]

use std::collections::HashMap;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use hdrhistogram::Histogram;
use redis_protocol::resp2::types::OwnedFrame;
use rkvs_benches::client::Client;
use rkvs_benches::endpoint::{Endpoint, Handshake};
use rkvs_benches::process::resident_bytes;
use rkvs_benches::random::Random;

#[derive(Debug, Parser)]
#[command(about = "Resizes a namespace under load and checks that nothing is missed or lost")]
struct Arguments {
    /// Port of a server that was started with `--enable-debug-command yes`.
    #[arg(long, default_value_t = 6379)]
    port: u16,
    /// Keys there are beside those that clients write.
    #[arg(long, default_value_t = 10_000_000)]
    keys: u64,
    /// Connections, each with a thread.
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// Numbers of shards, one after another; `cancel:16` is cancelled halfway.
    #[arg(long, value_delimiter = ',', default_value = "16,64,cancel:16,8")]
    steps: Vec<String>,
    /// Seconds of load before the first and after the last.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

/// Keys that each client writes.
const OWN_KEYS: u64 = 50_000;
/// Keys made by one request, which is answered soon enough then.
const POPULATE_MAX: u64 = 1_000_000;
/// Time between two looks at a resize.
const LOOK: Duration = Duration::from_millis(20);

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let endpoint = Endpoint::Tcp("127.0.0.1".into(), arguments.port);
    let mut client = Client::connect(&endpoint, &Handshake::default())?;
    let pid = client.info("process_id")?.and_then(|pid| pid.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    for first in (0..arguments.keys).step_by(POPULATE_MAX as usize) {
        let count = POPULATE_MAX.min(arguments.keys - first).to_string();
        client.request(&["DEBUG", "POPULATE", &count, &prefix(first)])?;
    }
    let latencies: Vec<_> = (0..arguments.clients).map(|_| Mutex::new(nanoseconds())).collect();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let run = |(number, latencies)| {
            let (endpoint, stop, keys) = (&endpoint, &stop, arguments.keys);
            scope.spawn(move || serve(endpoint, number, keys, latencies, stop))
        };
        let clients: Vec<_> = latencies.iter().enumerate().map(run).collect();
        let driven = drive(&mut client, &arguments, pid, &latencies);
        stop.store(true, Ordering::Relaxed);
        let (mut read, mut written) = (0, 0);
        for client in clients {
            let (there, kept) = client.join().expect("a client found what must not be")?;
            read += there;
            written += kept;
        }
        println!("{read} reads of keys that were there, none missed; {written} keys written, none lost");
        driven
    })
}

/// What the name of a key begins with.
fn prefix(key: u64) -> String {
    format!("key{}", key / POPULATE_MAX)
}

/// Does the steps and tells what they cost.
fn drive(client: &mut Client, arguments: &Arguments, pid: u32, latencies: &[Mutex<Histogram<u64>>]) -> io::Result<()> {
    println!(
        "| shards | seconds | requests/s | p50 µs | p99 µs | p99.9 µs | max µs | resident MB |\n|---|---|---|---|---|---|---|---|"
    );
    let steps = ["before"].into_iter().chain(arguments.steps.iter().map(String::as_str)).chain(["after"]);
    for step in steps {
        take(latencies);
        let (began, mut resident) = (Instant::now(), 0);
        let shards = step.strip_prefix("cancel:").unwrap_or(step);
        let is_resize = shards.parse::<usize>().is_ok();
        let mut to_cancel = shards != step;
        if is_resize {
            client.request(&["NAMESPACE", "RESIZE", "0", shards])?;
        }
        loop {
            resident = resident.max(resident_bytes(pid)?);
            let status = status(client)?;
            let has_ended = began.elapsed() >= Duration::from_secs(arguments.seconds);
            if if is_resize { status["state"] == "none" } else { has_ended } {
                break;
            }
            if to_cancel && status["progress"].parse().is_ok_and(|progress: f64| progress > 0.5) {
                client.request(&["NAMESPACE", "RESIZE", "0", "CANCEL"])?;
                to_cancel = false;
            }
            thread::sleep(LOOK);
        }
        let seconds = began.elapsed().as_secs_f64();
        let taken = take(latencies);
        let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|quantile| taken.value_at_quantile(quantile) / 1_000);
        let (rate, max) = (taken.len() as f64 / seconds, taken.max() / 1_000);
        println!("| {step} | {seconds:.2} | {rate:.0} | {p50} | {p99} | {p999} | {max} | {} |", resident >> 20);
    }
    Ok(())
}

/// Takes what was measured since the last time.
fn take(latencies: &[Mutex<Histogram<u64>>]) -> Histogram<u64> {
    let mut sum = nanoseconds();
    for latencies in latencies {
        let taken = std::mem::replace(&mut *latencies.lock().expect("no client fails"), nanoseconds());
        sum.add(taken).expect("both have one shape");
    }
    sum
}

fn nanoseconds() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("the bounds are in order")
}

fn status(client: &mut Client) -> io::Result<HashMap<String, String>> {
    let OwnedFrame::Array(facts) = client.request(&["NAMESPACE", "RESIZE", "0", "STATUS"])? else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let text = |frame: &OwnedFrame| match frame {
        OwnedFrame::Integer(number) => number.to_string(),
        OwnedFrame::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    };
    Ok(facts.chunks_exact(2).map(|pair| (text(&pair[0]), text(&pair[1]))).collect())
}

/// One client; returns how many keys it read that must be there, and how many of its own it read back in the end.
fn serve(
    endpoint: &Endpoint,
    number: usize,
    keys: u64,
    latencies: &Mutex<Histogram<u64>>,
    stop: &AtomicBool,
) -> io::Result<(u64, usize)> {
    let mut client = Client::connect(endpoint, &Handshake::default())?;
    let mut random = Random::new(number as u64);
    let mut written: HashMap<u64, u64> = HashMap::new();
    let own_name = |own: u64| format!("own:{number}:{own}");
    let mut there = 0;
    while !stop.load(Ordering::Relaxed) {
        let own = random.below(OWN_KEYS);
        let (began, choice) = (Instant::now(), random.below(4));
        match choice {
            0 => {
                let value = random.next_u64();
                client.request(&["SET", &own_name(own), &value.to_string()])?;
                written.insert(own, value);
            }
            1 => check(&mut client, &own_name(own), written.get(&own).map(u64::to_string))?,
            _ => {
                let key = random.below(keys);
                let number = key % POPULATE_MAX;
                check(&mut client, &format!("{}:{number}", prefix(key)), Some(format!("value:{number}")))?;
                there += 1;
            }
        }
        latencies.lock().expect("nobody fails").saturating_record(began.elapsed().as_nanos() as u64);
    }
    for (own, value) in &written {
        check(&mut client, &own_name(*own), Some(value.to_string()))?;
    }
    Ok((there, written.len()))
}

/// Reads a key and compares it with what it must be.
fn check(client: &mut Client, name: &str, expected: Option<String>) -> io::Result<()> {
    let found = match client.request(&["GET", name])? {
        OwnedFrame::BulkString(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        _ => None,
    };
    assert_eq!(found, expected, "{name}");
    Ok(())
}
