//! The event loop of one thread.
//!
//! A **turn** serves every connection that is ready: requests are read and decoded into a **window** of at most
//! [`WINDOW_MAX`] across connections; the window's keys are prefetched in three stages, directory words, bucket lines and entries; then
//! it is executed in the order of each connection, and each connection's replies are written by one system call. Turns
//! follow one another while there is work; at least every [`BUSY_MAX`] the thread's other tasks get their chance.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use mio::{Poll, Token, Waker};
use rkvs_engine::shard::prefetch;
use tokio::time::MissedTickBehavior;

use super::buffer::{BufferPool, ReadBuffer, ReadOutcome};
use super::connection::Connection;
use super::expiry::Expiry;
use super::inbox::{Inbox, Message};
use super::listener::{Accepted, Listener};
use super::poller::Poller;
use super::shutdown::DRAIN_MAX;
use crate::command::dispatch::{Dispatcher, Flow, Prepared};
use crate::duty_cycle::DutyCycle;
use crate::resp::{ArgRange, Decoded, Decoder, Limits, Output, Reply};
use crate::server::Server;
use crate::session::{ClientInfo, Session};

/// Share of a worker's time that sampling the rates of all namespaces takes, in percent.
const RATES_PERCENT: u32 = 1;
/// Requests executed together, and the most of one connection in a turn.
const WINDOW_MAX: usize = prefetch::WINDOW_MAX;
/// Longest time between two visits to the runtime.
const BUSY_MAX: Duration = Duration::from_millis(1);
/// Reads from one connection in one turn before the others get theirs.
const READS_MAX: usize = 16;
/// Connections accepted in one turn.
const ACCEPTS_MAX: usize = 256;
/// Reply bytes that wait for a client before its further requests are left where they are.
const OUTPUT_BACKLOG_MAX: usize = 8 << 20;
/// Request bytes taken from a client whose requests are left where they are: a client that writes a long pipeline
/// before it reads the first reply gets through with one of this size.
const INPUT_BACKLOG_MAX: usize = 64 << 20;
/// Reply bytes of a connection that are written before its next requests are executed, rather than after.
const FLUSH_AT: usize = 64 << 10;
/// Most query bytes of a client that has not authenticated, as in the reference.
const UNAUTHENTICATED_INPUT_MAX: usize = 1 << 20;
/// Most reply bytes waiting for a client that has not authenticated.
const UNAUTHENTICATED_OUTPUT_MAX: usize = 1 << 20;
/// How long to wait before accepting again after the system refused a descriptor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Time between two warnings about that.
const ACCEPT_WARNING_PERIOD: Duration = Duration::from_secs(10);
/// Argument lists and outputs larger than this are not kept for reuse.
const KEPT_ARGS_MAX: usize = 1024;
/// Outputs kept for reuse.
const KEPT_OUTPUTS_MAX: usize = 64;
/// How long a worker rests when every request waits for somebody else's lock.
const LOCK_PAUSE: Duration = Duration::from_micros(50);

/// Token of the inbox's waker; listeners count down from below it, connections up from 0.
const TOKEN_WAKER: usize = usize::MAX;

/// One request of the window.
#[derive(Default)]
struct Pending {
    /// Place of its connection.
    slot: usize,
    /// Offset of its first byte in the connection's unconsumed input.
    start: usize,
    /// Offset behind its last byte.
    end: usize,
    /// Whether its words had to be unescaped and lie in the reader. The requests before it in the window lie in the input
    /// all the same.
    unescaped: bool,
    args: Vec<ArgRange>,
    prepared: Prepared,
}

impl Pending {
    /// What the ranges of its arguments refer to.
    #[inline]
    fn bytes<'a>(&self, decoder: &'a Decoder, input: &'a ReadBuffer) -> &'a [u8] {
        let input = &input.filled()[self.start..];
        if self.unescaped { decoder.bytes(input) } else { input }
    }
}

