//! Whether a request may run, and its running.
//!
//! The gates stand in the reference's order, which decides the error a client sees. A request that passes them is queued
//! (MULTI) or run: its shards are locked, its handler is called, and its time goes into the counters. Only this file decides
//! these things; handlers find the locks held and the arity right.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use quanta::Clock as Ticks;
use rkvs_engine::namespace::Handle;
use rkvs_engine::shard::multi_key::{LockError, Locks, Patience, Reach};
use rkvs_engine::table::KeyHasher;

use super::args::Args;
use super::context::Context;
use super::error::{CommandError, CommandResult, unknown_command, unknown_subcommand};
use super::flags::{DENYOOM, FAST, LOADING, MAY_REPLICATE, NO_AUTH, NO_MULTI, PROTECTED, SKIP_SLOWLOG, WRITE};
use super::keys::KeyRef;
use super::spec::{Command, Group, Scope};
use super::table::CommandTable;
use crate::config::Settings;
use crate::metrics::counters::WorkerCounters;
use crate::persistence;
use crate::resp::{ArgRange, Output, Reply};
use crate::server::Server;
use crate::session::{Paused, ReplyMode, Session};
use crate::transaction::exec;

/// How a request went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// It is over; its reply, if it gets one, is in the output.
    Done,
    /// It has not begun: a lock it needs is taken. To be tried again soon.
    LockBusy,
    /// It has not begun: CLIENT PAUSE.
    Paused,
    /// The request before it filled the output.
    Stalled,
}

/// What is known of a request before it runs.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Prepared {
    /// The command or subcommand; the container when the subcommand is unknown.
    command: Option<&'static Command>,
    /// Index of the first argument behind the name.
    first: usize,
    /// Index of the only key, and its hash.
    key: Option<(usize, u64)>,
}

impl Prepared {
    /// The hash of the only key.
    #[inline]
    pub(crate) fn hash(&self) -> Option<u64> {
        self.key.map(|(_, hash)| hash)
    }
}

/// One worker's way of running requests.
pub(crate) struct Dispatcher {
    pub(super) server: Arc<Server>,
    worker: usize,
    table: &'static CommandTable,
    hasher: KeyHasher,
    settings: Arc<Settings>,
    settings_version: u64,
    /// How long a request must take to be looked at for the slow log and the latency monitor.
    noteworthy_ns: u64,
    ticks: Ticks,
    /// When the request before ended, by the processor's counter.
    last_tick: Cell<u64>,
    now_ms: u64,
    /// Whether loading or saving stands in the way of some requests of this window.
    is_restricted: bool,
    /// The command that [`exec`] stands for.
    exec: Option<usize>,
    found: FoundKeys,
}

/// The keys of the request at hand; kept, so that their memory is.
#[derive(Default)]
struct FoundKeys {
    refs: Vec<KeyRef>,
    /// Their hashes, in order.
    hashes: Vec<u64>,
    /// Their argument indexes and hashes, in order.
    hashed: Vec<(usize, u64)>,
}

impl Dispatcher {
    pub(crate) fn new(server: Arc<Server>, worker: usize) -> Self {
        let table = CommandTable::of_server();
        let settings_version = server.config.version();
        let settings = server.config.current();
        Self {
            worker,
            table,
            hasher: server.engine.hasher(),
            noteworthy_ns: noteworthy_ns(&settings),
            settings,
            settings_version,
            ticks: Ticks::new(),
            last_tick: Cell::new(0),
            now_ms: server.engine.now_ms(),
            is_restricted: true,
            exec: table.lookup(b"exec").map(Command::index),
            found: FoundKeys::default(),
            server,
        }
    }

    /// The settings as of this turn.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The time of this turn, in Unix milliseconds.
    pub(crate) fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// This worker's counters.
    pub(crate) fn counters(&self) -> &WorkerCounters {
        self.server.counters.worker(self.worker)
    }

    /// Looks at the clock and at the settings' version.
    pub(crate) fn begin_turn(&mut self) {
        self.now_ms = self.server.engine.now_ms();
        self.follow_settings();
    }

    /// Takes the current settings if they have changed.
    fn follow_settings(&mut self) {
        let version = self.server.config.version();
        if version != self.settings_version {
            self.settings_version = version;
            self.settings = self.server.config.current();
            self.noteworthy_ns = noteworthy_ns(&self.settings);
        }
    }

