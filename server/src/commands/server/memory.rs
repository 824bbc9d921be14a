//! `MEMORY USAGE key [SAMPLES count]`, `STATS`, `MALLOC-STATS`, `PURGE`, `DOCTOR`.

use rkvs_engine::memory::allocator;
use rkvs_engine::stats::Usage;

use crate::command::prelude::*;
use crate::metrics::process;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "memory",
    summary: "Holds the commands about memory.",
    since: "4.0.0",
    complexity: "That of the subcommand.",
    arity: Arity::AtLeast(2),
    subcommands: &[
        Command {
            name: "doctor",
            summary: "Explains in words whether memory is well used.",
            since: "4.0.0",
            complexity: "O(1)",
            arity: Arity::Exactly(2),
            tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
            run: doctor,
            ..Command::DEFAULT
        },
        Command {
            name: "help",
            summary: "Lists the subcommands of MEMORY.",
            since: "4.0.0",
            complexity: "O(1)",
            arity: Arity::Exactly(2),
            flags: LOADING.with(STALE),
            run: container_help,
            ..Command::DEFAULT
        },
        Command {
            name: "malloc-stats",
            summary: "Returns the allocator's own report.",
            since: "4.0.0",
            complexity: "Depends on the amount of memory; may be slow.",
            arity: Arity::Exactly(2),
            tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
            run: malloc_stats,
            ..Command::DEFAULT
        },
        Command {
            name: "purge",
            summary: "Gives memory that is not in use back to the system.",
            since: "4.0.0",
            complexity: "Depends on the amount of memory; may be slow.",
            arity: Arity::Exactly(2),
            tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
            run: purge,
            ..Command::DEFAULT
        },
        Command {
            name: "stats",
            summary: "Returns what memory is used for.",
            since: "4.0.0",
            complexity: "O(1)",
            arity: Arity::Exactly(2),
            tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
            run: stats,
            ..Command::DEFAULT
        },
        Command {
            name: "usage",
            summary: "Returns the bytes that a key and its value take.",
            since: "4.0.0",
            complexity: "O(N), N being the number of elements sampled",
            arity: Arity::AtLeast(3),
            flags: READONLY,
            keys: Keys::one(2).flags(RO),
            args: &[Arg::key("key", 0), Arg::integer("count").token("SAMPLES").optional()],
            run: usage,
            ..Command::DEFAULT
        },
    ],
    ..Command::DEFAULT
}];

/// The bytes are counted, not estimated, so the number of samples makes no difference beyond being a number.
fn usage(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let key = args.key()?;
    while !args.is_empty() {
        if args.remaining() < 2 || !args.option("SAMPLES") || args.integer()? < 0 {
            return Err(CommandError::Syntax);
        }
    }
    match ctx.keyspace().memory_usage(key) {
        Some(bytes) => reply.integer(bytes as i64),
        None => reply.null(),
    }
    Ok(())
}

/// Lays tables that removals have left with many gaps out anew, then has every worker drop the buffers it keeps for reuse and the
/// allocator give back what is free.
fn purge(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    ctx.server.engine.namespaces().iter().for_each(|namespace| namespace.trim());
    ctx.server.purge_workers();
    // Of this thread at once, so that what the tables had is gone before the reply.
    allocator::collect();
    reply.ok();
    Ok(())
}

/// The entries themselves do not lie in the allocator's memory: see `used_memory` for them.
fn malloc_stats(_: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    reply.verbatim(b"txt", allocator::report().as_bytes());
    Ok(())
}

