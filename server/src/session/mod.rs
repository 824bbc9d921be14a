//! Who is talking: what one connection has chosen and may do, and the registry of all of them.
//!
//! A [`Session`] belongs to the worker that serves the connection; `clients` holds the part that others may see.

mod clients;
mod pause;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

pub use clients::{Address, ClientInfo, ClientNames, Clients};
pub use pause::{Pause, Paused};

use crate::persistence::Job;
use crate::resp::Protocol;
use crate::transaction::Transaction;

/// Whether replies are sent (CLIENT REPLY).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReplyMode {
    /// All of them.
    #[default]
    On,
    /// None.
    Off,
    /// Not this one, nor the next one.
    SkipNext,
    /// Not this one.
    Skip,
}

/// One connection's state between requests.
#[derive(Debug)]
pub struct Session {
    /// What others may see of it.
    pub info: Arc<ClientInfo>,
    /// The protocol of its replies.
    pub protocol: Protocol,
    /// Whether it has given the password, or needs none.
    pub authenticated: bool,
    /// Whether its replies are sent.
    pub reply_mode: ReplyMode,
    /// Whether the connection closes once its replies are written; nothing more is executed.
    pub closing: bool,
    /// Whether its reads leave access frequencies alone (CLIENT NO-TOUCH).
    pub no_touch: bool,
    /// Requests queued by MULTI and keys watched by WATCH.
    pub transaction: Transaction,
    /// What its request waits for.
    pub job: Option<Arc<Job>>,
}

impl Session {
    pub(crate) fn new(info: Arc<ClientInfo>, authenticated: bool) -> Self {
        info.authenticated.store(authenticated, Relaxed);
        Self {
            info,
            protocol: Protocol::default(),
            authenticated,
            reply_mode: ReplyMode::default(),
            closing: false,
            no_touch: false,
            transaction: Transaction::default(),
            job: None,
        }
    }

    /// A session without a connection.
    #[cfg(test)]
    pub(crate) fn detached(server: &crate::server::Server) -> Self {
        let address = Address::Unix("test".into());
        let inbox = Arc::clone(server.inbox(0));
        Self::new(Arc::new(ClientInfo::new(1, address.clone(), address, -1, 0, (0, 0), inbox)), true)
    }

    /// Changes the protocol of the replies (HELLO).
    pub fn speak(&mut self, protocol: Protocol) {
        let version = match protocol {
            Protocol::Resp2 => 2,
            Protocol::Resp3 => 3,
        };
        self.info.resp.store(version, Relaxed);
        self.protocol = protocol;
    }

    /// Grants or withdraws the rights of the default user.
    pub fn set_authenticated(&mut self, authenticated: bool) {
        self.info.authenticated.store(authenticated, Relaxed);
        self.authenticated = authenticated;
    }

    /// Closes the connection once its replies are written.
    pub fn close(&mut self) {
        self.info.closing.store(true, Relaxed);
        self.closing = true;
    }
}
