//! The same requests to the server under test and to the reference, replies compared byte for byte.
//!
//! [`grammar`] writes random sequences from a seed, [`pair`] sends each to both servers, [`rules`] says where bytes may
//! differ because chance, time or order decide them, [`differences`] lists what differs on purpose, [`shrink`] cuts a
//! failing sequence down to what it takes. [`command_table`] compares what COMMAND says.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `RKVS_DIFFERENTIAL_COMMANDS` | commands to send to each server | 150,000 |
//! | `RKVS_DIFFERENTIAL_ONLY` | commands to draw from, as `GET,SET,HSET` | all |
//! | `RKVS_DIFFERENTIAL_SEED` | seed of the first sequence; each further one takes the next number | 1 |

mod command_table;
mod differences;
mod grammar;
mod pair;
mod random;
mod rules;
mod shrink;

use std::collections::BTreeMap;
use std::time::Instant;

use rkvs_tests::{Server, binary, skip};

use pair::{Failure, Pair};

/// Distinct failures that end a run: more would only repeat what these say.
const FAILURES_MAX: usize = 20;

#[test]
fn random_sequences_get_the_same_replies() {
    let Some(mut pair) = Pair::start("differential::random_sequences_get_the_same_replies") else {
        return;
    };
    let commands_wanted = number("RKVS_DIFFERENTIAL_COMMANDS", 150_000);
    let first_seed = number("RKVS_DIFFERENTIAL_SEED", 1);

    let started = Instant::now();
    let mut commands = 0;
    let mut seed = first_seed;
    let mut reports: BTreeMap<String, String> = BTreeMap::new();
    while commands < commands_wanted && reports.len() < FAILURES_MAX {
        let sequence = grammar::sequence(seed);
        commands += sequence.steps.len() as u64;
        if let Err(failure) = pair.run(&sequence) {
            // One report for each command that fails, shrunk once.
            if let std::collections::btree_map::Entry::Vacant(slot) = reports.entry(failure.title(&sequence)) {
                slot.insert(report(&mut pair, seed, sequence, failure));
            }
        }
        seed += 1;
    }
    skip::note(&format!(
        "differential: {commands} commands in {} sequences (seeds {first_seed} to {}), {:.1} s, {} different",
        seed - first_seed,
        seed - 1,
        started.elapsed().as_secs_f64(),
        reports.len(),
    ));
    let reports: Vec<_> = reports.into_values().collect();
    assert!(reports.is_empty(), "{} commands differ\n\n{}", reports.len(), reports.join("\n"));
}

fn report(pair: &mut Pair, seed: u64, sequence: grammar::Sequence, failure: Failure) -> String {
    let (sequence, failure) = shrink::shrink(pair, sequence, failure);
    format!(
        "RKVS_DIFFERENTIAL_SEED={seed} RKVS_DIFFERENTIAL_COMMANDS=1, shrunk to:\n{sequence}{failure}",
        sequence = sequence.listing(failure.step),
    )
}

fn number(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is a number, not {text:?}")),
        Err(_) => default,
    }
}

/// Each listed difference shows in its own example: a list that outlives its reasons hides new faults.
#[test]
fn listed_differences_still_differ() {
    let Some(mut pair) = Pair::start("differential::listed_differences_still_differ") else {
        return;
    };
    if binary::rkvs_is_the_reference() {
        return skip::skipped(
            "differential::listed_differences_still_differ",
            "the reference does not differ from itself",
        );
    }
    for difference in differences::ALL {
        let sequence = grammar::Sequence::of_lines(difference.example);
        let last = sequence.steps.len() - 1;
        let (ours, theirs) = pair.replies(&sequence);
        let args = &sequence.steps[last].args;
        assert!(
            !rules::agree(args, &ours[last], &theirs[last]),
            "no longer different, so take it off the list: {} ({})",
            difference.example.join("; "),
            difference.reason,
        );
        assert!(
            (difference.covers)(args, &ours[last], &theirs[last]),
            "differs in another way than listed: {} ({})\n  ours      {:?}\n  reference {:?}",
            difference.example.join("; "),
            difference.reason,
            ours[last],
            theirs[last],
        );
    }
}

/// The sentences of HELP are our own, the lines of syntax are not.
#[test]
fn help_shows_the_syntax_of_the_reference() {
    const NAME: &str = "differential::help_shows_the_syntax_of_the_reference";
    // Since 7.2, and one that the reference has and does not tell of.
    const OURS: &[&str] = &["NO-TOUCH (ON|OFF)", "SETINFO <option> <value>", "STRINGMATCH-LEN <len> <pattern>"];
    let Some(redis) = Server::redis_or_skip(NAME, &[]) else { return };
    let rkvs = Server::rkvs();
    let (mut ours, mut theirs) = (rkvs.client(), redis.client());
    for container in ["CLIENT", "COMMAND", "CONFIG", "DEBUG", "LATENCY", "MEMORY", "OBJECT", "SLOWLOG"] {
        let syntax = |client: &mut rkvs_tests::Client| -> Vec<String> {
            let reply = client.line(&format!("{container} HELP"));
            let lines = reply.items().expect("lines").into_iter().map(|line| line.text().expect("a text"));
            lines.filter(|line| !line.starts_with("    ")).collect()
        };
        let theirs = syntax(&mut theirs);
        for line in syntax(&mut ours) {
            assert!(
                theirs.contains(&line) || OURS.contains(&line.as_str()),
                "{container}: {line:?} is not among {theirs:#?}"
            );
        }
    }
}
