//! `LATENCY [DOCTOR | HELP | HISTOGRAM | HISTORY | LATEST | RESET]`

use super::prose;
use rkvs_tests::{Value, expect::*, script};

#[test]
fn a_monitor_that_is_off_has_seen_nothing() {
    script! {
        "LATENCY RESET" => satisfies("a number", |reply| reply.integer().is_some()),
        "LATENCY LATEST" => array([]),
        "LATENCY HISTORY command" => array([]),
        "LATENCY HISTORY" => wrong_arity("latency|history"),
        "LATENCY RESET a b" => int(0),
        "LATENCY DOCTOR" => satisfies("that it is off", |reply| {
            reply.text().is_some_and(|text| text.contains("Latency monitoring is disabled"))
        }),
        "LATENCY no-such" => error("ERR unknown subcommand 'no-such'. Try LATENCY HELP."),
        "LATENCY HELP" => satisfies("lines, HELP last", |reply| {
            reply.items().is_some_and(|lines| *lines[lines.len() - 2] == simple("HELP"))
        }),
    }
}

#[test]
fn spikes_are_kept_by_event() {
    script! {
        "LATENCY RESET" => satisfies("a number", |reply| reply.integer().is_some()),
        "CONFIG SET latency-monitor-threshold 10" => ok(),
        "LATENCY DOCTOR" => satisfies("nothing to tell", |reply| {
            prose(reply).starts_with("Dave, no latency spike was observed")
        }),
        "DEBUG SLEEP 0.02" => ok(),
        "LATENCY LATEST" => satisfies("one event with time, latest and longest spike", |reply| {
            reply.items().is_some_and(|events| {
                events.len() == 1 && events[0].items().is_some_and(|event| {
                    event.len() == 4 && event[0].text().as_deref() == Some("command") && *event[2] == *event[3]
                })
            })
        }),
        "LATENCY HISTORY COMMAND" => array([]),
        "LATENCY GRAPH COMMAND" => error("ERR No samples available for event 'COMMAND'"),
        "LATENCY GRAPH" => wrong_arity("latency|graph"),
        "LATENCY GRAPH command" => satisfies("one column under a headline", |reply| {
            let text = prose(reply);
            let lines: Vec<&str> = text.lines().collect();
            // Range, rule, four rows, a gap, the age from top to bottom.
            (8..=12).contains(&lines.len())
                && lines[0].starts_with("command - high ")
                && lines[1].bytes().all(|byte| byte == b'-')
                && lines[2..].iter().all(|line| line.len() <= 3)
        }),
        "LATENCY HISTORY command" => satisfies("samples of time and duration", |reply| {
            reply.items().is_some_and(|samples| {
                !samples.is_empty() && samples.iter().all(|sample| sample.items().is_some_and(|sample| sample.len() == 2))
            })
        }),
        "LATENCY DOCTOR" => satisfies("a report", |reply| {
            reply.text().is_some_and(|text| text.contains("command: ") && text.contains("latency spikes (average "))
        }),
        "LATENCY RESET Command other" => int(1),
        "LATENCY LATEST" => array([]),
        "CONFIG SET latency-monitor-threshold 0" => ok(),
    }
}

#[test]
fn histograms_count_calls_by_time() {
    let of_ping: fn(&Value) -> bool = |reply| {
        let fields = |value: &Value| match value {
            Value::Map(pairs) => pairs.clone(),
            Value::Array(items) => items.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect(),
            _ => Vec::new(),
        };
        let commands = fields(reply);
        let Some((_, told)) = commands.first().filter(|(name, _)| commands.len() == 1 && *name == bulk("ping")) else {
            return false;
        };
        let told = fields(told);
        let steps = fields(&told[1].1);
        let counts: Vec<_> = steps.iter().filter_map(|(_, count)| count.integer()).collect();
        told[0] == (bulk("calls"), int(3))
            && told[1].0 == bulk("histogram_usec")
            && counts.last() == Some(&3)
            && counts.is_sorted()
    };
    script! {
        "CONFIG RESETSTAT" => ok(),
        "PING" => simple("PONG"),
        "PING" => simple("PONG"),
        "PING" => simple("PONG"),
        "LATENCY HISTOGRAM ping" => satisfies("three calls of PING", of_ping),
        "LATENCY HISTOGRAM no-such PING get" => satisfies("three calls of PING", of_ping),
        "LATENCY HISTOGRAM no-such" => Value::Map(vec![]),
        "LATENCY HISTOGRAM config" => satisfies("the subcommand that was called", |reply| {
            format!("{reply:?}").len() > 20 && *reply != Value::Map(vec![])
        }),
    }
}
