//! Time per request read and per reply written, beside `redis-protocol` doing the same.
//!
//! ```sh
//! cargo bench -p rkvs-benches --bench resp
//! ```
//! Prints nanoseconds: the shortest of many short runs, which is what the code costs when nobody disturbs it.

use std::hint::black_box;
use std::io::{self, Write};
use std::time::Instant;

use rkvs_server::resp::{Decoded, Decoder, Limits, Output, Protocol, Reply, add_long_double};

/// Requests of one pipeline.
const DEPTH: usize = 64;
/// Pipelines of one timed run.
const PIPELINES: usize = 20;
/// Timed runs, of which the shortest counts.
const RUNS: usize = 2000;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let value = "x".repeat(64);
    let requests: [(&str, Vec<&str>); 3] =
        [("PING", vec![]), ("GET", vec!["key:000000001234"]), ("SET", vec!["key:000000001234", &value])];
    for (name, args) in &requests {
        let pipeline = encode(name, args).repeat(DEPTH);
        let limits = black_box(Limits::default());
        let (mut decoder, mut ranges) = (Decoder::default(), Vec::new());
        let ours = shortest_ns(|| {
            let mut rest = &pipeline[..];
            while let Ok(Decoded::Request { consumed }) = decoder.next(rest, &limits, &mut ranges) {
                black_box(&ranges);
                rest = &rest[consumed..];
            }
            assert!(rest.is_empty());
        });
        let theirs = shortest_ns(|| {
            let mut rest = &pipeline[..];
            while let Ok(Some((frame, consumed))) = redis_protocol::resp2::decode::decode_range(rest) {
                black_box(frame);
                rest = &rest[consumed..];
            }
            assert!(rest.is_empty());
        });
        writeln!(out, "read {name:<22} {ours:>7.1} ns   redis-protocol {theirs:>7.1} ns")?;
    }

    let mut output = Output::new();
    let mut write = |label: &str, reply: &dyn Fn(&mut Reply<'_>)| {
        let ns = shortest_ns(|| {
            for _ in 0..DEPTH {
                reply(&mut Reply::new(&mut output, Protocol::Resp2));
            }
            let len = output.len_bytes();
            output.advance(len);
        });
        writeln!(out, "write {label:<21} {ns:>7.1} ns")
    };
    write("+OK", &|reply| reply.ok())?;
    write("integer of 5 digits", &|reply| reply.integer(black_box(12345)))?;
    write("bulk of 8 bytes", &|reply| reply.bulk(black_box(&value.as_bytes()[..8])))?;
    write("bulk of 64 bytes", &|reply| reply.bulk(black_box(value.as_bytes())))?;

    let sum = shortest_ns(|| {
        for _ in 0..DEPTH {
            black_box(add_long_double(black_box(b"10.61"), black_box(b"0.1")).ok());
        }
    });
    writeln!(out, "add 10.61 + 0.1            {sum:>7.1} ns")
}

/// Times `pipeline`, which handles [`DEPTH`] requests, and tells the nanoseconds per request of the fastest run.
fn shortest_ns(mut pipeline: impl FnMut()) -> f64 {
    let mut shortest = f64::INFINITY;
    for _ in 0..RUNS {
        let start = Instant::now();
        for _ in 0..PIPELINES {
            pipeline();
        }
        shortest = shortest.min(start.elapsed().as_nanos() as f64 / (PIPELINES * DEPTH) as f64);
    }
    shortest
}

fn encode(name: &str, args: &[&str]) -> Vec<u8> {
    let mut request = format!("*{}\r\n", args.len() + 1);
    for arg in [name].iter().chain(args) {
        request += &format!("${}\r\n{arg}\r\n", arg.len());
    }
    request.into_bytes()
}
