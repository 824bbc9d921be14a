//! Every setting, declared once.
//!
//! One entry below gives a setting its field in [`Settings`], its name, what it accepts, its default, whether it can change
//! while the server runs, and the line of meaning that the documentation, `--help` and `configs/default.toml` show. CONFIG
//! GET/SET/REWRITE, files, environment and flags all work from [`SETTINGS`].

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rkvs_engine::engine::NAMESPACES_MAX;

use super::value::{
    Allowed, AlwaysOff, AutosavePattern, Directory, Field, Invalid, Kind, LogFormat, LogLevel, MaxmemoryPolicy,
    OutputBufferLimit, PlainName, SavePoint, Secret, SnapshotFormat,
};

/// Whether a setting can change while the server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// By CONFIG SET.
    Runtime,
    /// Only at start.
    Immutable,
    /// By CONFIG SET from clients that `enable-protected-configs` allows.
    Protected,
}

/// The declaration of one setting of `S`.
pub struct Setting<S: 'static> {
    /// Name as in redis.conf and CONFIG GET.
    pub name: &'static str,
    /// Older names that mean the same.
    pub aliases: &'static [&'static str],
    /// Heading it stands under in documentation.
    pub section: &'static str,
    /// One line of meaning.
    pub meaning: &'static str,
    /// What it accepts.
    pub kind: Kind,
    /// Default, as one text.
    pub default: &'static str,
    /// Unit of the value; empty where there is none.
    pub unit: &'static str,
    /// Whether it can change at run time.
    pub change: Change,
    /// Whether the value must not be shown outside CONFIG GET.
    pub secret: bool,
    field: fn(&S) -> &dyn Field,
    field_mut: fn(&mut S) -> &mut dyn Field,
}

impl<S> Setting<S> {
    /// Cuts a text into the words this setting takes: at single spaces for lists, not at all otherwise.
    pub fn words_in(&self, text: &str) -> Vec<String> {
        match self.kind.is_list() {
            false => vec![text.to_owned()],
            true if text.is_empty() => Vec::new(),
            true => text.split(' ').map(str::to_owned).collect(),
        }
    }

    /// Adds the words of one more line of a file (or one more flag) to those given before: most settings take the last line,
    /// groups add up until an empty line starts anew. Words of lists may be apart by spaces within a line's quotes.
    pub(super) fn add_line(&self, given: &mut Vec<String>, words: Vec<String>) {
        let is_empty = words.iter().all(|word| word.trim_ascii().is_empty());
        if self.kind != Kind::Groups || is_empty {
            given.clear();
        }
        match self.kind.is_list() {
            true => given.extend(words.iter().flat_map(|word| word.split_whitespace()).map(str::to_owned)),
            false => given.extend(words),
        }
    }

    /// Gives the setting the value the words say; `notes` receives what was accepted without effect.
    pub fn assign(&self, settings: &mut S, words: &[String], notes: &mut Vec<String>) -> Result<(), Invalid> {
        (self.field_mut)(settings).assign(self.kind, words, notes)
    }

    /// The current value as words.
    pub fn words(&self, settings: &S) -> Vec<String> {
        (self.field)(settings).words(self.kind)
    }

    /// The current value as CONFIG GET shows it.
    pub fn text(&self, settings: &S) -> String {
        self.words(settings).join(" ")
    }

    /// The name or alias that `name` spells, in any case.
    pub fn name_like(&self, name: &str) -> Option<&'static str> {
        self.names().find(|own| own.eq_ignore_ascii_case(name))
    }

    /// The name, then the aliases.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

macro_rules! or {
    ($value:expr, $default:expr) => {
        $value
    };
    (, $default:expr) => {
        $default
    };
}

