//! The server's shared parts, and its life from start to stop.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::thread;

use mio::Poll;
use rkvs_engine::engine::{Engine, EngineOptions, NamespaceOptions};
use rkvs_engine::namespace::{Handle, Limits, Namespace};
use rkvs_engine::persistence::AutosaveSettings;
use rkvs_engine::shard::SHARDS_MAX;
use rkvs_engine::snapshot::file::{self, FileError};
use rkvs_engine::value::hash::HashLimits;

use crate::command::table::CommandTable;
use crate::config::{AutosavePattern, Config, NamespaceSettings, Namespaces, Settings};
use crate::metrics::{Counters, LatencyMonitor, NamespaceRates, Observer, Slowlog};
use crate::net::{self, Descriptors, Inbox, ListenError, Listener, Shutdown, Worker};
use crate::persistence::{Persistence, RDB_SUFFIX};
use crate::resizer::Resizer;
use crate::session::{Clients, Pause};

/// The version of the reference whose behaviour clients may rely on.
pub const REDIS_VERSION: &str = "7.2.4";

/// What all connections and threads share.
pub struct Server {
    /// The data.
    pub engine: Arc<Engine>,
    /// The settings and their changes.
    pub config: Arc<Config>,
    /// Everyone who is connected.
    pub clients: Clients,
    /// What the workers count.
    pub counters: Counters,
    /// The latest slow requests.
    pub slowlog: Slowlog,
    /// The latest latency spikes.
    pub latency: LatencyMonitor,
    /// How much each namespace is used.
    pub namespace_rates: NamespaceRates,
    /// Rates and peaks.
    pub observer: Observer,
    /// CLIENT PAUSE.
    pub pause: Pause,
    /// Saving and loading.
    pub persistence: Persistence,
    /// Who changes numbers of shards.
    pub resizer: Arc<Resizer>,
    /// Whether the server is to stop.
    pub shutdown: Shutdown,
    /// When the server started, in Unix milliseconds.
    pub started_at_ms: u64,
    /// 40 random hexadecimal digits that tell this run from all others.
    pub run_id: String,
    inboxes: Box<[Arc<Inbox>]>,
}

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It cannot listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The settings of a namespace or of the engine do not go together.
    #[error("{what}: {cause}")]
    Engine {
        /// What was being set up.
        what: String,
        /// What the engine said.
        cause: rkvs_engine::error::Error,
    },
    /// The data directory cannot be used.
    #[error(transparent)]
    Directory(#[from] FileError),
    /// There are too few descriptors for a single client.
    #[error(
        "Your current 'ulimit -n' of {limit} is not enough for the server to start. Please increase your open file limit to at \
         least {needed}. Exiting."
    )]
    Descriptors {
        /// The limit.
        limit: u64,
        /// What `maxclients` needs.
        needed: u64,
    },
    /// The system refused something that a server cannot do without.
    #[error("{what}: {cause}")]
    System {
        /// What was asked for.
        what: &'static str,
        /// What the system said.
        cause: io::Error,
    },
}

/// A server that listens but does not serve yet.
pub struct Bound {
    /// The shared parts.
    pub server: Arc<Server>,
    listeners: Vec<Listener>,
    polls: Vec<Poll>,
}

/// The threads of a server that serves.
pub struct Running {
    /// The shared parts.
    pub server: Arc<Server>,
    workers: Vec<thread::JoinHandle<()>>,
}

