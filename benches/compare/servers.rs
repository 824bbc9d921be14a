//! Processes under test: started fresh or attached to, bound to cores, stopped when done.

use std::error::Error;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use rkvs_benches::client::Client;
use rkvs_benches::endpoint::{Endpoint, Handshake};
use rkvs_benches::process::pin_thread;
use tempfile::TempDir;

use crate::arguments::Servers;
use crate::results::ServerNote;

/// How long a server may take until it answers PING.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// How much of a failed server's log is shown, in bytes.
const LOG_TAIL_BYTES: usize = 2_000;
/// What a program found by `--peers` is started with.
const PEER_ARGUMENTS: [&str; 6] = ["--port", "{port}", "--save", "", "--appendonly", "no"];

/// How to start a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) name: String,
    /// Cores of its own, if any.
    pub(crate) cores: Option<Vec<usize>>,
    /// Program and arguments, with `{port}` and `{dir}` to fill in.
    pub(crate) words: Vec<String>,
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

/// A server that runs already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attached {
    pub(crate) name: String,
    pub(crate) port: u16,
    pub(crate) pid: u32,
}

impl FromStr for Attached {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (name, place) = text.split_once('=')?;
            let (port, pid) = place.split_once(':')?;
            Some(Self { name: name.to_owned(), port: port.parse().ok()?, pid: pid.parse().ok()? })
        };
        parse().ok_or_else(|| "expected NAME=PORT:PID".to_owned())
    }
}

/// A server that takes part.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// Started for every data set, on these cores.
    Start(Command, Vec<usize>),
    /// Found running.
    Attach(Attached),
}

impl Source {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Start(command, _) => &command.name,
            Self::Attach(attached) => &attached.name,
        }
    }

    /// Starts it, or finds it running.
    pub(crate) fn open(&self) -> Result<Server, Box<dyn Error>> {
        match self {
            Self::Start(command, cores) => Server::start(command, cores),
            Self::Attach(attached) => Server::attach(attached),
        }
    }

    /// Opens it once to learn what it is.
    pub(crate) fn note(&self) -> Result<ServerNote, Box<dyn Error>> {
        let command = match self {
            Self::Start(command, cores) => {
                let quoted = |word: &String| {
                    let is_plain = !word.is_empty() && !word.contains(char::is_whitespace);
                    if is_plain { word.clone() } else { format!("\"{word}\"") }
                };
                // The folder a program lies in says something about the machine, nothing about the program.
                let program = Path::new(&command.words[0]).file_name().unwrap_or_default().to_string_lossy().into();
                let words: Vec<String> = [program].iter().chain(&command.words[1..]).map(quoted).collect();
                format!("{} (cores {cores:?})", words.join(" "))
            }
            Self::Attach(_) => "found running".to_owned(),
        };
        Ok(ServerNote { name: self.name().to_owned(), version: self.open()?.version, command })
    }
}

impl Servers {
    /// Lists who takes part: those to start, those found running, the peers by name; the baseline comes first.
    pub(crate) fn sources(&self, attached: &[Attached]) -> Result<Vec<Source>, Box<dyn Error>> {
        let start = |command: Command| {
            let cores = command.cores.clone().unwrap_or_else(|| self.server_cores.clone());
            Source::Start(command, cores)
        };
        let mut sources: Vec<Source> = self.commands.iter().cloned().map(start).collect();
        sources.extend(attached.iter().cloned().map(Source::Attach));
        if let Some(folder) = &self.peers {
            sources.extend(peers_in(folder)?.into_iter().map(start));
        }
        if sources.is_empty() {
            return Err("no servers: give --server, --attach or --peers".into());
        }
        if let Some(name) = &self.baseline {
            let position = sources.iter().position(|source| source.name() == name);
            let position = position.ok_or_else(|| format!("no server is named {name}"))?;
            sources[..=position].rotate_right(1);
        }
        for (index, source) in sources.iter().enumerate() {
            if sources[..index].iter().any(|other| other.name() == source.name()) {
                return Err(format!("two servers are named {}", source.name()).into());
            }
        }
        Ok(sources)
    }
}

fn peers_in(folder: &Path) -> Result<Vec<Command>, Box<dyn Error>> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut peers = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.contains("-server") {
            let program = entry.path().to_string_lossy().into_owned();
            let words = [program].into_iter().chain(PEER_ARGUMENTS.map(str::to_owned)).collect();
            peers.push(Command { name, cores: None, words });
        }
    }
    peers.sort_by(|a, b| a.name.cmp(&b.name));
    if peers.is_empty() {
        return Err(format!("{}: no program with -server in its name", folder.display()).into());
    }
    Ok(peers)
}

