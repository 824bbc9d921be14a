//! Who takes part: servers to start, servers found running, and those of a folder.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use rkvs_benches::results::ServerNote;
use rkvs_benches::server::{Command, Server};

use crate::arguments::Servers;

/// What a program found by `--peers` is started with.
const PEER_ARGUMENTS: [&str; 6] = ["--port", "{port}", "--save", "", "--appendonly", "no"];

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
            Self::Attach(attached) => Server::attach(&attached.name, attached.port, attached.pid),
        }
    }

    /// Opens it once to learn what it is.
    pub(crate) fn note(&self) -> Result<ServerNote, Box<dyn Error>> {
        let version = self.open()?.version;
        Ok(match self {
            Self::Start(command, cores) => command.note(cores, version),
            Self::Attach(attached) => {
                ServerNote { name: attached.name.clone(), version, command: "found running".to_owned() }
            }
        })
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