/// Declares a struct of typed settings and its table in one go.
macro_rules! settings {
    (
        $(#[$struct_meta:meta])*
        pub struct $Struct:ident, table $TABLE:ident $(, also { $($(#[$extra_meta:meta])* pub $extra:ident: $Extra:ty,)* })?;
        $(section $section:literal {$(
            #[doc = $meaning:literal]
            $field:ident: $Type:ty = $name:literal {
                kind: $kind:expr, default: $default:literal
                $(, unit: $unit:literal)? $(, aliases: $aliases:expr)? $(, change: $change:ident)? $(, secret: $secret:literal)?
            }
        )*})*
    ) => {
        $(#[$struct_meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $Struct {
            $($(#[doc = $meaning] pub $field: $Type,)*)*
            $($($(#[$extra_meta])* pub $extra: $Extra,)*)?
        }

        #[doc = concat!("The declarations of [`", stringify!($Struct), "`], in the order of the documentation.")]
        pub static $TABLE: &[Setting<$Struct>] = &[$($(
            Setting {
                name: $name,
                aliases: or!($($aliases)?, &[]),
                section: $section,
                meaning: $meaning.trim_ascii_start(),
                kind: $kind,
                default: $default,
                unit: or!($($unit)?, ""),
                change: or!($(Change::$change)?, Change::Runtime),
                secret: or!($($secret)?, false),
                field: |settings| &settings.$field,
                field_mut: |settings| &mut settings.$field,
            },
        )*)*];

        impl Default for $Struct {
            fn default() -> Self {
                let mut settings = Self {
                    $($($field: Default::default(),)*)*
                    $($($extra: Default::default(),)*)?
                };
                for setting in $TABLE {
                    let words = setting.words_in(setting.default);
                    setting.assign(&mut settings, &words, &mut Vec::new()).expect("defaults are valid");
                }
                settings
            }
        }
    };
}

const INT_MAX: i64 = i32::MAX as i64;
/// Smallest value of the limits on a request's size, as in the reference.
const REQUEST_LIMIT_BYTES_MIN: u64 = 1 << 20;
const REQUEST_LIMIT_BYTES_MAX: u64 = i64::MAX as u64;
/// Most shards of a namespace: as many as the engine can route to.
const SHARDS_MAX: i64 = rkvs_engine::shard::SHARDS_MAX as i64;
/// Most workers: each is a thread with descriptors of its own.
const WORKERS_MAX: i64 = 1_024;
/// Longest time between saves of a namespace: some thirty years.
pub(crate) const AUTOSAVE_S_MAX: u64 = 1_000_000_000;
/// Most databases: as many as the engine has room for.
const DATABASES_MAX: i64 = NAMESPACES_MAX as i64;

settings! {
    /// The current value of every setting.
    pub struct Settings, table SETTINGS, also {
        /// Limits of single namespaces, by name (`[namespaces.NAME]` in a TOML file).
        pub namespaces: BTreeMap<String, NamespaceSettings>,
    };

    section "Network" {
        /// TCP port to listen on; 0 listens on none.
        port: u16 = "port" { kind: Kind::Integer(0, 65_535), default: "6379", change: Immutable }
        /// Addresses to listen on; a leading '-' marks one that may be missing, '*' is every address.
        bind: Vec<String> = "bind" { kind: Kind::Words, default: "127.0.0.1 -::1", change: Immutable }
        /// Path of a Unix socket to listen on, relative to dir; empty for none.
        unixsocket: Option<PathBuf> = "unixsocket" { kind: Kind::Text, default: "", change: Immutable }
        /// Permissions of the Unix socket; 0 leaves them to the umask.
        unixsocketperm: u32 = "unixsocketperm" { kind: Kind::Octal(0, 0o777), default: "0", change: Immutable }
        /// Connections the system may hold that were not accepted yet.
        tcp_backlog: u32 = "tcp-backlog" { kind: Kind::Integer(0, INT_MAX), default: "511", unit: "connections", change: Immutable }
        /// Idle time after which the system probes whether a peer still lives; 0 never probes.
        tcp_keepalive_s: u32 = "tcp-keepalive" { kind: Kind::Integer(0, INT_MAX), default: "300", unit: "seconds" }
        /// Idle time after which a client is disconnected; 0 never disconnects.
        timeout_s: u32 = "timeout" { kind: Kind::Integer(0, INT_MAX), default: "0", unit: "seconds" }
        /// Most clients connected at the same time.
        maxclients: u32 = "maxclients" { kind: Kind::Integer(1, u32::MAX as i64), default: "10000", unit: "clients" }
        /// Address of the HTTP endpoint with /metrics, /healthz and /readyz; empty for none.
        metrics_listen: Option<SocketAddr> = "metrics-listen" { kind: Kind::Text, default: "127.0.0.1:9121", unit: "ADDRESS:PORT", change: Immutable }
    }

    section "Security" {
        /// Password that clients must give with AUTH or HELLO; empty for none.
        requirepass: Secret = "requirepass" { kind: Kind::Text, default: "", secret: true }
        /// Refuses clients of other machines while no password is set.
        protected_mode: bool = "protected-mode" { kind: Kind::Bool, default: "yes" }
        /// Who may use DEBUG.
        enable_debug_command: Allowed = "enable-debug-command" { kind: Kind::Choice(Allowed::WORDS), default: "no", change: Immutable }
        /// Who may change protected settings such as dir by CONFIG SET.
        enable_protected_configs: Allowed = "enable-protected-configs" { kind: Kind::Choice(Allowed::WORDS), default: "no", change: Immutable }
    }

    section "Process" {
        /// Working directory: relative paths start here.
        dir: Directory = "dir" { kind: Kind::Text, default: ".", change: Protected }
        /// File that holds the process id while the server runs, relative to dir; empty for none.
        pidfile: Option<PathBuf> = "pidfile" { kind: Kind::Text, default: "", change: Immutable }
        /// Running in the background is left to the service manager: only 'no' is accepted.
        daemonize: AlwaysOff = "daemonize" { kind: Kind::Off("the server stays in the foreground: run it under a service manager instead"), default: "no", change: Immutable }
        /// Threads that serve clients; 0 starts one per core.
        workers: u32 = "workers" { kind: Kind::Integer(0, WORKERS_MAX), default: "0", unit: "threads", change: Immutable }
        /// How often a second the server does its periodic work, such as active expiry.
        hz: u32 = "hz" { kind: Kind::Clamped(1, 500), default: "10", unit: "times per second" }
    }

    section "Log" {
        /// Least important messages that are logged.
        loglevel: LogLevel = "loglevel" { kind: Kind::Choice(LogLevel::WORDS), default: "notice" }
        /// File the log is appended to, relative to dir; empty for standard output.
        logfile: Option<PathBuf> = "logfile" { kind: Kind::Text, default: "", change: Immutable }
        /// Form of a log line: text for people, or one JSON object.
        log_format: LogFormat = "log-format" { kind: Kind::Choice(LogFormat::WORDS), default: "human", change: Immutable }
    }

    section "Keyspace" {
        /// Namespaces that exist at start, chosen by SELECT.
        databases: u32 = "databases" { kind: Kind::Integer(1, DATABASES_MAX), default: "16", unit: "databases", change: Immutable }
        /// Shards of a namespace that does not say; 0 takes a power of two, at least 16 per worker while there are as many.
        default_shards: u32 = "default-shards" { kind: Kind::Integer(0, SHARDS_MAX), default: "0", unit: "shards", change: Immutable }
        /// Memory the data may take; 0 for no limit.
        maxmemory_bytes: u64 = "maxmemory" { kind: Kind::Memory(0, u64::MAX), default: "0", unit: "bytes" }
        /// What happens when a write needs more than maxmemory leaves.
        maxmemory_policy: MaxmemoryPolicy = "maxmemory-policy" { kind: Kind::Choice(MaxmemoryPolicy::WORDS), default: "noeviction" }
        /// Most fields a hash keeps in its compact form.
        hash_max_listpack_entries: u64 = "hash-max-listpack-entries" { kind: Kind::Integer(0, i64::MAX), default: "512", unit: "fields", aliases: &["hash-max-ziplist-entries"] }
        /// Longest field or value a hash keeps in its compact form.
        hash_max_listpack_value: u64 = "hash-max-listpack-value" { kind: Kind::Memory(0, i64::MAX as u64), default: "64", unit: "bytes", aliases: &["hash-max-ziplist-value"] }
        /// How much work active expiry does, from little to much.
        active_expire_effort: u32 = "active-expire-effort" { kind: Kind::Integer(1, 10), default: "1" }
    }

    section "Persistence" {
        /// Saves everything so many seconds after the last save if there were at least so many changes; none where the list is empty.
        save: Vec<SavePoint> = "save" { kind: Kind::Groups, default: "3600 1 300 100 60 10000", unit: "seconds changes" }
        /// File in dir that everything is saved to, and loaded from at start; set at run time it ends in .rkvs or .rdb.
        dbfilename: PlainName = "dbfilename" { kind: Kind::Text, default: "dump.rkvs", change: Protected }
        /// Form of the files that are saved: our own, which keeps everything, or Redis's RDB; auto writes RDB where the name ends in .rdb.
        snapshot_format: SnapshotFormat = "snapshot-format" { kind: Kind::Choice(SnapshotFormat::WORDS), default: "auto" }
        /// Compresses what is saved: with LZ4, in RDB files with LZF.
        rdbcompression: bool = "rdbcompression" { kind: Kind::Bool, default: "yes" }
        /// Writes a checksum at the end of RDB files; our own files always have checksums.
        rdbchecksum: bool = "rdbchecksum" { kind: Kind::Bool, default: "yes", change: Immutable }
        /// Refuses writes while the last save has failed and there are save points.
        stop_writes_on_bgsave_error: bool = "stop-writes-on-bgsave-error" { kind: Kind::Bool, default: "yes" }
        /// Threads that take a snapshot or load one; 0 is one per core, at most 4.
        snapshot_threads: u32 = "snapshot-threads" { kind: Kind::Integer(0, 64), default: "0", unit: "threads" }
        /// Memory for what is changed before a snapshot has come to it; writes wait while it is full.
        snapshot_buffer_bytes: u64 = "snapshot-buffer" { kind: Kind::Memory(1 << 20, 1 << 40), default: "64mb", unit: "bytes" }
        /// Append-only file; this version has none, so that only 'no' is accepted.
        appendonly: AlwaysOff = "appendonly" { kind: Kind::Off("this version has no append-only file: only 'no' is accepted"), default: "no" }
    }

    section "Client limits" {
        /// Longest single argument of a request.
        proto_max_bulk_len: u64 = "proto-max-bulk-len" { kind: Kind::Memory(REQUEST_LIMIT_BYTES_MIN, REQUEST_LIMIT_BYTES_MAX), default: "512mb", unit: "bytes" }
        /// Most bytes a client may have sent that are not executed yet.
        client_query_buffer_limit: u64 = "client-query-buffer-limit" { kind: Kind::Memory(REQUEST_LIMIT_BYTES_MIN, REQUEST_LIMIT_BYTES_MAX), default: "1gb", unit: "bytes" }
        /// Class, hard limit, soft limit, seconds above the soft limit: replies a client may leave unread; 0 for no limit.
        client_output_buffer_limit: OutputBufferLimit = "client-output-buffer-limit" { kind: Kind::Groups, default: "normal 0 0 0", unit: "class bytes bytes seconds" }
    }

    section "Observation" {
        /// Time from which a command enters the slow log; 0 logs every command, -1 none.
        slowlog_log_slower_than_us: i64 = "slowlog-log-slower-than" { kind: Kind::Integer(-1, i64::MAX), default: "10000", unit: "microseconds" }
        /// Entries the slow log keeps.
        slowlog_max_len: u64 = "slowlog-max-len" { kind: Kind::Integer(0, i64::MAX), default: "128", unit: "entries" }
        /// Time from which an event enters the latency monitor; 0 switches it off.
        latency_monitor_threshold_ms: u64 = "latency-monitor-threshold" { kind: Kind::Integer(0, i64::MAX), default: "0", unit: "milliseconds" }
        /// Keeps a latency histogram of every command.
        latency_tracking: bool = "latency-tracking" { kind: Kind::Bool, default: "yes" }
        /// Percentiles that INFO latencystats shows.
        latency_tracking_info_percentiles: Vec<f64> = "latency-tracking-info-percentiles" { kind: Kind::Numbers, default: "50 99 99.9", unit: "percent" }
    }
}

settings! {
    /// Limits of one namespace, as given at start.
    pub struct NamespaceSettings, table NAMESPACE_SETTINGS;

    section "Namespace" {
        /// Database index by which SELECT chooses it; -1 takes the next free one.
        db: i64 = "db" { kind: Kind::Integer(-1, DATABASES_MAX - 1), default: "-1" }
        /// Shards; 0 takes default-shards.
        shards: u32 = "shards" { kind: Kind::Integer(0, SHARDS_MAX), default: "0", unit: "shards" }
        /// Most keys; 0 for no limit.
        max_keys: u64 = "max_keys" { kind: Kind::Integer(0, i64::MAX), default: "0", unit: "keys" }
        /// Largest value; 0 for no limit beyond proto-max-bulk-len.
        max_value_size_bytes: u64 = "max_value_size" { kind: Kind::Memory(0, i64::MAX as u64), default: "0", unit: "bytes" }
        /// Memory its data may take; 0 for no limit beyond the server's maxmemory.
        maxmemory_bytes: u64 = "maxmemory" { kind: Kind::Memory(0, u64::MAX), default: "0", unit: "bytes" }
        /// Time between saves of this namespace by itself; 0 saves it only together with the others.
        autosave_s: u64 = "autosave" { kind: Kind::Integer(0, AUTOSAVE_S_MAX as i64), default: "0", unit: "seconds" }
        /// Name of the files it is saved to: {ns} becomes the namespace, {ts} the time.
        autosave_pattern: AutosavePattern = "autosave_pattern" { kind: Kind::Text, default: "{ns}-{ts}" }
        /// Newest of these files that stay, the others are removed; 0 keeps all.
        autosave_keep: u32 = "autosave_keep" { kind: Kind::Integer(0, u32::MAX as i64), default: "0", unit: "files" }
    }
}

/// Finds a setting by its name or an alias, in any case.
pub fn setting(name: &str) -> Option<&'static Setting<Settings>> {
    SETTINGS.iter().find(|setting| setting.name_like(name).is_some())
}

impl Settings {
    /// Where a relative path of a setting points: inside `dir`.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.dir.path().join(path)
    }
}
