//! Processes under test: started fresh, bound to cores, stopped when done.

use std::error::Error;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use redis_protocol::resp2::types::OwnedFrame;
use tempfile::TempDir;

use crate::client::Client;
use crate::endpoint::{Endpoint, Handshake};
use crate::process::pin_thread;
use crate::results::ServerNote;

/// How long a server may take until it answers PING.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// How much of a failed server's log is shown, in bytes.
const LOG_TAIL_BYTES: usize = 2_000;
/// What a server says, beside the files it keeps.
const LOG: &str = "log";

/// How to start a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Name in results.
    pub name: String,
    /// Cores of its own, if any.
    pub cores: Option<Vec<usize>>,
    /// Program and arguments, with `{port}` and `{dir}` to fill in.
    pub words: Vec<String>,
}

impl FromStr for Command {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, line) = text.split_once('=').ok_or("expected NAME=COMMAND")?;
        let (name, cores) = match name.split_once('@') {
            None => (name, None),
            Some((name, cores)) => {
                let cores = cores.split('+').map(str::parse).collect::<Result<_, _>>();
                (name, Some(cores.map_err(|_| "cores look like 0+1")?))
            }
        };
        let words = split_words(line)?;
        if name.is_empty() || words.is_empty() {
            return Err("expected NAME=COMMAND".to_owned());
        }
        if !words.iter().any(|word| word.contains("{port}")) {
            return Err("the command must take {port}".to_owned());
        }
        Ok(Self { name: name.to_owned(), cores, words })
    }
}

impl Command {
    /// Says who takes part: its version, and the command line with the program's name alone.
    pub fn note(&self, cores: &[usize], version: String) -> ServerNote {
        let quoted = |word: &String| {
            let is_plain = !word.is_empty() && !word.contains(char::is_whitespace);
            if is_plain { word.clone() } else { format!("\"{word}\"") }
        };
        // The folder a program lies in says something about the machine, nothing about the program.
        let program = Path::new(&self.words[0]).file_name().unwrap_or_default().to_string_lossy().into();
        let words: Vec<String> = [program].iter().chain(&self.words[1..]).map(quoted).collect();
        ServerNote { name: self.name.clone(), version, command: format!("{} (cores {cores:?})", words.join(" ")) }
    }
}

/// Splits at blanks; quotes of either kind keep a word together, and an empty pair is an empty word.
fn split_words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in line.chars() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, _) if character.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed".to_owned());
    }
    words.extend(word);
    Ok(words)
}

/// A server that answers. One that was started ends with this value.
#[derive(Debug)]
pub struct Server {
    /// Name in results.
    pub name: String,
    /// Where it listens.
    pub endpoint: Endpoint,
    /// Its process.
    pub pid: u32,
    /// What it says about itself.
    pub version: String,
    started: Option<Started>,
}

#[derive(Debug)]
struct Started {
    child: Child,
    launch: Launch,
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a server was started, and may be again.
#[derive(Debug)]
struct Launch {
    name: String,
    program: OsString,
    arguments: Vec<String>,
    cores: Vec<usize>,
    /// Working folder and log; removed after the process.
    dir: TempDir,
}

impl Launch {
    fn spawn(&self) -> Result<Child, Box<dyn Error>> {
        let log = File::options().create(true).append(true).open(self.dir.path().join(LOG))?;
        // A process inherits the cores of the thread that starts it: so none of its threads ever runs elsewhere.
        let cores_before = pin_thread(&self.cores)?;
        let child = Process::new(&self.program)
            .args(&self.arguments)
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn();
        pin_thread(&cores_before)?;
        Ok(child.map_err(|error| format!("{}: {}: {error}", self.name, self.program.display()))?)
    }
}

impl Started {
    /// Asks again and again until there is an answer; the error of a server that gives none tells the end of its log.
    fn wait_for<T>(
        &mut self,
        timeout: Duration,
        pause: Duration,
        mut ask: impl FnMut() -> Option<T>,
    ) -> Result<T, Box<dyn Error>> {
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(answer) = ask() {
                return Ok(answer);
            }
            let has_ended = self.child.try_wait()?;
            if has_ended.is_some() || Instant::now() > deadline {
                let log = fs::read(self.launch.dir.path().join(LOG)).unwrap_or_default();
                let tail = String::from_utf8_lossy(&log[log.len().saturating_sub(LOG_TAIL_BYTES)..]).into_owned();
                let state = has_ended.map_or_else(|| "still running".to_owned(), |status| status.to_string());
                return Err(format!("{} does not answer ({state}); its log ends:\n{tail}", self.launch.name).into());
            }
            std::thread::sleep(pause);
        }
    }
}

