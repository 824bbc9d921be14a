//! A running server, ours or the reference, on a port the system chose, in a folder of its own.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, PipeReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, mpsc};
use std::time::Duration;

use tempfile::TempDir;

use crate::{Client, Protocol, binary, skip};

/// What both servers log once they answer.
const READY: &str = "Ready to accept connections";

/// What ours logs when it has its port, before it loads its data.
const LISTENING: &str = "listening on: ";

/// A server that is not ready by then never will be. Debug builds on a busy machine take seconds.
const START_MAX: Duration = Duration::from_secs(60);

/// Between choosing a free port and binding it another process may take it; then the next one is tried.
const PORT_ATTEMPTS: usize = 20;

/// A server process, killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    guard: Guard,
    addr: SocketAddr,
    dir: PathBuf,
    /// The folder, where it goes with the server.
    _own_dir: Option<TempDir>,
    log: Arc<SharedLog>,
    /// Whether calls to it count for the completeness test.
    ours: bool,
    program: PathBuf,
    flags: Vec<String>,
}

impl Server {
    /// Starts the server under test.
    ///
    /// # Panics
    /// With the log of the server when it does not come up.
    pub fn rkvs() -> Self {
        Self::rkvs_with(&[])
    }

    /// Starts the server under test with further command line flags, each of a name and one value; what stands before them is a
    /// configuration file.
    ///
    /// # Panics
    /// With the log of the server when it does not come up.
    pub fn rkvs_with(flags: &[&str]) -> Self {
        Self::start(binary::rkvs(), true, &flags.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    /// Starts the reference, where it is installed.
    pub fn redis() -> Option<Self> {
        Self::redis_with(&[])
    }

    /// Starts the reference with further command line flags, where it is installed.
    pub fn redis_with(flags: &[&str]) -> Option<Self> {
        Some(Self::start(binary::redis()?, false, &flags.iter().map(ToString::to_string).collect::<Vec<_>>()))
    }

    /// [`redis_with`](Self::redis_with) that says aloud what is skipped where there is none.
    pub fn redis_or_skip(what: &str, flags: &[&str]) -> Option<Self> {
        let server = Self::redis_with(flags);
        if server.is_none() {
            skip::skipped(what, "no redis-server on the search path to compare with");
        }
        server
    }

    /// Starts another server of the reference's family with further command line flags.
    ///
    /// # Panics
    /// With the log of the server when it does not come up.
    pub fn peer_with(program: &Path, flags: &[&str]) -> Self {
        Self::start(program, false, &flags.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    /// Starts the server under test in a folder that outlives it, and returns once it has its data.
    ///
    /// # Panics
    /// With the log of the server when it does not come up.
    pub fn rkvs_in(dir: &Path, flags: &[&str]) -> Self {
        Self::rkvs_ready(dir, flags).unwrap_or_else(|log| panic!("the server did not start:\n{}", log.join("\n")))
    }

    /// Starts the server under test in a folder that outlives it.
    ///
    /// # Errors
    /// Its log, when it ended with exit code 1 instead of getting ready.
    ///
    /// # Panics
    /// When it ended in another way.
    pub fn try_rkvs_in(dir: &Path, flags: &[&str]) -> Result<Self, Vec<String>> {
        Self::rkvs_ready(dir, flags)
    }

    /// Starts the server under test in a folder that outlives it, by way of a program that becomes it (`strace -D`), and returns as
    /// soon as it has its port: it may still be loading.
    ///
    /// # Panics
    /// With the log of the server when it does not come up.
    pub fn rkvs_loading(through: &[&str], dir: &Path, flags: &[&str]) -> Self {
        let flags: Vec<_> = flags.iter().map(ToString::to_string).collect();
        Self::launch(through, binary::rkvs(), true, Some(dir), &flags, LISTENING)
            .unwrap_or_else(|log| panic!("the server did not start:\n{}", log.join("\n")))
    }

    fn rkvs_ready(dir: &Path, flags: &[&str]) -> Result<Self, Vec<String>> {
        let flags: Vec<_> = flags.iter().map(ToString::to_string).collect();
        Self::launch(&[], binary::rkvs(), true, Some(dir), &flags, READY)
    }

    /// A fresh server with the program and flags of this one.
    #[must_use]
    pub fn another(&self) -> Self {
        Self::start(&self.program, self.ours, &self.flags)
    }

    fn start(program: &Path, ours: bool, given: &[String]) -> Self {
        let started = Self::launch(&[], program, ours, None, given, READY);
        started.unwrap_or_else(|log| panic!("{} did not start:\n{}", program.display(), log.join("\n")))
    }

    /// Starts a program and waits for a line of its log. Returns the log when it ends before that with exit code 1.
    fn launch(
        through: &[&str],
        program: &Path,
        ours: bool,
        folder: Option<&Path>,
        given: &[String],
        mark: &'static str,
    ) -> Result<Self, Vec<String>> {
        let reference = !ours || program.file_name().is_some_and(|name| name == "redis-server");
        let mut last_log = Vec::new();
        for _ in 0..PORT_ATTEMPTS {
            let own_dir = folder
                .is_none()
                .then(|| tempfile::Builder::new().prefix("rkvs-test-").tempdir().expect("a temporary folder"));
            let dir = own_dir.as_ref().map(TempDir::path).or(folder).expect("one of both").to_path_buf();
            let addr = free_address();
            let mut command = match through {
                [] => Command::new(program),
                [first, rest @ ..] => {
                    let mut command = Command::new(first);
                    command.args(rest).arg(program);
                    command
                }
            };
            let (file, flags) = given.split_at(given.iter().take_while(|word| !word.starts_with("--")).count());
            command.args(file).current_dir(&dir).args(["--port", &addr.port().to_string(), "--bind", "127.0.0.1"]);
            command.arg("--dir").arg(&dir).args(["--save", "", "--enable-debug-command", "local"]);
            if !reference {
                command.args(["--metrics-listen", ""]);
            }
            command.args(known_flags(flags, reference)).stdin(Stdio::null());
            for (name, _) in std::env::vars_os() {
                // Settings of the developer's shell are no part of a test.
                if name.to_string_lossy().starts_with("RKVS_") {
                    command.env_remove(name);
                }
            }
            let (output, sink) = std::io::pipe().expect("a pipe");
            let sink2 = sink.try_clone().expect("a second end of the pipe");
            let child = command.stdout(sink).stderr(sink2).spawn();
            let child = child.unwrap_or_else(|e| panic!("cannot start {}: {e}", program.display()));
            drop(command); // its copies of the pipe's end would keep the log from ever ending
            let log = Arc::default();
            let ready = follow(output, Arc::clone(&log), mark);
            let guard = Guard::of(child.id());
            let mut server = Self {
                child,
                guard,
                addr,
                dir,
                _own_dir: own_dir,
                log,
                ours,
                program: program.to_path_buf(),
                flags: given.to_vec(),
            };
            match ready.recv_timeout(START_MAX) {
                Ok(()) => {
                    server.client().line("PING");
                    return Ok(server);
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    panic!("{} is not ready after {START_MAX:?}:\n{}", program.display(), server.log().join("\n"))
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    let status = server.wait();
                    last_log = server.log();
                    if !last_log.join("\n").to_lowercase().contains("in use") {
                        let log = last_log.join("\n");
                        assert_eq!(status.code(), Some(1), "{} did not start:\n{log}", program.display());
                        return Err(last_log);
                    }
                }
            }
        }
        panic!("no free port for {} after {PORT_ATTEMPTS} attempts:\n{}", program.display(), last_log.join("\n"))
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its working folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A new RESP2 connection.
    pub fn client(&self) -> Client {
        let client = Client::connect(self.addr).unwrap_or_else(|e| panic!("cannot connect: {e}\n{}", self.log_tail()));
        if self.ours { client.recorded() } else { client }
    }

    /// A new connection that speaks `protocol`.
    pub fn client_speaking(&self, protocol: Protocol) -> Client {
        self.client().speaking(protocol)
    }

    /// What it has printed so far, line by line.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().lines.clone()
    }

    /// The last lines of the log, for messages.
    pub fn log_tail(&self) -> String {
        let log = self.log();
        log[log.len().saturating_sub(20)..].join("\n")
    }

    /// Whether the process still runs.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().expect("the process can be asked").is_none()
    }

    /// Fails the test when the server has died or answers nonsense.
    ///
    /// # Panics
    /// With the end of the log.
    pub fn assert_serving(&mut self) {
        assert!(self.is_alive(), "the server died:\n{}", self.log_tail());
        assert_eq!(self.client().line("PING"), crate::Value::Simple(b"PONG".to_vec()));
    }

    /// Ends the process as a loss of power to it would: at once, whatever it does.
    pub fn kill(mut self) {
        self.guard.dismiss();
        // It may have been killed already: that is the same.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sends the process a signal by its name: `TERM`, `INT`.
    ///
    /// # Panics
    /// Where there is no such signal, or no process any more.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status();
        assert!(status.expect("there is kill").success(), "SIG{name} cannot be sent");
    }

    /// Waits for the log to say something; `false` when it ends before that.
    pub fn wait_for_log(&self, text: &str) -> bool {
        let is_open = |log: &mut Log| !log.ended && !log.lines.iter().any(|line| line.contains(text));
        let log = self.log.changed.wait_while(self.log.lock(), is_open).expect("the log's reader does not panic");
        log.lines.iter().any(|line| line.contains(text))
    }

    /// Waits for the process to end by itself.
    pub fn wait(&mut self) -> ExitStatus {
        self.guard.dismiss();
        self.child.wait().expect("the process can be waited for")
    }

    /// Bytes of memory the process holds (resident set), from the system's process table.
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("the process is there");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the table tells the size");
        let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().expect("a number of kB");
        kib * 1024
    }
}

/// What a server has printed so far.
#[derive(Debug, Default)]
struct Log {
    lines: Vec<String>,
    /// Whether nothing more will come.
    ended: bool,
}

#[derive(Debug, Default)]
struct SharedLog {
    log: Mutex<Log>,
    changed: Condvar,
}

impl SharedLog {
    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().expect("nobody panics while holding it")
    }
}

/// Ends a server whose test process was killed before it could: a shell that waits for the end of a pipe which only
/// the test process holds open.
#[derive(Debug)]
struct Guard(Option<Child>);

impl Guard {
    fn of(pid: u32) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", "read line; kill -9 \"$0\"", &pid.to_string()]);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // Where there is no shell the server merely lacks its guard.
        Self(shell.spawn().ok())
    }

    fn dismiss(&mut self) {
        if let Some(mut shell) = self.0.take() {
            let _ = shell.kill();
            let _ = shell.wait();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // First, since the process id may belong to another once the server is gone.
        self.guard.dismiss();
        // It may have ended by itself, which is no fault here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The flags without those that only ours has, where the reference is started.
fn known_flags(flags: &[String], reference: bool) -> Vec<&str> {
    const OURS: &[&str] = &["--workers"];
    let flags = flags.chunks(2).filter(|flag| !(reference && OURS.contains(&flag[0].as_str())));
    flags.flatten().map(String::as_str).collect()
}

/// An address nobody listens on now, and that this process has not given out before.
fn free_address() -> SocketAddr {
    static GIVEN: Mutex<Option<HashSet<u16>>> = Mutex::new(None);
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("a bound socket has an address");
        let mut given = GIVEN.lock().expect("nothing panics while holding it");
        if given.get_or_insert_default().insert(addr.port()) {
            return addr;
        }
    }
}

/// Collects the output of a server on a thread of its own; the receiver hears of the first line with the mark and hangs up when
/// the output ends.
fn follow(output: PipeReader, log: Arc<SharedLog>, mark: &'static str) -> mpsc::Receiver<()> {
    let (ready, when_ready) = mpsc::channel();
    std::thread::spawn(move || {
        let mut ready = Some(ready);
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            let is_ready = line.contains(mark);
            log.lock().lines.push(line);
            log.changed.notify_all();
            if is_ready && let Some(ready) = ready.take() {
                // A test that no longer waits has failed already.
                let _ = ready.send(());
            }
        }
        log.lock().ended = true;
        log.changed.notify_all();
    });
    when_ready
}