fn stats(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let server = ctx.server;
    let by_namespace: Vec<_> =
        server.engine.namespaces().into_iter().map(|one| (one.database(), one.recent_usage())).collect();
    let mut data = Usage::default();
    by_namespace.iter().for_each(|(_, usage)| data += *usage);
    let memory = server.observer.memory(server, data);
    let (used, peak) = (memory.used_bytes(), server.observer.peak_bytes());
    let (dataset, resident) = (memory.dataset_bytes(), process::resident_bytes());
    let percent = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 };
    let by_namespace: Vec<_> = by_namespace.into_iter().filter(|(_, usage)| usage.keys > 0).collect();

    reply.map(27 + by_namespace.len());
    let mut integer = |name: &str, value: u64| {
        reply.bulk(name.as_bytes());
        reply.integer(value as i64);
    };
    integer("peak.allocated", peak);
    integer("total.allocated", used);
    integer("startup.allocated", 0);
    integer("replication.backlog", 0);
    integer("clients.slaves", 0);
    integer("clients.normal", memory.clients_bytes as u64);
    integer("cluster.links", 0);
    integer("aof.buffer", 0);
    integer("lua.caches", 0);
    integer("functions.caches", 0);
    for (database, usage) in by_namespace {
        // What the tables take beyond the keys and values in them. Deadlines lie in the same table.
        let overhead = usage.used_bytes.saturating_sub(usage.key_bytes + usage.value_bytes);
        reply.bulk_display(format_args!("db.{database}"));
        reply.map(3);
        reply.bulk(b"overhead.hashtable.main");
        reply.integer(overhead as i64);
        reply.bulk(b"overhead.hashtable.expires");
        reply.integer(0);
        reply.bulk(b"overhead.hashtable.slot-to-keys");
        reply.integer(0);
    }
    let mut integer = |name: &str, value: u64| {
        reply.bulk(name.as_bytes());
        reply.integer(value as i64);
    };
    integer("overhead.total", used - dataset);
    integer("keys.count", data.keys as u64);
    integer("keys.bytes-per-key", (data.used_bytes as u64).checked_div(data.keys as u64).unwrap_or(0));
    integer("dataset.bytes", dataset);
    let double = |reply: &mut Reply<'_>, name: &str, value: f64| {
        reply.bulk(name.as_bytes());
        reply.double(value);
    };
    double(reply, "dataset.percentage", percent(dataset, used));
    double(reply, "peak.percentage", percent(used, peak));
    let fragmentation = percent(resident, used) / 100.0;
    let excess = resident as i64 - used as i64;
    for (name, value) in [("allocated", used), ("active", resident), ("resident", resident)] {
        reply.bulk_display(format_args!("allocator.{name}"));
        reply.integer(value as i64);
    }
    for (name, ratio, bytes) in
        [("allocator-fragmentation", fragmentation, excess), ("allocator-rss", 1.0, 0), ("rss-overhead", 1.0, 0)]
    {
        reply.bulk_display(format_args!("{name}.ratio"));
        reply.double(ratio);
        reply.bulk_display(format_args!("{name}.bytes"));
        reply.integer(bytes);
    }
    double(reply, "fragmentation", fragmentation);
    reply.bulk(b"fragmentation.bytes");
    reply.integer(excess);
    Ok(())
}

/// Below this many bytes in use ratios say nothing, as in the reference.
const SMALL_BYTES: u64 = 5 << 20;

fn doctor(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let server = ctx.server;
    let memory = server.observer.memory(server, server.engine.recent_usage());
    let (used, peak, resident) = (memory.used_bytes(), server.observer.peak_bytes(), process::resident_bytes());
    let clients_bytes = memory.clients_bytes as u64;
    reply.verbatim(b"txt", diagnosis(used, peak, resident, clients_bytes, server.clients.len() as u64).as_bytes());
    Ok(())
}

/// What the doctor says. Where nothing is wrong, that is the reference's text.
fn diagnosis(used: u64, peak: u64, resident: u64, clients_bytes: u64, clients: u64) -> String {
    if used < SMALL_BYTES {
        return "Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in these \
                conditions. Please, leave for your mission on Earth and fill it with some data. The new Sam and I will \
                be back to our programming as soon as I finished rebooting.\n"
            .into();
    }
    let mut issues = String::new();
    if peak > used + used / 2 {
        issues.push_str(" * Peak memory: much more memory was in use in the past than is now. Some of it may stay with the allocator; MEMORY PURGE may help.\n\n");
    }
    if resident > used + used / 5 * 2 && resident - used > 10 << 20 {
        issues.push_str(" * Fragmentation: the process holds over 1.4 times the memory that is in use.\n\n");
    }
    if clients_bytes / clients.max(1) > 200 << 10 {
        issues.push_str(
            " * Big client buffers: connections take over 200 kB on average. CLIENT LIST shows which (tot-mem).\n\n",
        );
    }
    if issues.is_empty() {
        return "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this \
                base.\n"
            .into();
    }
    format!("Memory issues were found:\n\n{issues}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_doctor_names_what_stands_out() {
        let mega = 1_u64 << 20;
        assert!(diagnosis(mega, mega, 9 * mega, 0, 1).contains("very little memory"));
        assert!(diagnosis(100 * mega, 100 * mega, 110 * mega, 0, 1).contains("any memory issue"));
        let report = diagnosis(100 * mega, 200 * mega, 150 * mega, mega, 2);
        for issue in ["Peak memory", "Fragmentation", "Big client buffers"] {
            assert!(report.contains(issue), "{issue}: {report}");
        }
    }
}
