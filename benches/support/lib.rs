//! What the benchmarks share.
//!
//! - What is asked: [`distribution`] (which keys), [`keyspace`] (how keys and values look), [`request`] (prebuilt batches).
//! - How it is asked: [`endpoint`] (sockets and the handshake), [`generator`] (many connections, closed or open loop),
//!   [`client`] (a few questions, one after the other).
//! - What came back: [`scanner`] (counts replies), [`check`] (reads values back), [`report`] (latencies and rates).
//! - What a piece of code costs in process: [`timing`].
//! - What it cost: [`process`] (pinning, CPU time and memory of a server), [`machine`] (where it was measured).
//! - Who is measured: [`server`] (processes under test); side by side: [`results`].
//!
//! The programs on top: `rkvs-bench` in `load/` puts load on one server, `compare` in `compare/` puts the same load on
//! several in turns, `save` in `save/` has several save and load in turns, `resize` in `resize/` changes the number of shards
//! under load, `micro/` times the engine in process. `results/` keeps what they found, dated, with the setup.

pub mod check;
pub mod client;
pub mod distribution;
pub mod endpoint;
pub mod generator;
pub mod keyspace;
pub mod machine;
pub mod process;
pub mod random;
pub mod report;
pub mod request;
pub mod results;
pub mod scanner;
pub mod server;
pub mod timing;
