//! The event loop as a client sees it, over a Unix socket in a fresh directory.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use crate::config::{Config, Settings};
use crate::server::{Running, Server};

/// Longest a test waits for bytes that must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server of two workers that stops when it is dropped.
struct Served {
    running: Option<Running>,
    directory: TempDir,
}

impl Served {
    fn start(change: impl FnOnce(&mut Settings)) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let mut settings = Settings {
            port: 0,
            unixsocket: Some(directory.path().join("socket")),
            unixsocketperm: 0o600,
            workers: 2,
            ..Settings::default()
        };
        change(&mut settings);
        let bound = Server::bind(Config::new(settings, Default::default(), None)).expect("binds");
        Self { running: Some(bound.run().expect("starts")), directory }
    }

    fn server(&self) -> &Arc<Server> {
        &self.running.as_ref().expect("runs until dropped").server
    }

    fn connect(&self) -> Client {
        let stream = UnixStream::connect(self.directory.path().join("socket")).expect("connects");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Client(stream)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.server.stop();
            assert!(running.join() || std::thread::panicking(), "every worker ends well");
        }
    }
}

struct Client(UnixStream);

impl Client {
    fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("the server reads");
    }

    fn expect(&mut self, reply: &[u8]) {
        let mut read = vec![0; reply.len()];
        self.0.read_exact(&mut read).expect("a reply");
        assert_eq!(read.escape_ascii().to_string(), reply.escape_ascii().to_string());
    }

    fn expect_end(&mut self) {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).expect("the end");
        assert_eq!(rest.escape_ascii().to_string(), "");
    }

    fn ask(&mut self, request: &str, reply: &str) {
        self.send(request.as_bytes());
        self.send(b"\r\n");
        self.expect(reply.as_bytes());
    }
}

