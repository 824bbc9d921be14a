//! Where samples come from: a server that is polled (`live`), or a recording (`replay`). Both are a task that sends `Msg`s into
//! the application's bounded channel and obeys `Order`s; the rest cannot tell them apart.

pub mod address;
pub mod client;
#[cfg(test)]
mod fake;
mod frame;
pub mod live;
mod pace;
pub mod poll;
pub mod record;
pub mod replay;
pub mod tls;

use tokio::sync::mpsc;

use crate::state::msg::Request;
use crate::state::sample::Wants;

/// What the application asks of its source.
#[derive(Clone, Debug)]
pub enum Order {
    /// Poll these parts from now on, and once at once.
    Wants(Wants),
    /// Poll that often from now on.
    IntervalMs(u64),
    /// Poll, or try to connect, at once.
    PollNow,
    /// Send this to the server; a `Msg::Answer` comes back.
    Run(Request),
}

/// A running source; dropping it ends its tasks.
#[derive(Debug)]
pub struct Source {
    orders: mpsc::Sender<Order>,
    requests: mpsc::Sender<Request>,
}

/// Orders that wait at most.
const ORDERS_MAX: usize = 64;
/// Requests that wait at most while one is running.
const REQUESTS_MAX: usize = 16;

impl Source {
    /// Hands over an order. Never waits: answers with a request that found no room, so that its sender can be told.
    pub fn order(&self, order: Order) -> Result<(), Box<Request>> {
        match order {
            Order::Run(request) => self.requests.try_send(request).map_err(|refused| match refused {
                mpsc::error::TrySendError::Full(request) | mpsc::error::TrySendError::Closed(request) => request.into(),
            }),
            // An order that finds no room follows dozens that were not even looked at: the newest of them will do.
            order => {
                let _ = self.orders.try_send(order);
                Ok(())
            }
        }
    }
}
