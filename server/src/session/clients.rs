//! Everyone who is connected: what CLIENT LIST shows and CLIENT KILL reaches.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};

use dashmap::DashMap;
use parking_lot::Mutex;

use crate::net::Inbox;
use crate::net::inbox::Message;

/// One end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Over TCP.
    Tcp(SocketAddr),
    /// Over a Unix socket, shown as its path and port 0.
    Unix(Arc<str>),
}

impl Address {
    /// Whether the peer is on this machine.
    pub fn is_local(&self) -> bool {
        match self {
            Address::Tcp(address) => address.ip().to_canonical().is_loopback(),
            Address::Unix(_) => true,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(address) => write!(f, "{address}"),
            Address::Unix(path) => write!(f, "{path}:0"),
        }
    }
}

/// The names a client goes by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientNames {
    /// Set by CLIENT SETNAME or HELLO; empty for none.
    pub name: Box<[u8]>,
    /// Name of the client library (CLIENT SETINFO).
    pub lib_name: Box<[u8]>,
    /// Version of the client library (CLIENT SETINFO).
    pub lib_ver: Box<[u8]>,
}

/// What other connections may know about a client.
///
/// The numbers are written by the client's own worker once per turn and read by anyone; they are plain relaxed
/// atomics, each true by itself, none ordered against another.
#[derive(Debug)]
pub struct ClientInfo {
    /// Unique during the life of the process, rising.
    pub id: u64,
    /// Who connected.
    pub peer: Address,
    /// The address it connected to.
    pub local: Address,
    /// The socket's descriptor number.
    pub fd: i32,
    /// Unix time of the connection in milliseconds.
    pub connected_at_ms: u64,
    /// Index of the worker that serves it.
    pub worker: usize,
    /// Its place there.
    slot: usize,
    /// Unix time of the latest request in milliseconds.
    pub active_at_ms: AtomicU64,
    /// Database index of the current namespace.
    pub db: AtomicU32,
    /// Requests queued by MULTI; -1 outside.
    pub queued: AtomicI64,
    /// Number of watched keys.
    pub watched: AtomicUsize,
    /// Received bytes not executed yet.
    pub input_bytes: AtomicUsize,
    /// Free bytes in the read buffer.
    pub input_free_bytes: AtomicUsize,
    /// Bytes queued by MULTI.
    pub multi_bytes: AtomicUsize,
    /// Reply bytes the client has not read yet.
    pub output_bytes: AtomicUsize,
    /// Memory held for replies.
    pub output_memory_bytes: AtomicUsize,
    /// All memory held for the client.
    pub memory_bytes: AtomicUsize,
    /// Index of the latest command in the command table plus one; 0 before the first.
    pub command: AtomicU32,
    /// Version of the protocol: 2 or 3.
    pub resp: AtomicU32,
    /// Whether it has authenticated as the default user.
    pub authenticated: AtomicBool,
    /// Whether it asked not to be evicted (CLIENT NO-EVICT).
    pub no_evict: AtomicBool,
    /// Whether its reads leave frequencies alone (CLIENT NO-TOUCH).
    pub no_touch: AtomicBool,
    /// Whether it waits for CLIENT UNPAUSE, or for a value (blocking commands).
    pub blocked: AtomicBool,
    /// Whether it closes as soon as its replies are written.
    pub closing: AtomicBool,
    /// Requests served.
    pub commands_total: AtomicU64,
    /// Set by CLIENT KILL; its worker closes it at the next opportunity.
    pub killed: AtomicBool,
    names: Mutex<ClientNames>,
    inbox: Arc<Inbox>,
}

