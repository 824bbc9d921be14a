//! Our command table beside the reference's, command by command, in both protocols. Skipped, saying so, where no
//! redis-server is installed.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command as Process, Stdio};
use std::time::{Duration, Instant};

use super::{docs, info, keys};
use crate::command::spec::Command;
use crate::command::table::CommandTable;
use crate::resp::{Output, Protocol, Reply};

/// Commands that the reference, being older or without the feature, does not have.
const NOT_IN_REFERENCE: &[(&str, &str)] = &[
    ("namespace", "ours: namespaces are chosen by name and have limits of their own"),
    ("batch", "ours: results per item"),
    ("client|no-touch", "came with 7.2"),
    ("client|setinfo", "came with 7.2"),
];

/// Fields of COMMAND DOCS that differ because 7.2 documents more than 7.0.15 does.
const DOCUMENTED_DIFFERENTLY: &[(&str, &[&str])] =
    &[("quit", &["deprecated_since", "doc_flags", "replaced_by"]), ("client|list", &["history"])];

/// Fields whose texts are our own words; that they are there is compared, what they say is not.
const OWN_WORDS: &[&str] = &["summary", "complexity", "replaced_by", "notes"];

/// A reply, with the types the protocol tells apart.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Simple(String),
    Error(String),
    Bulk(String),
    Integer(i64),
    Null,
    Array(Vec<Value>),
    Set(Vec<Value>),
    Map(Vec<(Value, Value)>),
}

impl Value {
    fn read(source: &mut impl BufRead) -> Self {
        let mut line = String::new();
        source.read_line(&mut line).expect("a line");
        let (kind, rest) = line.trim_end_matches("\r\n").split_at(1);
        let number = || rest.parse::<i64>().expect("a number");
        let mut several = |count: i64| (0..count).map(|_| Self::read(source)).collect::<Vec<_>>();
        match kind {
            "+" => Self::Simple(rest.to_owned()),
            "-" => Self::Error(rest.to_owned()),
            ":" => Self::Integer(number()),
            "_" => Self::Null,
            "$" if number() < 0 => Self::Null,
            "$" => {
                let mut bytes = vec![0; number() as usize + 2];
                source.read_exact(&mut bytes).expect("the whole string");
                bytes.truncate(bytes.len() - 2);
                Self::Bulk(String::from_utf8(bytes).expect("text"))
            }
            "*" => Self::Array(several(number())),
            "~" => Self::Set(several(number())),
            "%" => {
                let items = several(2 * number());
                Self::Map(items.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect())
            }
            _ => panic!("{line:?} is no reply"),
        }
    }

    /// The members of an array or set.
    fn items(&mut self) -> &mut Vec<Self> {
        match self {
            Self::Array(items) | Self::Set(items) => items,
            _ => panic!("{self:?} has no members"),
        }
    }

    fn is(&self, text: &str) -> bool {
        matches!(self, Self::Bulk(bulk) if bulk == text)
    }

    /// Replaces texts of our own by a mark, at any depth; of subcommands, only that there are some is kept, because each
    /// is compared by itself.
    fn without_own_words(&mut self) {
        let blank = |name: &Self, value: &mut Self| {
            if OWN_WORDS.iter().any(|word| name.is(word)) {
                *value = Self::Simple("in our words".to_owned());
            } else if name.is("history") {
                for change in value.items() {
                    change.items()[1] = Self::Simple("in our words".to_owned());
                }
            } else if name.is("subcommands") {
                *value = Self::Simple("compared by themselves".to_owned());
            }
        };
        match self {
            Self::Map(pairs) => {
                for (name, value) in pairs {
                    blank(name, value);
                    value.without_own_words();
                }
            }
            Self::Array(items) | Self::Set(items) => {
                for index in 1..items.len() {
                    let (names, values) = items.split_at_mut(index);
                    blank(&names[index - 1], &mut values[0]);
                }
                items.iter_mut().for_each(Self::without_own_words);
            }
            _ => {}
        }
    }

