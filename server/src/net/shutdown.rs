//! How the server stops.
//!
//! Asking is one atomic flag and a wake-up for everybody. Each worker then stops accepting and reading, carries out
//! what it has already received, writes the replies as far as the peers take them within [`DRAIN_MAX`], closes its
//! connections and ends its thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// How long replies may take to leave once the server stops.
pub(super) const DRAIN_MAX: Duration = Duration::from_secs(2);

/// Whether the server is to stop, and the means to wait for that.
#[derive(Debug, Default)]
pub struct Shutdown {
    requested: AtomicBool,
    notify: Notify,
}

impl Shutdown {
    /// Asks the server to stop; returns whether nobody had asked before.
    pub fn request(&self) -> bool {
        let first = !self.requested.swap(true, Ordering::AcqRel);
        self.notify.notify_one();
        first
    }

    /// Whether the server is to stop.
    #[inline]
    pub fn is_requested(&self) -> bool {
        self.requested.load(Ordering::Relaxed)
    }

    /// Waits until somebody asks. One task may wait.
    pub async fn requested(&self) {
        while !self.is_requested() {
            self.notify.notified().await;
        }
    }
}
