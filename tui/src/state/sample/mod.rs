//! What one poll of a server told. A `Sample` is also a line of a recording (see `source::record`).
//!
//! Everything but INFO is polled only when a screen asks for it (`Wants`), so each part is an `Option`: absent means that
//! it was not asked for, or that this server does not have it. Parts sit behind `Arc`, so that a clone costs nothing.

mod autosave;
mod client;
mod command;
mod info;
mod namespace;
mod setting;
mod shard;
mod slowlog;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::keyspace::Keyspace;
pub use autosave::Autosave;
pub use client::{Client, Clients, Summary as ClientSummary};
pub(crate) use command::share_of;
pub use command::{Command, percentile_of_all};
pub use info::Info;
pub use namespace::Namespace;
pub use setting::Setting;
pub use shard::{Resize, Shard, Shards};
pub use slowlog::{SlowCommand, Slowlog};

/// Clients that a sample holds at most; more are counted only.
pub const CLIENTS_MAX: usize = 20_000;
/// Namespaces that a sample holds at most.
pub const NAMESPACES_MAX: usize = 65_536;
/// So few namespaces that all of them are asked about in every poll. Where there are more they take turns, so many in a poll beside
/// those that can be seen.
pub const NAMESPACES_FEW: usize = 256;
/// Entries of the slowlog that are asked for.
pub const SLOWLOG_MAX: usize = 512;
/// Arguments of such an entry; servers keep fewer.
pub const SLOWLOG_ARGS_MAX: usize = 128;
/// Settings that a sample holds at most; a server has a few hundred.
pub const SETTINGS_MAX: usize = 4_096;
/// Shards that a sample holds at most: the most that a namespace can have, and as many new ones while it is resized.
pub const SHARDS_MAX: usize = 2 * 4_096;
/// Percentiles of a command's latency; servers tell three, or those they were told to.
pub const PERCENTILES_MAX: usize = 16;

/// Who answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Server {
    /// Where it was reached, without a password.
    pub address: String,
    /// The version of rkvs; absent when it is another server.
    pub rkvs_version: Option<String>,
    /// The version of Redis that it is, or is compatible with.
    pub redis_version: Option<String>,
}

impl Server {
    /// The one at an address, as INFO describes it.
    pub fn of(address: String, info: &Info) -> Self {
        let text = |name| info.text(name).map(str::to_owned);
        Self { address, rkvs_version: text("rkvs_version"), redis_version: text("redis_version") }
    }

    /// Whether it has namespaces, shards and autosaves.
    pub fn is_rkvs(&self) -> bool {
        self.rkvs_version.is_some()
    }

    /// What it calls a keyspace: a plain server has databases.
    pub fn keyspace_word(&self) -> &'static str {
        if self.is_rkvs() { "namespace" } else { "database" }
    }

    /// How a connection chooses the keyspace of this name and database index.
    pub fn keyspace(&self, name: &str, db: Option<u64>) -> Option<Keyspace> {
        if self.is_rkvs() { Some(Keyspace::Named(name.to_owned())) } else { db.map(Keyspace::Numbered) }
    }

    /// Name and version, such as `rkvs 0.4.0`.
    pub fn title(&self) -> String {
        match (&self.rkvs_version, &self.redis_version) {
            (Some(version), _) => format!("rkvs {version}"),
            (None, Some(version)) => format!("redis {version}"),
            (None, None) => "server".into(),
        }
    }
}

/// What one poll told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sample {
    /// When it was taken: milliseconds since 1970.
    pub at_ms: u64,
    /// Who answered.
    pub server: Server,
    /// INFO; polled always.
    pub info: Arc<Info>,
    /// Parts that are so large that they are asked for less often than the rest, and every how many seconds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub slow_parts: Vec<(String, u64)>,
    /// Parts that the server refused to tell, by the view they are for, and how it said so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<(String, String)>,
    /// The namespaces by database index; on a plain Redis the databases that hold keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespaces: Option<Arc<Vec<Namespace>>>,
    /// The commands that were called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commands: Option<Arc<Vec<Command>>>,
    /// Who is connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clients: Option<Arc<Clients>>,
    /// The shards of one namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shards: Option<Arc<Shards>>,
    /// The slowest requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slowlog: Option<Arc<Slowlog>>,
    /// CONFIG GET *, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<Arc<Vec<Setting>>>,
    /// Which namespaces are saved at intervals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autosaves: Option<Arc<Vec<Autosave>>>,
}

