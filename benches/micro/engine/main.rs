//! What the parts of the engine cost, in process and on one thread: nanoseconds per call, the median of many runs.
//!
//! ```sh
//! cargo bench -p rkvs-benches --bench engine                    # everything: about two minutes
//! cargo bench -p rkvs-benches --bench engine -- table/ batch/   # cases whose names contain a word
//! cargo bench -p rkvs-benches --bench engine -- --quick         # a few runs of little: shows that all of it works
//! ```
//!
//! One file per part. Keys are asked for in random order, as caches see them; "per key" means that a run goes over many.

mod batch;
mod expiry;
mod hash;
mod keys;
mod library;
mod scan;
mod shard;
mod snapshot;
mod string;
mod table;

use std::io;

use rkvs_benches::timing::Timing;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> io::Result<()> {
    let timing = &mut Timing::from_arguments();
    for (part, run) in [
        ("table/", table::run as fn(&mut Timing<io::Stdout>) -> io::Result<()>),
        ("shard/", shard::run),
        ("string/", string::run),
        ("hash/", hash::run),
        ("batch/", batch::run),
        ("scan/", scan::run),
        ("expiry/", expiry::run),
        ("snapshot/", snapshot::run),
        ("library/", library::run),
    ] {
        if timing.wants(part) {
            run(timing)?;
        }
    }
    Ok(())
}
