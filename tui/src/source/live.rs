//! A server as a source: polled at intervals over one connection, acted upon over another, so that a save that takes its time
//! does not stop the picture. A lost connection is opened again with longer and longer pauses.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::address::Address;
use super::client::{Client, Error};
use super::poll::Poller;
use super::{ORDERS_MAX, Order, REQUESTS_MAX, Source};
use crate::clock;
use crate::state::msg::{Msg, Request};
use crate::state::sample::Wants;
use crate::value::Value;

/// How long a poll may take.
const POLL_TIME_LIMIT: Duration = Duration::from_secs(5);
/// Pauses between tries to connect; the last one stays.
const PAUSES_S: [u64; 5] = [1, 2, 4, 8, 10];

/// Starts to poll these parts of a server, within the running tokio runtime.
pub fn spawn(address: Address, interval_ms: u64, wants: Wants, messages: mpsc::Sender<Msg>) -> Source {
    let (orders, orders_in) = mpsc::channel(ORDERS_MAX);
    let (requests, requests_in) = mpsc::channel(REQUESTS_MAX);
    let poll = Poll {
        address: address.clone(),
        interval: Duration::from_millis(interval_ms),
        wants,
        orders: orders_in,
        messages: messages.clone(),
    };
    tokio::spawn(poll.run());
    tokio::spawn(act(address, requests_in, messages));
    Source { orders, requests }
}

struct Poll {
    address: Address,
    interval: Duration,
    wants: Wants,
    orders: mpsc::Receiver<Order>,
    messages: mpsc::Sender<Msg>,
}

/// Nobody listens any more.
struct Ended;

impl Poll {
    async fn run(mut self) {
        let mut failures = 0;
        loop {
            let error = match self.connected(&mut failures).await {
                Ok(Ended) => return,
                Err(error) => error,
            };
            tracing::warn!(address = %self.address, error = ?error.to_string(), "disconnected");
            let pause = Duration::from_secs(PAUSES_S[failures.min(PAUSES_S.len() - 1)]);
            failures += 1;
            let retry_at_ms = clock::now_ms() + pause.as_millis() as u64;
            let lost = Msg::Disconnected { error: error.to_string(), retry_at_ms };
            if self.messages.send(lost).await.is_err() || self.wait(Instant::now() + pause).await.is_err() {
                return;
            }
        }
    }

    /// Polls for as long as the connection holds.
    async fn connected(&mut self, failures: &mut usize) -> Result<Ended, Error> {
        let mut client = Client::connect(&self.address, POLL_TIME_LIMIT).await?;
        let mut poller = Poller::new(self.address.to_string());
        let server = poller.identify(&mut client).await?;
        tracing::info!(address = %self.address, server = ?server.title(), "connected");
        if self.messages.send(Msg::Connected(server)).await.is_err() {
            return Ok(Ended);
        }
        *failures = 0;
        loop {
            let begun = Instant::now();
            let sample = poller.poll(&mut client, &self.wants, clock::now_ms()).await?;
            if self.messages.send(Msg::Sample(Box::new(sample))).await.is_err() {
                return Ok(Ended);
            }
            // A poll that took long is followed by as long a pause: half of a server's time is enough.
            let next = (begun + self.interval).max(Instant::now() + begun.elapsed());
            if self.wait(next).await.is_err() {
                return Ok(Ended);
            }
        }
    }

    /// Waits until then, or until an order asks for a poll at once.
    async fn wait(&mut self, until: Instant) -> Result<(), Ended> {
        let mut until = until;
        loop {
            tokio::select! {
                biased;
                order = self.orders.recv() => match order.ok_or(Ended)? {
                    Order::Wants(wants) => {
                        let is_more = wants != Wants { visible_namespaces: wants.visible_namespaces.clone(), ..self.wants.clone() };
                        self.wants = wants;
                        if is_more {
                            return Ok(());
                        }
                    }
                    Order::IntervalMs(interval_ms) => {
                        let interval = Duration::from_millis(interval_ms);
                        until = until.min(Instant::now() + interval);
                        self.interval = interval;
                    }
                    Order::PollNow => return Ok(()),
                    // These go another way.
                    Order::Run(_) => {}
                },
                () = sleep_until(until) => return Ok(()),
            }
        }
    }
}

/// Runs requests one after another. Nothing is ever sent twice: whoever asked learns that it failed and decides.
async fn act(address: Address, mut requests: mpsc::Receiver<Request>, messages: mpsc::Sender<Msg>) {
    let mut connection = None;
    while let Some(request) = requests.recv().await {
        let replies = run(&address, &mut connection, &request, &messages).await.map_err(|error| error.to_string());
        tracing::info!(label = ?request.label, error = ?replies.as_ref().err(), "request");
        if replies.is_err() {
            connection = None;
        }
        if messages.send(Msg::Answer(request.answer(replies))).await.is_err() {
            return;
        }
    }
}

async fn run(
    address: &Address,
    connection: &mut Option<Client>,
    request: &Request,
    messages: &mpsc::Sender<Msg>,
) -> Result<Vec<Value>, Error> {
    // A connection that lay idle may have been closed; asking costs nothing, sending a change into it would.
    if let Some(client) = connection
        && client.call(super::client::args(["PING"])).await.is_err()
    {
        *connection = None;
    }
    let client = match connection {
        Some(client) => client,
        None => {
            let client = connection.insert(Client::connect(address, POLL_TIME_LIMIT).await?);
            // A server that does not tell, or does not allow to ask, is as good without.
            if let Some(id) = client.call(super::client::args(["CLIENT", "ID"])).await?.as_u64() {
                let _ = messages.send(Msg::ActsAs(id)).await;
            }
            client
        }
    };
    client.select(request.db.or(address.db).unwrap_or(0)).await?;
    client.set_time_limit(Duration::from_secs(request.time_limit_s));
    let replies = client.pipeline(&request.commands).await;
    client.set_time_limit(POLL_TIME_LIMIT);
    replies
}

#[cfg(test)]
mod tests;
