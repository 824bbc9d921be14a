//! `LATENCY HISTOGRAM [command …]`, `LATEST`, `HISTORY event`, `GRAPH event`, `RESET [event …]`, `DOCTOR`.

mod graph;

use std::fmt::Write;

use crate::command::prelude::*;
use crate::command::table::CommandTable;
use crate::config::Settings;
use crate::metrics::counters::latency_bucket_max_ns;
use crate::metrics::latency::{Spike, Spikes};

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "latency",
    summary: "Holds the commands that tell where time was lost.",
    since: "2.8.13",
    complexity: "That of the subcommand.",
    arity: Arity::AtLeast(2),
    subcommands: &[
        Command {
            name: "doctor",
            summary: "Explains the recorded delays in words.",
            since: "2.8.13",
            complexity: "O(1)",
            arity: Arity::Exactly(2),
            flags: ADMIN.with(NOSCRIPT).with(LOADING).with(STALE),
            tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
            run: doctor,
            ..Command::DEFAULT
        },
        Command {
            name: "graph",
            summary: "Draws the recorded delays of one event.",
            since: "2.8.13",
            complexity: "O(1)",
            arity: Arity::Exactly(3),
            flags: ADMIN.with(NOSCRIPT).with(LOADING).with(STALE),
            tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
            args: &[Arg::string("event")],
            run: graph,
            ..Command::DEFAULT
        },
        Command {
            name: "help",
            summary: "Lists the subcommands of LATENCY.",
            since: "2.8.13",
            complexity: "O(1)",
            arity: Arity::Exactly(2),
            flags: LOADING.with(STALE),
            run: container_help,
            ..Command::DEFAULT
        },
        Command {
            name: "histogram",
            summary: "Returns how the run times of commands are distributed.",
            since: "7.0.0",
            complexity: "O(N), N being the number of commands shown",
            arity: Arity::AtLeast(2),
            flags: ADMIN.with(NOSCRIPT).with(LOADING).with(STALE),
            tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
            args: &[Arg::string("command").optional().multiple()],
            help: &["[COMMAND ...]"],
            run: histogram,
            ..Command::DEFAULT
        },
        Command {
            name: "history",
            summary: "Returns the recorded delays of one event.",
            since: "2.8.13",
            complexity: "O(1)",
            arity: Arity::Exactly(3),
            flags: ADMIN.with(NOSCRIPT).with(LOADING).with(STALE),
            tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
            args: &[Arg::string("event")],
            run: history,
            ..Command::DEFAULT
        },
        Command {
            name: "latest",
            summary: "Returns the latest recorded delay of every event.",
            since: "2.8.13",
            complexity: "O(1)",
            arity: Arity::Exactly(2),
            flags: ADMIN.with(NOSCRIPT).with(LOADING).with(STALE),
            tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
            run: latest,
            ..Command::DEFAULT
        },
        Command {
            name: "reset",
            summary: "Forgets recorded delays.",
            since: "2.8.13",
            complexity: "O(1)",
            arity: Arity::AtLeast(2),
            flags: ADMIN.with(NOSCRIPT).with(LOADING).with(STALE),
            tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
            args: &[Arg::string("event").optional().multiple()],
            help: &["[<event> ...]"],
            run: reset,
            ..Command::DEFAULT
        },
    ],
    ..Command::DEFAULT
}];

fn latest(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let all = ctx.server.latency.all();
    reply.array(all.len());
    for (event, spikes) in all {
        let last = spikes.samples.back().copied().unwrap_or(Spike { at_s: 0, latency_ms: 0 });
        reply.array(4);
        reply.bulk(event.as_bytes());
        reply.integer(last.at_s as i64);
        reply.integer(last.latency_ms as i64);
        reply.integer(spikes.max_ms as i64);
    }
    Ok(())
}

fn graph(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let event = args.bytes()?;
    let Some((name, spikes)) = ctx.server.latency.spikes(event).filter(|(_, spikes)| !spikes.samples.is_empty()) else {
        return Err(echoing("ERR No samples available for event '", event, "'"));
    };
    reply.verbatim(b"txt", graph::drawn(name, &spikes, ctx.now_ms / 1000).as_bytes());
    Ok(())
}

fn history(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let samples = ctx.server.latency.spikes(args.bytes()?).map(|(_, spikes)| spikes.samples).unwrap_or_default();
    reply.array(samples.len());
    for spike in samples {
        reply.array(2);
        reply.integer(spike.at_s as i64);
        reply.integer(spike.latency_ms as i64);
    }
    Ok(())
}

fn reset(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let events: Vec<&[u8]> = args.collect();
    reply.integer(ctx.server.latency.reset(&events) as i64);
    Ok(())
}

fn histogram(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let table = CommandTable::of_server();
    let mut commands: Vec<&Command> = Vec::new();
    if args.is_empty() {
        commands.extend(table.commands());
    } else {
        for command in args.filter_map(|name| table.lookup_full_name(name)) {
            commands.push(command);
            commands.extend(command.subcommands);
        }
    }
    let map = reply.begin_map();
    let mut shown = 0;
    for command in commands {
        if let Some(buckets) = ctx.server.counters.latency(command.index()) {
            reply.bulk(command.full_name().as_bytes());
            write_histogram(&buckets, reply);
            shown += 1;
        }
    }
    reply.end_map(map, shown);
    Ok(())
}

