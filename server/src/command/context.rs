//! What a handler works with beside its arguments.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use rkvs_engine::keyspace::Keyspace;
use rkvs_engine::namespace::{Handle, Namespace};
use rkvs_engine::shard::multi_key::{LockError, Locks, Patience, Reach};
use rkvs_engine::table::Key;

use super::error::CommandError;
use crate::config::Settings;
use crate::persistence::Job;
use crate::server::Server;
use crate::session::Session;
use crate::transaction::Watch;

/// The session that sent a request, the server it reached, and the keys it may touch.
///
/// The locks that the command's scope asks for are held already; [`Context::keyspace`] reaches the keys through them.
pub struct Context<'a> {
    /// What all connections share: engine, configuration, clients, counters.
    pub server: &'a Server,
    /// The settings as they were when this turn began.
    pub settings: &'a Settings,
    /// Who asks.
    pub session: &'a mut Session,
    /// The time at which the request happens, in Unix milliseconds; the same throughout a transaction.
    pub now_ms: u64,
    /// The namespace the request works on.
    handle: &'a Handle,
    /// The namespaces that are locked as a whole: some or all, for commands over several of them.
    others: &'a [Handle],
    /// The locks that are held; none for commands that need none or take one after another.
    locks: Option<Locks<'a>>,
    /// The namespace chosen by this request for the following ones.
    selected: Option<Handle>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        server: &'a Server,
        settings: &'a Settings,
        session: &'a mut Session,
        now_ms: u64,
        handle: &'a Handle,
        others: &'a [Handle],
        locks: Option<Locks<'a>>,
    ) -> Self {
        Self { server, settings, session, now_ms, handle, others, locks, selected: None }
    }

    /// Takes the namespace out that the latest request has chosen.
    pub(crate) fn take_selected(&mut self) -> Option<Handle> {
        self.selected.take()
    }

    /// Goes on in another of the namespaces that are locked; for the next request of a transaction.
    pub(crate) fn enter(&mut self, handle: &'a Handle) {
        self.handle = handle;
    }

    /// The keys of the current namespace: those of the request through the locks held, or the whole namespace shard by
    /// shard where the command's scope is that.
    #[inline]
    pub fn keyspace(&mut self) -> Keyspace<'_> {
        let keyspace = match &mut self.locks {
            Some(locks) => locks.keyspace(self.handle, self.now_ms),
            None => self.handle.unlocked(self.now_ms),
        };
        if self.session.no_touch { keyspace.without_touching() } else { keyspace }
    }

    /// Waits for a job without keeping its worker. `begin` looks at the request and begins the job; the handler is called again
    /// when that has ended, and then gets here without another look.
    ///
    /// # Errors
    /// [`CommandError::LockBusy`] while the job goes on: a handler passes it on. That of `begin`.
    pub fn wait_for(
        &mut self,
        begin: impl FnOnce(&Self) -> Result<Arc<Job>, CommandError>,
    ) -> Result<Result<(), String>, CommandError> {
        let job = match self.session.job.take() {
            Some(job) => job,
            None => begin(self)?,
        };
        match job.outcome() {
            Some(outcome) => Ok(outcome.clone()),
            None => {
                self.session.job = Some(job);
                Err(CommandError::LockBusy)
            }
        }
    }

    /// The current namespace.
    pub fn namespace(&self) -> &'a Arc<Namespace> {
        self.handle.namespace()
    }

    /// Whether the request is part of a transaction that runs.
    pub fn in_transaction(&self) -> bool {
        self.session.transaction.is_running()
    }

    /// The namespace of a database index.
    ///
    /// # Errors
    /// [`CommandError::DatabaseOutOfRange`].
    pub fn database(&self, index: i64) -> Result<Arc<Namespace>, CommandError> {
        // The reference reads 32 bits here and says so.
        let index = i32::try_from(index).map_err(|_| {
            CommandError::Other("ERR value is out of range, value must between -2147483648 and 2147483647")
        })?;
        u32::try_from(index)
            .ok()
            .and_then(|index| self.server.engine.database(index))
            .ok_or(CommandError::DatabaseOutOfRange)
    }

    /// Makes a namespace the current one from the next request on (SELECT, NAMESPACE USE).
    pub fn select(&mut self, namespace: Arc<Namespace>) {
        self.session.info.select(namespace.database());
        self.selected = Some(Handle::new(namespace));
    }

    /// Watches a key of this request, unless the session does already.
    pub(crate) fn watch(&mut self, key: Key<'_>) {
        if self.session.transaction.watches.iter().any(|watch| watch.is_of(self.handle, key)) {
            return;
        }
        let version = self.keyspace().watch(key);
        let watch = Watch::new(self.handle.clone(), key, version);
        self.session.transaction.watches.push(watch);
        self.session.info.watched.store(self.session.transaction.watches.len(), Relaxed);
    }

    /// All namespaces there are; inside a transaction that has locked them, those it has locked.
    pub fn namespaces(&self) -> Vec<Arc<Namespace>> {
        match self.locks {
            Some(_) => self.others.iter().map(|handle| Arc::clone(handle.namespace())).collect(),
            None => self.server.engine.namespaces(),
        }
    }

    /// Locks these namespaces as a whole and runs `operation`: see [`Context::with_shards`].
    ///
    /// # Errors
    /// As [`Context::with_shards`].
    pub fn with_namespaces<T>(
        &mut self,
        namespaces: &[Arc<Namespace>],
        operation: impl FnOnce(&mut Locks<'_>, &[&Handle], u64) -> Result<T, CommandError>,
    ) -> Result<T, CommandError> {
        let wanted: Vec<_> = namespaces.iter().map(|namespace| (Arc::clone(namespace), Reach::All)).collect();
        self.with_shards(&wanted, operation)
    }

    /// Locks these shards and runs `operation`, which reaches each namespace through the [`Locks`] and its handle; the
    /// handles are in the order of `wanted`. Inside a transaction the locks are held already.
    ///
    /// # Errors
    /// [`CommandError::LockBusy`] when another thread has one of the locks: a handler passes it on before it has changed
    /// anything. When one of the namespaces was deleted meanwhile. What `operation` returns.
    pub fn with_shards<T>(
        &mut self,
        wanted: &[(Arc<Namespace>, Reach<'_>)],
        operation: impl FnOnce(&mut Locks<'_>, &[&Handle], u64) -> Result<T, CommandError>,
    ) -> Result<T, CommandError> {
        if let Some(locks) = &mut self.locks {
            let handles: Option<Vec<&Handle>> = wanted
                .iter()
                .map(|(wanted, _)| self.others.iter().find(|handle| handle.namespace().id() == wanted.id()))
                .collect();
            let handles = handles.ok_or(CommandError::NamespaceGone)?;
            return operation(locks, &handles, self.now_ms);
        }
        // A transaction that has begun ends; other requests are tried again, and others are served meanwhile.
        let patience = if self.in_transaction() { Patience::Wait } else { Patience::Brief };
        let mut handles: Vec<Handle> = wanted.iter().map(|(namespace, _)| Handle::new(Arc::clone(namespace))).collect();
        loop {
            let reaches: Vec<_> = handles.iter().zip(wanted).map(|(handle, (_, reach))| (handle, *reach)).collect();
            match Locks::many(&reaches, patience) {
                Ok(mut locks) => {
                    let handles: Vec<&Handle> = handles.iter().collect();
                    return operation(&mut locks, &handles, self.now_ms);
                }
                Err(LockError::Busy) => return Err(CommandError::LockBusy),
                Err(LockError::Stale | LockError::Resized) => {}
            }
            for handle in &mut handles {
                handle.refresh()?;
            }
        }
    }
}