impl ClientInfo {
    /// A client just connected.
    pub(crate) fn new(
        id: u64,
        peer: Address,
        local: Address,
        fd: i32,
        now_ms: u64,
        (worker, slot): (usize, usize),
        inbox: Arc<Inbox>,
    ) -> Self {
        Self {
            id,
            peer,
            local,
            fd,
            connected_at_ms: now_ms,
            worker,
            slot,
            active_at_ms: AtomicU64::new(now_ms),
            db: AtomicU32::new(0),
            queued: AtomicI64::new(-1),
            watched: AtomicUsize::new(0),
            input_bytes: AtomicUsize::new(0),
            input_free_bytes: AtomicUsize::new(0),
            multi_bytes: AtomicUsize::new(0),
            output_bytes: AtomicUsize::new(0),
            output_memory_bytes: AtomicUsize::new(0),
            memory_bytes: AtomicUsize::new(0),
            command: AtomicU32::new(0),
            resp: AtomicU32::new(2),
            authenticated: AtomicBool::new(false),
            no_evict: AtomicBool::new(false),
            no_touch: AtomicBool::new(false),
            blocked: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            commands_total: AtomicU64::new(0),
            killed: AtomicBool::new(false),
            names: Mutex::new(ClientNames::default()),
            inbox,
        }
    }

    /// A copy of the names.
    pub fn names(&self) -> ClientNames {
        self.names.lock().clone()
    }

    /// Changes the names.
    pub fn update_names(&self, change: impl FnOnce(&mut ClientNames)) {
        change(&mut self.names.lock());
    }

    /// Notes the current namespace.
    pub(crate) fn select(&self, database: u32) {
        self.db.store(database, Relaxed);
    }

    /// Ends the connection, from any thread. Its worker drops it within a turn, or at its next tick.
    pub fn kill(&self) {
        self.killed.store(true, Relaxed);
        // A full inbox does no harm: the flag is found by the worker's sweep.
        let _ = self.inbox.push(Message::Kill { client: self.id, slot: self.slot });
    }
}

/// All connected clients by id.
#[derive(Debug)]
pub struct Clients {
    by_id: DashMap<u64, Arc<ClientInfo>>,
    next_id: AtomicU64,
    count: AtomicUsize,
}

impl Default for Clients {
    fn default() -> Self {
        Self { by_id: DashMap::new(), next_id: AtomicU64::new(1), count: AtomicUsize::new(0) }
    }
}

impl Clients {
    /// Number of connected clients.
    pub fn len(&self) -> usize {
        self.count.load(Relaxed)
    }

    /// Whether nobody is connected.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The client with an id.
    pub fn find(&self, id: u64) -> Option<Arc<ClientInfo>> {
        self.by_id.get(&id).map(|entry| Arc::clone(&entry))
    }

    /// All clients, by rising id. O(n log n).
    pub fn all(&self) -> Vec<Arc<ClientInfo>> {
        let mut all: Vec<_> = self.by_id.iter().map(|entry| Arc::clone(&entry)).collect();
        all.sort_unstable_by_key(|client| client.id);
        all
    }

    /// Shows every client, in no order.
    pub fn for_each(&self, mut visit: impl FnMut(&ClientInfo)) {
        self.by_id.iter().for_each(|client| visit(&client));
    }

    /// Bytes of memory held for all clients together. O(n).
    pub fn memory_bytes(&self) -> usize {
        self.by_id.iter().map(|client| client.memory_bytes.load(Relaxed)).sum()
    }

    /// Takes one of `clients_max` places, `false` if there is none; given back by [`Clients::give_place`].
    pub(crate) fn take_place(&self, clients_max: usize) -> bool {
        self.count.try_update(Relaxed, Relaxed, |count| (count < clients_max).then_some(count + 1)).is_ok()
    }

    /// Gives a place back.
    pub(crate) fn give_place(&self) {
        self.count.fetch_sub(1, Relaxed);
    }

    /// The id of the next client.
    pub(crate) fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Relaxed)
    }

    /// Makes a client known.
    pub(crate) fn insert(&self, client: Arc<ClientInfo>) {
        self.by_id.insert(client.id, client);
    }

    /// Forgets a client.
    pub(crate) fn remove(&self, id: u64) {
        self.by_id.remove(&id);
    }
}
