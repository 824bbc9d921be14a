//! What other threads ask of a worker.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crossbeam_queue::ArrayQueue;
use mio::Waker;

use super::listener::Accepted;

/// Most messages that wait for a worker.
const MESSAGES_MAX: usize = 16 * 1024;

/// One request to a worker.
pub(crate) enum Message {
    /// Serve this connection.
    Adopt(Accepted),
    /// End this client's connection; its `killed` flag is set.
    Kill {
        /// The client's id.
        client: u64,
        /// Its place among the worker's connections.
        slot: usize,
    },
    /// Look at what changed: a pause ended, the server shuts down.
    Wake,
    /// Give buffers back that are kept for reuse.
    Purge,
}

/// A worker's bounded queue of messages, with the means to wake it up.
pub struct Inbox {
    messages: ArrayQueue<Message>,
    waker: Waker,
    connections: AtomicUsize,
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").field("messages", &self.messages.len()).finish_non_exhaustive()
    }
}

impl Inbox {
    pub(super) fn new(waker: Waker) -> Self {
        Self { messages: ArrayQueue::new(MESSAGES_MAX), waker, connections: AtomicUsize::new(0) }
    }

    /// Leaves a message and wakes the worker; gives it back when the queue is full.
    pub(crate) fn push(&self, message: Message) -> Result<(), Message> {
        self.messages.push(message)?;
        self.wake();
        Ok(())
    }

    /// Wakes the worker up.
    pub(crate) fn wake(&self) {
        if let Err(error) = self.waker.wake() {
            // The worker looks at its inbox at every tick as well.
            if error.kind() != io::ErrorKind::WouldBlock {
                tracing::warn!(%error, "cannot wake a worker");
            }
        }
    }

    /// Takes the oldest message.
    pub(super) fn pop(&self) -> Option<Message> {
        self.messages.pop()
    }

    /// Connections the worker serves or is about to.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Relaxed)
    }

    pub(super) fn connection_added(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    pub(super) fn connection_removed(&self) {
        self.connections.fetch_sub(1, Relaxed);
    }
}