    /// Looks at what loading and saving stand in the way of, and starts the stopwatch: from here on each request's end is the next one's start.
    pub(crate) fn begin_window(&mut self) {
        self.now_ms = self.server.engine.now_ms();
        self.last_tick.set(self.ticks.raw());
        self.is_restricted = self.server.persistence.gate() != 0 || self.server.engine.snapshot_bound().is_reached();
    }

    /// Finds a request's command and the hash of its key.
    #[inline]
    pub(crate) fn prepare(&self, bytes: &[u8], ranges: &[ArgRange]) -> Prepared {
        let Some(mut command) = ranges.first().and_then(|name| self.table.lookup(name.of(bytes))) else {
            return Prepared { command: None, first: 1, key: None };
        };
        let mut first = 1;
        if command.is_container()
            && let Some(subcommand) = ranges.get(1).and_then(|name| command.subcommand(name.of(bytes)))
        {
            command = subcommand;
            first = 2;
        }
        let key = command.keys.only().and_then(|index| {
            let hash = self.hasher.hash(ranges.get(index)?.of(bytes));
            Some((index, hash))
        });
        Prepared { command: Some(command), first, key }
    }

    /// Runs a request, or queues or refuses it.
    #[inline(always)]
    pub(crate) fn execute(
        &mut self,
        session: &mut Session,
        namespace: &mut Handle,
        bytes: &[u8],
        ranges: &[ArgRange],
        prepared: &Prepared,
        output: &mut Output,
    ) -> Flow {
        let mut args = Args::new(bytes, ranges, prepared.first, self.hasher).with_hashes(prepared.key.as_slice());
        let command = match self.admit(session, namespace, prepared, &args) {
            Ok(command) => command,
            Err(refusal) => {
                self.refuse(session, prepared.command, &refusal, output);
                return Flow::Done;
            }
        };
        if let Some(paused) = self.server.pause.current(self.now_ms)
            && self.waits(session, command, paused)
        {
            return Flow::Paused;
        }
        if self.is_restricted
            && let Some(flow) = self.waits_for_snapshot(session, command)
        {
            return flow;
        }
        let mark = output.mark();
        if session.reply_mode == ReplyMode::SkipNext {
            session.reply_mode = ReplyMode::Skip;
        }
        let flow = if session.transaction.is_open() {
            self.execute_in_multi(session, namespace, command, &mut args, output)
        } else {
            self.run(session, namespace, command, &mut args, output)
        };
        if session.reply_mode != ReplyMode::On {
            hide_reply(session, flow, output, mark);
        }
        flow
    }

