//! Servers: one in this process that answers what a real one once did, and real ones.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) const RKVS: &str = include_str!("../../src/source/fixtures/rkvs_resp3.json");
pub(crate) const REDIS: &str = include_str!("../../src/source/fixtures/redis_resp2.json");

/// A server in this process; it ends with the test.
pub(crate) struct Fake {
    pub(crate) address: String,
    /// The requests that came.
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<Vec<TcpStream>>>,
}

impl Fake {
    /// One that answers what the fixture holds, `also` before that, and an error to everything else.
    pub(crate) fn start(fixture: &str, also: &[(&str, &str)]) -> Self {
        let mut replies: BTreeMap<String, String> = serde_json::from_str(fixture).unwrap();
        replies.extend(also.iter().map(|(request, reply)| ((*request).to_owned(), (*reply).to_owned())));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(Mutex::new(Vec::new()));
        let (replies, seen, open) = (Arc::new(replies), Arc::clone(&requests), Arc::clone(&connections));
        thread::spawn(move || {
            for stream in listener.incoming() {
                open.lock().unwrap().push(stream.as_ref().unwrap().try_clone().unwrap());
                let (replies, seen) = (Arc::clone(&replies), Arc::clone(&seen));
                thread::spawn(move || serve(stream.unwrap(), &replies, &seen));
            }
        });
        Self { address, requests, connections }
    }

    /// Closes all connections.
    pub(crate) fn hang_up(&self) {
        self.connections.lock().unwrap().drain(..).for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
    }
}

fn serve(mut stream: TcpStream, replies: &BTreeMap<String, String>, seen: &Mutex<Vec<String>>) -> Option<()> {
    let mut input = BufReader::new(stream.try_clone().ok()?);
    loop {
        let words: Option<Vec<String>> = (0..number(&mut input)?).map(|_| word(&mut input)).collect();
        let request = words?.join(" ");
        // A section of INFO that was not asked for then is in the whole of it.
        let whole = if request.starts_with("INFO ") { "INFO" } else { &request };
        let reply = replies.get(&request).or_else(|| replies.get(whole)).cloned();
        let reply = reply.map(|reply| with_statistics(reply, &request, replies));
        let reply = reply.unwrap_or_else(|| "-ERR unknown command\r\n".into());
        seen.lock().unwrap().push(request.clone());
        stream.write_all(reply.as_bytes()).ok()?;
    }
}

/// INFO with the sections that are told only when they are asked for.
fn with_statistics(info: String, request: &str, replies: &BTreeMap<String, String>) -> String {
    let is_asked_for =
        |section: &&str| request.starts_with("INFO ") && request.split(' ').count() > 2 && request.contains(*section);
    let body =
        |reply: &str| reply.split_once("\r\n").map_or("", |(_, body)| body.trim_start_matches("txt:")).to_owned();
    let sections = ["commandstats", "latencystats"].into_iter().filter(is_asked_for);
    let also: Vec<String> =
        sections.filter_map(|section| replies.get(&format!("INFO {section}"))).map(|reply| body(reply)).collect();
    if also.is_empty() {
        return info;
    }
    let text = body(&info) + &also.concat();
    format!("${}\r\n{text}\r\n", text.len())
}

/// The number of a line such as `$5`.
fn number(input: &mut impl BufRead) -> Option<usize> {
    let mut line = String::new();
    input.read_line(&mut line).ok()?;
    line.trim_end().get(1..)?.parse().ok()
}

fn word(input: &mut impl BufRead) -> Option<String> {
    let mut word = vec![0; number(input)? + 2];
    input.read_exact(&mut word).ok()?;
    word.truncate(word.len() - 2);
    String::from_utf8(word).ok()
}

/// Says what is not there, past the capture of the test runner: a skip nobody sees is no skip.
pub(crate) fn skipped(what: &str) {
    let _ = io::stderr().write_all(format!("\n*** SKIPPED: there is no {what}\n").as_bytes());
}

/// What stands for the port for TLS among the arguments of a server.
pub(crate) const TLS_PORT: &str = "TLS_PORT";

/// INFO of whoever serves at a port; a server that is still loading answers PING with an error.
fn info(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.write_all(b"PING\r\nINFO\r\n").ok()?;
    let mut input = BufReader::new(stream);
    let mut pong = String::new();
    input.read_line(&mut pong).ok()?;
    if pong == "+PONG\r\n" { word(&mut input) } else { None }
}

/// A real server; killed when dropped.
pub(crate) struct Real {
    process: Child,
    pub(crate) port: u16,
    pub(crate) tls_port: u16,
    pub(crate) folder: tempfile::TempDir,
}

impl Real {
    /// rkvs, where `RKVS_SERVER` names one or a release build is there.
    pub(crate) fn rkvs(args: &[&str]) -> Option<Self> {
        let built = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?.join("target/release/rkvs-server");
        let path = std::env::var_os("RKVS_SERVER").map_or(built, PathBuf::from);
        Self::start(&path, args, "rkvs-server: set RKVS_SERVER, or build it for release")
    }

    /// Redis, where it is installed.
    pub(crate) fn redis(args: &[&str]) -> Option<Self> {
        let paths = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::split_paths(&paths).map(|folder| folder.join("redis-server")).find(|path| path.is_file());
        Self::start(&path.unwrap_or_default(), args, "redis-server")
    }

    fn start(path: &Path, args: &[&str], name: &str) -> Option<Self> {
        if !path.is_file() {
            skipped(name);
            return None;
        }
        // A port that is free now may be taken by another test before the server has it.
        let server = (0..10).find_map(|_| Self::on_a_free_port(path, args));
        Some(server.unwrap_or_else(|| unreachable!("{name} ends at once")))
    }

    fn on_a_free_port(path: &Path, args: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let free = || TcpListener::bind("127.0.0.1:0").unwrap();
        let [port, tls_port] = [free(), free()].map(|listener| listener.local_addr().unwrap().port());
        let mut command = Command::new(path);
        command.args(["--port", &port.to_string(), "--dir"]).arg(folder.path());
        command.args(args.iter().map(|&arg| if arg == TLS_PORT { tls_port.to_string() } else { arg.to_owned() }));
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut server = Self { process, port, tls_port, folder };
        server.serves().then_some(server)
    }

    /// Waits until the server has loaded its data, or has ended.
    fn serves(&mut self) -> bool {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.process.try_wait().unwrap().is_none() {
            let own = format!("\nprocess_id:{}\r", self.process.id());
            if info(self.port).is_some_and(|info| info.contains(&own)) {
                return true;
            }
            assert!(Instant::now() < deadline, "the server does not serve");
            thread::sleep(Duration::from_millis(10));
        }
        false
    }

    pub(crate) fn port(&self) -> String {
        self.port.to_string()
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
