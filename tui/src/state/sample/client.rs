//! Who is connected.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::CLIENTS_MAX;
use crate::value::whole;

/// Bytes from which on a field of a client is long.
const VALUE_SIZE_LONG: usize = 4 * 1024;
/// The most frequent ones that a summary tells of each kind.
const TOP: usize = 16;

/// CLIENT LIST.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Clients {
    /// How many there are; more than `clients` holds when there are too many.
    pub total: usize,
    /// The first `CLIENTS_MAX` of them, in the server's order.
    pub clients: Vec<Client>,
    /// Which of them is the dashboard's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_id: Option<u64>,
    /// Counted when it is first asked for: a picture must not cost a look at every client.
    #[serde(skip)]
    summary: OnceLock<Summary>,
}

/// What all clients come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Libraries with their versions and how many clients use each, the most frequent first; empty for those that do not say.
    pub libraries: Vec<(String, usize)>,
    /// What was called last, the most frequent first.
    pub commands: Vec<(String, usize)>,
    /// Hosts, the most frequent first.
    pub hosts: Vec<(String, usize)>,
    /// How many have each flag.
    pub flags: Vec<(char, usize)>,
    /// Bytes that wait to be sent to them.
    pub output_bytes: u64,
    /// Bytes that they take in all.
    pub memory_bytes: u64,
    /// The largest id.
    pub id_max: u64,
    /// The bytes of the longest address, of the longest name and of the longest library with its version.
    pub lengths: [usize; 3],
}

/// A connected client: its line of CLIENT LIST. Fields are found when they are asked for, so that ten thousand clients cost ten
/// thousand strings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Client {
    line: Box<str>,
}

impl Clients {
    /// Reads CLIENT LIST; lines without an id are passed over.
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| line.starts_with("id="));
        let clients = lines.clone().take(CLIENTS_MAX).map(Client::of).collect();
        Self { total: lines.count(), clients, ..Self::default() }
    }

    /// What they come to; `O(n)` the first time.
    pub fn summary(&self) -> &Summary {
        self.summary.get_or_init(|| Summary::of(&self.clients))
    }

    /// A client by id. `O(n)`.
    pub fn by_id(&self, id: u64) -> Option<&Client> {
        self.clients.iter().find(|client| client.id() == id)
    }
}

impl Summary {
    fn of(clients: &[Client]) -> Self {
        let mut summary = Self::default();
        let (mut libraries, mut commands, mut hosts) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut flags = HashMap::new();
        for client in clients {
            summary.id_max = summary.id_max.max(client.id());
            let library = client.library();
            let lengths = [client.text("addr").len(), client.text("name").len(), library.len()];
            for (longest, length) in summary.lengths.iter_mut().zip(lengths) {
                *longest = length.max(*longest);
            }
            *libraries.entry(library).or_insert(0) += 1;
            *commands.entry(client.text("cmd")).or_insert(0) += 1;
            *hosts.entry(client.host()).or_insert(0) += 1;
            for flag in client.text("flags").chars() {
                *flags.entry(flag).or_insert(0) += 1;
            }
            summary.output_bytes = summary.output_bytes.saturating_add(client.output_bytes());
            summary.memory_bytes = summary.memory_bytes.saturating_add(client.count("tot-mem").unwrap_or(0));
        }
        Self {
            libraries: most_frequent(libraries),
            commands: most_frequent(commands),
            hosts: most_frequent(hosts),
            flags: most_frequent(flags),
            ..summary
        }
    }

    /// How many have this flag.
    pub fn flagged(&self, flag: char) -> usize {
        self.flags.iter().find(|(other, _)| *other == flag).map_or(0, |(_, count)| *count)
    }
}

fn most_frequent<A: Into<B>, B: Ord>(counts: HashMap<A, usize>) -> Vec<(B, usize)> {
    let mut counts: Vec<(B, usize)> = counts.into_iter().map(|(name, count)| (name.into(), count)).collect();
    counts.sort_by(|(a_name, a), (b_name, b)| b.cmp(a).then_with(|| a_name.cmp(b_name)));
    counts.truncate(TOP);
    counts
}

impl Client {
    /// Reads its line. Long values, such as a name of a megabyte, go to the end: who looks for another field need not pass them.
    fn of(line: &str) -> Self {
        if line.len() <= VALUE_SIZE_LONG {
            return Self { line: line.into() };
        }
        let (long, short): (Vec<&str>, Vec<&str>) = line.split(' ').partition(|field| field.len() > VALUE_SIZE_LONG);
        Self { line: [short, long].concat().join(" ").into() }
    }