/// One thread's connections and everything it needs to serve them.
pub(crate) struct Worker {
    index: usize,
    server: Arc<Server>,
    poller: Poller,
    inbox: Arc<Inbox>,
    listeners: Vec<Listener>,
    /// When accepting may go on after the system ran out of descriptors.
    accept_again_at: Option<Instant>,
    /// When the log may tell of it again.
    accept_warning_at: Option<Instant>,
    accept_ready: bool,
    connections: Vec<Option<Box<Connection>>>,
    /// Free places in `connections`.
    free: Vec<usize>,
    /// Places freed in this turn: events of this turn may still name them.
    freed: Vec<usize>,
    /// Connections to serve in this turn.
    ready: Vec<usize>,
    /// Connections to serve in the next turn.
    next_ready: Vec<usize>,
    /// Connections that wait for the end of a pause.
    paused: Vec<usize>,
    /// Connections with requests in the window.
    touched: Vec<usize>,
    window: Vec<Pending>,
    window_len: usize,
    pool: BufferPool,
    outputs: Vec<Output>,
    dispatcher: Dispatcher,
    expiry: Expiry,
    /// Of sampling how much each namespace is used, which the first worker does.
    rates_cycle: DutyCycle,
    /// Where the sweep over all connections goes on.
    sweep_at: usize,
    requests: u64,
    input_bytes: u64,
    output_bytes: u64,
}

/// Opens a worker's poller and inbox: before its thread starts, so that everyone knows everyone's inbox.
pub(crate) fn open() -> io::Result<(Poll, Arc<Inbox>)> {
    let poll = Poll::new()?;
    let waker = Waker::new(poll.registry(), Token(TOKEN_WAKER))?;
    Ok((poll, Arc::new(Inbox::new(waker))))
}

impl Worker {
    /// A worker with its listeners; must run inside its thread's runtime.
    pub(crate) fn new(index: usize, server: Arc<Server>, poll: Poll, mut listeners: Vec<Listener>) -> io::Result<Self> {
        let poller = Poller::new(poll)?;
        for (number, listener) in listeners.iter_mut().enumerate() {
            poller.add_listener(listener.source(), TOKEN_WAKER - 1 - number)?;
        }
        Ok(Self {
            index,
            inbox: Arc::clone(server.inbox(index)),
            dispatcher: Dispatcher::new(Arc::clone(&server), index),
            server,
            poller,
            accept_again_at: None,
            accept_warning_at: None,
            accept_ready: !listeners.is_empty(),
            listeners,
            connections: Vec::new(),
            free: Vec::new(),
            freed: Vec::new(),
            ready: Vec::new(),
            next_ready: Vec::new(),
            paused: Vec::new(),
            touched: Vec::with_capacity(WINDOW_MAX),
            window: (0..WINDOW_MAX).map(|_| Pending::default()).collect(),
            window_len: 0,
            pool: BufferPool::default(),
            outputs: Vec::new(),
            expiry: Expiry::default(),
            rates_cycle: DutyCycle::new(RATES_PERCENT),
            sweep_at: 0,
            requests: 0,
            input_bytes: 0,
            output_bytes: 0,
        })
    }

    /// Serves until the server is asked to stop.
    ///
    /// # Errors
    /// When the system's poller fails, which it does not do for a reason that serving on would outlive.
    pub(crate) async fn run(mut self) -> io::Result<()> {
        let mut hz = self.dispatcher.settings().hz;
        let mut ticks = ticker(hz);
        while !self.server.shutdown.is_requested() {
            let is_busy = self.work()?;
            let expires = self.expiry.go_on(&self.server, self.dispatcher.settings(), !is_busy);
            if is_busy || expires {
                tokio::task::yield_now().await;
                // The ticker is asked without waiting for it.
                tokio::select! {
                    biased;
                    _ = ticks.tick() => self.tick(),
                    () = std::future::ready(()) => {}
                }
            } else {
                tokio::select! {
                    result = self.poller.wait() => result?,
                    _ = ticks.tick() => self.tick(),
                }
            }
            if hz != self.dispatcher.settings().hz {
                hz = self.dispatcher.settings().hz;
                ticks = ticker(hz);
            }
        }
        self.drain().await
    }

    /// Serves turn after turn until nothing is left to do or the time is up; returns whether there is more to do.
    fn work(&mut self) -> io::Result<bool> {
        let started = Instant::now();
        loop {
            let polled = self.poll()?;
            if !polled && self.next_ready.is_empty() && !self.accept_ready {
                return Ok(false);
            }
            self.turn();
            if started.elapsed() > BUSY_MAX {
                return Ok(true);
            }
        }
    }

