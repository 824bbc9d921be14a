//! What the settings most often looked for mean, and in which unit they count. Servers do not tell.

/// In what a value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Words, or numbers that say what they are.
    Plain,
    Bytes,
    Seconds,
    Milliseconds,
    Microseconds,
}

/// A setting that is known.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) unit: Unit,
    pub(super) meaning: &'static str,
}

use Unit::{Bytes, Microseconds, Milliseconds, Plain, Seconds};

const fn known(name: &'static str, unit: Unit, meaning: &'static str) -> Known {
    Known { name, unit, meaning }
}

/// By name.
static KNOWN: &[Known] = &[
    known("acllog-max-len", Plain, "Entries that the log of refused commands keeps."),
    known("active-expire-effort", Plain, "How much work active expiry does, from 1 to 10."),
    known("activedefrag", Plain, "Moves values together while serving, so that fragmented memory is given back."),
    known("activerehashing", Plain, "Works on growing hash tables while idle."),
    known("appendfilename", Plain, "Name of the append-only file."),
    known("appendfsync", Plain, "When the append-only file reaches the disk: always, everysec or no."),
    known("appendonly", Plain, "Writes each change to an append-only file."),
    known("auto-aof-rewrite-min-size", Bytes, "Size below which the append-only file is not rewritten by itself."),
    known(
        "auto-aof-rewrite-percentage",
        Plain,
        "Growth in per cent that has the append-only file rewritten; 0 never does.",
    ),
    known("bind", Plain, "Addresses that are listened on; '-' marks one that may be missing."),
    known("busy-reply-threshold", Milliseconds, "Time after which a script that runs counts as busy."),
    known(
        "client-output-buffer-limit",
        Plain,
        "Class, hard limit, soft limit, seconds above it: replies that clients may leave unread; 0 for no limit.",
    ),
    known("client-query-buffer-limit", Bytes, "Most that a client may have sent and that was not executed yet."),
    known("daemonize", Plain, "Runs in the background."),
    known("databases", Plain, "Databases that SELECT chooses from."),
    known("dbfilename", Plain, "File in dir that everything is saved to, and loaded from at start."),
    known("default-shards", Plain, "Shards of a namespace that does not say; 0 lets the server choose."),
    known("dir", Plain, "Working directory: where files are saved."),
    known("enable-debug-command", Plain, "Who may use DEBUG: no, yes or local."),
    known("enable-protected-configs", Plain, "Who may change protected settings such as dir: no, yes or local."),
    known("hash-max-listpack-entries", Plain, "Most fields that a hash keeps in its compact form."),
    known("hash-max-listpack-value", Bytes, "Longest field or value that a hash keeps in its compact form."),
    known("hz", Plain, "How often a second the server does its periodic work, such as expiry."),
    known("io-threads", Plain, "Threads that read requests and write replies."),
    known(
        "latency-monitor-threshold",
        Milliseconds,
        "Time from which an event enters the latency monitor; 0 switches it off.",
    ),
    known("latency-tracking", Plain, "Keeps a histogram of how long each command takes."),
    known("latency-tracking-info-percentiles", Plain, "Percentiles that INFO latencystats shows."),
    known("lazyfree-lazy-eviction", Plain, "Frees evicted values in the background."),
    known("lazyfree-lazy-expire", Plain, "Frees expired values in the background."),
    known("lazyfree-lazy-user-del", Plain, "DEL frees values in the background, as UNLINK does."),
    known("lazyfree-lazy-user-flush", Plain, "FLUSHALL and FLUSHDB free values in the background."),
    known("lfu-decay-time", Plain, "Minutes after which the counter of a key that is not used is lowered."),
    known("lfu-log-factor", Plain, "How many uses it takes to raise the counter of a key."),
    known("list-max-listpack-size", Plain, "Size of a list's nodes: entries, or -1 to -5 for 4 to 64 kB."),
    known("log-format", Plain, "Form of a line of the log: human or json."),
    known("logfile", Plain, "File that the log is written to; empty for standard output."),
    known("loglevel", Plain, "Least important messages that are logged: debug, verbose, notice or warning."),
    known("masterauth", Plain, "Password that the master asks for."),
    known("masteruser", Plain, "User that the master knows this replica by."),
    known("maxclients", Plain, "Most clients that are connected at the same time; more are refused."),
    known("maxmemory", Bytes, "Memory that the data may take; 0 for no limit."),
    known("maxmemory-clients", Bytes, "Memory that all clients' buffers may take; 0 for no limit."),
    known(
        "maxmemory-policy",
        Plain,
        "What happens when a write needs more than maxmemory leaves: noeviction refuses it, others evict keys.",
    ),
    known(
        "maxmemory-samples",
        Plain,
        "Keys that eviction chooses a victim from: more are nearer to the ideal, and slower.",
    ),
    known("metrics-listen", Plain, "Address of the HTTP endpoint with /metrics; empty for none."),
    known("min-replicas-to-write", Plain, "Replicas that must be there for a write to be accepted; 0 asks for none."),
    known("notify-keyspace-events", Plain, "Which changes of keys are published to channels; empty for none."),
    known("pidfile", Plain, "File that holds the process id while the server runs."),
    known("port", Plain, "TCP port that is listened on; 0 for none."),
    known("protected-mode", Plain, "Refuses clients of other machines while no password is set."),
    known("proto-max-bulk-len", Bytes, "Longest single argument of a request."),
    known("rdbchecksum", Plain, "Writes a checksum at the end of RDB files."),
    known("rdbcompression", Plain, "Compresses what is saved."),
    known("repl-backlog-size", Bytes, "Changes kept for replicas that come back after a short while."),
    known("repl-timeout", Seconds, "Silence after which the other side of a replication counts as lost."),
    known("replica-read-only", Plain, "Replicas refuse writes."),
    known("replicaof", Plain, "Host and port of the master; empty when this is one."),
    known("requirepass", Plain, "Password that clients must give; empty for none."),
    known("save", Plain, "Pairs of seconds and changes: saves when so many changes are so old; empty for never."),
    known("set-max-intset-entries", Plain, "Most members that a set of whole numbers keeps in its compact form."),
    known(
        "slowlog-log-slower-than",
        Microseconds,
        "Time from which a request enters the slowlog; 0 logs all, -1 none.",
    ),
    known("slowlog-max-len", Plain, "Entries that the slowlog keeps."),
    known(
        "snapshot-buffer",
        Bytes,
        "Memory for what is changed before a snapshot has come to it; writes wait while it is full.",
    ),
    known("snapshot-format", Plain, "Form of saved files: native, rdb, or auto, which goes by the name."),
    known("snapshot-threads", Plain, "Threads that take a snapshot or load one; 0 lets the server choose."),
    known(
        "stop-writes-on-bgsave-error",
        Plain,
        "Refuses writes while the last save has failed and there are save points.",
    ),
    known("stream-node-max-bytes", Bytes, "Most bytes that a node of a stream takes."),
    known("supervised", Plain, "Which service manager is told that the server is ready."),
    known("tcp-backlog", Plain, "Connections that the system may hold that were not accepted yet."),
    known(
        "tcp-keepalive",
        Seconds,
        "Idle time after which the system probes whether a peer still lives; 0 never does.",
    ),
    known("timeout", Seconds, "Idle time after which a client is disconnected; 0 never does."),
    known("tls-key-file-pass", Plain, "Password of the key file."),
    known("tls-port", Plain, "TCP port for TLS; 0 for none."),
    known("unixsocket", Plain, "Path of a Unix socket that is listened on; empty for none."),
    known("unixsocketperm", Plain, "Permissions of the Unix socket; 0 leaves them to the umask."),
    known("workers", Plain, "Threads that serve clients; 0 starts one per core."),
    known("zset-max-listpack-entries", Plain, "Most members that a sorted set keeps in its compact form."),
];

