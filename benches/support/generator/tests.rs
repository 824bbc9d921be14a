//! The generator against a small server inside the test.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use redis_protocol::resp2::decode::decode;
use redis_protocol::resp2::types::{OwnedFrame, Resp2Frame};

use super::*;
use crate::check::read_back;
use crate::client::Client;
use crate::keyspace::{Filler, Keyspace};
use crate::request::{Operation, Weighted};

/// What the server does besides answering.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mood {
    Good,
    /// Closes the connection instead of answering this request.
    ClosesAt(u64),
    /// Never answers this request or any later one.
    SilentFrom(u64),
    /// Takes a break before this request.
    PausesAt(u64, Duration),
}

#[derive(Clone)]
struct Server {
    mood: Mood,
    requests: Arc<AtomicU64>,
    values: Arc<Mutex<HashMap<Vec<u8>, Vec<u8>>>>,
}

impl Server {
    fn new(mood: Mood) -> Self {
        Self { mood, requests: Arc::default(), values: Arc::default() }
    }

    fn on_tcp(mood: Mood) -> (Self, Endpoint) {
        let server = Self::new(mood);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = Endpoint::Tcp("127.0.0.1".into(), listener.local_addr().unwrap().port());
        let accepting = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                accepting.serve(stream.unwrap());
            }
        });
        (server, endpoint)
    }

    fn on_unix(path: &Path) -> Endpoint {
        let server = Self::new(Mood::Good);
        let listener = UnixListener::bind(path).unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                server.serve(stream.unwrap());
            }
        });
        Endpoint::Unix(path.to_owned())
    }

    fn serve(&self, mut stream: impl Read + Write + Send + 'static) {
        let server = self.clone();
        thread::spawn(move || {
            let mut received = Vec::new();
            let mut piece = vec![0; 64 * 1024];
            loop {
                let mut replies = Vec::new();
                while let Ok(Some((OwnedFrame::Array(words), length))) = decode(&received) {
                    received.drain(..length);
                    let Some(reply) = server.reply(&words) else {
                        return;
                    };
                    replies.extend_from_slice(&reply);
                }
                let Ok(()) = stream.write_all(&replies) else {
                    return;
                };
                match stream.read(&mut piece) {
                    Ok(0) | Err(_) => return,
                    Ok(length) => received.extend_from_slice(&piece[..length]),
                }
            }
        });
    }

    fn reply(&self, words: &[OwnedFrame]) -> Option<Vec<u8>> {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes().unwrap()).collect();
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        match self.mood {
            Mood::ClosesAt(at) if number == at => return None,
            Mood::SilentFrom(at) if number >= at => return Some(Vec::new()),
            Mood::PausesAt(at, pause) if number == at => thread::sleep(pause),
            _ => {}
        }
        let mut values = self.values.lock().unwrap();
        Some(match *words {
            [b"GET", key] => match values.get(key) {
                Some(value) => [format!("${}\r\n", value.len()).as_bytes(), value, b"\r\n"].concat(),
                None => b"$-1\r\n".to_vec(),
            },
            [b"SET", key, value] => {
                values.insert(key.to_vec(), value.to_vec());
                b"+OK\r\n".to_vec()
            }
            [b"HELLO", b"3"] => b"%1\r\n$5\r\nproto\r\n:3\r\n".to_vec(),
            [b"AUTH", b"someone", b"secret"] | [b"SELECT", b"7"] => b"+OK\r\n".to_vec(),
            _ => b"-ERR unknown command\r\n".to_vec(),
        })
    }
}

const SET: Operation = Operation::Set { ttl_ms: None };

fn plan(endpoint: Endpoint, operation: Operation, keys: u64) -> Plan {
    Plan {
        endpoint,
        handshake: Handshake::default(),
        workload: Workload {
            keyspace: Keyspace { keys, ..Keyspace::default() },
            mix: Weighted::one(operation),
            value_bytes: Weighted::one(20),
        },
        distribution: Distribution::Sequential,
        connections: 3,
        threads: 2,
        cores: Vec::new(),
        pipeline: 7,
        pace: Pace::Closed,
        length: Length::Requests(keys),
        seed: 1,
        stall_timeout: Duration::from_secs(20),
    }
}

fn read_all_back(plan: &Plan) -> crate::check::CheckOutcome {
    let mut client = Client::connect(&plan.endpoint, &plan.handshake).unwrap();
    read_back(&mut client, &plan.workload, u64::MAX).unwrap()
}

