//! Names of redis.conf directives that this server does not have as settings.
//!
//! A redis.conf written for the reference is welcome: what only tunes it is ignored with a warning. What would leave the data
//! open, or make the server something else than the file asks for, is refused instead.

use super::settings::{SETTINGS, Setting, Settings, setting};

/// What a name in a configuration stands for.
pub(super) enum Directive {
    /// One of our settings.
    Setting(&'static Setting<Settings>),
    /// A directive of the reference without effect here.
    Ignored,
    /// A directive of the reference that cannot be ignored safely.
    Refused(&'static Refusal),
    /// No directive at all.
    Unknown,
}

impl Directive {
    /// Looks a name up, in any case.
    pub(super) fn named(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        if let Some(setting) = setting(&lower) {
            Directive::Setting(setting)
        } else if let Some(refusal) = REFUSED.iter().find(|refusal| refusal.name == lower) {
            Directive::Refused(refusal)
        } else if IGNORED.contains(&lower.as_str()) {
            Directive::Ignored
        } else {
            Directive::Unknown
        }
    }
}

/// A directive that is refused unless it has a value that asks for nothing.
pub(super) struct Refusal {
    pub(super) name: &'static str,
    /// The value that asks for nothing, if there is one.
    neutral: Option<&'static str>,
    pub(super) reason: &'static str,
}

impl Refusal {
    /// Whether the words ask for something.
    pub(super) fn applies_to(&self, words: &[String]) -> bool {
        !matches!((words, self.neutral), ([word], Some(neutral)) if word.eq_ignore_ascii_case(neutral))
    }
}

/// Directives whose silent loss would be dangerous.
pub(super) static REFUSED: &[Refusal] = &[
    Refusal {
        name: "aclfile",
        neutral: Some(""),
        reason: "users are not supported: without them the data would be open",
    },
    Refusal { name: "user", neutral: None, reason: "users are not supported: without them the data would be open" },
    Refusal { name: "rename-command", neutral: None, reason: "commands cannot be renamed: they would stay reachable" },
    Refusal {
        name: "replicaof",
        neutral: Some(""),
        reason: "replication is not supported: this would be a second primary",
    },
    Refusal {
        name: "slaveof",
        neutral: Some(""),
        reason: "replication is not supported: this would be a second primary",
    },
    Refusal { name: "cluster-enabled", neutral: Some("no"), reason: "cluster mode is not supported" },
    Refusal { name: "tls-port", neutral: Some("0"), reason: "TLS is not supported" },
];

/// Directives of Redis 7.2 (and older names it still accepts) that have no effect here.
pub(super) static IGNORED: &[&str] = &[
    "acl-pubsub-default",
    "acllog-max-len",
    "active-defrag-cycle-max",
    "active-defrag-cycle-min",
    "active-defrag-ignore-bytes",
    "active-defrag-max-scan-fields",
    "active-defrag-threshold-lower",
    "active-defrag-threshold-upper",
    "activedefrag",
    "activerehashing",
    "always-show-logo",
    "aof-disable-auto-gc",
    "aof-load-truncated",
    "aof-rewrite-incremental-fsync",
    "aof-timestamp-enabled",
    "aof-use-rdb-preamble",
    "aof_rewrite_cpulist",
    "aof-rewrite-cpulist",
    "appenddirname",
    "appendfilename",
    "appendfsync",
    "auto-aof-rewrite-min-size",
    "auto-aof-rewrite-percentage",
    "bgsave_cpulist",
    "bgsave-cpulist",
    "bind-source-addr",
    "bio_cpulist",
    "bio-cpulist",
    "busy-reply-threshold",
    "cluster-allow-pubsubshard-when-down",
    "cluster-allow-reads-when-down",
    "cluster-allow-replica-migration",
    "cluster-announce-bus-port",
    "cluster-announce-hostname",
    "cluster-announce-human-nodename",
    "cluster-announce-ip",
    "cluster-announce-port",
    "cluster-announce-tls-port",
    "cluster-config-file",
    "cluster-link-sendbuf-limit",
    "cluster-migration-barrier",
    "cluster-node-timeout",
    "cluster-port",
    "cluster-preferred-endpoint-type",
    "cluster-replica-no-failover",
    "cluster-replica-validity-factor",
    "cluster-require-full-coverage",
    "cluster-slave-no-failover",
    "cluster-slave-validity-factor",
    "crash-log-enabled",
    "crash-memcheck-enabled",
    "disable-thp",
    "dynamic-hz",
    "enable-module-command",
    "hll-sparse-max-bytes",
    "ignore-warnings",
    "io-threads",
    "io-threads-do-reads",
    "jemalloc-bg-thread",
    "key-load-delay",
    "lazyfree-lazy-eviction",
    "lazyfree-lazy-expire",
    "lazyfree-lazy-server-del",
    "lazyfree-lazy-user-del",
    "lazyfree-lazy-user-flush",
    "lfu-decay-time",
    "lfu-log-factor",
    "list-compress-depth",
    "list-max-listpack-size",
    "list-max-ziplist-entries",
    "list-max-ziplist-size",
    "list-max-ziplist-value",
    "loadmodule",
    "loading-process-events-interval-bytes",
    "locale-collate",
    "lua-enable-deprecated-api",
    "lua-time-limit",
    "masterauth",
    "masteruser",
    "max-new-connections-per-cycle",
    "max-new-tls-connections-per-cycle",
    "maxmemory-clients",
    "maxmemory-eviction-tenacity",
    "maxmemory-samples",
    "min-replicas-max-lag",
    "min-replicas-to-write",
    "min-slaves-max-lag",
    "min-slaves-to-write",
    "no-appendfsync-on-rewrite",
    "notify-keyspace-events",
    "oom-score-adj",
    "oom-score-adj-values",
    "proc-title-template",
    "propagation-error-behavior",
    "rdb-del-sync-files",
    "rdb-key-save-delay",
    "rdb-save-incremental-fsync",
    "repl-backlog-size",
    "repl-backlog-ttl",
    "repl-disable-tcp-nodelay",
    "repl-diskless-load",
    "repl-diskless-sync",
    "repl-diskless-sync-delay",
    "repl-diskless-sync-max-replicas",
    "repl-diskless-sync-period",
    "repl-ping-replica-period",
    "repl-ping-slave-period",
    "repl-timeout",
    "replica-announce-ip",
    "replica-announce-port",
    "replica-announced",
    "replica-ignore-disk-write-errors",
    "replica-ignore-maxmemory",
    "replica-lazy-flush",
    "replica-priority",
    "replica-read-only",
    "replica-serve-stale-data",
    "sanitize-dump-payload",
    "server_cpulist",
    "server-cpulist",
    "set-max-intset-entries",
    "set-max-listpack-entries",
    "set-max-listpack-value",
    "set-proc-title",
    "shutdown-on-sigint",
    "shutdown-on-sigterm",
    "shutdown-timeout",
    "slave-announce-ip",
    "slave-announce-port",
    "slave-ignore-maxmemory",
    "slave-lazy-flush",
    "slave-priority",
    "slave-read-only",
    "slave-serve-stale-data",
    "socket-mark-id",
    "stream-node-max-bytes",
    "stream-node-max-entries",
    "supervised",
    "syslog-enabled",
    "syslog-facility",
    "syslog-ident",
    "tls-auth-clients",
    "tls-ca-cert-dir",
    "tls-ca-cert-file",
    "tls-cert-file",
    "tls-ciphers",
    "tls-ciphersuites",
    "tls-client-cert-file",
    "tls-client-key-file",
    "tls-client-key-file-pass",
    "tls-cluster",
    "tls-dh-params-file",
    "tls-key-file",
    "tls-key-file-pass",
    "tls-prefer-server-ciphers",
    "tls-protocols",
    "tls-replication",
    "tls-session-cache-size",
    "tls-session-cache-timeout",
    "tls-session-caching",
    "tracking-table-max-keys",
    "use-exit-on-panic",
    "watchdog-period",
    "zset-max-listpack-entries",
    "zset-max-listpack-value",
    "zset-max-ziplist-entries",
    "zset-max-ziplist-value",
];

/// Directives of the reference whose arguments must not show in messages.
pub(super) static FOREIGN_SECRETS: &[&str] =
    &["masterauth", "masteruser", "tls-client-key-file-pass", "tls-key-file-pass", "user"];

/// Every name of the reference that is not one of our settings.
pub(crate) fn foreign_names() -> impl Iterator<Item = &'static str> {
    REFUSED.iter().map(|refusal| refusal.name).chain(IGNORED.iter().copied())
}

/// The setting whose name is closest to a misspelt one, if any is close enough.
pub(super) fn nearest_name(name: &str) -> Option<&'static str> {
    nearest(name, SETTINGS.iter().flat_map(Setting::names))
}

