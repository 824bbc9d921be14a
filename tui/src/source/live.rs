//! A server as a source: polled at intervals over one connection, acted upon over another, so that a save that takes its time
//! does not stop the picture. A lost connection is opened again with longer and longer pauses.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::address::Address;
use super::client::{Client, Error, args};
use super::poll::Poller;
use super::{ORDERS_MAX, Order, REQUESTS_MAX, Source};
use crate::clock;
use crate::state::keyspace::Keyspace;
use crate::state::msg::{Msg, Request};
use crate::state::sample::{Info, Wants};
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
    let mut acting = None;
    while let Some(request) = requests.recv().await {
        let replies = run(&address, &mut acting, &request, &messages).await.map_err(|error| error.to_string());
        tracing::info!(label = ?request.label, error = ?replies.as_ref().err(), "request");
        if replies.is_err() {
            acting = None;
        }
        if messages.send(Msg::Answer(request.answer(replies))).await.is_err() {
            return;
        }
    }
}

/// The connection that requests go over.
struct Acting {
    client: Client,
    /// The server's process at its other end, where it tells.
    run_id: Option<String>,
}

impl Acting {
    async fn connect(address: &Address, messages: &mpsc::Sender<Msg>) -> Result<Self, Error> {
        let mut client = Client::connect(address, POLL_TIME_LIMIT).await?;
        // A server that does not tell, or does not allow to ask, is as good without.
        let replies = client.pipeline(&[args(["CLIENT", "ID"]), args(["INFO", "server"])]).await?;
        if let Some(id) = replies.first().and_then(Value::as_u64) {
            let _ = messages.send(Msg::ActsAs(id)).await;
        }
        let info = replies.get(1).and_then(Value::to_text).map(|text| Info::parse(&text));
        let run_id = info.and_then(|info| info.text("run_id").map(str::to_owned));
        Ok(Self { client, run_id })
    }

    /// Whether it leads to the process that the request is meant for, as far as both are known.
    fn is_meant_by(&self, request: &Request) -> bool {
        request.run_id.as_ref().zip(self.run_id.as_ref()).is_none_or(|(meant, here)| meant == here)
    }
}

async fn run(
    address: &Address,
    acting: &mut Option<Acting>,
    request: &Request,
    messages: &mpsc::Sender<Msg>,
) -> Result<Vec<Value>, Error> {
    // The keyspace is chosen anew each time: one of the same name may be another one by now. That also shows whether a connection
    // that lay idle was closed; asking costs nothing, sending a change into it would.
    let choice = request.keyspace.as_ref().map_or_else(|| args(["PING"]), Keyspace::choice);
    let chosen = match acting {
        Some(acting) => acting.client.call(choice.clone()).await.ok(),
        None => None,
    };
    let acting = match acting {
        Some(acting) if chosen.is_some() => acting,
        _ => acting.insert(Acting::connect(address, messages).await?),
    };
    if request.is_change && !acting.is_meant_by(request) {
        return Err(Error::Refused("not sent: the server was restarted, or is another one".into()));
    }
    let client = &mut acting.client;
    let chosen = match chosen {
        Some(chosen) => chosen,
        None => client.call(choice).await?,
    };
    if request.keyspace.is_some() {
        chosen.ok().map_err(Error::Refused)?;
    }
    client.set_time_limit(Duration::from_secs(request.time_limit_s));
    let replies = client.pipeline(&request.commands).await;
    client.set_time_limit(POLL_TIME_LIMIT);
    replies
}

#[cfg(test)]
mod tests;