    /// The gates: the command, if this request may run.
    #[inline(always)]
    fn admit(
        &self,
        session: &Session,
        namespace: &Handle,
        prepared: &Prepared,
        args: &Args<'_>,
    ) -> Result<&'static Command, CommandError> {
        let command = known(prepared, args)?;
        arity(command, args)?;
        if command.flags.intersects(PROTECTED.with(NO_MULTI)) || !session.authenticated {
            self.protected(session, command)?;
            self.authenticated(session, command)?;
            allowed_in_multi(session, command)?;
        }
        // Asked first of what is at hand: without a limit this gate costs one load.
        if (command.flags.contains(DENYOOM) || session.transaction.is_open())
            && namespace.namespace().is_memory_limited()
        {
            self.memory(session, namespace, command)?;
        }
        if self.is_restricted {
            self.persistence(session, command)?;
        }
        Ok(command)
    }

    /// Whether loading, or a save that failed, stands in the way of a command.
    #[cold]
    fn persistence(&self, session: &Session, command: &Command) -> CommandResult {
        if session.job.is_some() {
            // It was let in, and hears what came of it.
            return Ok(());
        }
        let gate = self.server.persistence.gate();
        let is_exec = Some(command.index()) == self.exec;
        let queued = |test: fn(&Command) -> bool| {
            is_exec
                && session
                    .transaction
                    .queue
                    .as_ref()
                    .is_some_and(|queue| queue.requests().any(|(queued, _)| test(queued)))
        };
        let is_write = |command: &Command| command.flags.contains(WRITE);
        if gate & persistence::SAVE_FAILED != 0
            && self.settings.stop_writes_on_bgsave_error
            && !self.settings.save.is_empty()
            && (is_write(command) || command.full_name() == "ping" || queued(is_write))
        {
            return Err(CommandError::Other(
                "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that \
                 may modify the data set are disabled, because this instance is configured to report errors during writes if \
                 RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the \
                 RDB error.",
            ));
        }
        let needs_data = |command: &Command| !command.flags.contains(LOADING);
        if gate & persistence::LOADING != 0 && (needs_data(command) || queued(needs_data)) {
            return Err(CommandError::Other("LOADING Redis is loading the dataset in memory"));
        }
        Ok(())
    }

    /// Whether a request that may write has to wait: for the end of the last save, or because a snapshot has no room for what
    /// writes change.
    #[cold]
    fn waits_for_snapshot(&self, session: &Session, command: &Command) -> Option<Flow> {
        if !self.waits(session, command, Paused::Writes) {
            return None;
        }
        if self.server.persistence.gate() & persistence::STOPPING != 0 {
            return Some(Flow::Paused);
        }
        self.server.engine.snapshot_bound().is_reached().then_some(Flow::LockBusy)
    }

    /// Whether the command needs a permission that the client does not have.
    fn protected(&self, session: &Session, command: &Command) -> CommandResult {
        let is_local = session.info.peer.is_local();
        if command.flags.contains(PROTECTED) && !self.settings.enable_debug_command.allows(is_local) {
            return Err(CommandError::NotEnabled("DEBUG"));
        }
        Ok(())
    }

    /// Whether the client has given the password, or none is needed.
    fn authenticated(&self, session: &Session, command: &Command) -> CommandResult {
        let passes = session.authenticated || command.flags.contains(NO_AUTH) || !self.settings.requirepass.is_set();
        if passes { Ok(()) } else { Err(CommandError::NoAuth) }
    }

    /// Whether a command that may need memory can have any. To queue needs memory as well, so inside MULTI everything but what ends the
    /// transaction is such a command; EXEC is one when a queued command is. Whoever passes may still be refused by the
    /// engine, which reserves what is needed before it writes.
    #[cold]
    fn memory(&self, session: &Session, namespace: &Handle, command: &Command) -> CommandResult {
        let needs_memory = match &session.transaction.queue {
            // What it needs it has by now.
            None if session.job.is_some() => false,
            Some(queue) if Some(command.index()) == self.exec => {
                queue.requests().any(|(command, _)| command.flags.contains(DENYOOM))
            }
            Some(_) => !matches!(command.full_name(), "discard" | "quit" | "reset"),
            None => command.flags.contains(DENYOOM),
        };
        let refused = needs_memory && namespace.namespace().is_memory_exhausted();
        if refused { Err(CommandError::OutOfMemory) } else { Ok(()) }
    }

    /// Whether a pause concerns this request.
    #[cold]
    fn waits(&self, session: &Session, command: &Command, paused: Paused) -> bool {
        const MAY_WRITE: super::flags::Flags = WRITE.with(MAY_REPLICATE);
        let may_write =
            || {
                command.flags.intersects(MAY_WRITE)
                    || (Some(command.index()) == self.exec
                        && session.transaction.queue.as_ref().is_some_and(|queue| {
                            queue.requests().any(|(command, _)| command.flags.intersects(MAY_WRITE))
                        }))
            };
        paused == Paused::All || may_write()
    }

    /// Replies to a request that a gate refused.
    #[cold]
    fn refuse(
        &mut self,
        session: &mut Session,
        command: Option<&Command>,
        refusal: &CommandError,
        output: &mut Output,
    ) {
        if let CommandError::CrossProtocol = refusal {
            tracing::warn!(
                client = %session.info.peer,
                "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Redis. \
                 This is likely due to an attacker attempting to use Cross Protocol Scripting to compromise your Redis \
                 instance. Connection aborted."
            );
            session.close();
            return;
        }
        session.job = None;
        session.transaction.mark_broken();
        if let Some(command) = command {
            self.counters().rejected(command.index());
        }
        let mut text = refusal.text();
        if command.is_some_and(|command| Some(command.index()) == self.exec) {
            // An EXEC that may not run ends its transaction all the same.
            session.transaction.discard(&session.info);
            let cause = text.strip_prefix(b"ERR ").unwrap_or(&text);
            text = [b"EXECABORT Transaction discarded because of: ", cause].concat().into();
        }
        self.counters().error(&text);
        match session.reply_mode {
            ReplyMode::On => Reply::new(output, session.protocol).error_bytes(&text),
            // A refusal is the reply that was to be skipped.
            ReplyMode::SkipNext => session.reply_mode = ReplyMode::On,
            ReplyMode::Skip | ReplyMode::Off => {}
        }
    }

    /// Queues a request between MULTI and EXEC, or runs it if it is one that ends or bends the transaction.
    #[cold]
    fn execute_in_multi(
        &mut self,
        session: &mut Session,
        namespace: &mut Handle,
        command: &'static Command,
        args: &mut Args<'_>,
        output: &mut Output,
    ) -> Flow {
        if Some(command.index()) == self.exec {
            return exec::execute(self, session, namespace, command, output);
        }
        if matches!(command.full_name(), "discard" | "multi" | "watch" | "quit" | "reset") {
            return self.run(session, namespace, command, args, output);
        }
        let queue = session.transaction.queue.as_mut().expect("the transaction is open");
        queue.push(command, args.whole());
        if queue.heap_bytes() as u64 > self.settings.client_query_buffer_limit {
            tracing::warn!(client = session.info.id, "Closing client whose transaction outgrew the query buffer limit");
            session.close();
            return Flow::Done;
        }
        session.info.queued.store(queue.len() as i64, Relaxed);
        session.info.command.store(command.index() as u32 + 1, Relaxed);
        session.info.multi_bytes.store(queue.heap_bytes(), Relaxed);
        Reply::new(output, session.protocol).simple("QUEUED");
        Flow::Done
    }

    /// Locks what the command's scope asks for and calls its handler.
    #[inline(always)]
    fn run(
        &mut self,
        session: &mut Session,
        namespace: &mut Handle,
        command: &'static Command,
        args: &mut Args<'_>,
        output: &mut Output,
    ) -> Flow {
        loop {
            let error = match self.run_locked(session, namespace, command, args, output) {
                Ok(selected) => {
                    if let Some(selected) = selected {
                        *namespace = selected;
                    }
                    if command.group == Group::Server {
                        // What CONFIG SET changed holds for the very next request.
                        self.follow_settings();
                    }
                    return Flow::Done;
                }
                // Who waits for a job is woken at its end.
                Err(LockError::Busy) if session.job.is_some() => return Flow::Paused,
                Err(LockError::Busy) => return Flow::LockBusy,
                Err(LockError::Stale | LockError::Resized) => namespace.refresh().err(),
            };
            if let Some(error) = error {
                self.refuse(session, Some(command), &error.into(), output);
                return Flow::Done;
            }
        }
    }

    /// Runs a request if its locks can be had; returns the namespace it has chosen for the following ones.
    #[inline(always)]
    fn run_locked(
        &mut self,
        session: &mut Session,
        namespace: &Handle,
        command: &'static Command,
        args: &mut Args<'_>,
        output: &mut Output,
    ) -> Result<Option<Handle>, LockError> {
        let locks = match (command.scope, args.hashed()) {
            (Scope::Keys, &[(_, hash), ..]) => match Locks::one(namespace, hash, Patience::Brief) {
                Ok(locks) => Some(locks),
                Err(LockError::Resized) => return self.run_resized(session, namespace, command, args, output),
                Err(error) => return Err(error),
            },
            (Scope::Keys, []) if !command.keys.is_empty() => {
                let reach = self.found.find(command, args);
                let locks = Locks::many(&[(namespace, reach)], Patience::Brief)?;
                let mut args = args.clone().with_hashes(&self.found.hashed);
                return self.call_with(Some(locks), session, namespace, command, &mut args, output);
            }
            // Found out by the locks in the other cases.
            (Scope::Namespace, _) if namespace.namespace().is_deleted() => return Err(LockError::Stale),
            // It waits for one lock after another, and with it all clients of this worker: better not while somebody is at
            // something long.
            (Scope::Namespace, _) if namespace.namespace().is_busy() => return Err(LockError::Busy),
            _ => None,
        };
        self.call_with(locks, session, namespace, command, args, output)
    }

    /// [`Self::run_locked`] for a request with one key while the namespace is being resized.
    #[cold]
    #[inline(never)]
    fn run_resized(
        &self,
        session: &mut Session,
        namespace: &Handle,
        command: &'static Command,
        args: &mut Args<'_>,
        output: &mut Output,
    ) -> Result<Option<Handle>, LockError> {
        let reach = args.hashed().first().map_or(Reach::All, |(_, hash)| Reach::Key(*hash));
        let locks = Locks::many(&[(namespace, reach)], Patience::Brief)?;
        self.call_with(Some(locks), session, namespace, command, args, output)
    }

    /// Calls a handler with the locks its scope asks for; returns the namespace it has chosen. The error is that of locks that
    /// the handler takes itself.
    #[inline(always)]
    fn call_with<'a>(
        &'a self,
        locks: Option<Locks<'a>>,
        session: &'a mut Session,
        namespace: &'a Handle,
        command: &'static Command,
        args: &mut Args<'_>,
        output: &mut Output,
    ) -> Result<Option<Handle>, LockError> {
        let mut context = Context::new(&self.server, &self.settings, session, self.now_ms, namespace, &[], locks);
        match self.call(command, &mut context, args, output) {
            true => Ok(context.take_selected()),
            false => Err(LockError::Busy),
        }
    }

    /// Calls a handler, and does what follows from its end: the error's text, counters, slow log, latency. `false` when it
    /// could not begin, for want of locks it takes itself.
    #[inline(always)]
    pub(crate) fn call(
        &self,
        command: &'static Command,
        context: &mut Context<'_>,
        args: &mut Args<'_>,
        output: &mut Output,
    ) -> bool {
        let mark = output.mark();
        let protocol = context.session.protocol;
        let outcome =
            catch_unwind(AssertUnwindSafe(|| (command.run)(context, args, &mut Reply::new(output, protocol))));
        let failed = match outcome {
            Ok(Ok(())) => false,
            Ok(Err(CommandError::LockBusy)) => {
                output.truncate(mark);
                return false;
            }
            Ok(Err(error)) => {
                output.truncate(mark);
                self.fail(context.session, &error, output);
                true
            }
            Err(_) => {
                output.truncate(mark);
                tracing::error!(command = command.full_name(), "a command handler failed; its connection is closed");
                self.counters().panicked();
                self.fail(context.session, &CommandError::Internal, output);
                context.session.close();
                true
            }
        };
        let tick = self.ticks.raw();
        let nanos = self.ticks.delta_as_nanos(self.last_tick.replace(tick), tick);
        self.counters().called(command.index(), nanos, failed, self.settings.latency_tracking);
        context.session.info.command.store(command.index() as u32 + 1, Relaxed);
        if nanos >= self.noteworthy_ns {
            self.note_slow(command, context.session, args, nanos);
        }
        true
    }

    /// Replies with an error.
    #[cold]
    fn fail(&self, session: &mut Session, error: &CommandError, output: &mut Output) {
        // It does not wait any more, whatever it waited for.
        session.job = None;
        let text = error.text();
        self.counters().error(&text);
        Reply::new(output, session.protocol).error_bytes(&text);
    }

    /// Remembers a request that took long.
    #[cold]
    fn note_slow(&self, command: &Command, session: &Session, args: &Args<'_>, nanos: u64) {
        let settings = &self.settings;
        let (at_s, micros) = (self.now_ms / 1000, nanos / 1000);
        let (slow_us, spike_ms) = (settings.slowlog_log_slower_than_us, settings.latency_monitor_threshold_ms);
        if slow_us >= 0 && micros >= slow_us as u64 && !command.flags.contains(SKIP_SLOWLOG) {
            let len_max = usize::try_from(settings.slowlog_max_len).unwrap_or(usize::MAX);
            let peer = session.info.peer.to_string();
            let arguments = super::redact::shown(command, args);
            self.server.slowlog.push(len_max, at_s, micros, arguments.into_iter(), peer, session.info.names().name);
        }
        if spike_ms > 0 && micros / 1000 >= spike_ms {
            let event = if command.flags.contains(FAST) { "fast-command" } else { "command" };
            self.server.latency.push(event, at_s, micros / 1000);
        }
    }

    /// What [`exec`] needs of a dispatcher.
    pub(crate) fn parts(&self) -> (&Server, &Settings, KeyHasher, u64) {
        (&self.server, &self.settings, self.hasher, self.now_ms)
    }

    /// The hashes of a queued request's keys; `None` when the arguments do not tell.
    pub(crate) fn hashes_of(&mut self, command: &Command, args: &Args<'_>) -> Option<&[u64]> {
        match self.found.find(command, args) {
            Reach::Keys(hashes) => Some(hashes),
            Reach::Key(_) | Reach::All => None,
        }
    }

    /// Refuses a request that passed the gates.
    pub(crate) fn abort(
        &self,
        session: &mut Session,
        command: &'static Command,
        error: &CommandError,
        output: &mut Output,
    ) {
        let tick = self.ticks.raw();
        let nanos = self.ticks.delta_as_nanos(self.last_tick.replace(tick), tick);
        self.counters().called(command.index(), nanos, true, self.settings.latency_tracking);
        self.fail(session, error, output);
    }
}

