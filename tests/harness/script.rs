//! Tables of requests and expected replies.
//!
//! A script must mean the same whatever the way it is sent, so each runs four times: over RESP2 and RESP3, one by one
//! and pipelined. Where the reference is installed it runs there too, which proves the table itself.

use crate::expect::{self, Expect};
use crate::{Protocol, Server, Value, binary, calls, line};

/// One request and what it must answer.
#[derive(Debug, Clone)]
pub struct Step {
    /// The request, quoted as `redis-cli` reads it.
    pub line: String,
    /// Its reply.
    pub expect: Expect,
}

/// One row of a table.
pub fn step(line: impl Into<String>, expect: impl Into<Expect>) -> Step {
    Step { line: line.into(), expect: expect.into() }
}

/// Runs a table on the server under test and on the reference: `script! { "SET k v" => ok(), "GET k" => bulk("v") }`.
///
/// Rows may name a request by any expression that is a string.
#[macro_export]
macro_rules! script {
    ($($line:expr => $expect:expr),+ $(,)?) => {
        $crate::script::run(&[$($crate::script::step($line, $expect)),+])
    };
}

/// [`script!`] for what the reference does not have: later versions and our own commands.
#[macro_export]
macro_rules! script_of_ours {
    ($($line:expr => $expect:expr),+ $(,)?) => {
        $crate::script::run_on_ours(&[$($crate::script::step($line, $expect)),+])
    };
}

/// Runs `steps` on the server under test, then on the reference where it is installed.
///
/// # Panics
/// At the first reply that is not the expected one.
pub fn run(steps: &[Step]) {
    run_on_ours(steps);
    // A run that only collects calls has nothing to learn from the reference.
    let collecting = std::env::var_os(calls::FILE_VARIABLE).is_some();
    if !collecting
        && !binary::rkvs_is_the_reference()
        && let Some(mut redis) = Server::redis()
    {
        run_on(&mut redis, "the reference (so the test is wrong)", steps);
    }
}

/// Runs `steps` on the server under test alone.
///
/// # Panics
/// At the first reply that is not the expected one.
pub fn run_on_ours(steps: &[Step]) {
    run_on(&mut Server::rkvs(), "the server under test", steps);
}

fn run_on(server: &mut Server, name: &str, steps: &[Step]) {
    let requests: Vec<_> = steps.iter().map(|step| line::split(&step.line)).collect();
    for protocol in [Protocol::Resp2, Protocol::Resp3] {
        for pipelined in [false, true] {
            let emptied = server.client().line("FLUSHALL");
            assert_eq!(emptied, expect::ok(), "each way starts on an empty server");
            let mut client = server.client_speaking(protocol);
            let replies: Vec<Value> = if pipelined {
                client.pipeline(&requests)
            } else {
                requests.iter().map(|request| client.cmd(request)).collect()
            };
            for (i, (step, reply)) in steps.iter().zip(&replies).enumerate() {
                let way = if pipelined { "pipelined" } else { "one by one" };
                assert!(
                    step.expect.accepts(reply, protocol),
                    "row {}: {}\n  expected {:?}\n  answered {reply:?}\n  over {protocol:?}, {way}, on {name}",
                    i + 1,
                    step.line,
                    step.expect,
                );
            }
        }
    }
    server.assert_serving();
}
