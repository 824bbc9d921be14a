//! The same questions to a real `redis-server`.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::*;

/// A reference server on a Unix socket in a folder of its own.
struct Reference {
    process: Child,
    connection: BufReader<UnixStream>,
    _folder: tempfile::TempDir,
}

impl Reference {
    /// Starts one; `None` where it is not installed.
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("socket");
        let mut process = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--bind", "127.0.0.1", "-::1", "--unixsocket"])
            .arg(&socket)
            .arg("--dir")
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let deadline = Instant::now() + Duration::from_secs(20);
        let stream = loop {
            match UnixStream::connect(&socket) {
                Ok(stream) => break stream,
                Err(_) if Instant::now() < deadline => {}
                Err(error) => {
                    let _ = process.kill();
                    panic!("redis-server does not answer: {error}");
                }
            }
            std::thread::yield_now();
        };
        Some(Self { process, connection: BufReader::new(stream), _folder: folder })
    }

    /// Sends a command of plain words; gives the reply's line, or the elements of an array.
    fn ask(&mut self, words: &[&str]) -> Result<Vec<String>, String> {
        let mut request = format!("*{}\r\n", words.len());
        for word in words {
            request.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        self.connection.get_mut().write_all(request.as_bytes()).expect("sent");
        let first = self.line();
        match first.split_at(1) {
            ("-", error) => Err(error.to_owned()),
            ("*", count) => Ok((0..count.parse::<usize>().expect("a count")).map(|_| self.bulk()).collect()),
            (_, rest) => Ok(vec![rest.to_owned()]),
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.connection.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }

    fn bulk(&mut self) -> String {
        let len: usize = self.line()[1..].parse().expect("a length");
        let mut bytes = vec![0; len + 2];
        self.connection.read_exact(&mut bytes).expect("a bulk");
        String::from_utf8(bytes[..len].to_vec()).expect("text")
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Settings of ours that the reference lacks.
const OURS: &[&str] = &[
    "log-format",
    "workers",
    "default-shards",
    "metrics-listen",
    "snapshot-format",
    "snapshot-threads",
    "snapshot-buffer",
];

/// Differences on purpose, by setting and value; `None` stands for any value.
const DIFFERENT: &[(&str, Option<&str>, &str)] = &[
    ("port", None, "cannot change while the server runs"),
    ("bind", None, "cannot change while the server runs"),
    ("appendonly", Some("yes"), "no append-only file yet"),
    ("appendonly", Some("YES"), "no append-only file yet"),
    ("maxmemory-policy", None, "no other policy yet"),
    ("client-output-buffer-limit", Some("normal 0 0 0 pubsub 1 1 1"), "no such clients yet"),
    ("maxmemory", Some("18446744073709551616"), "the reference wraps around"),
    ("hash-max-listpack-value", Some("18446744073709551616"), "the reference wraps around"),
    ("hash-max-ziplist-value", Some("18446744073709551616"), "the reference wraps around"),
    ("proto-max-bulk-len", Some("18446744073709551616"), "the reference wraps around"),
    ("client-query-buffer-limit", Some("18446744073709551616"), "the reference wraps around"),
    ("latency-tracking-info-percentiles", Some("0x10"), "the reference reads hexadecimal numbers"),
];

const VALUES: &[&str] = &[
    "",
    " ",
    "0",
    "1",
    "5",
    "-1",
    "-2",
    "+1",
    "01",
    "1.5",
    "x",
    "11",
    "100",
    "101",
    "yes",
    "YES",
    "no",
    "local",
    "notice",
    "VERBOSE",
    "5k",
    "5kb",
    "1gb",
    "2mb",
    "1tb",
    "65536",
    "2147483647",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "50 99 99.9",
    "50  99",
    "99.99 0.001 33.3333333",
    "-0.5",
    "1e1",
    "0x10",
    "nan",
    "normal 0 0 0",
    "normal 1mb 5k 60",
    "NORMAL 1 2 3",
    "normal 0 0",
    "foo 0 0 0",
    "normal -1 0 0",
    "normal 1 x 0",
    "normal 0 0 0 pubsub 1 1 1",
    "900 1",
    "900",
    "0 1",
];

fn is_different(name: &str, value: &str) -> bool {
    DIFFERENT.iter().any(|(other, only, _)| *other == name && only.is_none_or(|only| only == value))
}

#[test]
fn set_and_get_answer_as_the_reference() {
    let Some(mut reference) = Reference::start() else {
        eprintln!("SKIPPED: redis-server is not installed; CONFIG was not compared with it");
        return;
    };
    let config = config(Settings::default());
    // The reference lowers it to the descriptors it may have.
    let _ = reference.ask(&["config", "set", "maxclients", "100"]);
    let mut compared = 0;
    for setting in SETTINGS.iter().filter(|setting| !OURS.contains(&setting.name)) {
        for name in setting.names() {
            for value in VALUES.iter().filter(|value| !is_different(name, value)) {
                // Needs descriptors, which only the running server can count.
                if name == "maxclients" && value.len() > 3 && value.parse::<u32>().is_ok() {
                    continue;
                }
                let theirs = reference.ask(&["config", "set", name, value]).map(|_| ());
                let ours = set(&config, &[(name, value)]);
                assert_eq!(ours, theirs, "CONFIG SET {name} {value:?}");
                compared += 1;
                if name == "requirepass" && ours.is_ok() {
                    let _ = reference.ask(&["auth", value]);
                }
                if ours.is_ok() && name != "client-output-buffer-limit" {
                    let theirs = reference.ask(&["config", "get", name]).expect("a list");
                    let ours = get(&config, &[name]).into_iter().flat_map(|(name, value)| [name, value]);
                    assert_eq!(ours.collect::<Vec<_>>(), theirs, "after CONFIG SET {name} {value:?}");
                }
            }
            if name == "requirepass" {
                reference.ask(&["config", "set", name, ""]).expect("reset");
            }
        }
    }
    assert!(compared > 1_000, "{compared} values were compared");

    let several: &[&[&str]] = &[
        &["foo", "1"],
        &["FOO", "1", "bar", "2"],
        &["databases", "3", "foo", "1"],
        &["foo", "1", "databases", "3"],
        &["timeout", "1", "timeout", "2"],
        &["timeout", "1", "TIMEOUT", "2"],
        &["databases", "3", "timeout", "1", "timeout", "2"],
        &["timeout", "1", "hz", "x"],
        &["MAXCLIENTS", "0"],
        &["DATABASES", "3"],
        &["DIR", "/"],
        &["hash-max-listpack-entries", "7", "hash-max-ziplist-entries", "8"],
        &["dir", "/", "timeout", "x"],
    ];
    for words in several {
        let theirs = reference.ask(&[&["config", "set"], *words].concat()).map(|_| ());
        let pairs: Vec<Pair<'_>> = words.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        assert_eq!(set(&config, &pairs), theirs, "{words:?}");
    }
    for patterns in [&["TIMEOUT"][..], &["hash-max-[lz]istpack-*", "HZ"], &["nosuch", "timeout", "TimeOut"]] {
        let mut theirs = reference.ask(&[&["config", "get"], patterns].concat()).expect("a list");
        let mut ours: Vec<String> =
            get(&config, patterns).into_iter().flat_map(|(name, value)| [name, value]).collect();
        theirs.sort();
        ours.sort();
        assert_eq!(ours, theirs, "{patterns:?}");
    }
}

#[test]
fn defaults_are_those_of_the_reference() {
    let Some(mut reference) = Reference::start() else {
        eprintln!("SKIPPED: redis-server is not installed; defaults were not compared with it");
        return;
    };
    // What the reference here was started with, what depends on the machine, and what differs on purpose.
    let except = ["port", "unixsocket", "dir", "save", "dbfilename", "maxclients", "client-output-buffer-limit"];
    for setting in SETTINGS.iter().filter(|setting| !OURS.contains(&setting.name) && !except.contains(&setting.name)) {
        let theirs = reference.ask(&["config", "get", setting.name]).expect("a list");
        assert_eq!(theirs, [setting.name, &setting.text(&Settings::default())]);
    }
}

#[test]
fn every_foreign_name_and_setting_covers_the_reference() {
    let Some(mut reference) = Reference::start() else {
        eprintln!("SKIPPED: redis-server is not installed; names were not compared with it");
        return;
    };
    let known: Vec<&str> = foreign_names().chain(SETTINGS.iter().flat_map(Setting::names)).collect();
    let theirs = reference.ask(&["config", "get", "*"]).expect("a list");
    assert!(theirs.len() > 300);
    for name in theirs.chunks_exact(2).map(|pair| &pair[0]) {
        assert!(known.contains(&name.as_str()), "{name} is neither a setting nor listed as foreign");
    }
}