    /// Takes what the system reports.
    fn poll(&mut self) -> io::Result<bool> {
        let polled = self.poller.poll()?;
        let mut woken = false;
        for event in self.poller.ready() {
            if let Some(Some(connection)) = self.connections.get_mut(event.token) {
                if event.readable {
                    connection.readable = true;
                }
                connection.hung_up |= event.closed;
                if event.writable {
                    connection.write_blocked = false;
                }
                // Room to write matters only when something waits for it.
                if (event.readable || event.closed || !connection.output.is_empty()) && !connection.queued {
                    connection.queued = true;
                    self.next_ready.push(event.token);
                }
            } else if event.token == TOKEN_WAKER {
                woken = true;
            } else if event.token > TOKEN_WAKER / 2 {
                self.accept_ready = true;
            }
        }
        if woken {
            self.read_inbox();
        }
        Ok(polled)
    }

    /// Serves every connection that is ready.
    fn turn(&mut self) {
        self.dispatcher.begin_turn();
        if self.accept_ready {
            self.accept();
        }
        std::mem::swap(&mut self.ready, &mut self.next_ready);
        let mut progress = false;
        let mut next = 0;
        while next < self.ready.len() {
            while next < self.ready.len() && self.window_len < WINDOW_MAX {
                let slot = self.ready[next];
                next += 1;
                self.collect(slot);
            }
            progress |= self.execute_window();
        }
        let served = !self.ready.is_empty();
        self.ready.clear();
        self.free.append(&mut self.freed);
        self.dispatcher.counters().turn(
            std::mem::take(&mut self.requests),
            std::mem::take(&mut self.input_bytes),
            std::mem::take(&mut self.output_bytes),
        );
        if served
            && !progress
            && self.next_ready.iter().all(|&slot| self.is_deferred(slot))
            && !self.next_ready.is_empty()
        {
            std::thread::sleep(LOCK_PAUSE);
        }
    }

    fn is_deferred(&self, slot: usize) -> bool {
        self.connections[slot].as_ref().is_some_and(|connection| connection.deferred)
    }

    /// Reads and decodes one connection's requests into the window.
    fn collect(&mut self, slot: usize) {
        let Some(connection) = self.connections[slot].as_mut() else { return };
        connection.queued = false;
        connection.deferred = false;
        if connection.session.info.killed.load(Relaxed) {
            return self.close(slot);
        }
        self.touched.push(slot);
        if connection.session.closing {
            return;
        }
        if connection.output.len_bytes() >= OUTPUT_BACKLOG_MAX {
            match connection.flush() {
                Ok(written) => self.output_bytes += written as u64,
                Err(_) => return self.close(slot),
            }
        }
        let stalled = connection.output.len_bytes() >= OUTPUT_BACKLOG_MAX;
        let settings = self.dispatcher.settings();
        let authenticated = connection.session.authenticated;
        let limits = Limits {
            max_bulk_len: usize::try_from(settings.proto_max_bulk_len).unwrap_or(usize::MAX),
            authenticated,
            ..Limits::default()
        };
        // Before authentication a request decides how the next one is read.
        let mut room = if authenticated { WINDOW_MAX - self.window_len } else { 1 };
        let mut offset = 0;
        let mut reads = 0;
        loop {
            while !stalled && room > 0 && offset < connection.input.len() && connection.broken.is_none() {
                let pending = &mut self.window[self.window_len];
                let input = &connection.input.filled()[offset..];
                match connection.decoder.next(input, &limits, &mut pending.args) {
                    Ok(Decoded::Request { consumed }) => {
                        // Words that the reader had to unescape lie in the reader until it is called again.
                        pending.unescaped = connection.decoder.is_unescaped();
                        (pending.slot, pending.start, pending.end) = (slot, offset, offset + consumed);
                        self.window_len += 1;
                        room -= 1;
                        offset += consumed;
                        if pending.unescaped {
                            room = 0;
                        }
                    }
                    Ok(Decoded::Nothing { consumed }) if offset == 0 => connection.input.consume(consumed),
                    Ok(Decoded::Nothing { consumed }) => {
                        offset += consumed;
                        // The request before takes it along.
                        self.window[self.window_len - 1].end = offset;
                    }
                    Ok(Decoded::Incomplete { missing }) => {
                        connection.missing = missing;
                        break;
                    }
                    Err(error) => connection.broken = Some(error),
                }
            }
            let wants_more = if stalled { connection.input.len() < INPUT_BACKLOG_MAX } else { offset == 0 };
            if !wants_more || !connection.readable || connection.broken.is_some() || reads == READS_MAX || room == 0 {
                break;
            }
            reads += 1;
            match connection.input.read(&mut connection.stream, connection.missing, &mut self.pool) {
                Ok(ReadOutcome::Closed) => {
                    // What came before the end is carried out by now. A peer that only ended its own sending still reads
                    // the replies: the connection stays until they are written.
                    connection.readable = false;
                    connection.session.close();
                    break;
                }
                Err(_) => return self.close(slot),
                Ok(ReadOutcome::Drained(count)) => {
                    connection.readable = connection.hung_up && count > 0;
                    self.input_bytes += count as u64;
                }
                Ok(ReadOutcome::More(count)) => self.input_bytes += count as u64,
            }
            connection.missing = connection.missing.saturating_sub(connection.input.len()).max(1);
            let len = connection.input.len();
            let len_max =
                if authenticated { settings.client_query_buffer_limit } else { UNAUTHENTICATED_INPUT_MAX as u64 };
            if len as u64 > len_max {
                tracing::warn!(
                    client = connection.session.info.id,
                    bytes = len,
                    "Closing client that reached max query buffer length"
                );
                return self.close(slot);
            }
        }
    }