/// What is known of a setting.
pub(super) fn of(name: &str) -> Option<&'static Known> {
    let index = KNOWN.binary_search_by(|known| known.name.cmp(name)).ok()?;
    Some(&KNOWN[index])
}

/// Settings that both servers take at the start alone.
static FIXED: [&str; 9] = [
    "daemonize",
    "databases",
    "enable-debug-command",
    "enable-protected-configs",
    "logfile",
    "pidfile",
    "rdbchecksum",
    "tcp-backlog",
    "unixsocket",
];
/// Those that rkvs takes at the start alone, and those of Redis.
static FIXED_BY_RKVS: [&str; 7] =
    ["bind", "default-shards", "log-format", "metrics-listen", "port", "unixsocketperm", "workers"];
static FIXED_BY_REDIS: [&str; 22] = [
    "aclfile",
    "always-show-logo",
    "aof_rewrite_cpulist",
    "appenddirname",
    "appendfilename",
    "bgsave_cpulist",
    "bio_cpulist",
    "cluster-config-file",
    "cluster-enabled",
    "cluster-port",
    "disable-thp",
    "enable-module-command",
    "io-threads-do-reads",
    "replicaof",
    "server_cpulist",
    "set-proc-title",
    "slaveof",
    "socket-mark-id",
    "supervised",
    "syslog-enabled",
    "syslog-ident",
    "unixsocketperm",
];

