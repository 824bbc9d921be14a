//! MULTI, EXEC, DISCARD, WATCH, UNWATCH: requests that are carried out together or not at all.
//!
//! `queue` keeps the requests between MULTI and EXEC, `watch` the keys whose change forbids the execution, and `exec` locks
//! everything the queued requests need at once, so that nobody sees them half done.

pub(crate) mod exec;
mod queue;
mod watch;

use std::sync::atomic::Ordering::Relaxed;

pub(crate) use queue::Queue;
pub(crate) use watch::Watch;

use crate::session::ClientInfo;

/// One connection's transaction: what is queued, and what is watched.
#[derive(Debug, Default)]
pub struct Transaction {
    /// The queued requests, between MULTI and EXEC.
    pub(crate) queue: Option<Box<Queue>>,
    /// Watched keys.
    pub(crate) watches: Vec<Watch>,
    /// Whether the queued requests are being executed.
    pub(crate) running: bool,
}

impl Transaction {
    /// Whether requests are queued rather than executed.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.queue.is_some()
    }

    /// Whether the queued requests are being executed.
    #[inline]
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// Starts to queue (MULTI).
    pub(crate) fn open(&mut self, info: &ClientInfo) {
        self.queue = Some(Box::default());
        info.queued.store(0, Relaxed);
    }

    /// Forgets what is queued and watched (DISCARD, RESET, the end of the connection).
    pub(crate) fn discard(&mut self, info: &ClientInfo) {
        self.queue = None;
        info.queued.store(-1, Relaxed);
        info.multi_bytes.store(0, Relaxed);
        self.unwatch(info);
    }

    /// Notes that a request was refused while queueing, so that EXEC must not execute the others.
    #[cold]
    pub(crate) fn mark_broken(&mut self) {
        if let Some(queue) = &mut self.queue {
            queue.broken = true;
        }
    }

    /// Forgets the watched keys.
    pub(crate) fn unwatch(&mut self, info: &ClientInfo) {
        for watch in self.watches.drain(..) {
            watch.end();
        }
        info.watched.store(0, Relaxed);
    }

    /// Bytes of memory held.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.queue.as_ref().map_or(0, |queue| queue.heap_bytes())
            + self.watches.iter().map(Watch::heap_bytes).sum::<usize>()
    }
}
