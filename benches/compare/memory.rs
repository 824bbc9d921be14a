//! Bytes per entry, of fresh processes.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use rkvs_benches::distribution::Distribution;
use rkvs_benches::endpoint::Handshake;
use rkvs_benches::generator::{Length, Pace, Plan, run as run_load};
use rkvs_benches::keyspace::Keyspace;
use rkvs_benches::process::resident_bytes;
use rkvs_benches::request::{Operation, Weighted, Workload};
use rkvs_benches::results::Results;
use rkvs_benches::server::Server;

use crate::arguments::Memory;
use crate::results::MemoryCell;
use crate::servers::Source;
use crate::{say, table};

/// Resident memory counts as settled when it stays within a thousandth for this long.
const SETTLED: Duration = Duration::from_millis(500);
/// Longest wait for that.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(10);

/// Measures all sizes and writes the results.
pub(crate) fn run(memory: &Memory) -> Result<(), Box<dyn Error>> {
    let begin = Instant::now();
    let time_max = Duration::from_secs_f64(memory.output.minutes_max * 60.0);
    let sources = memory.servers.sources(&[])?;
    let notes = sources.iter().map(Source::note).collect::<Result<_, _>>()?;
    let setup = "A fresh process per cell, keys of 16 B, written once in order.".to_owned();
    let json = memory.output.json.as_deref();
    let mut results = Results::begin("compare", setup, notes, json.filter(|_| memory.output.resume))?;

    let sizes = memory.keys.iter().flat_map(|&keys| {
        let values = move |&ttl: &u64| memory.value_sizes.iter().map(move |&value_bytes| (keys, ttl, value_bytes));
        memory.ttls.iter().flat_map(values)
    });
    'sizes: for (keys, ttl_seconds, value_bytes) in sizes {
        for source in &sources {
            let is_done = results.cells.iter().any(|cell: &MemoryCell| {
                (cell.keys, cell.ttl_seconds, cell.value_bytes, &*cell.server)
                    == (keys, ttl_seconds, value_bytes, source.name())
            });
            if is_done {
                continue;
            }
            if begin.elapsed() > time_max {
                results.skipped.push(format!("what did not fit in {} minutes", memory.output.minutes_max));
                break 'sizes;
            }
            let cell = measure(memory, &source.open()?, keys, ttl_seconds, value_bytes)?;
            say(&format!(
                "{}: {keys} keys, {value_bytes} B, ttl {ttl_seconds}: {:.1} B resident, {:.1?} B used",
                cell.server,
                cell.resident_per_entry(),
                cell.used_per_entry(),
            ));
            results.cells.push(cell);
            results.save(json)?;
        }
    }
    results.save(json)?;
    let text = table::memory(&results);
    if let Some(path) = &memory.output.markdown {
        fs::write(path, &text)?;
    }
    write!(io::stdout(), "{text}")?;
    Ok(())
}

fn measure(
    memory: &Memory,
    server: &Server,
    keys: u64,
    ttl_seconds: u64,
    value_bytes: usize,
) -> Result<MemoryCell, Box<dyn Error>> {
    let ttl_ms = (ttl_seconds > 0).then(|| ttl_seconds.saturating_mul(1_000));
    let keyspace = Keyspace { keys, ..Keyspace::default() };
    let plan = Plan {
        endpoint: server.endpoint.clone(),
        handshake: Handshake::default(),
        workload: Workload {
            keyspace: keyspace.clone(),
            mix: Weighted::one(Operation::Set { ttl_ms }),
            value_bytes: Weighted::one(value_bytes),
        },
        distribution: Distribution::Sequential,
        // Few connections: their buffers are not what is measured.
        connections: 2,
        threads: 1,
        cores: memory.servers.generator_cores.clone(),
        pipeline: 64,
        pace: Pace::Closed,
        length: Length::Requests(keys),
        seed: 1,
        stall_timeout: Duration::from_secs(60),
    };
    let used = || -> Result<Option<u64>, Box<dyn Error>> {
        Ok(server.client()?.info("used_memory").ok().flatten().and_then(|bytes| bytes.parse().ok()))
    };
    let (resident_before, used_before) = (settled_resident_bytes(server)?, used()?);
    let outcome = run_load(&plan)?;
    if let Some((text, count)) = outcome.counts.errors.iter().next() {
        return Err(format!("{} answered {count} times: {text}", server.name).into());
    }
    Ok(MemoryCell {
        server: server.name.clone(),
        keys,
        key_bytes: keyspace.key(0).len(),
        value_bytes,
        ttl_seconds,
        resident_before,
        resident_after: settled_resident_bytes(server)?,
        used_before,
        used_after: used()?,
    })
}

/// Waits until resident memory stays where it is: rehashing and freeing go on for a while after the last reply.
fn settled_resident_bytes(server: &Server) -> Result<u64, Box<dyn Error>> {
    let begin = Instant::now();
    let mut bytes = resident_bytes(server.pid)?;
    let mut since = begin;
    while since.elapsed() < SETTLED && begin.elapsed() < SETTLE_TIMEOUT {
        std::thread::sleep(Duration::from_millis(50));
        let now = resident_bytes(server.pid)?;
        if now.abs_diff(bytes) > bytes / 1_000 {
            (bytes, since) = (now, Instant::now());
        }
    }
    Ok(bytes)
}
