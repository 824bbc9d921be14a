//! `BATCH HELP`

use rkvs_tests::{expect::*, script_of_ours};

#[test]
fn lists_the_subcommands() {
    script_of_ours! {
        "BATCH HELP" => satisfies("lines, HELP last", |reply| {
            let lines: Vec<_> = reply.items().unwrap_or_default().iter().filter_map(|line| line.text()).collect();
            let names = |word: &str| lines.iter().any(|line| line.split(' ').next() == Some(word));
            ["CONSUME", "DEL", "GET", "SET", "UPDATE"].into_iter().all(names) && lines[lines.len() - 2] == "HELP"
        }),
        "BATCH HELP x" => wrong_arity("batch|help"),
    }
}