impl Server {
    /// Binds the sockets and builds the parts, so that a port in use is found before anything else happens.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn bind(config: Config) -> Result<Bound, StartError> {
        let settings = config.current();
        let listeners = net::bind_all(&settings)?;
        let workers = worker_count(&settings);
        let engine = engine(&settings, workers)?;
        let system = |what| move |cause| StartError::System { what, cause };
        let (polls, inboxes) = (0..workers)
            .map(|_| net::open_worker())
            .collect::<io::Result<Vec<_>>>()
            .map_err(system("cannot create an event poller"))?
            .into_iter()
            .unzip::<_, _, Vec<_>, Vec<_>>();
        let started_at_ms = engine.now_ms();
        let persistence = Persistence::open(settings.dir.path(), started_at_ms)?;
        let server = Arc::new(Server {
            clients: Clients::default(),
            counters: Counters::new(workers, CommandTable::of_server().commands().len()),
            slowlog: Slowlog::default(),
            latency: LatencyMonitor::default(),
            namespace_rates: NamespaceRates::default(),
            observer: Observer::default(),
            pause: Pause::default(),
            persistence,
            resizer: Arc::default(),
            shutdown: Shutdown::default(),
            started_at_ms,
            run_id: run_id().map_err(system("cannot read random bytes"))?,
            inboxes: inboxes.into(),
            engine: Arc::new(engine),
            config: Arc::new(config),
        });
        server.persistence.serve(&server);
        server.resizer.serve(&server);
        server.follow_settings();
        Ok(Bound { server, listeners, polls })
    }

    /// Has the engine follow the settings that concern it.
    fn follow_settings(self: &Arc<Self>) {
        let follow = |name, apply: fn(&Engine, &Settings)| {
            let server = Arc::downgrade(self);
            let hook = move |_: &Settings, after: &Settings| {
                if let Some(server) = server.upgrade() {
                    apply(&server.engine, after);
                }
                Ok(())
            };
            self.config.on_change(name, Box::new(hook));
        };
        follow("maxmemory", |engine, settings| engine.set_max_memory_bytes(settings.maxmemory_bytes));
        follow("hash-max-listpack-entries", |engine, settings| engine.set_hash_limits(hash_limits(settings)));
        follow("hash-max-listpack-value", |engine, settings| engine.set_hash_limits(hash_limits(settings)));
        follow("snapshot-buffer", |engine, settings| engine.snapshot_bound().set_max_bytes(buffer_bytes(settings)));
        self.config.on_change("dbfilename", Box::new(|_, after| snapshot_name_allowed(after)));
        let workers = self.workers();
        self.config.on_change("maxclients", Box::new(move |_, after| follow_maxclients(after.maxclients, workers)));
    }

    /// Number of workers.
    pub fn workers(&self) -> usize {
        self.inboxes.len()
    }

    /// A worker's inbox.
    pub(crate) fn inbox(&self, worker: usize) -> &Arc<Inbox> {
        &self.inboxes[worker]
    }

    /// Has every worker look at what changed: a pause that ended, a shutdown.
    pub fn wake_workers(&self) {
        for inbox in &self.inboxes {
            // A full inbox is read soon, and its worker looks around at every tick.
            let _ = inbox.push(net::inbox::Message::Wake);
        }
    }

    /// Has every worker give back the buffers that it keeps for reuse, and what it has freed.
    pub(crate) fn purge_workers(&self) {
        for inbox in &self.inboxes {
            // A worker whose inbox is full has a use for its buffers.
            let _ = inbox.push(net::inbox::Message::Purge);
        }
    }

    /// The namespaces there are, as a configuration file would make them: see [`config::Namespaces`](crate::config::Namespaces).
    pub(crate) fn namespace_settings(&self) -> Namespaces {
        let (engine, current) = (&self.engine, self.config.current());
        let settings = |namespace: &Namespace| {
            let (limits, name, index) = (namespace.limits(), namespace.name(), namespace.database());
            // A number that was written out, and is right, stays written out.
            let given = current.namespaces.get(name).map(|given| given.shards as usize);
            let shards = namespace.shard_count();
            NamespaceSettings {
                // A name that is an index says it already.
                db: if name == index.to_string() { -1 } else { index.into() },
                shards: if shards == engine.default_shards() && given != Some(shards) { 0 } else { shards as u32 },
                max_keys: limits.max_keys,
                max_value_size_bytes: limits.max_value_bytes,
                maxmemory_bytes: limits.max_memory_bytes,
                ..autosave(self.persistence.autosave_of(namespace))
            }
        };
        engine.namespaces().iter().map(|namespace| (namespace.name().to_owned(), settings(namespace))).collect()
    }

    /// Asks the server to stop; returns at once.
    pub fn stop(&self) {
        self.shutdown.request();
        self.resizer.stop();
        self.wake_workers();
    }

    /// The namespace a new connection works on: the one with index 0.
    pub(crate) fn first_namespace(&self) -> Handle {
        Handle::new(self.engine.database(0).expect("database 0 always exists"))
    }
}