    /// The number it is killed by.
    pub fn id(&self) -> u64 {
        // No amount: it is the number as it is.
        self.text("id").parse().unwrap_or(0)
    }

    /// A field as it came, such as `addr`, `name`, `lib-name`, `flags`, `cmd`; empty when there is none.
    pub fn text(&self, name: &str) -> &str {
        self.iter().find(|(field, _)| *field == name).map_or("", |(_, value)| value)
    }

    /// A field as a number, such as `age`, `idle`, `db`, `omem`.
    pub fn count(&self, name: &str) -> Option<u64> {
        whole(self.text(name))
    }

    /// The library with its version, such as `redis-py 8.0`; empty when it does not say.
    pub fn library(&self) -> String {
        let (name, version) = (self.text("lib-name"), self.text("lib-ver"));
        if version.is_empty() { name.to_owned() } else { format!("{name} {version}") }
    }

    /// Its address, by which it can be killed; empty where that did not come whole, such as a path with a space in it.
    pub fn address(&self) -> &str {
        let address = self.text("addr");
        let is_whole = address.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        if is_whole { address } else { "" }
    }

    /// Where it is: its address without the port.
    pub fn host(&self) -> &str {
        let address = self.text("addr");
        address.rsplit_once(':').map_or(address, |(host, _)| host)
    }

    /// Bytes that wait to be sent to it.
    pub fn output_bytes(&self) -> u64 {
        self.count("obl").unwrap_or(0).saturating_add(self.count("omem").unwrap_or(0))
    }

    /// All fields. A value holds no spaces, so that a line is its fields separated by them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.line.split(' ').filter_map(|field| field.split_once('='))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_clients() {
        let clients = Clients::parse(
            "id=8 addr=127.0.0.1:38202 laddr=127.0.0.1:7391 fd=8 name= age=0 idle=3 flags=N db=0 cmd=client|list\n\
             garbage\n\
             id=9 addr=[::1]:5 name=a=b multi=-1\n",
        );
        assert_eq!(clients.total, 2);
        assert_eq!((clients.clients[0].id(), clients.clients[0].text("cmd")), (8, "client|list"));
        assert_eq!((clients.clients[0].text("name"), clients.clients[0].count("idle")), ("", Some(3)));
        assert_eq!((clients.clients[1].text("name"), clients.clients[1].count("multi")), ("a=b", None));
        assert_eq!(clients.by_id(9).map(Client::id), Some(9));
        assert_eq!(clients.clients.iter().map(Client::address).collect::<Vec<_>>(), ["127.0.0.1:38202", "[::1]:5"]);
        let long = "x".repeat(VALUE_SIZE_LONG);
        let told = Clients::parse(&format!("id=7 name={long} cmd=get lib-name=a"));
        let fields: Vec<_> = told.clients[0].iter().collect();
        assert_eq!(fields, [("id", "7"), ("cmd", "get"), ("lib-name", "a"), ("name", long.as_str())]);
        let cut = Clients::parse("id=1 addr=/a folder/redis.sock:0 laddr=x\n");
        assert_eq!(cut.clients[0].address(), "", "nobody has half an address");
    }

    #[test]
    fn clients_are_counted_by_what_they_are() {
        let clients = Clients::parse(
            "id=8 addr=10.0.0.1:1 name=ab flags=bU cmd=get obl=5 omem=7 tot-mem=100 lib-name=py lib-ver=8\n\
             id=9 addr=10.0.0.1:22 name= flags=b cmd=get tot-mem=1 lib-name=py lib-ver=8\n\
             id=10 addr=[::1]:5 name=abc flags=N cmd=set lib-name= lib-ver=\n",
        );
        let summary = clients.summary();
        let count = |name: &str, count| (name.to_owned(), count);
        assert_eq!(summary.libraries, [count("py 8", 2), count("", 1)]);
        assert_eq!(summary.commands, [count("get", 2), count("set", 1)]);
        assert_eq!(summary.hosts, [count("10.0.0.1", 2), count("[::1]", 1)]);
        assert_eq!((summary.flagged('b'), summary.flagged('U'), summary.flagged('x')), (2, 1, 0));
        assert_eq!((summary.output_bytes, summary.memory_bytes, summary.id_max), (12, 101, 10));
        assert_eq!(summary.lengths, [11, 3, 4]);
    }

    #[test]
    fn clients_beyond_the_bound_are_counted() {
        let clients = Clients::parse(&"id=1 a=b\n".repeat(CLIENTS_MAX + 5));
        assert_eq!((clients.clients.len(), clients.total), (CLIENTS_MAX, CLIENTS_MAX + 5));
    }
}