impl Sample {
    /// Takes over from an older sample of the same server what this one does not tell.
    pub fn keep_from(&mut self, older: &Sample) {
        fn keep<T>(newer: &mut Option<Arc<T>>, older: &Option<Arc<T>>) {
            if newer.is_none() {
                newer.clone_from(older);
            }
        }
        keep(&mut self.namespaces, &older.namespaces);
        keep(&mut self.commands, &older.commands);
        keep(&mut self.clients, &older.clients);
        keep(&mut self.shards, &older.shards);
        keep(&mut self.slowlog, &older.slowlog);
        keep(&mut self.config, &older.config);
        keep(&mut self.autosaves, &older.autosaves);
    }

    /// Whether the same process of the same server told both. Ids of clients say nothing about another one.
    pub fn is_of_run(&self, other: &Sample) -> bool {
        let run_id = |sample: &Sample| sample.info.text("run_id").map(str::to_owned);
        self.server == other.server && run_id(self) == run_id(other)
    }

    /// Why the server does not tell what a view is about.
    pub fn refusal(&self, view: &str) -> Option<&str> {
        self.refusals.iter().find(|(of, _)| of == view).map(|(_, reason)| reason.as_str())
    }

    /// When everything was last saved with success, in seconds since 1970; absent when that was not since the start.
    pub fn saved_at_s(&self) -> Option<u64> {
        let count = |name| self.info.count(name);
        let at_s = count("rdb_last_save_time")?;
        // Before its first save a server tells its start here, and -1 for how long the last one in the background took.
        let is_of_save =
            self.info.text("rdb_last_bgsave_status") == Some("ok") && count("rdb_last_bgsave_time_sec").is_some();
        let has_saved = if self.server.is_rkvs() {
            count("rdb_saves").map_or(is_of_save, |saves| saves > 0)
        } else {
            // Others count a save when it begins. Their uptime may be a second late.
            let start_s = count("server_time_usec").zip(count("uptime_in_seconds"));
            let start_s = start_s.map(|(now_us, uptime_s)| (now_us / 1_000_000).saturating_sub(uptime_s));
            is_of_save || start_s.is_some_and(|start_s| at_s > start_s + 1)
        };
        has_saved.then_some(at_s)
    }

    /// A namespace by name. `O(n)`.
    pub fn namespace(&self, name: &str) -> Option<&Namespace> {
        self.namespaces.as_ref()?.iter().find(|namespace| namespace.name == name)
    }
}

/// Which parts a screen needs beside INFO.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// `Sample::namespaces`.
    pub namespaces: bool,
    /// Of many namespaces, those to ask about in every poll: the ones that can be seen.
    pub visible_namespaces: Vec<String>,
    /// Everything in every poll, however many namespaces and clients there are: nothing takes turns.
    pub all_at_once: bool,
    /// `Sample::commands`.
    pub commands: bool,
    /// `Sample::clients`.
    pub clients: bool,
    /// `Sample::shards`, of this namespace.
    pub shards_of: Option<String>,
    /// `Sample::slowlog`.
    pub slowlog: bool,
    /// `Sample::config`.
    pub config: bool,
    /// `Sample::autosaves`.
    pub autosaves: bool,
}

