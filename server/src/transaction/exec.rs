//! EXEC: the queued requests, one after the other, under all the locks they need.

use rkvs_engine::namespace::Handle;
use rkvs_engine::shard::multi_key::{LockError, Locks, Patience, Reach};

use super::{Queue, Transaction};
use crate::command::args::Args;
use crate::command::context::Context;
use crate::command::dispatch::{Dispatcher, Flow};
use crate::command::error::CommandError;
use crate::command::flags::ADMIN;
use crate::command::spec::{Command, Group, Scope};
use crate::resp::{ArgRange, Output, Reply};
use crate::session::Session;

/// What the queued requests need together.
enum Need {
    /// These keys of the current namespace, by hash.
    Keys(Vec<u64>),
    /// The current namespace.
    Namespace,
    /// All namespaces.
    Everything,
}

/// Executes what is queued: all of it, or nothing if a request was refused or a watched key has changed.
pub(crate) fn execute(
    dispatcher: &mut Dispatcher,
    session: &mut Session,
    namespace: &mut Handle,
    exec: &'static Command,
    output: &mut Output,
) -> Flow {
    let queue = session.transaction.queue.take().expect("the transaction is open");
    if queue.broken {
        session.transaction.discard(&session.info);
        dispatcher.abort(session, exec, &CommandError::ExecAbort, output);
        return Flow::Done;
    }
    let need = need(dispatcher, &queue);
    let mut run = Run { handles: handles(dispatcher, &session.transaction, namespace, &need), current: 0 };
    run.current = run.place_of(namespace.namespace().id()).unwrap_or(0);
    let flow = run.all(dispatcher, session, &queue, &need, exec, output);
    match flow {
        Flow::Done => {
            session.transaction.discard(&session.info);
            *namespace = run.handles.swap_remove(run.current);
        }
        _ => session.transaction.queue = Some(queue),
    }
    flow
}

/// One execution: the namespaces concerned, and which one is the current one.
struct Run {
    handles: Vec<Handle>,
    current: usize,
}

/// Whether a request has to run without any lock held, because its handler takes locks of its own: it changes or asks
/// about the server as a whole. The transaction is then all or nothing still, yet others may see it before and behind
/// such a request.
fn stands_apart(command: &Command) -> bool {
    (command.scope == Scope::None && (command.group == Group::Server || command.flags.contains(ADMIN)))
        || (command.scope == Scope::Keys && command.keys.is_empty() && command.group == Group::Server)
}

fn changes_namespace(command: &Command) -> bool {
    matches!(command.full_name(), "select" | "namespace|use")
}

/// What the queued requests need together.
fn need(dispatcher: &mut Dispatcher, queue: &Queue) -> Need {
    let (_, _, hasher, _) = dispatcher.parts();
    let mut need = Need::Keys(Vec::new());
    for (command, ranges) in queue.requests() {
        if command.scope == Scope::Server || changes_namespace(command) {
            return Need::Everything;
        }
        let Need::Keys(wanted) = &mut need else { continue };
        match command.scope {
            Scope::Keys if command.keys.is_empty() => {}
            Scope::Keys => {
                let args = Args::new(queue.bytes(), ranges, 1, hasher);
                match dispatcher.hashes_of(command, &args) {
                    Some(hashes) => wanted.extend_from_slice(hashes),
                    None => need = Need::Namespace,
                }
            }
            Scope::Namespace => need = Need::Namespace,
            Scope::None | Scope::Server => {}
        }
    }
    need
}

/// The current namespace, those of watched keys, and all others if need be.
fn handles(dispatcher: &mut Dispatcher, transaction: &Transaction, current: &Handle, need: &Need) -> Vec<Handle> {
    if let Need::Everything = need {
        let (server, ..) = dispatcher.parts();
        let mut handles: Vec<Handle> = server.engine.namespaces().into_iter().map(Handle::new).collect();
        if !handles.iter().any(|handle| handle.namespace().id() == current.namespace().id()) {
            handles.push(current.clone());
        }
        return handles;
    }
    let mut handles = vec![current.clone()];
    for watch in &transaction.watches {
        if !handles.iter().any(|handle| handle.namespace().id() == watch.handle().namespace().id()) {
            handles.push(watch.handle().clone());
        }
    }
    handles
}

impl Run {
    fn place_of(&self, namespace: u64) -> Option<usize> {
        self.handles.iter().position(|handle| handle.namespace().id() == namespace)
    }

    /// Catches up with namespaces that were swapped or first used meanwhile.
    fn refresh(&mut self) -> Result<(), CommandError> {
        for handle in &mut self.handles {
            handle.refresh()?;
        }
        Ok(())
    }