    /// Finds the commands and keys of the window and has their entries fetched.
    fn prepare_window(&mut self) {
        let mut keys = prefetch::Window::new();
        for pending in &mut self.window[..self.window_len] {
            let Some(connection) = self.connections[pending.slot].as_ref() else { continue };
            let bytes = pending.bytes(&connection.decoder, &connection.input);
            pending.prepared = self.dispatcher.prepare(bytes, &pending.args);
            if let Some(hash) = pending.prepared.hash() {
                keys.add(&connection.namespace, hash);
            }
        }
        if self.window_len > 1 {
            keys.fetch();
        }
    }

    /// Executes the window and writes the replies; returns whether any request was executed.
    fn execute_window(&mut self) -> bool {
        self.prepare_window();
        self.dispatcher.begin_window();
        let mut executed = 0;
        let mut touched = 0;
        let mut next = 0;
        while touched < self.touched.len() {
            let slot = self.touched[touched];
            touched += 1;
            let mut done = 0;
            let mut count = 0;
            let mut flow = Flow::Done;
            let first = next;
            while next < self.window_len && self.window[next].slot == slot {
                next += 1;
            }
            if first < next
                && let Some(connection) = &mut self.connections[slot]
            {
                let Connection { session, namespace, decoder, input, output, .. } = &mut **connection;
                if output.heap_bytes() == 0
                    && let Some(kept) = self.outputs.pop()
                {
                    *output = kept;
                }
                for pending in &mut self.window[first..next] {
                    if flow != Flow::Done || session.closing {
                        break;
                    }
                    let bytes = pending.bytes(decoder, input);
                    flow = self.dispatcher.execute(session, namespace, bytes, &pending.args, &pending.prepared, output);
                    if flow == Flow::Done {
                        done = pending.end;
                        count += 1;
                        if output.len_bytes() >= OUTPUT_BACKLOG_MAX {
                            // The rest waits until the client has read.
                            flow = Flow::Stalled;
                        }
                    }
                    if pending.args.capacity() > KEPT_ARGS_MAX {
                        pending.args = Vec::new();
                    }
                }
            }
            executed += count;
            self.finish(slot, done, count, flow);
        }
        self.touched.clear();
        self.window_len = 0;
        self.requests += executed;
        executed > 0
    }