fn request(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

#[test]
fn requests_may_be_cut_anywhere() {
    let served = Served::start(|_| {});
    let mut client = served.connect();
    let requests = [
        request(&[b"SET", b"key", b"0123456789"]),
        b"\r\nPING\r\n".to_vec(),
        request(&[b"GET", b"key"]),
        b"SET \"a b\" 'c d'\r\nGET \"a b\"\r\n".to_vec(),
        b"*0\r\n".to_vec(),
        request(&[b"ECHO", b""]),
    ]
    .concat();
    for cut in 1..requests.len() {
        client.send(&requests[..cut]);
        std::thread::yield_now();
        client.send(&requests[cut..]);
        client.expect(b"+OK\r\n+PONG\r\n$10\r\n0123456789\r\n+OK\r\n$3\r\nc d\r\n$0\r\n\r\n");
    }
}

#[test]
fn long_pipelines_are_answered_in_order_and_before_the_end() {
    let served = Served::start(|_| {});
    let mut client = served.connect();
    let mut requests = Vec::new();
    let mut replies = Vec::new();
    for number in 0..10_000 {
        let word = format!("number {number}");
        requests.extend(request(&[b"ECHO", word.as_bytes()]));
        replies.extend(format!("${}\r\n{word}\r\n", word.len()).into_bytes());
    }
    let mut sender = Client(client.0.try_clone().expect("a second handle"));
    let sending = std::thread::spawn(move || {
        sender.send(&requests);
        sender.0.shutdown(std::net::Shutdown::Write).expect("half a connection");
    });
    client.expect(&replies);
    client.expect_end();
    sending.join().expect("sends");
}

#[test]
fn a_client_may_write_more_than_fits_before_it_reads() {
    let served = Served::start(|_| {});
    let mut client = served.connect();
    let value = vec![b'v'; 1 << 20];
    client.send(&request(&[b"SET", b"key", &value]));
    client.expect(b"+OK\r\n");
    // Replies of 32 MB to 700 KB of requests: beyond what is kept for a client before its requests wait.
    let many = 32;
    let mut requests = request(&[b"GET", b"key"]).repeat(many);
    requests.extend(request(&[b"ECHO", &vec![b'e'; 700_000]]));
    client.send(&requests);
    let mut reply = b"$1048576\r\n".to_vec();
    reply.extend_from_slice(&value);
    reply.extend_from_slice(b"\r\n");
    (0..many).for_each(|_| client.expect(&reply));
    client.expect(b"$700000\r\n");
}

#[test]
fn a_broken_stream_is_told_so_and_ends_alone() {
    let served = Served::start(|_| {});
    let (mut broken, mut other) = (served.connect(), served.connect());
    broken.send(b"PING\r\n*1\r\n!4\r\nPING\r\n");
    broken.expect(b"+PONG\r\n-ERR Protocol error: expected '$', got '!'\r\n");
    broken.expect_end();
    other.ask("PING", "+PONG\r\n");
    let mut http = served.connect();
    http.send(b"POST / HTTP/1.1\r\nHost: here\r\n\r\nSET a b\r\n");
    http.expect_end();
    other.ask("GET a", "$-1\r\n");
    assert_eq!(served.server().counters.totals().protocol_errors, 1);
}

#[test]
fn one_client_too_many_is_refused_until_another_leaves() {
    let served = Served::start(|settings| settings.maxclients = 2);
    let (mut first, mut second) = (served.connect(), served.connect());
    first.ask("PING", "+PONG\r\n");
    second.ask("PING", "+PONG\r\n");
    let mut third = served.connect();
    third.expect(b"-ERR max number of clients reached\r\n");
    third.expect_end();
    second.ask("QUIT", "+OK\r\n");
    second.expect_end();
    let mut fourth = served.connect();
    fourth.ask("PING", "+PONG\r\n");
    assert_eq!(served.server().counters.totals().rejected_connections, 1);
    assert_eq!(served.server().clients.len(), 2);
}

#[test]
fn a_transaction_runs_as_one_and_over_databases() {
    let served = Served::start(|_| {});
    let mut client = served.connect();
    client.send(b"MULTI\r\nSET a 1\r\nSELECT 3\r\nSET a 3\r\nGET a\r\nEXEC\r\nGET a\r\nSELECT 0\r\nGET a\r\n");
    client.expect(b"+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n");
    client.expect(b"*4\r\n+OK\r\n+OK\r\n+OK\r\n$1\r\n3\r\n$1\r\n3\r\n+OK\r\n$1\r\n1\r\n");
    client.ask("MULTI", "+OK\r\n");
    client.ask("SET a", "-ERR wrong number of arguments for 'set' command\r\n");
    client.ask("SET a 2", "+QUEUED\r\n");
    client.ask("EXEC", "-EXECABORT Transaction discarded because of previous errors.\r\n");
    client.ask("GET a", "$1\r\n1\r\n");
}

#[test]
fn a_watched_key_that_changed_forbids_the_transaction() {
    let served = Served::start(|_| {});
    let (mut client, mut other) = (served.connect(), served.connect());
    client.ask("WATCH a b", "+OK\r\n");
    other.ask("SET b 1", "+OK\r\n");
    client.ask("MULTI", "+OK\r\n");
    client.ask("SET a 1", "+QUEUED\r\n");
    client.ask("EXEC", "*-1\r\n");
    client.ask("GET a", "$-1\r\n");
    // The refused transaction has ended the watch.
    other.ask("SET b 2", "+OK\r\n");
    client.ask("MULTI", "+OK\r\n");
    client.ask("SET a 1", "+QUEUED\r\n");
    client.ask("EXEC", "*1\r\n+OK\r\n");
    // So does the end of a connection, and a watch in another database counts too.
    client.send(b"SELECT 5\r\nWATCH c\r\nSELECT 0\r\n");
    client.expect(b"+OK\r\n+OK\r\n+OK\r\n");
    other.send(b"SELECT 5\r\nSET c 1\r\n");
    other.expect(b"+OK\r\n+OK\r\n");
    client.ask("MULTI", "+OK\r\n");
    client.ask("SET a 9", "+QUEUED\r\n");
    client.ask("EXEC", "*-1\r\n");
}

#[test]
fn transactions_are_never_seen_half_done() {
    let served = Served::start(|_| {});
    let rounds = 300;
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let mut client = served.connect();
            scope.spawn(move || {
                for round in 0..rounds {
                    let value = format!("{writer}-{round}");
                    let text = format!("MULTI\r\nSET x {value}\r\nSET y {value}\r\nSET z {value}\r\nEXEC\r\n");
                    client.send(text.as_bytes());
                    client.expect(b"+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+OK\r\n+OK\r\n+OK\r\n");
                }
            });
        }
        let mut reader = served.connect();
        scope.spawn(move || {
            for _ in 0..rounds {
                reader.send(b"MULTI\r\nGET x\r\nGET y\r\nGET z\r\nEXEC\r\n");
                reader.expect(b"+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n");
                let [x, y, z] = [(); 3].map(|()| read_bulk(&mut reader));
                assert!(x == y && y == z, "{x:?}, {y:?} and {z:?} in one transaction");
            }
        });
    });
}