/// A server that answers. One that was started ends with this value.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) endpoint: Endpoint,
    pub(crate) pid: u32,
    /// What it says about itself.
    pub(crate) version: String,
    _started: Option<Started>,
}

#[derive(Debug)]
struct Started {
    child: Child,
    /// Working folder and log; removed after the process.
    dir: TempDir,
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts a server on a free loopback port and waits until it answers.
    pub(crate) fn start(command: &Command, cores: &[usize]) -> Result<Self, Box<dyn Error>> {
        let dir = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let fill =
            |word: &String| word.replace("{port}", &port.to_string()).replace("{dir}", &dir.path().to_string_lossy());
        let words: Vec<String> = command.words.iter().map(fill).collect();
        // A relative program is relative to where we are, not to the server's folder.
        let program = fs::canonicalize(&words[0]).ok().filter(|path| path.is_file());
        let program = program.map_or_else(|| words[0].clone().into(), |path| path.into_os_string());
        let log = File::create(dir.path().join("log"))?;
        // A process inherits the cores of the thread that starts it: so none of its threads ever runs elsewhere.
        let cores_before = pin_thread(cores)?;
        let child = Process::new(&program)
            .args(&words[1..])
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn();
        pin_thread(&cores_before)?;
        let child = child.map_err(|error| format!("{}: {}: {error}", command.name, words[0]))?;
        let mut started = Started { child, dir };
        let endpoint = Endpoint::Tcp("127.0.0.1".to_owned(), port);
        let deadline = Instant::now() + START_TIMEOUT;
        let version = loop {
            if let Some(version) = Self::ask_version(&endpoint) {
                break version;
            }
            let has_ended = started.child.try_wait()?;
            if has_ended.is_some() || Instant::now() > deadline {
                let log = fs::read(started.dir.path().join("log")).unwrap_or_default();
                let tail = String::from_utf8_lossy(&log[log.len().saturating_sub(LOG_TAIL_BYTES)..]).into_owned();
                let state = has_ended.map_or_else(|| "still running".to_owned(), |status| status.to_string());
                return Err(format!("{} does not answer ({state}); its log ends:\n{tail}", command.name).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        Ok(Self { name: command.name.clone(), endpoint, pid: started.child.id(), version, _started: Some(started) })
    }

    /// Takes a server that runs already. It is left alone at the end.
    pub(crate) fn attach(attached: &Attached) -> Result<Self, Box<dyn Error>> {
        let endpoint = Endpoint::Tcp("127.0.0.1".to_owned(), attached.port);
        let version = Self::ask_version(&endpoint).ok_or_else(|| format!("{} does not answer", attached.name))?;
        Ok(Self { name: attached.name.clone(), endpoint, pid: attached.pid, version, _started: None })
    }

    /// Connects to it.
    pub(crate) fn client(&self) -> Result<Client, Box<dyn Error>> {
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
    fn attached_servers_have_port_and_process() {
        let attached = Attached { name: "redis".to_owned(), port: 7000, pid: 12 };
        assert_eq!("redis=7000:12".parse(), Ok(attached));
        assert!("redis=7000".parse::<Attached>().is_err());
    }

    #[test]
    fn the_baseline_comes_first_and_names_are_unique() {
        let command = |name: &str| format!("{name}=x {{port}}").parse::<Command>().unwrap();
        let mut servers = Servers {
            commands: ["a", "b", "c"].map(command).to_vec(),
            peers: None,
            server_cores: vec![0],
            generator_cores: vec![1],
            baseline: Some("c".to_owned()),
        };
        let running = [Attached { name: "d".to_owned(), port: 1, pid: 2 }];
        let sources = servers.sources(&running).unwrap();
        let names: Vec<_> = sources.iter().map(Source::name).collect();
        assert_eq!(names, ["c", "a", "b", "d"]);
        servers.baseline = Some("e".to_owned());
        assert!(servers.sources(&running).is_err());
        servers.baseline = None;
        servers.commands.push(command("d"));
        assert!(servers.sources(&running).is_err());
    }

    #[test]
    fn a_server_that_does_not_start_says_why() {
        let command: Command = "broken=sh -c 'echo no such luck; exit 3' {port}".parse().unwrap();
        let error = Server::start(&command, &[0]).unwrap_err().to_string();
        assert!(error.contains("no such luck") && error.contains("exit status: 3"), "{error}");
    }
}