#[test]
fn noise_is_written_and_reads_back() {
    let (_server, endpoint) = Server::on_tcp(Mood::Good);
    for operation in [SET, Operation::Custom("SET {key} {value}".to_owned())] {
        let mut plan = plan(endpoint.clone(), operation, 500);
        plan.workload.keyspace.filler = Filler::HalfNoise;
        run(&plan).unwrap();
        let check = read_all_back(&plan);
        assert_eq!((check.asked, check.right), (500, 500), "{:?}", check.differences);
    }
}

#[test]
fn every_key_is_written_once_and_reads_back() {
    let (server, endpoint) = Server::on_tcp(Mood::Good);
    let plan = plan(endpoint, SET, 1_001);
    let outcome = run(&plan).unwrap();
    assert_eq!((outcome.replies, outcome.measured_replies, outcome.latency.len()), (1_001, 1_001, 1_001));
    assert_eq!((server.requests.load(Ordering::Relaxed), server.values.lock().unwrap().len()), (1_001, 1_001));
    assert_eq!(outcome.received_bytes, 1_001 * b"+OK\r\n".len() as u64);
    assert_eq!(outcome.counts, ReplyCounts::default());

    let check = read_all_back(&plan);
    assert_eq!((check.asked, check.right), (1_001, 1_001));
    server.values.lock().unwrap().insert(plan.workload.keyspace.key(5), b"changed".to_vec());
    server.values.lock().unwrap().remove(&plan.workload.keyspace.key(6));
    let check = read_all_back(&plan);
    assert_eq!((check.right, check.wrong, check.absent), (999, 1, 1));
    assert!(!check.is_right(false) && check.differences[0].contains("key number 5"), "{check:?}");
}

#[test]
fn hits_and_misses_are_told_apart_in_both_protocols() {
    let (_, endpoint) = Server::on_tcp(Mood::Good);
    run(&plan(endpoint.clone(), SET, 60)).unwrap();
    for resp in [2, 3] {
        let mut plan = plan(endpoint.clone(), Operation::Get, 100);
        plan.handshake = Handshake { resp, user: Some("someone".into()), password: Some("secret".into()), db: 7 };
        let outcome = run(&plan).unwrap();
        assert_eq!((outcome.replies, outcome.counts.misses), (100, 40), "RESP{resp}");
    }
}

#[test]
fn a_timed_run_measures_after_the_warm_up_only() {
    let (server, endpoint) = Server::on_tcp(Mood::Good);
    let mut plan = plan(endpoint, Operation::Get, 100);
    let measured = Duration::from_millis(50);
    plan.length = Length::Lasting { warm_up: measured, measured };
    let outcome = run(&plan).unwrap();
    assert_eq!(outcome.measured, measured);
    assert!(outcome.measured_replies > 0 && outcome.measured_replies < outcome.replies);
    assert_eq!(outcome.replies, server.requests.load(Ordering::Relaxed));
}

#[test]
fn large_values_pass_through_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let mut plan = plan(Server::on_unix(&folder.path().join("socket")), SET, 12);
    plan.workload.value_bytes = Weighted::one(700_000);
    assert_eq!(run(&plan).unwrap().replies, 12);
    plan.workload.mix = Weighted::one(Operation::Get);
    let outcome = run(&plan).unwrap();
    assert_eq!((outcome.replies, outcome.counts.misses), (12, 0));
    assert!(read_all_back(&plan).is_right(true));
}

#[test]
fn errors_are_counted_by_text() {
    let (_, endpoint) = Server::on_tcp(Mood::Good);
    let outcome = run(&plan(endpoint, Operation::Custom("NONSENSE {key}".into()), 10)).unwrap();
    assert_eq!(outcome.counts.errors, [("ERR unknown command".to_owned(), 10)].into());
}

#[test]
fn a_server_that_closes_fails_the_run() {
    let (_, endpoint) = Server::on_tcp(Mood::ClosesAt(50));
    assert!(matches!(run(&plan(endpoint, SET, 1_000)), Err(LoadError::Closed { awaited: 1..=7, .. })));
}

#[test]
fn a_silent_server_fails_the_run() {
    let (_, endpoint) = Server::on_tcp(Mood::SilentFrom(50));
    let plan = Plan { stall_timeout: Duration::from_millis(100), ..plan(endpoint, SET, 1_000) };
    assert!(matches!(run(&plan), Err(LoadError::Stalled(_, 1..))));
}

#[test]
fn a_refused_handshake_fails_the_run() {
    let (_, endpoint) = Server::on_tcp(Mood::Good);
    let mut plan = plan(endpoint, SET, 10);
    plan.handshake.password = Some("wrong".into());
    let error = run(&plan).unwrap_err().to_string();
    assert!(error.contains("AUTH: ERR unknown command"), "{error}");
}