/// Writes how many calls took at most so many microseconds, by powers of two from about one microsecond on; steps
/// without calls are left out.
fn write_histogram(buckets: &[u64], reply: &mut Reply<'_>) {
    reply.map(2);
    reply.bulk(b"calls");
    reply.integer(buckets.iter().sum::<u64>() as i64);
    reply.bulk(b"histogram_usec");
    let map = reply.begin_map();
    let (mut steps, mut seen) = (0, 0);
    let mut counts = buckets.iter().enumerate().peekable();
    for power in FIRST_POWER..u64::BITS {
        let seen_before = seen;
        while let Some((_, count)) = counts.next_if(|(bucket, _)| latency_bucket_max_ns(*bucket) < 1 << power) {
            seen += count;
        }
        if seen > seen_before {
            // The reference's steps end where its own histogram, a little coarser, rounds the power of two up to.
            let end_ns = (1_u64 << power) + (1 << (power - 7)) - 1;
            reply.integer((end_ns / 1000) as i64);
            reply.integer(seen as i64);
            steps += 1;
        }
        if counts.peek().is_none() {
            break;
        }
    }
    reply.end_map(map, steps);
}

/// The first step of a histogram ends at 2^this many nanoseconds.
const FIRST_POWER: u32 = 10;

fn doctor(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    reply.verbatim(b"txt", diagnosis(ctx.settings, &ctx.server.latency.all()).as_bytes());
    Ok(())
}

/// What the doctor says. Where there is nothing to analyse, that is the reference's text.
fn diagnosis(settings: &Settings, all: &[(&'static str, Spikes)]) -> String {
    let threshold_ms = settings.latency_monitor_threshold_ms;
    if all.is_empty() && threshold_ms == 0 {
        return "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You may use \
                \"CONFIG SET latency-monitor-threshold <milliseconds>.\" in order to enable it. If we weren't in a deep \
                space mission I'd suggest to take a look at https://redis.io/topics/latency-monitor.\n"
            .into();
    }
    if all.is_empty() {
        return "Dave, no latency spike was observed during the lifetime of this Redis instance, not in the slightest \
                bit. I honestly think you ought to sit down calmly, take a stress pill, and think things over.\n"
            .into();
    }
    let mut text = String::from("Latency spikes were observed:\n\n");
    for (position, (event, spikes)) in all.iter().enumerate() {
        let count = spikes.samples.len() as u64;
        let sum_ms: u64 = spikes.samples.iter().map(|spike| spike.latency_ms).sum();
        let average_ms = sum_ms / count.max(1);
        let deviation_ms =
            spikes.samples.iter().map(|spike| spike.latency_ms.abs_diff(average_ms)).sum::<u64>() / count.max(1);
        // Writing into memory does not fail.
        let _ = writeln!(
            text,
            "{}. {event}: {count} latency spikes (average {average_ms}ms, mean deviation {deviation_ms}ms). Worst all time \
             event {}ms.",
            position + 1,
            spikes.max_ms
        );
    }
    text.push_str("\nAdvice:\n\n");
    let has = |event: &str| all.iter().any(|(name, _)| *name == event);
    if has("command") || has("fast-command") {
        let slow_us = settings.slowlog_log_slower_than_us;
        if slow_us < 0 {
            text.push_str(
                "- The slow log is off. 'CONFIG SET slowlog-log-slower-than 1000' shows which commands are slow.\n",
            );
        } else if threshold_ms > 0 && slow_us as u64 > threshold_ms.saturating_mul(1000) {
            let _ = writeln!(
                text,
                "- The slow log begins at {slow_us} microseconds, above the threshold of this monitor. 'CONFIG SET \
                 slowlog-log-slower-than {}' makes both see the same commands.",
                threshold_ms.saturating_mul(1000)
            );
        }
        text.push_str(
            "- SLOWLOG GET names the slow commands. Commands over many elements are best cut into several.\n",
        );
    }
    if has("expire-cycle") {
        text.push_str(
            "- Many keys expire at the same moment. Deadlines that differ by a random amount spread the work.\n",
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::counters::LATENCY_BUCKETS;
    use crate::resp::{Output, Protocol};

    #[test]
    fn steps_are_cumulative_and_end_where_those_of_the_reference_do() {
        let mut buckets = vec![0; LATENCY_BUCKETS];
        let bucket_of = |nanos| (0..LATENCY_BUCKETS).find(|&bucket| nanos <= latency_bucket_max_ns(bucket));
        for (nanos, count) in [(500, 1), (1_500, 2), (40_000, 3), (1_000_000, 4)] {
            buckets[bucket_of(nanos).expect("within range")] += count;
        }
        let mut output = Output::new();
        write_histogram(&buckets, &mut Reply::new(&mut output, Protocol::Resp3));
        let text = String::from_utf8_lossy(output.buffer()).into_owned();
        let steps = "%4\r\n:1\r\n:1\r\n:2\r\n:3\r\n:66\r\n:6\r\n:1056\r\n:10\r\n";
        assert_eq!(text, format!("%2\r\n$5\r\ncalls\r\n:10\r\n$14\r\nhistogram_usec\r\n{steps}"));
    }
}