/// The shorter of the two thresholds, so that nearly every request is done with one comparison. What is longer than the
/// clock counts is never reached, as if it was switched off.
fn noteworthy_ns(settings: &Settings) -> u64 {
    let slow_ns = u64::try_from(settings.slowlog_log_slower_than_us).map_or(u64::MAX, |us| us.saturating_mul(1_000));
    let spike_ns = match settings.latency_monitor_threshold_ms {
        0 => u64::MAX,
        ms => ms.saturating_mul(1_000_000),
    };
    slow_ns.min(spike_ns)
}

/// Whether there is such a command.
#[inline]
fn known(prepared: &Prepared, args: &Args<'_>) -> Result<&'static Command, CommandError> {
    match prepared.command {
        Some(command) if !command.is_container() => Ok(command),
        Some(container) => known_container(container, args),
        None => Err(unknown(args)),
    }
}

/// Whether a container is asked for something it has.
#[cold]
fn known_container(container: &'static Command, args: &Args<'_>) -> Result<&'static Command, CommandError> {
    match args.at(1) {
        Some(subcommand) => Err(unknown_subcommand(subcommand, container.name)),
        None if container.has_handler() => Ok(container),
        None => Err(CommandError::WrongArity(container.full_name())),
    }
}

#[cold]
fn unknown(args: &Args<'_>) -> CommandError {
    let name = args.name();
    if name.eq_ignore_ascii_case(b"post") || name.eq_ignore_ascii_case(b"host:") {
        return CommandError::CrossProtocol;
    }
    unknown_command(name, args.whole().skip(1))
}