impl Bound {
    /// Where the server listens.
    pub fn addresses(&self) -> Vec<String> {
        self.listeners.iter().filter_map(|listener| Some(listener.address().ok()?.to_string())).collect()
    }

    /// Starts the workers.
    ///
    /// # Errors
    /// [`StartError::System`] when a thread cannot be had.
    pub fn run(self) -> Result<Running, StartError> {
        let mut listeners = self.listeners;
        let mut workers = Vec::new();
        for (index, poll) in self.polls.into_iter().enumerate() {
            let server = Arc::clone(&self.server);
            // The first worker accepts for all.
            let listeners = std::mem::take(&mut listeners);
            let worker = thread::Builder::new()
                .name(format!("rkvs-worker-{index}"))
                .spawn(move || work(index, server, poll, listeners))
                .map_err(|cause| StartError::System { what: "cannot start a worker thread", cause })?;
            workers.push(worker);
        }
        Ok(Running { server: self.server, workers })
    }
}

impl Running {
    /// Waits until all workers have ended; returns whether all ended well.
    pub fn join(self) -> bool {
        self.workers.into_iter().map(thread::JoinHandle::join).filter(Result::is_err).count() == 0
    }
}

/// Whether the name of the snapshot may be set while the server runs: not one of a file that others read.
fn snapshot_name_allowed(settings: &Settings) -> Result<(), String> {
    let name = settings.dbfilename.file_name().as_str();
    match name.ends_with(file::SUFFIX) || name.ends_with(RDB_SUFFIX) {
        true => Ok(()),
        false => Err(format!("while the server runs the name must end in {} or {RDB_SUFFIX}", file::SUFFIX)),
    }
}

/// The life of a worker's thread. A worker that fails takes the server down with it: its clients would wait for ever.
fn work(index: usize, server: Arc<Server>, poll: Poll, listeners: Vec<Listener>) {
    let stop = StopOnDrop(Arc::clone(&server));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served = runtime.and_then(|runtime| {
        runtime.block_on(async { Worker::new(index, Arc::clone(&server), poll, listeners)?.run().await })
    });
    if let Err(error) = served {
        tracing::error!(worker = index, %error, "a worker failed; the server stops");
    }
    drop(stop);
}

/// Stops the server when its thread ends, however it ends.
struct StopOnDrop(Arc<Server>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        if !self.0.shutdown.is_requested() {
            self.0.stop();
        }
    }
}

fn buffer_bytes(settings: &Settings) -> usize {
    usize::try_from(settings.snapshot_buffer_bytes).unwrap_or(usize::MAX)
}

fn hash_limits(settings: &Settings) -> HashLimits {
    let clamp = |limit: u64| usize::try_from(limit).unwrap_or(usize::MAX);
    HashLimits {
        packed_entries_max: clamp(settings.hash_max_listpack_entries),
        packed_value_max: clamp(settings.hash_max_listpack_value),
    }
}

/// The engine as the settings want it, with the namespaces they name.
fn engine(settings: &Settings, workers: usize) -> Result<Engine, StartError> {
    let default_shards = match settings.default_shards {
        0 => (16 * workers).next_power_of_two().min(SHARDS_MAX),
        shards => shards as usize,
    };
    let (special_databases, others) = split_namespaces(settings);
    let engine = Engine::new(EngineOptions {
        databases: settings.databases,
        special_databases,
        default_shards,
        max_memory_bytes: settings.maxmemory_bytes,
        hash_limits: hash_limits(settings),
        ..EngineOptions::default()
    })
    .map_err(|cause| StartError::Engine { what: "cannot set up the databases".into(), cause })?;
    engine.snapshot_bound().set_max_bytes(buffer_bytes(settings));
    for (name, options) in others {
        engine
            .create_namespace(&name, options)
            .map_err(|cause| StartError::Engine { what: format!("cannot set up the namespace '{name}'"), cause })?;
    }
    Ok(engine)
}

