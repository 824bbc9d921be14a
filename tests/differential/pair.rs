//! Both servers side by side: sends a sequence to each and finds the first reply that differs.

use std::fmt;
use std::io;

use rkvs_tests::{Client, Protocol, Server, Value, line};

use crate::grammar::{ITERATE, Sequence, Step};
use crate::{differences, rules};

/// Steps of a SCAN iteration beyond which it counts as endless.
const WALK_STEPS_MAX: usize = 10_000;

/// Settings that sequences change, as each sequence finds them.
const SETTINGS: &str = "CONFIG SET hash-max-listpack-entries 128 hash-max-listpack-value 64 maxmemory 0 \
                        maxmemory-policy noeviction timeout 0 proto-max-bulk-len 536870912 slowlog-max-len 128";

/// The server under test and the reference.
pub(crate) struct Pair {
    ours: Server,
    theirs: Server,
}

/// A reply that differs.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    /// Which step of the sequence got it.
    pub step: usize,
    /// What each server said, ready to print.
    ours: String,
    theirs: String,
    /// Whether the server stopped answering rather than answered differently.
    pub hung: bool,
}

impl Failure {
    /// What this failure is about, to tell it from others: the command, and the command in a transaction where EXEC
    /// shows it.
    pub(crate) fn title(&self, sequence: &Sequence) -> String {
        let args = &sequence.steps[self.step].args;
        let mut title = String::from_utf8_lossy(&args[0]).to_uppercase();
        if let Some(error) = self.ours.split(['\'', ' ']).next().filter(|word| word.starts_with('-')) {
            title.push_str(error);
        }
        if self.theirs.starts_with('-') != self.ours.starts_with('-') {
            title.push_str(" error");
        }
        title
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "    ours      {}\n    reference {}", self.ours, self.theirs)
    }
}

/// One server's end of a running sequence.
struct Side {
    connections: [Client; 2],
}

impl Side {
    fn open(server: &Server, sequence: &Sequence) -> Self {
        let mut admin = server.client();
        admin.line("FLUSHALL");
        for pair in line::split(SETTINGS)[2..].chunks(2) {
            // One by one, so that a setting one server lacks leaves the others in force.
            admin.cmd(&[&b"CONFIG"[..], b"SET", &pair[0], &pair[1]]);
        }
        let connections =
            sequence.resp3.map(|resp3| server.client_speaking(if resp3 { Protocol::Resp3 } else { Protocol::Resp2 }));
        Self { connections }
    }
}

/// What the runner knows about a connection: the requests queued since MULTI.
#[derive(Default)]
struct Transaction(Option<Vec<Vec<Vec<u8>>>>);

impl Transaction {
    /// Follows the state by the reference's reply to `args`. Answers the queue that an EXEC has just run.
    fn follow(&mut self, args: &[Vec<u8>], reply: &[u8]) -> Option<Vec<Vec<Vec<u8>>>> {
        let name = args[0].to_ascii_uppercase();
        match (&name[..], &mut self.0) {
            (b"MULTI", queue @ None) if reply == b"+OK\r\n" => *queue = Some(Vec::new()),
            // An EXEC that is refused, be it for its arity, ends the transaction as well.
            (b"EXEC", queue) => return queue.take(),
            (b"DISCARD" | b"RESET", queue) if reply.starts_with(b"+") && reply != b"+QUEUED\r\n" => *queue = None,
            (_, Some(queue)) if reply == b"+QUEUED\r\n" => queue.push(args.to_vec()),
            _ => {}
        }
        None
    }
}

impl Pair {
    /// Starts both, or says aloud that there is no reference.
    pub(crate) fn start(what: &str) -> Option<Self> {
        let flags = ["--maxclients", "1000"];
        let theirs = Server::redis_or_skip(what, &flags)?;
        Some(Self { ours: Server::rkvs_with(&flags), theirs })
    }

    /// A connection to each.
    pub(crate) fn clients(&self) -> (Client, Client) {
        (self.ours.client(), self.theirs.client())
    }