    /// Ends a connection's part in a window: consumes what was executed, writes, and decides how it goes on.
    fn finish(&mut self, slot: usize, done: usize, requests: u64, flow: Flow) {
        let Some(connection) = self.connections[slot].as_mut() else { return };
        connection.input.consume(done);
        if flow != Flow::Done {
            // The reader has gone ahead of the request that waits; it will start anew from there.
            connection.decoder = Default::default();
            connection.broken = None;
        } else if let Some(error) = connection.broken.take()
            && !connection.session.closing
        {
            self.dispatcher.counters().protocol_error();
            let message = error.message();
            tracing::debug!(client = connection.session.info.id, %error, "protocol error");
            let text = [b"ERR ", &*message].concat();
            self.dispatcher.counters().error(&text);
            Reply::new(&mut connection.output, connection.session.protocol).error_bytes(&text);
            connection.session.close();
        }
        let closing = connection.session.closing;
        let may_read = connection.readable
            && (connection.output.len_bytes() < OUTPUT_BACKLOG_MAX || connection.input.len() < INPUT_BACKLOG_MAX);
        let more = flow == Flow::Done && !closing && (may_read || self.has_request(slot));
        let connection = self.connections[slot].as_mut().expect("looked at just now");
        if !more || connection.output.len_bytes() >= FLUSH_AT {
            match connection.flush() {
                Ok(written) => self.output_bytes += written as u64,
                Err(_) => return self.close(slot),
            }
        }
        if connection.output.is_empty() {
            if closing {
                return self.close(slot);
            }
            connection.above_soft_limit_since_s = 0;
            if connection.output.heap_bytes() > 0 && self.outputs.len() < KEPT_OUTPUTS_MAX {
                self.outputs.push(std::mem::take(&mut connection.output));
            } else {
                connection.output.release();
            }
        } else if self.exceeds_output_limit(slot) {
            return self.close(slot);
        }
        let connection = self.connections[slot].as_mut().expect("looked at just now");
        connection.input.release_if_empty(&mut self.pool);
        if requests > 0 || !connection.output.is_empty() || connection.input.len() > 0 {
            connection.publish(self.dispatcher.now_ms(), requests);
        }
        match flow {
            Flow::Done if more => self.queue(slot),
            Flow::Done => {}
            // Its requests wait, but they are still taken in: it may read no reply before it has written them all.
            Flow::Stalled if may_read || connection.output.len_bytes() < OUTPUT_BACKLOG_MAX => self.queue(slot),
            // Room in the socket brings it back.
            Flow::Stalled => {}
            Flow::LockBusy => {
                connection.deferred = true;
                self.queue(slot);
            }
            Flow::Paused => {
                if !connection.session.info.blocked.swap(true, Relaxed) {
                    self.paused.push(slot);
                }
            }
        }
    }

    /// Whether a connection's input may hold a whole request that was not decoded yet, because its share of the window
    /// was used up or its replies pile up.
    fn has_request(&self, slot: usize) -> bool {
        let Some(connection) = &self.connections[slot] else { return false };
        connection.input.len() > 0
            && !connection.decoder.is_interrupted()
            && connection.output.len_bytes() < OUTPUT_BACKLOG_MAX
    }

    /// Has a connection served in the next turn.
    fn queue(&mut self, slot: usize) {
        if let Some(connection) = &mut self.connections[slot]
            && !connection.queued
        {
            connection.queued = true;
            self.next_ready.push(slot);
        }
    }

    /// Whether a client leaves more replies unread than it may (`client-output-buffer-limit`).
    fn exceeds_output_limit(&mut self, slot: usize) -> bool {
        let now_s = self.dispatcher.now_ms() / 1000;
        let limit = self.dispatcher.settings().client_output_buffer_limit;
        let Some(connection) = self.connections[slot].as_mut() else { return false };
        let bytes = connection.output.len_bytes() as u64;
        let hard_bytes = match limit.hard_bytes {
            _ if !connection.session.authenticated => UNAUTHENTICATED_OUTPUT_MAX as u64,
            0 => u64::MAX,
            hard_bytes => hard_bytes,
        };
        let since_s = &mut connection.above_soft_limit_since_s;
        if limit.soft_bytes == 0 || bytes <= limit.soft_bytes {
            *since_s = 0;
        } else if *since_s == 0 {
            *since_s = now_s;
        }
        let exceeds = bytes > hard_bytes || (*since_s > 0 && now_s.saturating_sub(*since_s) > limit.soft_s);
        if exceeds {
            tracing::warn!(
                client = connection.session.info.id,
                bytes,
                "Client closed for overcoming of output buffer limits."
            );
        }
        exceeds
    }