/// The settings of a namespace that is saved at intervals, or is not.
fn autosave(saved: Option<AutosaveSettings>) -> NamespaceSettings {
    let mut settings = NamespaceSettings::default();
    if let Some(saved) = saved {
        settings.autosave_s = saved.interval_ms / 1_000;
        settings.autosave_pattern = AutosavePattern::parse(&saved.pattern).unwrap_or_default();
        settings.autosave_keep = saved.keep;
    }
    settings
}

/// A namespace's name and how it is set up.
type NamedOptions = (String, NamespaceOptions);

/// The namespaces that the settings name: those among the numbered databases, by index, and the others, those that take
/// any free index last.
fn split_namespaces(settings: &Settings) -> (BTreeMap<u32, NamedOptions>, Vec<NamedOptions>) {
    let (mut numbered, mut others) = (BTreeMap::new(), Vec::new());
    for (name, limits) in &settings.namespaces {
        let database = u32::try_from(limits.db).ok();
        let options = NamespaceOptions {
            database,
            shards: Some(limits.shards as usize).filter(|shards| *shards > 0),
            limits: Limits {
                max_keys: limits.max_keys,
                max_value_bytes: limits.max_value_size_bytes,
                max_memory_bytes: limits.maxmemory_bytes,
            },
        };
        match database.filter(|index| *index < settings.databases) {
            Some(index) => drop(numbered.insert(index, (name.clone(), options))),
            None => others.push((name.clone(), options)),
        }
    }
    others.sort_by_key(|(_, options)| options.database.unwrap_or(u32::MAX));
    (numbered, others)
}