/// Whether the number of arguments is right.
#[inline]
fn arity(command: &Command, args: &Args<'_>) -> CommandResult {
    if command.arity.accepts(args.len()) { Ok(()) } else { Err(CommandError::WrongArity(command.full_name())) }
}

/// Whether the command may stand inside MULTI.
fn allowed_in_multi(session: &Session, command: &Command) -> CommandResult {
    let refused = session.transaction.is_open() && command.flags.contains(NO_MULTI);
    if refused { Err(CommandError::NotInMulti) } else { Ok(()) }
}

impl FoundKeys {
    /// The shards of a request's keys; all, when the arguments do not tell, which the handler will complain about.
    fn find(&mut self, command: &Command, args: &Args<'_>) -> Reach<'_> {
        self.refs.clear();
        self.hashes.clear();
        self.hashed.clear();
        if command.keys.find(args, &mut self.refs).is_err() {
            return Reach::All;
        }
        self.hashed.extend(self.refs.iter().map(|key| (key.index, args.hash_at(key.index))));
        self.hashes.extend(self.hashed.iter().map(|&(_, hash)| hash));
        Reach::Keys(&self.hashes)
    }
}

/// Takes back a reply that the client does not want (CLIENT REPLY).
#[cold]
fn hide_reply(session: &mut Session, flow: Flow, output: &mut Output, mark: crate::resp::Mark) {
    output.truncate(mark);
    if flow == Flow::Done && session.reply_mode == ReplyMode::Skip {
        session.reply_mode = ReplyMode::On;
    } else if flow != Flow::Done && session.reply_mode == ReplyMode::Skip {
        // It will be tried again, and is still the one to skip.
        session.reply_mode = ReplyMode::SkipNext;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::prelude::Group;
    use crate::config::Config;

    fn broken(_: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
        reply.array(1_000);
        panic!("a handler that is wrong");
    }

    static BROKEN: Command = Command { name: "broken", group: Group::String, run: broken, ..Command::DEFAULT };

    #[test]
    fn any_threshold_is_a_number_of_nanoseconds() {
        let cases = [
            ((-1, 0), u64::MAX),
            ((0, 0), 0),
            ((10_000, 0), 10_000_000),
            ((-1, 1), 1_000_000),
            ((10_000, 5), 5_000_000),
            ((18_446_744_073_709_552, 0), u64::MAX),
            ((i64::MAX, i64::MAX as u64), u64::MAX),
            ((-1, i64::MAX as u64), u64::MAX),
        ];
        for ((slow_us, spike_ms), expected) in cases {
            let settings = Settings {
                slowlog_log_slower_than_us: slow_us,
                latency_monitor_threshold_ms: spike_ms,
                ..Settings::default()
            };
            assert_eq!(noteworthy_ns(&settings), expected, "{slow_us} µs, {spike_ms} ms");
        }
    }

    #[test]
    fn a_handler_that_panics_costs_its_client_the_connection_and_nothing_else() {
        let directory = tempfile::TempDir::new().expect("a temporary directory");
        let settings =
            Settings { port: 0, unixsocket: Some(directory.path().join("socket")), workers: 1, ..Settings::default() };
        let bound = Server::bind(Config::new(settings, Default::default(), None)).expect("binds");
        let dispatcher = Dispatcher::new(Arc::clone(&bound.server), 0);
        let mut session = Session::detached(&bound.server);
        let namespace = Handle::new(bound.server.engine.database(0).expect("exists"));
        let mut handle = namespace.clone();
        handle.refresh().expect("exists");
        let mut output = Output::new();
        output.buffer().extend_from_slice(b"+before\r\n");
        let hash = dispatcher.hasher.hash(b"key");
        let locks = Locks::one(&handle, hash, Patience::Wait).expect("free");
        let mut args = Args::new(b"", &[], 1, dispatcher.hasher);
        let (server, settings, _, now_ms) = dispatcher.parts();
        let mut context = Context::new(server, settings, &mut session, now_ms, &handle, &[], Some(locks));
        dispatcher.call(&BROKEN, &mut context, &mut args, &mut output);
        drop(context);
        assert!(session.closing);
        assert_eq!(&**output.buffer(), b"+before\r\n-ERR internal error\r\n");
        assert!(Locks::one(&handle, hash, Patience::Brief).is_ok(), "the lock is free again");
        assert_eq!(bound.server.counters.totals().panics, 1);
    }

    #[test]
    fn whoever_needs_a_lock_that_is_taken_comes_back_and_whoever_does_not_is_served() {
        let directory = tempfile::TempDir::new().expect("a temporary directory");
        let settings =
            Settings { port: 0, unixsocket: Some(directory.path().join("socket")), workers: 1, ..Settings::default() };
        let bound = Server::bind(Config::new(settings, Default::default(), None)).expect("binds");
        let mut dispatcher = Dispatcher::new(Arc::clone(&bound.server), 0);
        let mut session = Session::detached(&bound.server);
        let mut namespace = Handle::new(bound.server.engine.database(0).expect("exists"));
        let mut run = |line: &str| {
            let mut bytes = Vec::new();
            let ranges: Vec<ArgRange> = line
                .split(' ')
                .map(|word| {
                    bytes.extend_from_slice(word.as_bytes());
                    ArgRange { start: bytes.len() - word.len(), len: word.len() }
                })
                .collect();
            let mut output = Output::new();
            let prepared = dispatcher.prepare(&bytes, &ranges);
            let flow = dispatcher.execute(&mut session, &mut namespace, &bytes, &ranges, &prepared, &mut output);
            (flow, String::from_utf8_lossy(output.buffer()).into_owned())
        };
        assert_eq!(run("SET a 1"), (Flow::Done, "+OK\r\n".into()));
        let mut other = Handle::new(bound.server.engine.database(0).expect("exists"));
        other.refresh().expect("exists");
        let locks = other.lock(Reach::Key(bound.server.engine.key(b"a").hash), Patience::Wait).expect("free");
        for line in ["GET a", "COPY a b", "MOVE a 1", "SWAPDB 0 1", "FLUSHALL", "FLUSHDB", "DBSIZE", "KEYS *", "SCAN 0"]
        {
            assert_eq!(run(line), (Flow::LockBusy, String::new()), "{line}");
        }
        for line in ["PING", "INFO everything", "MEMORY STATS", "NAMESPACE INFO 0", "NAMESPACE SHARDS 0", "SELECT 0"] {
            let (flow, reply) = run(line);
            assert_eq!((flow, reply.starts_with('-')), (Flow::Done, false), "{line}: {reply}");
        }
        drop(locks);
        assert_eq!(run("COPY a b"), (Flow::Done, ":1\r\n".into()));
        assert_eq!(run("DBSIZE"), (Flow::Done, ":2\r\n".into()));
    }
}