/// Those that only clients may change that `enable-protected-configs` allows.
static PROTECTED: [&str; 2] = ["dbfilename", "dir"];

/// Who may change a setting while the server runs, as far as that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Whoever may change settings at all.
    Anyone,
    /// Clients on the server's own machine.
    Local,
    /// Nobody as long as protected settings are not enabled.
    Protected,
    /// Nobody.
    Fixed,
}

/// Who may change a setting while the server runs. `enabled` tells the value of `enable-protected-configs` where there is such a
/// setting.
pub(super) fn access<'a>(name: &str, is_rkvs: bool, enabled: impl FnOnce() -> Option<&'a str>) -> Access {
    let own = if is_rkvs { &FIXED_BY_RKVS[..] } else { &FIXED_BY_REDIS };
    if FIXED.contains(&name) || own.contains(&name) {
        return Access::Fixed;
    }
    match PROTECTED.contains(&name).then(enabled).flatten() {
        Some("no") => Access::Protected,
        Some("local") => Access::Local,
        _ => Access::Anyone,
    }
}

/// Where a zero is no amount, and what it means.
static ZEROS: [(&str, &str); 19] = [
    ("auto-aof-rewrite-percentage", "never"),
    ("client-query-buffer-limit", "no limit"),
    ("default-shards", "automatic"),
    ("latency-monitor-threshold", "off"),
    ("lfu-decay-time", "never"),
    ("maxmemory", "no limit"),
    ("maxmemory-clients", "no limit"),
    ("min-replicas-to-write", "none"),
    ("port", "none"),
    ("repl-backlog-ttl", "never"),
    ("repl-diskless-sync-max-replicas", "no limit"),
    ("slowlog-log-slower-than", "all"),
    ("snapshot-threads", "automatic"),
    ("stream-node-max-bytes", "no limit"),
    ("stream-node-max-entries", "no limit"),
    ("tcp-keepalive", "never"),
    ("timeout", "never"),
    ("tls-port", "none"),
    ("workers", "one per core"),
];

/// What a zero means; none where it is just that.
pub(super) fn zero(name: &str) -> Option<&'static str> {
    let index = ZEROS.binary_search_by(|(other, _)| (*other).cmp(name)).ok()?;
    Some(ZEROS[index].1)
}

/// What a change may cost those who use the server.
pub(super) fn cost(name: &str) -> &'static str {
    match name {
        "maxmemory" => "where more is used keys are evicted or writes refused, as maxmemory-policy says; 0 is no limit",
        "maxmemory-policy" => "once maxmemory is reached other keys are evicted than before, or writes refused",
        "maxclients" => "connections beyond it are refused",
        "timeout" => "connections that are idle for longer are closed",
        "client-output-buffer-limit" | "client-query-buffer-limit" | "maxmemory-clients" => {
            "connections beyond it are closed"
        }
        "appendonly" => "yes writes all that is there to a new file first; each change then costs a write",
        "appendfsync" => "the more often it reaches the disk, the longer writes wait; else more is lost by a crash",
        "save" => "more frequent saves cost memory and disk; fewer lose more by a crash",
        _ => "none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_and_meanings_are_sentences() {
        assert!(KNOWN.is_sorted_by(|a, b| a.name < b.name));
        for known in KNOWN {
            assert!(known.meaning.ends_with('.') && known.meaning.is_ascii(), "{}", known.name);
        }
        assert_eq!(of("maxmemory").map(|known| known.unit), Some(Bytes));
        assert!(of("no-such").is_none());
        assert!(ZEROS.is_sorted());
        assert_eq!((zero("maxmemory"), zero("hz")), (Some("no limit"), None));
    }

    #[test]
    fn who_may_change_what() {
        for (name, is_rkvs, enabled, who) in [
            ("dir", true, Some("no"), Access::Protected),
            ("dir", false, Some("local"), Access::Local),
            ("dbfilename", false, Some("yes"), Access::Anyone),
            ("dir", false, None, Access::Anyone),
            ("port", true, Some("yes"), Access::Fixed),
            ("port", false, Some("yes"), Access::Anyone),
            ("timeout", true, Some("no"), Access::Anyone),
        ] {
            assert_eq!(access(name, is_rkvs, || enabled), who, "{name} {enabled:?}");
        }
    }
}