    /// Drops a connection.
    fn close(&mut self, slot: usize) {
        let Some(mut connection) = self.connections[slot].take() else { return };
        if connection.session.closing {
            self.pool.discard_received(&mut connection.stream);
        }
        // A socket that is about to be closed leaves the poller by itself, too.
        let _ = self.poller.remove(connection.stream.source());
        let session = &mut connection.session;
        session.transaction.discard(&session.info);
        self.server.clients.remove(connection.session.info.id);
        self.server.clients.give_place();
        self.inbox.connection_removed();
        self.freed.push(slot);
        if connection.output.is_empty() && connection.output.heap_bytes() > 0 && self.outputs.len() < KEPT_OUTPUTS_MAX {
            self.outputs.push(std::mem::take(&mut connection.output));
        }
    }

    /// Accepts waiting connections and hands them to the least loaded workers.
    fn accept(&mut self) {
        if let Some(at) = self.accept_again_at {
            if Instant::now() < at {
                self.accept_ready = false;
                return;
            }
            self.accept_again_at = None;
        }
        let keepalive_s = self.dispatcher.settings().tcp_keepalive_s;
        let mut accepts_left = ACCEPTS_MAX;
        for number in 0..self.listeners.len() {
            while accepts_left > 0 {
                match self.listeners[number].accept(keepalive_s) {
                    Ok(accepted) => {
                        accepts_left -= 1;
                        self.admit(accepted);
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) if is_shortage(&error) => {
                        let now = Instant::now();
                        // It is tried ten times a second for as long as it lasts; the log gets the first and then a few.
                        if self.accept_warning_at.is_none_or(|at| now >= at) {
                            self.accept_warning_at = Some(now + ACCEPT_WARNING_PERIOD);
                            tracing::warn!(%error, "Error accepting a client connection");
                        }
                        self.accept_again_at = Some(now + ACCEPT_PAUSE);
                        self.accept_ready = false;
                        return;
                    }
                    // The fault of that one connection: it is gone before it was there.
                    Err(_) => accepts_left -= 1,
                }
            }
        }
        self.accept_ready = accepts_left == 0;
    }

    /// Checks whether a new client is welcome, and passes it on.
    fn admit(&mut self, mut accepted: Accepted) {
        let settings = self.dispatcher.settings();
        if settings.protected_mode && !settings.requirepass.is_set() && !accepted.peer.is_local() {
            self.server.counters.refused();
            accepted.stream.try_write(PROTECTED_MODE_TEXT.as_bytes());
            return;
        }
        if !self.server.clients.take_place(settings.maxclients as usize) {
            self.server.counters.refused();
            accepted.stream.try_write(b"-ERR max number of clients reached\r\n");
            return;
        }
        self.server.counters.accepted();
        let least_loaded = (0..self.server.workers())
            .min_by_key(|&index| self.server.inbox(index).connections())
            .expect("this worker is one");
        let inbox = self.server.inbox(least_loaded);
        inbox.connection_added();
        if least_loaded == self.index {
            return self.adopt(accepted);
        }
        if let Err(Message::Adopt(accepted)) = inbox.push(Message::Adopt(accepted)) {
            // That worker is far behind: better served here.
            inbox.connection_removed();
            self.inbox.connection_added();
            self.adopt(accepted);
        }
    }

    /// Begins to serve a connection.
    fn adopt(&mut self, mut accepted: Accepted) {
        let slot = self.free.pop().unwrap_or(self.connections.len());
        if let Err(error) = self.poller.add(accepted.stream.source(), slot) {
            tracing::warn!(%error, "cannot watch a connection");
            self.inbox.connection_removed();
            self.server.clients.give_place();
            if slot < self.connections.len() {
                self.free.push(slot);
            }
            return;
        }
        let fd = accepted.fd();
        let Accepted { stream, peer, local } = accepted;
        let info = Arc::new(ClientInfo::new(
            self.server.clients.next_id(),
            peer,
            local,
            fd,
            self.dispatcher.now_ms(),
            (self.index, slot),
            Arc::clone(&self.inbox),
        ));
        self.server.clients.insert(Arc::clone(&info));
        let session = Session::new(info, !self.dispatcher.settings().requirepass.is_set());
        let connection = Box::new(Connection::new(stream, session, self.server.first_namespace()));
        connection.publish(self.dispatcher.now_ms(), 0);
        if slot == self.connections.len() {
            self.connections.push(Some(connection));
        } else {
            self.connections[slot] = Some(connection);
        }
        self.queue(slot);
    }