/// The candidate closest to a misspelt name: within a third of its length in edits.
pub(super) fn nearest(name: &str, candidates: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    // Longer names than any setting's are no misspellings; the bound also keeps the distance cheap.
    if name.len() > 64 {
        return None;
    }
    candidates
        .map(|candidate| (edit_distance(&name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(3).min(4))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Insertions, removals and replacements that turn one name into the other (Levenshtein).
fn edit_distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.bytes().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, to) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_both_a_setting_and_foreign_or_listed_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for name in foreign_names().chain(SETTINGS.iter().flat_map(Setting::names)) {
            assert!(seen.insert(name), "{name} is listed twice");
        }
    }

    #[test]
    fn foreign_secrets_are_foreign_names() {
        for secret in FOREIGN_SECRETS {
            assert!(foreign_names().any(|name| name == *secret), "{secret}");
        }
    }

    #[test]
    fn misspelt_names_find_the_setting_meant() {
        let cases = [
            ("maxmemmory", Some("maxmemory")),
            ("max-clients", Some("maxclients")),
            ("require-pass", Some("requirepass")),
            ("PROT", Some("port")),
            ("colour", None),
            ("", None),
        ];
        for (name, expected) in cases {
            assert_eq!(nearest_name(name), expected, "{name}");
        }
    }

    #[test]
    fn neutral_values_of_refused_directives_ask_for_nothing() {
        let applies = |name: &str, word: &str| {
            let refusal = REFUSED.iter().find(|refusal| refusal.name == name).expect("listed");
            refusal.applies_to(&[word.to_owned()])
        };
        assert!(!applies("cluster-enabled", "NO"));
        assert!(applies("cluster-enabled", "yes"));
        assert!(!applies("aclfile", ""));
        assert!(applies("user", ""));
    }
}