    /// Takes fields out of a map, which is a flat array in RESP2.
    fn without_fields(&mut self, fields: &[&str]) {
        let is_one = |name: &Self| fields.iter().any(|field| name.is(field));
        match self {
            Self::Map(pairs) => pairs.retain(|(name, _)| !is_one(name)),
            Self::Array(items) => {
                *items = items.chunks(2).filter(|pair| !is_one(&pair[0])).flatten().cloned().collect();
            }
            _ => panic!("{self:?} is no map"),
        }
    }
}

/// A running redis-server, reached through a socket in a folder of its own.
struct Reference {
    process: Child,
    folder: tempfile::TempDir,
}

impl Reference {
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let started = Process::new("redis-server")
            .args(["--port", "0", "--save", "", "--unixsocket"])
            .arg(folder.path().join("socket"))
            .stdout(Stdio::null())
            .spawn();
        match started {
            Ok(process) => Some(Self { process, folder }),
            Err(error) => {
                eprintln!("SKIPPED: the comparison with the reference, as redis-server does not start: {error}");
                None
            }
        }
    }

    fn connect(&self, protocol: Protocol) -> BufReader<UnixStream> {
        let deadline = Instant::now() + Duration::from_secs(20);
        let stream = loop {
            match UnixStream::connect(self.folder.path().join("socket")) {
                Ok(stream) => break stream,
                Err(error) => assert!(Instant::now() < deadline, "redis-server does not listen: {error}"),
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let mut connection = BufReader::new(stream);
        let version = if protocol == Protocol::Resp3 { "3" } else { "2" };
        ask(&mut connection, &["hello", version]);
        connection
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        self.process.kill().and_then(|()| self.process.wait().map(drop)).expect("it was running");
    }
}

fn ask(connection: &mut BufReader<UnixStream>, request: &[&str]) -> Value {
    let mut bytes = format!("*{}\r\n", request.len());
    for argument in request {
        bytes += &format!("${}\r\n{argument}\r\n", argument.len());
    }
    connection.get_mut().write_all(bytes.as_bytes()).expect("the reference reads");
    Value::read(connection)
}

/// What we reply.
fn ours(protocol: Protocol, write: impl FnOnce(&mut Reply<'_>)) -> Value {
    let mut output = Output::new();
    write(&mut Reply::new(&mut output, protocol));
    let mut bytes = output.buffer().as_slice();
    let value = Value::read(&mut bytes);
    assert!(bytes.is_empty(), "more than one reply");
    value
}

/// Whether the command, or its container, is one the reference does not have.
fn is_addition(command: &Command) -> bool {
    let is_within = |addition: &str| {
        command.full_name().strip_prefix(addition).is_some_and(|rest| rest.is_empty() || rest.starts_with('|'))
    };
    NOT_IN_REFERENCE.iter().any(|(addition, _)| is_within(addition))
}

const PROTOCOLS: [Protocol; 2] = [Protocol::Resp2, Protocol::Resp3];

#[test]
fn command_info_equals_the_reference() {
    let Some(reference) = Reference::start() else { return };
    let table = CommandTable::of_server();
    for protocol in PROTOCOLS {
        let mut connection = reference.connect(protocol);
        for command in table.commands() {
            let name = command.full_name();
            let mut theirs = ask(&mut connection, &["command", "info", name]);
            let mut theirs = theirs.items().remove(0);
            if is_addition(command) {
                assert_eq!(theirs, Value::Null, "{name}: the reference has it");
                continue;
            }
            let mut ours = ours(protocol, |reply| info::write(command, reply));
            // Each subcommand is compared by itself; the reference lists them in no order, and has more.
            let mut subcommands = [&mut ours, &mut theirs].map(|value| {
                value.without_own_words();
                value.items().pop().expect("subcommands")
            });
            let [our_count, their_count] = [0, 1].map(|side| subcommands[side].items().len());
            assert_eq!(our_count > 0, their_count > 0, "{name}: subcommands");
            let [our_type, their_type] = subcommands.each_ref().map(std::mem::discriminant);
            assert_eq!(our_type, their_type, "{name}: type of subcommands");
            assert_eq!(ours, theirs, "{name}, {protocol:?}");
        }
    }
}

#[test]
fn command_docs_equals_the_reference() {
    let Some(reference) = Reference::start() else { return };
    let table = CommandTable::of_server();
    for protocol in PROTOCOLS {
        let mut connection = reference.connect(protocol);
        for command in table.commands().iter().filter(|command| !is_addition(command)) {
            let name = command.full_name();
            let mut theirs = ask(&mut connection, &["command", "docs", name]);
            let mut ours = ours(protocol, |reply| docs::write_all(&[command], reply));
            let differing = DOCUMENTED_DIFFERENTLY.iter().find(|(differing, _)| *differing == name);
            for value in [&mut ours, &mut theirs] {
                value.without_own_words();
                if let Some((_, fields)) = differing {
                    match value {
                        Value::Map(pairs) => pairs[0].1.without_fields(fields),
                        _ => value.items()[1].without_fields(fields),
                    }
                }
            }
            assert_eq!(ours, theirs, "{name}, {protocol:?}");
        }
    }
}

#[test]
fn keys_are_found_as_by_the_reference() {
    const LINES: &[&str] = &[
        "nosuch k",
        "get k",
        "GET k",
        "get a b",
        "getex k persist",
        "set k v",
        "set k v get",
        "set k v ex 10 GET",
        "set k",
        "set get get",
        "mset a 1 b 2",
        "mset a 1 b",
        "msetnx a 1",
        "mget a b c",
        "del a b",
        "exists a",
        "rename a b",
        "rename a",
        "copy a b db 2",
        "lcs a b len",
        "expire k 10",
        "object encoding k",
        "object encoding",
        "object nosuch k",
        "object help",
        "client id",
        "client kill 1",
        "memory usage k",
        "memory stats",
        "hset h f v",
        "hset h f",
        "hmget h f g",
        "hgetall h",
        "watch a b",
        "unwatch x",
        "multi x",
        "ping x",
        "scan 0",
        "info server",
        "config get x",
        "object|encoding k x",
    ];
    let Some(reference) = Reference::start() else { return };
    let table = CommandTable::of_server();
    let drawn = drawn_lines(table);
    let drawn = drawn.iter().map(String::as_str);
    for protocol in PROTOCOLS {
        let mut connection = reference.connect(protocol);
        for line in LINES.iter().copied().chain(drawn.clone()) {
            let words: Vec<&str> = line.split(' ').collect();
            let bytes: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
            if table.lookup(bytes[0]).is_none() && !line.starts_with("nosuch") && !line.contains('|') {
                eprintln!("SKIPPED: {line}: not in the table");
                continue;
            }
            for (subcommand, with_flags) in [("getkeys", false), ("getkeysandflags", true)] {
                let theirs = ask(&mut connection, &[&["command", subcommand], words.as_slice()].concat());
                let ours = ours(protocol, |reply| match keys::find(table, &bytes) {
                    Ok(found) => keys::write(&found, &bytes, with_flags, reply),
                    Err(error) => reply.error_bytes(&error.text()),
                });
                assert_eq!(ours, theirs, "{subcommand} {line}");
            }
        }
    }
}

/// For every command that names keys, lines of words drawn at random that may or may not fit it.
fn drawn_lines(table: &CommandTable) -> Vec<String> {
    const WORDS: &[&str] =
        &["a", "b", "0", "1", "2", "3", "-1", "007", "4294967297", "get", "GET", "keys", "store", "streams"];
    const LINES_PER_COMMAND: usize = 20;
    let mut state = 1_u64;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let with_keys = table.commands().iter().filter(|command| !command.keys.is_empty() && !is_addition(command));
    let mut lines = Vec::new();
    for command in with_keys {
        for _ in 0..LINES_PER_COMMAND {
            let mut line = command.full_name().replace('|', " ");
            // GETKEYS itself wants one argument at least beyond the command's name.
            for _ in 0..=draw(7) {
                line += " ";
                line += WORDS[draw(WORDS.len())];
            }
            lines.push(line);
        }
    }
    lines
}
