//! The server's shared parts, and its life from start to stop.

use std::io;
use std::sync::Arc;
use std::thread;

use mio::Poll;
use rkvs_engine::engine::{Engine, EngineOptions};
use rkvs_engine::namespace::Handle;
use rkvs_engine::value::hash::HashLimits;

use crate::command::table::CommandTable;
use crate::config::{Config, Settings};
use crate::metrics::{Counters, LatencyMonitor, Slowlog};
use crate::net::{self, Inbox, ListenError, Listener, Shutdown, Worker};
use crate::session::{Clients, Pause};

/// The version of the reference whose behaviour clients may rely on.
pub const REDIS_VERSION: &str = "7.2.4";

/// What all connections and threads share.
pub struct Server {
    /// The data.
    pub engine: Engine,
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
    /// CLIENT PAUSE.
    pub pause: Pause,
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
        let workers = match settings.workers {
            0 => thread::available_parallelism().map_or(1, usize::from),
            workers => workers as usize,
        };
        let engine = engine(&settings, workers)?;
        let system = |what| move |cause| StartError::System { what, cause };
        let (polls, inboxes) = (0..workers)
            .map(|_| net::open_worker())
            .collect::<io::Result<Vec<_>>>()
            .map_err(system("cannot create an event poller"))?
            .into_iter()
            .unzip::<_, _, Vec<_>, Vec<_>>();
        let started_at_ms = engine.now_ms();
        let server = Arc::new(Server {
            clients: Clients::default(),
            counters: Counters::new(workers, CommandTable::of_server().commands().len()),
            slowlog: Slowlog::default(),
            latency: LatencyMonitor::default(),
            pause: Pause::default(),
            shutdown: Shutdown::default(),
            started_at_ms,
            run_id: run_id().map_err(system("cannot read random bytes"))?,
            inboxes: inboxes.into(),
            engine,
            config: Arc::new(config),
        });
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

    /// Asks the server to stop; returns at once.
    pub fn stop(&self) {
        self.shutdown.request();
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
        0 => (16 * workers).next_power_of_two(),
        shards => shards as usize,
    };
    Engine::new(EngineOptions {
        databases: settings.databases,
        default_shards,
        max_memory_bytes: settings.maxmemory_bytes,
        hash_limits: hash_limits(settings),
        ..EngineOptions::default()
    })
    .map_err(|cause| StartError::Engine { what: "cannot set up the databases".into(), cause })
}

/// 40 random hexadecimal digits.
fn run_id() -> io::Result<String> {
    use std::io::Read;
    let mut bytes = [0; 20];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Descriptors the process needs beside those of its clients, as in the reference.
const RESERVED_DESCRIPTORS: u64 = 32;

/// Raises the limit of open descriptors so that `maxclients` clients can be served, as far as the system permits.
pub fn raise_descriptor_limit(maxclients: u32) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let wanted = u64::from(maxclients) + RESERVED_DESCRIPTORS;
    let limit = getrlimit(Resource::Nofile);
    let Some(current) = limit.current.filter(|&current| current < wanted) else { return };
    let raised = limit.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    let set = raised > current && setrlimit(Resource::Nofile, Rlimit { current: Some(raised), ..limit }).is_ok();
    if !set || raised < wanted {
        let have = if set { raised } else { current };
        tracing::warn!("The system permits {have} open files, which may be too few for maxclients {maxclients}");
    }
}