    /// Does what other threads have asked for.
    fn read_inbox(&mut self) {
        self.dispatcher.begin_turn();
        while let Some(message) = self.inbox.pop() {
            match message {
                Message::Adopt(accepted) => self.adopt(accepted),
                Message::Kill { client, slot } => {
                    let is_it = |connection: &Connection| connection.session.info.id == client;
                    if self.connections.get(slot).and_then(Option::as_deref).is_some_and(is_it) {
                        self.queue(slot);
                    }
                }
                Message::Wake => self.resume_paused(),
                Message::Purge => {
                    self.pool = BufferPool::default();
                    self.outputs = Vec::new();
                    rkvs_engine::memory::allocator::collect();
                }
            }
        }
    }

    /// Serves connections again that waited for the end of a pause.
    fn resume_paused(&mut self) {
        for slot in std::mem::take(&mut self.paused) {
            if let Some(connection) = &self.connections[slot] {
                connection.session.info.blocked.store(false, Relaxed);
                self.queue(slot);
            }
        }
    }

    /// Periodic work: a step of expiry, and a look at every connection once a second.
    fn tick(&mut self) {
        self.dispatcher.begin_turn();
        self.read_inbox();
        if !self.paused.is_empty() && self.server.pause.current(self.dispatcher.now_ms()).is_none() {
            self.resume_paused();
        }
        self.accept_ready = !self.listeners.is_empty();
        self.expiry.tick(&self.server, self.dispatcher.settings());
        if self.index == 0 {
            let (server, now_ms) = (&self.server, self.dispatcher.now_ms());
            self.rates_cycle.run(|| server.namespace_rates.sample(&server.engine, now_ms));
        }
        let hz = self.dispatcher.settings().hz.max(1) as usize;
        let slice = self.connections.len().div_ceil(hz);
        for _ in 0..slice {
            self.sweep_at = if self.sweep_at < self.connections.len() { self.sweep_at } else { 0 };
            self.examine(self.sweep_at);
            self.sweep_at += 1;
        }
        self.free.append(&mut self.freed);
    }

    /// Closes a connection that is idle for too long, was killed, or leaves too much unread.
    fn examine(&mut self, slot: usize) {
        let Some(connection) = self.connections[slot].as_mut() else { return };
        let timeout_ms = u64::from(self.dispatcher.settings().timeout_s) * 1000;
        let info = &connection.session.info;
        let idle_ms = self.dispatcher.now_ms().saturating_sub(info.active_at_ms.load(Relaxed));
        if info.killed.load(Relaxed) {
            return self.close(slot);
        }
        if timeout_ms > 0 && idle_ms > timeout_ms && !info.blocked.load(Relaxed) {
            tracing::debug!(client = info.id, "Closing idle client");
            return self.close(slot);
        }
        if !connection.output.is_empty() && self.exceeds_output_limit(slot) {
            self.close(slot);
        }
    }

    /// Ends: carries out what has been received, writes the replies as far as the peers take them in time.
    async fn drain(mut self) -> io::Result<()> {
        self.listeners.clear();
        self.accept_ready = false;
        self.poll()?;
        self.turn();
        let ends_at = Instant::now() + DRAIN_MAX;
        loop {
            let mut waiting = false;
            for slot in 0..self.connections.len() {
                let Some(connection) = self.connections[slot].as_mut() else { continue };
                match connection.flush() {
                    Ok(_) if !connection.output.is_empty() => waiting = true,
                    _ => self.close(slot),
                }
            }
            if !waiting || Instant::now() >= ends_at {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
            self.poll()?;
        }
    }
}

/// Whether accepting failed for want of descriptors or memory, so that trying at once would fail again.
fn is_shortage(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM))
}

fn ticker(hz: u32) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / hz.max(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// What a client from elsewhere is told while nobody has set a password.
const PROTECTED_MODE_TEXT: &str = "-DENIED Redis is running in protected mode because protected mode is enabled and no \
    password is set for the default user. In this mode connections are only accepted from the loopback interface. If \
    you want to connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable \
    protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis \
    from the same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do \
    so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by \
    editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting the server. \
    3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. 4) Setup a an \
    authentication password for the default user. NOTE: You only need to do one of the above things in order for the \
    server to start accepting connections from the outside.\r\n";