    /// Sends the sequence to both and compares each reply.
    ///
    /// # Errors
    /// The first reply that differs, by the rules and outside the listed differences.
    pub(crate) fn run(&mut self, sequence: &Sequence) -> Result<(), Failure> {
        if !self.ours.is_alive() {
            self.ours = self.ours.another();
        }
        let mut ours = Side::open(&self.ours, sequence);
        let mut theirs = Side::open(&self.theirs, sequence);
        let mut transactions = [Transaction::default(), Transaction::default()];
        let steps = &sequence.steps;
        let mut at = 0;
        while at < steps.len() {
            let connection = steps[at].connection;
            let run = steps[at..].iter().take_while(|s| s.connection == connection && !is_solo(s)).count();
            let (a, b) = (&mut ours.connections[connection], &mut theirs.connections[connection]);
            let transaction = &mut transactions[connection];
            if run == 0 {
                solo(a, b, &steps[at], transaction).map_err(|failure| failure.at(at))?;
                at += 1;
                continue;
            }
            let requests: Vec<_> = steps[at..at + run].iter().map(|step| step.args.clone()).collect();
            let (expected, reference_broke) = b.raw_pipeline(&requests);
            if let Some(error) = reference_broke {
                let sent = &requests[..requests.len().min(expected.len() + 1)];
                let last: Vec<_> =
                    sent.last().into_iter().flatten().map(|word| word.escape_ascii().to_string()).collect();
                panic!("the reference does not answer {last:?}: {error}");
            }
            let (got, cause) = a.raw_pipeline(&requests);
            for (i, args) in requests.iter().enumerate() {
                let Some(reply) = got.get(i) else {
                    return Err(broken(cause.as_ref(), &expected[i]).at(at + i));
                };
                compare(args, reply, &expected[i], transaction).map_err(|failure| failure.at(at + i))?;
            }
            at += run;
        }
        Ok(())
    }

    /// The replies of both to every step, sent one by one over one connection.
    pub(crate) fn replies(&mut self, sequence: &Sequence) -> (Vec<Value>, Vec<Value>) {
        let mut answers = [&self.ours, &self.theirs].map(|server| {
            let mut side = Side::open(server, sequence);
            sequence.steps.iter().map(|step| side.connections[step.connection].cmd(&step.args)).collect::<Vec<_>>()
        });
        (std::mem::take(&mut answers[0]), std::mem::take(&mut answers[1]))
    }
}

impl Failure {
    fn of(ours: impl Into<String>, theirs: impl Into<String>) -> Self {
        Self { step: 0, ours: ours.into(), theirs: theirs.into(), hung: false }
    }

    fn at(mut self, step: usize) -> Self {
        self.step = step;
        self
    }
}

/// Steps that need more than one request: whole iterations, samples whose items must exist, counts to be checked.
fn is_solo(step: &Step) -> bool {
    let name = &step.args[0];
    step.args.iter().any(|arg| arg == ITERATE)
        || name.eq_ignore_ascii_case(b"RANDOMKEY")
        || name.eq_ignore_ascii_case(b"DBSIZE")
        || name.eq_ignore_ascii_case(b"HRANDFIELD")
}

fn broken(cause: Option<&io::Error>, expected: &[u8]) -> Failure {
    let hung = cause.is_some_and(|cause| matches!(cause.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut));
    Failure { hung, ..Failure::of(format!("no reply: {cause:?}"), show(expected)) }
}

/// Compares one reply; replies of EXEC are compared item by item, each by the rules of the command queued there.
fn compare(args: &[Vec<u8>], ours: &[u8], theirs: &[u8], transaction: &mut Transaction) -> Result<(), Failure> {
    let ran = transaction.follow(args, theirs);
    if ours == theirs {
        return Ok(());
    }
    let (Ok(a), Ok(b)) = (Value::decode(ours), Value::decode(theirs)) else {
        return Err(Failure::of(show(ours), show(theirs)));
    };
    // Different bytes with one meaning (as `$-1` and `_`) do differ, so equal values are no excuse here.
    let same = |args: &[Vec<u8>], a: &Value, b: &Value| {
        (a != b && rules::agree(args, a, b)) || differences::covered(args, a, b)
    };
    let agreed = match (&ran, &a, &b) {
        (Some(queue), Value::Array(x), Value::Array(y)) if x.len() == y.len() && y.len() == queue.len() => {
            let mut items = queue.iter().zip(x.iter().zip(y));
            return match items.find(|(args, (x, y))| x != y && !same(args, x, y)) {
                None => Ok(()),
                Some((args, (x, y))) => {
                    let what = line::join(args);
                    Err(Failure::of(format!("{x:?} for the queued {what}"), format!("{y:?}")))
                }
            };
        }
        _ => same(args, &a, &b),
    };
    if agreed { Ok(()) } else { Err(Failure::of(show(ours), show(theirs))) }
}