fn read_line(client: &mut Client) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        let mut byte = [0];
        client.0.read_exact(&mut byte).expect("a reply");
        line.push(byte[0]);
    }
    String::from_utf8(line).expect("text").trim_end().to_owned()
}

fn read_bulk(client: &mut Client) -> Option<String> {
    let header = read_line(client);
    (header != "$-1").then(|| read_line(client))
}

#[test]
fn nothing_but_the_handshake_is_open_before_the_password() {
    let served = Served::start(|settings| {
        let setting = crate::config::setting("requirepass").expect("exists");
        setting.assign(settings, &["secret".to_owned()], &mut Vec::new()).expect("a password");
    });
    let mut client = served.connect();
    client.ask("GET a", "-NOAUTH Authentication required.\r\n");
    client.ask("AUTH wrong", "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
    client.send(b"GET a\r\nAUTH secret\r\nGET a\r\n");
    client.expect(b"-NOAUTH Authentication required.\r\n+OK\r\n$-1\r\n");
    let mut greedy = served.connect();
    greedy.send(b"*11\r\n");
    greedy.expect(b"-ERR Protocol error: unauthenticated multibulk length\r\n");
    greedy.expect_end();
    // Refused requests whose replies nobody reads end the connection, not the server.
    let flood = served.connect();
    flood.0.set_write_timeout(Some(PATIENCE)).expect("a timeout");
    let mut flood = flood;
    let requests = b"GET a\r\n".repeat(20_000);
    let ended = (0..100).any(|_| flood.0.write_all(&requests).is_err());
    assert!(ended, "a client that reads nothing is let go");
    client.ask("PING", "+PONG\r\n");
}

#[test]
fn a_killed_client_is_gone_and_the_others_stay() {
    let served = Served::start(|_| {});
    let (mut victim, mut other) = (served.connect(), served.connect());
    victim.ask("PING", "+PONG\r\n");
    other.ask("PING", "+PONG\r\n");
    let all = served.server().clients.all();
    all[0].kill();
    victim.expect_end();
    other.ask("PING", "+PONG\r\n");
    assert_eq!(served.server().clients.len(), 1);
}

#[test]
fn the_socket_has_its_mode_and_goes_with_the_server() {
    let served = Served::start(|settings| settings.unixsocketperm = 0o660);
    let path = served.directory.path().join("socket");
    let mode = std::fs::metadata(&path).expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    let mut second = Settings { port: 0, unixsocket: Some(path.clone()), workers: 1, ..Settings::default() };
    second.unixsocketperm = 0;
    assert!(Server::bind(Config::new(second, Default::default(), None)).is_err(), "the path is in use");
    served.server().stop();
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while path.exists() {
        assert!(std::time::Instant::now() < deadline, "the socket outlives its server");
        std::thread::yield_now();
    }
}

#[test]
fn stopping_carries_out_what_was_received() {
    let served = Served::start(|_| {});
    let mut client = served.connect();
    client.ask("PING", "+PONG\r\n");
    client.send(&b"SET a 1\r\n".repeat(1_000));
    let server = Arc::clone(served.server());
    drop(served);
    let mut replies = Vec::new();
    client.0.read_to_end(&mut replies).expect("the end");
    assert!(replies.len() % 5 == 0 && replies.starts_with(b"+OK\r\n"), "whole replies alone");
    assert!(server.clients.is_empty());
}
