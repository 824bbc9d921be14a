//! The thread that changes numbers of shards, one namespace after another.
//!
//! It is there while there is something to do, and works in slices between which clients have their turn (`engine`'s
//! `shard/resize.rs`), so it needs no share of the workers' time. When the server stops it stops too, wherever it is: nothing on disk
//! depends on how many shards there are. Should it ever fail in the middle of a step, nobody knows any more where all keys are: then the
//! server stops without saving, and the last snapshot stays.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::thread;

use parking_lot::Mutex;
use rkvs_engine::namespace::Namespace;
use rkvs_engine::shard::SHARDS_MAX;
use rkvs_engine::shard::resize::{ResizeEnd, Resizing};
use rkvs_engine::shard::route::RouteTable;

use crate::server::Server;

/// Resizes that wait at most.
const WAITING_MAX: usize = 64;

/// What is to be done, and by whom.
#[derive(Debug, Default)]
pub struct Resizer {
    work: Mutex<Work>,
    stopped: AtomicBool,
    has_failed: AtomicBool,
    /// The server that stops when this fails.
    server: OnceLock<Weak<Server>>,
}

#[derive(Debug, Default)]
struct Work {
    /// The one that is worked at.
    current: Option<Job>,
    waiting: VecDeque<Job>,
    /// Whether there is a thread.
    is_staffed: bool,
}

impl Work {
    fn of<'a>(jobs: impl IntoIterator<Item = &'a Job>, namespace: &Namespace) -> Option<&'a Job> {
        jobs.into_iter().find(|job| job.namespace.id() == namespace.id())
    }
}

#[derive(Clone, Debug)]
struct Job {
    namespace: Arc<Namespace>,
    shards: usize,
}

/// Why a resize is not begun.
#[derive(Debug, PartialEq, Eq)]
pub enum ResizeRefusal {
    /// There cannot be so many shards.
    ShardCountOutOfRange,
    /// The namespace is being resized, or waits for it.
    InProgress,
    /// Too many others wait.
    QueueFull,
    /// The system has no thread for it.
    NoThread,
}

impl Resizer {
    /// Says whose namespaces these are.
    pub(crate) fn serve(&self, server: &Arc<Server>) {
        // Said once.
        let _ = self.server.set(Arc::downgrade(server));
    }

    /// Whether it failed, so that what is in memory must not be saved.
    pub fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Relaxed)
    }

    /// Has a namespace be given another number of shards, after those that were asked for before. Returns at once.
    ///
    /// # Errors
    /// [`ResizeRefusal`].
    pub fn begin(self: &Arc<Self>, namespace: &Arc<Namespace>, shards: usize) -> Result<(), ResizeRefusal> {
        if !(1..=SHARDS_MAX).contains(&shards) {
            return Err(ResizeRefusal::ShardCountOutOfRange);
        }
        let mut work = self.work.lock();
        let is_known = Work::of(work.current.iter().chain(&work.waiting), namespace).is_some();
        if is_known || namespace.resize_state().is_some() {
            return Err(ResizeRefusal::InProgress);
        }
        if work.waiting.len() >= WAITING_MAX {
            return Err(ResizeRefusal::QueueFull);
        }
        if !work.is_staffed {
            let resizer = Arc::clone(self);
            let spawned = thread::Builder::new().name("rkvs-resizer".into()).spawn(move || {
                if catch_unwind(AssertUnwindSafe(|| resizer.work())).is_err() {
                    resizer.fail();
                }
            });
            spawned.map_err(|_| ResizeRefusal::NoThread)?;
            work.is_staffed = true;
        }
        work.waiting.push_back(Job { namespace: Arc::clone(namespace), shards });
        Ok(())
    }

    /// Takes a resize back that waits or goes on; whether there is one.
    pub fn cancel(&self, namespace: &Namespace) -> bool {
        let mut work = self.work.lock();
        let before = work.waiting.len();
        work.waiting.retain(|job| job.namespace.id() != namespace.id());
        work.waiting.len() < before || namespace.cancel_resize()
    }

    /// The number of shards that a namespace waits to be given.
    pub fn waiting(&self, namespace: &Namespace) -> Option<usize> {
        Work::of(&self.work.lock().waiting, namespace).map(|job| job.shards)
    }

    /// Ends the thread within a slice.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn fail(&self) {
        self.has_failed.store(true, Ordering::Relaxed);
        tracing::error!("a resize failed; the server stops without saving");
        if let Some(server) = self.server.get().and_then(Weak::upgrade) {
            server.stop();
        }
    }

    fn work(&self) {
        while let Some(job) = self.next_job() {
            // A large one takes some milliseconds to make, and is shared from then on.
            let _route = RouteTable::for_shards(job.shards);
            let resizing = {
                // Under the lock, so that whoever asks finds it waiting or begun.
                let mut work = self.work.lock();
                let is_wanted = Work::of(&work.waiting, &job.namespace).is_some();
                work.waiting.retain(|waiting| waiting.namespace.id() != job.namespace.id());
                work.current = Some(job.clone()).filter(|_| is_wanted);
                if is_wanted { job.namespace.begin_resize(job.shards).ok() } else { None }
            };
            resizing.iter().for_each(|resizing| self.carry_out(resizing));
            self.work.lock().current = None;
        }
    }

    /// What comes next; `None` ends the thread.
    fn next_job(&self) -> Option<Job> {
        let mut work = self.work.lock();
        let next = work.waiting.front().filter(|_| !self.stopped.load(Ordering::Relaxed)).cloned();
        work.is_staffed = next.is_some();
        next
    }

    fn carry_out(&self, resizing: &Resizing) {
        let name = resizing.namespace().name();
        let Some(begun) = resizing.state() else {
            tracing::info!(namespace = name, "There was no key to move for the number of shards asked for");
            return;
        };
        let (from, to) = (begun.from, begun.to);
        tracing::info!(namespace = name, from, to, keys = begun.keys_total, "Resizing has begun");
        let ended = resizing.run(&self.stopped);
        match ended {
            // The server stops.
            Ok(None) => {}
            Ok(Some(ResizeEnd::Done)) => tracing::info!(namespace = name, from, to, "Resizing is done"),
            Ok(Some(ResizeEnd::Cancelled)) => tracing::info!(namespace = name, from, to, "Resizing was cancelled"),
            Ok(Some(ResizeEnd::NoRoom)) => {
                tracing::warn!(namespace = name, from, to, "Resizing was given up: {to} shards cannot hold so much");
            }
            Err(error) => tracing::info!(namespace = name, from, to, %error, "Resizing has ended"),
        }
    }
}
