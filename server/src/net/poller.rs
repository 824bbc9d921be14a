//! The boundary to the operating system's readiness notification.
//!
//! Everything above speaks of tokens and readiness; another mechanism replaces this file alone.

use std::io;
use std::time::Duration;

use mio::event::Source;
use mio::{Events, Interest, Poll, Token};
use tokio::io::Interest as TokioInterest;
use tokio::io::unix::AsyncFd;

/// Events taken from the system at once.
const EVENTS_MAX: usize = 1024;

/// What a source is ready for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Readiness {
    /// The token the source was registered under.
    pub(super) token: usize,
    /// Bytes, a connection or the end of the stream can be read.
    pub(super) readable: bool,
    /// There is room to write.
    pub(super) writable: bool,
    /// The peer will send no more, or the socket failed: a short read does not mean that the rest comes later.
    pub(super) closed: bool,
}

/// A readiness poller that tokio wakes up. Edge-triggered: a source is reported once until it has been drained.
pub(super) struct Poller {
    poll: AsyncFd<Poll>,
    events: Events,
}

impl Poller {
    /// Opens a poller; must run inside a tokio runtime.
    #[expect(
        deprecated,
        reason = "its successor is `unsafe`, for wrappers that may swap the descriptor; `Poll` does not"
    )]
    pub(super) fn new(poll: Poll) -> io::Result<Self> {
        Ok(Self {
            poll: AsyncFd::with_interest(poll, TokioInterest::READABLE)?,
            events: Events::with_capacity(EVENTS_MAX),
        })
    }

    /// Watches a source for reading and writing under a token.
    pub(super) fn add(&self, source: &mut dyn Source, token: usize) -> io::Result<()> {
        self.poll.get_ref().registry().register(source, Token(token), Interest::READABLE | Interest::WRITABLE)
    }

    /// Watches a listener under a token.
    pub(super) fn add_listener(&self, source: &mut dyn Source, token: usize) -> io::Result<()> {
        self.poll.get_ref().registry().register(source, Token(token), Interest::READABLE)
    }

    /// Ends the watching.
    pub(super) fn remove(&self, source: &mut dyn Source) -> io::Result<()> {
        self.poll.get_ref().registry().deregister(source)
    }

    /// Asks what is ready now, without waiting; returns whether anything was.
    pub(super) fn poll(&mut self) -> io::Result<bool> {
        match self.poll.get_mut().poll(&mut self.events, Some(Duration::ZERO)) {
            Ok(()) => Ok(!self.events.is_empty()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What the latest [`Poller::poll`] found.
    pub(super) fn ready(&self) -> impl Iterator<Item = Readiness> + '_ {
        self.events.iter().map(|event| Readiness {
            token: event.token().0,
            readable: event.is_readable() || event.is_read_closed() || event.is_error(),
            writable: event.is_writable(),
            closed: event.is_read_closed() || event.is_write_closed() || event.is_error(),
        })
    }

    /// Waits until something is ready, letting the runtime's other tasks run.
    ///
    /// To be called when [`Poller::poll`] has just found nothing.
    pub(super) async fn wait(&mut self) -> io::Result<()> {
        let mut guard = self.poll.readable().await?;
        // The edge is used up: what comes later raises a new one, because the inner poller is empty by now or is
        // asked right after this.
        guard.clear_ready();
        Ok(())
    }
}