/// 40 random hexadecimal digits.
fn run_id() -> io::Result<String> {
    use std::io::Read;
    let mut bytes = [0; 20];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Number of workers that the settings ask for.
fn worker_count(settings: &Settings) -> usize {
    match settings.workers {
        0 => thread::available_parallelism().map_or(1, usize::from),
        workers => workers as usize,
    }
}

/// Finds out whether a server with these settings can be set up, as far as that is a question of the settings.
///
/// # Errors
/// What [`Server::bind`] would say.
pub fn check(settings: &Settings) -> Result<(), StartError> {
    net::check(settings)?;
    engine(settings, worker_count(settings)).map(drop)
}

/// Raises the limit of open descriptors so that `maxclients` clients can be served, and lowers `maxclients` where the system
/// does not permit it.
///
/// # Errors
/// [`StartError::Descriptors`] when there are too few for any client.
pub fn provide_descriptors(settings: &mut Settings) -> Result<(), StartError> {
    match net::provide_descriptors(settings.maxclients, worker_count(settings)) {
        Descriptors::Enough => {}
        Descriptors::Raised { from, to } => {
            tracing::info!("Increased maximum number of open files to {to} (it was originally set to {from}).");
        }
        Descriptors::Short { limit, needed, clients_max: 0, .. } => {
            return Err(StartError::Descriptors { limit, needed });
        }
        Descriptors::Short { limit, needed, clients_max, cause } => {
            let asked = settings.maxclients;
            tracing::warn!("You requested maxclients of {asked} requiring at least {needed} max file descriptors.");
            tracing::warn!("Server can't set maximum open files to {needed} because of OS error: {cause}.");
            tracing::warn!(
                "Current maximum open files is {limit}. maxclients has been reduced to {clients_max} to compensate for low \
                 ulimit. If you need higher maxclients increase 'ulimit -n'."
            );
            settings.maxclients = clients_max;
        }
    }
    Ok(())
}

/// Makes sure that so many clients can have a descriptor each, or tells how many can.
fn follow_maxclients(maxclients: u32, workers: usize) -> Result<(), String> {
    match net::provide_descriptors(maxclients, workers) {
        Descriptors::Enough => Ok(()),
        Descriptors::Raised { from, to } => {
            tracing::info!("Increased maximum number of open files to {to} (it was originally set to {from}).");
            Ok(())
        }
        Descriptors::Short { clients_max, .. } => Err(format!(
            "The operating system is not able to handle the specified number of clients, try with {clients_max}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Kind, NamespaceSettings, setting};

    fn settings(namespaces: &[(&str, NamespaceSettings)]) -> Settings {
        let namespaces = namespaces.iter().map(|(name, settings)| ((*name).to_owned(), settings.clone())).collect();
        Settings { namespaces, databases: 4, default_shards: 2, ..Settings::default() }
    }

    #[test]
    fn namespaces_of_the_settings_are_there_at_start() {
        let plain = NamespaceSettings::default();
        let users = NamespaceSettings { db: 1, shards: 8, max_keys: 10, ..plain.clone() };
        let two = NamespaceSettings { db: 2, max_value_size_bytes: 64, ..plain.clone() };
        let far = NamespaceSettings { db: 4, maxmemory_bytes: 1 << 20, ..plain.clone() };
        let engine = engine(&settings(&[("any", plain), ("far", far), ("users", users), ("2", two)]), 1).unwrap();
        let seen: Vec<_> = engine
            .namespaces()
            .iter()
            .map(|namespace| (namespace.database(), namespace.name().to_owned(), namespace.shard_count()))
            .collect();
        let expected = [(0, "0", 2), (1, "users", 8), (2, "2", 2), (3, "3", 2), (4, "far", 2), (5, "any", 2)];
        assert_eq!(seen, expected.map(|(index, name, shards)| (index, name.to_owned(), shards)));
        let limits = |name| engine.namespace(name).unwrap().limits();
        assert_eq!(limits("users"), Limits { max_keys: 10, ..Limits::default() });
        assert_eq!(limits("2"), Limits { max_value_bytes: 64, ..Limits::default() });
        assert_eq!(limits("far"), Limits { max_memory_bytes: 1 << 20, ..Limits::default() });
    }

    #[test]
    fn the_largest_values_of_the_settings_make_an_engine() {
        let largest = |name| match setting(name).expect("exists").kind {
            Kind::Integer(_, max) => u32::try_from(max).expect("fits"),
            kind => panic!("{kind}"),
        };
        let all = Settings {
            databases: largest("databases"),
            default_shards: largest("default-shards"),
            workers: largest("workers"),
            ..Settings::default()
        };
        check(&all).expect("what a setting accepts is served");
        check(&Settings { default_shards: 0, ..all }).expect("also where it follows from another");
        let last = NamespaceSettings { db: i64::from(largest("databases")) - 1, ..NamespaceSettings::default() };
        check(&settings(&[("last", last)])).expect("the highest index");
    }

    #[test]
    fn a_server_that_would_listen_nowhere_is_refused() {
        for settings in
            [Settings { port: 0, ..Settings::default() }, Settings { bind: Vec::new(), ..Settings::default() }]
        {
            assert!(matches!(check(&settings), Err(StartError::Listen(ListenError::Nowhere))));
        }
    }

    #[test]
    fn namespaces_that_cannot_be_are_named() {
        let far = NamespaceSettings { db: 60_000, ..NamespaceSettings::default() };
        let error = engine(&settings(&[("far", far)]), 1).unwrap_err().to_string();
        assert!(error.starts_with("cannot set up the namespace 'far': "), "{error}");
        let error = engine(&settings(&[("a/b", NamespaceSettings::default())]), 1).unwrap_err().to_string();
        assert!(error.starts_with("cannot set up the namespace 'a/b': "), "{error}");
    }
}
