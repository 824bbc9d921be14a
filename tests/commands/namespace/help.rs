//! `NAMESPACE HELP`

use rkvs_tests::{expect::*, script_of_ours};

#[test]
fn lists_the_subcommands() {
    script_of_ours! {
        "NAMESPACE HELP" => satisfies("lines, HELP last", |reply| {
            let lines: Vec<_> = reply.items().unwrap_or_default().iter().filter_map(|line| line.text()).collect();
            let names = |word: &str| lines.iter().any(|line| line.split(' ').next() == Some(word));
            lines[0].starts_with("NAMESPACE <subcommand>")
                && ["CREATE", "DELETE", "USE", "INFO", "SHARDS", "CONFIG", "LIST", "RESIZE"].into_iter().all(names)
                && lines[lines.len() - 2] == "HELP"
        }),
        "NAMESPACE HELP x" => wrong_arity("namespace|help"),
    }
}