    /// Checks the watched keys and runs the requests.
    fn all(
        &mut self,
        dispatcher: &Dispatcher,
        session: &mut Session,
        queue: &Queue,
        need: &Need,
        exec: &'static Command,
        output: &mut Output,
    ) -> Flow {
        let requests: Vec<Request<'_>> = queue.requests().collect();
        let mut begun = false;
        let mut next = 0;
        while !begun || next < requests.len() {
            if begun && stands_apart(requests[next].0) {
                let one = &requests[next..=next];
                self.current =
                    segment(dispatcher, session, queue.bytes(), one, &self.handles, self.current, None, output);
                next += 1;
                continue;
            }
            let error = match self.part(dispatcher, session, queue, need, &requests, next, begun, output) {
                Ok(Some((end, current))) => {
                    (begun, next, self.current) = (true, end, current);
                    continue;
                }
                // A watched key has changed.
                Ok(None) => return Flow::Done,
                Err(LockError::Busy) => return Flow::LockBusy,
                Err(LockError::Stale | LockError::Resized) => self.refresh().err(),
            };
            if let Some(error) = error {
                // A namespace is gone, perhaps by one of these requests: the others find nothing to work on.
                match begun {
                    true => requests[next..].iter().for_each(|(command, _)| {
                        dispatcher.abort(session, command, &error, output);
                    }),
                    false => dispatcher.abort(session, exec, &error, output),
                }
                return Flow::Done;
            }
        }
        Flow::Done
    }

    /// Takes the locks, checks the watched keys if nothing has run yet, and runs the requests from `next` on up to one that
    /// stands apart. Returns how far it came and the current namespace, or `None` if a watched key has changed.
    #[expect(clippy::too_many_arguments, reason = "these are the parts of a transaction")]
    fn part(
        &self,
        dispatcher: &Dispatcher,
        session: &mut Session,
        queue: &Queue,
        need: &Need,
        requests: &[Request<'_>],
        next: usize,
        begun: bool,
        output: &mut Output,
    ) -> Result<Option<(usize, usize)>, LockError> {
        // Once begun, a transaction ends: from then on it waits for the locks.
        let patience = if begun { Patience::Wait } else { Patience::Brief };
        let mut locks = self.lock(session, need, patience)?;
        if !begun {
            if !self.watches_hold(session, &mut locks, dispatcher.now_ms()) {
                Reply::new(output, session.protocol).null_array();
                return Ok(None);
            }
            Reply::new(output, session.protocol).array(requests.len());
        }
        let together = requests[next..].iter().take_while(|(command, _)| !stands_apart(command)).count();
        let part = &requests[next..next + together];
        let current =
            segment(dispatcher, session, queue.bytes(), part, &self.handles, self.current, Some(locks), output);
        Ok(Some((next + together, current)))
    }

    /// Takes all the locks at once.
    fn lock(&self, session: &Session, need: &Need, patience: Patience) -> Result<Locks<'_>, LockError> {
        let watched: Vec<u64> = session.transaction.watches.iter().map(|watch| watch.key().hash).collect();
        let wanted: Vec<(&Handle, Reach<'_>)> = match need {
            Need::Everything => self.handles.iter().map(|handle| (handle, Reach::All)).collect(),
            Need::Namespace | Need::Keys(_) => {
                let own = match need {
                    Need::Keys(hashes) => Reach::Keys(hashes),
                    _ => Reach::All,
                };
                // Watched keys may be in any of these; a lock too many does no harm.
                std::iter::once((&self.handles[self.current], own))
                    .chain(self.handles.iter().map(|handle| (handle, Reach::Keys(&watched))))
                    .collect()
            }
        };
        Locks::many(&wanted, patience)
    }

    /// Whether no watched key has changed; ends the watches in any case.
    fn watches_hold(&self, session: &mut Session, locks: &mut Locks<'_>, now_ms: u64) -> bool {
        let mut unchanged = true;
        for watch in session.transaction.watches.drain(..) {
            let Some(place) = self.place_of(watch.handle().namespace().id()) else {
                unchanged = false;
                continue;
            };
            let mut keyspace = locks.keyspace(&self.handles[place], now_ms);
            unchanged &= keyspace.watch_version(watch.key()) == Some(watch.version());
            keyspace.unwatch(watch.key());
        }
        unchanged
    }
}

/// A queued request: its command, and where its arguments lie.
type Request<'q> = (&'static Command, &'q [ArgRange]);

/// Runs requests with the locks that are held; returns the place of the namespace that is the current one then.
#[expect(clippy::too_many_arguments, reason = "these are the parts of a transaction")]
fn segment<'h>(
    dispatcher: &'h Dispatcher,
    session: &'h mut Session,
    bytes: &[u8],
    requests: &[Request<'_>],
    handles: &'h [Handle],
    mut current: usize,
    locks: Option<Locks<'h>>,
    output: &mut Output,
) -> usize {
    let (server, settings, hasher, now_ms) = dispatcher.parts();
    session.transaction.running = true;
    let mut context = Context::new(server, settings, session, now_ms, &handles[current], handles, locks);
    for (command, ranges) in requests {
        let mut args = Args::new(bytes, ranges, command.name_words(), hasher);
        let begun = dispatcher.call(command, &mut context, &mut args, output);
        debug_assert!(begun, "a transaction that has begun waits for locks");
        if let Some(chosen) = context.take_selected()
            && let Some(place) = handles.iter().position(|handle| handle.namespace().id() == chosen.namespace().id())
        {
            current = place;
            context.enter(&handles[place]);
        }
    }
    context.session.transaction.running = false;
    current
}
