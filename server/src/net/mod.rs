//! Sockets, and the threads that serve them.
//!
//! `listener` binds and accepts; `worker` is the event loop of one thread, `poller` the boundary to the system's
//! readiness notification, `connection` one client's socket and buffers, `buffer` the read buffers lent to them,
//! `expiry` the share of its time that removing expired keys gets, `descriptors` the limit that `maxclients` needs, and `inbox` what other threads ask of a worker. `shutdown` says how all of it ends.

mod buffer;
mod connection;
mod descriptors;
mod expiry;
pub(crate) mod inbox;
mod listener;
mod poller;
mod shutdown;
mod worker;

pub(crate) use descriptors::{Descriptors, provide as provide_descriptors};
pub use inbox::Inbox;
pub(crate) use listener::check;
pub use listener::{ListenError, Listener, bind_all};
pub use shutdown::Shutdown;
pub(crate) use worker::{Worker, open as open_worker};

#[cfg(test)]
mod tests;