/// Runs one solo step on both.
fn solo(ours: &mut Client, theirs: &mut Client, step: &Step, transaction: &mut Transaction) -> Result<(), Failure> {
    let args = &step.args;
    let (a, b) = (walk_all(ours, args), walk_all(theirs, args).expect("the reference answers"));
    let a = a.map_err(|e| Failure::of(format!("no reply: {e}"), show(&b.first)))?;
    compare(&a.sent, &a.first, &b.first, transaction)?;
    if a.items != b.items {
        return Err(Failure::of(format!("iteration found {:?}", a.items), format!("{:?}", b.items)));
    }
    let name = args[0].to_ascii_uppercase();
    for (client, reply) in [(&mut *ours, &a.first), (&mut *theirs, &b.first)] {
        let Ok(reply) = Value::decode(reply) else {
            continue;
        };
        let found = match &name[..] {
            b"RANDOMKEY" => reply
                .bytes()
                .filter(|_| matches!(reply, Value::Bulk(_)))
                .is_none_or(|key| client.cmd(&[b"EXISTS", key]) == Value::Integer(1)),
            // Expired keys that nobody has met may count as well, live ones must.
            b"DBSIZE" => reply.integer().is_none_or(|keys| {
                let live = client.cmd(&["KEYS", "*"]);
                live.items().is_some_and(|live| keys >= live.len() as i64)
            }),
            b"HRANDFIELD" => sampled_fields_exist(client, args, &reply),
            _ => true,
        };
        if !found {
            return Err(Failure::of(format!("{reply:?}, which is not what is there"), show(&b.first)));
        }
    }
    Ok(())
}

/// Whether the fields HRANDFIELD answered are in the hash with those values, and distinct where they must be.
fn sampled_fields_exist(client: &mut Client, args: &[Vec<u8>], reply: &Value) -> bool {
    let with_values = args.len() > 3;
    let distinct = args.get(2).is_some_and(|count| !count.starts_with(b"-"));
    let fields: Vec<(&Value, Option<&Value>)> = match reply {
        Value::Bulk(_) => vec![(reply, None)],
        // RESP3 nests each pair, RESP2 lists them flat.
        Value::Array(items) if matches!(items.first(), Some(Value::Array(_))) => {
            items.iter().filter_map(Value::items).map(|pair| (pair[0], pair.get(1).copied())).collect()
        }
        Value::Array(items) if with_values => items.chunks(2).map(|pair| (&pair[0], pair.get(1))).collect(),
        Value::Array(items) => items.iter().map(|field| (field, None)).collect(),
        _ => return true,
    };
    let mut seen = std::collections::HashSet::new();
    fields.into_iter().all(|(field, value)| {
        let Some(field) = field.bytes() else {
            return false;
        };
        let held = client.cmd(&[b"HGET", &args[1][..], field]);
        (!distinct || seen.insert(field.to_vec()))
            && matches!(held, Value::Bulk(_))
            && value.is_none_or(|value| *value == held)
    })
}

/// An iteration from cursor 0 back to cursor 0.
struct Walk {
    /// The first request as sent.
    sent: Vec<Vec<u8>>,
    first: Vec<u8>,
    /// Everything found, sorted, repeats dropped: the reference may answer an element twice.
    items: Vec<Vec<Value>>,
}

/// Sends `args`; where they hold [`ITERATE`] follows the cursor to the end.
fn walk_all(client: &mut Client, args: &[Vec<u8>]) -> io::Result<Walk> {
    let with_cursor = |cursor: &[u8]| -> Vec<Vec<u8>> {
        args.iter().map(|arg| if arg == ITERATE { cursor.to_vec() } else { arg.clone() }).collect()
    };
    let sent = with_cursor(b"0");
    client.try_raw(&rkvs_tests::client::encode(&sent))?;
    let first = client.try_raw_reply()?;
    let mut walk = Walk { sent, first, items: Vec::new() };
    if !args.iter().any(|arg| arg == ITERATE) {
        return Ok(walk);
    }
    let pairs = args[0].eq_ignore_ascii_case(b"HSCAN");
    let mut reply = Value::decode(&walk.first).map_err(io::Error::other)?;
    for _ in 0..WALK_STEPS_MAX {
        // Queued in a transaction, or refused.
        let Some((cursor, found)) = rules::walk(&reply) else {
            return Ok(walk);
        };
        let found = found.items().expect("a walk holds a list");
        walk.items.extend(found.chunks(if pairs { 2 } else { 1 }).map(|item| item.iter().copied().cloned().collect()));
        if cursor == b"0" {
            walk.items.sort();
            walk.items.dedup();
            return Ok(walk);
        }
        client.try_raw(&rkvs_tests::client::encode(&with_cursor(cursor)))?;
        reply = Value::decode(&client.try_raw_reply()?).map_err(io::Error::other)?;
    }
    Err(io::Error::other("the iteration does not end"))
}

/// A reply as its bytes, cut to what a person reads.
fn show(reply: &[u8]) -> String {
    let text = reply[..reply.len().min(600)].escape_ascii().to_string();
    if reply.len() > 600 { format!("{text}… ({} bytes)", reply.len()) } else { text }
}