#[test]
fn an_open_loop_charges_a_pause_to_everything_due_meanwhile() {
    let pause = Duration::from_millis(200);
    let (_, endpoint) = Server::on_tcp(Mood::PausesAt(20, pause));
    let mut plan = plan(endpoint, Operation::Get, 100);
    (plan.connections, plan.threads, plan.pipeline) = (1, 1, 1);
    plan.pace = Pace::Open { rate: 1_000.0, in_flight_max: 4 };
    plan.length = Length::Requests(300);
    let outcome = run(&plan).unwrap();
    assert_eq!(outcome.latency.len(), 300);
    // 200 requests were due during the pause and waited 100 ms on average; a closed loop would have seen one slow one.
    let slow = outcome.latency.count_between(50_000_000, outcome.latency.high());
    assert!(slow >= 120, "{slow} slow requests");
    assert!(outcome.lag.max() >= 150_000_000, "batches beyond four in flight were sent late");
}

#[test]
fn an_open_loop_keeps_its_rate() {
    let (_, endpoint) = Server::on_tcp(Mood::Good);
    let mut plan = plan(endpoint, Operation::Get, 100);
    plan.pipeline = 2;
    plan.pace = Pace::Open { rate: 2_000.0, in_flight_max: 16 };
    plan.length = Length::Lasting { warm_up: Duration::ZERO, measured: Duration::from_millis(300) };
    let outcome = run(&plan).unwrap();
    // 600 are due before the end; how many of each connection's last batches are is a matter of rounding.
    assert!((594..=606).contains(&outcome.replies), "{} replies", outcome.replies);
    assert_eq!((outcome.latency.len(), outcome.unsent), (outcome.replies, 0));
}

#[test]
fn an_open_loop_leaves_nothing_due_out() {
    let (_, endpoint) = Server::on_tcp(Mood::PausesAt(20, Duration::from_millis(400)));
    let mut plan = plan(endpoint, Operation::Get, 100);
    (plan.connections, plan.threads, plan.pipeline) = (1, 1, 1);
    plan.pace = Pace::Open { rate: 1_000.0, in_flight_max: 4 };
    plan.length = Length::Lasting { warm_up: Duration::ZERO, measured: Duration::from_millis(300) };
    let outcome = run(&plan).unwrap();
    assert!((299..=301).contains(&outcome.latency.len()), "{}", outcome.latency.len());
    assert_eq!(outcome.latency.len(), outcome.replies + outcome.unsent);
    assert!(outcome.unsent >= 200, "{} could not be sent", outcome.unsent);
}

#[test]
fn an_empty_plan_is_refused() {
    let (_, endpoint) = Server::on_tcp(Mood::Good);
    let full = plan(endpoint, SET, 10);
    let mut no_connections = full.clone();
    no_connections.connections = 0;
    let mut no_rate = full.clone();
    no_rate.pace = Pace::Open { rate: f64::NAN, in_flight_max: 1 };
    for (empty, name) in [(no_connections, "connections"), (no_rate, "rate")] {
        assert!(matches!(run(&empty), Err(LoadError::Nothing(nothing)) if nothing == name));
    }
}

#[test]
fn a_run_ends_when_told_and_its_timeline_holds_what_was_measured() {
    let (server, endpoint) = Server::on_tcp(Mood::Good);
    let plan = Plan {
        pace: Pace::Open { rate: 2_000.0, in_flight_max: 16 },
        length: Length::Lasting { warm_up: Duration::ZERO, measured: Duration::from_secs(3_600) },
        pipeline: 2,
        ..plan(endpoint, SET, 1_000)
    };
    let end = AtomicBool::new(false);
    let begin = Instant::now();
    let outcome = thread::scope(|scope| {
        let run = scope.spawn(|| Generator::connect(&plan)?.with_timeline().run_until(&end));
        while server.requests.load(Ordering::Relaxed) < 100 {
            thread::yield_now();
        }
        end.store(true, Ordering::Relaxed);
        run.join().unwrap().unwrap()
    });
    assert!(outcome.measured < begin.elapsed());
    assert_eq!(outcome.timeline.len() as u64, outcome.latency.len());
    assert!(outcome.timeline.len() >= 100);
    assert!(outcome.timeline.iter().all(|timed| timed.start >= begin && timed.latency_ns > 0));
    assert!(run(&Plan { length: Length::Requests(10), ..plan.clone() }).unwrap().timeline.is_empty());
}