impl Wants {
    /// Every part, for a recording and for `--once`.
    pub fn everything(shards_of: Option<String>) -> Self {
        Self {
            namespaces: true,
            visible_namespaces: Vec::new(),
            all_at_once: false,
            commands: true,
            clients: true,
            shards_of,
            slowlog: true,
            config: true,
            autosaves: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn what_was_not_asked_for_is_kept_from_before() {
        let older = Sample { commands: Some(Arc::default()), slowlog: Some(Arc::default()), ..Sample::default() };
        let fresh = Arc::new(vec![Command { name: "get".into(), ..Command::default() }]);
        let mut newer = Sample { commands: Some(Arc::clone(&fresh)), ..Sample::default() };
        newer.keep_from(&older);
        assert_eq!(newer.commands, Some(fresh));
        assert!(newer.slowlog.is_some());
        assert!(newer.clients.is_none());
    }

    #[test]
    fn a_start_and_a_save_that_runs_or_fails_are_no_save() {
        let told = |version: Option<&str>, info: &str| {
            let server = Server { rkvs_version: version.map(str::to_owned), ..Server::default() };
            let info = Info::parse(&info.replace(' ', "\r\n"));
            Sample { server, info: Arc::new(info), ..Sample::default() }.saved_at_s()
        };
        // As Redis 7 and Valkey 9 tell it: the count grows when a save begins.
        let plain = |now_s: u64, saved_s: u64, status, took, saves| {
            let info = format!(
                "server_time_usec:{now_s}123456 uptime_in_seconds:{} rdb_last_save_time:{saved_s} \
                 rdb_last_bgsave_status:{status} rdb_last_bgsave_time_sec:{took} rdb_saves:{saves}",
                now_s - 1_000
            );
            told(None, &info)
        };
        assert_eq!(plain(1_012, 1_000, "ok", "-1", 0), None, "its start");
        assert_eq!(plain(1_012, 1_001, "ok", "-1", 0), None, "its start, a second late");
        assert_eq!(plain(1_012, 1_000, "ok", "-1", 1), None, "the first one runs");
        assert_eq!(plain(1_012, 1_000, "err", "0", 1), None, "the first one failed");
        assert_eq!(plain(1_012, 1_001, "ok", "0", 1), Some(1_001), "one at once");
        assert_eq!(plain(1_012, 1_009, "ok", "-1", 1), Some(1_009), "a SAVE");
        assert_eq!(plain(1_012, 1_009, "err", "0", 2), Some(1_009), "the one before was good");
        assert_eq!(plain(1_012, 1_009, "ok", "0", 0), Some(1_009), "statistics were reset");
        let rkvs = |saves| {
            told(Some("0.4.0"), &format!("rdb_last_save_time:1009 rdb_last_bgsave_status:ok rdb_saves:{saves}"))
        };
        assert_eq!((rkvs(0), rkvs(1)), (None, Some(1_009)), "it counts those that succeeded");
    }

    #[test]
    fn lists_are_read_to_their_bounds() {
        let text = |text: &str| Value::Bytes(text.as_bytes().to_vec());
        let many = |count: usize, item: &Value| Value::Array(vec![item.clone(); count + 5]);
        let settings: Vec<_> = (0..SETTINGS_MAX + 5).map(|n| (text(&format!("s{n}")), text("v"))).collect();
        assert_eq!(Setting::from_reply(&Value::Map(settings)).len(), SETTINGS_MAX);
        let autosave = Value::Map(vec![(text("name"), text("a"))]);
        assert_eq!(Autosave::from_reply(&many(NAMESPACES_MAX, &autosave)).len(), NAMESPACES_MAX);
        let shards = Shards::from_replies("a".into(), &many(SHARDS_MAX, &Value::Map(Vec::new())), None);
        assert_eq!(shards.shards.len(), SHARDS_MAX);
        let number = Value::Integer(1);
        let entry = Value::Array(vec![number.clone(), number.clone(), number, many(SLOWLOG_ARGS_MAX, &text("x"))]);
        let slowlog = Slowlog::from_replies(&many(SLOWLOG_MAX, &entry), &Value::Null, &Value::Null);
        assert_eq!((slowlog.entries.len(), slowlog.entries[0].args.len()), (SLOWLOG_MAX, SLOWLOG_ARGS_MAX));
        let percentiles: Vec<_> = (0..50).map(|n| format!("p{n}=1")).collect();
        let percentiles = percentiles.join(",");
        let info = Info::parse(&format!("cmdstat_a:calls=1\nlatency_percentiles_usec_a:{percentiles}\n"));
        assert_eq!(Command::from_info(&info)[0].latency_usec.len(), PERCENTILES_MAX);
    }

    #[test]
    fn a_sample_survives_a_recording() {
        let sample = Sample {
            at_ms: 5,
            info: Arc::new(Info::parse("# Server\r\nredis_version:7.2.4\r\nx:a:b\r\n")),
            namespaces: Some(Arc::new(vec![Namespace { name: "a\n\u{1b}[2J".into(), ..Namespace::default() }])),
            ..Sample::default()
        };
        let line = serde_json::to_string(&sample).unwrap();
        assert!(!line.contains('\n'));
        assert_eq!(serde_json::from_str::<Sample>(&line).unwrap(), sample);
        assert_eq!(serde_json::from_str::<Sample>("{}").unwrap(), Sample::default());
    }
}