impl Server {
    /// Starts a server on a free loopback port and waits until it answers.
    pub fn start(command: &Command, cores: &[usize]) -> Result<Self, Box<dyn Error>> {
        let dir = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let fill =
            |word: &String| word.replace("{port}", &port.to_string()).replace("{dir}", &dir.path().to_string_lossy());
        let arguments: Vec<String> = command.words[1..].iter().map(fill).collect();
        // A relative program is relative to where we are, not to the server's folder.
        let program = fs::canonicalize(&command.words[0]).ok().filter(|path| path.is_file());
        let program = program.map_or_else(|| command.words[0].clone().into(), |path| path.into_os_string());
        let launch = Launch { name: command.name.clone(), program, arguments, cores: cores.to_vec(), dir };
        let mut started = Started { child: launch.spawn()?, launch };
        let endpoint = Endpoint::Tcp("127.0.0.1".to_owned(), port);
        let version = started.wait_for(START_TIMEOUT, Duration::from_millis(20), || Self::ask_version(&endpoint))?;
        let pid = started.child.id();
        Ok(Self { name: command.name.clone(), endpoint, pid, version, started: Some(started) })
    }

    /// Ends a server that was started at once, as a crash would, and starts it again in the folder it left behind.
    /// Returns the time from the new process's start until PING is answered, which is when everything is loaded.
    pub fn crash_and_restart(&mut self, timeout: Duration) -> Result<Duration, Box<dyn Error>> {
        let Some(started) = &mut self.started else {
            return Err(format!("{} was found running and is left alone", self.name).into());
        };
        started.child.kill()?;
        started.child.wait()?;
        let begin = Instant::now();
        started.child = started.launch.spawn()?;
        self.pid = started.child.id();
        // One connection, for as long as it lasts: a server that loads need not accept a thousand.
        let mut client = None;
        let endpoint = &self.endpoint;
        started.wait_for(timeout, Duration::from_millis(1), || {
            if client.is_none() {
                client = Client::connect(endpoint, &Handshake::default()).ok();
            }
            let reply = client.as_mut()?.pipeline(&[vec!["PING"]]);
            match reply {
                Ok(replies) => matches!(&replies[..], [OwnedFrame::SimpleString(_)]).then_some(()),
                Err(_) => {
                    client = None;
                    None
                }
            }
        })?;
        Ok(begin.elapsed())
    }

    /// Returns how many bytes a server that was started keeps in its folder, its log left out.
    pub fn files_bytes(&self) -> io::Result<u64> {
        let Some(started) = &self.started else { return Ok(0) };
        let mut bytes = 0;
        for entry in fs::read_dir(started.launch.dir.path())? {
            let entry = entry?;
            if entry.file_type()?.is_file() && entry.file_name() != LOG {
                bytes += entry.metadata()?.len();
            }
        }
        Ok(bytes)
    }

    /// Takes a server that runs already. It is left alone at the end.
    pub fn attach(name: &str, port: u16, pid: u32) -> Result<Self, Box<dyn Error>> {
        let endpoint = Endpoint::Tcp("127.0.0.1".to_owned(), port);
        let version = Self::ask_version(&endpoint).ok_or_else(|| format!("{name} does not answer"))?;
        Ok(Self { name: name.to_owned(), endpoint, pid, version, started: None })
    }

    /// Connects to it.
    pub fn client(&self) -> Result<Client, Box<dyn Error>> {
        Ok(Client::connect(&self.endpoint, &Handshake::default()).map_err(|error| format!("{}: {error}", self.name))?)
    }

    fn ask_version(endpoint: &Endpoint) -> Option<String> {
        let mut client = Client::connect(endpoint, &Handshake::default()).ok()?;
        client.request(&["PING"]).ok()?;
        // The name that fits first: the others report the Redis version they are compatible with, too.
        for field in ["rkvs_version", "valkey_version", "dragonfly_version", "redis_version"] {
            if let Ok(Some(version)) = client.info(field) {
                return Some(format!("{} {version}", field.trim_end_matches("_version")));
            }
        }
        Some("unknown".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_split_like_a_shell_would() {
        let command: Command = r#"rkvs@0+1=target/rkvs --port {port} --save "" --name 'a b'"#.parse().unwrap();
        assert_eq!((command.name.as_str(), command.cores), ("rkvs", Some(vec![0, 1])));
        assert_eq!(command.words, ["target/rkvs", "--port", "{port}", "--save", "", "--name", "a b"]);
        for bad in ["rkvs", "=x {port}", "a=", "a=x", "a=x \"{port}", "a@x=y {port}"] {
            assert!(bad.parse::<Command>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_server_that_does_not_start_says_why() {
        let command: Command = "broken=sh -c 'echo no such luck; exit 3' {port}".parse().unwrap();
        let error = Server::start(&command, &[0]).unwrap_err().to_string();
        assert!(error.contains("no such luck") && error.contains("exit status: 3"), "{error}");
    }
}
